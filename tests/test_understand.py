"""What patients say, line by line, and what a reading holds besides the level."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from care.model import Level, Reading, Why
from care.understand import load_reader
from tests.reading import CONTENT, SAID, SetAnswers, reader


def lines(*, missed: bool) -> list[object]:
    """The lines of tests/said: those that are understood, or those known not to be."""
    return [
        pytest.param(line, id=line["id"])
        for path in sorted(SAID.glob("*.jsonl"))
        if (path.name == "known_misses.jsonl") == missed
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


@pytest.mark.parametrize("line", lines(missed=False))
def test_what_patients_say_is_read_at_its_level(line: dict[str, object]) -> None:
    reading = read_line(line)
    assert reading.level is Level.of(str(line["level"])), reading.why
    assert set(line.get("symptoms", ())) <= set(reading.symptoms)  # type: ignore[call-overload]


@pytest.mark.parametrize("line", lines(missed=True))
def test_a_known_miss_still_misses(line: dict[str, object]) -> None:
    """When this fails, a miss is mended: move the line to the others."""
    assert read_line(line).level is not Level.of(str(line["level"]))


def read_line(line: dict[str, object]) -> Reading:
    lang = str(line["lang"]) if line["lang"] in ("en", "es") else "en"
    return reader().read(str(line["text"]), int(str(line["day"])), lang)


def test_a_sure_topic_is_answered() -> None:
    reading = reader(("exercise", 0.9), ("makeup", 0.4)).read("When can I go running?", 2, "en")
    assert (reading.topic, reading.near, reading.sure, reading.question) == ("exercise", (), 0.9, True)


def test_less_sure_topics_are_offered_three_at_most() -> None:
    hits = (("exercise", 0.6), ("out_of_scope", 0.55), ("makeup", 0.5), ("acids", 0.4), ("sleeping", 0.35))
    reading = reader(*hits).read("When can I go running?", 2, "en")
    assert (reading.topic, reading.near) == (None, ("exercise", "makeup", "acids"))


def test_a_question_out_of_scope_gets_no_topic() -> None:
    reading = reader(("out_of_scope", 0.9), ("makeup", 0.1)).read("How much is lip filler?", 2, "en")
    assert (reading.topic, reading.near) == (None, ())


def test_what_may_be_meant_by_a_question_out_of_scope_is_offered() -> None:
    reading = reader(("out_of_scope", 0.9), ("makeup", 0.5)).read("How much is lip filler?", 2, "en")
    assert (reading.topic, reading.near) == (None, ("makeup",))


def test_a_question_beside_a_danger_keeps_its_topic() -> None:
    reading = reader(("makeup", 0.9)).read("There's pus on my chin. Can I wear makeup?", 4, "en")
    assert (reading.level, reading.topic) == (Level.URGENT, "makeup")


def test_a_sign_that_is_merely_told_asks_about_no_topic_unless_one_is_surely_meant() -> None:
    assert reader(("makeup", 0.6)).read("I'm a bit red today", 1, "en").topic is None
    assert reader(("makeup", 0.6)).read("I'm a bit red today", 1, "en").near == ()
    assert reader(("makeup", 0.9)).read("A wedding on Saturday and I'm a bit red", 1, "en").topic == "makeup"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Thank you so much!", "thanks"),
        ("gracias doctora", "thanks"),
        ("hello", "hello"),
        ("buenas tardes", "hello"),
        ("all good here", "fine"),
        ("No pus, no fever", "fine"),
        ("👍", "fine"),
        ("hi, can I swim?", ""),
        ("thanks, but my face is itchy", ""),
    ],
)
def test_small_talk_is_only_small_talk_when_there_is_nothing_else(text: str, kind: str) -> None:
    assert reader().read(text, 2, "en").small_talk == kind


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n"])
def test_an_empty_message_is_unreadable(text: str) -> None:
    reading = reader().read(text, 2, "en")
    assert (reading.readable, reading.symptoms, reading.level) == (False, ("unreadable",), Level.REVIEW)


def test_the_language_of_a_message_is_told() -> None:
    assert reader().read("When can I wash my hair?", 2, "es").language == "en"
    assert reader().read("¿Cuándo me puedo lavar el pelo?", 2, "en").language == "es"
    assert reader().read("Wann darf ich wieder Sport machen?", 2, "en").language == "de"


def test_a_danger_in_a_foreign_message_is_raised_all_the_same() -> None:
    reading = reader().read("Estou com febre de 38,5 desde ontem à noite", 4, "en")
    assert reading.level is Level.URGENT


def test_a_language_that_is_not_offered_is_still_read_for_danger() -> None:
    english_only = reader(languages=("en",))
    assert english_only.read("No puedo respirar bien desde hace rato", 1, "en").level is Level.EMERGENCY
    assert not english_only.read("¿Cuándo puedo volver a nadar en la alberca?", 1, "en").readable


def test_staff_see_the_patients_own_words() -> None:
    why = reader().read("Hello. Ther is YELLOW discharge on my chin", 4, "en").why[0]
    assert "YELLOW discharge" in why.phrase
    assert (why.symptom, why.level) == ("pus", Level.URGENT)


@pytest.mark.parametrize("word", ["red ", "no pus, ", "can't ", "zxqv ", "🙂", "?", "my face is hot ", "ж"])
def test_a_hostile_message_is_read_to_its_end(word: str) -> None:
    assert reader().read((word * 4096)[:4096], 3, "en").level >= Level.NONE


@dataclass(frozen=True)
class AlwaysUrgent:
    """A further reader that is alarmed by everything."""

    def read(self, text: str, day: int | None, rules: Reading) -> Reading:
        why = Why(text, "pus", "another reader", Level.URGENT)
        return replace(rules, level=Level.URGENT, symptoms=("pus",), sure=0.8, why=(why,))


def test_of_several_readers_the_most_serious_one_wins() -> None:
    base = load_reader(CONTENT / "general", ("en", "es"), SetAnswers())
    both = replace(base, others=(AlwaysUrgent(),))
    assert both.read("it looks like custard weather", 4, "en").level is Level.URGENT
    emergency = both.read("I can't breathe", 4, "en")
    assert (emergency.level, emergency.symptoms) == (Level.EMERGENCY, ("breathing", "pus"))


@pytest.mark.parametrize(
    "text",
    [
        "my lad has yellow pus coming out of his cheek",
        "my husband had the session, his cheek smells bad",
        "a mi hijo le sale pus de la mejilla",
    ],
)
def test_a_serious_sign_of_somebody_close_is_asked_about_and_never_passed_over(text: str) -> None:
    assert reader().read(text, 4, "en").asks


def test_what_somebody_close_had_last_year_is_not_asked_about() -> None:
    assert not reader().read("my sister had pus after hers last year but she's fine", 4, "en").asks
