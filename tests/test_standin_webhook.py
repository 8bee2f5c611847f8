"""A webhook gets its updates in order, with the secret, again and again until it takes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.standin_door import Door, opened


class Hook:
    """A bot's own web server: answers with ``statuses`` in turn, then 200, and remembers what came."""

    def __init__(self) -> None:
        self.statuses: list[tuple[int, dict[str, str]]] = []
        self.came: list[tuple[str | None, dict[str, Any]]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers = hook.statuses.pop(0) if hook.statuses else (200, {})
                hook.came.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], body))
                self.send_response(status)
                for name, value in (headers | {"Content-Length": "0"}).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def texts(self) -> list[str]:
        return [body["message"]["text"] for _, body in self.came]


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hook
    hook.server.shutdown()
    thread.join()
    hook.server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as fresh:
        fresh.standin.webhook.first_pause = 0.01
        yield fresh


def test_a_webhook_that_fails_twice_gets_everything_in_order(door: Door, hook: Hook) -> None:
    hook.statuses = [(500, {}), (503, {})]
    for text in ("one", "two", "three"):
        door.maya.says(text)
    door.call("setWebhook", url=hook.url, secret_token="s3cret_-")
    assert door.standin.wait_for(lambda: door.standin.pending() == 0, 5)
    assert hook.texts() == ["one", "one", "one", "two", "three"]
    assert {secret for secret, _ in hook.came} == {"s3cret_-"}


def test_a_webhook_may_ask_to_be_left_alone(door: Door, hook: Hook) -> None:
    hook.statuses = [(503, {"Retry-After": "3600"})]
    door.call("setWebhook", url=hook.url)
    door.maya.says("one")
    assert door.standin.wait_for(lambda: len(hook.came) == 1, 5)
    assert door.standin.wait_for(lambda: "last_error_message" in door.call("getWebhookInfo"), 5)
    info = door.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
    assert info["pending_update_count"] == 1
    door.call("setWebhook", url=hook.url, secret_token="new")
    assert door.standin.wait_for(lambda: len(hook.came) == 2, 5)
    assert [secret for secret, _ in hook.came] == [None, "new"]


def test_updates_wait_for_a_webhook_that_is_not_there_yet(door: Door, hook: Hook) -> None:
    door.call("setWebhook", url="http://127.0.0.1:9/nobody")
    door.maya.says("one")
    assert door.standin.wait_for(lambda: "last_error_message" in door.call("getWebhookInfo"), 5)
    door.call("setWebhook", url=hook.url)
    assert door.standin.wait_for(lambda: hook.texts() == ["one"], 5)


def test_a_webhook_that_is_deleted_gets_nothing_more(door: Door, hook: Hook) -> None:
    door.call("setWebhook", url=hook.url)
    assert door.ask("setWebhook", url=hook.url)["description"] == "Webhook is already set"
    assert door.ask("deleteWebhook")["description"] == "Webhook was deleted"
    assert door.ask("deleteWebhook")["description"] == "Webhook is already deleted"
    door.maya.says("one")
    assert [update["message"]["text"] for update in door.call("getUpdates")] == ["one"]
    assert hook.came == []


def test_waiting_updates_are_dropped_only_on_request(door: Door) -> None:
    door.maya.says("one")
    door.call("deleteWebhook")
    assert door.standin.pending() == 1
    door.call("deleteWebhook", drop_pending_updates=True)
    assert door.standin.pending() == 0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "http://clinic.example/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://clinic.example:8080/hook"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://"}, "invalid webhook URL specified"),
        ({"url": "ftp://clinic.example"}, "invalid webhook URL specified"),
        ({"url": "https://clinic.example", "secret_token": "a" * 257}, "secret token is too long"),
        (
            {"url": "https://clinic.example", "secret_token": "a b"},
            "secret token contains unallowed characters",
        ),
    ],
)
def test_a_faulty_webhook_is_refused(door: Door, params: dict[str, str], words: str) -> None:
    assert door.refusal("setWebhook", **params) == (400, f"Bad Request: {words}")
    assert door.call("getWebhookInfo")["url"] == ""


def test_plain_http_on_this_machine_is_our_own_exception(door: Door, hook: Hook) -> None:
    door.standin.webhook.plain_loopback = False
    words = "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    assert door.refusal("setWebhook", url=hook.url) == (400, words)


def test_pacing_lets_the_webhook_change_once_a_second(door: Door, hook: Hook) -> None:
    door.standin.paced = True
    door.call("setWebhook", url=hook.url)
    answer = door.ask("setWebhook", url=f"{hook.url}/other")
    assert answer["status"] == 429
    assert answer["parameters"] == {"retry_after": 1}
