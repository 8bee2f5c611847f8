"""What follows when a letter was sent, was refused, or may or may not have arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from care.channel import Refused
from care.model import Lane
from scheduler.hands import Hand
from store import audit, outbox, people
from store.seam import Row, Store, Writes, moment

log = logging.getLogger("aftercare.delivery")
T = TypeVar("T")
OnSent = Callable[[Writes, Row, datetime], None]
UNREACHABLE = ("blocked", "deactivated", "gone")
WRITE_AGAIN = 5.0
"""Seconds until a write that failed (a full disk, say) is tried again."""


class Tasks(Protocol):
    """Tells staff. Each may be called twice for the same trouble, when we die in between."""

    async def unreachable(self, patient_id: int, reason: str) -> None: ...

    async def unknown(self, row: Row) -> None: ...

    async def refused(self, row: Row, reason: str) -> None: ...


class Outcomes:
    """Keeps what became of a row."""

    def __init__(self, store: Store, on_sent: OnSent, tasks: Tasks) -> None:
        self._store, self._on_sent, self._tasks = store, on_sent, tasks

    async def kept(self, work: Callable[[Writes], T]) -> T:
        """Run ``work`` in a transaction, again and again until it is written."""
        while True:
            try:
                return await self._store.write(work)
            except Exception as trouble:  # whatever it was, giving up would lose or double a message
                log.error("not written, tried again: %s", type(trouble).__name__)
                await asyncio.sleep(WRITE_AGAIN)

    async def sent(self, hand: Hand, message_id: int, now: datetime) -> None:
        """It went out. What begins with a planned message begins in the same transaction."""

        def mark(tx: Writes) -> None:
            outbox.sent(tx, hand.id, message_id, now)

        def both(tx: Writes) -> None:
            mark(tx)
            self._on_sent(tx, hand.row, now)

        if hand.row["planned"] is not None:
            try:
                await self._store.write(both)
            except Exception as trouble:  # a fault in what follows must not make us send twice
                log.error("row %d was sent, what follows failed: %s", hand.id, type(trouble).__name__)
            else:
                return
        await self.kept(mark)

    async def refused(self, hand: Hand, refusal: Refused, now: datetime) -> None:
        """It will never be taken as it is: sent elsewhere, sent anew, or a task for staff."""
        row = hand.row
        if refusal.moved_to and row["reason"] != "moved":
            await self.kept(lambda tx: _moved(tx, row, refusal.moved_to))
            return
        if row["form"] == "edit" and refusal.reason in ("gone", "bad"):
            await self.kept(lambda tx: outbox.anew(tx, hand.id))
            return
        log.warning("row %d refused: %s", hand.id, refusal.reason)
        lost = row["patient_id"] if refusal.reason in UNREACHABLE else None
        if lost is not None:
            await self._told(self._tasks.unreachable(lost, refusal.reason))
        elif row["patient_id"] is not None:
            await self._told(self._tasks.unknown(row))
        await self._told(self._tasks.refused(row, refusal.reason))

        def work(tx: Writes) -> None:
            outbox.ended(tx, hand.id, "refused", refusal.reason, now)
            if lost is not None:
                people.change(tx, lost, unreachable=refusal.reason)
            if refusal.reason == "words":
                outbox.back(tx, hand.merged, "")

        await self.kept(work)

    async def unknown(self, row: Row, now: datetime) -> None:
        """Nobody knows whether it arrived. Answers are said once more, and say so; an edit is done
        again; a care message is not repeated, and staff are told."""
        log.warning("row %d: nobody knows whether it arrived", row["id"])
        if row["form"] == "edit":
            await self.kept(lambda tx: outbox.back(tx, (row["id"],), "unknown"))
            return
        repeated = row["lane"] < Lane.CARE and row["repeat_of"] is None
        if not repeated and row["patient_id"] is not None:
            await self._told(self._tasks.unknown(row))

        def work(tx: Writes) -> None:
            outbox.ended(tx, row["id"], "unknown", "the line broke", now)
            if repeated:
                outbox.repeat(tx, row, now)

        await self.kept(work)

    async def _told(self, telling: Awaitable[None]) -> None:
        """Staff are told before the row's end is kept: dying in between repeats a task, not loses it."""
        try:
            await telling
        except Exception as trouble:  # the row must come to its end all the same
            log.error("a task for staff could not be made: %s", type(trouble).__name__)


def _moved(tx: Writes, row: Row, new: int) -> None:
    """The staff group has a new id: everything that waits for it goes there, this row first."""
    audit.remember(tx, "staff_chat", str(new))
    outbox.move_chat(tx, row["chat_id"], new)
    outbox.again(tx, row["id"], moment(row["due_at"]), "moved")
