"""What one knock costs: nothing due, sixty due, everything due, with 10,000 and 100,000 messages waiting."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bench.crowd import NOW, Crowd
from bench.floor import Disk, empty_log, logged_pages
from bench.memory import Memory
from bench.rounds import Results, Turn, interleave, table, timed
from care.library import Library
from care.model import Lane
from commands.parts import open_library
from scheduler.delivery import CAPACITY
from scheduler.hands import take
from settings import Settings
from store import outbox
from store.seam import Writes, stamp

LEVELS = (10_000, 100_000)
EARLY = NOW - timedelta(hours=2)
"""Nothing is due yet."""
DUE = NOW - timedelta(hours=1)
"""Sixty messages of sixty chats are."""
MONTHS = NOW + timedelta(days=90)
"""Everything is: the bot was away for months."""
ROOM = dict.fromkeys(Lane, CAPACITY)
NOBODY: Mapping[Lane, set[int]] = {lane: set() for lane in Lane}
ME = "bench"
TICKS, CLAIMS = 200, 5
KNOCKS = ("nothing due", "floor: two reads")
CLAIMED = (
    "60 due, claimed",
    "60 due, claimed and settled",
    "all due, 60 claimed",
    "floor: the pages of a claim",
)
Claim = Callable[[Writes], int]


async def look(crowd: Crowd) -> None:
    """What delivery asks at every knock, when nothing is due."""
    assert not outbox.anything(crowd.store.read, EARLY, NOBODY)
    outbox.next_after(crowd.store.read, EARLY)


async def read_twice(bare: sqlite3.Connection) -> None:
    """Is anything due, and when is the next: two bare reads of the same index."""
    waiting = "FROM outgoing WHERE state = 'waiting' AND lane = 2"
    bare.execute(f"SELECT id {waiting} AND due_at <= ? LIMIT 1", (stamp(EARLY),)).fetchone()
    bare.execute(
        f"SELECT due_at {waiting} AND due_at > ? ORDER BY due_at LIMIT 1", (stamp(EARLY),)
    ).fetchone()


def claim(now: datetime) -> Claim:
    """The statement alone."""
    return lambda tx: len(outbox.claim(tx, ME, now, ROOM, NOBODY))


def settle(library: Library) -> Claim:
    """The claim, and what is decided about the plan of each episode."""
    return lambda tx: len(take(tx, library, ME, DUE, room=ROOM, resting=NOBODY))


def claiming(crowd: Crowd, work: Claim) -> Turn:
    """Claim sixty; they are given back outside of the time."""

    async def once() -> None:
        assert await crowd.store.write(work) == CAPACITY

    return timed(once, CLAIMS, after=partial(crowd.store.write, lambda tx: outbox.release(tx, ME)))


async def pages_of(crowd: Crowd, work: Claim) -> int:
    """Pages that one claim writes to the log."""
    empty_log(crowd.path)
    await crowd.store.write(work)
    pages = logged_pages(crowd.path)
    await crowd.store.write(lambda tx: outbox.release(tx, ME))
    return pages


async def contenders(crowd: Crowd, library: Library, disk: Disk) -> list[Turn]:
    """Ours and the floors on one database, in the order of KNOCKS and CLAIMED."""
    crowd.make_due(CAPACITY, DUE)
    works = (claim(DUE), settle(library), claim(MONTHS))
    pages = await pages_of(crowd, works[0])
    return [
        timed(partial(look, crowd), TICKS),
        timed(partial(read_twice, sqlite3.connect(crowd.path)), TICKS),
        *(claiming(crowd, work) for work in works),
        timed(disk.syncing(pages), CLAIMS),
    ]


def show(found: Results, title: str, kinds: tuple[str, ...], peer: str) -> None:
    """A table of ours and the floor, which is the last kind, at both sizes."""
    rows = []
    for level in LEVELS:
        for kind in kinds:
            me, floor = f"{kind} {level}", f"{kinds[-1]} {level}"
            row = [f"{kind}, {level:,} waiting", found.cell(me, "ms", 3)]
            rows.append([*row, found.times(me, floor, "ms"), found.times(peer, me, "ms", 2)])
    rows.append([f"APScheduler, memory, {peer}, 10,000 waiting", found.cell(peer, "ms", 3), "", "1"])
    table(title, ["what", "ms", "× floor", "APScheduler / this"], rows)


async def main() -> None:
    library = open_library(Settings())
    memory = Memory(LEVELS[0])
    turns: dict[str, Turn] = {
        "knock": timed(memory.knock, TICKS),
        "60 begun": timed(partial(memory.run, CAPACITY), 1),
    }
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder))) as disk:
        crowds = {level: Crowd(Path(folder) / f"{level}.sqlite3", library, level) for level in LEVELS}
        for level, crowd in crowds.items():
            made = await contenders(crowd, library, disk)
            turns |= {f"{kind} {level}": turn for kind, turn in zip((*KNOCKS, *CLAIMED), made, strict=True)}
        found = await interleave(turns)
        for crowd in crowds.values():
            await crowd.store.close()
    memory.stop()
    show(found, "A knock when nothing is due", KNOCKS, "knock")
    show(found, "Claiming sixty messages", CLAIMED, "60 begun")


if __name__ == "__main__":
    asyncio.run(main())
