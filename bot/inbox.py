"""Updates are kept first and confirmed after; each is handled once; one bad update blocks nobody.

Order holds within a chat, and chats don't wait for each other.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from bot.hear import Unparseable, hear
from care.channel import Incoming, Later
from store import inbox
from store.seam import Row, Store

log = logging.getLogger("aftercare.inbox")
AT_ONCE = 64
"""Chats that are served side by side."""
ATTEMPTS = 3
"""An update that was begun so often and never finished may have killed us: it is no longer read, only kept for
a person. When that does not help either, it is set aside."""
WRITE_AGAIN = 2.0
"""Seconds until we try again after the database took nothing."""
POLL_SECONDS = 25


class Handler(Protocol):
    """What is done with an update."""

    async def handle(self, heard: Incoming) -> None:
        """Act, and mark the update as handled in the same transaction."""
        ...

    async def rescue(self, heard: Incoming) -> None:
        """The last resort after :meth:`handle` failed: keep the words for a person."""
        ...


class Inbox:
    """From a raw update to a handled one."""

    def __init__(self, store: Store, handler: Handler, clock: Callable[[], datetime], *, username: str) -> None:
        self._store, self._handler, self._clock, self._username = store, handler, clock, username
        self._news = asyncio.Event()
        self._chats: dict[int, deque[Row]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._queued: set[int] = set()
        self._stopping = False

    async def keep(self, updates: Sequence[dict[str, Any]]) -> None:
        """Commit raw updates; when this returns they may be confirmed."""
        now = self._clock()
        await self._store.write(lambda tx: inbox.keep(tx, updates, now))
        self._news.set()

    async def run(self) -> None:
        """Handle what is kept, for ever."""
        await self._resume()
        while True:
            await self._news.wait()
            self._news.clear()
            for row in inbox.waiting(self._store.read):
                if row["update_id"] not in self._queued:
                    self._queue(row)

    async def stop(self) -> None:
        """Let what is being handled come to its end; what can't be written now waits for the next start."""
        self._stopping = True
        while self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def idle(self) -> bool:
        """True when nothing that is kept waits to be handled."""
        return not self._tasks and not inbox.waiting(self._store.read)

    async def _resume(self) -> None:
        """What an earlier run left unhandled."""
        for row in inbox.waiting(self._store.read):
            if row["attempts"] > ATTEMPTS:
                log.error("update %s was begun again and again, never finished: set aside", row["update_id"])
                await self._aside(row["update_id"], "never finished")
                continue
            await self._store.write(partial(inbox.tried, update_id=row["update_id"]))
            self._queue(row)

    def _queue(self, row: Row) -> None:
        self._queued.add(row["update_id"])
        chat = _chat(json.loads(row["raw"]))
        if chat in self._chats:
            self._chats[chat].append(row)
            return
        self._chats[chat] = deque([row])
        task = asyncio.create_task(self._serve(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, chat: int) -> None:
        line = self._chats[chat]
        while line:
            async with self._slots:
                done = await self._done(line[0])
            if done:
                self._queued.discard(line.popleft()["update_id"])
            elif self._stopping:
                return  # it is kept: the next start goes on with it
            else:
                await asyncio.sleep(WRITE_AGAIN)
        del self._chats[chat]

    async def _done(self, row: Row) -> bool:
        """Handled, kept for a person, or set aside; False when not even that could be written."""
        update_id = row["update_id"]
        try:
            heard = hear(json.loads(row["raw"]), bot_username=self._username, heard_at=self._clock())
        except Unparseable:
            log.error("update %s can't be read: set aside", update_id)
            return await self._tried(update_id, partial(self._aside, update_id, "unparseable"))
        usual = (self._handler.handle,) * 2 if row["attempts"] < ATTEMPTS else ()
        for step in (*usual, self._handler.rescue):
            if await self._tried(update_id, partial(step, heard)):
                return True
        return await self._tried(update_id, partial(self._aside, update_id, "failed"))

    async def _tried(self, update_id: int, step: Callable[[], Awaitable[None]]) -> bool:
        try:
            await step()
        except Exception as error:  # the type alone: an error's text may hold a patient's words
            log.error("update %s: %s in %s", update_id, type(error).__name__, _where(error))
            return False
        return True

    async def _aside(self, update_id: int, trouble: str) -> None:
        now = self._clock()
        await self._store.write(lambda tx: inbox.set_aside(tx, update_id, trouble, now))


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "?"


def _chat(raw: dict[str, Any]) -> int:
    """The chat of a raw update, whatever its form; 0 when it has none."""
    for body in raw.values():
        if isinstance(body, dict):
            holder = body.get("message") if isinstance(body.get("message"), dict) else body
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return 0


class Updates(Protocol):
    """Where a poller gets raw updates."""

    async def updates(self, offset: int, seconds: int) -> list[dict[str, Any]]: ...


class Poller:
    """Long polling: the offset moves only past what is committed."""

    def __init__(self, telegram: Updates, keep: Callable[[Sequence[dict[str, Any]]], Awaitable[None]]) -> None:
        self._telegram, self._keep = telegram, keep
        self.offset = 0
        """0 at the start: the server then repeats what was never confirmed, and known ids count once."""

    async def run(self) -> None:
        """Poll for ever; line trouble waits and goes on."""
        pause = 0.5
        while True:
            try:
                await self.once()
                pause = 0.5
            except Later as trouble:
                await asyncio.sleep(max(pause, trouble.seconds))
                pause = min(pause * 2, 30)

    async def once(self) -> int:
        """One poll; how many updates it brought."""
        updates = await self._telegram.updates(self.offset, POLL_SECONDS)
        if updates:
            try:
                await self._keep(updates)
            except Exception as trouble:  # unconfirmed, so Telegram has them still: they are asked for again
                log.error("updates could not be kept: %s", type(trouble).__name__)
                raise Later(WRITE_AGAIN) from None
        # After silence everything is confirmed. Ids restart at random after a week without updates: an
        # offset kept from before would then confirm new messages unread.
        self.offset = max((int(update["update_id"]) for update in updates), default=-1) + 1
        return len(updates)
