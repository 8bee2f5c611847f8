"""Limits: an even stream for the bot, a second for a chat, twenty a minute for a group, lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from care.model import Lane
from scheduler.limits import Limits
from tests.fast_time import quickly

GROUP = -100


class Gate:
    """Limits on the loop's clock, and a note of who was let through when."""

    def __init__(self) -> None:
        self.now = asyncio.get_running_loop().time
        self.limits = Limits(self.now)
        self.passed: list[tuple[float, int, Lane]] = []

    async def go(self, chat: int, lane: Lane = Lane.CARE) -> None:
        await self.limits.turn(chat, lane)
        self.passed.append((self.now(), chat, lane))

    def ask(self, chat: int, lane: Lane = Lane.CARE) -> asyncio.Task[None]:
        return asyncio.create_task(self.go(chat, lane))

    def times(self, chat: int | None = None) -> list[float]:
        return [when for when, who, _ in self.passed if chat in (None, who)]


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most that fall into any span of so many seconds, both ends included."""
    return max(sum(t <= u <= t + seconds for u in times[n : n + 200]) for n, t in enumerate(times))


def test_an_idle_bot_sends_at_once() -> None:
    async def story() -> None:
        gate = Gate()
        await gate.go(1)
        assert gate.times() == [0.0]

    quickly(story())


def test_three_hundred_chats_get_an_even_stream_at_nearly_thirty_a_second() -> None:
    async def story() -> None:
        gate = Gate()
        await asyncio.gather(*(gate.ask(chat) for chat in range(1, 301)))
        times = gate.times()
        assert most_within(times, 1.0) <= 30
        assert most_within(times, 0.1) <= 5
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * 30

    quickly(story())


def test_a_pause_earns_no_burst() -> None:
    async def story() -> None:
        gate = Gate()
        await gate.go(1)
        await asyncio.sleep(100)
        await asyncio.gather(*(gate.ask(chat) for chat in range(2, 100)))
        assert most_within(gate.times()[1:], 1.0) <= 30
        assert most_within(gate.times()[1:], 0.1) <= 5

    quickly(story())


def test_late_timers_never_push_thirty_one_into_a_second() -> None:
    async def story() -> None:
        gate = Gate()
        lag = 0.0
        limits = Limits(lambda: gate.now() + lag)
        passed = []

        async def go(chat: int) -> None:
            await limits.turn(chat, Lane.CARE)
            passed.append(gate.now() + lag)

        tasks = [asyncio.create_task(go(chat)) for chat in range(1, 200)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.31)
            lag += 0.07
        assert most_within(sorted(passed), 1.0) <= 30

    quickly(story())


def test_one_chat_gets_a_message_a_second() -> None:
    async def story() -> None:
        gate = Gate()
        await asyncio.gather(*(gate.ask(7, Lane.REPLY) for _ in range(5)))
        times = gate.times(7)
        assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))
        assert times[-1] == pytest.approx(4.0)

    quickly(story())


def test_a_chat_that_waits_lets_the_others_pass() -> None:
    async def story() -> None:
        gate = Gate()
        alerts = [gate.ask(7, Lane.EMERGENCY) for _ in range(3)]
        await asyncio.gather(*alerts, *(gate.ask(chat) for chat in (1, 2, 3)))
        assert max(gate.times(c)[0] for c in (1, 2, 3)) < 0.2
        assert len(gate.times(7)) == 3

    quickly(story())


def test_an_emergency_goes_before_replies_and_replies_before_care() -> None:
    async def story() -> None:
        gate = Gate()
        waiting = [gate.ask(chat) for chat in range(1, 90)]
        await asyncio.sleep(0.5)
        waiting += [gate.ask(200, Lane.REPLY), gate.ask(201, Lane.REPLY), gate.ask(300, Lane.EMERGENCY)]
        asked = gate.now()
        await asyncio.gather(*waiting)
        urgent = [chat for _, chat, lane in gate.passed if lane is not Lane.CARE]
        assert urgent == [300, 200, 201]
        assert gate.times(300)[0] - asked <= 0.04
        assert gate.times(201)[0] - asked <= 0.11

    quickly(story())


def test_a_group_gets_twenty_a_minute_of_which_three_are_kept_for_emergencies() -> None:
    async def story() -> None:
        gate = Gate()
        cards = [gate.ask(GROUP, Lane.REPLY) for _ in range(30)]
        await asyncio.sleep(30)
        assert len(gate.passed) == 17
        alerts = [gate.ask(GROUP, Lane.EMERGENCY) for _ in range(4)]
        await asyncio.sleep(5)
        assert [lane for _, _, lane in gate.passed[17:]] == [Lane.EMERGENCY] * 3
        await asyncio.gather(*alerts, *cards)
        assert most_within(gate.times(), 60.0) <= 20
        assert gate.passed[20][2] is Lane.EMERGENCY

    quickly(story())


def test_a_private_chat_knows_no_limit_by_the_minute() -> None:
    async def story() -> None:
        gate = Gate()
        await asyncio.gather(*(gate.ask(7) for _ in range(25)))
        assert gate.times()[-1] == pytest.approx(24.0)

    quickly(story())


def test_what_was_sent_before_a_restart_counts() -> None:
    async def story() -> None:
        gate = Gate()
        gate.limits.seed([(GROUP, 59.0 - n) for n in range(20)])
        alert, other = gate.ask(GROUP, Lane.EMERGENCY), gate.ask(5)
        await other
        assert not alert.done()
        await alert
        assert gate.now() == pytest.approx(1.05)

    quickly(story())


def test_a_seeded_chat_waits_for_the_rest_of_its_second() -> None:
    async def story() -> None:
        gate = Gate()
        gate.limits.seed([(7, 0.4)])
        await gate.go(7)
        assert gate.now() == pytest.approx(0.6)

    quickly(story())


def test_who_gives_up_waiting_takes_nobodys_place() -> None:
    async def story() -> None:
        gate = Gate()
        await gate.go(7)
        gone, stays = gate.ask(7), gate.ask(7)
        await asyncio.sleep(0.2)
        gone.cancel()
        await stays
        assert gone.cancelled()
        assert gate.now() == pytest.approx(1.0)

    quickly(story())


def test_ten_thousand_turns_take_no_more_than_their_time() -> None:
    async def story() -> None:
        gate = Gate()
        chats = iter(range(1, 10_001))

        async def worker() -> None:
            for chat in chats:
                await gate.go(chat)

        await asyncio.gather(*(worker() for _ in range(60)))
        assert most_within(gate.times(), 1.0) <= 30
        assert gate.now() <= 10_000 / 30 * 1.01

    quickly(story())
