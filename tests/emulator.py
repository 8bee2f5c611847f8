"""A Bot API server that somebody else wrote (lo-bot-api-emulator), and one patient who talks through it.

It keeps no words of its own and refuses what it does not know, so it sees the bot's calls with other eyes
than our own stand-in.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from demo.params import Params
from tests.town import TOKEN

NEWER = frozenset({"protect_content", "link_preview_options"})
"""Documented parameters that came later than the emulator's contract and that it refuses: taken out on the way
in, as the middleware does that it recommends."""
PATIENT = {"id": 701, "is_bot": False, "first_name": "Maya", "language_code": "en"}
CHAT = {"id": 701, "type": "private", "first_name": "Maya"}
PATIENCE = 10.0


class Emulator(LoBotApiEmulator):
    """The emulator, with a memory for what it was asked."""

    def __init__(self) -> None:
        super().__init__(allow_insecure_loopback_webhooks=True)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.url = ""
        self._sent = 0

    async def read_request(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields and files of a call."""
        fields, uploads = await super().read_request(request)
        self.calls.append((request.match_info["method"], Params(fields, {}).record()))
        return {name: value for name, value in fields.items() if name not in NEWER}, uploads

    def refusals(self) -> list[dict[str, Any]]:
        """Calls that it did not take; a poll that a webhook ended is none."""
        return [it for it in self.requests if it["status"] != 200 and it["method"] != "getUpdates"]

    def texts(self) -> list[str]:
        """What was written to the patient, oldest first."""
        return [call["text"] for method, call in self.calls if "text" in call and call.get("chat_id") == 701]

    def shows(self, label: str) -> bool:
        """Whether some button had this label."""
        return any(label in str(call.get("reply_markup")) for _, call in self.calls)

    async def says(self, text: str) -> None:
        """The patient writes."""
        self._sent += 1
        entities = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        message = {"message_id": 5000 + self._sent, "date": _unix(), "chat": CHAT, "from": PATIENT, "text": text}
        if text.startswith("/"):
            message["entities"] = entities
        await self.enqueue_update({"message": message}, token=TOKEN)

    async def presses(self, label: str) -> None:
        """The patient presses the newest button with this label."""
        for _, call in reversed(self.calls):
            rows = (call.get("reply_markup") or {}).get("inline_keyboard", [])
            data = [button["callback_data"] for row in rows for button in row if button["text"] == label]
            if data:
                break
        else:
            raise LookupError(f"no button {label!r}; last was written: {self.texts()[-3:]}")
        shown = {"message_id": 4000, "date": _unix(), "chat": CHAT, "text": "…"}
        press = {"id": f"press{self._sent}", "from": PATIENT, "message": shown, "chat_instance": "1", "data": data[0]}
        self._sent += 1
        await self.enqueue_update({"callback_query": press}, token=TOKEN)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - nothing tells when another program has got somewhere
                await asyncio.sleep(0.02)


def _unix() -> int:
    return int(datetime.now(UTC).timestamp())


@asynccontextmanager
async def emulated() -> AsyncIterator[Emulator]:
    """An emulator that is served on this machine."""
    emulator = Emulator()
    runner = web.AppRunner(emulator.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    emulator.url = f"http://127.0.0.1:{port}"
    try:
        yield emulator
    finally:
        await runner.cleanup()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
