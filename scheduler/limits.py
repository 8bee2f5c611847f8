"""What Telegram allows per bot, per chat and per group, and who goes first while it binds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from care.model import Lane

BOT_MOST = 30
"""Messages in any second, all chats together."""
BOT_PACE = 1 / BOT_MOST
"""Seconds between two messages: an even stream, not thirty at once and then silence."""
BOT_SPAN = 1.005
"""Seconds in which the thirty must fall: a little more than one, for what lies between leave and wire."""
SLACK = 0.01
"""Seconds by which a late timer may be made up for; more would be a burst."""
CHAT_PACE = 1.0
"""Seconds between two messages to the same chat."""
GROUP_MOST = 20
"""Messages to a group in :data:`GROUP_SPAN` seconds."""
GROUP_SPAN = 60.05
GROUP_KEPT = 3
"""Of those, so many are kept for emergencies."""


@dataclass(slots=True, eq=False)
class _Waiter:
    chat_id: int
    lane: Lane
    leave: asyncio.Future[None]


class Limits:
    """Gives leave to send, one message at a time.

    Emergencies go first, then replies, then care messages; inside a lane, who came first. A chat that
    must wait lets the others pass.
    """

    def __init__(self, monotonic: Callable[[], float], pace: float = 1.0) -> None:
        """``monotonic``: seconds on a clock that never jumps.

        ``pace``: how many of its seconds pass while the event loop waits for one; other than 1 only
        where a Telegram of our own is behind, which has no limits.
        """
        self._monotonic, self._pace = monotonic, pace
        self._waiting: dict[Lane, dict[_Waiter, None]] = {lane: {} for lane in Lane}
        self._slot = float("-inf")
        self._last: deque[float] = deque(maxlen=BOT_MOST)
        self._chats: dict[int, deque[float]] = {}
        """Chat → when it was written to, for as long as that matters; least recent chat first."""
        self._alarm: asyncio.TimerHandle | None = None

    async def turn(self, chat_id: int, lane: Lane) -> None:
        """Return when a message to this chat may go out; leave that was given counts as used."""
        waiter = _Waiter(chat_id, lane, asyncio.get_running_loop().create_future())
        self._waiting[lane][waiter] = None
        try:
            self._serve()
            await waiter.leave
        finally:
            self._waiting[lane].pop(waiter, None)

    def seed(self, history: Iterable[tuple[int, float]]) -> None:
        """Count what was sent before a restart: (chat, seconds ago), oldest first."""
        now = self._monotonic()
        for chat_id, ago in history:
            self._count(chat_id, now - max(ago, 0.0))

    def _serve(self) -> None:
        """Give leave to everybody who may go now, and see to it that the next is served in time."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while any(self._waiting.values()):
            now = self._monotonic()
            opens = self._opens()
            if opens > now:
                self._wait(opens - now)
                return
            waiter = next((w for w in self._in_order() if self._chat_opens(w) <= now), None)
            if waiter is None:
                self._wait(min(map(self._chat_opens, self._in_order())) - now)
                return
            self._give(waiter, now)

    def _give(self, waiter: _Waiter, now: float) -> None:
        del self._waiting[waiter.lane][waiter]
        if not waiter.leave.done():
            self._slot = max(self._slot + BOT_PACE, now - SLACK)
            self._count(waiter.chat_id, now)
            waiter.leave.set_result(None)

    def _wait(self, seconds: float) -> None:
        self._alarm = asyncio.get_running_loop().call_later(seconds / self._pace, self._serve)

    def _in_order(self) -> Iterator[_Waiter]:
        for lane in Lane:
            yield from self._waiting[lane]

    def _opens(self) -> float:
        """When the bot as a whole may send again."""
        full = len(self._last) == BOT_MOST
        return max(self._slot + BOT_PACE, self._last[0] + BOT_SPAN if full else float("-inf"))

    def _chat_opens(self, waiter: _Waiter) -> float:
        """When this waiter's chat may be written to again."""
        times = self._chats.get(waiter.chat_id)
        if not times:
            return float("-inf")
        opens = times[-1] + CHAT_PACE
        most = GROUP_MOST if waiter.lane is Lane.EMERGENCY else GROUP_MOST - GROUP_KEPT
        if waiter.chat_id < 0 and len(times) >= most:
            opens = max(opens, times[-most] + GROUP_SPAN)
        return opens

    def _count(self, chat_id: int, when: float) -> None:
        self._last.append(when)
        times = self._chats.pop(chat_id, None) or deque(maxlen=GROUP_MOST if chat_id < 0 else 1)
        times.append(when)
        self._chats[chat_id] = times
        while next(iter(self._chats.values()))[-1] < when - GROUP_SPAN:
            del self._chats[next(iter(self._chats))]
