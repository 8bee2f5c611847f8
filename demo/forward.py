"""Setting a clock forward from event to event, so that everything happens at its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from demo.clock import DemoClock

PATIENCE = 20.0
"""Seconds after which a step goes on although something is still under way."""


class Running(Protocol):
    """A bot whose clock can be set forward."""

    @property
    def idle(self) -> bool: ...

    async def knock(self) -> None: ...

    def next_event(self) -> datetime | None: ...


async def forward(house: Running, clock: DemoClock, to: datetime, pending: Callable[[], int]) -> None:
    """Set ``clock`` to ``to``; returns when everything due by then has gone out.

    ``pending``: how many updates the bot has not confirmed yet.
    """
    await settle(house, pending)
    while (event := house.next_event()) is not None and event <= to:
        clock.set(max(event, clock()) + timedelta(seconds=1))
        await house.knock()
        await settle(house, pending)
        if house.next_event() == event:
            break  # it could not be done now; it will be tried again at its own pace
    clock.set(to)
    await house.knock()
    await settle(house, pending)


async def settle(house: Running, pending: Callable[[], int]) -> None:
    """Wait until everything that was heard is handled and everything due is out."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    calm = 0
    while calm < 2 and loop.time() < end:
        calm = calm + 1 if house.idle and not pending() else 0
        await asyncio.sleep(0.02)
