"""The trained reader: its pieces, its probabilities, and what is made of them beside the phrases and the words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from types import MappingProxyType

import pytest

from care.classify import SHIPPED, Judged, Model, shipped
from care.model import Level, Reading, Why
from care.tokens import BEGIN, END, UNKNOWN, Tokens
from care.trained import MixedSearcher, TrainedReader, mixed, with_model
from care.triage import doubted
from tests.reading import SetAnswers, reader

DAY = 3
SURE = {"emergency": 0.4, "danger": 0.5, "ask": 0.2, "review": 0.5, "calm": 0.1, "certain": 0.02}
THRESHOLDS = MappingProxyType({**SURE, "weight": 0.5, "heat": 1.0})


@dataclass(frozen=True)
class SetJudge:
    """A model that judges every text alike."""

    judged: Judged
    thresholds: Mapping[str, float] = field(default_factory=lambda: THRESHOLDS)

    def judge(self, text: str, day: int | None) -> Judged:
        return self.judged

    def topics_of(self, text: str) -> Mapping[str, float]:
        return self.judged.topics


def judged(
    *, emergency: float = 0.0, danger: float = 0.0, flagged: float = 0.0, likeness: float = 0.9, **signs: float
) -> Judged:
    topics = {"makeup": 0.6, "exercise": 0.3, "out_of_scope": 0.1}
    return Judged(emergency, danger, flagged, topics, signs, "a labelled message", likeness)


def read_as(found: Judged, rules: Reading | None = None) -> Reading:
    return TrainedReader(SetJudge(found), reader().table).read("a message", DAY, rules or Reading())


# Pieces


TOKENS = Tokens([("▁", -3.0), ("▁no", -2.0), ("▁n", -4.0), ("o", -4.0), ("pus", -3.0), ("s", -5.0)])


def test_the_likeliest_pieces_are_taken() -> None:
    assert TOKENS.ids("no pus") == [5, 4, 8]


def test_what_is_in_no_piece_is_unknown_and_the_rest_is_read_all_the_same() -> None:
    assert TOKENS.ids("no ☃ pus") == [5, 4, UNKNOWN, 4, 8]


def test_spaces_and_hidden_characters_make_no_difference() -> None:
    assert TOKENS.ids(" no\n\u200b\t pus ") == TOKENS.ids("no pus")


def test_nothing_at_all_is_one_space() -> None:
    assert TOKENS.ids("") == [4]


def test_begin_and_end_stand_for_no_text() -> None:
    assert {BEGIN, END, UNKNOWN}.isdisjoint(range(4, 4 + len(TOKENS.pieces)))


# The model


@pytest.mark.parametrize("text", ["", "hi", "🙏🏽", "a" * 4096, "my lip has gone like a hot dog " * 130])
def test_probabilities_are_probabilities_whatever_is_written(text: str) -> None:
    found = shipped().judge(text, DAY)
    assert 0 <= found.emergency <= found.danger + 1e-6 <= 1 + 1e-5
    assert 0 <= found.flagged <= 1
    assert math.isclose(sum(found.topics.values()), 1, abs_tol=1e-3)
    assert all(0 <= p <= 1 for p in found.signs.values())


def test_the_same_message_is_judged_the_same_again() -> None:
    assert shipped().judge("my tongue feels too big", 0) == shipped().judge("my tongue feels too big", 0)


def test_a_danger_at_the_end_of_a_long_message_is_read() -> None:
    story = "we went to the shops and had a coffee and looked at curtains. " * 25
    calm = shipped().judge(story, DAY)
    told = shipped().judge(f"{story} my throat is closing up and I can hardly get any air in", DAY)
    assert told.danger > 0.5 > calm.danger


def test_a_danger_in_the_middle_of_what_is_too_long_to_be_read_whole_is_still_an_alarm() -> None:
    calm = "We went to the shops, had a coffee and looked at curtains. "
    text = f"{calm * 30}There is yellow pus coming out of my cheek. {calm * 30}"
    assert not shipped().judge(text, DAY).whole
    assert with_model(reader(), shipped()).read(text, 4, "en").level >= Level.URGENT


def test_the_day_counts() -> None:
    text = "my face is red like a tomato"
    assert shipped().judge(text, 1).flagged < shipped().judge(text, 9).flagged


def test_danger_in_another_language_is_recognised() -> None:
    assert shipped().judge("je n'arrive plus à respirer, ma gorge gonfle", 0).danger > 0.5


def test_the_nearest_labelled_message_is_itself_where_it_is_in_the_bank() -> None:
    text = shipped().like[0]
    assert shipped().judge(text, None).likeness > 0.6


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    copytree(SHIPPED, tmp_path / "model")
    (tmp_path / "model" / "words.bin").unlink()
    with pytest.raises(OSError, match=r"words\.bin"):
        Model(tmp_path / "model")


def test_what_ships_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 40_000_000


# What is made of the probabilities


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (judged(emergency=0.4, danger=0.9, flagged=0.9), Level.EMERGENCY),
        (judged(emergency=0.39, danger=0.5, flagged=0.9), Level.URGENT),
        (judged(danger=0.1, flagged=0.5), Level.REVIEW),
        (judged(danger=0.1, flagged=0.49), Level.NONE),
    ],
)
def test_the_level_is_the_most_serious_one_that_is_likely_enough(found: Judged, level: Level) -> None:
    assert read_as(found).level is level


def test_what_may_be_serious_is_asked_about() -> None:
    assert read_as(judged(danger=0.2, flagged=0.3)).asks
    assert not read_as(judged(danger=0.19, flagged=0.3)).asks


def test_a_sign_is_named_when_it_is_likely_and_as_serious_as_the_level() -> None:
    found = judged(danger=0.9, flagged=0.95, pus=0.8, fever=0.2, redness=0.9)
    assert read_as(found).symptoms == ("pus",)


def test_the_reason_is_the_nearest_labelled_message_and_how_sure_it_is() -> None:
    (why,) = read_as(judged(danger=0.9, flagged=0.95)).why
    assert "a labelled message" in why.rule
    assert why.sure == 0.9


def test_a_labelled_message_that_is_hardly_near_is_not_shown() -> None:
    (why,) = read_as(judged(danger=0.9, flagged=0.95, likeness=0.2)).why
    assert "a labelled message" not in why.rule


def test_a_message_that_only_denies_is_asked_about_and_raises_no_alarm() -> None:
    rules = Reading(why=(Why("no pus", "", "denials: pus", Level.NONE),))
    found = read_as(judged(emergency=0.9, danger=0.9, flagged=0.9), rules)
    assert found.level is Level.NONE
    assert found.asks


def test_another_language_is_not_readable() -> None:
    assert not read_as(judged(unreadable=0.9)).readable
    assert read_as(judged(unreadable=0.1)).readable


# Beside the phrases


CALM = Reading(calm=True)


def after(level: Level, *symptoms: str, other: Reading = CALM) -> Reading:
    return doubted(Reading(level, symptoms), [other], DAY, reader().table)


@pytest.mark.parametrize("level", [Level.URGENT, Level.EMERGENCY])
def test_a_phrase_of_danger_in_a_message_that_is_calm_opens_the_questions(level: Level) -> None:
    found = after(level, "pus")
    assert found.level is Level.NONE
    assert found.asks


def test_a_phrase_of_danger_in_a_message_that_is_certainly_harmless_is_a_manner_of_speaking() -> None:
    found = after(Level.EMERGENCY, "collapse", other=Reading(calm=True, certain=True))
    assert (found.level, found.asks) == (Level.NONE, False)


def test_a_phrase_for_a_person_in_a_message_that_is_calm_is_left_alone() -> None:
    found = after(Level.REVIEW, "lumps")
    assert found.level is Level.NONE
    assert not found.asks


@pytest.mark.parametrize("symptom", ["self_harm", "pregnancy", "human_wanted"])
def test_what_is_told_outright_is_never_doubted(symptom: str) -> None:
    assert after(Level.REVIEW, symptom).level is Level.REVIEW


def test_without_calm_nothing_is_doubted() -> None:
    assert after(Level.URGENT, "pus", other=Reading()).level is Level.URGENT


# Topics


def test_what_is_learnt_and_the_words_are_weighed() -> None:
    found = dict(mixed({"makeup": 0.8, "exercise": 0.2}, {"makeup": 0.1, "exercise": 0.9}, 0.5, 1.0))
    assert math.isclose(sum(found.values()), 1)
    assert 0.3 < found["makeup"] < 0.5


def test_a_topic_that_was_never_learnt_is_found_by_its_words() -> None:
    found = mixed({"makeup": 0.5, "out_of_scope": 0.5}, {"makeup": 0.01, "peel_of_ours": 0.9}, 0.5, 1.0)
    assert found[0][0] == "peel_of_ours"


def test_a_topic_that_this_procedure_does_not_answer_is_never_found() -> None:
    search = MixedSearcher(SetJudge(judged()), SetAnswers([("exercise", 0.2), ("out_of_scope", 0.1)]))
    assert {topic for topic, _ in search.search("makeup?", "en", "")} == {"exercise", "out_of_scope"}


def test_nothing_to_read_is_no_question() -> None:
    assert MixedSearcher(SetJudge(judged()), SetAnswers()).search("", "en", "") == ()


# The whole reader


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("I drew round the red patch with a pen last night and it is an inch outside the line now", "en"),
        ("la almohada se me queda pegada a la cara cada mañana, como miel seca", "es"),
    ],
)
def test_what_no_phrase_knows_is_raised(text: str, lang: str) -> None:
    whole = with_model(reader(), shipped())
    assert whole.read(text, 5, lang).level >= Level.URGENT
