"""What the demo's page needs from the running demo: whose phones, which clock, and playing the month."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Shown = Mapping[str, Any]
"""One message as the stand-in tells it: plain JSON values."""

DEEP_LINK = re.compile(r"https?://(?:t|telegram)\.me/\w+/?\?start=([A-Za-z0-9_-]{1,64})")
NEWCOMERS = (("Luis", "es"), ("Aisha", "en"), ("Tom", "en"), ("Elena", "es"), ("Grace", "en"), ("Noor", "en"))
"""First names and app languages of the patients who join after the first, in turn."""


class Person(Protocol):
    """Somebody with a phone; ``chat`` is a chat id, None for the person's own chat with the bot."""

    @property
    def id(self) -> int: ...
    @property
    def first_name(self) -> str: ...

    def starts(self, payload: str) -> object: ...
    def says(self, text: str, chat: int | None = None, reply_to: int | None = None) -> object: ...
    def presses(self, message: int, button: str, chat: int | None = None) -> object: ...
    def taps(self, label: str) -> object: ...
    def sends(self, kind: str, data: bytes, caption: str = "", chat: int | None = None) -> object: ...
    def blocks(self) -> object: ...
    def unblocks(self) -> object: ...


class Group(Protocol):
    """The staff's group."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...


class Toast(Protocol):
    """What a phone showed after a button was pressed; ``alert`` waits for an OK."""

    @property
    def person_id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def alert(self) -> bool: ...


class StandIn(Protocol):
    """The part of the Telegram stand-in that a page shows."""

    @property
    def version(self) -> int: ...
    @property
    def toasts(self) -> Sequence[Toast]: ...

    def person(self, id: int, first_name: str, language_code: str = "en") -> Person: ...
    def messages(self, chat_id: int) -> Sequence[Shown]: ...
    def keyboard(self, chat_id: int) -> Sequence[Sequence[str]] | None: ...
    def contact_keys(self, chat_id: int) -> set[str]: ...
    def typing(self, chat_id: int) -> bool: ...


@dataclass
class Stage:
    """The running demo, as the command that wires it hands it to the page."""

    standin: StandIn
    patient: Person
    """The first patient; those who join later stand behind it in ``patients``."""
    staff: Sequence[Person]
    group: Group
    clock: Callable[[], datetime]
    """The demo's now, UTC."""
    zone: ZoneInfo
    """In which dates and times are shown."""
    advance: Callable[[datetime], Awaitable[None]]
    """Moves the clock; returns when everything due by then has gone out."""
    next_due: Callable[[], datetime | None]
    plan_end: Callable[[], datetime | None]
    """When the last planned message goes out; None while nobody has a plan."""
    what_next: Callable[[], str]
    """What goes out next, in a few words; '' for nothing."""
    care_day: Callable[[int], int | None] = lambda _person: None
    """The day of a patient's care, 0 on the day of the session; None when it is not known."""
    bot_name: str = "Aftercare"
    patients: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The first patient is one of the patients."""
        if not self.patients:
            self.patients.append(self.patient)

    def another_patient(self) -> Person:
        """One more patient with a phone of their own, named in turn from a fixed list."""
        turn = len(self.patients) - 1
        name, language = NEWCOMERS[turn % len(NEWCOMERS)]
        if turn >= len(NEWCOMERS):
            name = f"{name} {turn // len(NEWCOMERS) + 1}"
        number = 1 + max(person.id for person in (*self.patients, *self.staff))
        person = self.standin.person(number, name, language)
        self.patients.append(person)
        return person

    def invitations(self) -> dict[int, str]:
        """Message ids of the staff group that carry an invitation → its token, oldest first."""
        messages = self.standin.messages(self.group.id)
        found = ((message["message_id"], invitation(message)) for message in messages)
        return {number: token for number, token in found if token}

    def invitation_of(self, message_id: int) -> str | None:
        """The token behind a QR code in the staff group; None when that message carries none."""
        return self.invitations().get(message_id)


def invitation(message: Shown) -> str | None:
    """The token of the first deep link in a message's words or buttons."""
    if message.get("deleted"):
        return None
    places = (html.unescape(place) for place in _places(message))
    return next((found[1] for place in places if (found := DEEP_LINK.search(place))), None)


def _places(message: Shown) -> Iterator[str]:
    yield from (str(message.get(name) or "") for name in ("caption", "text", "html"))
    yield from (str(button.get("url") or "") for row in message.get("inline") or () for button in row)
