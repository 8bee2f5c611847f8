"""The door for updates that Telegram brings, knocked at over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, ClientSession

from bot.webhook import WebhookDoor

PATH = "/in/unguessable-path-of-tests"
SECRET = "a-secret-of-the-tests-only"
UPDATE = {"update_id": 5, "message": {"text": "canary words ñ"}}


class Shelf:
    """Where updates are kept; ``broken`` while it can't."""

    def __init__(self) -> None:
        self.kept: list[dict[str, object]] = []
        self.broken = False
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()

    async def keep(self, update: dict[str, object]) -> None:
        self.begun.set()
        await self.may_end.wait()
        if self.broken:
            raise OSError("canary: disk full")
        self.kept.append(update)


class Knock:
    """Somebody at the door."""

    def __init__(self, http: ClientSession, root: str) -> None:
        self._http, self._root = http, root

    async def post(
        self,
        body: object = UPDATE,
        *,
        secret: str | None = SECRET,
        path: str = PATH,
        kind: str = "application/json",
    ) -> ClientResponse:
        headers = {"Content-Type": kind}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self._http.post(self._root + path, data=io.BytesIO(data), headers=headers)

    async def get(self, path: str) -> ClientResponse:
        return await self._http.get(self._root + path)


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def door(shelf: Shelf) -> AsyncIterator[WebhookDoor]:
    door = WebhookDoor()
    await door.start(0, PATH, SECRET, shelf.keep)
    yield door
    await door.stop()


@pytest.fixture
async def knock(door: WebhookDoor) -> AsyncIterator[Knock]:
    async with ClientSession() as http:
        yield Knock(http, f"http://127.0.0.1:{door.port}")


async def test_an_update_is_taken_with_the_right_secret(knock: Knock, shelf: Shelf) -> None:
    assert (await knock.post()).status == 200
    assert shelf.kept == [UPDATE]


async def test_yes_is_said_only_after_the_update_is_kept(knock: Knock, shelf: Shelf) -> None:
    shelf.may_end.clear()
    answer = asyncio.create_task(knock.post())
    await shelf.begun.wait()
    await asyncio.sleep(0.05)
    assert not answer.done()
    shelf.may_end.set()
    assert (await answer).status == 200
    assert shelf.kept == [UPDATE]


async def test_while_nothing_can_be_kept_telegram_is_asked_to_come_again(knock: Knock, shelf: Shelf) -> None:
    shelf.broken = True
    answer = await knock.post()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert await answer.text() == ""
    shelf.broken = False
    assert (await knock.post()).status == 200


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET.upper(), "ñ" * 26])
async def test_a_wrong_secret_is_turned_away(knock: Knock, shelf: Shelf, secret: str | None) -> None:
    assert (await knock.post(secret=secret)).status == 403
    assert shelf.kept == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[1]", b'"canary"', b"{}", b'{"update_id": "5"}', b"[" * 100_000],
)
async def test_what_is_no_update_is_refused(knock: Knock, shelf: Shelf, body: bytes) -> None:
    assert (await knock.post(body)).status == 400
    assert shelf.kept == []


async def test_a_body_of_more_than_a_megabyte_is_refused(knock: Knock, shelf: Shelf) -> None:
    fits = {"update_id": 6, "text": "x" * (2**20 - 100)}
    assert (await knock.post(fits)).status == 200
    assert (await knock.post({**fits, "more": "x" * 200})).status == 413
    assert shelf.kept == [fits]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/plain", "application/x-thing"])
async def test_the_content_type_does_not_matter(knock: Knock, shelf: Shelf, kind: str) -> None:
    assert (await knock.post(kind=kind)).status == 200
    assert shelf.kept == [UPDATE]


async def test_health_is_open_and_everything_else_is_not_there(knock: Knock, shelf: Shelf) -> None:
    assert (await knock.get("/health")).status == 200
    assert (await knock.get(PATH)).status == 405
    for path in ("/", PATH + "/", "/in/other", "/in"):
        assert (await knock.post(path=path)).status == 404
    assert shelf.kept == []


async def test_stopping_lets_what_is_being_kept_come_to_its_end(door: WebhookDoor, knock: Knock, shelf: Shelf) -> None:
    shelf.may_end.clear()
    answer = asyncio.create_task(knock.post())
    await shelf.begun.wait()
    stopping = asyncio.create_task(door.stop())
    await asyncio.sleep(0.05)
    shelf.may_end.set()
    await stopping
    assert (await answer).status == 200
    assert shelf.kept == [UPDATE]
    await door.stop()


@pytest.mark.parametrize("path", ["in/unguessable-path-of-tests", "/telegram", "/{everything-that-comes}", ""])
async def test_a_path_that_could_be_guessed_is_not_opened(shelf: Shelf, path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        await WebhookDoor().start(0, path, SECRET, shelf.keep)


@pytest.mark.parametrize("secret", ["", "short", "with spaces, and a comma", "x" * 257])
async def test_a_secret_that_telegram_refuses_or_anybody_guesses_is_not_used(shelf: Shelf, secret: str) -> None:
    with pytest.raises(ValueError, match="secret") as told:
        await WebhookDoor().start(0, PATH, secret, shelf.keep)
    assert not secret or secret not in str(told.value)


async def test_neither_words_nor_path_nor_secret_are_logged(
    knock: Knock, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "aiohttp.access", "aiohttp.server"):
        caplog.set_level(logging.DEBUG, logger=name)
    await knock.post()
    await knock.post(secret="canary")
    await knock.post(b'{"canary')
    await knock.post({"update_id": 1, "text": "canary" * 200_000})
    shelf.broken = True
    await knock.post()
    assert "could not be kept" in caplog.text
    for hidden in ("canary", PATH, SECRET):
        assert hidden not in caplog.text
