"""The printed leaflet: the chat's own messages and the day grid, put together as paper says them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import groupby, pairwise

from markupsafe import escape

from care.faults import ContentFaults, Fault
from care.grid import Grid, Stance
from care.library import Library
from care.model import Planned
from care.signing import Sealed, sealed, signatures, why_draft
from care.sources import Source, behind, facts_for

BULLET = "•"
BOXES = ("leaflet.emergency", "leaflet.same_day", "leaflet.tell")
GOOD = "A"
"""Grade of the outside sources that are named: regulators, health services, hospitals and papers."""
_HEADING = re.compile(r"<b>(.+?)</b>[:.]?")
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or the points of a list."""

    lines: tuple[str, ...]
    """HTML, only <b> and <i>; one line for a paragraph."""
    points: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A day, or a box: what stands together on one page."""

    heading: str
    """HTML."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What holds for a thing over some columns of the table."""

    columns: int
    text: str
    """HTML."""
    forbids: bool


@dataclass(frozen=True, slots=True)
class Papers:
    """What a leaflet rests on, and how far it is signed."""

    own: tuple[Source, ...]
    """The clinic's articles and sheets."""
    outside: tuple[Source, ...]
    """The good ones among those behind them."""
    files: tuple[Sealed, ...]
    """The files of its words, and the sheets."""
    draft: bool
    """Somebody has still to sign one of these files."""


class Leaflet:
    """One procedure in one language, for patients of some types, as the layout takes it."""

    def __init__(self, library: Library, procedure: str, lang: str, types: Sequence[str] = ()) -> None:
        self._library, self.procedure, self.lang = library, procedure, lang
        self._facts = {"procedure": procedure, "types": tuple(types)}
        self._instead = self._pairs()
        never = self._say("leaflet.only_in_chat").split(",")
        self._chat = re.compile(rf"\b({'|'.join(re.escape(word.strip()) for word in never)})\b")

    def _say(self, words: str) -> str:
        return self._library.say(words, self.lang, self._facts).html

    def words(self, words: str) -> str:
        """Words of leaflet.md and the like: HTML."""
        return self._say(words)

    def boxes(self) -> list[Part]:
        """When to call: at once, the same day, by the next working day."""
        return [_part(self._say(id).split("\n")) for id in BOXES]

    def days(self, *, before: bool) -> list[Part]:
        """The plan's messages after the session, or those before the next one; ContentFaults where chat is left."""
        planned = [it for it in self._library.procedures[self.procedure].plan if it.before_next is before]
        parts: list[Part] = []
        faults: list[Fault] = []
        for it in planned:
            try:
                parts.append(self._day(it))
            except ContentFaults as found:
                faults += found.faults
        if faults:
            raise ContentFaults(faults)
        return parts

    def _day(self, planned: Planned) -> Part:
        said = self._library.say(planned.id, self.lang, {**self._facts, "day": self._of(planned)}).html
        dropped = set(self._say("safety.line").split("\n"))
        lines = [self._on_paper(line) for line in said.split("\n") if line not in dropped]
        part = _part(lines)
        title = self._say(f"title.{planned.id}")
        heading = (
            title if planned.before_next else part.heading.removesuffix(str(escape(f" · {self._library.clinic.name}")))
        )
        if left := self._chat.search(unescape(_TAG.sub("", "\n".join(lines)))):
            raise ContentFaults([self._speaks_as_chat(planned, left[0])])
        return Part(heading or title, part.blocks)

    def _of(self, planned: Planned) -> int | None:
        return None if planned.before_next else planned.day

    def _on_paper(self, line: str) -> str:
        for chat, paper in self._instead:
            line = line.replace(chat, paper)
        return line

    def _pairs(self) -> list[tuple[str, str]]:
        """(what the chat says, what paper says), the longest first."""
        lines = self._say("leaflet.instead").split("\n")
        pairs = [(chat.strip(), paper.strip()) for chat, _, paper in (line.partition("=") for line in lines)]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def _speaks_as_chat(self, planned: Planned, left: str) -> Fault:
        file, line = self._library.place(planned.id, self.lang, self.procedure)
        where = self._library.place("leaflet.instead", self.lang)[0]
        what = f"on paper `{planned.id}` would still speak as the chat does (“{left}”): write what to say instead in "
        return Fault(file, line, f"{what}{where}, under `leaflet.instead`")

    def hours(self) -> list[tuple[str, str]]:
        """(weekdays, opening hours; '' when closed), days with the same hours together, from Monday on."""
        names = self._say("date.weekdays").split()
        clinic = self._library.clinic
        spans = [", ".join(f"{s.opens:%H:%M}–{s.closes:%H:%M}" for s in clinic.hours.get(day, ())) for day in range(7)]
        found = []
        for span, some in groupby(range(7), key=spans.__getitem__):
            days = [names[day] for day in some]
            found.append((" – ".join(dict.fromkeys((days[0], days[-1]))), span))
        return found

    def columns(self, grid: Grid) -> list[str]:
        """Labels of the stretches of days in which nothing in the grid changes: 0, 4–6, 14 +."""
        begins = self._begins(grid)
        return [*(str(a) if b == a + 1 else f"{a}–{b - 1}" for a, b in pairwise(begins)), f"{begins[-1]} +"]

    def rows(self, grid: Grid) -> list[tuple[str, list[Cell]]]:
        """(what, its cells) for each row of the grid."""
        return [(self._say(f"grid.{id}"), list(self._cells(grid, id))) for id in grid.rows]

    def _cells(self, grid: Grid, row: str) -> Iterator[Cell]:
        for verdict, days in groupby(self._begins(grid), key=lambda day: grid.verdict(row, day)):
            yield Cell(len([*days]), self._say(f"verdict.{verdict}"), verdict.stance is Stance.FORBIDS)

    def _begins(self, grid: Grid) -> list[int]:
        return sorted({0, *(day for row in grid.rows for day in grid.days(row))})

    def papers(self, grid: Grid | None) -> Papers:
        """Documents, versions and signatures behind what is printed."""
        library, root = self._library, self._library.root
        plan = {planned.id for planned in library.procedures[self.procedure].plan}
        used = [
            words
            for words in library.texts(self.lang)
            if words.home in ("", self.procedure)
            and (words.id in plan or words.id.startswith(("grid.", "verdict.", "leaflet.")))
        ]
        ids = {id for words in used for id in words.rests_on}
        ids |= {id for row in grid.rows.values() for id in row.rests_on} if grid else set()
        facts = behind(facts_for(library.sources, self.procedure), sorted(ids))
        documents = [library.sources[id] for id in dict.fromkeys(fact.id.split(".")[0] for fact in facts)]
        own = tuple(it for it in documents if it.kind != "outside")
        outside = sorted((it for it in documents if it.grade == GOOD), key=lambda it: it.title(""))
        names = {words.file for words in used} | {it.file for it in own if it.kind == "sheet"}
        files = tuple(sealed(root / name, root) for name in sorted(names | ({grid.file} if grid else set())))
        ledger = signatures(root)
        return Papers(own, tuple(outside), files, any(why_draft(file, ledger) for file in files))


def _part(lines: Sequence[str]) -> Part:
    """The first line is the heading when it is all bold."""
    first = _HEADING.fullmatch(lines[0]) if lines else None
    rest = lines[1:] if first else lines
    blocks: list[Block] = []
    for points, some in groupby((line for line in rest if line.strip()), key=lambda line: line.startswith(BULLET)):
        told = [line.removeprefix(BULLET).strip() for line in some]
        blocks += [Block(tuple(told), True)] if points else [Block((line,), False) for line in told]
    return Part(lines[0].removeprefix("<b>").replace("</b>", "").strip() if first else "", tuple(blocks))


__all__ = ["Block", "Cell", "Leaflet", "Papers", "Part"]
