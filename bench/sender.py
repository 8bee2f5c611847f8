"""The product's sender on a database and a line of its own, and the stock one beside it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from telegram import Bot

from bench.crowd import FIRST_CHAT, enrol_many, ticking
from bench.line import Line
from bot.telegram import Telegram
from care.library import Library
from care.model import Lane, Say
from scheduler.delivery import Delivery
from scheduler.keeper import Keeper
from scheduler.limits import Limits
from store import outbox
from store.sqlite import Sqlite

OURS, STOCK = "1:ours", "2:stock"
AT_ONCE = 30
"""Requests that the stock bot has under way."""
URGENT_CHAT = 77
NO_FACTS = "call.thanks"
"""Words that need no facts."""


class Sender:
    """Delivery with everything that it has in the product; open it with :func:`sender`."""

    def __init__(self, folder: Path, library: Library, line: Line, pace: float) -> None:
        time = asyncio.get_running_loop().time
        self.library, self.clock = library, ticking()
        self.store = Sqlite(folder / "sender.sqlite3")
        self.telegram = Telegram(OURS, api_root=line.url)
        keeper = Keeper(self.store, library, 0, self.clock, self.wake)
        self.delivery = Delivery(
            self.store,
            library,
            self.telegram,
            clock=self.clock,
            limits=Limits(lambda: time() * pace, pace),
            me="bench",
            username="BenchBot",
            token_bytes=secrets.token_bytes,
            my_data=lambda patient: b"",
            on_sent=keeper.sent,
            tasks=keeper,
        )
        self._chat = FIRST_CHAT

    def wake(self) -> None:
        """Tell delivery that there is something to send."""
        self.delivery.wake()

    async def due(self, count: int) -> None:
        """One planned message is due for each of so many new patients; delivery is not told."""
        chats = range(self._chat, self._chat + count)
        self._chat += count
        await enrol_many(self.store, self.library, chats, self.clock())

    async def urgent(self) -> None:
        """Something that goes before all the rest; delivery is told."""
        say = Say(NO_FACTS, lane=Lane.EMERGENCY)
        await self.store.write(
            lambda tx: outbox.put(
                tx, say, chat_id=URGENT_CHAT, lang=self.library.clinic.language, due=self.clock()
            )
        )
        self.wake()

    async def rest(self) -> None:
        """Return when everything is sent and marked."""
        while True:
            if self.delivery.idle():
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def sender(folder: Path, library: Library, line: Line, pace: float) -> AsyncIterator[Sender]:
    """A sender that runs; ``pace``: seconds of the limits that pass in one, 1 as in the product."""
    one = Sender(folder, library, line, pace)
    await one.telegram.start()
    running = asyncio.create_task(one.delivery.run())
    try:
        yield one
    finally:
        await one.delivery.stop()
        await running
        await one.telegram.stop()
        await one.store.close()


def stock(line: Line) -> Bot:
    """The library's own bot with the library's own transport."""
    return Bot(STOCK, base_url=f"{line.url}/bot")


async def side_by_side(send: Callable[[int], Awaitable[object]], count: int) -> None:
    """Send to so many chats, thirty at once."""
    chats = iter(range(FIRST_CHAT, FIRST_CHAT + count))

    async def worker() -> None:
        for chat in chats:
            await send(chat)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
