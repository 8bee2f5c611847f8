"""How things look: on the wire to the bot, and on a phone."""

from __future__ import annotations

from demo import markup
from demo.records import Chat, Json, Message, User
from demo.world import World

ATTACHED = ("document", "voice", "video", "audio", "sticker")
MEDIA = ("photo", "document", "voice", "video", "audio", "sticker")


def user(person: User) -> Json:
    """``User`` of a person."""
    about: Json = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    return about | ({"language_code": person.language_code} if person.language_code else {})


def bot(world: World) -> Json:
    """``User`` of the bot."""
    return {"id": world.bot_id, "is_bot": True, "first_name": world.username, "username": world.username}


def sender(world: World, sender_id: int) -> Json:
    """``User`` of whoever sent a message."""
    return bot(world) if sender_id == world.bot_id else user(world.users[sender_id])


def chat(there: Chat) -> Json:
    """``Chat``."""
    name = "first_name" if there.private else "title"
    return {"id": there.id, "type": there.type, name: there.title}


def message(world: World, said: Message, *, with_reply: bool = True) -> Json:
    """``Message``; the message that it answers comes along, but not that one's own."""
    there = world.chats[said.chat_id]
    body: Json = {
        "message_id": said.message_id,
        "from": sender(world, said.sender_id),
        "chat": chat(there),
        "date": said.date,
    }
    if said.edit_date:
        body["edit_date"] = said.edit_date
    if said.protected:
        body["has_protected_content"] = True
    answered = there.messages.get(said.reply_to or 0)
    if answered is not None and with_reply and not answered.deleted:
        body["reply_to_message"] = message(world, answered, with_reply=False)
    body |= said.media | _words(said)
    if said.inline:
        body["reply_markup"] = {"inline_keyboard": said.inline}
    return body


def _words(said: Message) -> Json:
    names = ("text", "entities") if said.kind == "text" else ("caption", "caption_entities")
    return {name: value for name, value in zip(names, (said.text, said.entities), strict=True) if value}


def out_of_reach(there: Chat, message_id: int) -> Json:
    """``InaccessibleMessage``: what a press carries when the message is too old or gone."""
    return {"chat": chat(there), "message_id": message_id, "date": 0}


def member(world: World, there: Chat, person_id: int, status: str) -> Json:
    """``ChatMember`` of a person, or of the bot."""
    body: Json = {"user": sender(world, person_id), "status": status}
    if status == "creator":
        body["is_anonymous"] = False
    elif status == "administrator":
        body |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(RIGHTS, True)
    elif status == "kicked":
        body["until_date"] = 0
    return body


RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


def standing_changed(world: World, there: Chat, by: int, old: str) -> Json:
    """``ChatMemberUpdated``: the bot's standing in a chat was changed by a person."""
    return {
        "chat": chat(there),
        "from": sender(world, by),
        "date": world.unix(),
        "old_chat_member": member(world, there, world.bot_id, old),
        "new_chat_member": member(world, there, world.bot_id, there.standing),
    }


def on_phone(world: World, said: Message) -> Json:
    """One message as a phone shows it: plain JSON values, media as ``data:`` addresses."""
    captioned = said.kind in MEDIA
    gone = said.deleted
    words = "" if gone else said.text or _card(said)
    return {
        "message_id": said.message_id,
        "from_bot": said.sender_id == world.bot_id,
        "from_name": sender(world, said.sender_id)["first_name"],
        "date": said.date,
        "text": "" if captioned else words,
        "html": "" if gone else markup.shown(words, said.entities),
        "caption": words if captioned else "",
        "photo": _address(world, said) if said.kind == "photo" and not gone else None,
        "document": _attached(world, said) if said.kind in ATTACHED and not gone else None,
        "inline": [] if gone else [[_button(button) for button in row] for row in said.inline],
        "reply_to": said.reply_to,
        "edited": said.edit_date is not None,
        "deleted": gone,
        "protected": said.protected,
        "kind": said.kind,
    }


def _card(said: Message) -> str:
    contact = said.media.get("contact")
    return f"{contact['first_name']} {contact['phone_number']}" if contact else ""


def _button(button: Json) -> Json:
    return {"text": button["text"], "data": button.get("callback_data"), "url": button.get("url")}


def file_id(said: Message) -> str:
    """The file behind a message, a photo's at its full size; '' when it carries none."""
    held = said.media.get(said.kind) if said.kind in MEDIA else None
    if not held:
        return ""
    return str((held[-1] if isinstance(held, list) else held)["file_id"])


def _address(world: World, said: Message) -> str:
    return world.files.data_url(file_id(said))


def _attached(world: World, said: Message) -> Json:
    about = said.media[said.kind]
    return {"file_name": about.get("file_name", ""), "size": about["file_size"], "url": _address(world, said)}
