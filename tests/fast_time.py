"""An event loop on which nobody waits: when all are asleep, its clock leaps to the next alarm."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
STUCK_SECONDS = 20
"""Real seconds after which a test counts as waiting for something that never comes."""


class _Leaping(selectors.DefaultSelector):
    """Asks the system only for what is there; the time until the next alarm passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.working = 0
        """Pieces of work in threads: while there are any, time stands still."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.working or timeout is None:
            ready = super().select(STUCK_SECONDS)
            if not ready:
                raise RuntimeError("everybody waits, and nothing will ever happen")
            return ready
        self.now += timeout
        return []


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds cost nothing; work in threads takes no time at all."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        self._leaping.working += 1
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _: asyncio.Future[Any]) -> None:
        self._leaping.working -= 1


def quickly(story: Coroutine[Any, Any, T]) -> T:
    """Run a story on a fast loop. What is still under way at its end is cut off, as by a kill."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(story)
