"""Telegram as a channel: its calls, its limits and its refusals, turned into the outcomes of care.channel.

Nothing here logs an update, an address or a text, and no error of ours carries one: Telegram's own
descriptions may quote a message, and every address holds the token.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from telegram import Bot, InlineKeyboardMarkup, Message
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.hush import Redact, quiet_libraries
from bot.letter import NO_PREVIEW, Captioned, Manner, check, filename, manner, markup, plain
from bot.outcome import SOON, OtherPoller, WrongToken, description, outcome, sure
from bot.transport import AiohttpRequest, form
from care.channel import Later, Letter, Refused

__all__ = ["GroupFacts", "Me", "OtherPoller", "Redact", "Telegram", "WrongToken", "quiet_libraries"]

log = logging.getLogger("aftercare.telegram")

TOAST_CHARACTERS = 200
FILE_BYTES = 20 * 2**20
POLL_MARGIN_SECONDS = 10
HEARD = ("message", "edited_message", "callback_query", "my_chat_member")


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str
    """Without the ``@``."""
    can_read_all_group_messages: bool
    """False: in groups it sees only commands, replies to itself and presses."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A chat as the bot sees it."""

    id: int
    title: str
    kind: str
    """``private`` ``group`` ``supergroup`` ``channel``."""
    member: bool
    """The bot is in it, as an administrator or not."""
    admin: bool


class Telegram:
    """One bot. Open it with :meth:`start`; every method talks to Telegram once, or twice where it says so."""

    def __init__(
        self,
        token: str,
        *,
        api_root: str = "https://api.telegram.org",
        connect_seconds: float = 5.0,
        answer_seconds: float = 20.0,
    ) -> None:
        """``answer_seconds``: how long an answer may take before a message counts as unknown."""
        quiet_libraries()
        self._line = AiohttpRequest(connect_seconds=connect_seconds, read_seconds=answer_seconds)
        self._calls = f"{api_root}/bot{token}/"
        self._files = f"{api_root}/file/bot{token}/"
        self._bot = Bot(token, base_url=f"{api_root}/bot", request=self._line, get_updates_request=self._line)
        self._again: Mapping[str, Callable[..., Awaitable[Message]]] = {
            "photo": self._bot.send_photo,
            "voice": self._bot.send_voice,
            "audio": self._bot.send_audio,
            "video": self._bot.send_video,
            "document": self._bot.send_document,
        }
        self._me: Me | None = None

    async def start(self) -> None:
        """Open the line; sends nothing."""
        await self._line.initialize()

    async def stop(self) -> None:
        """Close the line; what is under way is cut off."""
        await self._line.shutdown()

    async def send(self, letter: Letter) -> int:
        """As care.channel says. Markup that Telegram can't read is sent a second time, as plain text.

        ValueError, before any call, for a letter that could never be sent: it names the count when the
        words are too long.
        """
        check(letter)
        try:
            return await self._deliver(letter, letter.html, "HTML")
        except Exception as trouble:
            if "can't parse entities" not in description(trouble):
                return outcome(letter, trouble)
        log.warning("markup could not be read: sent again as plain text")
        try:
            return await self._deliver(letter, plain(letter.html), None)
        except Exception as trouble:
            return outcome(letter, trouble)

    async def answer_press(self, press_id: str, text: str = "", alert: bool = False) -> bool:
        """Stop the button's spinner; False when that failed, which harms nobody. Never raises.

        ``text``: at most 200 characters are shown. A press that is too old to answer counts as done.
        """
        try:
            await self._bot.answer_callback_query(
                press_id, text=text[:TOAST_CHARACTERS] or None, show_alert=alert or None
            )
        except Exception as trouble:
            words = description(trouble)
            return "query is too old" in words or "query id is invalid" in words
        return True

    async def typing(self, chat_id: int) -> None:
        """Show that an answer is being written, if that works. Never raises."""
        try:
            await self._bot.send_chat_action(chat_id, "typing")
        except Exception as trouble:
            log.debug("typing was not shown: %s", type(trouble).__name__)

    async def updates(self, offset: int, seconds: int) -> list[dict[str, object]]:
        """Raw updates from ``offset`` on, waiting up to ``seconds`` (0-50) for the first one.

        Asking confirms everything below ``offset``. Raises OtherPoller, WrongToken or Later.
        """
        # Never Bot.get_updates: it loses a whole batch when one update in it can't be read.
        found = await self._ask(
            "getUpdates",
            {"offset": offset, "timeout": seconds, "allowed_updates": HEARD},
            wait=seconds + POLL_MARGIN_SECONDS,
        )
        if not isinstance(found, list) or not all(isinstance(update, dict) for update in found):
            raise Later(SOON)
        return found

    async def me(self) -> Me:
        """Who the bot is; asked once, then remembered. Raises WrongToken or Later."""
        if self._me is None:
            it = await self._facts("getMe")
            self._me = Me(_number(it, "id"), str(it.get("username", "")), bool(it.get("can_read_all_group_messages")))
        return self._me

    def clock_skew(self, now: datetime) -> float | None:
        """Seconds by which ``now`` is ahead of the server's last answer; None when it told no time."""
        told = self._line.server_time
        return (now - parsedate_to_datetime(told)).total_seconds() if told else None

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates sent to ``url`` with ``secret``. What waits is kept. Raises as :meth:`me`, Refused."""
        await self._ask("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": HEARD})

    async def delete_webhook(self) -> None:
        """Go back to polling. What waits is kept. Raises as :meth:`me`."""
        await self._ask("deleteWebhook")

    async def webhook(self) -> dict[str, object]:
        """Telegram's WebhookInfo: ``url`` ('' for none), ``pending_update_count``, ``last_error_message``."""
        return await self._facts("getWebhookInfo")

    async def set_commands(self, commands: Sequence[tuple[str, str]], lang: str = "", group: int = 0) -> None:
        """The menu of (command, what it does): of private chats, or of the chat ``group``.

        ``lang``: for apps in that language (ISO 639-1); '' for all that have none of their own.
        """
        await self._ask(
            "setMyCommands",
            {
                "commands": [{"command": command, "description": about} for command, about in commands],
                "scope": {"type": "chat", "chat_id": group} if group else {"type": "all_private_chats"},
                "language_code": lang or None,
            },
        )

    async def group(self, chat_id: int) -> GroupFacts:
        """A chat and the bot's place in it, by two calls. Raises Refused, WrongToken, Later."""
        me = await self.me()
        chat = await self._facts("getChat", {"chat_id": chat_id})
        bot = await self._facts("getChatMember", {"chat_id": chat_id, "user_id": me.id})
        place = bot.get("status")
        admin = place in {"administrator", "creator"}
        return GroupFacts(
            _number(chat, "id"),
            str(chat.get("title", "")),
            str(chat.get("type", "")),
            member=admin or place == "member" or bool(place == "restricted" and bot.get("is_member")),
            admin=admin,
        )

    async def fetch_file(self, file_id: str) -> bytes:
        """The file's bytes, at most 20 MB, by two calls. Raises Refused (``bad``: too large), Later."""
        facts = await self._facts("getFile", {"file_id": file_id})
        size, path = facts.get("file_size"), facts.get("file_path")
        if not isinstance(path, str):
            raise Refused("gone")
        if isinstance(size, int) and size > FILE_BYTES:
            raise Refused("bad")
        try:
            return await self._line.retrieve(self._files + quote(path))
        except InvalidToken:  # the library's word for any 404
            raise Refused("gone") from None
        except TelegramError as trouble:
            raise sure(trouble) or Later(SOON) from None

    async def _facts(self, method: str, fields: Mapping[str, object] | None = None) -> dict[str, object]:
        answer = await self._ask(method, fields)
        if not isinstance(answer, dict):
            raise Later(SOON)
        return answer

    async def _ask(self, method: str, fields: Mapping[str, object] | None = None, wait: float | None = None) -> object:
        """The result of a call that may be repeated, as Telegram's JSON has it, within ``wait`` seconds."""
        try:
            return await self._line.post(
                self._calls + method, form(fields or {}), read_timeout=wait or AiohttpRequest.DEFAULT_NONE
            )
        except InvalidToken:
            raise WrongToken from None
        except Conflict as trouble:
            raise OtherPoller(webhook="webhook" in description(trouble)) from None
        except (TelegramError, LookupError) as trouble:
            raise sure(trouble) or Later(SOON) from None

    async def _deliver(self, letter: Letter, words: str, mode: str | None) -> int:
        if letter.edits:
            return await self._edit(letter, words, mode)
        how = manner(letter)
        if letter.photo or letter.document or letter.copy_file:
            sent = await self._deliver_medium(letter, how, {"caption": words or None, "parse_mode": mode})
        else:
            sent = await self._bot.send_message(
                letter.chat_id, words, parse_mode=mode, link_preview_options=NO_PREVIEW, **how
            )
        return sent.message_id

    async def _deliver_medium(self, letter: Letter, how: Manner, words: Captioned) -> Message:
        chat = letter.chat_id
        if letter.photo:
            return await self._bot.send_photo(chat, letter.photo, filename="picture.png", **words, **how)
        if letter.document:
            name = filename(letter)
            return await self._bot.send_document(chat, letter.document, filename=name, **words, **how)
        if letter.copy_kind == "sticker":
            return await self._bot.send_sticker(chat, letter.copy_file, **how)
        return await self._again[letter.copy_kind](chat, letter.copy_file, **words, **how)

    async def _edit(self, letter: Letter, words: str, mode: str | None) -> int:
        buttons = markup(letter)
        await self._bot.edit_message_text(
            words,
            letter.chat_id,
            letter.edits,
            parse_mode=mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=buttons if isinstance(buttons, InlineKeyboardMarkup) else None,
        )
        return letter.edits


def _number(answer: dict[str, object], name: str) -> int:
    value = answer.get(name)
    if not isinstance(value, int):
        raise Later(SOON)
    return value
