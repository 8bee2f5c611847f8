"""The stub as a process beside us, and the least that can talk to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, TCPConnector

SECONDS = 60.0
"""Longer than anything here may take."""


@dataclass(slots=True)
class Log:
    """What one bot did at the stub."""

    said: list[tuple[float, int]] = field(default_factory=list)
    """(second, chat) of every message, in order."""
    pushed: dict[int, float] = field(default_factory=dict)
    confirmed: dict[int, float] = field(default_factory=dict)

    def first(self) -> dict[int, float]:
        """Chat → second of its first message."""
        return {chat: when for when, chat in reversed(self.said)}


class Line:
    """The stub's address, and an HTTP client with nothing around it."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self.url, self._session = url, session

    async def call(self, token: str, method: str, **fields: object) -> Any:
        """One call of the Bot API."""
        return await self._post(f"{self.url}/bot{token}/{method}", fields)

    async def slow(self, token: str, seconds: float) -> None:
        """Let every message of this bot take so long."""
        await self._post(f"{self.url}/control/{token}/slow", {"seconds": seconds})

    async def play(self, token: str, lines: Sequence[tuple[int, str]], per_second: float, date: int) -> None:
        """Let each chat write its text, so many a second; 0: all at once."""
        wish = {"lines": lines, "per_second": per_second, "date": date}
        await self._post(f"{self.url}/control/{token}/play", wish)

    async def log(self, token: str) -> Log:
        """What came since the log was last taken."""
        found = await self._post(f"{self.url}/control/{token}/log", {})
        said = [(when, chat) for when, chat in found["said"]]
        return Log(said, dict(found["pushed"]), dict(found["confirmed"]))

    async def until(self, token: str, said: int = 0, chats: Collection[int] = ()) -> Log:
        """The log, once it holds so many messages, and one to each of these chats."""
        whole = Log()
        async with asyncio.timeout(SECONDS):
            while True:
                part = await self.log(token)
                whole.said += part.said
                whole.pushed |= part.pushed
                whole.confirmed |= part.confirmed
                if len(whole.said) >= said and whole.first().keys() >= set(chats):
                    return whole
                await asyncio.sleep(0.05)

    async def _post(self, url: str, fields: object) -> Any:
        async with self._session.post(url, json=fields) as answer:
            return (await answer.json())["result"]


@asynccontextmanager
async def stub() -> AsyncIterator[Line]:
    """A stub of our own, for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.stub", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        async with ClientSession(connector=TCPConnector(limit=0)) as session:
            yield Line(f"http://127.0.0.1:{port}", session)
    finally:
        process.terminate()
        await process.wait()
