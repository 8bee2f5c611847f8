"""The least that can stand in for Telegram: answers after a given time, and notes when what came.

It runs as a process of its own. Every token is a bot of its own. Besides the Bot API it answers
``/control/<token>/<verb>``; times are those of the machine's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MOST = 100
"""Updates in one answer."""


@dataclass(slots=True)
class Bot:
    """One token's chats."""

    seconds: float = 0.0
    """How long an answer takes."""
    updates: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0
    said: list[tuple[float, int]] = field(default_factory=list)
    """When the bot wrote to which chat."""
    pushed: dict[int, float] = field(default_factory=dict)
    """When this chat's update could be fetched …"""
    confirmed: dict[int, float] = field(default_factory=dict)
    """… and when the bot confirmed it."""

    def push(self, chat: int, text: str, date: int) -> None:
        """Somebody writes to the bot."""
        self.number += 1
        person = {"id": chat, "is_bot": False, "first_name": "Ada", "language_code": "en"}
        home = {"id": chat, "type": "private", "first_name": "Ada"}
        message = {"message_id": self.number, "date": date, "chat": home, "from": person, "text": text}
        self.updates.append({"update_id": self.number, "message": message})
        self.pushed[chat] = time.monotonic()
        self.news.set()

    def confirm(self, offset: int) -> None:
        """Forget what lies below the offset."""
        for update in self.updates:
            if update["update_id"] < offset:
                self.confirmed[update["message"]["chat"]["id"]] = time.monotonic()
        self.updates = [update for update in self.updates if update["update_id"] >= offset]


class Stub:
    """All bots."""

    def __init__(self) -> None:
        self._bots: dict[str, Bot] = defaultdict(Bot)
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = web.Application(client_max_size=2**22)
        self.app.router.add_post("/bot{token}/{method}", self._call)
        self.app.router.add_post("/control/{token}/{verb}", self._control)

    async def _call(self, request: web.Request) -> web.Response:
        bot, method = self._bots[request.match_info["token"]], request.match_info["method"]
        fields = await request.json() if request.content_type == "application/json" else await request.post()
        if method == "getUpdates":
            await self._wait(bot, int(str(fields.get("offset", 0))), float(str(fields.get("timeout", 0))))
            return _answer(bot.updates[:MOST])
        if method == "getMe":
            me = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "BenchBot"}
            return _answer({**me, "can_join_groups": True, "can_read_all_group_messages": False})
        if method != "sendMessage":
            return _answer(True)
        chat = int(str(fields["chat_id"]))
        bot.said.append((time.monotonic(), chat))
        bot.number += 1
        number = bot.number
        await asyncio.sleep(bot.seconds)
        home = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        return _answer({"message_id": number, "date": 1, "chat": home, "text": str(fields["text"])})

    async def _wait(self, bot: Bot, offset: int, seconds: float) -> None:
        bot.confirm(offset)
        if bot.updates:
            return
        bot.news.clear()
        try:
            async with asyncio.timeout(seconds):
                await bot.news.wait()
        except TimeoutError:
            return

    async def _control(self, request: web.Request) -> web.Response:
        bot, wish = self._bots[request.match_info["token"]], await request.json()
        verb = request.match_info["verb"]
        if verb == "slow":
            bot.seconds = wish["seconds"]
        elif verb == "play":
            task = asyncio.create_task(_play(bot, wish))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            return _answer(_log(bot))
        return _answer(True)


async def _play(bot: Bot, wish: dict[str, Any]) -> None:
    """Each chat writes its text, so many a second; 0: all at once."""
    began, pace = time.monotonic(), wish["per_second"]
    for number, (chat, text) in enumerate(wish["lines"]):
        if pace:
            await asyncio.sleep(began + number / pace - time.monotonic())
        bot.push(chat, text, wish["date"])


def _log(bot: Bot) -> dict[str, Any]:
    """What came since the log was last taken."""
    log = {"said": bot.said, "pushed": list(bot.pushed.items()), "confirmed": list(bot.confirmed.items())}
    bot.said, bot.pushed, bot.confirmed = [], {}, {}
    return log


def _answer(result: object) -> web.Response:
    return web.Response(body=json.dumps({"ok": True, "result": result}), content_type="application/json")


async def main() -> None:
    runner = web.AppRunner(Stub().app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
