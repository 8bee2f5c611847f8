"""A post office for tests: a real database, the real words, a channel that notes what it carries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from care.channel import Letter
from care.library import Library, load
from care.model import Button, Lane, Rows, Say
from scheduler.delivery import Delivery
from scheduler.limits import Limits
from store import outbox, people, planning
from store.seam import Row, Writes
from store.sqlite import Sqlite

GROUP = -1001
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""The clinic is open, and London is at UTC."""
HUNG = "hung"
"""Instead of a trouble: the line never answers."""
THANKS, CANCELLED = "call.thanks", "stop.cancelled"
"""Two ids of words that need no facts."""


@cache
def library() -> Library:
    return load(Path(__file__).resolve().parents[1] / "content")


class Recorder:
    """A channel that notes every letter with the second in which it came."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Letter]] = []
        self.sent: list[tuple[float, Letter]] = []
        self.troubles: dict[int, list[Exception | str]] = {}
        """Chat → what happens to its next letters, in order."""
        self.takes = 0.05

    async def send(self, letter: Letter) -> int:
        now = asyncio.get_running_loop().time()
        self.calls.append((now, letter))
        await asyncio.sleep(self.takes)
        waiting = self.troubles.get(letter.chat_id)
        trouble = waiting.pop(0) if waiting else None
        if trouble == HUNG:
            await asyncio.Event().wait()
        if isinstance(trouble, Exception):
            raise trouble
        self.sent.append((now, letter))
        return letter.edits or 1000 + len(self.sent)

    def to(self, chat_id: int) -> list[Letter]:
        """What this chat has got."""
        return [letter for _, letter in self.sent if letter.chat_id == chat_id]

    def tried(self, chat_id: int) -> list[float]:
        """When this chat was written to, with or without success."""
        return [when for when, letter in self.calls if letter.chat_id == chat_id]

    def chats(self) -> Counter[int]:
        return Counter(letter.chat_id for _, letter in self.sent)


class Staff:
    """Notes the tasks that were made."""

    def __init__(self) -> None:
        self.unreached: list[tuple[int, str]] = []
        self.unsure: list[int] = []

    async def unreachable(self, patient_id: int, reason: str) -> None:
        self.unreached.append((patient_id, reason))

    async def refused(self, row: Row, reason: str) -> None:
        """Kept as outcomes are: nothing to add."""

    async def unknown(self, row: Row) -> None:
        self.unsure.append(row["id"])


class Post:
    """Everything that a test of the sender drives."""

    def __init__(self, folder: Path, start: datetime) -> None:
        self._loop = asyncio.get_running_loop()
        self.store = Sqlite(folder / "post.sqlite3")
        self.words = library()
        self.start, self.shift = start, timedelta()
        self.channel, self.staff = Recorder(), Staff()
        self.begun: list[tuple[str, datetime]] = []
        """Planned messages whose check-in began."""
        self.runs: list[asyncio.Task[None]] = []
        self.chance = 0

    def clock(self) -> datetime:
        return self.start + self.shift + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Seconds since the loop began."""
        return self._loop.time()

    def random(self, count: int) -> bytes:
        self.chance += 1
        return bytes([self.chance]) * count

    def on_sent(self, tx: Writes, row: Row, now: datetime) -> None:
        self.begun.append((row["planned"], now))

    def sender(self, me: str = "alive", **other: Any) -> Delivery:
        """One more sender, not yet running."""
        parts: dict[str, Any] = {
            "clock": self.clock,
            "limits": Limits(asyncio.get_running_loop().time),
            "me": me,
            "username": "PostBot",
            "token_bytes": self.random,
            "my_data": lambda patient: f"all about {patient}".encode(),
            "on_sent": self.on_sent,
            "tasks": self.staff,
        }
        store = other.pop("store", self.store)
        return Delivery(store, self.words, self.channel, **{**parts, **other})

    def begin(self, **other: Any) -> Delivery:
        """Start the sender of this post office."""
        self.delivery = self.sender(**other)
        self.runs.append(asyncio.create_task(self.delivery.run()))
        return self.delivery

    async def put(
        self, words: str, chat: int, lane: Lane = Lane.REPLY, *, facts: Any = None, buttons: Rows = (), **more: Any
    ) -> int:
        """One more row, due now unless told otherwise; its id."""
        say = Say(words, facts or {}, buttons, lane=lane, keyboard=more.pop("keyboard", None))
        return await self.store.write(lambda tx: self.write(tx, say, chat, **more))

    def write(self, tx: Writes, say: Say, chat: int, **more: Any) -> int:
        due = more.pop("due", None) or self.clock()
        return outbox.put(tx, say, **{"chat_id": chat, "lang": "en", "due": due, **more})

    async def burst(self, chats: range, words: str = THANKS) -> None:
        """One care message to each of many chats, all due at once."""

        def work(tx: Writes) -> None:
            for chat in chats:
                self.write(tx, Say(words, lane=Lane.CARE), chat)

        await self.store.write(work)

    async def patient(self, chat: int, name: str = "Maya") -> int:
        """A patient of this chat; the row's id."""

        def work(tx: Writes) -> int:
            people.open_clinic(tx, self.words.clinic, self.clock())
            row = people.admit(tx, self.words.clinic, chat, name, "en", self.clock())
            return int(row["id"])

        return await self.store.write(work)

    async def enrolled(self, chat: int, *, zone: str = "Europe/London") -> int:
        """A patient whose care begins now, with the whole plan; the episode's id."""
        patient = await self.patient(chat)

        def work(tx: Writes) -> int:
            people.change(tx, patient, zone=zone)
            episode = people.begin(
                tx,
                patient,
                procedure="microneedling",
                session_at=self.clock(),
                zone=ZoneInfo(zone),
                next_session=None,
                types=(),
                now=self.clock(),
            )
            planning.plan(tx, self.words, episode, self.clock())
            return episode

        return await self.store.write(work)

    def row(self, row_id: int) -> Row:
        found = self.store.read.one("SELECT * FROM outgoing WHERE id = ?", (row_id,))
        assert found is not None
        return found

    def states(self) -> dict[str, int]:
        return outbox.counts(self.store.read)

    def plan(self, episode: int) -> dict[str, str]:
        """Planned id → state of its row."""
        return {row["planned"]: row["state"] for row in outbox.planned(self.store.read, episode)}

    async def quiet(self, seconds: float = 600, step: float = 0.05) -> None:
        """Wait until nothing is in hand and nothing could go out; at most so long."""
        self.delivery.wake()
        await self.until(self.delivery.idle, seconds, step)

    async def until(self, reached: Callable[[], bool], seconds: float = 600, step: float = 0.05) -> None:
        end = self.seconds() + seconds
        while not reached():
            assert self.seconds() < end, f"not reached: {self.states()}"
            await asyncio.sleep(step)

    async def forward(self, to: datetime) -> None:
        """Set the clock to a later time, as a hand would, and let everything due go out."""
        self.shift += to - self.clock()
        await self.quiet()


def button(words: str, data: str = "") -> Rows:
    return ((Button(words, data),),)


@asynccontextmanager
async def post(folder: Path, start: datetime = MONDAY, *, begun: bool = True) -> AsyncIterator[Post]:
    """A post office that is open, whose sender runs (``begun``), and that closes in good order."""
    office = Post(folder, start)
    try:
        if begun:
            office.begin()
        yield office
        if begun:
            await office.delivery.stop()
    finally:
        for run in office.runs:
            run.cancel()
        await asyncio.gather(*office.runs, return_exceptions=True)
        office.store.close_now()
