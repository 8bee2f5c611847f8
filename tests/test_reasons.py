"""Every reading explains itself: on a card in the clinic's language, in a terminal, and whole in the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import unescape
from typing import Any

import pytest

from bot.case import plain
from care.cards import card
from care.model import Level, Reading, Why
from care.reasons import LONGEST, MOST, reasons
from commands.talk import told_why
from tests.town import phrases_alone, shared_library

LIBRARY = shared_library()
PATIENT = {"first_name": "Maya", "case_number": "A-0001"}
LIKE = Why("what is this thing on my cheek", "", "like: there is a yellow thing growing", Level.URGENT, 0.816)


def read(text: str, day: int) -> Reading:
    return phrases_alone().read(text, day, "en", "microneedling")


def kept(why: Sequence[Why]) -> list[dict[str, Any]]:
    """Reasons as the record keeps them."""
    return [{**asdict(one), "level": one.level.word} for one in why]


def lines(why: Sequence[Why], lang: str = "en", kind: str = "message") -> list[str]:
    """The lines of why on a card."""
    flag = {
        "id": 1,
        "level": "urgent",
        "day": 6,
        "kind": kind,
        "state": "open",
        "outcome": "",
        "words": "…",
        "note": "",
    }
    times = dict.fromkeys(("promise", "taken_at", "resolved_at"))
    names = {"taken_by": "", "resolved_by": ""}
    say = card(
        {**flag, "why": json.dumps(kept(why))}, PATIENT, LIBRARY.clinic,
        procedure="", types=(), times=times, names=names,
    )  # fmt: skip
    text = unescape(LIBRARY.say(say.words, lang, say.facts).html).split("\n")
    begin = next((n for n, line in enumerate(text) if line.startswith(("Why: ", "Por qué: "))), None)
    return [] if begin is None else text[begin : text.index("", begin)]


# The card


@pytest.mark.parametrize(
    ("text", "day", "en", "es"),
    [
        (
            "my throat feels tight",
            2,
            "Why: “throat feels tight” → Throat or tongue swelling (phrase)",
            "Por qué: “throat feels tight” → Garganta o lengua hinchada (frase)",
        ),
        (
            "my cheek is still red",
            6,
            "Why: “red” → Skin redness (usual only until day 3)",
            "Por qué: “red” → Piel roja (habitual solo hasta el día 3)",
        ),
        (
            "my cheek is hot",
            4,
            "Why: “cheek is hot” → Hot skin (counts from day 3 on)",
            "Por qué: “cheek is hot” → Piel caliente (cuenta desde el día 3)",
        ),
    ],
)
def test_a_card_tells_the_words_the_sign_and_what_decided_in_the_clinics_language(
    text: str, day: int, en: str, es: str
) -> None:
    why = read(text, day).why
    assert lines(why) == [en]
    assert lines(why, "es") == [es]


def test_signs_that_mean_more_together_stand_in_one_line() -> None:
    told = lines(read("awful pain and I have a fever", 3).why)
    assert told[0] == "Why: “awful pain” → Severe pain, together with High temperature (fever)"
    assert len(told) == 2


def test_what_was_learnt_is_told_as_a_resemblance_with_how_sure_it_is() -> None:
    assert lines([LIKE]) == [
        "Why: resembles messages that were urgent (82 %), such as “there is a yellow thing growing”"
    ]
    assert lines([LIKE], "es") == [
        "Por qué: se parece a mensajes que eran urgentes (82 %), como “there is a yellow thing growing”"
    ]
    alone = Why("what is this", "pus", "trained", Level.EMERGENCY, 0.7)
    assert lines([alone]) == ["Why: Pus or discharge: resembles messages that were an emergency (70 %)"]


def test_a_broad_hint_is_told_only_when_nothing_more_serious_was_found() -> None:
    hint = Why("feels weird", "", "hints: [feels] weird", Level.NONE)
    assert lines([hint]) == ["Why: “feels weird”: unclear"]
    assert lines([LIKE, hint]) == lines([LIKE])


def test_what_was_set_aside_or_is_usual_is_no_reason() -> None:
    denied = Why("no fever", "", "denials: fever", Level.NONE)
    usual = Why("a bit red", "redness", "red", Level.NONE, days="expected 3")
    assert lines([denied, usual]) == []


def test_a_button_and_two_bad_check_ins_are_told_in_words() -> None:
    assert lines([Why("", "pus", "sign pus: yes", Level.URGENT)], kind="checkin") == ["Why: Pus or discharge (button)"]
    twice = Why("", "", "worse at two check-ins running", Level.URGENT)
    assert lines([twice], "es", "checkin") == ["Por qué: peor en dos controles seguidos"]
    assert lines([Why("", "", "check-in: worse", Level.REVIEW)], kind="checkin") == []


def test_a_card_stays_readable_on_a_phone_and_begins_with_the_most_serious() -> None:
    why = [Why(f"sign {n} " + "so long " * 30, "pus", "pus", Level.URGENT) for n in range(9)]
    why.append(Why("can't breathe", "breathing", "can't breathe", Level.EMERGENCY))
    told = lines(why)
    assert len(told) == MOST
    assert told[0].startswith("Why: “can't breathe”")
    assert all(line.startswith("• ") and len(line) <= LONGEST + 40 for line in told[1:])


def test_reasons_that_were_kept_before_they_told_so_much_can_still_be_shown() -> None:
    old = {"phrase": "pus", "symptom": "pus", "rule": "(pus|pussy)", "level": "urgent"}
    (told,) = reasons([old], "message")
    assert (told["phrase"], told["sure"], told["turn"]) == ("pus", None, "")
    facts = {"level": "urgent", "who": "Maya", "case": "A-0001", "procedure": "", "types": [], "day": 3, "text": "pus"}
    facts |= {"kind": "message", "state": "open", "outcome": "", "note": "", "promise": None}
    before = {**facts, "why": [{"symptom": "pus", "phrase": "pus", "rule": ""}]}
    assert "Why: “pus” → Pus or discharge" in LIBRARY.say("staff.card", "en", before).html


# The days, the terminal, the record


@pytest.mark.parametrize(
    ("text", "day", "days"),
    [
        ("my cheek is still red", 6, "past 3"),
        ("my cheek is red", 2, "expected 3"),
        ("my cheek is hot", 4, "from 3"),
        ("my cheek is hot", 1, "before 3"),
        ("there is pus", 4, ""),
    ],
)
def test_a_reason_tells_which_days_of_the_table_decided(text: str, day: int, days: str) -> None:
    assert [why.days for why in read(text, day).why if why.symptom] == [days]


def test_the_terminal_tells_words_sign_rule_days_and_how_sure() -> None:
    (red,) = read("my cheek is still red", 6).why
    assert told_why(red, 6).startswith("“red” redness (")
    assert told_why(red, 6).endswith(", day 6: past day 3): review")
    assert told_why(LIKE, 6) == (
        "“what is this thing on my cheek” (like: there is a yellow thing growing): urgent, sure 0.82"
    )


def test_the_record_keeps_every_reason_whole() -> None:
    reading = Reading(Level.URGENT, why=(LIKE, Why("red", "redness", "red", Level.REVIEW, days="past 3")))
    assert plain(reading)["why"] == kept(reading.why)
    assert plain(reading)["why"][0]["sure"] == 0.816
    assert plain(reading)["why"][1]["days"] == "past 3"
