"""Updates reach a polling bot as the real server hands them out: again and again until confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.standin_door import STAFF, YES_NO, Door, opened

NEWER = (
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
)
WEBHOOK_ACTIVE = (
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook "
    "first",
)


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as fresh:
        yield fresh


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def polling(door: Door, aside: ThreadPoolExecutor, **params: Any) -> Future[dict[str, Any]]:
    """A poll that waits by the time that this returns."""
    waits = aside.submit(door.ask, "getUpdates", timeout=20, **params)
    assert door.standin.wait_for(door.standin.someone_polls, 5)
    return waits


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


def test_updates_come_again_until_a_higher_offset_confirms_them(door: Door) -> None:
    for text in ("one", "two", "three"):
        door.maya.says(text)
    first = door.call("getUpdates")
    assert texts(first) == ["one", "two", "three"]
    assert door.call("getUpdates") == first
    assert door.standin.pending() == 3
    rest = door.call("getUpdates", offset=first[1]["update_id"])
    assert texts(rest) == ["two", "three"]
    assert door.standin.pending() == 2
    assert door.call("getUpdates", offset=first[2]["update_id"] + 1) == []
    assert door.standin.pending() == 0


def test_ids_of_updates_follow_each_other_from_a_seeded_start(door: Door) -> None:
    door.maya.says("one")
    door.maya.says("two")
    ids = [update["update_id"] for update in door.call("getUpdates")]
    assert ids[1] == ids[0] + 1
    assert ids[0] > 100_000_000
    with opened() as other:
        other.maya.says("one")
        assert other.call("getUpdates")[0]["update_id"] == ids[0]


def test_a_limit_holds_back_the_rest(door: Door) -> None:
    for text in ("one", "two", "three"):
        door.maya.says(text)
    assert texts(door.call("getUpdates", limit=2)) == ["one", "two"]


def test_a_negative_offset_forgets_all_but_the_last(door: Door) -> None:
    for text in ("one", "two", "three"):
        door.maya.says(text)
    assert texts(door.call("getUpdates", offset=-1)) == ["three"]
    assert texts(door.call("getUpdates")) == ["three"]


def test_a_poll_waits_and_wakes_when_something_happens(door: Door, aside: ThreadPoolExecutor) -> None:
    waits = polling(door, aside)
    assert not waits.done()
    door.maya.says("Hello")
    assert texts(waits.result(5)["result"]) == ["Hello"]


def test_a_poll_without_news_ends_empty(door: Door) -> None:
    assert door.call("getUpdates", timeout=1) == []


def test_of_two_polls_the_older_one_is_sent_away(door: Door, aside: ThreadPoolExecutor) -> None:
    older = polling(door, aside)
    newer = aside.submit(door.ask, "getUpdates", timeout=20)
    answer = older.result(5)
    assert (answer["status"], answer["description"]) == NEWER
    door.maya.says("Hello")
    assert texts(newer.result(5)["result"]) == ["Hello"]


def test_polling_and_a_webhook_exclude_each_other(door: Door, aside: ThreadPoolExecutor) -> None:
    waits = polling(door, aside)
    door.call("setWebhook", url="http://127.0.0.1:9/hook")
    answer = waits.result(5)
    assert (answer["status"], answer["description"]) == (
        409,
        "Conflict: terminated by setWebhook request",
    )
    assert door.refusal("getUpdates") == WEBHOOK_ACTIVE
    door.call("deleteWebhook")
    assert door.call("getUpdates") == []


def test_only_the_kinds_asked_for_are_kept_from_then_on(door: Door) -> None:
    door.call("getUpdates", allowed_updates=["message"])
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)["message_id"]
    door.maya.presses(sent, "Yes")
    door.maya.blocks()
    door.maya.starts()
    assert texts(door.call("getUpdates")) == ["/start"]
    door.call("getUpdates", offset=-1, allowed_updates=[])
    door.maya.presses(sent, "Yes")
    assert "callback_query" in door.call("getUpdates")[-1]


def test_an_update_lives_for_a_day(door: Door) -> None:
    door.maya.says("early")
    door.clock.passes(hours=23)
    door.maya.says("late")
    door.clock.passes(hours=2)
    assert texts(door.call("getUpdates")) == ["late"]


def test_pacing_slows_a_bot_that_asks_for_the_same_again(door: Door) -> None:
    door.standin.paced = True
    door.maya.says("one")
    door.maya.says("two")
    assert len(door.call("getUpdates")) == 2
    assert len(door.call("getUpdates")) == 1
    assert len(door.call("getUpdates", offset=-2)) == 2


def test_blocking_and_reopening_a_chat_is_told(door: Door) -> None:
    door.maya.blocks()
    door.maya.starts("again")
    told = door.call("getUpdates")
    standings = [update["my_chat_member"]["new_chat_member"]["status"] for update in told[:2]]
    assert standings == ["kicked", "member"]
    assert told[0]["my_chat_member"]["old_chat_member"]["status"] == "member"
    assert told[2]["message"]["text"] == "/start again"


def test_without_being_administrator_the_bot_hears_only_what_is_meant_for_it(door: Door) -> None:
    group = door.standin.group(STAFF - 1, "Open", [door.anna], bot_is_admin=False)
    asked = door.call("sendMessage", chat_id=group.id, text="Your answer?")["message_id"]
    for text in (
        "among us",
        "/plan",
        "/plan@other_bot",
        "/plan@lindenhof_care_bot",
        "@lindenhof_care_bot hi",
    ):
        door.anna.says(text, chat=group)
    door.anna.says("my answer", chat=group, reply_to=asked)
    heard = ["/plan", "/plan@lindenhof_care_bot", "@lindenhof_care_bot hi", "my answer"]
    assert texts(door.call("getUpdates")) == heard
    door.anna.says("among us", chat=door.staff)
    assert texts(door.call("getUpdates"))[-1] == "among us"
