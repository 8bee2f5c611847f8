"""Every text is filled in for every patient for whom it can differ, and for no more than that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from care.library import Library, load
from care.model import Level
from care.passages import Passage, passages
from care.samples import ALWAYS, MOST_PATIENTS, Samples, given
from tests.test_check import CONTENT

LIBRARY: Library = load(CONTENT)
SAMPLES = Samples(LIBRARY)
PASSAGES = list(passages(LIBRARY, "en"))
TYPES = LIBRARY.procedures["microneedling"].types


def text(source: str, id: str = "small.hello", home: str = "") -> Passage:
    """A text of our own under an id."""
    return Passage("en", home, id, source, "words.md", 1, 2, ())


def of(id: str) -> Passage:
    """A text as it stands in content/."""
    return next(passage for passage in PASSAGES if passage.id == id and passage.answer is None)


def days(source: str) -> set[int | None]:
    """Days on which a text is filled in."""
    return {facts["day"] for facts in SAMPLES.facts(text(source))}


def values(passage: Passage, name: str) -> set[Any]:
    """All that a fact is, over the sample patients of a text."""
    return {facts.get(name, "absent") for facts in SAMPLES.facts(passage)}


def test_a_text_without_days_is_filled_in_once_with_a_day_and_once_without() -> None:
    assert days("Hello.") == {None, 0}


def test_a_text_that_changes_on_a_day_is_filled_in_around_it() -> None:
    assert days("{% if day is not none and day >= 4 %}Hello.{% endif %}") == {None, 0, 3, 4, 5, 30}


def test_a_text_that_reckons_with_the_day_is_filled_in_on_every_day() -> None:
    assert days("{{ 30 - (day or 0) }} days to go") == {None, *range(31)}


def test_what_a_text_says_in_turn_counts() -> None:
    assert {3, 4, 5} <= days("{{ say('checkin.trend') }}")


@pytest.mark.parametrize("topic", ["makeup", "exercise", "what_is"])
def test_an_answer_is_filled_in_on_its_own_days_and_on_an_unknown_one(topic: str) -> None:
    found = [passage for passage in PASSAGES if passage.id == topic and passage.answer]
    assert len(found) == len(found[0].answer.stretches if found[0].answer else ())
    for passage in found:
        told = {facts["day"] for facts in SAMPLES.facts(passage)}
        first = passage.days[0] if passage.days else None
        assert first in told
        assert passage.days is None or all(passage.days[0] <= (day or 0) <= passage.days[1] for day in told)


def test_the_plain_patient_one_of_each_type_and_one_of_all_at_once_read_the_plan() -> None:
    assert values(of("day1"), "types") == {(), *((type,) for type in TYPES), TYPES}


def test_open_and_closed_known_and_unknown_are_tried() -> None:
    assert values(of("urgent.answer"), "open") == {True, False}
    assert values(of("emergency.end"), "known") == {True, False}
    assert None in values(of("emergency.end"), "session_date")
    assert "absent" in values(of("answer.by"), "promise")
    assert values(of("media.received"), "kind") == {"photo", "voice", "audio", "video", "sticker", "…"}


def test_of_too_many_patients_every_value_still_has_its_turn() -> None:
    card = of("staff.card")
    assert len(list(SAMPLES.facts(card))) <= 2 * MOST_PATIENTS
    assert values(card, "level") == {level.word for level in Level}
    assert {"open", "taken", "answered", "resolved"} <= values(card, "state")
    assert {"message", "checkin", "media", "silence"} <= values(card, "kind")


def test_no_text_is_filled_in_for_nobody() -> None:
    assert [passage.name for passage in PASSAGES if not next(iter(SAMPLES.facts(passage)), None)] == []


def test_a_text_asks_for_nothing_that_it_is_not_given() -> None:
    def left(passage: Passage) -> set[str]:
        reached = SAMPLES.reach(passage)
        return set(reached.names) - {*ALWAYS} - {*given(passage)} - reached.maybe

    assert {passage.name: left(passage) for passage in PASSAGES if left(passage)} == {}


def test_ids_that_are_put_together_are_followed() -> None:
    asked: Mapping[str, str] = SAMPLES.reach(text("{{ say('ask.' ~ sign) }}", "checkin.sign")).names
    assert asked["day"].startswith("ask.")
    assert SAMPLES.reach(text("{{ say('aks.' ~ sign) }}", "checkin.sign")).lost == {"aks.{sign}": 1}


def test_words_that_say_themselves_in_the_end_are_seen() -> None:
    assert SAMPLES.reach(text("{{ say('small.hello') }}")).round == "small.hello"
    assert SAMPLES.reach(text("{{ say('settings.hour') }}", "enrol.hour")).round == "enrol.hour"
    assert SAMPLES.reach(of("catch_up")).round == ""
