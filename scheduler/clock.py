"""APScheduler, which only knocks: what is due stands in rows, and a knock that is missed loses nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

TICK_SECONDS = 1.0
ROUND_SECONDS = 60.0


class Knocker:
    """Knocks at delivery every second and at the rounds every minute."""

    def __init__(
        self,
        tick: Callable[[], object],
        rounds: Callable[[], Awaitable[object]],
        *,
        tick_seconds: float = TICK_SECONDS,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """``tick`` and ``rounds`` run on the event loop; a round that lasts is not started twice."""
        # The library's defaults drop a job that is a second late, without a word.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

        async def knock() -> None:
            tick()

        self._scheduler.add_job(knock, "interval", seconds=tick_seconds, id="tick")
        self._scheduler.add_job(rounds, "interval", seconds=round_seconds, id="rounds")

    def start(self) -> None:
        """Begin to knock; the event loop must be running."""
        self._scheduler.start()

    def stop(self) -> None:
        """Knock no more; a round that is under way goes on to its end. Harmless when never started."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
