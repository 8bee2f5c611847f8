"""Several questions in one message: which parts ask, what is answered, in which order, and what is left."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from care.asked import Cutter, usual_topics
from care.decide import ASK, Decision, Situation, decide
from care.faq import load_faq
from care.hearing import hear
from care.model import Level, Reading
from care.sources import load_sources
from care.text import read
from care.understand import Reader
from tests.reading import CONTENT, ByWord, reader
from tests.town import shared_library

WORDS = {
    **dict.fromkeys(("makeup", "mascara", "maquill"), "makeup"),
    **dict.fromkeys(("gym", "run", "exercise", "gimnasio", "correr"), "exercise"),
    **dict.fromkeys(("swim", "sauna", "pool", "nadar"), "water_heat"),
    **dict.fromkeys(("wine", "alcohol", "vino"), "alcohol"),
    **dict.fromkeys(("red", "redness", "roja"), "redness_expected"),
    **dict.fromkeys(("sessions", "sesiones"), "sessions_count"),
    **dict.fromkeys(("paracetamol", "ibuprofen"), "pain_relief"),
}
PATIENT = Situation(day=2, procedure="microneedling")


@cache
def asking() -> Reader:
    """The real rules and answers, and a searcher that knows a few words."""
    folders = [CONTENT / "general" / "en", CONTENT / "microneedling" / "en"]
    book = load_faq(folders, "en", load_sources(CONTENT, ["microneedling"]))
    return replace(reader(), searcher=ByWord(WORDS), book=book)


def heard(text: str, day: int = 2, lang: str = "en") -> Reading:
    return asking().read(text, day, lang, "microneedling")


def topics(text: str, day: int = 2, lang: str = "en") -> tuple[str, ...]:
    reading = heard(text, day, lang)
    return (reading.topic, *reading.also) if reading.topic else ()


def said(decision: Decision) -> list[str]:
    return [say.words for say in decision.says]


# Parts


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Can I swim? Can I run?", ["Can I swim?", "Can I run?"]),
        ("can I swim and when can I run", ["can I swim", "when can I run"]),
        ("can I swim, and also can I run?", ["can I swim", "can I run?"]),
        ("Can I swim, when can I run", ["Can I swim", "when can I run"]),
        ("can I swim and sauna?", ["can I swim and sauna?"]),
        ("Can I swim or is that too soon?", ["Can I swim or is that too soon?"]),
        ("I had it on Friday and can I swim?", ["can I swim?"]),
        ("Hello! I had it done on Friday. Can I swim?", ["Can I swim?"]),
        ("My cheeks are red. Is that ok?", ["My cheeks are red. Is that ok?"]),
        ("when can I:\n- swim\n- run", ["when can I:", "- swim", "- run"]),
        ("I was wondering if I can swim. I also wanted to ask about wine.", 2),
        ("¿Puedo nadar? ¿Y correr?", ["Puedo nadar?", "Y correr?"]),
        ("tengo que trabajar el lunes, ¿puedo nadar?", ["puedo nadar?"]),
        ("puedo nadar y cuándo puedo correr", ["puedo nadar", "cuándo puedo correr"]),
        ("Swam yesterday, all fine.", []),
    ],
)
def test_a_message_is_cut_where_a_further_question_begins(text: str, asks: list[str] | int) -> None:
    cut = read(text)
    found = [part.text.strip() for part in Cutter(cut, hear(cut, asking().lexicons)).parts() if part.asks]
    assert found == asks or len(found) == asks


# Answers


@pytest.mark.parametrize(
    ("text", "lang", "answered"),
    [
        ("Can I wear makeup and when can I go to the gym?", "en", {"makeup", "exercise"}),
        ("can I wear makeup and go to the gym", "en", {"makeup", "exercise"}),
        ("Is mascara ok? Can I run? And a glass of wine?", "en", {"makeup", "exercise", "alcohol"}),
        ("makeup, gym and wine?", "en", {"makeup", "exercise", "alcohol"}),
        ("My face is red. Is that ok? Can I swim?", "en", {"redness_expected", "water_heat"}),
        ("¿Puedo usar maquillaje y cuándo puedo ir al gimnasio?", "es", {"makeup", "exercise"}),
        ("puedo usar maquillaje e ir al gimnasio", "es", {"makeup", "exercise"}),
        ("Hola, ¿puedo nadar? ¿Y tomar vino?", "es", {"water_heat", "alcohol"}),
    ],
)
def test_several_questions_get_several_answers(text: str, lang: str, answered: set[str]) -> None:
    assert set(topics(text, lang=lang)) == answered


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("can I swim and sauna?", ("water_heat",)),
        ("Can I swim? Is the pool ok?", ("water_heat",)),
        ("can I take ibuprofen or paracetamol?", ("pain_relief",)),
        ("Hi, how are you? Can I swim?", ("water_heat",)),
        ("My boss loves the gym. Can I swim in the sea?", ("water_heat",)),
        ("I ran yesterday and swam. Is wine ok?", ("alcohol",)),
        ("can I wear makeup? is that ok?", ("makeup",)),
    ],
)
def test_what_belongs_to_one_topic_or_is_only_told_gets_one_answer(text: str, answered: tuple[str, ...]) -> None:
    assert topics(text) == answered


def test_there_are_three_answers_at_most_and_the_others_are_offered() -> None:
    reading = heard("Can I swim? Can I run? Is wine ok? Is makeup ok?")
    assert len((reading.topic, *reading.also)) == 3
    assert reading.left
    assert len(reading.near) == 1


def test_what_must_not_be_done_today_is_read_first() -> None:
    asked = "How many sessions do I need? Can I wear makeup? Can I go to the gym?"
    assert topics(asked, day=1) == ("makeup", "exercise", "sessions_count")
    assert topics(asked, day=2) == ("exercise", "makeup", "sessions_count")
    assert topics(asked, day=20) == ("makeup", "exercise", "sessions_count")


def test_without_a_day_the_patients_own_order_stays() -> None:
    reading = asking().read("How many sessions do I need? Can I wear makeup?", None, "en", "microneedling")
    assert (reading.topic, *reading.also) == ("sessions_count", "makeup")


def test_a_question_beside_others_that_found_no_answer_is_told_about() -> None:
    reading = heard("Can I swim and where do you park the cars?")
    assert (reading.topic, reading.also, reading.left, reading.near) == ("water_heat", (), True, ())


def test_what_names_two_topics_is_offered_as_both() -> None:
    reading = heard("Can I drink wine? Does makeup with the swimming thing sting?")
    assert (reading.topic, reading.left, set(reading.near)) == ("alcohol", True, {"makeup", "water_heat"})


def test_a_question_that_none_of_the_parts_answers_is_read_as_a_whole() -> None:
    reading = heard("Where do you park? What time do you close?")
    assert (reading.topic, reading.also, reading.left) == (None, (), False)


def test_the_only_question_is_also_looked_up_without_what_stands_around_it() -> None:
    assert topics("My sister swam on the same day. Can I put mascara on?") == ("makeup",)
    assert heard("My friend loves the pool, it is a red one. Is it dangerous?").topic is None


@pytest.mark.parametrize("text", ["what about the gym?", "and the gym?", "Thanks! How about the gym?"])
def test_a_thing_behind_what_about_is_looked_up_by_itself(text: str) -> None:
    assert topics(text) == ("exercise",)


# What is said


def test_each_answer_is_a_message_and_the_first_is_remembered() -> None:
    decision = decide(Reading(topic="makeup", also=("exercise", "alcohol"), question=True), PATIENT)
    assert decision.answered == ("makeup", "exercise", "alcohol")
    assert (decision.topic, decision.failures) == ("makeup", 0)


def test_what_is_left_is_offered_once_behind_the_answers() -> None:
    decision = decide(Reading(topic="makeup", near=("acids",), left=True, question=True), PATIENT)
    assert said(decision) == ["faq.answer", "faq.rest"]
    assert decision.offered == ("acids",)
    assert decision.says[-1].buttons[-1:] == ASK


def test_what_is_left_goes_to_staff_while_they_talk_to_the_patient() -> None:
    decision = decide(Reading(topic="makeup", left=True, question=True), replace(PATIENT, talking=True))
    assert said(decision) == ["faq.answer", "note.added"]


def test_a_message_for_the_next_day_is_answered_on_all_it_asks() -> None:
    decision = decide(Reading(Level.REVIEW, ("itching",), topic="makeup", also=("when_to_call", "acids")), PATIENT)
    assert said(decision) == ["faq.answer", "faq.answer", "review.answer"]
    assert decision.answered == ("makeup", "acids")


def test_beside_an_urgent_sign_nothing_is_answered() -> None:
    reading = heard("There's pus on my chin. Can I wear makeup and can I swim?", 4)
    assert reading.level is Level.URGENT
    assert said(decide(reading, PATIENT)) == ["urgent.answer"]


@pytest.mark.parametrize(
    ("day", "chip"),
    [(None, "redness_expected"), (0, "redness_expected"), (1, "makeup"), (2, "peeling_expected"), (29, "results_when")],
)
def test_the_topics_that_most_ask_about_are_those_of_the_last_message_with_chips(day: int | None, chip: str) -> None:
    assert usual_topics(shared_library().procedures["microneedling"], day)[0] == chip
