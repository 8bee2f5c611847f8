"""Where the numbers and days of a leaflet differ from those of today's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from care.answers import Answer
from commands.figures import DAY, Figure, figures


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where the leaflet and today's answer differ."""

    topic: str
    kind: str
    """What is counted, such as ``day``."""
    today: str
    leaflet: str
    fact: str

    def __str__(self) -> str:
        return f"today: {self.today}; your leaflet: {self.leaflet} ({self.fact})"


def conflicts_of(
    answers: Mapping[str, Answer], facts: Mapping[str, str], touched: Mapping[str, Sequence[str]]
) -> Iterator[Conflict]:
    """Figures of the facts about a topic that its answer counts, too, and counts otherwise."""
    for topic, ids in touched.items():
        now = _today(answers[topic])
        for id in ids:
            for kind, said in _differing(_counted(facts[id]), now):
                told = ", ".join(dict.fromkeys(figure.said for figure in now if figure.kind == kind))
                yield Conflict(topic, kind, told, said, id)


def _counted(fact: str) -> tuple[Figure, ...]:
    """The figures of a fact; those of its heading where the statement itself counts nothing of the kind."""
    head, colon, rest = fact.partition(": ")
    own = figures(rest if colon else fact)
    kinds = {figure.kind for figure in own}
    return (*own, *(figure for figure in figures(head if colon else "") if figure.kind not in kinds))


def _today(answer: Answer) -> tuple[Figure, ...]:
    """What today's answer counts: the days on which it changes, and the numbers in its texts."""
    said = tuple(figure for stretch in answer.stretches for figure in figures(stretch.text))
    dated = [(stretch.days[0], stretch.verdicts) for stretch in answer.stretches if stretch.days]
    days = tuple(
        Figure(DAY, first, f"from day {first} {_changed(before, after)}".strip())
        for (_, before), (first, after) in pairwise(dated)
        if not after or before != after
    )
    # Where days have texts of their own, "tomorrow you can" in one of them is no further rule.
    return (*days, *(figure for figure in said if not days or figure.kind != DAY))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What a heading states anew: `if calm`, or `pool: if calm` where the answer is about several things."""
    told = {row: verdict.replace("_", " ") for row, verdict in after.items() if before.get(row) != verdict}
    if len(after) > 1:
        return ", ".join(f"{row.replace('_', ' ')}: {verdict}" for row, verdict in told.items())
    return "".join(told.values())


def _differing(leaflet: Sequence[Figure], now: Sequence[Figure]) -> Iterator[tuple[str, str]]:
    """(kind, what the leaflet says) of figures that today's answer counts, too, and counts otherwise."""
    for kind in dict.fromkeys(figure.kind for figure in leaflet):
        known = {figure.value for figure in now if figure.kind == kind}
        other = [figure.said for figure in leaflet if figure.kind == kind and known and figure.value not in known]
        if other:
            yield kind, ", ".join(dict.fromkeys(other))
