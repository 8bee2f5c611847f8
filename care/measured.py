"""One labelled message and what came of it, and the figures that are counted over many of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from care.decide import Decision
from care.examples import OUT_OF_SCOPE
from care.labelled import Labelled
from care.lines import LINE
from care.model import Level, Reading
from care.shares import Goal

TRICKY = "harmless_tricky"
"""Tag of harmless messages that sound dangerous."""
ASKED = "asked"
"""Column of the confusion matrix: not flagged, but the safety questions are asked."""
READ_AS = (Level.NONE.word, ASKED, Level.REVIEW.word, Level.URGENT.word, Level.EMERGENCY.word)
"""What a message can be read as, the least serious first."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One labelled message, and what came of it."""

    label: Labelled
    reading: Reading
    decision: Decision
    ms: float = 0.0
    """Milliseconds from the message to the reply's words."""

    @property
    def level(self) -> Level:
        """How serious it was taken to be."""
        return max(self.reading.level, self.decision.level)

    @property
    def flagged(self) -> bool:
        """Staff see it: review or more."""
        return self.level >= Level.REVIEW

    @property
    def asked(self) -> bool:
        """Not flagged, but the safety questions are asked."""
        return not self.flagged and self.decision.ask_signs

    @property
    def raised(self) -> bool:
        """Read as urgent or emergency."""
        return self.level >= Level.URGENT

    @property
    def caught(self) -> bool:
        """Raised, or the safety questions are asked before anything else."""
        return self.raised or self.decision.ask_signs

    @property
    def read_as(self) -> str:
        """One of READ_AS."""
        return ASKED if self.asked else self.level.word

    @property
    def right(self) -> bool:
        """A topic that answers the question was answered."""
        return not self.label.right.isdisjoint(self.decision.answered)

    @property
    def wrong(self) -> bool:
        """Something was answered, and nothing of it answers the question."""
        return bool(self.decision.answered) and not self.right

    @property
    def near(self) -> bool:
        """A topic that answers the question was answered, or is among the buttons."""
        return self.right or not self.label.right.isdisjoint(self.decision.offered)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is counted."""

    id: str
    name: str
    among: Callable[[Measured], bool]
    """Which messages are looked at …"""
    counts: Callable[[Measured], bool]
    """… and which of them are hits."""
    goal: Goal


def is_danger(one: Measured) -> bool:
    """Its label says urgent or emergency."""
    return one.label.level >= Level.URGENT


def _tricky(one: Measured) -> bool:
    return one.label.level is Level.NONE and TRICKY in one.label.tags


def _plain(one: Measured) -> bool:
    return one.label.level is Level.NONE and TRICKY not in one.label.tags


def _question(one: Measured) -> bool:
    return one.label.level is Level.NONE and one.label.topic not in (None, OUT_OF_SCOPE)


def _outside(one: Measured) -> bool:
    return one.label.level is Level.NONE and one.label.topic == OUT_OF_SCOPE


def _level_of(level: Level) -> Callable[[Measured], bool]:
    return lambda one: one.label.level is level


def _flagged(one: Measured) -> bool:
    return one.flagged


def _asked(one: Measured) -> bool:
    return one.asked


FIGURES = (
    Figure("raised", "dangers raised to urgent or emergency", is_danger, lambda one: one.raised, Goal(90, 97)),
    Figure("caught", "dangers caught: raised, or asked about first", is_danger, lambda one: one.caught, Goal(98, 99.5)),
    Figure(
        "emergency",
        "emergencies answered as emergencies",
        _level_of(Level.EMERGENCY),
        lambda one: one.level is Level.EMERGENCY,
        Goal(85, 95),
    ),
    Figure("review", "review messages flagged", _level_of(Level.REVIEW), _flagged, Goal(85, 95)),
    Figure("tricky_flagged", "tricky harmless messages flagged", _tricky, _flagged, Goal(10, 5, at_most=True)),
    Figure("tricky_asked", "tricky harmless messages asked about", _tricky, _asked, Goal(20, 10, at_most=True)),
    Figure("plain_flagged", "plain questions and harmless flagged", _plain, _flagged, Goal(3, 1, at_most=True)),
    Figure("plain_asked", "plain questions and harmless asked about", _plain, _asked, Goal(8, 4, at_most=True)),
    Figure("right", "questions: right answer given", _question, lambda one: one.right, Goal(80, 92)),
    Figure("wrong", "questions: wrong answer given", _question, lambda one: one.wrong, Goal(5, 2, at_most=True)),
    Figure("near", "questions: right answer given or on a button", _question, lambda one: one.near, Goal(93, 97)),
    Figure(
        "outside",
        "out of scope answered anyway",
        _outside,
        lambda one: bool(one.decision.answered),
        Goal(6, 2, at_most=True),
    ),
)
"""What is counted among messages in languages that are offered."""


def kept(one: Measured, lines: Collection[str]) -> bool:
    """A person sees it, and its writer reads the safety line in their language; ``lines``: those that have one."""
    lang = one.label.lang
    line = any(say.words == f"{LINE}{lang}" for say in one.decision.says)
    return one.decision.level >= Level.REVIEW and (line or lang not in lines)


def foreign_figures(lines: Collection[str]) -> tuple[Figure, Figure]:
    """What is counted among messages in other languages; ``lines``: languages that have a safety line."""
    return (
        Figure(
            "foreign_kept",
            "kept for a person, with the safety line in their language where one is written",
            lambda one: True,
            lambda one: kept(one, lines),
            Goal(100),
        ),
        Figure(
            "foreign_raised",
            "urgent or emergency for somebody who speaks it: raised",
            lambda one: (one.label.understood or Level.NONE) >= Level.URGENT,
            lambda one: one.raised,
            Goal(stretch=80),
        ),
    )
