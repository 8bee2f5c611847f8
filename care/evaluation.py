"""Labelled messages counted: every figure by language, causes of emergencies, levels, probabilities, time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from care.calibration import Calibration, calibration
from care.labelled import Labelled
from care.measured import FIGURES, READ_AS, Figure, Measured, foreign_figures, is_danger
from care.model import Level
from care.shares import Goal, Reached, Share

TOGETHER = "together"
"""Name of the column that holds all offered languages."""
CAUSES: Mapping[str, str] = {
    "airway_swelling": "airway",
    "breathing": "breathing",
    "self_harm": "self-harm",
    "sepsis_signs": "sepsis",
    "uncontrolled_bleeding": "bleeding",
    "vision_loss": "sight",
    "chest_pain": "chest",
    "collapse": "collapse",
    "skin_necrosis": "dark skin",
}
"""Emergency symptom → its name; an emergency counts below each cause that its label names."""
OTHER_CAUSE = "other"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure as it was counted."""

    figure: Figure
    shares: Mapping[str, Share]
    """Column → share; the columns are the languages and TOGETHER, or TOGETHER alone."""

    def reached(self, column: str) -> Reached:
        """How the share of a column stands to the goal."""
        return self.figure.goal.reached(self.shares[column])


@dataclass(frozen=True, slots=True)
class Cause:
    """What came of the emergencies of one cause: column → share."""

    name: str
    emergency: Mapping[str, Share]
    raised: Mapping[str, Share]
    caught: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that is counted over some labelled messages."""

    measured: Sequence[Measured]
    languages: Sequence[str]
    """Those that are offered; all other messages are in other languages."""
    lines: Collection[str] = ()
    """Languages in which the safety line is written."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The languages, and TOGETHER."""
        return (*self.languages, TOGETHER)

    @property
    def own(self) -> tuple[Measured, ...]:
        """What is written in an offered language."""
        return tuple(one for one in self.measured if one.label.lang in self.languages)

    @property
    def foreign(self) -> tuple[Measured, ...]:
        """What is written in any other language."""
        return tuple(one for one in self.measured if one.label.lang not in self.languages)

    def of(self, column: str) -> tuple[Measured, ...]:
        """The messages of a column."""
        return tuple(one for one in self.own if column in (TOGETHER, one.label.lang))

    def own_rows(self) -> tuple[Row, ...]:
        """The figures of the offered languages: each column by itself."""
        return tuple(Row(one, {column: _share(one, self.of(column)) for column in self.columns}) for one in FIGURES)

    def foreign_rows(self) -> tuple[Row, ...]:
        """The figures of the other languages, all in TOGETHER."""
        return tuple(Row(one, {TOGETHER: _share(one, self.foreign)}) for one in foreign_figures(self.lines))

    def missed_musts(self) -> tuple[tuple[str, str], ...]:
        """(figure, column) of every must that is missed."""
        return tuple(
            (row.figure.name, column)
            for row in (*self.own_rows(), *self.foreign_rows())
            for column in row.shares
            if row.reached(column) is Reached.MISSED
        )

    def causes(self) -> tuple[Cause, ...]:
        """Emergencies cause by cause; ``other`` only where there are such."""
        names = (*CAUSES.values(), OTHER_CAUSE)
        found = [self._cause(name) for name in names]
        return tuple(one for one in found if one.name != OTHER_CAUSE or one.caught[TOGETHER].of)

    def confusion(self, column: str) -> Mapping[Level, Mapping[str, int]]:
        """Labelled level → READ_AS → how many messages of the column."""
        found = {level: dict.fromkeys(READ_AS, 0) for level in Level}
        for one in self.of(column):
            found[one.label.level][one.read_as] += 1
        return found

    def danger_calibration(self) -> Calibration | None:
        """The trained reader's probability of danger against the labels; None where none was told."""
        told = ((one.reading.danger, is_danger(one)) for one in self.own)
        return calibration((predicted, true) for predicted, true in told if predicted is not None)

    def answer_calibration(self) -> Calibration | None:
        """How sure a topic was against whether it was right, over questions that were taken to be harmless
        and whose topic was sure enough to answer; None where there are none.
        """
        return calibration(
            (one.reading.sure, one.reading.topic in one.label.right)
            for one in self.own
            if one.reading.topic and one.label.topic and one.reading.level is Level.NONE
        )

    def milliseconds(self, part: float) -> float:
        """So long did ``part`` (0..1) of the messages take at most; 0 without messages."""
        took = sorted(one.ms for one in self.measured)
        return took[max(0, ceil(part * len(took)) - 1)] if took else 0.0

    def _cause(self, name: str) -> Cause:
        def counted(counts: Callable[[Measured], bool]) -> Mapping[str, Share]:
            figure = Figure(name, name, lambda one: name in causes_of(one.label), counts, Goal())
            return {column: _share(figure, self.of(column)) for column in self.columns}

        return Cause(
            name,
            counted(lambda one: one.level is Level.EMERGENCY),
            counted(lambda one: one.raised),
            counted(lambda one: one.caught),
        )


def causes_of(label: Labelled) -> tuple[str, ...]:
    """The causes that the label of an emergency names, ``other`` when none of ours; () of what is no emergency."""
    if label.level is not Level.EMERGENCY:
        return ()
    return tuple(name for symptom, name in CAUSES.items() if symptom in label.symptoms) or (OTHER_CAUSE,)


def _share(figure: Figure, measured: Sequence[Measured]) -> Share:
    among = [one for one in measured if figure.among(one)]
    return Share(sum(map(figure.counts, among)), len(among))
