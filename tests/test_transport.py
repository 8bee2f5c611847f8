"""The line to Telegram, against real servers on loopback that answer, stay silent, or hang up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.error import BadRequest, TelegramError, TimedOut

from bot.hush import quiet_libraries
from bot.transport import AiohttpRequest, Flooded, LineBroke, NotConnected, ServerFault, form

TOKEN = "4242:canary-token-of-a-bot"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A web server with one handler; its address, with the token in the path as Telegram has it."""
    app = web.Application(client_max_size=2**25)
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/bot{TOKEN}/sendMessage"
    finally:
        await runner.cleanup()


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bare(talk: Talk) -> AsyncIterator[str]:
    """A server that does with each connection what ``talk`` does, and then hangs up."""

    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/bot{TOKEN}/sendMessage"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@asynccontextmanager
async def opened(**settings: float) -> AsyncIterator[AiohttpRequest]:
    connections = int(settings.pop("connections", 64))
    async with AiohttpRequest(connections=connections, **settings) as line:
        yield line


def answering(code: int, answer: object) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        if isinstance(answer, str):
            return web.Response(status=code, text=answer, content_type="text/html")
        return web.json_response(answer, status=code)

    return handler


async def silence(_request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)


async def test_fields_arrive_as_telegram_reads_them() -> None:
    seen: dict[str, str] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update({name: str(value) for name, value in (await request.post()).items()})
        return web.json_response({"ok": True, "result": True})

    async with serving(handler) as url, opened() as line:
        words = "¿Qué tal? 50% & more + 🌡️\nsecond line"
        assert await line.post(url, form({"text": words, "nested": [{"a": 1}], "none": None, "yes": True}))
    assert seen == {"text": words, "nested": '[{"a": 1}]', "yes": "true"}


async def test_an_upload_arrives_byte_for_byte_beside_its_fields() -> None:
    content = bytes(range(256)) * 8192
    seen: dict[str, object] = {}

    async def handler(request: web.Request) -> web.Response:
        parts = await request.post()
        seen["caption"] = parts["caption"]
        document = parts["document"]
        assert isinstance(document, web.FileField)
        seen["name"], seen["kind"] = document.filename, document.content_type
        seen["whole"] = document.file.read() == content
        return web.json_response({"ok": True, "result": True})

    async with serving(handler) as url, opened() as line:
        file = InputFile(content, filename="Informe médico 1.pdf")
        assert await line.post(url, form({"caption": "Aquí está ✓", "document": file}))
    assert seen == {
        "caption": "Aquí está ✓",
        "name": "Informe médico 1.pdf",
        "kind": "application/pdf",
        "whole": True,
    }


async def test_an_upload_may_be_sent_again_after_an_error() -> None:
    sizes: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        sizes.append(len(await request.read()))
        return web.json_response({"ok": False, "description": "Bad Request: no"}, status=400)

    async with serving(handler) as url, opened() as line:
        data = form({"photo": InputFile(b"x" * 3000, filename="a.png")})
        for _ in range(2):
            with pytest.raises(BadRequest):
                await line.post(url, data)
    assert sizes[0] == sizes[1] > 3000


async def test_a_refused_connection_was_surely_not_sent() -> None:
    async with opened() as line:
        with pytest.raises(NotConnected):
            await line.post(f"http://127.0.0.1:{free_port()}/bot{TOKEN}/getMe")


async def test_a_connection_that_does_not_come_about_in_time_was_surely_not_sent() -> None:
    async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        await asyncio.sleep(30)

    async with bare(mute) as url, opened() as line:
        # The handshake of TLS is never answered; the outer limit is far from the usual one.
        with pytest.raises(NotConnected):
            async with asyncio.timeout(10):
                await line.post(url.replace("http:", "https:"), connect_timeout=0.1, read_timeout=60.0)


async def test_waiting_too_long_for_a_free_connection_was_surely_not_sent() -> None:
    async with serving(silence) as url, opened(connections=1, read_seconds=5) as line:
        first = asyncio.create_task(line.post(url))
        await asyncio.sleep(0.05)
        with pytest.raises(NotConnected):
            await line.post(url, pool_timeout=0.05)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_place_is_free_again_after_a_failure() -> None:
    async with serving(silence) as url, opened(connections=1, read_seconds=0.05, pool_seconds=0.5) as line:
        for _ in range(3):
            with pytest.raises(TimedOut):
                await line.post(url)


async def test_silence_after_sending_is_a_time_out() -> None:
    async with serving(silence) as url, opened(read_seconds=0.1) as line:
        with pytest.raises(TimedOut):
            async with asyncio.timeout(10):
                await line.post(url, form({"text": "x"}), write_timeout=60.0)


async def test_a_request_may_wait_longer_than_usual() -> None:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.json_response({"ok": True, "result": 7})

    async with serving(slow) as url, opened(read_seconds=0.05) as line:
        assert line.read_timeout == 0.05
        assert await line.post(url, read_timeout=5.0) == 7
        assert await line.post(url, read_timeout=None) == 7


async def test_a_reader_that_takes_nothing_ends_in_a_time_out() -> None:
    async def deaf(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    file = InputFile(b"x" * 2**25, filename="big.bin")
    async with bare(deaf) as url, opened() as line:
        with pytest.raises(TimedOut):
            await line.post(url, form({"document": file}), write_timeout=0.2, read_timeout=0.1, connect_timeout=0.1)


async def test_a_line_that_breaks_after_sending_is_told_from_one_never_made() -> None:
    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with bare(hang_up) as url, opened() as line:
        with pytest.raises(LineBroke):
            await line.post(url, form({"text": "x"}))


async def test_an_answer_cut_in_the_middle_is_a_broken_line() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"ok": tr')
        await writer.drain()

    async with bare(half) as url, opened() as line:
        with pytest.raises(LineBroke):
            await line.post(url, form({"text": "x"}))


async def test_what_is_not_http_is_a_broken_line() -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"\x00\x01 no protocol\r\n\r\n")
        await writer.drain()

    async with bare(noise) as url, opened() as line:
        with pytest.raises(LineBroke):
            await line.post(url, form({"text": "x"}))


async def test_a_message_is_not_sent_twice_over_a_connection_that_was_closed_while_idle() -> None:
    requests = 0

    async def once_then_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await read_request(reader)
        requests += 1
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok": true, "result": 1}')
        await writer.drain()
        await read_request(reader)
        requests += 1

    async with bare(once_then_hang_up) as url, opened() as line:
        assert await line.post(url, form({"text": "x"})) == 1
        with pytest.raises(LineBroke):
            await line.post(url, form({"text": "y"}))
    assert requests == 2


async def test_one_connection_serves_many_requests() -> None:
    peers: set[object] = set()

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({"ok": True, "result": True})

    async with serving(handler) as url, opened() as line:
        for _ in range(5):
            await line.post(url, form({"text": "x"}))
    assert len(peers) == 1


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serving(answering(200, {"ok": True, "result": True})) as url, opened() as line:
        assert await line.post(url)


async def test_a_redirect_is_not_followed_since_the_address_holds_the_token() -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with serving(handler) as url, opened() as line:
        with pytest.raises(ServerFault):
            await line.post(url)
    assert asked == [f"/bot{TOKEN}/sendMessage"]


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 17}}, 17),
        ({"ok": False, "description": "Too Many Requests"}, 5),
        ("<h1>slow down</h1>", 5),
    ],
)
async def test_too_many_requests_tells_how_long_to_wait(answer: object, seconds: int) -> None:
    async with serving(answering(429, answer)) as url, opened() as line:
        with pytest.raises(Flooded) as told:
            await line.post(url)
    assert told.value.seconds == seconds


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_a_failing_server_may_have_acted_all_the_same(code: int) -> None:
    async with serving(answering(code, {"ok": False, "description": "Bad Gateway"})) as url, opened() as line:
        with pytest.raises(ServerFault):
            await line.post(url)


@pytest.mark.parametrize("code", [400, 403, 404])
async def test_a_refusal_in_html_is_not_telegrams(code: int) -> None:
    async with serving(answering(code, "<h1>filtered</h1>")) as url, opened() as line:
        with pytest.raises(ServerFault):
            await line.post(url)


@pytest.mark.parametrize("answer", ["<h1>hello</h1>", [1, 2]])
async def test_an_answer_that_is_no_json_object_may_have_been_acted_on(answer: object) -> None:
    async with serving(answering(200, answer)) as url, opened() as line:
        with pytest.raises(LineBroke):
            await line.post(url)


async def test_a_body_too_large_for_telegram_is_a_bad_request() -> None:
    async with serving(answering(413, "<h1>413</h1>")) as url, opened() as line:
        with pytest.raises(BadRequest):
            await line.post(url)


async def test_a_line_that_is_not_open_sends_nothing() -> None:
    line = AiohttpRequest()
    with pytest.raises(NotConnected):
        await line.post("http://127.0.0.1:1/")
    await line.initialize()
    await line.initialize()
    await line.shutdown()
    await line.shutdown()
    with pytest.raises(NotConnected):
        await line.post("http://127.0.0.1:1/")


async def test_the_library_can_use_it_for_all_of_its_requests() -> None:
    message = {"message_id": 9, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "hello"}
    async with serving(answering(200, {"ok": True, "result": message})) as url, opened() as line:
        root = url.removesuffix(f"{TOKEN}/sendMessage")
        bot = Bot(TOKEN, base_url=root, request=line, get_updates_request=line)
        assert (await bot.send_message(5, "hello")).message_id == 9


async def test_neither_token_nor_words_get_into_logs_or_errors(caplog: pytest.LogCaptureFixture) -> None:
    quiet_libraries()
    caplog.set_level(logging.DEBUG)
    answers: list[tuple[int, object]] = [
        (200, f"{TOKEN} canary words"),
        (400, f"{TOKEN} canary words"),
        (429, f"{TOKEN} canary words"),
        (502, f"{TOKEN} canary words"),
        (302, {"ok": False}),
    ]
    errors: list[str] = []
    async with opened(read_seconds=0.1, connect_seconds=0.1) as line:
        for code, answer in answers:
            async with serving(answering(code, answer)) as url:
                errors.append(await failure(line, url))
        async with serving(silence) as url:
            errors.append(await failure(line, url))
        errors.append(await failure(line, f"http://127.0.0.1:{free_port()}/bot{TOKEN}/x"))
        errors.append(await failure(line, f"https://[bad/bot{TOKEN}/x"))
        errors.append(await failure(line, f"gopher://127.0.0.1/bot{TOKEN}/x"))
    assert len(errors) == 9
    for text in [*errors, caplog.text]:
        assert "canary" not in text


async def failure(line: AiohttpRequest, url: str) -> str:
    """The error of a post, as a log would show it with its trace."""
    with pytest.raises(TelegramError) as caught:
        await line.post(url, form({"text": "canary words"}))
    shown = "".join(traceback.format_exception(caught.value))
    # Lines of source are ours and stand in this file; what is said are the last lines of each part.
    return "\n".join(piece for piece in shown.splitlines() if not piece.startswith("    ")) + repr(caught.value)
