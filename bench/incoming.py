"""Thirty messages a second: from the update to its commit, and to the reply on the wire."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.line import Line, stub
from bench.listeners import (
    DATE,
    FLOOR,
    OURS,
    STOCK,
    confirms,
    floor,
    house,
    lines,
    percentiles,
    rest,
    stock,
    waits,
)
from bench.rounds import Figures, Turn, interleave, percentile, table
from bot.telegram import quiet_libraries

A_SECOND = 30
MOST = 75
"""Messages in one turn."""
PATIENTS = 6 * MOST


def turn(line: Line, token: str, kept: list[float], committed: list[float]) -> Turn:
    """Everybody writes once, and is answered; the first turn's times are not kept."""
    turns = iter(range(PATIENTS))

    async def once() -> Figures:
        number = next(turns)
        await line.log(token)
        busy = time.process_time()
        said = lines(number * MOST, MOST)
        await line.play(token, said, A_SECOND, DATE)
        await asyncio.sleep(MOST / A_SECOND)
        log = await line.until(token, chats=dict(said))
        cpu = (time.process_time() - busy) / MOST * 1000
        found = waits(log)
        if number:
            kept.extend(found)
            committed.extend(confirms(log))
        return {"p50": percentile(found, 0.5), "cpu": cpu}

    return once


async def main() -> None:
    quiet_libraries()
    kept: dict[str, list[float]] = {token: [] for token in (OURS, STOCK, FLOOR)}
    committed: dict[str, list[float]] = {token: [] for token in kept}
    async with stub() as line:
        for token in kept:
            await line.slow(token, 0.001)
        with tempfile.TemporaryDirectory() as folder:
            async with house(Path(folder), line, PATIENTS) as one, stock(STOCK, line, 1), floor(line):
                found = await interleave(
                    {token: turn(line, token, kept[token], committed[token]) for token in kept}
                )
                await rest(one)
    names = {
        OURS: "ours: kept, understood, decided, stored",
        STOCK: "stock library, polling",
        FLOOR: "bare long poll",
    }
    rows = [
        [
            name,
            percentiles(kept[token]),
            f"{median(committed[token]):.1f}",
            found.times(token, FLOOR, "p50"),
            found.times(token, STOCK, "p50", 2),
            f"{percentile(kept[token], 0.99) / percentile(kept[STOCK], 0.99):.2f}×",
            found.cell(token, "cpu"),
        ]
        for token, name in names.items()
    ]
    head = ["who", "p50 / p99 ms", "confirmed, ms", "p50 × floor", "p50 × stock", "p99 × stock", "CPU ms"]
    table(f"{A_SECOND} messages a second, from the update to the reply", head, rows)


if __name__ == "__main__":
    asyncio.run(main())
