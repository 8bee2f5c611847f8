"""What follows from a reading: each level, strangers, open flags, questions, and what could not be answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from care.decide import CAUSES, Decision, Situation, decide, emergency_words, flag_facts, still_owed
from care.model import Lane, Level, Reading
from tests.town import shared_library, shared_reader

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
TODAY = NOW.replace(hour=17)
TOMORROW = NOW.replace(day=5, hour=10)
USUAL = shared_library().procedures["microneedling"].usual
PATIENT = Situation(
    day=2,
    now=NOW,
    procedure="microneedling",
    usual=USUAL,
    promise={Level.URGENT: TODAY, Level.REVIEW: TOMORROW, Level.EMERGENCY: TODAY},
    session=NOW.replace(day=2),
    last_topic="makeup",
)
STRANGER = Situation(day=None, known=False)


def words(decision: Decision) -> list[str]:
    return [say.words for say in decision.says]


# Emergencies


@pytest.mark.parametrize(
    ("symptoms", "said"),
    [
        (("breathing",), "emergency.airway"),
        (("airway_swelling", "hives"), "emergency.airway"),
        (("uncontrolled_bleeding",), "emergency.bleeding"),
        (("chest_pain",), "emergency.chest"),
        (("collapse",), "emergency.collapse"),
        (("sepsis_signs", "fever"), "emergency.sepsis"),
        (("vision_loss",), "emergency.sight"),
        (("skin_necrosis",), "emergency.dark_skin"),
        (("self_harm",), "emergency.self_harm"),
        (("breathing", "self_harm"), "emergency.self_harm"),
        (("sepsis_signs", "breathing"), "emergency.airway"),
        (("severe_pain",), "emergency.general"),
        ((), "emergency.general"),
    ],
)
def test_an_emergency_is_answered_for_what_kills_fastest(symptoms: tuple[str, ...], said: str) -> None:
    decision = decide(Reading(Level.EMERGENCY, symptoms), PATIENT)
    assert words(decision) == [said]
    assert (decision.level, decision.says[0].lane) == (Level.EMERGENCY, Lane.EMERGENCY)


def test_nothing_comes_before_an_emergency() -> None:
    reading = Reading(
        Level.EMERGENCY, ("breathing",), topic="makeup", near=("acids",), asks=True, readable=False, small_talk="thanks"
    )
    busy = replace(PATIENT, open_level=Level.EMERGENCY, talking=True, failures=3)
    decision = decide(reading, busy)
    assert words(decision) == ["emergency.airway"]
    assert decision.level is Level.EMERGENCY
    assert not decision.ask_signs


def test_a_stranger_in_an_emergency_is_answered_and_nobody_can_be_told() -> None:
    decision = decide(Reading(Level.EMERGENCY, ("breathing",)), STRANGER)
    assert words(decision) == ["emergency.airway"]
    assert decision.level is Level.NONE
    assert decision.says[0].facts["known"] is False


@pytest.mark.parametrize("level", [Level.NONE, Level.REVIEW, Level.URGENT])
def test_a_stranger_is_otherwise_told_how_to_join(level: Level) -> None:
    decision = decide(Reading(level, ("pus",), topic="makeup"), STRANGER)
    assert words(decision) == ["start.no_invitation"]
    assert decision.level is Level.NONE


def test_every_cause_of_an_emergency_has_its_words_and_is_an_emergency() -> None:
    library = shared_library()
    known = {id for _, id in library.ids("en")}
    assert {emergency_words((symptom,)) for symptom in CAUSES} <= known
    assert "emergency.general" in known
    assert {shared_reader().table.symptoms[symptom].level for symptom in CAUSES} == {Level.EMERGENCY}


# Urgent, unsure, unreadable, review


def test_an_urgent_sign_is_answered_and_flagged() -> None:
    decision = decide(Reading(Level.URGENT, ("pus",), topic="makeup"), PATIENT)
    assert words(decision) == ["urgent.answer"]
    assert (decision.level, decision.kind) == (Level.URGENT, "message")


def test_an_urgent_sign_is_flagged_again_although_staff_are_already_talking() -> None:
    talk = replace(PATIENT, open_level=Level.REVIEW, talking=True)
    decision = decide(Reading(Level.URGENT, ("pus",)), talk)
    assert decision.level is Level.URGENT
    assert decision.says[0].facts["again"] is False
    assert decide(Reading(Level.URGENT, ("pus",)), replace(talk, open_level=Level.URGENT)).says[0].facts["again"]


@pytest.mark.parametrize("level", [Level.NONE, Level.REVIEW])
def test_an_unclear_message_leads_to_the_safety_questions_and_keeps_its_flag(level: Level) -> None:
    decision = decide(Reading(level, asks=True, topic="makeup"), PATIENT)
    assert words(decision) == ["unsure.ask"]
    assert (decision.level, decision.ask_signs) == (level, True)


@pytest.mark.parametrize("questions", ["open", "answered"])
def test_a_message_that_is_unclear_again_goes_to_a_person_and_is_asked_about_besides(questions: str) -> None:
    decision = decide(Reading(asks=True), replace(PATIENT, questions=questions))
    assert words(decision) == ["unsure.again"]
    assert (decision.level, decision.ask_signs, decision.failures) == (Level.REVIEW, True, 1)


@pytest.mark.parametrize(
    "reading", [Reading(topic="makeup"), Reading(small_talk="thanks"), Reading(Level.REVIEW, ("lumps",)), Reading()]
)
def test_whatever_is_said_while_the_safety_questions_are_open_they_are_not_forgotten(reading: Reading) -> None:
    asked, usual = decide(reading, replace(PATIENT, questions="open")), decide(reading, PATIENT)
    assert words(asked) == [*words(usual), "unsure.open"]
    assert asked.level is usual.level
    assert words(decide(reading, replace(PATIENT, questions="answered"))) == words(usual)


def test_what_is_urgent_comes_without_a_word_about_open_questions() -> None:
    for level in (Level.URGENT, Level.EMERGENCY):
        assert "unsure.open" not in words(decide(Reading(level, ("pus",)), replace(PATIENT, questions="open")))


def test_after_the_safety_questions_the_message_gets_what_it_would_have_got() -> None:
    assert words(still_owed(Reading(asks=True, topic="makeup"), PATIENT)) == ["faq.answer"]
    assert words(still_owed(Reading(asks=True), PATIENT)) == ["faq.unsure"]
    assert words(still_owed(Reading(asks=True), replace(PATIENT, failures=1))) == ["faq.again"]
    assert words(still_owed(Reading(Level.REVIEW, ("lumps",), asks=True), PATIENT)) == ["review.answer"]


def test_who_asked_nothing_is_offered_no_topics_after_the_safety_questions() -> None:
    told, asked = Reading(asks=True, near=("acids",)), Reading(asks=True, near=("acids",), question=True)
    assert words(still_owed(told, PATIENT)) == ["faq.unsure"]
    assert words(still_owed(asked, PATIENT)) == ["faq.choose"]


def test_what_staff_have_on_a_card_already_is_not_offered_to_them_after_the_safety_questions() -> None:
    decision = still_owed(Reading(asks=True), replace(PATIENT, open_level=Level.REVIEW))
    assert (words(decision), decision.level) == ([], Level.NONE)


@pytest.mark.parametrize("reading", [Reading(readable=False), Reading(Level.REVIEW, ("unreadable",), readable=False)])
def test_after_what_could_not_be_read_the_next_that_leads_to_nothing_goes_to_a_person(reading: Reading) -> None:
    first = decide(reading, PATIENT)
    assert words(decide(Reading(), replace(PATIENT, failures=first.failures))) == ["faq.again"]


def test_after_a_hand_over_what_leads_to_nothing_goes_to_the_same_person() -> None:
    again = decide(Reading(), replace(PATIENT, failures=1))
    assert words(decide(Reading(), replace(PATIENT, failures=again.failures))) == ["faq.again"]


def test_safety_questions_between_two_failures_do_not_make_the_count_begin_anew() -> None:
    asked = decide(Reading(asks=True), replace(PATIENT, failures=1))
    assert asked.failures == 1


def test_an_unclear_message_that_is_urgent_is_not_asked_about_first() -> None:
    decision = decide(Reading(Level.URGENT, ("pus",), asks=True), PATIENT)
    assert words(decision) == ["urgent.answer"]


def test_a_message_in_another_language_goes_to_a_person() -> None:
    decision = decide(Reading(Level.REVIEW, ("unreadable",), language="fr", readable=False), PATIENT)
    assert words(decision) == ["unreadable.foreign"]
    assert decision.says[0].facts["language"] == "fr"
    assert (decision.level, decision.kind) == (Level.REVIEW, "unreadable")


def test_a_message_of_no_language_goes_to_a_person() -> None:
    decision = decide(Reading(Level.REVIEW, ("unreadable",), readable=False), PATIENT)
    assert words(decision) == ["unreadable.answer"]
    assert (decision.level, decision.kind) == (Level.REVIEW, "unreadable")


def test_an_unreadable_message_is_flagged_even_when_its_reading_asks_for_nothing() -> None:
    assert decide(Reading(Level.NONE, readable=False), PATIENT).level is Level.REVIEW


def test_a_sign_for_the_next_working_day_is_answered_and_flagged() -> None:
    decision = decide(Reading(Level.REVIEW, ("dark_patches",)), PATIENT)
    assert words(decision) == ["review.answer"]
    assert decision.level is Level.REVIEW


def test_a_question_beside_such_a_sign_is_answered_first() -> None:
    decision = decide(Reading(Level.REVIEW, ("dark_patches",), topic="sunscreen"), PATIENT)
    assert words(decision) == ["faq.answer", "review.answer"]
    assert (decision.level, decision.topic) == (Level.REVIEW, "sunscreen")


@pytest.mark.parametrize("topic", ["talk_to_person", "when_to_call"])
def test_who_wants_a_person_is_not_told_how_to_ask_for_one(topic: str) -> None:
    assert words(decide(Reading(Level.REVIEW, ("human_wanted",), topic=topic), PATIENT)) == ["review.answer"]


@pytest.mark.parametrize("level", [Level.REVIEW, Level.URGENT, Level.EMERGENCY])
def test_more_for_an_open_flag_is_added_to_it(level: Level) -> None:
    decision = decide(Reading(Level.REVIEW, ("lumps",)), replace(PATIENT, open_level=level))
    assert words(decision) == ["review.added"]
    assert decision.level is Level.REVIEW


# Questions and small talk


def test_a_question_is_answered_for_the_day_and_not_flagged() -> None:
    decision = decide(Reading(topic="makeup"), PATIENT)
    assert words(decision) == ["faq.answer"]
    assert decision.says[0].facts == {"topic": "makeup", "day": 2, "procedure": "microneedling"}
    assert (decision.level, decision.failures, decision.topic) == (Level.NONE, 0, "makeup")


def test_a_question_is_answered_although_staff_are_talking_with_the_patient() -> None:
    assert words(decide(Reading(topic="makeup"), replace(PATIENT, talking=True))) == ["faq.answer"]


@pytest.mark.parametrize("symptom", sorted(USUAL))
def test_an_expected_sign_is_answered_with_what_is_usual(symptom: str) -> None:
    decision = decide(Reading(symptoms=(symptom,)), PATIENT)
    assert words(decision) == ["faq.answer"]
    assert decision.topic == USUAL[symptom]
    assert shared_library().answers(decision.topic, "microneedling")


def test_what_is_usual_after_one_procedure_answers_nobody_else() -> None:
    reading = Reading(symptoms=("redness",))
    assert words(decide(reading, replace(PATIENT, procedure="peel", usual={}))) == ["faq.unsure"]
    elsewhere = replace(PATIENT, procedure="peel", usual={"redness": "peel_redness"})
    assert decide(reading, elsewhere).says[0].facts["topic"] == "peel_redness"


@pytest.mark.parametrize("kind", ["thanks", "fine", "hello"])
def test_small_talk_is_answered_and_the_last_topic_is_kept(kind: str) -> None:
    decision = decide(Reading(small_talk=kind), replace(PATIENT, failures=1))
    assert words(decision) == [f"small.{kind}"]
    assert (decision.level, decision.failures, decision.topic) == (Level.NONE, 0, "makeup")


def test_what_is_said_in_a_talk_with_staff_is_added_to_it_and_not_judged_as_a_question() -> None:
    talk = replace(PATIENT, open_level=Level.URGENT, talking=True)
    for reading in (Reading(), Reading(small_talk="thanks"), Reading(near=("acids",))):
        assert words(decide(reading, talk)) == ["note.added"]


def test_the_first_question_that_cannot_be_answered_may_be_handed_to_the_clinic() -> None:
    decision = decide(Reading(), PATIENT)
    assert words(decision) == ["faq.unsure"]
    assert [b.words for row in decision.says[0].buttons for b in row] == ["button.ask_clinic", "button.no_thanks"]
    assert (decision.level, decision.failures) == (Level.NONE, 1)


def test_near_topics_are_offered_as_buttons() -> None:
    decision = decide(Reading(near=("acids", "retinoids")), PATIENT)
    assert words(decision) == ["faq.choose"]
    assert [[b.data for b in row] for row in decision.says[0].buttons] == [
        ["topic|acids"],
        ["topic|retinoids"],
        ["ask", "noask"],
    ]
    assert decision.failures == 1


@pytest.mark.parametrize("near", [(), ("acids",)])
def test_the_second_question_running_that_cannot_be_answered_goes_to_a_person(near: tuple[str, ...]) -> None:
    decision = decide(Reading(near=near), replace(PATIENT, failures=1))
    assert words(decision) == ["faq.again"]
    assert (decision.level, decision.kind, decision.failures) == (Level.REVIEW, "question", 1)


# What every decision keeps to


READINGS = [
    Reading(level, topic=topic, asks=asks, readable=readable, small_talk=small_talk, near=near)
    for level in Level
    for topic in (None, "makeup")
    for asks in (False, True)
    for readable in (False, True)
    for small_talk in ("", "thanks")
    for near in ((), ("acids",))
]
SITUATIONS = [
    replace(PATIENT, failures=failures, talking=talking, open_level=level)
    for failures in (0, 1)
    for talking in (False, True)
    for level in (Level.NONE, Level.REVIEW, Level.URGENT, Level.EMERGENCY)
]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_patient_always_reads_something_and_no_level_is_lowered(situation: Situation) -> None:
    library = shared_library()
    for reading in READINGS:
        decision = decide(reading, situation)
        assert decision.says, reading
        assert decision.level >= reading.level, reading
        for say in decision.says:
            assert library.say(say.words, "en", {"day": 2, "procedure": "microneedling", **say.facts}).html


def test_a_promise_says_whether_it_is_for_today() -> None:
    assert flag_facts(Level.URGENT, PATIENT)["promise_today"] is True
    assert flag_facts(Level.REVIEW, PATIENT)["promise_today"] is False
    assert flag_facts(Level.REVIEW, replace(PATIENT, promise={}))["promise"] is None
    assert flag_facts(Level.REVIEW, replace(PATIENT, clinic_open=False))["open"] is False
