"""/enroll: three taps for most, every choice in the buttons, and every button within what Telegram carries."""

from __future__ import annotations

from datetime import date

from bot.enroll import Enroll
from care.clinic import LONGEST_ID, MOST_TYPES
from care.model import Button, Say
from store import people
from store.seam import Row
from tests.town import Town

TODAY = date(2026, 3, 2)
LONGEST_DATA = 64


def invitations(place: Town) -> list[Row]:
    assert place.house is not None
    return place.house.store.read.rows("SELECT * FROM invitation ORDER BY id")


def buttons(say: Say | None) -> list[Button]:
    assert say is not None
    return [button for row in say.buttons for button in row]


async def test_three_taps_bring_the_code_for_a_plain_patient(place: Town) -> None:
    place.person("anna").says("/enroll", chat=place.group.id)
    await place.settle()
    for label in ("Microneedling", "None of these", "Just now"):
        assert not invitations(place)
        await place.press("anna", label)
    (made,) = invitations(place)
    assert people.types_of(made) == ()


async def test_types_are_kept_in_the_order_of_the_procedure_whatever_is_tapped_first(place: Town) -> None:
    await place.invite(types=["Cold sores before", "Brown or black skin"])
    assert people.types_of(invitations(place)[0]) == ("dark_skin", "cold_sores")
    assert "Microneedling · Brown or black skin · Cold sores before · " in place.texts("staff")[-1]


async def test_the_session_can_be_yesterday_with_types_as_well(place: Town) -> None:
    place.person("anna").says("/enroll", chat=place.group.id)
    await place.settle()
    for label in ("Microneedling", "☐ Scalp", "Done", "Yesterday", "16:00"):
        await place.press("anna", label)
    (made,) = invitations(place)
    assert people.types_of(made) == ("scalp",)
    assert "Sunday 1 March, 16:00" in place.texts("staff")[-1]


async def test_a_button_from_before_there_were_types_still_invites(place: Town) -> None:
    assert place.house is not None
    enroll = Enroll(place.house._desk)
    assert enroll._next("w", "microneedling", ["now"], TODAY) is None
    assert enroll._types("microneedling") == ()


async def test_every_button_fits_into_what_telegram_carries(place: Town) -> None:
    assert place.house is not None
    enroll = Enroll(place.house._desk)
    every = "microneedling:15"
    screens = [
        enroll._next("p", "microneedling", [], TODAY),
        enroll._next("k", every, [], TODAY),
        enroll._next("y", every, [], TODAY),
        enroll._next("w", every, ["other"], TODAY),
        enroll._next("w", every, ["earlier"], TODAY),
    ]
    longest = max(len(button.data) for screen in screens for button in buttons(screen))
    # The longest name that a procedure may have, with a mark for each of as many types as it may have.
    room = LONGEST_ID + len(f":{2**MOST_TYPES - 1}") - len(every)
    assert longest + room <= LONGEST_DATA
