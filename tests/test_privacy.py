"""No log line, at any level, holds what a patient wrote, what they are called, or a secret of ours."""

from __future__ import annotations

import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftercare import House
from care.model import Reading
from tests.story import read_story
from tests.storyteller import Storyteller, starting
from tests.town import GROUP, TOKEN, Town, shared_library, shared_reader, town

STORIES = Path(__file__).parent / "stories"
SECRET = TOKEN.partition(":")[2]
WORDS = "Quokkamarmalade"
"""Stands in everything that the patient and the staff write here."""
NAME = "Xanthippezoe"
"""The patient's first name."""
PUS = f"there is pus coming out of my cheek {WORDS}"


class Everything(logging.Handler):
    """Keeps every record of every logger: as it would be printed, and all that it carries."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        carried = " ".join(f"{name}={value!r}" for name, value in vars(record).items())
        self.lines.append(f"{logging.Formatter().format(record)} {carried}")

    def holding(self, *secrets: str) -> list[str]:
        """Lines that hold one of them."""
        return [line for line in self.lines if any(secret.lower() in line.lower() for secret in secrets)]


@pytest.fixture
def heard() -> Iterator[Everything]:
    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@asynccontextmanager
async def enrolled(folder: Path) -> AsyncIterator[Town]:
    """A town with one patient, whose name is to be kept secret."""
    async with town(folder) as place:
        place.people["maya"] = place.standin.person(77123456, NAME)
        await place.enrol("maya")
        yield place


def nothing_is_told(heard: Everything, place: Town, *more: str) -> None:
    tokens = [c.params["caption"].partition("?start=")[2][:43] for c in place.standin.calls if c.method == "sendPhoto"]
    invitations = [token for token in tokens if token]
    assert heard.holding(WORDS, NAME, SECRET, *invitations, *more) == []


@contextmanager
def tripping(place: Town, table: str, deed: str) -> Iterator[None]:
    """For so long, a ``deed`` on ``table`` fails, with an error that quotes a patient."""
    database = sqlite3.connect(place.settings().database, isolation_level=None)
    database.execute(f"CREATE TRIGGER trip BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END")
    try:
        yield
    finally:
        database.execute("DROP TRIGGER trip")
        database.close()


async def test_no_log_line_of_a_whole_story_tells_words_names_or_secrets(tmp_path: Path, heard: Everything) -> None:
    story = read_story(STORIES / "danger_on_day_4.yaml")
    async with town(tmp_path, starting(story, shared_library().clinic.zone)) as place:
        place.people["maya"] = place.standin.person(77123456, "Maya")
        await Storyteller(place, story).play()
        nothing_is_told(heard, place, "yellow stuff", "Maya", "send me a photo", "77123456")
    assert heard.lines


async def test_an_update_that_cannot_be_read_is_not_quoted(tmp_path: Path, heard: Everything) -> None:
    async with enrolled(tmp_path) as place:
        bodies: list[dict[str, Any]] = [
            {"message_id": WORDS, "date": WORDS, "chat": {"id": NAME}, "text": PUS},
            {"message_id": 5, "date": 1, "chat": WORDS, "from": NAME, "text": [PUS]},
        ]
        for body in bodies:
            tell(place, body)
        await place.settle()
        nothing_is_told(heard, place)
        assert len(heard.holding("can't be read: set aside")) == len(bodies)


async def test_a_handler_that_raises_is_not_quoted(tmp_path: Path, heard: Everything) -> None:
    async with enrolled(tmp_path) as place:
        with tripping(place, "message", "INSERT"):
            await place.says("maya", PUS)
        nothing_is_told(heard, place)
        assert heard.holding("IntegrityError in")


async def test_a_message_that_cannot_be_marked_as_sent_is_not_quoted(tmp_path: Path, heard: Everything) -> None:
    async with enrolled(tmp_path) as place:
        with tripping(place, "outgoing", "UPDATE"):
            place.person("maya").says(f"thank you {WORDS}")
            await place.standin.until(lambda: bool(heard.holding("could be claimed")), 5)
        nothing_is_told(heard, place)


def tell(place: Town, message: dict[str, Any]) -> None:
    """Send the bot a message as nobody's phone would send it."""
    with place.standin._world.lock:
        place.standin._world.tell("message", message)


class Quoting:
    """A reader that fails, and quotes what it was reading."""

    def read(self, text: str, day: int | None, rules: Reading) -> Reading:
        raise ValueError(f"can't make sense of {text!r} on day {day}, {rules.level}")


async def test_understanding_that_raises_is_not_quoted_and_a_person_reads_it(tmp_path: Path, heard: Everything) -> None:
    async with enrolled(tmp_path) as place:
        await place.close()
        reader = replace(shared_reader(), others=(Quoting(),))
        place.house = House(place.settings(), place.clock, place.library, reader, pace=50)
        await place.house.start()
        await place.says("maya", f"is this all right {WORDS}")
        assert WORDS in place.texts("staff")[-1]
        nothing_is_told(heard, place)


async def test_refusals_and_broken_lines_are_not_quoted(tmp_path: Path, heard: Everything) -> None:
    async with enrolled(tmp_path) as place:
        refusals: list[Callable[[], None]] = [
            lambda: place.standin.fail("sendMessage", code=400, description=f"Bad Request: {WORDS} {NAME}"),
            lambda: place.standin.fail("sendMessage", code=403, description=f"Forbidden: {WORDS}"),
            lambda: place.standin.fail("sendMessage", code=500, description=WORDS),
            lambda: place.standin.fail("sendMessage", code=429, retry_after=1, description=WORDS),
            lambda: place.standin.fail("editMessageText", code=400, description=f"Bad Request: {WORDS}"),
            lambda: place.standin.fail("getUpdates", code=502, description=WORDS),
            lambda: place.standin.drop("sendMessage"),
        ]
        for refuse in refusals:
            refuse()
            await place.says("maya", PUS)
            await place.forward(place.clock() + timedelta(minutes=2))
        nothing_is_told(heard, place)
        assert heard.holding("aftercare.")


def test_the_command_tells_nothing_at_the_lowest_level(tmp_path: Path) -> None:
    place = Town(tmp_path)
    with place._served:
        settings = place.settings()
        environment = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_ROOT": settings.telegram_api_root,
            "STAFF_CHAT_ID": str(GROUP),
            "DATABASE_URL": settings.database_url,
            "LOG_LEVEL": "DEBUG",
            "ALLOW_UNSIGNED": "1",
        }
        said = told_by_the_command(place, tmp_path, environment)
    assert "ready: @TownBot" in said
    for secret in (WORDS, NAME, SECRET, "77123456"):
        assert secret.lower() not in said.lower()


def told_by_the_command(place: Town, folder: Path, environment: dict[str, str]) -> str:
    """Everything that ``aftercare run`` writes while a stranger talks to it and broken updates come."""
    maya = place.standin.person(77123456, NAME)
    command = Path(sys.executable).parent / "aftercare"
    with subprocess.Popen(
        [command, "run"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            maya.starts(WORDS)
            maya.says(f"I can't breathe {WORDS}")
            maya.sends("photo", caption=WORDS)
            tell(place, {"message_id": WORDS, "chat": {"id": NAME}, "text": PUS})
            answered = place.standin.wait_for(lambda: len(place.standin.messages(maya.id)) >= 6, 15)
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=15)
        finally:
            process.kill()
    assert answered
    return said
