"""What the stand-in keeps: chats, messages, presses, calls, and the refusal that answers a bad call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
"""A JSON object as it stands on the wire."""

Words = tuple[str, list[Json]]
"""A text and its entities."""
NO_WORDS: Words = ("", [])

STATUS_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class RefusalError(Exception):
    """The server says no: HTTP status, the server's words, and what goes with them."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})

    def again(self) -> RefusalError:
        """The same refusal as a new exception, for one that is raised many times."""
        return RefusalError(self.code, self.description, self.parameters)


def bad(words: str) -> RefusalError:
    """A 400 with the server's ``words``, which stand without their prefix here."""
    return RefusalError(400, f"Bad Request: {words}")


def forbidden(words: str) -> RefusalError:
    """A 403 with the server's ``words``, which stand without their prefix here."""
    return RefusalError(403, f"Forbidden: {words}")


def too_many(seconds: int) -> RefusalError:
    """A 429 that asks for ``seconds`` of silence."""
    words = f"Too Many Requests: retry after {seconds}"
    return RefusalError(429, words, {"retry_after": seconds})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot, recorded when it was answered."""

    at: float
    """Monotonic seconds at which it arrived."""
    method: str
    """The method's documented spelling, such as ``sendMessage``."""
    params: Json
    """What was passed, JSON strings decoded; an upload is ``{"file_name", "size"}``."""
    ok: bool
    code: int
    """HTTP status; 0 when the connection was cut instead."""
    description: str
    """The refusal's words; ``cut before`` / ``cut after`` for a cut connection; else ''."""


@dataclass(frozen=True, slots=True)
class Toast:
    """What a phone showed after a button was pressed; ``alert`` waits for an OK."""

    person_id: int
    text: str
    alert: bool


@dataclass
class Fault:
    """An injected failure that waits for its calls."""

    method: str
    times: int
    refusal: RefusalError | None
    """None: the connection is cut instead."""
    executed: bool = False
    """For a cut: the call takes effect before the line breaks."""
    chat_id: int | None = None


@dataclass
class Press:
    """One press of an inline button, until it is answered."""

    id: str
    person_id: int
    at: datetime
    answered: bool = False


@dataclass
class User:
    """A person, as Telegram knows them."""

    id: int
    first_name: str
    language_code: str
    phone: str
    deactivated: bool = False


@dataclass
class Message:
    """One message of one chat. ``media`` are the fields of the wire that belong to its kind."""

    message_id: int
    chat_id: int
    sender_id: int
    date: int
    """Unix seconds."""
    kind: str
    """``text`` ``photo`` ``document`` ``voice`` ``video`` ``audio`` ``sticker`` ``contact`` ``service``"""
    text: str = ""
    """Text, or the caption of a medium."""
    entities: list[Json] = field(default_factory=list)
    media: Json = field(default_factory=dict)
    inline: list[list[Json]] = field(default_factory=list)
    """Rows of inline buttons as they stand on the wire."""
    reply_to: int | None = None
    edit_date: int | None = None
    deleted: bool = False
    protected: bool = False
    fixed: bool = False
    """Carried a reply keyboard or opened the reply box: the server never lets it be edited."""


@dataclass
class Chat:
    """One chat that the bot may reach."""

    id: int
    type: str
    """``private``, ``group`` or ``supergroup``"""
    title: str
    """Of a group; the first name for a private chat."""
    standing: str
    """The bot's: ``administrator`` ``member`` ``kicked`` ``left``; a private chat knows ``member``,
    ``kicked`` (blocked) and ``left`` (never started)."""
    members: dict[int, str] = field(default_factory=dict)
    """Person → ``creator``, ``administrator`` or ``member``."""
    messages: dict[int, Message] = field(default_factory=dict)
    keyboard: Json | None = None
    """The persistent keyboard that shows now, as it stands on the wire."""
    typing_until: float = 0.0
    """Monotonic seconds."""
    moved_to: int = 0
    """The supergroup that this group became; 0 while it has not."""
    last_id: int = 0
    """Of the last message, in a supergroup, which numbers its own."""

    @property
    def private(self) -> bool:
        """A person's own chat with the bot."""
        return self.type == "private"
