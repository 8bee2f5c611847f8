"""The door for updates that Telegram brings to us: it says yes only to what has been kept."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

log = logging.getLogger("aftercare.webhook")

BODY_BYTES = 2**20
BODY_SECONDS = 20
RETRY_SECONDS = 5
SHUTDOWN_SECONDS = 10.0
# Anything shorter could be found by trying.
PATH = re.compile(r"/[A-Za-z0-9_/-]{16,}")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

Keep = Callable[[dict[str, object]], Awaitable[None]]
"""Commits one raw update; when it raises, Telegram is asked to bring the update again."""


class WebhookDoor:
    """A small web server behind whatever ends TLS: one unguessable path for Telegram, and ``/health``."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._secret = b""
        self._keep: Keep | None = None
        self.port = 0
        """Where it listens, once started."""

    async def start(self, port: int, path: str, secret: str, keep: Keep, *, host: str = "127.0.0.1") -> None:
        """Listen at ``host``:``port`` (0 takes a free one). Raises ValueError when path or secret are weak.

        Answers 200 after ``keep`` returned, 503 when it raised, 403 for a wrong secret, 400 for what is no
        update, 413 for more than 1 MB.
        """
        if not PATH.fullmatch(path):
            raise ValueError("the webhook's path needs a / and then at least 16 of A-Z a-z 0-9 _ - /")
        if not SECRET.fullmatch(secret):
            raise ValueError("the webhook's secret needs 16 to 256 of A-Z a-z 0-9 _ -")
        self._secret, self._keep = secret.encode(), keep
        app = web.Application(client_max_size=BODY_BYTES)
        app.add_routes([web.post(path, self._take), web.get("/health", self._health)])
        # No access log: it would name the path, and whoever knows it knows half of the way in.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Take no more, and let what is being kept come to its end (up to 10 s)."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=403)
        update = await _update(request)
        if update is None:
            return web.Response(status=400)
        assert self._keep is not None
        try:
            await self._keep(update)
        except Exception as trouble:  # whatever it is, the update is not ours yet: Telegram holds it
            log.error("an update could not be kept: %s", type(trouble).__name__)
            return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})
        return web.Response(status=200)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok")


async def _update(request: web.Request) -> dict[str, object] | None:
    """The update in the body, whatever content type it claims; None when it holds none."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            update = json.loads(await request.read())
    except (ValueError, RecursionError, TimeoutError):
        return None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        return None
    return update
