"""The methods that change or take away what was said, and those that answer a press."""

from __future__ import annotations

from datetime import timedelta

from demo import access, keyboards, shapes
from demo.markup import units
from demo.params import Params
from demo.records import Chat, Json, Message, Toast, bad
from demo.world import World

DELETABLE_FOR = 48 * 3600
"""Seconds."""
ANSWER_WITHIN = timedelta(seconds=60)
LONGEST_TOAST = 200
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def edit_message_text(world: World, params: Params) -> Json:
    """``editMessageText``. As with the server, buttons that are not passed again are gone."""
    text, entities = access.text_of(params)
    markup, message = _editable(world, params)
    if message.kind != "text":
        raise bad("there is no text in the message to edit")
    return _change(world, message, text, entities, markup)


def edit_message_caption(world: World, params: Params) -> Json:
    """``editMessageCaption``."""
    text, entities = access.caption_of(params)
    markup, message = _editable(world, params)
    if message.kind in ("text", "sticker", "contact"):
        raise bad("there is no caption in the message to edit")
    return _change(world, message, text, entities, markup)


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """``editMessageReplyMarkup``; without markup the buttons go away."""
    markup, message = _editable(world, params)
    return _change(world, message, message.text, message.entities, markup)


def _editable(world: World, params: Params) -> tuple[list[list[Json]], Message]:
    markup = keyboards.read(params)
    if not params.text("chat_id") and not params.integer("message_id"):
        raise bad("message identifier is not specified")
    chat = access.chat_to_write(world, params)
    message = access.message_of(chat, params.integer("message_id"), "message to edit")
    if message.sender_id != world.bot_id or message.fixed or message.kind == "service":
        raise bad("message can't be edited")
    if markup.fixes:
        raise bad("inline keyboard expected")
    keyboards.checked(markup, private=chat.private)
    return markup.inline, message


def _change(world: World, message: Message, text: str, entities: list[Json], inline: list[list[Json]]) -> Json:
    if (text, entities, inline) == (message.text, message.entities, message.inline):
        raise bad(UNCHANGED)
    if (text, entities) != (message.text, message.entities):
        # New buttons alone leave no "edited" beside the message.
        message.edit_date = world.unix()
    message.text, message.entities, message.inline = text, entities, inline
    world.touch()
    return shapes.message(world, message)


def delete_message(world: World, params: Params) -> bool:
    """``deleteMessage``."""
    if not params.text("chat_id"):
        raise bad("chat identifier is not specified")
    if params.integer("message_id") <= 0:
        raise bad("message identifier is not specified")
    chat = access.chat_to_write(world, params)
    message = access.message_of(chat, params.integer("message_id"), "message to delete")
    if not _deletable(world, chat, message):
        raise bad("message can't be deleted for everyone")
    message.deleted = True
    world.touch()
    return True


def _deletable(world: World, chat: Chat, message: Message) -> bool:
    if chat.type == "supergroup" and chat.standing == "administrator":
        return True
    own = message.sender_id == world.bot_id
    return (own or chat.private) and world.unix() - message.date < DELETABLE_FOR


def answer_callback_query(world: World, params: Params) -> bool:
    """``answerCallbackQuery``: in time, and once."""
    text = params.text("text")
    if units(text) > LONGEST_TOAST:
        raise bad("MESSAGE_TOO_LONG")
    press = world.presses.get(str(params.integer("callback_query_id")))
    if press is None or press.answered or world.now() - press.at > ANSWER_WITHIN:
        raise bad(TOO_OLD)
    press.answered = True
    if text:
        world.toasts.append(Toast(press.person_id, text, params.flag("show_alert")))
    world.touch()
    return True
