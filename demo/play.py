"""Moving the demo's clock, in one jump or from message to message."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from demo.stage import Stage

log = logging.getLogger(__name__)


class BusyError(Exception):
    """The clock is already on its way."""


class Play:
    """Moves the demo's clock: in one jump, or from message to message so that one can watch."""

    def __init__(self, stage: Stage, pace: float) -> None:
        """``pace``: seconds of waiting between two messages while playing."""
        self._stage = stage
        self._pace = pace
        self._moving = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.running = False
        self.failed = False
        self.moved = False
        """True once the clock has been moved at all."""
        self.since = self.until = stage.clock()
        self.steps = 0
        self.revision = 0
        """Grows with everything that is worth telling the page."""

    @property
    def share(self) -> float:
        """0..1: how much of the way has been played."""
        way = (self.until - self.since).total_seconds()
        done = (self._stage.clock() - self.since).total_seconds()
        return min(1.0, max(0.0, done / way)) if way > 0 else 1.0

    async def jump(self, to: datetime) -> None:
        """Move the clock to ``to``. Raises BusyError while it is moving."""
        if self.running or self._moving.locked():
            raise BusyError
        await self._advance(to)

    def start(self, until: datetime) -> None:
        """Play up to ``until``, in the background. Raises BusyError while the clock is moving."""
        if self.running or self._moving.locked():
            raise BusyError
        self.running, self.failed = True, False
        self.since, self.until, self.steps = self._stage.clock(), until, 0
        self._stopped.clear()
        self._task = asyncio.create_task(self._run())
        self.revision += 1

    async def stop(self) -> None:
        """Stop after the message that is going out now; returns when it has."""
        self._stopped.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        try:
            while not self._stopped.is_set() and (to := self._next_step()) is not None:
                await self._advance(to)
                self.steps += 1
                await self._pause()
        except Exception:
            # The page says so and stays usable; the trace is for whoever runs the demo.
            log.exception("the demo's clock could not be moved")
            self.failed = True
        finally:
            self.running = False
            self.revision += 1

    def _next_step(self) -> datetime | None:
        now, due = self._stage.clock(), self._stage.next_due()
        if now >= self.until:
            return None
        # Something overdue that stays due (a retry, say) must not hold the clock still.
        ahead = due if due is None or due > now else now + timedelta(minutes=5)
        return self.until if ahead is None else min(ahead, self.until)

    async def _advance(self, to: datetime) -> None:
        async with self._moving:
            await self._stage.advance(to)
        self.moved = True
        self.revision += 1

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), self._pace)
        except TimeoutError:
            return
