"""The stand-in over HTTP, under the paths of the real server."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from demo import params as bodies
from demo.methods import AT_ONCE, SPELLING
from demo.params import Params
from demo.records import Call, Fault, Json, RefusalError
from demo.updates import LONGEST_WAIT, MOST
from demo.webhook import Webhook, kinds_of
from demo.world import World

WEBHOOK_SET = RefusalError(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)
UNAUTHORIZED = RefusalError(401, "Unauthorized")
NO_SUCH_TOKEN = RefusalError(401, "Unauthorized: invalid token specified")
NO_SUCH_METHOD = RefusalError(404, "Not Found: method not found")
NOT_FOUND = RefusalError(404, "Not Found")


class Cut(Response):
    """Promises a body and never sends it, upon which the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin the answer and leave."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})


class Api:
    """Answers calls, and records them."""

    def __init__(self, world: World, webhook: Webhook) -> None:
        self._world = world
        self._webhook = webhook
        self._last_poll: tuple[int, float] = (0, float("-inf"))

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
                Route("/file/bot{token}/{path:path}", self.file, methods=["GET"]),
            ],
            exception_handlers={404: _not_found},
        )

    async def file(self, request: Request) -> Response:
        """``GET /file/bot<token>/<file_path>``."""
        stored = self._world.files.by_path(request.path_params["path"])
        if request.path_params["token"] != self._world.token or stored is None:
            return _refusal(NOT_FOUND)
        return Response(stored.data, media_type="application/octet-stream")

    async def call(self, request: Request) -> Response:
        """``/bot<token>/<method>``."""
        arrived = time.monotonic()
        token = request.path_params["token"]
        if token != self._world.token:
            return _refusal(UNAUTHORIZED if ":" in token else NO_SUCH_TOKEN)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Cut()
        method = request.path_params["method"].lower()
        try:
            params = bodies.read(request.url.query, request.headers.get("content-type", ""), body)
        except RefusalError as refusal:
            return self._refused(arrived, method, Params({}, {}), refusal)
        return await self._answer(arrived, method, params)

    async def _answer(self, arrived: float, method: str, params: Params) -> Response:
        try:
            if method not in SPELLING:
                raise NO_SUCH_METHOD.again()
            fault = self._fault(SPELLING[method], params)
            if fault is not None and not fault.executed:
                return self._cut(arrived, method, params, "before")
            answer = await self._result(SPELLING[method], params)
        except RefusalError as refusal:
            return self._refused(arrived, method, params, refusal)
        if fault is not None:
            return self._cut(arrived, method, params, "after")
        self._record(arrived, method, params, 200, "")
        return JSONResponse({"ok": True, **answer})

    def _fault(self, method: str, params: Params) -> Fault | None:
        """The cut that awaits this call, if any. Raises RefusalError when a refusal awaits it."""
        with self._world.lock:
            for fault in self._world.faults:
                here = fault.chat_id is None or fault.chat_id == params.integer("chat_id")
                if fault.method.lower() in (method.lower(), "*") and here:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._world.faults.remove(fault)
                    if fault.refusal is not None:
                        raise fault.refusal.again()
                    return fault
        return None

    async def _result(self, method: str, params: Params) -> Json:
        if method == "getUpdates":
            return {"result": await self._get_updates(params)}
        with self._world.lock:
            if method == "getWebhookInfo":
                return {"result": self._webhook.info()}
            if method in ("setWebhook", "deleteWebhook"):
                change = self._webhook.set if method == "setWebhook" else self._webhook.delete
                return {"result": True, "description": change(params)}
            return {"result": AT_ONCE[method](self._world, params)}

    async def _get_updates(self, params: Params) -> list[Json]:
        updates = self._world.updates
        offset = params.integer("offset")
        with self._world.lock:
            if self._webhook.url:
                raise WEBHOOK_SET.again()
            updates.allow(kinds_of(params))
            limit, seconds = self._pace(params, offset)
            ready = updates.take(offset, limit)
            if ready or not seconds:
                return ready
            poll = updates.wait()
        try:
            await poll.wait(seconds)
        finally:
            with self._world.lock:
                updates.leave(poll)
        with self._world.lock:
            return updates.take(max(offset, 0), limit)

    def _pace(self, params: Params, offset: int) -> tuple[int, int]:
        """How many updates to give and how long to wait: the same offset again and again is slowed down."""
        limit = min(max(params.integer("limit", MOST), 1), MOST)
        seconds = min(max(params.integer("timeout"), 0), LONGEST_WAIT)
        now = time.monotonic()
        last_offset, last_at = self._last_poll
        self._last_poll = (offset, now)
        if self._world.paced and offset == last_offset:
            limit = 1 if now < last_at + 0.5 else limit
            seconds = max(seconds, 3) if now < last_at + 3.0 else seconds
        return limit, seconds

    def _record(self, arrived: float, method: str, params: Params, code: int, words: str) -> None:
        call = Call(arrived, SPELLING.get(method, method), params.record(), code == 200, code, words)
        with self._world.lock:
            self._world.calls.append(call)
            self._world.changed.notify_all()

    def _refused(self, arrived: float, method: str, params: Params, refusal: RefusalError) -> Response:
        self._record(arrived, method, params, refusal.code, refusal.description)
        return _refusal(refusal)

    def _cut(self, arrived: float, method: str, params: Params, when: str) -> Response:
        self._record(arrived, method, params, 0, f"cut {when}")
        return Cut()


def _refusal(refusal: RefusalError) -> Response:
    body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    seconds = refusal.parameters.get("retry_after")
    headers = {"Retry-After": str(seconds)} if seconds else None
    return JSONResponse(body, refusal.code, headers)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _refusal(NOT_FOUND)
