"""The demo's web page: two phones and a clock, for the person at this machine and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.deeds import Asked, Deeds, RefusedError
from demo.play import BusyError, Play
from demo.stage import Person, Stage, Toast

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
HERE = {"127.0.0.1", "::1", "localhost"}
LOOK_SECONDS = 0.1
"""How often an open page's events look for something new."""
SILENCE_LOOKS = 100
"""After so many looks without news a comment goes out, so that a lost page is noticed."""
GRACE_SECONDS = 5
"""How long a message that is going out while the demo ends may take."""
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Page:
    """What is asked of the page, and what it remembers between two requests."""

    def __init__(self, stage: Stage, pace: float) -> None:
        self._stage = stage
        self._play = Play(stage, pace)
        self._deeds = Deeds(stage, self._play)
        self.revision = 0
        """Grows with what the stand-in's version does not tell."""
        self.closing = False

    def state(self) -> dict[str, Any]:
        """Everything that the page shows, as JSON values."""
        stage = self._stage
        return {
            "version": self.version(),
            "bot": stage.bot_name,
            "zone": stage.zone.key,
            "clock": self._time(),
            "guide": self._guide(),
            "patients": [self._patient(person) for person in stage.patients],
            "staff": self._staff(),
            "toasts": [_toast(toast) for toast in stage.standin.toasts],
        }

    def version(self) -> list[object]:
        """Differs whenever the page would look different; the clock counts by the minute it shows."""
        stage = self._stage
        minute = int(stage.clock().timestamp()) // 60
        chats = [*(person.id for person in stage.patients), stage.group.id]
        typing = [chat for chat in chats if stage.standin.typing(chat)]
        return [stage.standin.version, self._play.revision, self.revision, minute, typing]

    def _time(self) -> dict[str, object]:
        stage, play = self._stage, self._play
        return {
            "now": stage.clock().isoformat(),
            "next": _iso(stage.next_due()),
            "end": _iso(stage.plan_end()),
            "what": stage.what_next(),
            "playing": play.running,
            "share": play.share,
            "steps": play.steps,
            "since": play.since.isoformat(),
            "until": play.until.isoformat(),
            "failed": play.failed,
        }

    def _guide(self) -> dict[str, object]:
        return {
            "invited": bool(self._stage.invitations()),
            "scanned": bool(self._deeds.scans),
            "enrolled": self._deeds.enrolled(),
            "played": self._play.moved,
            "wrote": self._deeds.wrote,
        }

    def _chat(self, chat_id: int) -> dict[str, Any]:
        standin = self._stage.standin
        return {
            "messages": [dict(message) for message in standin.messages(chat_id)],
            "keyboard": standin.keyboard(chat_id),
            "contact_keys": sorted(standin.contact_keys(chat_id)),
            "typing": standin.typing(chat_id),
        }

    def _patient(self, person: Person) -> dict[str, Any]:
        chat = self._chat(person.id)
        mine = {"id": person.id, "name": person.first_name, "blocked": person.id in self._deeds.blocked}
        return {**mine, "day": self._stage.care_day(person.id), **chat}

    def _staff(self) -> dict[str, Any]:
        stage = self._stage
        chat = self._chat(stage.group.id)
        tokens = stage.invitations()
        for message in chat["messages"]:
            number = message["message_id"]
            message["invitation"] = number in tokens
            message["scanned_by"] = self._deeds.scans.get(number, [])
        people = [{"id": person.id, "name": person.first_name} for person in stage.staff]
        return {"id": stage.group.id, "title": stage.group.title, "people": people, **chat}

    async def close(self) -> None:
        """Let go of the clock and of everybody who listens."""
        self.closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._play.stop(), GRACE_SECONDS)

    async def index(self, _request: Request) -> Response:
        """``GET /``."""
        return FileResponse(STATIC / "index.html")

    async def state_json(self, _request: Request) -> Response:
        """``GET /demo/state``."""
        return JSONResponse(self.state())

    async def events(self, _request: Request) -> Response:
        """``GET /demo/events``: one event per change, with the clock, so that progress shows at once."""
        return StreamingResponse(self._news(), media_type="text/event-stream")

    async def _news(self) -> AsyncIterator[str]:
        told: list[object] | None = None
        quiet = 0
        while not self.closing:
            version = self.version()
            if version != told:
                told, quiet = version, 0
                yield f"event: change\ndata: {json.dumps({'version': version, 'clock': self._time()})}\n\n"
            elif (quiet := quiet + 1) % SILENCE_LOOKS == 0:
                yield ": still here\n\n"
            await asyncio.sleep(LOOK_SECONDS)

    async def do(self, request: Request) -> Response:
        """``POST /demo/<deed>`` with a JSON object; answers ``{"ok": true, …}`` or ``{"error": code}``."""
        try:
            deed = self._deeds.by_name[request.path_params["deed"]]
        except KeyError:
            return JSONResponse({"error": "bad_request"}, 404)
        try:
            answer = await deed(Asked(await _body(request)))
        except RefusedError as fault:
            return JSONResponse({"error": fault.code}, fault.status)
        except BusyError:
            return JSONResponse({"error": "busy"}, 409)
        except (ValueError, LookupError, TypeError) as refusal:
            # The stand-in says no like this, for instance to a button that is gone by now.
            log.warning("%s was refused: %s", request.url.path, type(refusal).__name__)
            return JSONResponse({"error": "refused"}, 409)
        self.revision += 1
        return JSONResponse({"ok": True, **(answer or {})})


def _toast(toast: Toast) -> dict[str, object]:
    return {"who": toast.person_id, "text": toast.text, "alert": toast.alert}


async def _body(request: Request) -> object:
    try:
        return await request.json()
    except ValueError:
        raise RefusedError("bad_request", 400) from None


async def _failed(request: Request, error: Exception) -> Response:
    log.error("%s failed", request.url.path, exc_info=error)
    return JSONResponse({"error": "failed"}, 500)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


class OnlyHere:
    """Serves this machine only, and lets only the page itself change anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._may(Request(scope)):
            await JSONResponse({"error": "not_here"}, 403, HEADERS)(scope, receive, send)
        else:
            await self._app(scope, receive, self._dressed(send))

    def _may(self, request: Request) -> bool:
        host = request.headers.get("host", "")
        if request.client is None or request.client.host not in HERE:
            return False
        # A name that merely points at this machine is somebody else's page (DNS rebinding).
        if urlsplit(f"//{host}").hostname not in HERE:
            return False
        return request.method in {"GET", "HEAD"} or request.headers.get("origin") == f"http://{host}"

    def _dressed(self, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        return dressed


class PageServer(uvicorn.Server):
    """A server that lets go of open event streams when it is asked to stop."""

    def __init__(self, page: Page, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._page = page

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """End what is played and the event streams, then wait for what is still under way."""
        await self._page.close()
        await super().shutdown(sockets)


def server(stage: Stage, port: int, *, pace: float = 0.6) -> PageServer:
    """The page on ``http://127.0.0.1:<port>``; run it with ``await server(…).serve()``.

    ``pace`` is the pause in seconds between two messages while the month is played. The stage's ``advance``
    is awaited in the loop that serves.
    """
    page = Page(stage, pace)
    app = Starlette(
        routes=[
            Route("/", page.index),
            Route("/demo/state", page.state_json),
            Route("/demo/events", page.events),
            Route("/demo/{deed}", page.do, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(OnlyHere)],
        exception_handlers={Exception: _failed},
    )
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        # The stand-in's server shares uvicorn's loggers; what goes wrong here is logged by _failed.
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
    )
    return PageServer(page, config)
