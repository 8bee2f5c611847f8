"""Whether a call may touch a chat, a message or a file, and the server's words when it may not."""

from __future__ import annotations

from demo import markup
from demo.params import Params
from demo.records import Chat, Json, Message, RefusalError, Words, bad, forbidden
from demo.world import World

LONGEST_SOURCE = 1 << 15
"""Bytes of text before markup is read."""
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
BLOCKED = "bot was blocked by the user"


def chat_to_read(world: World, params: Params, name: str = "chat_id") -> Chat:
    """The chat that a call names. Raises RefusalError when the bot has never met it or was put out."""
    raw = params.text(name)
    if not raw:
        raise bad("chat_id is empty")
    number = 0 if raw.startswith("@") else params.integer(name)
    chat = world.chats.get(number)
    if chat is None and number in world.users and world.knows(number):
        chat = world.private_chat(number)
    if chat is None or (chat.private and chat.standing == "left" and not world.knows(chat.id)):
        raise bad("chat not found")
    if not chat.private:
        _check_membership(chat)
    return chat


def chat_to_write(world: World, params: Params) -> Chat:
    """The chat that a call names, to say something there. Raises RefusalError in all the server's ways."""
    chat = chat_to_read(world, params)
    if chat.private:
        _check_person(world, chat)
    return chat


def _check_person(world: World, chat: Chat) -> None:
    if world.users[chat.id].deactivated:
        raise forbidden("user is deactivated")
    if chat.standing == "kicked":
        raise forbidden(BLOCKED)
    if chat.standing == "left":
        raise forbidden("bot can't initiate conversation with a user")


def _check_membership(chat: Chat) -> None:
    if chat.moved_to:
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        raise RefusalError(400, words, {"migrate_to_chat_id": chat.moved_to})
    if chat.standing == "kicked":
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    if chat.standing == "left":
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    if chat.standing == "deleted":
        raise forbidden("the group chat was deleted")


def message_of(chat: Chat, message_id: int, called: str) -> Message:
    """A message that still stands in ``chat``. Raises RefusalError (400) with the server's name for it."""
    message = chat.messages.get(message_id)
    if message is None or message.deleted:
        raise bad(f"{called} not found")
    return message


def answered_message(chat: Chat, params: Params) -> int | None:
    """The message that a call answers; None for none, or for one that may be missing and is."""
    value = params.parsed("reply_parameters", "can't parse reply parameters JSON object")
    if value is None:
        value = {
            "message_id": params.integer("reply_to_message_id"),
            "allow_sending_without_reply": params.flag("allow_sending_without_reply"),
        }
    if not isinstance(value, dict):
        raise bad("object expected as reply parameters")
    if value and "message_id" not in value:
        raise bad('can\'t find field "message_id"')
    wanted = int(value.get("message_id", 0))
    if wanted <= 0:
        return None
    known = chat.messages.get(wanted)
    if known is not None and not known.deleted:
        return wanted
    if value.get("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")


def text_of(params: Params) -> Words:
    """``text`` and its entities. Raises RefusalError (400) when it is empty, broken or too long."""
    if not params.text("text"):
        raise bad("message text is empty")
    text, entities = formatted(params, "text", "entities")
    if not text:
        raise bad("text must be non-empty")
    if markup.units(text) > LONGEST_TEXT:
        raise bad("message is too long")
    return text, entities


def caption_of(params: Params) -> Words:
    """``caption`` and its entities; it may be empty."""
    text, entities = formatted(params, "caption", "caption_entities")
    if markup.units(text) > LONGEST_CAPTION:
        raise bad("message caption is too long")
    return text, entities


def formatted(params: Params, name: str, entities_name: str) -> Words:
    """A text field with its markup read, or with the entities that were passed beside it."""
    source = params.text(name)
    if len(source.encode()) > LONGEST_SOURCE:
        raise bad("text is too long")
    mode = params.text("parse_mode").lower()
    if source and mode not in ("", "none"):
        if mode != "html":
            raise bad("unsupported parse_mode")
        text, entities = markup.read(source)
    else:
        text, entities = source, _passed_entities(params, entities_name)
    text, entities = markup.trimmed(text, entities)
    return text, markup.with_found(text, entities)


def _passed_entities(params: Params, name: str) -> list[Json]:
    passed = params.parsed(name, f"can't parse {name} JSON object") or []
    if not isinstance(passed, list):
        return []
    for entity in passed:
        if not isinstance(entity, dict):
            raise bad("can't parse MessageEntity: expected an Object")
        for field in ("offset", "length", "type"):
            if field not in entity:
                raise bad(f"can't parse MessageEntity: Can't find field \"{field}\"")
    return passed
