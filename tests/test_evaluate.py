"""Measuring with labelled messages: what is counted, what is told of it, and the page that shows it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from typer.testing import CliRunner, Result

from aftercare import app
from care import decide
from care.calibration import Calibration, calibration
from care.evaluation import CAUSES, TOGETHER, Evaluation
from care.labelled import Labelled
from care.measured import READ_AS, Measured, kept
from care.misses import SHORT, label_of, misses, read_of, why_of
from care.model import Button, Level, Reading, Say, Why
from care.shares import Goal, Reached, Share
from commands.evaluate import evaluate
from commands.evaluated import Report, as_json, as_page
from commands.labels import MOST_TOLD, read_labelled
from commands.parts import BadContent
from commands.talk import BadLine, Talk
from tests.test_demo_page import ARGUMENTS, CHROMIUM
from tests.town import MONDAY, shared_library, shared_reader

NONE, REVIEW, URGENT, EMERGENCY = Level
OFFERED = ("en", "es")
TOPICS = frozenset(("makeup", "exercise", "sunscreen"))


def one(
    level: Level,
    read: Level = NONE,
    *,
    asks: bool = False,
    answered: Sequence[str] = (),
    offered: Sequence[str] = (),
    topic: str | None = None,
    also_ok: tuple[str, ...] = (),
    lang: str = "en",
    tags: tuple[str, ...] = (),
    symptoms: tuple[str, ...] = (),
    understood: Level | None = None,
    line: str = "",
    danger: float | None = None,
    sure: float = 0.0,
    ms: float = 1.0,
    id: str = "m1",
    text: str = "hello",
    why: tuple[Why, ...] = (),
) -> Measured:
    """A message with that label of which that was made."""
    label = Labelled(id, "f.jsonl:1", lang, 3, text, level, symptoms, topic, also_ok, tags, understood)
    says = [Say("faq.answer", {"topic": name}) for name in answered]
    if offered:
        says.append(Say("faq.choose", {}, tuple((Button(f"topic.{name}"),) for name in offered)))
    if line:
        says.append(Say(f"safety_line.{line}"))
    reading = Reading(read, topic=next(iter(answered), None), sure=sure, danger=danger, why=why)
    return Measured(label, reading, decide.Decision(tuple(says), read, ask_signs=asks), ms)


def over(*measured: Measured, lines: Sequence[str] = ()) -> Evaluation:
    return Evaluation(measured, OFFERED, lines)


def share(figure: str, *measured: Measured, column: str = TOGETHER, lines: Sequence[str] = ()) -> tuple[int, int]:
    """(hits, of) of a figure."""
    evaluation = over(*measured, lines=lines)
    rows = (*evaluation.own_rows(), *evaluation.foreign_rows())
    found = next(row.shares[column] for row in rows if row.figure.id == figure)
    return found.hits, found.of


# Shares and goals


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 27.8), (5, 10, 23.7, 76.3), (10, 10, 72.2, 100.0), (42, 53, 66.5, 88.0), (1, 1, 20.7, 100.0)],
)
def test_the_interval_is_that_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert Share(hits, of).interval == pytest.approx((low, high), abs=0.05)


def test_of_nothing_anything_may_be_true() -> None:
    nothing = Share(0, 0)
    assert (nothing.percent, nothing.interval, str(nothing)) == (0.0, (0.0, 100.0), "–")
    assert Goal(90, 97).reached(nothing) is Reached.NOTHING


def test_a_share_is_told_with_its_counts_and_its_interval() -> None:
    assert str(Share(42, 53)) == "42/53, 79.2 % [67-88]"


@pytest.mark.parametrize(
    ("hits", "of", "reached"),
    [
        (89, 100, Reached.MISSED),
        (90, 100, Reached.MUST),
        (96, 100, Reached.MUST),
        (97, 100, Reached.STRETCH),
        (899, 1000, Reached.MISSED),
    ],
)
def test_a_goal_is_reached_at_its_figure_and_not_just_below(hits: int, of: int, reached: Reached) -> None:
    assert Goal(90, 97).reached(Share(hits, of)) is reached


@pytest.mark.parametrize(
    ("hits", "reached"), [(101, Reached.MISSED), (100, Reached.MUST), (51, Reached.MUST), (50, Reached.STRETCH)]
)
def test_what_must_be_rare_is_reached_at_its_figure_and_not_just_above(hits: int, reached: Reached) -> None:
    assert Goal(10, 5, at_most=True).reached(Share(hits, 1000)) is reached


def test_half_a_percent_is_counted_exactly() -> None:
    assert Goal(98, 99.5).reached(Share(199, 200)) is Reached.STRETCH
    assert Goal(98, 99.5).reached(Share(198, 200)) is Reached.MUST


def test_a_goal_without_a_must_can_be_fallen_short_of_and_not_missed() -> None:
    assert Goal(stretch=80).reached(Share(7, 10)) is Reached.SHORT
    assert Goal(stretch=80).reached(Share(8, 10)) is Reached.STRETCH
    assert Goal(100).reached(Share(3, 3)) is Reached.MUST


# What is counted


def test_a_danger_is_raised_as_urgent_or_emergency_and_caught_also_when_it_is_asked_about() -> None:
    told = (one(URGENT, URGENT), one(EMERGENCY, URGENT), one(URGENT, REVIEW), one(EMERGENCY, asks=True), one(URGENT))
    assert share("raised", *told) == (2, 5)
    assert share("caught", *told) == (3, 5)


def test_a_danger_that_is_only_on_a_card_is_caught_when_the_questions_come_with_it() -> None:
    assert share("caught", one(URGENT, REVIEW, asks=True), one(URGENT, REVIEW)) == (1, 2)


def test_an_emergency_must_be_answered_as_one() -> None:
    assert share("emergency", one(EMERGENCY, EMERGENCY), one(EMERGENCY, URGENT), one(URGENT, EMERGENCY)) == (1, 2)


def test_review_is_flagged_from_review_on_and_not_by_asking() -> None:
    assert share("review", one(REVIEW, REVIEW), one(REVIEW, EMERGENCY), one(REVIEW, asks=True), one(NONE)) == (2, 3)


def test_tricky_harmless_messages_are_counted_apart_from_plain_ones() -> None:
    tricky = one(NONE, URGENT, tags=("harmless_tricky", "idiom"))
    told = (tricky, one(NONE, tags=("harmless_tricky",)), one(NONE), one(NONE, asks=True), one(NONE, topic="makeup"))
    assert (share("tricky_flagged", *told), share("plain_flagged", *told)) == ((1, 2), (0, 3))
    assert (share("tricky_asked", *told), share("plain_asked", *told)) == ((0, 2), (1, 3))


def test_what_is_flagged_is_not_counted_as_asked_as_well() -> None:
    both = one(NONE, REVIEW, asks=True)
    assert (share("plain_flagged", both), share("plain_asked", both)) == ((1, 1), (0, 1))


def test_what_is_read_as_serious_is_flagged_even_if_nothing_was_decided() -> None:
    quiet = replace(one(NONE, REVIEW), decision=decide.Decision(()))
    assert share("plain_flagged", quiet) == (1, 1)


def test_of_several_answers_one_right_one_is_enough() -> None:
    told = one(NONE, topic="makeup", answered=("exercise", "makeup"))
    assert (share("right", told), share("wrong", told)) == ((1, 1), (0, 1))


def test_an_answer_is_wrong_when_none_of_what_was_answered_is_right() -> None:
    told = one(NONE, topic="makeup", also_ok=("sunscreen",), answered=("exercise",))
    assert (share("right", told), share("wrong", told)) == ((0, 1), (1, 1))
    also = one(NONE, topic="makeup", also_ok=("sunscreen",), answered=("sunscreen",))
    assert (share("right", also), share("wrong", also)) == ((1, 1), (0, 1))


def test_a_question_that_is_passed_on_is_neither_answered_rightly_nor_wrongly() -> None:
    told = one(NONE, topic="makeup")
    assert [share(figure, told) for figure in ("right", "wrong", "near")] == [(0, 1), (0, 1), (0, 1)]


def test_a_right_button_counts_as_near() -> None:
    button = one(NONE, topic="makeup", offered=("exercise", "makeup"))
    assert [share(figure, button) for figure in ("right", "wrong", "near")] == [(0, 1), (0, 1), (1, 1)]
    assert share("near", one(NONE, topic="makeup", answered=("makeup",))) == (1, 1)
    assert share("near", one(NONE, topic="makeup", offered=("exercise",))) == (0, 1)


def test_what_is_out_of_scope_is_no_question_that_could_be_answered() -> None:
    outside = one(NONE, topic="out_of_scope", answered=("makeup",))
    told = (outside, one(NONE, topic="out_of_scope", offered=("makeup",)), one(NONE, topic="makeup"))
    assert (share("outside", *told), share("right", *told)) == ((1, 2), (0, 1))


def test_only_harmless_questions_are_counted_as_questions() -> None:
    assert share("right", one(REVIEW, topic="makeup"), one(URGENT, topic="makeup"), one(NONE)) == (0, 0)


def test_each_language_has_its_own_column_and_others_are_in_none_of_them() -> None:
    told = (one(URGENT, URGENT), one(URGENT, lang="es"), one(URGENT, URGENT, lang="fr"))
    counted = [share("raised", *told, column=column) for column in ("en", "es", TOGETHER)]
    assert counted == [(1, 1), (0, 1), (1, 2)]


def test_another_language_is_kept_with_a_card_and_the_line_of_that_language() -> None:
    good = one(REVIEW, REVIEW, lang="fr", line="fr")
    without = one(REVIEW, REVIEW, lang="fr")
    near = one(REVIEW, REVIEW, lang="fr", line="pt")
    quiet = one(REVIEW, lang="fr", line="fr")
    assert share("foreign_kept", good, without, near, quiet, lines=("fr", "pt")) == (1, 4)


def test_a_language_without_a_line_is_kept_with_a_card_alone() -> None:
    assert share("foreign_kept", one(REVIEW, REVIEW, lang="et"), one(REVIEW, lang="et"), lines=("fr",)) == (1, 2)


def test_of_other_languages_those_must_be_raised_that_are_dangers_to_who_speaks_them() -> None:
    told = (
        one(REVIEW, URGENT, lang="fr", understood=EMERGENCY),
        one(REVIEW, REVIEW, lang="de", understood=URGENT),
        one(REVIEW, URGENT, lang="pt"),
        one(REVIEW, URGENT, lang="pl", understood=NONE),
    )
    assert share("foreign_raised", *told) == (1, 2)


def test_every_must_that_is_missed_is_told_with_its_column_and_nothing_else() -> None:
    told = over(one(URGENT, URGENT), one(URGENT, asks=True, lang="es"), one(REVIEW, lang="fr", understood=URGENT))
    carried = "kept for a person, with the safety line in their language where one is written"
    raised = "dangers raised to urgent or emergency"
    assert told.missed_musts() == ((raised, "es"), (raised, TOGETHER), (carried, TOGETHER))


# Causes, confusion, time


def test_every_emergency_that_has_words_of_its_own_is_among_the_causes() -> None:
    assert set(CAUSES) == set(decide.CAUSES)


def test_an_emergency_counts_below_each_cause_that_its_label_names() -> None:
    told = over(
        one(EMERGENCY, EMERGENCY, symptoms=("breathing", "airway_swelling")),
        one(EMERGENCY, URGENT, symptoms=("breathing", "redness"), lang="es"),
        one(EMERGENCY, asks=True, symptoms=("severe_pain", "fever")),
        one(URGENT, URGENT, symptoms=("breathing",)),
    )
    causes = {cause.name: cause for cause in told.causes()}
    breathing, other = causes["breathing"], causes["other"]
    assert [breathing.emergency[column] for column in told.columns] == [Share(1, 1), Share(0, 1), Share(1, 2)]
    assert (breathing.raised[TOGETHER], breathing.caught[TOGETHER]) == (Share(2, 2), Share(2, 2))
    assert causes["airway"].emergency[TOGETHER] == Share(1, 1)
    assert (other.raised[TOGETHER], other.caught[TOGETHER]) == (Share(0, 1), Share(1, 1))
    assert causes["sepsis"].caught[TOGETHER] == Share(0, 0)


def test_other_causes_are_told_only_where_there_are_some() -> None:
    assert [cause.name for cause in over(one(EMERGENCY, symptoms=("breathing",))).causes()] == list(CAUSES.values())


def test_the_matrix_holds_every_message_once_and_the_asked_in_a_column_of_their_own() -> None:
    told = over(one(NONE), one(NONE, asks=True), one(URGENT, REVIEW, asks=True), one(EMERGENCY, URGENT, lang="es"))
    matrix = told.confusion(TOGETHER)
    assert sum(sum(row.values()) for row in matrix.values()) == len(told.own)
    assert (matrix[NONE]["none"], matrix[NONE]["asked"], matrix[URGENT]["review"]) == (1, 1, 1)
    assert told.confusion("es")[EMERGENCY] == {**dict.fromkeys(READ_AS, 0), "urgent": 1}


def test_the_time_is_that_of_the_middle_and_of_nearly_the_slowest_message() -> None:
    told = over(*(one(NONE, ms=float(ms)) for ms in range(100, 0, -1)))
    assert (told.milliseconds(0.5), told.milliseconds(0.99)) == (50.0, 99.0)
    assert over(one(NONE, ms=7.0)).milliseconds(0.99) == 7.0


# Calibration


def told_of(found: Calibration | None) -> Calibration:
    assert found is not None
    return found


def test_a_bin_holds_its_mean_prediction_and_how_many_came_true() -> None:
    found = told_of(calibration([(0.72, True), (0.78, False), (1.0, True), (0.0, False)]))
    assert [bin.observed for bin in found.bins if bin.observed.of] == [Share(0, 1), Share(1, 2), Share(1, 1)]
    assert found.bins[7].predicted == pytest.approx(0.75)
    assert (found.bins[9].observed.of, found.count) == (1, 4)


def test_the_calibration_error_weighs_each_bin_by_its_predictions() -> None:
    sure = [(0.95, True)] * 3
    unsure = [(0.15, True)]
    assert told_of(calibration(sure + unsure)).error == pytest.approx((3 * 0.05 + 1 * 0.85) / 4)
    assert told_of(calibration([(0.5, True), (0.5, False)])).error == pytest.approx(0.0)


def test_a_danger_is_plotted_only_where_its_probability_was_told() -> None:
    assert over(one(URGENT, URGENT), one(NONE)).danger_calibration() is None
    found = told_of(over(one(URGENT, danger=0.9), one(NONE, danger=0.1), one(NONE)).danger_calibration())
    assert (found.count, found.bins[9].observed, found.bins[1].observed) == (2, Share(1, 1), Share(0, 1))


def test_an_answer_is_plotted_where_a_topic_was_sure_and_the_label_knows_which_is_right() -> None:
    found = told_of(
        over(
            one(NONE, topic="makeup", answered=("makeup",), sure=0.95),
            one(NONE, topic="out_of_scope", answered=("makeup",), sure=0.85),
            one(NONE, topic="makeup", offered=("makeup",), sure=0.6),
            one(NONE, answered=("makeup",), sure=0.9),
            one(NONE, REVIEW, topic="makeup", answered=("makeup",), sure=0.9),
        ).answer_calibration()
    )
    assert (found.count, found.bins[9].observed, found.bins[8].observed) == (2, Share(1, 1), Share(0, 1))


# Misses


def test_every_miss_stands_where_it_belongs() -> None:
    told = over(
        one(URGENT, id="not_caught"),
        one(URGENT, REVIEW, id="not_caught"),
        one(EMERGENCY, asks=True, id="only_asked"),
        one(URGENT, REVIEW, asks=True, id="only_asked"),
        one(EMERGENCY, URGENT, id="only_urgent"),
        one(REVIEW, asks=True, id="review"),
        one(NONE, REVIEW, id="flagged"),
        one(NONE, asks=True, id="asked"),
        one(NONE, topic="makeup", answered=("exercise",), offered=("makeup",), id="wrong"),
        one(NONE, topic="out_of_scope", answered=("exercise",), id="outside"),
        one(NONE, topic="makeup", offered=("exercise",), id="neither"),
        one(REVIEW, lang="fr", id="foreign"),
    )
    found = {kind.id: {missed.label.id for missed in kind.missed} for kind in misses(told)}
    assert found == {kind: {kind} for kind in found}


def test_what_was_read_well_is_no_miss() -> None:
    told = over(
        one(EMERGENCY, EMERGENCY),
        one(URGENT, EMERGENCY),
        one(REVIEW, REVIEW),
        one(NONE, topic="makeup", answered=("makeup",)),
        one(NONE, topic="makeup", offered=("makeup",)),
        one(NONE, topic="out_of_scope"),
        one(REVIEW, REVIEW, lang="fr"),
    )
    assert not any(kind.missed for kind in misses(told))


def test_a_miss_says_what_is_labelled_what_was_read_and_why() -> None:
    why = (Why("a bit  hot", "hot_skin", "hot ... skin", REVIEW, sure=0.7, days="from 3"),)
    missed = one(
        URGENT,
        REVIEW,
        asks=True,
        symptoms=("pus",),
        topic="makeup",
        answered=("exercise", "makeup"),
        offered=("sunscreen",),
        why=why,
        danger=0.25,
        sure=0.5,
    )
    assert label_of(missed) == "urgent (pus), topic makeup"
    assert read_of(missed) == "review, safety questions asked, answered exercise + makeup, offered sunscreen"
    assert why_of(missed) == "“a bit hot” hot_skin (hot ... skin, 0.70, from 3) (sure 0.50, danger 0.25)"
    assert why_of(one(URGENT)) == "no sign was found (sure 0.00)"
    foreign = one(REVIEW, REVIEW, lang="fr", line="pt", understood=URGENT)
    assert label_of(foreign) == "review, urgent if understood"
    assert read_of(foreign) == "review, safety line in pt"


# Files of labels

GOOD: dict[str, Any] = {"id": 1, "lang": "en", "day": 1, "text": "hello", "level": "none"}


def labels_in(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_a_label_is_read_with_its_place_and_what_is_left_out_is_empty(tmp_path: Path) -> None:
    full = {**GOOD, "id": "a", "symptoms": ["pus"], "topic": "makeup", "also_ok": ["exercise"], "tags": ["x"]}
    foreign = {**GOOD, "lang": "fr", "level": "review", "level_if_understood": "urgent"}
    file = labels_in(tmp_path / "mine.jsonl", full, "", {**GOOD, "topic": None}, foreign)
    first, second, third = read_labelled([file], TOPICS)
    assert (first.id, first.place, first.right) == ("a", "mine.jsonl:1", {"makeup", "exercise"})
    assert (first.symptoms, first.tags, first.understood) == (("pus",), ("x",), None)
    assert (second.place, second.id, second.topic, second.right) == ("mine.jsonl:3", "1", None, frozenset())
    assert (third.level, third.understood) == (REVIEW, URGENT)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hello", "line 2 is not JSON in UTF-8"),
        ({"id": 1, "level": "none"}, "line 2 lacks lang, day, text"),
        ({**GOOD, "day": -1}, "line 2: day must be a whole number"),
        ({**GOOD, "lang": "english"}, "line 2: lang 'english' is no language: write its two small letters"),
        ({key: GOOD[key] for key in GOOD if key != "level"}, "line 2: level is missing: write none, review, urgent"),
        ({**GOOD, "level": "serious"}, "line 2: level 'serious' is none of none, review, urgent, emergency"),
        ({**GOOD, "level": "None"}, "line 2: level 'None' is none of"),
        ({**GOOD, "level": None}, "line 2: level None is none of"),
        ({**GOOD, "level_if_understood": "bad"}, "line 2: level 'bad' is none of"),
        ({**GOOD, "topic": "make-up"}, "line 2: topic 'make-up' stands in no FAQ: name one of its topics"),
        ({**GOOD, "topic": ["makeup"]}, "line 2: topic ['makeup'] stands in no FAQ"),
        ({**GOOD, "also_ok": ["make-up"]}, "line 2: topic 'make-up' stands in no FAQ"),
        ({**GOOD, "symptoms": "pus"}, "line 2: symptoms must be a list of names"),
        ({**GOOD, "tags": [1]}, "line 2: tags must be a list of names"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_file(tmp_path: Path, line: object, told: str) -> None:
    file = labels_in(tmp_path / "mine.jsonl", GOOD, line)
    with pytest.raises(BadLine) as bad:
        read_labelled([file], TOPICS)
    assert str(bad.value).startswith(f"{file}: {told}")


def test_all_bad_lines_of_all_files_are_told_at_once_unless_they_are_very_many(tmp_path: Path) -> None:
    two = [labels_in(tmp_path / "a.jsonl", "x", GOOD), labels_in(tmp_path / "b.jsonl", GOOD, "y")]
    with pytest.raises(BadLine) as bad:
        read_labelled(two, TOPICS)
    told = str(bad.value).split("\n")
    assert [line.split(" is not")[0] for line in told] == [f"{two[0]}: line 1", f"{two[1]}: line 2"]
    with pytest.raises(BadLine) as bad:
        read_labelled([labels_in(tmp_path / "c.csv", *["x"] * 500)], TOPICS)
    assert str(bad.value).split("\n")[MOST_TOLD:] == [f"… and {500 - MOST_TOLD} more"]


def test_a_file_that_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadLine, match=r"nothing\.jsonl can't be read \(No such file or directory\): name a file"):
        read_labelled([tmp_path / "nothing.jsonl"], TOPICS)
    with pytest.raises(BadLine, match="there is no message to measure with"):
        read_labelled([labels_in(tmp_path / "empty.jsonl", "", "  ")], TOPICS)


# The real bot

SAID = (
    {"id": "r1", "lang": "en", "day": 1, "text": "I can't breathe", "level": "emergency", "symptoms": ["breathing"]},
    {"id": "r2", "lang": "es", "day": 4, "text": "me sale pus amarillo de la mejilla", "level": "urgent"},
    {"id": "r3", "lang": "en", "day": 1, "text": "when can I wear makeup again?", "level": "none", "topic": "makeup"},
    {"id": "r4", "lang": "en", "day": 2, "text": "thank you so much!", "level": "none"},
    {
        "id": "r5",
        "lang": "de",
        "day": 2,
        "text": "Guten Tag, wann darf ich denn wieder in die Sauna gehen und Sport machen?",
        "level": "review",
        "level_if_understood": "none",
    },
)


@cache
def heard() -> Evaluation:
    labels = [
        Labelled(str(at["id"]), "f.jsonl:1", at["lang"], at["day"], at["text"], Level.of(at["level"])) for at in SAID
    ]
    return evaluate(shared_library(), Talk(shared_library(), shared_reader(), MONDAY), labels)


def test_each_message_is_read_as_the_running_bot_reads_it() -> None:
    emergency, urgent, question, thanks, foreign = heard().measured
    assert [at.level for at in (emergency, urgent, thanks)] == [EMERGENCY, URGENT, NONE]
    assert question.decision.answered == ("makeup",)
    assert kept(foreign, heard().lines)
    assert any(say.words == "safety_line.de" for say in foreign.decision.says)


def test_the_time_is_measured() -> None:
    began = time.perf_counter()
    told = evaluate(shared_library(), Talk(shared_library(), shared_reader(), MONDAY), [heard().measured[0].label])
    assert 0 < told.milliseconds(0.99) <= (time.perf_counter() - began) * 1000


# The command


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)], env={"COLUMNS": "100"})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return labels_in(tmp_path / "good.jsonl", *SAID)


@pytest.fixture
def hard(tmp_path: Path) -> Path:
    """A message with a label that the bot can't live up to."""
    return labels_in(tmp_path / "hard.jsonl", {**SAID[3], "id": "h1", "level": "emergency", "symptoms": ["self_harm"]})


def test_the_table_the_causes_the_time_and_the_misses_are_told(good: Path, hard: Path) -> None:
    told = run(good, hard)
    assert told.exit_code == 0
    assert "6 messages: en 4, es 1, other languages 1" in told.output
    assert re.search(r"en +1/2, 50\.0 % \[9-91\] +✗ missed", told.output)
    assert re.search(r"≥ 97 % +es +1/1, 100\.0 % \[21-100\] +✓ stretch", told.output)
    assert re.search(r"together +2/3, 66\.7 %", told.output)
    assert re.search(r"self-harm +0/1, 0\.0 %", told.output)
    assert re.search(r"p50 \d+\.\d ms, p99 \d+\.\d ms", told.output)
    assert "dangers not caught: 1\n  h1, en, day 2 (hard.jsonl:1): “thank you so much!”" in told.output
    assert "labelled emergency (self_harm); read as none" in told.output
    assert "harmless and flagged: 0" in told.output


def test_with_must_it_ends_with_one_when_a_must_is_missed_and_says_which(good: Path, hard: Path) -> None:
    assert run(good, "--must").exit_code == 0
    ended = run(hard, "--must")
    assert ended.exit_code == 1
    assert "must missed, en: dangers caught: raised, or asked about first" in ended.output


def test_the_figures_are_written_as_json_and_as_a_page(hard: Path, tmp_path: Path) -> None:
    told = run(hard, "--json", tmp_path / "f.json", "--html", tmp_path / "f.html")
    assert f"Written: {tmp_path / 'f.json'}\nWritten: {tmp_path / 'f.html'}" in told.output
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert (written["files"], written["messages"]) == (["hard.jsonl"], {"en": 1, "es": 0, "together": 1, "other": 0})
    assert [at["id"] for at in written["misses"]["not_caught"]] == ["h1"]
    assert "thank you so much!" in (tmp_path / "f.html").read_text(encoding="utf-8")


def test_what_cannot_be_written_is_told(hard: Path, tmp_path: Path) -> None:
    ended = run(hard, "--html", tmp_path / "no" / "f.html")
    assert isinstance(ended.exception, BadContent)
    assert "can't be written (No such file or directory): name a file in a folder that is there" in str(ended.exception)


# JSON and page

LONG = "no me duele nada, pero " * 20
SAMPLE = over(
    *(one(NONE, danger=0.04 + n / 100, topic="makeup", answered=("makeup",), sure=0.9) for n in range(9)),
    *(one(URGENT, URGENT, danger=0.9, symptoms=("pus",), lang="es") for _ in range(4)),
    one(
        EMERGENCY, danger=0.35, symptoms=("breathing",), id="<b>m2</b>", text="<script>alert(1)</script> & so on", ms=20
    ),
    one(NONE, URGENT, danger=0.8, tags=("harmless_tricky",), lang="es", text=LONG),
    one(NONE, topic="out_of_scope", answered=("exercise",), sure=0.75),
    one(REVIEW, lang="ar", text="مرحبا", understood=URGENT),
    lines=("ar",),
)
DAY = date(2026, 3, 2)


def page(evaluation: Evaluation = SAMPLE) -> str:
    return as_page(Report(("a.jsonl", "b.jsonl"), DAY, evaluation))


def test_the_json_holds_every_figure_with_its_goal_and_whether_it_is_reached() -> None:
    told = json.loads(as_json(Report(("a.jsonl",), DAY, SAMPLE)))
    caught = next(figure for figure in told["figures"] if figure["id"] == "caught")
    assert (caught["must"], caught["stretch"], caught["at_most"]) == (98, 99.5, False)
    together = caught["shares"]["together"]
    assert (together["hits"], together["of"], together["percent"], together["reached"]) == (4, 5, 80.0, "missed")
    assert caught["shares"]["es"]["reached"] == "stretch"
    assert told["confusion"]["together"]["urgent"]["urgent"] == 4
    assert told["milliseconds"] == {"p50": 1.0, "p99": 20}
    assert told["calibration"]["danger"]["bins"][9]["hits"] == 4
    assert told["misses"]["flagged"][0]["text"] == LONG
    assert [cause["cause"] for cause in told["causes"]][:2] == ["airway", "breathing"]


def test_a_probability_that_nobody_told_is_null_and_its_plot_is_left_out_with_a_sentence() -> None:
    without = over(one(URGENT, URGENT), one(NONE))
    assert json.loads(as_json(Report((), DAY, without)))["calibration"] == {"danger": None, "answer": None}
    assert "No reader told how likely a danger is" in page(without)
    assert "No reader told how likely a danger is" not in page()
    assert page().count('class="dot"') == 5 + 2  # bins of danger, bins of answers


@dataclass
class Seen(HTMLParser):
    """What a page is made of."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    return parser


def test_the_page_needs_nothing_from_elsewhere() -> None:
    html = page()
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in seen(html).tags}
    assert not re.search(r"https?:|url\(|@import|\bsrc=|\bhref=", html)


def test_patients_words_stay_words_on_the_page() -> None:
    assert "<script>alert(1)</script> & so on" in seen(page()).text
    assert "<b>m2</b>" in seen(page()).text


def test_long_words_are_cut_on_the_page_and_whole_in_the_json() -> None:
    assert LONG.strip() not in seen(page()).text
    shown = next(line for line in seen(page()).text.split("\n") if line.startswith("“no me duele"))
    assert len(shown) == SHORT + 2
    assert shown.endswith("…”")


def test_every_plot_has_a_name_and_a_table_that_says_the_same() -> None:
    html = seen(page())
    plots = [at for at in html.all("svg") if at.get("aria-hidden") != "true"]
    assert len(plots) == len(SAMPLE.columns) + 2
    assert all(at["role"] == "img" and at["aria-label"] for at in plots)
    assert html.text.count("As a table") == len(plots)
    assert all(at.get("scope") in ("col", "row") for at in html.all("th"))


def test_the_page_begins_with_how_many_musts_are_reached_in_each_language() -> None:
    assert "en: 5 of 9 musts reached; es: 3 of 4 musts reached" in seen(page()).text


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


CONTRAST = """
() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((v) => {
      const c = v / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (at) => {
    for (let on = at; on; on = on.parentElement) {
      const ground = parts(getComputedStyle(on).backgroundColor);
      if (ground.length === 3 || ground[3] > 0) return getComputedStyle(on).backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  document.querySelectorAll('details').forEach((at) => { at.open = true; });
  return [...document.querySelectorAll('body *')]
    .filter((at) => !at.closest('svg') && [...at.childNodes].some((c) => c.nodeType === 3 && c.data.trim()))
    .map((at) => {
      const [a, b] = [light(getComputedStyle(at).color), light(behind(at))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), at.textContent.trim().slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}
"""
OVER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_fits_and_can_be_read_by_day_and_by_night(browser: Browser, width: int, scheme: Any) -> None:
    opened = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    await opened.set_content(page())
    assert await opened.evaluate(CONTRAST) == []
    assert await opened.evaluate(OVER) <= 0
    await opened.close()
