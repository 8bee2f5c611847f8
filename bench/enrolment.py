"""Enrolling a patient while nobody, 12,000 and 120,000 messages wait."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bench.crowd import NOW, Crowd
from bench.floor import Disk, empty_log, logged_pages
from bench.rounds import Figures, Turn, interleave, table
from commands.parts import open_library
from settings import Settings
from store.sqlite import Sqlite

LEVELS = (0, 12_000, 120_000)
PATIENTS = 20
"""Enrolled in one turn."""
PLAN = 12
"""Messages of one patient's plan."""


def each(work: Callable[[], Awaitable[None]], times: int = PATIENTS) -> Turn:
    """A turn that does ``work`` so many times: milliseconds for one."""

    async def turn() -> Figures:
        began = time.perf_counter()
        for _ in range(times):
            await work()
        return {"ms": (time.perf_counter() - began) / times * 1000}

    return turn


def syncs(disk: Disk, pages: int, times: int = 1) -> Callable[[], Awaitable[None]]:
    """The floor: the same pages, by hand."""

    async def work() -> None:
        for _ in range(times):
            disk.sync(pages)

    return work


async def memory_scheduler(pending: int) -> AsyncIOScheduler:
    """APScheduler with so many jobs in memory, running."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.start(paused=True)
    for number in range(pending):
        scheduler.add_job(nothing, "date", run_date=NOW + timedelta(days=9999, seconds=number * 7919 % 2_592_000))
    scheduler.resume()
    return scheduler


async def nothing() -> None:
    """A job that does nothing."""


def twelve_jobs(scheduler: AsyncIOScheduler) -> Callable[[], Awaitable[None]]:
    """A patient's plan as jobs."""

    async def work() -> None:
        for day in range(PLAN):
            scheduler.add_job(nothing, "date", run_date=NOW + timedelta(days=9999 + day))
        await asyncio.sleep(0)  # the scheduler looks at its jobs again

    return work


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


async def main() -> None:
    library = open_library(Settings())
    scheduler = await memory_scheduler(12_000)
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder))) as disk:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        crowds = {level: Crowd(Path(folder) / f"{level}.sqlite3", library, level) for level in LEVELS}
        sizes = {level: crowd.path.stat().st_size for level, crowd in crowds.items()}
        pages = {level: await pages_of_one(crowd) for level, crowd in crowds.items()}
        turns: dict[str, Turn] = {}
        for level, crowd in crowds.items():
            turns[f"floor {level}"] = each(syncs(disk, pages[level]))
            turns[f"ours {level}"] = each(crowd.enrol)
        turns["a commit a message"] = each(syncs(disk, 1, PLAN))
        turns["memory"] = each(twelve_jobs(scheduler))
        found = await interleave(turns)
        rows = [
            [
                f"ours, {level:,} pending",
                found.cell(f"ours {level}", "ms"),
                str(pages[level]),
                found.times(f"ours {level}", f"floor {level}", "ms"),
                found.times("memory", f"ours {level}", "ms"),
                found.times("a commit a message", f"ours {level}", "ms", 2),
            ]
            for level in LEVELS
        ]
        rows += [
            [f"floor: one fdatasync of {pages[n]} pages", found.cell(f"floor {n}", "ms"), str(pages[n]), "1", "", ""]
            for n in LEVELS
        ]
        rows.append(["floor: 12 fdatasyncs of a page", found.cell("a commit a message", "ms"), "12", "", "", "1"])
        rows.append(["APScheduler in memory, 12,000 pending", found.cell("memory", "ms"), "0", "", "1", ""])
        head = ["enrol one patient", "ms", "pages", "× floor", "memory jobs / this", "12 syncs / this"]
        table("Enrolment: one patient, 12 messages, one transaction", head, rows)
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
    scheduler.shutdown(wait=False)


if __name__ == "__main__":
    asyncio.run(main())
