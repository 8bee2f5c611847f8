"""The whole bot behind a webhook, a database that fails for a moment, and somebody else's Bot API server."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aftercare import House
from commands.enrol import Enrolling
from settings import read_settings
from tests.emulator import Emulator, emulated, free_port
from tests.schema import complaints
from tests.story import read_story
from tests.storyteller import Storyteller, starting
from tests.town import GROUP, MONDAY, TOKEN, USERNAME, Town, shared_library, shared_reader, town

STORIES = Path(__file__).parent / "stories"
SECRET = "a-secret-of-the-tests-only"
INSERT, UPDATE = "INSERT", "UPDATE"


def webhook() -> dict[str, Any]:
    port = free_port()
    return {
        "bot_mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{port}",
        "webhook_port": port,
        "webhook_secret": SECRET,
    }


@pytest.mark.parametrize("name", ["danger_on_day_4", "outage", "edited"])
async def test_a_story_goes_the_same_way_behind_a_webhook(name: str, tmp_path: Path) -> None:
    story = read_story(STORIES / f"{name}.yaml")
    async with town(tmp_path, starting(story, shared_library().clinic.zone), **webhook()) as place:
        await Storyteller(place, story).play()
        assert place.standin.webhook.info()["url"].startswith("http://127.0.0.1")
        assert not [call for call in place.standin.calls if call.method == "getUpdates"]


@contextmanager
def failing(place: Town, deed: str) -> Iterator[None]:
    """For so long, the database of ``place`` takes no ``deed`` on what comes in, as one does that is full."""
    database = sqlite3.connect(place.settings().database, isolation_level=None)
    database.execute(
        f"CREATE TRIGGER full BEFORE {deed} ON incoming BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )
    try:
        yield
    finally:
        database.execute("DROP TRIGGER full")
        database.close()


async def it_is_answered_in_the_end(place: Town, deed: str) -> None:
    await place.enrol("maya")
    before = len(place.texts("maya"))
    with failing(place, deed):
        place.person("maya").says("there is pus coming out of my cheek")
        place.person("maya").says("thank you")
        await place.standin.until(lambda: False, 1.0)
        assert place.texts("maya")[before:] == []
    await place.standin.until(lambda: len(place.texts("maya")) >= before + 2, 15)
    await place.settle()
    came = place.texts("maya")[before:]
    assert len(came) == 2
    assert "A clinician needs to look at this today" in came[0]
    assert "You're welcome" in came[1]
    assert place.house is not None
    assert place.house.store.read.rows("SELECT 1 FROM incoming WHERE state <> 'handled'") == []


async def test_polled_updates_that_could_not_be_kept_come_again(place: Town) -> None:
    await it_is_answered_in_the_end(place, INSERT)


async def test_polled_updates_that_could_not_be_marked_are_handled_later(place: Town) -> None:
    await it_is_answered_in_the_end(place, UPDATE)


async def test_posted_updates_that_could_not_be_kept_are_refused_and_posted_again(tmp_path: Path) -> None:
    async with town(tmp_path, **webhook()) as place:
        await it_is_answered_in_the_end(place, INSERT)
        assert "503" in place.standin.webhook.info()["last_error_message"]


async def test_posted_updates_that_could_not_be_marked_are_handled_later(tmp_path: Path) -> None:
    async with town(tmp_path, **webhook()) as place:
        await it_is_answered_in_the_end(place, UPDATE)


@asynccontextmanager
async def at_the_emulator(folder: Path, emulator: Emulator, **more: Any) -> AsyncIterator[House]:
    """The bot, talking to a server that is not ours."""
    settings = read_settings(
        telegram_bot_token=TOKEN,
        telegram_api_root=emulator.url,
        staff_chat_id=GROUP,
        database_url=f"sqlite:///{folder / 'emulated.sqlite3'}",
        **more,
    )
    house = House(settings, lambda: MONDAY, shared_library(), shared_reader(), pace=50)
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


async def a_patient_enrols_and_writes(house: House, emulator: Emulator) -> None:
    enrolling = Enrolling(house.library, USERNAME, MONDAY, lambda count: b"\7" * count, "command")
    invited = await house.store.write(lambda tx: enrolling.invite(tx, enrolling.wish({"session": "now"})))
    await emulator.says(f"/start {invited.link.partition('?start=')[2]}")
    labels = ["Yes, I agree", "Yes, that is right", "Yes, the same time", "10:00"]
    if len(house.library.languages) > 1:
        labels.insert(0, "English")
    for label in labels:
        await emulator.until(partial(emulator.shows, label))
        await emulator.presses(label)
    await emulator.until(lambda: any("<b>Day 0" in text for text in emulator.texts()))
    await emulator.says("there is yellow pus coming out of my cheek")
    await emulator.until(lambda: any("A clinician needs to look" in text for text in emulator.texts()))
    await emulator.until(lambda: house.idle)


def everything_was_understood(emulator: Emulator) -> None:
    assert emulator.refusals() == []
    assert [fault for method, call in emulator.calls for fault in complaints(method, call)] == []
    cards = [call["text"] for _, call in emulator.calls if call.get("chat_id") == GROUP and "text" in call]
    assert any("URGENT" in card and "Maya" in card for card in cards)


async def test_the_bot_polls_a_server_that_is_not_ours(tmp_path: Path) -> None:
    async with emulated() as emulator, at_the_emulator(tmp_path, emulator) as house:
        await a_patient_enrols_and_writes(house, emulator)
        everything_was_understood(emulator)


async def test_a_server_that_is_not_ours_posts_to_the_bot(tmp_path: Path) -> None:
    async with emulated() as emulator, at_the_emulator(tmp_path, emulator, **webhook()) as house:
        await a_patient_enrols_and_writes(house, emulator)
        everything_was_understood(emulator)
        assert not [method for method, _ in emulator.calls if method == "getUpdates"]
