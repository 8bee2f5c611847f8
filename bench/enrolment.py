"""Enrolling a patient while nobody, 12,000 and 120,000 messages wait."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bench.crowd import Crowd
from bench.floor import Disk, empty_log, logged_pages
from bench.memory import PLAN, Memory
from bench.rounds import Results, Turn, interleave, table, timed
from commands.parts import open_library
from settings import Settings
from store.sqlite import Sqlite

LEVELS = (0, 12_000, 120_000)
PATIENTS = 20
"""Enrolled in one turn."""
FEWEST = 5
"""Pages that a schema made for nothing else could come down to."""


async def pages_of_one(crowd: Crowd) -> int:
    """Pages that one enrolment writes to the log."""
    empty_log(crowd.path)
    for _ in range(PATIENTS):
        await crowd.enrol()
    return round(logged_pages(crowd.path) / PATIENTS)


async def opening(crowd: Crowd) -> float:
    """Milliseconds in which a store of this size is open again."""
    await crowd.store.close()
    began = time.perf_counter()
    crowd.store = Sqlite(crowd.path)
    return (time.perf_counter() - began) * 1000


def show(found: Results, pages: Mapping[int, int]) -> None:
    """The table of one enrolment against its floors and its peer."""
    rows = []
    for level in pages:
        me = f"ours {level}"
        others = [found.times(me, floor, "ms") for floor in (f"floor {level}", "fewest")]
        peers = [found.times(peer, me, "ms", 2) for peer in ("a commit a message", "memory")]
        rows.append([f"ours, {level:,} pending", found.cell(me, "ms"), *others, *peers])
    for level, count in pages.items():
        rows.append([f"one fdatasync of {count} pages", found.cell(f"floor {level}", "ms"), "1", "", "", ""])
    rows += [
        [f"one fdatasync of {FEWEST} pages", found.cell("fewest", "ms"), "", "1", "", ""],
        ["12 fdatasyncs of one page", found.cell("a commit a message", "ms"), "", "", "1", ""],
        ["APScheduler, memory, 12,000 pending", found.cell("memory", "ms"), "", "", "", "1"],
    ]
    head = ["enrol one patient", "ms", "× own pages", "× 5 pages", "12 syncs / this", "memory / this"]
    table("Enrolment: one patient, 12 messages, one transaction", head, rows)


async def main() -> None:
    library = open_library(Settings())
    memory = Memory(12_000)
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder))) as disk:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        crowds = {level: Crowd(Path(folder) / f"{level}.sqlite3", library, level) for level in LEVELS}
        sizes = {level: crowd.path.stat().st_size for level, crowd in crowds.items()}
        pages = {level: await pages_of_one(crowd) for level, crowd in crowds.items()}
        turns: dict[str, Turn] = {}
        for level, crowd in crowds.items():
            turns[f"floor {level}"] = timed(disk.syncing(pages[level]), PATIENTS)
            turns[f"ours {level}"] = timed(crowd.enrol, PATIENTS)
        turns["fewest"] = timed(disk.syncing(FEWEST), PATIENTS)
        turns["a commit a message"] = timed(disk.syncing(1, PLAN), PATIENTS)
        turns["memory"] = timed(memory.enrol, PATIENTS)
        found = await interleave(turns)
        show(found, pages)
        growth = found.times("ours 120000", "ours 12000", "ms", 2)
        size = (sizes[120_000] - sizes[0]) / 120_000
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        opened = {level: await opening(crowd) for level, crowd in crowds.items()}
        table(
            "What grows with the pending messages",
            ["what", "figure"],
            [
                ["enrolment at 120,000 / at 12,000 pending", growth],
                ["bytes on disk per pending message, patients and episodes included", f"{size:.0f}"],
                ["memory grown while all three were filled, MB", f"{grown / 1024:.0f}"],
                *[[f"ms to open the store with {n:,} pending", f"{ms:.0f}"] for n, ms in opened.items()],
            ],
        )
        for crowd in crowds.values():
            await crowd.store.close()
    memory.stop()


if __name__ == "__main__":
    asyncio.run(main())
