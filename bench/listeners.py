"""Three who answer what is written to them: the whole product, the stock library, the least possible."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from aftercare import House
from bench.crowd import FIRST_CHAT, enrol_many, ticking
from bench.line import Line, Log
from bench.rounds import percentile
from commands.parts import open_library, open_reader
from settings import Settings, read_settings

OURS, STOCK, WIDE, FLOOR = "1:ours", "2:stock", "3:wide", "4:floor"
GROUP = -1_001_000_000_007
PACE = 10_000.0
"""The limits of sending give leave at once: what is measured is the way of a message."""
SAID = (
    "can I wear makeup tomorrow?",
    "thank you so much",
    "is it ok that my face is still red and a bit tight",
    "when can i go back to the gym",
    "my cheek is hot, swollen and there is yellow pus coming out",
    "what does this cost",
)
"""What is written: answers, thanks, something expected, something urgent, something nobody can answer."""
DATE = 1_772_463_600
"""The second in which all of it was written."""


def lines(first: int, count: int) -> list[tuple[int, str]]:
    """So many chats, each with something to say."""
    return [(FIRST_CHAT + first + number, SAID[number % len(SAID)]) for number in range(count)]


@asynccontextmanager
async def house(folder: Path, line: Line, patients: int) -> AsyncIterator[House]:
    """The product as ``aftercare run`` starts it, with so many patients in care."""
    settings = read_settings(
        telegram_bot_token=OURS,
        telegram_api_root=line.url,
        staff_chat_id=GROUP,
        database_url=f"sqlite:///{folder / 'house.sqlite3'}",
    )
    library = open_library(Settings())
    one = House(settings, ticking(), library, open_reader(library), pace=PACE)
    chats = range(FIRST_CHAT, FIRST_CHAT + patients)
    await enrol_many(one.store, library, chats, one.clock())
    await one.start()
    try:
        await line.until(OURS, chats=chats)
        yield one
    finally:
        await one.stop()


async def rest(one: House) -> None:
    """Return when all that was heard is handled, and all that is due is out."""
    while True:
        if one.idle:
            return
        await asyncio.sleep(0.01)


async def _reply(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    if update.message is not None:
        await update.message.reply_text("Thank you. " * 20)


@asynccontextmanager
async def stock(token: str, line: Line, at_once: int) -> AsyncIterator[None]:
    """The stock library, polling; it handles so many updates at once, and keeps nothing."""
    builder = Application.builder().token(token).base_url(f"{line.url}/bot").job_queue(None)
    app: Application[Any, Any, Any, Any, Any, Any] = builder.concurrent_updates(at_once).build()
    app.add_handler(MessageHandler(filters.TEXT, _reply))
    assert app.updater is not None
    async with app:
        await app.start()
        await app.updater.start_polling()
        try:
            yield
        finally:
            await app.updater.stop()
            await app.stop()


@asynccontextmanager
async def floor(line: Line) -> AsyncIterator[None]:
    """A bare long poll, and a bare answer to each update."""
    task = asyncio.create_task(_poll(line))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _poll(line: Line) -> None:
    offset = 0
    answers: set[asyncio.Task[Any]] = set()
    while True:
        for update in await line.call(FLOOR, "getUpdates", offset=offset, timeout=25):
            offset = update["update_id"] + 1
            chat = update["message"]["chat"]["id"]
            answer = asyncio.create_task(
                line.call(FLOOR, "sendMessage", chat_id=chat, text="Thank you. " * 20)
            )
            answers.add(answer)
            answer.add_done_callback(answers.discard)


def waits(log: Log) -> list[float]:
    """Milliseconds from each update to the first answer to its chat."""
    first = log.first()
    return [(first[chat] - when) * 1000 for chat, when in log.pushed.items()]


def confirms(log: Log) -> list[float]:
    """Milliseconds from each update until it was committed and confirmed; later ones are left out."""
    return [(when - log.pushed[chat]) * 1000 for chat, when in log.confirmed.items() if chat in log.pushed]


def percentiles(samples: list[float]) -> str:
    """The 50th and the 99th in a hundred."""
    return f"{percentile(samples, 0.5):,.1f} / {percentile(samples, 0.99):,.1f}"
