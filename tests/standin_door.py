"""A stand-in that is served, with a plain HTTP client at its door, for the tests of the stand-in."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from demo.people import Group, Person
from demo.serve import Served
from demo.standin import StandIn

TOKEN = "7000000001:" + "stand-in-token-of-the-tests"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
STAFF = -1_001_000_000_001
YES_NO = {
    "inline_keyboard": [[{"text": "Yes", "callback_data": "y:1"}, {"text": "No", "callback_data": "n:1"}]]
}


@dataclass
class Clock:
    """A now that moves only when told to."""

    time: datetime = field(default_factory=lambda: datetime(2025, 3, 4, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **span: float) -> None:
        self.time += timedelta(**span)


class Door:
    """The stand-in, who is around it, and its HTTP door."""

    def __init__(self, url: str, standin: StandIn, clock: Clock, client: httpx.Client) -> None:
        self.url = url
        self.standin = standin
        self.clock = clock
        self.client = client
        self.maya: Person = standin.person(501, "Maya")
        self.anna: Person = standin.person(901, "Anna", "de")
        self.staff: Group = standin.group(STAFF, "Staff", [self.anna])

    def ask(self, method: str, token: str = TOKEN, files: Any = None, **params: Any) -> dict[str, Any]:
        """One call; the whole answer, with its HTTP status as ``status``."""
        url = f"{self.url}/bot{token}/{method}"
        answer = (
            self.client.post(url, data=params, files=files) if files else self.client.post(url, json=params)
        )
        body: dict[str, Any] = answer.json()
        return body | {"status": answer.status_code}

    def call(self, method: str, **params: Any) -> Any:
        """One call that must succeed; its result."""
        answer = self.ask(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    def refusal(self, method: str, **params: Any) -> tuple[int, str]:
        """One call that must be refused: the HTTP status and the words."""
        answer = self.ask(method, **params)
        assert not answer["ok"], answer
        assert answer["status"] == answer["error_code"]
        return answer["status"], answer["description"]

    def shown(self, person: Person | Group | None = None) -> dict[str, Any]:
        """The last message of a chat, as a phone shows it."""
        return self.standin.messages((person or self.maya).id)[-1]


@contextmanager
def opened() -> Iterator[Door]:
    """A served stand-in, Maya's chat with the bot open, no update waiting."""
    clock = Clock()
    standin = StandIn(token=TOKEN, username="lindenhof_care_bot", now=clock)
    with Served(standin.app) as served, httpx.Client(timeout=20) as client:
        door = Door(served.url, standin, clock, client)
        door.maya.starts()
        door.call("getUpdates", offset=-1)
        last = door.call("getUpdates")[-1]["update_id"]
        door.call("getUpdates", offset=last + 1)
        yield door
        standin.close()
