"""The peer in time: APScheduler with one job a message. Its jobs are in memory, and gone after a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bench.crowd import NOW

PLAN = 12
"""Messages of one patient's plan."""
FAR = NOW + timedelta(days=9999)


async def nothing() -> None:
    """A job that does nothing."""


class Memory:
    """APScheduler with so many jobs that are not due, running."""

    def __init__(self, pending: int) -> None:
        """Must be called while the event loop runs."""
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        self._scheduler.start(paused=True)
        for number in range(pending):
            due = FAR + timedelta(seconds=number * 7919 % 2_592_000)
            self._scheduler.add_job(nothing, "date", run_date=due)
        self._scheduler.resume()

    async def enrol(self) -> None:
        """A patient's plan as jobs; after each the scheduler looks at them all."""
        for day in range(PLAN):
            self._scheduler.add_job(nothing, "date", run_date=FAR + timedelta(days=day))
        await asyncio.sleep(0)

    async def knock(self) -> None:
        """Look for what is due, and find nothing."""
        self._scheduler.wakeup()
        await asyncio.sleep(0)

    async def run(self, count: int) -> None:
        """Begin so many jobs that are due."""
        over, left = asyncio.Event(), [count]

        async def job() -> None:
            left[0] -= 1
            if not left[0]:
                over.set()

        self._scheduler.pause()
        for _ in range(count):
            self._scheduler.add_job(job, "date", run_date=datetime.now(UTC))
        self._scheduler.resume()
        await over.wait()

    def stop(self) -> None:
        """Forget every job."""
        self._scheduler.shutdown(wait=False)
