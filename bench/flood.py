"""Many chats write at once, and each reply takes 50 ms at Telegram: how many are answered a second."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bench.line import Line, stub
from bench.listeners import DATE, OURS, STOCK, WIDE, house, lines, rest, stock
from bench.rounds import ROUNDS, Figures, Turn, interleave, table
from bot.telegram import quiet_libraries

SECONDS = 0.05
MOST = {OURS: 300, STOCK: 20, WIDE: 200}
"""Chats that write at once, so few that the slow ones end in time."""
WIDTH = 64
"""Updates that the wide stock library handles side by side."""


def turn(line: Line, token: str) -> Turn:
    """Everybody writes at once; chats answered a second until the last one, and processor time for one."""
    count = MOST[token]
    turns = iter(range(ROUNDS + 1))

    async def once() -> Figures:
        wish = lines(next(turns) * count, count)
        await line.log(token)
        busy = time.process_time()
        await line.play(token, wish, 0, DATE)
        log = await line.until(token, chats=dict(wish))
        cpu = (time.process_time() - busy) / count * 1000
        first = log.first()
        took = max(first[chat] for chat, _ in wish) - min(log.pushed.values())
        return {"rate": count / took, "cpu": cpu}

    return once


async def main() -> None:
    quiet_libraries()
    patients = MOST[OURS] * (ROUNDS + 1)
    async with stub() as line:
        with tempfile.TemporaryDirectory() as folder:
            async with (
                house(Path(folder), line, patients) as one,
                stock(STOCK, line, 1),
                stock(WIDE, line, WIDTH),
            ):
                for token in MOST:
                    await line.slow(token, SECONDS)
                found = await interleave({token: turn(line, token) for token in MOST})
                await rest(one)
    names = {
        OURS: "ours: kept, understood, decided, stored",
        STOCK: "stock library",
        WIDE: f"stock library, {WIDTH} at once",
    }
    rows = [
        [
            name,
            str(MOST[token]),
            found.cell(token, "rate", 0),
            found.times(token, STOCK, "rate"),
            found.times(token, WIDE, "rate"),
            found.cell(token, "cpu"),
        ]
        for token, name in names.items()
    ]
    head = ["who", "chats at once", "answered a second", "× stock", "× stock, 64 at once", "CPU ms"]
    table("A flood, replies that take 50 ms", head, rows)


if __name__ == "__main__":
    asyncio.run(main())
