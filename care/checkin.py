"""A check-in as a machine: a step and an answer in, the next step or an outcome out.

Planned check-ins go: trend, danger screen, then one sign a screen. The safety questions ("I'm worried",
or a message that the bot is unsure about) are one screen in the patient's words; two of its buttons open
a second one. A button never lowers a level: one "yes" decides, and the most serious comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from care.model import Button, CheckIn, Level, Procedure, Rows, Say, Sign, Why

SAFETY = "safety"
"""Id of the check-in behind "I'm worried" and the safety questions."""
ASKED_BEFORE = ("danger", "signs")
"""Screens of the safety questions as they once were; some still stand in chats, and their buttons count."""
YES = ("yes", "something_to_tell")
NO = ("no", "none")
WORSE_TWICE = "worse at two check-ins running"
WORRIED_TRENDS = ("worse", "other", "not_sure")
Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check-in came to."""

    level: Level
    symptoms: tuple[str, ...]
    why: tuple[Why, ...]
    closing: str
    """Id of the words that close it, when nothing more serious answers."""
    offer_signs: bool = False
    """True: the closing carries a button that leads to the danger screen after all."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from a press: another step, or the end."""

    step: str
    """The step to show next; '' when the check-in is over."""
    answers: dict[str, str]
    worry: bool
    """True once an answer was worrying: from here on, silence is a flag."""
    outcome: Outcome | None = None


def known(checkin: str, procedure: Procedure, types: Sequence[str] = ()) -> CheckIn:
    """The check-in of this id, with what patients of these types are asked as well.

    The safety questions are the same for every procedure.
    """
    found = procedure.checkins.get(checkin) or CheckIn(SAFETY, trend=False)
    more = [sign for type, signs in found.types.items() if type in types for sign in signs]
    return replace(found, always=tuple(dict.fromkeys([*found.always, *more]))) if more else found


def first_step(checkin: CheckIn) -> str:
    """Where a check-in begins."""
    if checkin.id == SAFETY:
        return SAFETY
    if checkin.trend:
        return "trend"
    return "danger" if checkin.danger else f"sign:{checkin.always[0]}"


def screen(row_id: int, step: str, checkin: CheckIn, procedure: Procedure, answers: Answers) -> Say:
    """The screen of a step: its words and its buttons."""
    if step == "trend":
        trends = ("better", "same", "worse", "other")
        return Say("checkin.trend", {}, _buttons(row_id, step, [(f"button.{t}", t) for t in trends], across=2))
    if step == "danger":
        labels = [(f"sign.{sign.id}", sign.id) for sign in procedure.danger]
        return Say("checkin.danger", {}, _buttons(row_id, step, [*labels, ("button.none_of_these", "none")]))
    if is_safety(step):
        opener = _opener(step)
        labels = [(f"sign.{s.id}", s.id) for s in procedure.safety if s.behind == opener]
        last = ("button.other", "other") if opener else ("button.none_of_these", "none")
        rows = _buttons(row_id, step, [*labels, ("button.not_sure", "not_sure"), last])
        return Say(f"ask.{opener}" if opener else "checkin.safety", {}, rows)
    sign = step.removeprefix("sign:")
    asked = _asked(checkin, answers)
    facts = {"sign": sign, "number": asked.index(sign) + 1 if sign in asked else 1, "of": max(len(asked), 1)}
    if not checkin.danger:
        plans = [("button.all_clear", "all_clear"), ("button.something_to_tell", "something_to_tell")]
        return Say("checkin.sign", facts, _buttons(row_id, step, plans))
    choices = [("button.yes", "yes"), ("button.no", "no"), ("button.not_sure", "not_sure")]
    return Say("checkin.sign", facts, _buttons(row_id, step, choices, across=3))


def _buttons(row_id: int, step: str, choices: list[tuple[str, str]], across: int = 1) -> Rows:
    row = [Button(words, f"c|{row_id}|{step}|{value}") for words, value in choices]
    return tuple(tuple(row[n : n + across]) for n in range(0, len(row), across))


def chosen(step: str, value: str) -> str:
    """Id of the words on the button that was pressed, to show what the answer was."""
    if (step in ASKED_BEFORE or is_safety(step)) and value not in ("none", "not_sure", "other"):
        return f"sign.{value}"
    return "button.none_of_these" if value == "none" else f"button.{value}"


def is_safety(step: str) -> bool:
    """Whether a step is one of the safety questions' screens: ``safety``, or ``safety:`` and what opened it."""
    return step == SAFETY or step.startswith(f"{SAFETY}:")


def _opener(step: str) -> str:
    return step.removeprefix(SAFETY).removeprefix(":")


def told(answers: Answers, label: Callable[[Button], str]) -> str:
    """The answers as they stood on the buttons; what was denied only when nothing else was said.

    ``label``: the words of a button, in the language of whoever reads it.
    """
    said = named(answers) or dict(list(answers.items())[-1:])
    return " · ".join(_answer(step, value, label) for step, value in said.items())


def named(answers: Answers) -> Answers:
    """What was answered with more than a no."""
    return {step: value for step, value in answers.items() if step != "have_signs" and value not in NO}


def _answer(step: str, value: str, label: Callable[[Button], str]) -> str:
    answer = label(Button(chosen(step, value)))
    return f"{label(Button(step.replace(':', '.')))}: {answer}" if step.startswith("sign:") else answer


def press(
    step: str,
    value: str,
    checkin: CheckIn,
    procedure: Procedure,
    answers: Answers,
    *,
    day: int,
    worse_before: bool,
) -> Turn:
    """What follows when ``value`` is pressed on the screen of ``step``."""
    now = {**answers, step: value}
    worry = _worrying(now, checkin)
    if step == "trend":
        goes_on = (value != "better" and not (value == "same" and not checkin.same_is_sign)) or checkin.always
        return Turn("danger", now, worry) if goes_on else Turn("", now, worry, _calm(now, worse_before, checkin, day))
    if step == "danger":
        sign = next((s for s in procedure.danger if s.id == value), None)
        if sign is not None:
            return Turn("", now, True, _serious(sign))
        if checkin.id == SAFETY or now.get("have_signs"):
            return Turn(SAFETY, now, worry)
        return _onward(now, checkin, procedure, worry, day, worse_before)
    if step == "signs" or is_safety(step):
        return _pressed_in_safety(step, value, procedure, now, worry)
    sign = procedure.signs.get(step.removeprefix("sign:"))
    if value in YES and sign is not None and _level(sign, day) >= Level.URGENT:
        return Turn("", now, True, _serious(sign))
    return _onward(now, checkin, procedure, worry, day, worse_before)


def _pressed_in_safety(step: str, value: str, procedure: Procedure, answers: dict[str, str], worry: bool) -> Turn:
    signs = {sign.id: sign for sign in procedure.safety}
    if any(sign.behind == value for sign in procedure.safety) and step == SAFETY:
        return Turn(f"{SAFETY}:{value}", answers, True)
    sign = (signs if is_safety(step) else procedure.signs).get(value) or signs.get(_opener(step))
    if sign is not None:  # "not sure" and "something else" behind a button weigh what that button weighs
        return Turn("", answers, True, _serious(sign, value if value in ("not_sure", "other") else "yes"))
    return Turn("", answers, worry or value == "not_sure", _after_safety(value, answers))


def _onward(
    answers: dict[str, str], checkin: CheckIn, procedure: Procedure, worry: bool, day: int, worse_before: bool
) -> Turn:
    left = [sign for sign in _asked(checkin, answers) if f"sign:{sign}" not in answers]
    if left:
        return Turn(f"sign:{left[0]}", answers, worry)
    found = [procedure.signs[s] for s in _asked(checkin, answers) if answers[f"sign:{s}"] in YES]
    unsure = [s for s in _asked(checkin, answers) if answers[f"sign:{s}"] == "not_sure"]
    flagged = [sign for sign in found if _level(sign, day) > Level.NONE]
    if not flagged and not unsure:
        return Turn("", answers, worry, _calm(answers, worse_before, checkin, day))
    whys = tuple(Why("", sign.symptoms[0], f"sign {sign.id}: yes", _level(sign, day)) for sign in flagged)
    whys += tuple(Why("", "", f"sign {sign}: not sure", Level.REVIEW) for sign in unsure)
    symptoms = tuple(symptom for sign in flagged for symptom in sign.symptoms)
    calm = _calm(answers, worse_before, checkin, day)
    level = max([Level.REVIEW, calm.level, *(why.level for why in whys)])
    return Turn("", answers, True, Outcome(level, symptoms, (*whys, *calm.why), "checkin.review"))


def _asked(checkin: CheckIn, answers: Answers) -> list[str]:
    trend = answers.get("trend", "")
    more = trend in WORRIED_TRENDS or (trend == "same" and checkin.same_is_sign) or not checkin.trend
    return [*checkin.always, *(sign for sign in checkin.worse if more and sign not in checkin.always)]


def _worrying(answers: Answers, checkin: CheckIn) -> bool:
    return answers.get("trend") in WORRIED_TRENDS or (answers.get("trend") == "same" and checkin.same_is_sign)


def _level(sign: Sign, day: int) -> Level:
    return sign.level if day >= sign.from_day else Level.NONE


def _serious(sign: Sign, value: str = "yes") -> Outcome:
    why = Why("", sign.symptoms[0] if sign.symptoms else "", f"sign {sign.id}: {value}", sign.level)
    return Outcome(sign.level, sign.symptoms, (why,), "checkin.review" if sign.level is Level.REVIEW else "")


def _calm(answers: Answers, worse_before: bool, checkin: CheckIn, day: int) -> Outcome:
    """No sign was named: what the trend alone asks for."""
    trend = answers.get("trend", "")
    if trend == "worse" and worse_before and day >= 2:
        why = Why("", "", WORSE_TWICE, Level.URGENT)
        return Outcome(Level.URGENT, (), (why,), "")
    if trend in WORRIED_TRENDS:
        why = Why("", "", f"check-in: {trend}", Level.REVIEW)
        return Outcome(Level.REVIEW, (), (why,), "checkin.none_worse")
    if trend == "":
        return Outcome(Level.NONE, (), (), checkin.closing or "checkin.none")
    return Outcome(Level.NONE, (), (), f"checkin.{trend}", offer_signs=not checkin.always)


def _after_safety(value: str, answers: Answers) -> Outcome:
    if value == "not_sure" or answers.get("trend") in WORRIED_TRENDS:
        why = Why("", "", "safety questions: not sure", Level.REVIEW)
        return Outcome(Level.REVIEW, (), (why,), "checkin.review")
    return Outcome(Level.NONE, (), (), "checkin.none")
