"""A letter as Telegram's own objects, and what of it Telegram would never take."""

from __future__ import annotations

import html
import re
from typing import Final, TypedDict

from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from care.channel import Keys, Letter

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
COPIES = frozenset({"photo", "voice", "audio", "video", "document", "sticker"})
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | ForceReply


class Manner(TypedDict):
    """How a message is sent, whatever it holds: the arguments that all of the bot's calls share."""

    disable_notification: bool
    protect_content: bool
    reply_parameters: ReplyParameters | None
    reply_markup: Markup | None


class Captioned(TypedDict):
    """The words of a medium."""

    caption: str | None
    parse_mode: str | None


def plain(markup: str) -> str:
    """Telegram HTML as the words that a reader sees."""
    return html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", markup))


def check(letter: Letter) -> None:
    """Raise ValueError for what Telegram would refuse, or quietly drop, whatever the chat."""
    medium = bool(letter.photo or letter.document or letter.copy_file)
    if letter.copy_file and letter.copy_kind not in COPIES:
        raise ValueError(f"a file can't be sent again as {letter.copy_kind!r}")
    if letter.copy_kind == "sticker" and letter.html:
        raise ValueError("a sticker carries no words")
    if letter.edits and medium:
        raise ValueError("an edit changes words, not a medium")
    if sum((bool(letter.inline), letter.keyboard is not None, letter.ask_reply)) > 1:
        raise ValueError("buttons, keyboard and reply box exclude each other")
    most = CAPTION_UNITS if medium else TEXT_UNITS
    try:
        units = len(plain(letter.html).encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise ValueError("the words hold half of a character") from None
    if units > most:
        raise ValueError(f"the words have {units} UTF-16 units, Telegram takes {most}")


def manner(letter: Letter) -> Manner:
    """Everything but the words. A group's messages stay open to forwarding: staff work with them."""
    reply = ReplyParameters(letter.reply_to, allow_sending_without_reply=True) if letter.reply_to else None
    return {
        "disable_notification": letter.silent,
        "protect_content": letter.protect and letter.chat_id > 0,
        "reply_parameters": reply,
        "reply_markup": markup(letter),
    }


def markup(letter: Letter) -> Markup | None:
    """Buttons, reply box or keyboard; None changes nothing."""
    if letter.inline:
        return _inline(letter.inline)
    if letter.ask_reply:
        return ForceReply()
    if letter.keyboard is None:
        return None
    if not letter.keyboard:
        return ReplyKeyboardRemove()
    rows = [[KeyboardButton(key.label, request_contact=key.contact or None) for key in row] for row in letter.keyboard]
    return ReplyKeyboardMarkup(rows, is_persistent=True, resize_keyboard=True)


def _inline(keys: Keys) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(key.label, url=key.url or None, callback_data=key.data or None) for key in row]
            for row in keys
        ]
    )


def filename(letter: Letter) -> str:
    """The name without what could break out of the request's header or of a folder."""
    return re.sub(r"[\x00-\x1f\x7f/\\\"]", "_", letter.filename) or "document"
