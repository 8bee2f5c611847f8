"""A small town for tests: the stand-in, a clinic's staff, patients, a clock and the real bot over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aftercare import House
from care.library import Library
from care.trained import MixedSearcher
from care.understand import Reader
from commands.parts import open_library, open_reader
from demo.clock import DemoClock
from demo.forward import forward, settle
from demo.serve import Served
from demo.standin import StandIn
from settings import Settings, read_settings
from store import people

TOKEN = "123456:token-that-must-never-be-logged"
USERNAME = "TownBot"
GROUP = -1001000000007
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""When stories begin unless they say otherwise: a working day, clinic open."""


@cache
def shared_library() -> Library:
    return open_library(Settings(tz=""))


@cache
def shared_reader() -> Reader:
    return open_reader(shared_library())


@cache
def phrases_alone() -> Reader:
    """The reader of the bot without what it has learnt: it reads the same whatever the bank holds."""
    reader = shared_reader()
    searcher = reader.searcher.words if isinstance(reader.searcher, MixedSearcher) else reader.searcher
    return replace(reader, others=(), searcher=searcher)


class Town:
    """Everything that a test drives."""

    def __init__(self, folder: Path, start: datetime = MONDAY, *, reader: Reader | None = None, **more: Any) -> None:
        base = datetime(2026, 1, 1, tzinfo=UTC)
        import time  # noqa: PLC0415

        origin = time.monotonic()
        self.clock = DemoClock(lambda: base + timedelta(seconds=time.monotonic() - origin), start)
        self.standin = StandIn(token=TOKEN, username=USERNAME, now=self.clock)
        self.people = {
            "anna": self.standin.person(601, "Anna"),
            "ben": self.standin.person(602, "Ben"),
            "carol": self.standin.person(603, "Carol"),
        }
        self.group = self.standin.group(GROUP, "Staff", list(self.people.values()))
        self._served = Served(self.standin.app)
        self._folder, self._more = folder, more
        self._drawn = 0
        self.house: House | None = None
        own = more.get("content_dir")
        self.library = open_library(Settings(content_dir=own, tz="")) if own else shared_library()
        self.reader = reader or (open_reader(self.library) if own else shared_reader())

    def settings(self) -> Settings:
        return read_settings(
            **{
                "telegram_bot_token": TOKEN,
                "telegram_api_root": self._served.url,
                "staff_chat_id": GROUP,
                "database_url": f"sqlite:///{self._folder / 'town.sqlite3'}",
                "allow_unsigned": True,
                **self._more,
            }
        )

    async def open(self) -> None:
        self.house = House(self.settings(), self.clock, self.library, self.reader, pace=50)
        await self.house.start()

    async def close(self) -> None:
        if self.house is not None:
            await self.house.stop()
        self.house = None

    async def reload(self) -> None:
        """Stop the bot and start it again on what it remembers."""
        await self.settle()
        await self.close()
        await self.open()

    async def register(self) -> None:
        """Anna is a nurse on call, Ben a doctor; Carol is in the group but not registered."""
        assert self.house is not None
        clinic, now = self.library.clinic.id, self.clock()

        def work(tx: Any) -> None:
            people.register(tx, clinic, 601, "Anna", "nurse", True, now)
            people.register(tx, clinic, 602, "Ben", "doctor", False, now)

        await self.house.store.write(work)

    def chance(self, count: int) -> bytes:
        """So many bytes that nobody could have foreseen, for invitations made beside the bot."""
        self._drawn += 1
        return hashlib.sha256(f"town {self._drawn}".encode()).digest()[:count]

    async def settle(self) -> None:
        if self.house is not None:
            await settle(self.house, self.standin.pending)

    async def forward(self, to: datetime) -> None:
        if self.house is None:
            self.clock.set(to)
        else:
            await forward(self.house, self.clock, to, self.standin.pending)

    def person(self, name: str) -> Any:
        if name not in self.people:
            self.people[name] = self.standin.person(700 + len(self.people), name.capitalize())
        return self.people[name]

    def chat(self, name: str) -> int:
        return self.group.id if name == "staff" else int(self.person(name).id)

    def shown(self, name: str) -> list[dict[str, Any]]:
        """What this phone shows now (``staff``: the group)."""
        return self.standin.messages(self.chat(name))

    def texts(self, name: str) -> list[str]:
        return [
            m["text"] or m["caption"] or "" for m in self.shown(name) if m["from_bot"] and not m["deleted"]
        ]

    def find(self, name: str, part: str) -> dict[str, Any]:
        """The newest message of a phone that contains ``part``."""
        for message in reversed(self.shown(name)):
            if part in (message["text"] or message["caption"] or ""):
                return message
        raise LookupError(f"{part!r} is not shown to {name}: {self.texts(name)[-4:]}")

    async def press(self, name: str, label: str, chat: str | None = None) -> None:
        """Press the newest button with this label on a person's own phone, or in the ``staff`` group."""
        where = chat or ("staff" if name in ("anna", "ben", "carol") else name)
        for message in reversed(self.shown(where)):
            labels = [b["text"] for row in message["inline"] for b in row]
            if label in labels and not message["deleted"]:
                self.person(name).presses(message, label, chat=self.chat(where))
                await self.settle()
                return
        raise LookupError(f"no button {label!r} for {name}")

    async def invite(self, by: str = "anna", *, when: str = "Just now", types: Sequence[str] = ()) -> str:
        """/enroll in the group with the patient's types and the session ``when``; the token of the invitation."""
        self.person(by).says("/enroll", chat=self.group.id)
        await self.settle()
        await self.press(by, self.library.procedure_name("microneedling", "en").capitalize())
        for type in types:
            await self.press(by, f"☐ {type}")
        await self.press(by, "Done" if types else "None of these")
        await self.press(by, when)
        caption = self.find("staff", "?start=")["caption"]
        return str(caption.split("?start=")[1].split()[0])

    async def enrol(self, name: str, *, hour: str = "10:00") -> None:
        """The whole way from the desk to the first message."""
        token = await self.invite()
        self.person(name).starts(token)
        await self.settle()
        if len(self.library.languages) > 1:
            await self.press(name, "English")
        for label in ("Yes, I agree", "Yes, that is right", "Yes, the same time", hour):
            await self.press(name, label)

    async def says(self, name: str, text: str) -> None:
        self.person(name).says(text)
        await self.settle()


@asynccontextmanager
async def town(folder: Path, start: datetime = MONDAY, **more: Any) -> AsyncIterator[Town]:
    """A town whose bot is running and whose staff are registered."""
    place = Town(folder, start, **more)
    with place._served:
        await place.open()
        await place.register()
        try:
            yield place
        finally:
            await place.close()
            place.standin.close()
