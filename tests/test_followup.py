"""Follow-ups: "and tomorrow?" is about the topic that was answered last, and about the day that it names."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from care.decide import Decision, Situation, decide
from care.faults import ContentFaults
from care.followup import FollowUp, days_ahead, follow_up
from care.hearing import hear
from care.lexicon import load_lexicons
from care.model import Level, Reading
from care.symptoms import load_symptoms
from care.text import read
from commands.talk import plain
from tests.reading import CONTENT, reader
from tests.test_asked import heard
from tests.town import shared_library

WEDNESDAY = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
ASKED_BEFORE = Situation(
    day=1, now=WEDNESDAY, procedure="microneedling", last_topic="makeup", usual_topics=("sleeping", "makeup")
)
ALONE = replace(ASKED_BEFORE, last_topic="")


def found(text: str) -> FollowUp:
    return follow_up(hear(read(text), reader().lexicons))


def answered(text: str, lang: str = "en", situation: Situation = ASKED_BEFORE) -> Decision:
    return decide(heard(text, situation.day or 0, lang), situation)


def shown(decision: Decision, lang: str = "en") -> str:
    return "\n".join(plain(shared_library().say(say.words, lang, say.facts).html) for say in decision.says)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("and tomorrow?", "1"),
        ("And tomorrow", "1"),
        ("ok thanks, and tomorrow?", "1"),
        ("the day after tomorrow?", "2"),
        ("what about Friday?", "friday"),
        ("and at the weekend?", "saturday"),
        ("and in 3 days?", "3"),
        ("and in two weeks?", "14"),
        ("and in 3 weeks?", "3 weeks"),
        ("and on day 5?", "day 5"),
        ("and tonight?", "0"),
        ("for how long?", ""),
        ("how long for?", ""),
        ("and after that?", ""),
        ("and then?", ""),
        ("so when then?", ""),
        ("until when?", ""),
        ("and if it rains?", ""),
        ("¿y mañana?", "1"),
        ("y manana", "1"),
        ("y pasado mañana?", "2"),
        ("y el viernes?", "friday"),
        ("y el finde?", "saturday"),
        ("y dentro de 3 días?", "3"),
        ("¿y en 2 semanas?", "2 weeks"),
        ("y el día 5?", "day 5"),
        ("y en la mañana?", "0"),
        ("¿y por cuánto tiempo?", ""),
        ("hasta cuando?", ""),
        ("y después?", ""),
        ("gracias, ¿y si llueve?", ""),
    ],
)
def test_a_question_that_names_nothing_new_asks_on(text: str, day: str) -> None:
    assert found(text) == FollowUp(True, day)


@pytest.mark.parametrize(
    "text",
    [
        "and now my throat is closing",
        "and the gym?",
        "tomorrow",
        "ok",
        "thanks",
        "how long does the redness last?",
        "I will see you tomorrow",
        "and it hurts more?",
        "and tomorrow my sister comes?",
        "¿y el gimnasio?",
        "y ahora se me cierra la garganta",
        "y mañana trabajo?",
        "hasta mañana",
    ],
)
def test_a_message_that_names_something_of_its_own_does_not(text: str) -> None:
    assert not found(text).bare


@pytest.mark.parametrize(
    ("named", "ahead"),
    [("1", 1), ("0", 0), ("14", 14), ("3 weeks", 21), ("day 5", 3), ("day 2", 0), ("day 1", -1), ("friday", 2)],
)
def test_the_day_that_is_named_is_counted_from_today(named: str, ahead: int) -> None:
    assert days_ahead(named, 2, WEDNESDAY.weekday()) == ahead


def test_the_weekday_of_today_is_today() -> None:
    assert days_ahead("wednesday", 2, WEDNESDAY.weekday()) == 0


# What is said


@pytest.mark.parametrize(
    ("text", "lang", "told"),
    [
        ("and tomorrow?", "en", ["Makeup · tomorrow, day 2", "Only on calm skin", "From day 4 there is no limit"]),
        ("and on Sunday?", "en", ["Makeup · Sunday 8 March, day 5", "• Yes"]),
        ("¿y mañana?", "es", ["Maquillaje · mañana, día 2", "Solo con la piel calmada"]),
        ("y el domingo?", "es", ["Maquillaje · domingo 8 de marzo, día 5", "• Sí"]),
    ],
)
def test_the_answer_for_another_day_says_for_which_and_what_holds_then(text: str, lang: str, told: list[str]) -> None:
    words = shown(answered(text, lang), lang)
    assert [part for part in told if part not in words] == []


@pytest.mark.parametrize("day", range(15))
@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_answer_for_another_day_never_speaks_of_today(day: int, lang: str) -> None:
    """The words for a day say "today" and "tomorrow", which would be other days."""
    for topic in ("makeup", "exercise", "water_heat", "sunscreen", "cleansing", "sun_exposure"):
        asked = answered("and tomorrow?", situation=replace(ASKED_BEFORE, day=day, last_topic=topic))
        body = shown(asked, lang).split("\n\n", 1)[1].lower()
        assert not {"today", "tomorrow", "hoy", "mañana"} & set(read(body).words), (topic, body)


def test_a_question_for_how_long_is_answered_with_all_days() -> None:
    words = shown(answered("for how long?"))
    assert words.startswith("Makeup\n")
    assert "From day 4 there is no limit" in words


def test_a_question_about_tonight_is_answered_as_of_today() -> None:
    assert "No makeup today" in shown(answered("and tonight?"))


def test_a_day_that_is_over_is_answered_with_all_days() -> None:
    say = answered("and on day 1?", situation=replace(ASKED_BEFORE, day=5)).says[0]
    assert (say.facts["day"], say.facts["asked_on"]) == (None, None)


def test_without_a_running_episode_all_days_are_told() -> None:
    say = answered("and tomorrow?", situation=replace(ASKED_BEFORE, day=None)).says[0]
    assert (say.facts["day"], say.facts["asked_on"]) == (None, None)


def test_the_topic_goes_on_being_the_last_one() -> None:
    assert answered("and tomorrow?").topic == "makeup"


def test_another_thing_and_a_day_are_answered_together() -> None:
    decision = answered("what about the gym on Sunday?")
    assert decision.answered == ("exercise",)
    assert "Sport and sweat · Sunday 8 March, day 5" in shown(decision)


def test_without_a_last_topic_it_is_asked_back_with_what_most_ask_about() -> None:
    decision = answered("and tomorrow?", situation=ALONE)
    assert [say.words for say in decision.says] == ["faq.which"]
    assert (decision.offered, decision.failures) == (("sleeping", "makeup"), 1)


def test_it_is_asked_back_only_once() -> None:
    decision = answered("and later?", situation=replace(ALONE, failures=1))
    assert (decision.says[0].words, decision.level) == ("faq.again", Level.REVIEW)


def test_while_staff_talk_to_the_patient_a_follow_up_is_theirs() -> None:
    decision = answered("and tomorrow?", situation=replace(ASKED_BEFORE, talking=True))
    assert [say.words for say in decision.says] == ["note.added"]


def test_a_danger_is_no_follow_up() -> None:
    decision = answered("and now my throat is closing")
    assert (decision.level, decision.says[0].words) == (Level.EMERGENCY, "emergency.airway")


# Thanks


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("kind", ["thanks", "fine"])
def test_two_closes_in_a_row_are_never_the_same(kind: str, lang: str) -> None:
    closes = [shown(decide(Reading(small_talk=kind), replace(ASKED_BEFORE, turn=turn)), lang) for turn in range(13)]
    assert all(first != second for first, second in pairwise(closes))
    assert len(set(closes)) >= 3


@pytest.mark.parametrize(
    ("text", "lang", "topic"),
    [("thanks! can I wear makeup?", "en", "makeup"), ("gracias, ¿y puedo nadar?", "es", "water_heat")],
)
def test_thanks_with_a_question_is_a_question(text: str, lang: str, topic: str) -> None:
    assert answered(text, lang).answered == (topic,)


@pytest.mark.parametrize(
    ("text", "lang", "kind"),
    [
        ("perfect 👍", "en", "small.fine"),
        ("ok", "en", "small.fine"),
        ("thank you so much!!", "en", "small.thanks"),
        ("vale, muchas gracias", "es", "small.thanks"),
        ("listo 👌", "es", "small.fine"),
    ],
)
def test_a_close_is_answered_with_a_close_and_keeps_the_topic(text: str, lang: str, kind: str) -> None:
    decision = answered(text, lang)
    assert ([say.words for say in decision.says], decision.topic) == ([kind], "makeup")


# Content


def test_a_day_that_means_nothing_is_told_with_its_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    general = tmp_path_factory.mktemp("content") / "general"
    shutil.copytree(CONTENT / "general", general)
    scope = general / "en" / "scope.yaml"
    text = scope.read_text(encoding="utf-8")
    scope.write_text(text.replace("  in a fortnight: 14\n", "  in a fortnight: soon\n"), encoding="utf-8")
    table = load_symptoms(general / "symptoms.yaml", general.parent)
    with pytest.raises(ContentFaults, match="`in a fortnight: soon`: write how many days ahead"):
        load_lexicons(general, table.symptoms)
