"""The check-in machine: every path of every check-in, and that no button ever lowers a level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from care.checkin import SAFETY, Outcome, Turn, chosen, first_step, known, press, screen
from care.decide import CAUSES, emergency_words
from care.model import CheckIn, Level, Procedure, Sign
from tests.town import shared_library

LIBRARY = shared_library()
PROCEDURE: Procedure = LIBRARY.procedures["microneedling"]
DAY = {p.checkin: p.day for p in PROCEDURE.plan if p.checkin and not p.before_next} | {SAFETY: 3, "before1": 27}
CHECKINS = sorted(DAY)
WORRIED = ("worse", "other")
LONGEST_DATA, LONGEST_LABEL = 64, 40


@dataclass(frozen=True)
class Path:
    """One way through a check-in."""

    checkin: str
    day: int
    pressed: tuple[tuple[str, str], ...]
    """(step, value) of each press."""
    turn: Turn
    worse_before: bool

    @property
    def outcome(self) -> Outcome:
        assert self.turn.outcome is not None, self
        return self.turn.outcome

    @property
    def trend(self) -> str:
        return dict(self.pressed).get("trend", "")

    def told(self, value: str) -> list[Sign]:
        """The signs that were asked one a screen and answered so."""
        return [
            PROCEDURE.signs[s.removeprefix("sign:")] for s, v in self.pressed if s.startswith("sign:") and v == value
        ]


def buttons(step: str, checkin: CheckIn, answers: Mapping[str, str]) -> list[str]:
    """What the buttons of a screen send back."""
    return [b.data.split("|")[3] for row in screen(7, step, checkin, PROCEDURE, answers).buttons for b in row]


def walk(
    checkin: CheckIn,
    day: int,
    worse_before: bool,
    answers: dict[str, str],
    step: str,
    so_far: tuple[tuple[str, str], ...],
) -> Iterator[Path]:
    assert len(so_far) < 16, f"{checkin.id} never ends: {so_far}"
    for value in buttons(step, checkin, answers):
        turn = press(step, value, checkin, PROCEDURE, answers, day=day, worse_before=worse_before)
        pressed = (*so_far, (step, value))
        assert (turn.step == "") == (turn.outcome is not None), pressed
        assert turn.answers == {**answers, step: value}
        if turn.step:
            yield from walk(checkin, day, worse_before, turn.answers, turn.step, pressed)
        else:
            yield Path(checkin.id, day, pressed, turn, worse_before)


def paths(id: str, *, day: int | None = None, worse_before: bool = False) -> list[Path]:
    checkin = known(id, PROCEDURE)
    return list(walk(checkin, DAY[id] if day is None else day, worse_before, {}, first_step(checkin), ()))


ALL = {id: paths(id) for id in CHECKINS}
EVERY = [path for found in ALL.values() for path in found]


def along(id: str, *pressed: str, day: int | None = None, worse_before: bool = False) -> Outcome:
    """The outcome of the one path on which these values are pressed in this order."""
    checkin = known(id, PROCEDURE)
    step, answers, outcome = first_step(checkin), dict[str, str](), None
    for value in pressed:
        at = DAY[id] if day is None else day
        turn = press(step, value, checkin, PROCEDURE, answers, day=at, worse_before=worse_before)
        step, answers, outcome = turn.step, turn.answers, turn.outcome
    assert outcome is not None, f"{id} goes on with {step}"
    return outcome


# Every path


def test_every_path_of_every_check_in_ends() -> None:
    assert all(ALL[id] for id in CHECKINS)
    assert set(CHECKINS) == set(PROCEDURE.checkins) | {SAFETY}


def test_the_danger_screen_is_an_emergency_at_once_whatever_was_said_before() -> None:
    pressed = [path for path in EVERY if dict(path.pressed).get("danger", "none") != "none"]
    assert {dict(path.pressed)["danger"] for path in pressed} == {sign.id for sign in PROCEDURE.danger}
    for path in pressed:
        assert path.pressed[-1][0] == "danger"
        assert path.outcome.level is Level.EMERGENCY
        assert path.outcome.symptoms
        assert path.turn.worry


def test_every_check_in_about_the_skin_shows_the_danger_screen_before_any_sign() -> None:
    for path in EVERY:
        steps = [step for step, _ in path.pressed]
        first_sign = next((n for n, step in enumerate(steps) if step.startswith("sign")), None)
        if first_sign is not None and known(path.checkin, PROCEDURE).danger:
            assert "danger" in steps[:first_sign], path


def test_a_button_never_lowers_a_level() -> None:
    for path in EVERY:
        told = [sign.level for sign in path.told("yes") if path.day >= sign.from_day]
        unsure = [Level.REVIEW for _ in path.told("not_sure")]
        trend = [Level.REVIEW] if path.trend in WORRIED else []
        assert path.outcome.level >= max([Level.NONE, *told, *unsure, *trend]), path


def test_an_urgent_sign_ends_the_check_in_at_once_with_its_symptoms() -> None:
    urgent = [path for path in EVERY if any(sign.level is Level.URGENT for sign in path.told("yes"))]
    assert urgent
    for path in urgent:
        sign = path.told("yes")[-1]
        assert path.pressed[-1] == (f"sign:{sign.id}", "yes")
        assert (path.outcome.level, path.outcome.symptoms) == (Level.URGENT, sign.symptoms)


def test_what_is_flagged_says_why_and_what_is_not_flagged_does_not() -> None:
    for path in EVERY:
        assert bool(path.outcome.why) == (path.outcome.level > Level.NONE), path
        assert max([Level.NONE, *(why.level for why in path.outcome.why)]) == path.outcome.level


def test_no_sign_is_asked_twice_and_each_counts_up_to_its_number() -> None:
    for path in EVERY:
        steps = [step for step, _ in path.pressed]
        assert len(set(steps)) == len(steps)
    for id in PROCEDURE.checkins:
        longest = max(ALL[id], key=lambda path: len(path.pressed))
        answers: dict[str, str] = {}
        numbers = []
        for step, value in longest.pressed:
            facts = screen(7, step, known(id, PROCEDURE), PROCEDURE, answers).facts
            numbers += [(facts["number"], facts["of"])] if step.startswith("sign:") else []
            answers[step] = value
        assert numbers == [(n, len(numbers)) for n in range(1, len(numbers) + 1)], id


def test_a_worrying_answer_makes_silence_a_flag_from_then_on() -> None:
    for id in PROCEDURE.checkins:
        checkin = known(id, PROCEDURE)
        if checkin.trend:
            for trend in WORRIED:
                assert press("trend", trend, checkin, PROCEDURE, {}, day=3, worse_before=False).worry
            assert not press("trend", "better", checkin, PROCEDURE, {}, day=3, worse_before=False).worry


@pytest.mark.parametrize("lang", LIBRARY.languages)
def test_every_screen_can_be_shown_with_buttons_that_telegram_takes(lang: str) -> None:
    shown = 0
    for id in CHECKINS:
        checkin = known(id, PROCEDURE)
        steps = {step: dict(path.pressed) for path in ALL[id] for step, _ in path.pressed}
        for step, answers in steps.items():
            say = screen(10**12, step, checkin, PROCEDURE, answers)
            facts = {"procedure": PROCEDURE.id, "day": DAY[id], **say.facts}
            assert LIBRARY.say(say.words, lang, facts).html
            for button in [b for row in say.buttons for b in row]:
                assert len(button.data.encode()) <= LONGEST_DATA
                assert 0 < len(LIBRARY.label(button, lang, facts)) <= LONGEST_LABEL
                shown += 1
    assert shown > 100


@pytest.mark.parametrize("lang", LIBRARY.languages)
def test_every_ending_has_its_words_and_every_answer_can_be_shown(lang: str) -> None:
    endings = {path.outcome.closing for path in EVERY if path.outcome.level < Level.URGENT}
    answers = {chosen(step, value) for path in EVERY for step, value in path.pressed}
    known_words = {id for _, id in LIBRARY.ids(lang)}
    assert "" not in endings
    assert endings | answers <= known_words


# Trends


@pytest.mark.parametrize("id", ["day1", "day10"])
def test_better_ends_a_light_check_in_calmly_and_offers_to_name_a_sign_after_all(id: str) -> None:
    outcome = along(id, "better")
    assert (outcome.level, outcome.closing, outcome.offer_signs) == (Level.NONE, "checkin.better", True)


@pytest.mark.parametrize("id", ["day2", "day3"])
def test_on_the_days_of_infections_even_who_is_better_is_asked_about_each_sign(id: str) -> None:
    asked = list(PROCEDURE.checkins[id].always)
    outcome = along(id, "better", "none", *("no" for _ in asked))
    assert len(asked) >= 4
    assert (outcome.level, outcome.closing, outcome.offer_signs) == (Level.NONE, "checkin.better", False)


def test_about_the_same_is_calm_on_day_1_and_a_sign_from_day_4_on() -> None:
    assert along("day1", "same").closing == "checkin.same"
    for id in ("day4", "day7", "day10", "day14", "day21", "day28"):
        asked = {step for path in ALL[id] if path.trend == "same" for step, _ in path.pressed}
        worse = {step for path in ALL[id] if path.trend == "worse" for step, _ in path.pressed}
        assert asked == worse


@pytest.mark.parametrize("trend", WORRIED)
@pytest.mark.parametrize("id", [id for id, c in PROCEDURE.checkins.items() if c.trend])
def test_worse_or_something_else_goes_to_staff_although_no_sign_was_named(id: str, trend: str) -> None:
    calm = [p for p in ALL[id] if p.trend == trend and not p.told("yes") and not p.told("not_sure")]
    calm = [p for p in calm if dict(p.pressed)["danger"] == "none"]
    assert [p.outcome.level for p in calm] == [Level.REVIEW]
    assert calm[0].outcome.closing == "checkin.none_worse"


@pytest.mark.parametrize("id", [id for id, c in PROCEDURE.checkins.items() if c.trend and DAY[id] >= 2])
def test_worse_at_two_check_ins_running_is_urgent(id: str) -> None:
    for path in paths(id, worse_before=True):
        if path.trend == "worse" and path.outcome.level < Level.EMERGENCY:
            assert path.outcome.level is Level.URGENT
        if path.trend == "better" and not path.told("yes") and not path.told("not_sure") and len(path.pressed) > 2:
            assert path.outcome.level is Level.NONE


def test_worse_at_two_check_ins_running_is_no_alarm_while_swelling_still_grows() -> None:
    levels = {p.outcome.level for p in paths("day1", worse_before=True) if p.trend == "worse" and not p.told("yes")}
    assert levels == {Level.REVIEW, Level.EMERGENCY}


# Signs


def test_not_sure_about_a_sign_goes_to_a_person() -> None:
    outcome = along("day2", "better", "none", "no", "not_sure", "no", "no")
    assert (outcome.level, outcome.closing) == (Level.REVIEW, "checkin.review")


def test_a_sign_counts_only_from_its_first_day_on() -> None:
    early = along("day4", "better", "none", "yes", day=3)
    late = along("day4", "better", "none", "yes", day=4)
    assert (early.level, early.closing) == (Level.NONE, "checkin.better")
    assert (late.level, late.symptoms) == (Level.REVIEW, ("redness", "swelling"))


def test_several_signs_for_the_next_working_day_are_told_together() -> None:
    outcome = along("day14", "better", "none", "yes", "yes", "no")
    assert outcome.level is Level.REVIEW
    assert {"lumps", "dark_patches"} <= set(outcome.symptoms)
    assert len(outcome.why) == 2


def test_an_urgent_sign_after_a_lesser_one_still_decides() -> None:
    assert along("day7", "worse", "none", "yes", "no", "yes").level is Level.URGENT


def test_the_first_evening_begins_with_danger_and_asks_about_the_numbing_cream() -> None:
    assert first_step(PROCEDURE.checkins["evening0"]) == "danger"
    assert along("evening0", "none", "no", "no", "no").closing == "checkin.none"
    assert along("evening0", "none", "yes").symptoms == ("hives", "allergic_rash")


# Before the next session


def test_before_the_next_session_all_clear_ends_it_and_something_to_tell_goes_to_a_person() -> None:
    clear, tell = along("before1", "no"), along("before1", "yes")
    assert (clear.level, clear.closing) == (Level.NONE, "checkin.all_clear")
    assert (tell.level, tell.closing) == (Level.REVIEW, "checkin.review")


# The safety questions


FIRST = [sign for sign in PROCEDURE.safety if not sign.behind]
OPENERS = {sign.behind for sign in PROCEDURE.safety if sign.behind}
MOST_BUTTONS = 9


def test_the_safety_questions_are_one_screen_and_two_of_its_buttons_open_another() -> None:
    safety = known(SAFETY, PROCEDURE)
    assert first_step(safety) == SAFETY
    assert {"frightening", "eyes"} == OPENERS
    assert buttons(SAFETY, safety, {}) == [*(sign.id for sign in FIRST), "not_sure", "none"]
    for opener in OPENERS:
        behind = [sign.id for sign in PROCEDURE.safety if sign.behind == opener]
        assert buttons(f"{SAFETY}:{opener}", safety, {}) == [*behind, "not_sure", "other"]


def test_no_screen_of_the_safety_questions_has_more_buttons_than_can_be_read_at_night() -> None:
    for step in (SAFETY, *(f"{SAFETY}:{opener}" for opener in OPENERS)):
        assert len(buttons(step, known(SAFETY, PROCEDURE), {})) <= MOST_BUTTONS


def test_every_emergency_of_the_danger_screen_and_of_the_words_can_be_reached() -> None:
    asked = {symptom for sign in PROCEDURE.safety if sign.level is Level.EMERGENCY for symptom in sign.symptoms}
    assert {symptom for sign in PROCEDURE.danger for symptom in sign.symptoms} <= asked
    assert set(CAUSES) <= asked


def test_every_urgent_sign_of_a_check_in_can_be_told_in_the_safety_questions() -> None:
    asked = {symptom for sign in PROCEDURE.safety for symptom in sign.symptoms}
    assert {s for sign in PROCEDURE.signs.values() if sign.level >= Level.URGENT for s in sign.symptoms} <= asked


@pytest.mark.parametrize("sign", PROCEDURE.safety, ids=lambda sign: sign.id)
def test_a_safety_question_leads_to_what_it_stands_for_on_any_day(sign: Sign) -> None:
    if sign.id in OPENERS:
        return
    outcome = along(SAFETY, *([sign.behind] if sign.behind else []), sign.id, day=0)
    assert (outcome.level, outcome.symptoms) == (sign.level, sign.symptoms)


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("airway", "emergency.airway"),
        ("low", "emergency.self_harm"),
        ("frightening/chest", "emergency.chest"),
        ("frightening/fainted", "emergency.collapse"),
        ("frightening/sepsis", "emergency.sepsis"),
        ("frightening/bleeding", "emergency.bleeding"),
        ("frightening/dark_skin", "emergency.dark_skin"),
        ("eyes/sight", "emergency.sight"),
    ],
)
def test_each_emergency_is_answered_in_the_words_of_its_cause(sign: str, words: str) -> None:
    outcome = along(SAFETY, *sign.split("/"))
    assert outcome.level is Level.EMERGENCY
    assert emergency_words(outcome.symptoms) == words


@pytest.mark.parametrize("value", ["not_sure", "other"])
def test_who_opens_a_second_screen_and_names_nothing_on_it_is_heard_all_the_same(value: str) -> None:
    for sign in (sign for sign in FIRST if sign.id in OPENERS):
        outcome = along(SAFETY, sign.id, value)
        assert outcome.level is sign.level
        assert outcome.level >= Level.REVIEW
        assert outcome.why[0].rule == f"sign {sign.id}: {value}"


@pytest.mark.parametrize("opener", sorted(OPENERS))
def test_a_second_screen_makes_silence_a_flag(opener: str) -> None:
    turn = press(SAFETY, opener, known(SAFETY, PROCEDURE), PROCEDURE, {}, day=3, worse_before=False)
    assert (turn.step, turn.worry, turn.outcome) == (f"{SAFETY}:{opener}", True, None)


def test_who_names_nothing_in_the_safety_questions_is_told_so_and_who_is_not_sure_gets_a_person() -> None:
    assert along(SAFETY, "none") == Outcome(Level.NONE, (), (), "checkin.none")
    unsure = along(SAFETY, "not_sure")
    assert (unsure.level, unsure.closing) == (Level.REVIEW, "checkin.review")


@pytest.mark.parametrize("id", ["day1", "day10"])
def test_who_has_signs_after_all_is_asked_the_safety_questions(id: str) -> None:
    checkin = known(id, PROCEDURE)
    found = list(walk(checkin, DAY[id], False, {"trend": "better", "have_signs": "yes"}, SAFETY, ()))
    assert {path.outcome.level for path in found} == set(Level)
    assert all(step.startswith(SAFETY) for path in found for step, _ in path.pressed)


def test_the_screens_that_the_safety_questions_once_had_still_count() -> None:
    safety = known(SAFETY, PROCEDURE)
    for danger in PROCEDURE.danger:
        turn = press("danger", danger.id, safety, PROCEDURE, {}, day=3, worse_before=False)
        assert turn.outcome is not None
        assert turn.outcome.level is Level.EMERGENCY
    assert press("danger", "none", safety, PROCEDURE, {}, day=3, worse_before=False).step == SAFETY
    levels = {}
    for value in ("fever", "pus", "pain", "not_sure", "none"):
        turn = press("signs", value, safety, PROCEDURE, {"danger": "none"}, day=3, worse_before=False)
        assert turn.outcome is not None
        levels[value] = turn.outcome.level.word
        assert chosen("signs", value) in ("button.not_sure", "button.none_of_these", f"sign.{value}")
    assert levels == {"fever": "urgent", "pus": "urgent", "pain": "urgent", "not_sure": "review", "none": "none"}


def test_an_unknown_check_in_is_asked_as_the_safety_questions() -> None:
    assert known("of another version", PROCEDURE).id == SAFETY


def test_a_procedure_of_its_own_is_asked_about_its_own_signs() -> None:
    own = replace(
        PROCEDURE,
        checkins={"day1": CheckIn("day1", trend=False, always=("tingling",))},
        signs={"tingling": Sign("tingling", ("itching",), Level.REVIEW, from_day=2)},
    )
    say = screen(1, "sign:tingling", own.checkins["day1"], own, {})
    assert (say.facts["sign"], say.facts["number"], say.facts["of"]) == ("tingling", 1, 1)
    turn = press("sign:tingling", "yes", own.checkins["day1"], own, {"danger": "none"}, day=2, worse_before=False)
    assert turn.outcome is not None
    assert turn.outcome.level is Level.REVIEW
