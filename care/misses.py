"""What was read otherwise than it is labelled, kind by kind, each with what was read in it and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from care.decide import lines_of
from care.evaluation import Evaluation
from care.lines import LINE
from care.measured import FIGURES, Measured, is_danger, kept
from care.model import Level, Why

SHORT = 160
"""So many characters of a message are shown."""
MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Misses:
    """All messages that were missed in one way, in the order of their files."""

    id: str
    name: str
    missed: tuple[Measured, ...]


def misses(evaluation: Evaluation) -> tuple[Misses, ...]:
    """Every kind of miss, the gravest first, also those that did not happen; a message stands in one of the
    kinds of danger, and may stand in one of those of answers besides.
    """
    own = [Misses(id, name, tuple(filter(is_one, evaluation.own))) for id, name, is_one in _OWN]
    foreign = tuple(one for one in evaluation.foreign if not kept(one, evaluation.lines))
    return (*own, Misses("foreign", "other languages, not kept for a person or without their line", foreign))


def label_of(one: Measured) -> str:
    """What the label says, in a few words: level, signs, topic."""
    label = one.label
    signs = f" ({', '.join(label.symptoms)})" if label.symptoms else ""
    understood = f", {label.understood.word} if understood" if label.understood is not None else ""
    return f"{label.level.word}{signs}{understood}{f', topic {label.topic}' if label.topic else ''}"


def read_of(one: Measured) -> str:
    """What was read and done, in a few words: level, signs, safety questions, safety line, answers, buttons."""
    decision = one.decision
    signs = f" ({', '.join(one.reading.symptoms)})" if one.reading.symptoms else ""
    parts = [f"{one.read_as}{signs}"]
    if decision.ask_signs and not one.asked:
        parts.append("safety questions asked")
    parts += [f"safety line in {say.words.removeprefix(LINE)}" for say in lines_of(decision)]
    if decision.answered:
        parts.append(f"answered {' + '.join(decision.answered)}")
    if decision.offered:
        parts.append(f"offered {', '.join(decision.offered)}")
    return ", ".join(parts)


def why_of(one: Measured) -> str:
    """The first reasons of the reading in the patient's words, and how sure it was."""
    reasons = "; ".join(map(_reason, one.reading.why[:MOST_REASONS])) or "no sign was found"
    more = len(one.reading.why) - MOST_REASONS
    danger = f", danger {one.reading.danger:.2f}" if one.reading.danger is not None else ""
    return f"{reasons}{f'; and {more} more' if more > 0 else ''} (sure {one.reading.sure:.2f}{danger})"


def shortened(text: str) -> str:
    """A message on one line, its end cut off where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1].rstrip()}…"


def _reason(why: Why) -> str:
    sign = f" {why.symptom}" if why.symptom else ""
    sure = f", {why.sure:.2f}" if why.sure is not None else ""
    days = f", {why.days}" if why.days else ""
    return f"“{shortened(why.phrase)}”{sign} ({why.rule}{sure}{days})"


def _named(id: str) -> Callable[[Measured], bool]:
    figure = next(figure for figure in FIGURES if figure.id == id)
    return lambda one: figure.among(one) and figure.counts(one)


def _harmless(one: Measured) -> bool:
    return one.label.level is Level.NONE


def _neither(one: Measured) -> bool:
    return _QUESTION.among(one) and not one.near and not one.wrong


_QUESTION = next(figure for figure in FIGURES if figure.id == "near")
_OWN: tuple[tuple[str, str, Callable[[Measured], bool]], ...] = (
    ("not_caught", "dangers not caught", lambda one: is_danger(one) and not one.caught),
    ("only_asked", "dangers only asked about", lambda one: is_danger(one) and one.caught and not one.raised),
    (
        "only_urgent",
        "emergencies read as urgent only",
        lambda one: one.label.level is Level.EMERGENCY and one.level is Level.URGENT,
    ),
    ("review", "review not flagged", lambda one: one.label.level is Level.REVIEW and not one.flagged),
    ("flagged", "harmless and flagged", lambda one: _harmless(one) and one.flagged),
    ("asked", "harmless and asked about", lambda one: _harmless(one) and one.asked),
    ("wrong", "questions answered wrongly", _named("wrong")),
    ("outside", "out of scope and answered", _named("outside")),
    ("neither", "questions without their answer, and without its button", _neither),
)
"""Id, name and test of each kind."""
