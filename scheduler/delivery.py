"""The one sender: claim what is due, put it in words, hand it to the channel, keep what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from care.channel import Channel, Later, Refused, Unknown
from care.model import Lane
from scheduler.hands import Hand, take
from scheduler.letters import Letters, NotYet, Pointless, Ready, Words
from scheduler.limits import GROUP_SPAN, Limits
from scheduler.outcomes import OnSent, Outcomes, Tasks
from store import outbox
from store.seam import Store, Writes, stamp

log = logging.getLogger("aftercare.delivery")
CAPACITY = 60
"""Rows in hand, in each lane: two seconds of sending, so that what is urgent never finds us full."""
LONGEST_PAUSE = {Lane.EMERGENCY: 8.0, Lane.REPLY: 60.0, Lane.CARE: 60.0}
"""Seconds between two attempts, at most, while the channel can't be reached."""
STOP_SECONDS = 5.0
"""What is being sent when we stop may take so long to end."""
A_LITTLE = 1.0
"""Seconds to wait for the message that is to be changed, or for a database that did not answer."""


class Delivery:
    """Sends what stands in the outbox.

    Of one chat, at most one row of a lane is on its way, and nothing less urgent beside it; so the
    order of a chat is (lane, due, id), and chats don't wait for each other.
    """

    def __init__(
        self,
        store: Store,
        library: Words,
        channel: Channel,
        *,
        clock: Callable[[], datetime],
        limits: Limits,
        me: str,
        username: str,
        token_bytes: Callable[[int], bytes],
        my_data: Callable[[int], bytes],
        on_sent: OnSent,
        tasks: Tasks,
    ) -> None:
        """``me``: another value at every start; ``on_sent``: called with a planned row in the transaction
        that marks it as sent."""
        self._store, self._library, self._channel = store, library, channel
        self._clock, self._limits, self._me = clock, limits, me
        self._letters = Letters(store.read, library, username=username, token_bytes=token_bytes, my_data=my_data)
        self._outcomes = Outcomes(store, on_sent, tasks)
        self._woken = asyncio.Event()
        self._stopping = False
        self._taking = True
        """Rows may be on their way into our hands; at first, those of an instance that died."""
        self._running: asyncio.Future[None] | None = None
        self._in_hand: dict[tuple[int, Lane], asyncio.Task[None]] = {}
        self._handed: set[asyncio.Task[None]] = set()
        """Those that may have reached the channel: they are not interrupted."""
        self._pauses: dict[tuple[int, Lane], asyncio.TimerHandle] = {}
        """Chats that could not be reached, and the end of the pause."""

    def wake(self) -> None:
        """There may be something to send: a new row, or the clock has moved."""
        self._woken.set()

    def idle(self) -> bool:
        """Nothing that could go out now is waiting, and nothing is in hand."""
        if self._in_hand or self._taking:
            return False
        return not outbox.anything(self._store.read, self._clock(), self._resting())

    async def run(self) -> None:
        """Send until :meth:`stop`."""
        self._running = asyncio.get_running_loop().create_future()
        try:
            await self._recover()
            self._taking = False
            while not self._stopping:
                self._woken.clear()
                await self._take()
                await self._until_next()
        finally:
            self._running.set_result(None)

    async def stop(self) -> None:
        """End within about 5 s: what is being handed over is finished, the rest waits for the next start."""
        self._stopping = True
        self.wake()
        if self._running is not None:
            await self._running
        tasks = set(self._in_hand.values())
        for task in tasks - self._handed:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for pause in self._pauses.values():
            pause.cancel()
        try:
            await self._store.write(lambda tx: outbox.release(tx, self._me))
        except Exception as trouble:  # the next start gives them back
            log.error("rows in hand could not be given back: %s", type(trouble).__name__)

    async def _recover(self) -> None:
        """Go on where an instance that died left off."""
        now = self._clock()
        history = outbox.last_sent(self._store.read, now - timedelta(seconds=GROUP_SPAN))
        self._limits.seed((row["chat_id"], (stamp(now) - row["sent_at"]) / 1000) for row in history)
        for row in await self._outcomes.kept(lambda tx: outbox.abandoned(tx, self._me)):
            await self._outcomes.unknown(row, now)

    async def _take(self) -> None:
        now, resting = self._clock(), self._resting()
        if not outbox.anything(self._store.read, now, resting):
            return
        lanes = [lane for _, lane in self._in_hand]
        room = {lane: CAPACITY - lanes.count(lane) for lane in Lane}
        self._taking = True
        try:
            hands = await self._store.write(
                lambda tx: take(tx, self._library, self._me, now, room=room, resting=resting)
            )
            for hand in hands:
                key = (hand.chat_id, hand.lane)
                self._in_hand[key] = asyncio.create_task(self._carry(hand, key))
        except Exception as trouble:  # a database that is full or locked now may not be so for ever
            log.error("nothing could be claimed: %s", type(trouble).__name__)
            asyncio.get_running_loop().call_later(A_LITTLE, self.wake)
        finally:
            self._taking = False

    def _resting(self) -> dict[Lane, set[int]]:
        """Chats of which a lane must wait, because something as urgent or more so is on its way."""
        busy = {*self._in_hand, *self._pauses}
        return {lane: {chat for chat, other in busy if other <= lane} for lane in Lane}

    async def _until_next(self) -> None:
        """Wait until woken, or until time alone makes something due."""
        now = self._clock()
        upcoming = outbox.next_after(self._store.read, now)
        seconds = None if upcoming is None else max((upcoming - stamp(now)) / 1000, 0.001)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _carry(self, hand: Hand, key: tuple[int, Lane]) -> None:
        """Bring one row to an outcome."""
        task = asyncio.current_task()
        assert task is not None
        try:
            ready = await self._ready(hand)
            if ready is not None:
                self._handed.add(task)
                await self._hand_over(hand, ready)
        finally:
            self._handed.discard(task)
            del self._in_hand[key]
            # Claiming is one commit: while many wait, half of the hands are filled at a time.
            if 2 * sum(lane is key[1] for _, lane in self._in_hand) <= CAPACITY:
                self.wake()

    async def _ready(self, hand: Hand) -> Ready | None:
        """The letter, when the limits give leave; None when the row came to another end."""
        kept = self._outcomes.kept
        try:
            self._letters.target(hand.row)
            await self._limits.turn(hand.chat_id, hand.lane)
            return self._letters.write(hand.row, hand.words, hand.facts, self._clock())
        except NotYet:
            soon = self._clock() + timedelta(seconds=A_LITTLE)
            await kept(lambda tx: outbox.again(tx, hand.id, soon, "the message to change is not sent yet"))
        except Pointless as why:
            reason, now = str(why), self._clock()
            await kept(lambda tx: outbox.ended(tx, hand.id, "cancelled", reason, now))
        except Exception as trouble:  # words that fail must block nobody else
            log.error("row %d has no words: %s", hand.id, type(trouble).__name__)
            await self._outcomes.refused(hand, Refused("words"), self._clock())
        return None

    async def _hand_over(self, hand: Hand, ready: Ready) -> None:
        now = self._clock()
        if not await self._outcomes.kept(lambda tx: _handing(tx, hand, ready, self._me, now)):
            return
        try:
            message_id = await self._channel.send(ready.letter)
        except Refused as refusal:
            await self._outcomes.refused(hand, refusal, self._clock())
        except ValueError:  # the channel's word for a letter that it would never try to send
            await self._outcomes.refused(hand, Refused("bad"), self._clock())
        except Later as later:
            await self._again(hand, later)
        except Unknown:
            await self._unknown(hand)
        except Exception as trouble:  # a fault of ours in the channel: it may have been sent
            log.error("row %d: the channel failed: %s", hand.id, type(trouble).__name__)
            await self._unknown(hand)
        else:
            await self._outcomes.sent(hand, message_id, self._clock())
            log.info("row %d sent", hand.id)

    async def _again(self, hand: Hand, later: Later) -> None:
        """Surely not sent: the row and what goes with it wait in their place, and their chat with them."""
        log.warning("row %d again later: %s", hand.id, "limited" if later.limited else "unreachable")
        # Stamps are whole milliseconds: one more, so that rounding never ends a hold early.
        until = self._clock() + timedelta(seconds=later.seconds, milliseconds=1)

        def work(tx: Writes) -> None:
            outbox.back(tx, hand.rows, "limited" if later.limited else "unreachable")
            if later.limited:
                outbox.hold(tx, hand.chat_id, until)

        if not later.limited:
            self._pause(hand, later.seconds)
        await self._outcomes.kept(work)

    async def _unknown(self, hand: Hand) -> None:
        if hand.row["form"] == "edit":
            self._pause(hand, 0.0)
        await self._outcomes.unknown(hand.row, self._clock())

    def _pause(self, hand: Hand, at_least: float) -> None:
        """Leave the chat's lane alone, longer after each attempt: 2, 4, 8 … seconds."""
        key = (hand.chat_id, hand.lane)
        growing = min(2.0 ** min(hand.row["attempts"], 10), LONGEST_PAUSE[hand.lane])
        self._pauses[key] = asyncio.get_running_loop().call_later(max(growing, at_least), self._go_on, key)

    def _go_on(self, key: tuple[int, Lane]) -> None:
        self._pauses.pop(key, None)
        self.wake()


def _handing(tx: Writes, hand: Hand, ready: Ready, me: str, now: datetime) -> bool:
    """Note that the row goes out this moment, with all that it carries; False when it must not."""
    if outbox.held(tx, hand.chat_id, now):
        outbox.back(tx, hand.rows, "limited")
        return False
    if not outbox.handing(tx, hand.id, me, ready.said, hand.facts):
        outbox.back(tx, hand.merged, "")
        return False
    for row_id in hand.merged:
        outbox.ended(tx, row_id, "merged", f"went out with row {hand.id}", now)
    if ready.keep is not None:
        ready.keep(tx)
    return True
