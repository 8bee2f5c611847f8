"""The clock only knocks: often, once at a time, and whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from scheduler.clock import Knocker


def after(calls: int) -> tuple[Callable[[], None], Awaitable[object]]:
    """Something to call, and to wait for until it has been called so often."""
    enough, heard = asyncio.Event(), []

    def call() -> None:
        heard.append(1)
        if len(heard) >= calls:
            enough.set()

    return call, enough.wait()


async def never() -> None:
    return None


async def test_it_knocks_at_delivery_and_at_the_rounds() -> None:
    tick, ticked = after(3)
    called, gone_round = after(2)

    async def go() -> None:
        called()

    knocker = Knocker(tick, go, tick_seconds=0.02, round_seconds=0.05)
    knocker.start()
    await ticked
    await gone_round
    knocker.stop()


async def test_a_stopped_clock_knocks_no_more() -> None:
    heard: list[int] = []
    knocker = Knocker(lambda: heard.append(1), never, tick_seconds=0.02)
    knocker.start()
    knocker.stop()
    await asyncio.sleep(0.06)
    assert heard == []


async def test_a_round_that_lasts_is_not_started_twice_and_one_that_fails_comes_again() -> None:
    under_way, most = 0, 0
    ended, three_ended = after(3)

    async def go() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        ended()
        raise RuntimeError("a round fails")

    knocker = Knocker(lambda: None, go, round_seconds=0.02)
    knocker.start()
    await three_ended
    knocker.stop()
    assert most == 1


async def test_a_clock_that_never_started_can_be_stopped() -> None:
    Knocker(lambda: None, never).stop()
