"""What a visitor of the demo's page may do: with the patients' phones, the staff's phone and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from demo.play import Play
from demo.stage import Person, Stage

SAMPLE_PHOTO = Path(__file__).parent / "static" / "sample.jpg"
TEXT_LIMIT = 4096
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class RefusedError(Exception):
    """A request that cannot be done; the page has the words for each ``code``."""

    def __init__(self, code: str, status: int = 409) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Asked:
    """The JSON object that a request carries; every reader raises RefusedError for a wrong type."""

    def __init__(self, body: object) -> None:
        if not isinstance(body, dict):
            raise RefusedError("bad_request", 400)
        self._body: dict[str, object] = body

    def number(self, name: str) -> int:
        value = self._body.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError("bad_request", 400)
        return value

    def number_or_none(self, name: str) -> int | None:
        return None if self._body.get(name) is None else self.number(name)

    def text(self, name: str) -> str:
        value = self._body.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LIMIT:
            raise RefusedError("bad_request", 400)
        return value

    def yes(self, name: str) -> bool:
        return self._body.get(name) is True


Deed = Callable[[Asked], Awaitable[dict[str, object] | None]]


class Deeds:
    """Everything that can be asked for by name, and what the page remembers of it."""

    def __init__(self, stage: Stage, play: Play) -> None:
        self._stage = stage
        self._play = play
        self.blocked: set[int] = set()
        """Patients who have blocked the bot."""
        self.scans: dict[int, list[str]] = {}
        """Message id of a QR code → first names of those who scanned it, in order."""
        self.wrote = False
        """True once an enrolled patient wrote something in their own words."""
        self._planned = False
        self.by_name: dict[str, Deed] = {
            "say": self._say,
            "press": self._press,
            "tap": self._tap,
            "photo": self._photo,
            "scan": self._scan,
            "block": self._block,
            "clock": self._clock,
            "play": self._start,
            "stop": self._stop,
            "enrol": self._enrol,
            "patient": self._another,
        }

    def enrolled(self) -> bool:
        """True once somebody who scanned a code has a plan, also after it has been played to its end."""
        self._planned = self._planned or (bool(self.scans) and self._stage.plan_end() is not None)
        return self._planned

    async def _say(self, asked: Asked) -> None:
        person, chat = self._who(asked)
        text = asked.text("text")
        self.wrote = self.wrote or (chat is None and self.enrolled())
        await asyncio.to_thread(person.says, text, chat=chat, reply_to=asked.number_or_none("reply_to"))

    async def _press(self, asked: Asked) -> None:
        person, chat = self._who(asked)
        await asyncio.to_thread(person.presses, asked.number("message_id"), asked.text("data"), chat=chat)

    async def _tap(self, asked: Asked) -> None:
        await asyncio.to_thread(self._patient_of(asked).taps, asked.text("label"))

    async def _photo(self, asked: Asked) -> None:
        person, chat = self._who(asked)
        picture = SAMPLE_PHOTO.read_bytes()
        await asyncio.to_thread(person.sends, "photo", picture, caption="", chat=chat)

    async def _block(self, asked: Asked) -> None:
        person = self._patient_of(asked)
        if asked.yes("blocked"):
            await asyncio.to_thread(person.blocks)
            self.blocked.add(person.id)
        else:
            await asyncio.to_thread(person.unblocks)
            self.blocked.discard(person.id)

    async def _enrol(self, asked: Asked) -> None:
        person, chat = self._who(asked)
        if chat is None:
            raise RefusedError("bad_request", 400)
        await asyncio.to_thread(person.says, "/enroll", chat=chat, reply_to=None)

    async def _scan(self, asked: Asked) -> dict[str, object]:
        """Point a patient's phone at a QR code; no ``who`` means somebody new."""
        number = asked.number("message_id")
        token = self._stage.invitation_of(number)
        if token is None:
            raise RefusedError("no_invitation")
        new = asked.number_or_none("who") is None
        person = self._stage.another_patient() if new else self._patient_of(asked)
        await asyncio.to_thread(person.starts, token)
        self.blocked.discard(person.id)
        self.scans.setdefault(number, []).append(person.first_name)
        return {"who": person.id}

    async def _another(self, _asked: Asked) -> dict[str, object]:
        return {"who": self._stage.another_patient().id}

    async def _clock(self, asked: Asked) -> None:
        step, now = asked.text("to"), self._stage.clock()
        if step == "next":
            due = self._stage.next_due()
            if due is None:
                raise RefusedError("nothing_due")
            await self._play.jump(max(due, now))
        elif step in STEPS:
            await self._play.jump(now + STEPS[step])
        else:
            raise RefusedError("bad_request", 400)

    async def _start(self, asked: Asked) -> None:
        """Play the month, or with ``days`` until noon so many days from now."""
        days = asked.number_or_none("days")
        until = self._stage.plan_end() if days is None else self._noon_in(days)
        if until is None or until <= self._stage.clock():
            raise RefusedError("no_plan")
        self._play.start(until)

    async def _stop(self, _asked: Asked) -> None:
        await self._play.stop()

    def _noon_in(self, days: int) -> datetime:
        if not 1 <= days <= 60:
            raise RefusedError("bad_request", 400)
        local = self._stage.clock().astimezone(self._stage.zone) + timedelta(days=days)
        return local.replace(hour=12, minute=0, second=0, microsecond=0)

    def _who(self, asked: Asked) -> tuple[Person, int | None]:
        """The person who acts, and the chat: the group for staff, their own (None) for a patient."""
        number = asked.number("who")
        for person in self._stage.staff:
            if person.id == number:
                return person, self._stage.group.id
        return self._patient_of(asked), None

    def _patient_of(self, asked: Asked) -> Person:
        number = asked.number("who")
        for person in self._stage.patients:
            if person.id == number:
                return person
        raise RefusedError("nobody", 404)
