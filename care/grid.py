"""The day grid: what holds on which day for each thing that patients ask about; no language in it.

``<procedure>/grid.yaml`` holds it, one row a thing. ``care/contradictions.py`` compares every text with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from itertools import groupby

from care.faults import ContentFaults, Fault
from care.library import Library
from care.listing import Line, read_listing

LAST_DAY = 30
"""Last day on which texts are compared with the grid: the end of an episode."""
NAMES = ("topic", "rests on", "days")
_SPAN = re.compile(r"(?:from (?P<on>\d+)|(?P<first>\d+)(?:-(?P<last>\d+))?) (?P<verdict>\D+)")
_HOW = "write days and verdicts such as `0-6 no, 7-13 if calm, from 14 ok`"


class Stance(Enum):
    """What a text tells about a thing, as coarsely as two texts must agree; the strictest first."""

    FORBIDS = auto()
    ASKS = auto()
    CALM = auto()
    NEEDLESS = auto()
    ALLOWS = auto()


class Verdict(StrEnum):
    """What the grid tells about a thing on a day; each is explained at the top of grid.yaml."""

    NO = "no"
    SKIP = "skip"
    LUKEWARM = "lukewarm"
    CLINIC_ONLY = "clinic_only"
    PLAIN = "plain"
    IF_CALM = "if_calm"
    ASK = "ask"
    TELL_US = "tell_us"
    DO = "do"
    NOT_NEEDED = "not_needed"
    CAREFUL = "careful"
    OK = "ok"

    @property
    def stance(self) -> Stance:
        """What it comes down to."""
        return _STANCES.get(self, Stance.ALLOWS)


_STANCES = {
    **dict.fromkeys((Verdict.NO, Verdict.SKIP, Verdict.LUKEWARM, Verdict.CLINIC_ONLY), Stance.FORBIDS),
    Verdict.ASK: Stance.ASKS,
    Verdict.IF_CALM: Stance.CALM,
    Verdict.NOT_NEEDED: Stance.NEEDLESS,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that patients ask about."""

    id: str
    topic: str
    """Topic of the FAQ that answers it."""
    rests_on: tuple[str, ...]
    """Ids of the facts in sources/ behind it."""
    begins: tuple[tuple[int, Verdict], ...]
    """(first day, verdict) of each stretch, from day 0 on."""
    line: int


@dataclass(frozen=True, slots=True)
class Grid:
    """What holds on which day after one procedure."""

    procedure: str
    file: str
    rows: Mapping[str, Row]

    def verdict(self, row: str, day: int) -> Verdict:
        """What holds on a day, 0 or later; KeyError when there is no such row."""
        return [verdict for first, verdict in self.rows[row].begins if first <= day][-1]

    def changes(self, row: str) -> list[tuple[int, Verdict]]:
        """(day, verdict): from which day on what holds, day 0 first; KeyError when there is no such row."""
        stretches = groupby(self.rows[row].begins, key=lambda begin: begin[1])
        return [next(group) for _, group in stretches]

    def days(self, row: str) -> list[int]:
        """The days on which what holds changes, without day 0."""
        return [day for day, _ in self.changes(row)][1:]

    def carried_by(self, topic: str) -> tuple[str, ...]:
        """Ids of the rows that a topic of the FAQ answers."""
        return tuple(row.id for row in self.rows.values() if row.topic == topic)


def load_grid(library: Library, procedure: str) -> Grid:
    """``<procedure>/grid.yaml``; ContentFaults with every fault at once."""
    listing = read_listing(library.root / procedure / "grid.yaml", library.root)
    book = library.books.get(library.clinic.language)
    draft = _Draft(listing.file, book.answers if book else (), _facts(library))
    for id in listing.lists:
        draft.fault(listing.lines[id], f"`{id}` needs a line for each of `topic:`, `rests on:` and `days:`")
    rows = {id: draft.row(id, listing.lines[id], body) for id, body in listing.tables.items()}
    if not rows:
        draft.fault(0, "there is no row: write one for each thing that has days of its own")
    if draft.faults:
        raise ContentFaults(draft.faults)
    return Grid(procedure, listing.file, rows)


def _facts(library: Library) -> frozenset[str]:
    return frozenset(fact for source in library.sources.values() for fact in source.facts)


class _Draft:
    """The grid while it is read, and everything that is wrong with it."""

    def __init__(self, file: str, topics: Collection[str], facts: Collection[str]) -> None:
        self.faults: list[Fault] = []
        self._file, self._topics, self._facts = file, topics, facts

    def fault(self, line: int, what: str) -> None:
        self.faults.append(Fault(self._file, line, what))

    def row(self, id: str, line: int, body: Mapping[str, Line]) -> Row:
        for name, stands in body.items():
            if name not in NAMES:
                self.fault(stands.line, f"`{id}`: `{name}` means nothing here; write {', '.join(NAMES)}")
        for name in NAMES:
            if name not in body:
                self.fault(line, f"`{id}`: `{name}:` is missing: write it")
        topic, facts, days = (body.get(name, Line("", 0)) for name in NAMES)
        if topic.text and topic.text not in self._topics:
            self.fault(topic.line, f"`{id}`: there is no topic `{topic.text}` in faq.md; write one that is there")
        rests_on = tuple(fact.strip() for fact in facts.text.split(",") if fact.strip())
        for fact in rests_on:
            if fact not in self._facts:
                self.fault(facts.line, f"`{id}`: there is no fact {fact} in sources/; write one that is there")
        return Row(id, topic.text, rests_on, tuple(self._begins(id, days)) if days.text else (), line)

    def _begins(self, id: str, days: Line) -> Iterator[tuple[int, Verdict]]:
        """The stretches in order; each must begin on the day after the one before it."""
        expected: int | None = 0
        for part in days.text.split(","):
            match = _SPAN.fullmatch(part.strip())
            verdict = match["verdict"].strip().replace(" ", "_") if match else ""
            if not match or verdict not in list(Verdict):
                known = ", ".join(verdict.replace("_", " ") for verdict in Verdict)
                self.fault(days.line, f"`{id}`: “{part.strip()}” can't be read: {_HOW}; the verdicts are {known}")
                return
            first = int(match["on"] or match["first"])
            if what := _break(expected, first):
                self.fault(days.line, f"`{id}`: {what}: {_HOW}")
                return
            yield first, Verdict(verdict)
            last = first if match["first"] and not match["last"] else int(match["last"] or first)
            if last < first:
                self.fault(days.line, f"`{id}`: “{part.strip()}” runs backwards: {_HOW}")
            expected = None if match["on"] else last + 1
        if expected is not None:
            self.fault(days.line, f"`{id}`: nothing is said from day {expected} on: end with `from {expected} …`")


def _break(expected: int | None, first: int) -> str:
    """What is wrong with a stretch that begins on ``first`` where ``expected`` was to come."""
    if expected is None:
        return f"nothing can follow `from …`, and day {first} does"
    if first > expected:
        return f"nothing is said of day {expected}"
    return f"day {first} stands in two places" if first < expected else ""
