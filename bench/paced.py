"""The real limits: 300 messages to as many chats, and an emergency that comes in the middle of them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from telegram import Bot

from bench.crowd import FIRST_CHAT
from bench.line import Line, stub
from bench.rounds import Figures, Turn, interleave, table
from bench.sender import OURS, STOCK, URGENT_CHAT, Sender, sender, stock
from bot.telegram import quiet_libraries
from commands.parts import open_library
from scheduler.limits import BOT_MOST
from settings import Settings

MOST = 300
SECONDS = 0.05
"""Telegram's answer takes about so long."""
WORDS = "What the stock bot says. " * 20
MIDDLE = MOST / BOT_MOST / 2
FEW = 40
"""Messages in a turn of the peer, whose work alone is of interest."""


def busiest(times: Sequence[float]) -> int:
    """The most messages in any one second."""
    first, most = 0, 0
    for last, when in enumerate(times):
        while times[first] <= when - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


async def wait_of_urgent(one: Sender) -> float:
    """Put an emergency in; the second in which that was done."""
    began = time.monotonic()
    await one.urgent()
    return began


def idle(one: Sender, line: Line) -> Turn:
    """The floor: an emergency when nothing else is to be sent."""

    async def turn() -> Figures:
        await line.log(OURS)
        began = await wait_of_urgent(one)
        log = await line.until(OURS, said=1)
        await one.rest()
        return {"wait": (log.said[0][0] - began) * 1000}

    return turn


def burst(one: Sender, line: Line, every: list[float]) -> Turn:
    """Three hundred due at once; ``every`` notes the second of each message."""

    async def turn() -> Figures:
        await one.due(MOST)
        await line.log(OURS)
        busy, start = time.process_time(), time.monotonic()
        one.wake()
        await asyncio.sleep(MIDDLE)
        began = await wait_of_urgent(one)
        await asyncio.sleep(start + MOST / BOT_MOST - 0.5 - time.monotonic())
        log = await line.until(OURS, said=MOST + 1)
        await one.rest()
        cpu = (time.process_time() - busy) / MOST * 1000
        times = [when for when, _ in log.said]
        every.extend(times)
        wait = (log.first()[URGENT_CHAT] - began) * 1000
        return {"rate": rate(times), "most": busiest(times), "wait": wait, "cpu": cpu}

    return turn


def rate(times: Sequence[float]) -> float:
    """Messages a second from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def peer(bot: Bot) -> Turn:
    """The stock bot at the same rate, without a database."""

    async def turn() -> Figures:
        busy, start = time.process_time(), time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(FEW):
                await asyncio.sleep(start + number / BOT_MOST - time.monotonic())
                group.create_task(bot.send_message(FIRST_CHAT + number, WORDS))
        return {"cpu": (time.process_time() - busy) / FEW * 1000}

    return turn


async def main() -> None:
    quiet_libraries()
    every: list[float] = []
    async with stub() as line:
        for token in (OURS, STOCK):
            await line.slow(token, SECONDS)
        with tempfile.TemporaryDirectory() as folder:
            async with sender(Path(folder), open_library(Settings()), line, 1.0) as one, stock(line) as bot:
                turns = {"idle": idle(one, line), "burst": burst(one, line, every), "stock": peer(bot)}
                found = await interleave(turns, warm=False)
    share = min(found.each("burst", "rate")) / BOT_MOST
    whole = busiest(sorted(every))
    rows = [
        [
            "messages a second",
            found.cell("burst", "rate"),
            f"{share:.1%} of the {BOT_MOST} allowed, at least",
        ],
        ["most in any one second of a round", found.cell("burst", "most", 0), f"{BOT_MOST} allowed"],
        ["the same, rounds together", str(whole), f"{BOT_MOST} allowed"],
        ["CPU ms per message, with all that is kept", found.cell("burst", "cpu"), "1"],
        ["the stock bot at the same rate", found.cell("stock", "cpu"), found.times("stock", "burst", "cpu")],
        ["an emergency in the middle: ms to the wire", found.cell("burst", "wait", 1), "1"],
        ["with nothing else to send", found.cell("idle", "wait", 1), found.times("idle", "burst", "wait", 2)],
    ]
    table(f"{MOST} messages at the real limits, answers after 50 ms", ["what", "figure", "against"], rows)


if __name__ == "__main__":
    asyncio.run(main())
