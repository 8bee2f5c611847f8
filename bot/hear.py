"""One raw update of Telegram → an Incoming. Nothing that a person sends may vanish here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User

from care.channel import Incoming

UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
COMMAND_FOR = re.compile(r"/(\w+)@(\w+)")

MEDIA = (
    ("live_photo", "video"),
    ("voice", "voice"),
    ("audio", "audio"),
    ("video", "video"),
    ("video_note", "video"),
    ("animation", "video"),  # before document: Telegram sends a silent clip as both
    ("document", "document"),
    ("sticker", "sticker"),
)
"""Field of a message → our kind, in the order in which they are looked for."""

SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_from_chat_id",
    "pinned_message",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "chat_shared",
    "connected_website",
    "write_access_allowed",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "chat_owner_changed",
    "chat_owner_left",
    "checklist_tasks_added",
    "checklist_tasks_done",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
)
"""Fields of messages that Telegram writes about the chat, and nobody sent."""

ESSENTIAL = ("message_id", "date", "edit_date", "from", "chat", "text", "caption")
"""What a message is read from when the rest of it can't be understood."""


class Unparseable(Exception):
    """The update is broken. Its text names the update and the trouble, never what it holds."""


@dataclass(frozen=True, slots=True)
class _Content:
    kind: str
    text: str = ""
    file_id: str = ""
    phone: str = ""
    moved_to: int = 0


NOTHING = _Content("nothing")
PROMISED = {"int": int, "str": str, "bool": bool, "datetime": datetime}


def hear(raw: Mapping[str, object], *, bot_username: str, heard_at: datetime | None = None) -> Incoming:
    """``raw`` as Telegram sent it, in our words. Raises Unparseable.

    ``heard_at``: when it was received (UTC). Telegram tells no time for a press: without it ``at`` is then
    the time of the pressed message, or 1970 when that is out of reach.
    """
    update_id = raw.get("update_id")
    try:
        try:
            return _heard(raw, bot_username, heard_at)
        except Exception:  # a part that we could do without: words must not be lost for its sake
            return _heard(_lean(raw), bot_username, heard_at)
    except Exception as trouble:
        shown = update_id if isinstance(update_id, int) else "without an id"
        raise Unparseable(f"update {shown}: {type(trouble).__name__}") from None


def _heard(raw: Mapping[str, object], bot_username: str, heard_at: datetime | None) -> Incoming:
    return _sound(_told(Update.de_json(dict(raw), None), bot_username, heard_at))


def _told(update: Update, bot_username: str, heard_at: datetime | None) -> Incoming:
    if message := update.message or update.edited_message:
        return _message(update.update_id, message, bot_username, edited=update.message is None)
    if update.callback_query:
        return _press(update.update_id, update.callback_query, heard_at)
    if update.my_chat_member:
        return _standing(update.update_id, update.my_chat_member)
    at = heard_at or UNKNOWN_TIME
    return _incoming(update.update_id, "nothing", update.effective_chat, update.effective_user, at)


def _message(update_id: int, message: Message, bot_username: str, *, edited: bool) -> Incoming:
    private = message.chat.type == Chat.PRIVATE
    content = _addressed(_content(message), bot_username, private)
    # A shared live location is "edited" every few seconds, and a group's edits concern nobody.
    if edited and (not private or content.kind == "location"):
        content = NOTHING
    at = (message.edit_date if edited else None) or message.date
    answered = message.reply_to_message
    return replace(
        _incoming(update_id, content.kind, message.chat, message.from_user, at),
        message_id=message.message_id,
        text=_whole(content.text),
        reply_to=answered.message_id if answered and (private or _ours(answered)) else 0,
        file_id=content.file_id,
        phone=content.phone,
        moved_to=content.moved_to,
        edited=edited,
    )


def _ours(answered: Message) -> bool:
    """What people of a group answer each other is no answer to us."""
    return bool(answered.from_user and answered.from_user.is_bot)


def _content(message: Message) -> _Content:
    if message.migrate_to_chat_id:
        return _Content("moved", moved_to=message.migrate_to_chat_id)
    if message.text is not None:
        return _Content("text", message.text)
    if medium := _medium(message):
        return medium
    contact = message.contact
    if contact and message.from_user and contact.user_id == message.from_user.id:
        return _Content("contact", phone=contact.phone_number)
    if any(getattr(message, field, None) for field in SERVICE):
        return NOTHING
    # Polls, dice, somebody else's contact, and what Telegram will invent: a person has to look at it.
    return _Content("document", message.poll.question if message.poll else message.caption or "")


def _medium(message: Message) -> _Content | None:
    caption = message.caption or ""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return _Content("photo", caption, largest.file_id)
    for field, kind in MEDIA:
        medium = getattr(message, field)
        if medium:
            return _Content(kind, caption, medium.file_id)
    return _Content("location", caption) if message.location or message.venue else None


def _addressed(content: _Content, bot_username: str, private: bool) -> _Content:
    """A command without our own name; one for another bot is nothing, unless nobody else is there."""
    named = COMMAND_FOR.match(content.text) if content.kind == "text" else None
    if not named:
        return content
    if named[2].casefold() == bot_username.removeprefix("@").casefold():
        return _Content("text", f"/{named[1]}{content.text[named.end() :]}")
    return content if private else NOTHING


def _press(update_id: int, press: CallbackQuery, heard_at: datetime | None) -> Incoming:
    message = press.message  # None only for messages that bots send into other chats, which ours never does
    shown_at = message.date if isinstance(message, Message) else UNKNOWN_TIME
    chat = message.chat if message else None
    return replace(
        _incoming(update_id, "press" if message else "nothing", chat, press.from_user, heard_at or shown_at),
        message_id=message.message_id if message else 0,
        data=press.data or "",
        press_id=press.id,
    )


def _standing(update_id: int, change: ChatMemberUpdated) -> Incoming:
    """The person shut or reopened the chat; what becomes of the bot in groups is told by refusals."""
    kind = {"kicked": "blocked", "member": "unblocked"}.get(change.new_chat_member.status, "nothing")
    if change.chat.type != Chat.PRIVATE:
        kind = "nothing"
    return _incoming(update_id, kind, change.chat, change.from_user, change.date)


def _incoming(update_id: int, kind: str, chat: Chat | None, person: User | None, at: datetime) -> Incoming:
    return Incoming(
        update_id=update_id,
        kind=kind,
        chat_id=chat.id if chat else 0,
        private=bool(chat and chat.type == Chat.PRIVATE),
        person_id=person.id if person else 0,
        first_name=_whole(person.first_name) if person else "",
        lang=(person.language_code or "").split("-")[0].lower() if person else "",
        at=at,
    )


def _lean(raw: Mapping[str, object]) -> dict[str, object]:
    """The update with no more of its message than it takes to know who wrote what."""
    lean: dict[str, object] = {"update_id": raw["update_id"]}
    for name in ("message", "edited_message"):
        message = raw.get(name)
        if isinstance(message, Mapping):
            lean[name] = {key: message[key] for key in ESSENTIAL if key in message}
    if len(lean) == 1:
        raise ValueError("no message")
    return lean


def _sound(heard: Incoming) -> Incoming:
    """``heard``, if every field holds what it promises: the library checks no types."""
    for field in fields(heard):
        value = getattr(heard, field.name)
        if not isinstance(value, PROMISED.get(str(field.type), object)):
            raise TypeError(field.name)
    return heard


def _whole(text: str) -> str:
    """``text`` without halves of characters, which no file and no database would take."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
