"""Messages a second and work per message, without limits, to a server that answers after 1 ms."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from bench.line import Line, stub
from bench.rounds import Figures, Turn, interleave, table
from bench.sender import OURS, STOCK, Sender, sender, side_by_side, stock
from bot.telegram import quiet_libraries
from care.channel import Letter
from commands.parts import open_library
from settings import Settings

PACE = 10_000.0
"""The limits give leave at once."""
MOST, FEW = 300, 120
"""Messages in one turn; of the slow one fewer."""
ALONE, BARE = "3:alone", "4:bare"
SECONDS = 0.001


async def spent(line: Line, token: str, count: int, work: Callable[[], Awaitable[object]]) -> Figures:
    """Messages a second until the last one came, and milliseconds of processor time for one."""
    await line.log(token)
    began, busy = time.monotonic(), time.process_time()
    await work()
    log = await line.until(token, said=count)
    last = max(when for when, _ in log.said)
    return {"rate": count / (last - began), "cpu": (time.process_time() - busy) / count * 1000}


def ours(one: Sender, line: Line) -> Turn:
    """Claimed, settled, worded, handed over and marked, each as in the product."""

    async def work() -> None:
        one.wake()
        await one.rest()

    async def turn() -> Figures:
        await one.due(MOST)
        return await spent(line, OURS, MOST, work)

    return turn


def bare(line: Line, token: str, send: Callable[[int], Awaitable[object]], count: int) -> Turn:
    """A client without a database."""
    return partial(spent, line, token, count, partial(side_by_side, send, count))


async def main() -> None:
    quiet_libraries()
    library = open_library(Settings())
    facts = {"first_name": "Ada", "day": 0, "procedure": next(iter(library.procedures))}
    words = library.say("day0", library.clinic.language, facts).html
    async with stub() as line:
        with tempfile.TemporaryDirectory() as folder:
            async with sender(Path(folder), library, line, PACE) as one, stock(line) as peer:
                for token in (OURS, STOCK, ALONE, BARE):
                    await line.slow(token, SECONDS)
                alone = type(one.telegram)(ALONE, api_root=line.url)
                await alone.start()
                found = await interleave(
                    {
                        "ours": ours(one, line),
                        "our Telegram, without database": bare(
                            line, ALONE, lambda chat: alone.send(Letter(chat, words)), MOST
                        ),
                        "stock Bot.send_message": bare(
                            line, STOCK, lambda chat: peer.send_message(chat, words, parse_mode="HTML"), FEW
                        ),
                        "floor: bare aiohttp": bare(
                            line,
                            BARE,
                            lambda chat: line.call(BARE, "sendMessage", chat_id=chat, text=words),
                            MOST,
                        ),
                    }
                )
                await alone.stop()
    names = ("ours", "our Telegram, without database", "stock Bot.send_message", "floor: bare aiohttp")
    rows = [
        [
            name,
            found.cell(name, "rate", 0),
            found.times(name, names[2], "rate"),
            found.cell(name, "cpu"),
            found.times(name, names[3], "cpu"),
        ]
        for name in names
    ]
    table(
        "Sending without limits, answers after 1 ms",
        ["who", "a second", "× stock", "CPU ms", "× floor"],
        rows,
    )


if __name__ == "__main__":
    asyncio.run(main())
