"""The rules: days, signs together, what sets a sign aside, and faults in the content."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from care.faults import ContentFaults
from care.lexicon import load_lexicons
from care.model import Level, Reading
from care.notation import NotationError, compile_phrase
from care.phrases import PhraseBook
from care.symptoms import load_symptoms
from care.text import read
from care.triage import triage
from tests.reading import CONTENT, reader


def level(text: str, day: int | None = 4) -> Level:
    return rules(text, day).level


def rules(text: str, day: int | None = 4) -> Reading:
    return triage(text, day, reader().lexicons, reader().table)


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("my face is red", 3, Level.NONE),
        ("my face is red", 4, Level.REVIEW),
        ("my face is red", None, Level.REVIEW),
        ("a few pimples", 2, Level.NONE),
        ("a few pimples", 3, Level.REVIEW),
        ("my cheek feels hot", 1, Level.NONE),
        ("my cheek feels hot", 3, Level.URGENT),
        ("my cheek feels a bit warm", 3, Level.NONE),
        ("my cheek feels a bit warm", 4, Level.URGENT),
        ("more swollen than yesterday", 1, Level.NONE),
        ("more swollen than yesterday", 2, Level.URGENT),
        ("my skin has gone purple", 2, Level.NONE),
        ("my skin has gone purple", 5, Level.EMERGENCY),
        ("my skin has gone black", 1, Level.EMERGENCY),
        ("I feel dizzy", 0, Level.URGENT),
        ("I feel dizzy", 3, Level.REVIEW),
    ],
)
def test_the_day_decides_what_a_sign_asks_for(text: str, day: int | None, expected: Level) -> None:
    assert level(text, day) is expected


def test_an_expected_sign_is_listed_though_nothing_is_flagged() -> None:
    assert rules("a bit red and puffy", 1).symptoms == ("redness", "swelling")


def test_severe_pain_with_fever_is_an_emergency() -> None:
    assert level("the pain is unbearable") is Level.URGENT
    assert level("the pain is unbearable and I have a fever") is Level.EMERGENCY


def test_low_defences_raise_the_signs_of_an_infection() -> None:
    assert level("still red", 5) is Level.REVIEW
    assert level("I'm on chemo and I'm still red", 5) is Level.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "no pus",
        "I don't have a fever",
        "no pus, fever or blisters",
        "the pus is gone",
        "Fever: no",
        "what if I get pus?",
        "what does pus look like?",
        "years ago I had pus",
        "my friend had pus",
        "no tengo pus ni fiebre",
        "fiebre no tengo",
        "¿y si me sale pus?",
        "hace años tuve fiebre",
    ],
)
def test_a_sign_that_the_patient_does_not_have_now_is_not_flagged(text: str) -> None:
    assert level(text) is Level.NONE


@pytest.mark.parametrize(
    "text",
    [
        "no fever but pus",
        "not only red, there's pus",
        "the pus won't stop",
        "how do I know if it's pus? Because I do have yellow gunk",
        "my friend had it and mine is weeping yellow",
        "writing for my mum, she has pus on her cheek",
        "no se me quita la fiebre",
        "no tengo fiebre pero me sale pus",
        "Yesterday I said no pus. Well, today there is",
        "yes to pus, no to fever",
    ],
)
def test_a_denial_or_another_person_does_not_hide_a_live_sign(text: str) -> None:
    assert level(text) is Level.URGENT


@pytest.mark.parametrize(
    "text", ["dying to wear makeup", "this glow is to die for", "me muero por salir", "hot shower"]
)
def test_a_saying_is_no_sign(text: str) -> None:
    assert rules(text) == Reading(why=rules(text).why)


@pytest.mark.parametrize(
    "text", ["my breath feels different", "there is something yellow", "I want to disappear"]
)
def test_a_vague_mention_asks_instead_of_alarming(text: str) -> None:
    reading = rules(text)
    assert (reading.level, reading.asks) == (Level.NONE, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("38.5", Level.URGENT),
        ("my temperature is 36.8", Level.NONE),
        ("101.4 F", Level.URGENT),
        ("39 y medio de calentura", Level.URGENT),
        ("it's 38 degrees outside", Level.NONE),
        ("I am 38", Level.NONE),
        ("fever blister on my lip", Level.URGENT),
    ],
)
def test_numbers_are_read_as_fever_only_where_they_are_one(text: str, expected: Level) -> None:
    assert level(text) is expected


@pytest.mark.parametrize(
    "text",
    ["my throte is closing", "cant brethe", "bleedng wont stop", "me salio pus de la mejiya", "toung swolen"],
)
def test_typing_errors_in_words_that_matter_are_repaired(text: str) -> None:
    assert level(text) >= Level.URGENT


@pytest.mark.parametrize("text", ["my Eliquis", "spelling", "the faintest line", "can I use Bepanthen"])
def test_names_and_known_words_are_never_repaired(text: str) -> None:
    assert level(text, 1) <= Level.REVIEW


def test_the_set_aside_sign_is_told_without_a_symptom() -> None:
    (why,) = rules("no pus").why
    assert (why.phrase, why.symptom, why.rule) == ("pus", "", "denials: pus")


def test_the_notation_finds_what_it_says() -> None:
    lists = {"area": "face|chin"}
    book = PhraseBook(
        [
            ("gap", compile_phrase("<area> ... hot", lists)),
            ("number", compile_phrase("at {38-42}", lists)),
            ("stem", compile_phrase("swell- [up] (now|today)", lists)),
        ]
    )
    text = read("My chin is so very hot. At 39, at 36. Swelling up today, swells now. Chin, hot")
    assert [(f.label, text.said(f.first, f.last)) for f in book.find(text)] == [
        ("gap", "chin is so very hot"),
        ("number", "At 39"),
        ("stem", "Swelling up today"),
        ("stem", "swells now"),
    ]


@pytest.mark.parametrize("phrase", ["(a|b", "a)", "[a]", "...", "<nowhere> b", "{9} b", "(a|) b", "!"])
def test_a_wrong_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(NotationError):
        compile_phrase(phrase, {})


def test_all_faults_are_told_at_once_with_file_and_line(tmp_path: Path) -> None:
    general = tmp_path / "general"
    shutil.copytree(CONTENT / "general", general)
    head = "about: x\n"
    (general / "en/phrases/3_infection.yaml").write_text(f"{head}pus:\n  - (pus\nnonsense:\n  - x\n")
    (general / "es/phrases/4_blisters_and_burns.yaml").write_text(f"{head}blister:\n  - <nada> roja\n")
    with pytest.raises(ContentFaults) as raised:
        load_lexicons(general, load_symptoms(CONTENT / "general/symptoms.yaml", CONTENT).symptoms)
    places = {(fault.file, fault.line) for fault in raised.value.faults}
    assert {
        ("general/en/phrases/3_infection.yaml", 3),
        ("general/en/phrases/3_infection.yaml", 4),
        ("general/es/phrases/4_blisters_and_burns.yaml", 3),
    } <= places
    # Phrases that can't be read are not told a second time as signs that have none.
    assert ("general/en/phrases", 0) not in places


def test_faults_in_the_table_of_symptoms_are_told_with_their_line(tmp_path: Path) -> None:
    wrong = (CONTENT / "general/symptoms.yaml").read_text().replace("pus: urgent", "pus: soon")
    (tmp_path / "symptoms.yaml").write_text(
        wrong.replace("  - itching + hives = urgent", "  - itching + nothing = urgent")
    )
    with pytest.raises(ContentFaults) as raised:
        load_symptoms(tmp_path / "symptoms.yaml", tmp_path)
    lines = wrong.splitlines()
    assert {fault.line for fault in raised.value.faults} == {
        lines.index("  pus: soon") + 1,
        lines.index("  - itching + hives = urgent") + 1,
    }
