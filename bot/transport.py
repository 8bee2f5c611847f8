"""The line to Telegram: aiohttp in the place of python-telegram-bot's own HTTP client.

Every failure says whether the request can have reached Telegram, because a message must neither be
lost nor be sent twice. No address is ever named in a log or an error: each one holds the bot's token.
"""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Mapping

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    InvalidURL,
    NonHttpUrlClientError,
    TCPConnector,
)
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

KEEPALIVE_SECONDS = 300
DNS_SECONDS = 300
USUAL_WAIT_SECONDS = 5


class NotConnected(NetworkError):
    """No connection could be had: the request was surely not sent."""


class LineBroke(NetworkError):
    """The line broke, or the answer made no sense, after sending: Telegram may have acted on it."""


class ServerFault(LineBroke):
    """Telegram, or a machine in front of it, failed: it may have acted on the request all the same."""


class Flooded(TelegramError):
    """Telegram asks to wait. Nothing was done."""

    def __init__(self, seconds: float) -> None:
        """``seconds``: how long."""
        super().__init__(f"Too many requests, again in {seconds:g} s")
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """A transport for :class:`telegram.Bot`; one for all its requests, long polls among them."""

    def __init__(
        self,
        *,
        connections: int = 64,
        connect_seconds: float = 5.0,
        read_seconds: float = 20.0,
        write_seconds: float = 20.0,
        pool_seconds: float = 5.0,
    ) -> None:
        """At most ``connections`` requests at once; the waits are those of a request that names none."""
        self._connect = connect_seconds
        self._read = read_seconds
        self._write = write_seconds
        self._pool = pool_seconds
        self._places = asyncio.Semaphore(connections)
        self._session: ClientSession | None = None
        self.server_time = ""
        """The ``Date`` of the last answer, as the server wrote it; '' before the first."""

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer may take unless the request says otherwise."""
        return self._read

    async def initialize(self) -> None:
        """Open for requests; a second call changes nothing. Sends nothing."""
        if self._session is None:
            connector = TCPConnector(
                limit=0,  # the places limit it: they tell a wait for a place from a wait for the network
                keepalive_timeout=KEEPALIVE_SECONDS,
                ttl_dns_cache=DNS_SECONDS,
                socket_factory=_socket,
            )
            self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)

    async def shutdown(self) -> None:
        """Close every connection; a second call changes nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """The answer's JSON object; LineBroke when it is none.

        Takes the place of the library's, which logs the whole answer when it can't be read.
        """
        answer = _object(payload)
        if answer is None:
            raise LineBroke("the answer is not a JSON object")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """HTTP status and body; waits in seconds, None for ever, DEFAULT_NONE the usual one.

        Raises NotConnected (not sent), Flooded (not done), TimedOut, LineBroke or ServerFault (unknown).
        """
        if self._session is None:
            raise NotConnected("not started, or stopped")
        read = _seconds(read_timeout, self._read)
        write = _seconds(write_timeout, self._write)
        connect = _seconds(connect_timeout, self._connect)
        # aiohttp has no wait for writing: what is left of the whole, once connected and read, is that.
        # A download has no such end, since a slow line that still moves is a good line.
        bounded = method == "POST" and connect is not None and write is not None and read is not None
        whole = (connect or 0) + (write or 0) + (read or 0) if bounded else None
        limits = ClientTimeout(total=whole, connect=connect, sock_read=read)
        await self._take_place(_seconds(pool_timeout, self._pool))
        try:
            code, payload, self.server_time = await _exchange(self._session, method, url, request_data, limits)
        finally:
            self._places.release()
        _check(code, payload)
        return code, payload

    async def _take_place(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise NotConnected("every connection is busy") from None


def form(fields: Mapping[str, object]) -> RequestData:
    """``fields`` as Telegram's methods take them: JSON values; None is left out."""
    return RequestData([RequestParameter.from_input(k, v) for k, v in fields.items() if v is not None])


async def _exchange(
    session: ClientSession, method: str, url: str, data: RequestData | None, limits: ClientTimeout
) -> tuple[int, bytes, str]:
    body, headers = _body(data)
    headers["User-Agent"] = BaseRequest.USER_AGENT
    try:
        async with session.request(
            method, url, data=body, headers=headers, timeout=limits, allow_redirects=False
        ) as answer:
            return answer.status, await answer.read(), answer.headers.get("Date", "")
    # The causes are dropped (from None): their texts hold the address, and with it the token.
    except (ConnectionTimeoutError, ClientConnectorError, InvalidURL, NonHttpUrlClientError) as exc:
        raise NotConnected(type(exc).__name__) from None
    except TimeoutError:
        raise TimedOut("no answer in time") from None
    except (ClientError, OSError) as exc:
        raise LineBroke(type(exc).__name__) from None


def _body(data: RequestData | None) -> tuple[bytes | FormData | None, dict[str, str]]:
    if data is None:
        return None, {}
    files = data.multipart_data
    if not files:
        fields = data.url_encoded_parameters().encode()
        return fields, {"Content-Type": "application/x-www-form-urlencoded"}
    # Names of files go out as they are: quoted ones would reach the reader as %C3%A9.
    upload = FormData(quote_fields=False, default_to_multipart=True)
    for name, value in data.json_parameters.items():
        upload.add_field(name, value)
    for name, (filename, content, kind) in files.items():
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        upload.add_field(name, stream, filename=filename, content_type=kind)
    return upload, {}


def _check(code: int, payload: bytes) -> None:
    """Raise what the library would blur, or would put into an error with the whole answer in it."""
    if code < 300:
        return
    answer = _object(payload)
    parameters = answer.get("parameters") if answer else None
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if code == 429 or wait:
        raise Flooded(max(1, wait) if isinstance(wait, int | float) else USUAL_WAIT_SECONDS)
    if code == 413:
        raise BadRequest("Request entity too large")
    if code >= 500 or answer is None:
        raise ServerFault(f"HTTP {code}")


def _object(payload: bytes) -> dict[str, object] | None:
    try:
        answer = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _seconds(given: object, usual: float) -> float | None:
    return given if given is None or isinstance(given, int | float) else usual


def _socket(address: AddrInfoType) -> socket.socket:
    """A socket that notices within two minutes that the other side has silently gone."""
    line = socket.socket(address[0], address[1], address[2])
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return line
