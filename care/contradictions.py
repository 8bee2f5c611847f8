"""Compares every answer and every planned message with the day grid: no two texts may contradict each other.

Of a topic with rows in the grid each heading states its verdict, and the sentence for a row has words of it. In all
answers and messages, what a sentence tells of a row (care/statements.py) is compared with the grid on each day on
which it can be read: a message on its day, one that may go out late until the last day on which it holds, a `.late`
line on all of these. Lines for a patient type (`.for.`) may be stricter than the grid, and never laxer. Messages that
count back from the next session are not compared: their day is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from care.answers import Answer, Stretch
from care.faults import ContentFaults, Fault
from care.grid import LAST_DAY, Grid, Stance, load_grid
from care.library import Library
from care.pages import Page, page, words_files
from care.statements import Speech, Statement, load_speech, statements

_IN_WORDS = {
    Stance.FORBIDS: "no",
    Stance.ASKS: "ask the clinic",
    Stance.CALM: "only on calm skin",
    Stance.NEEDLESS: "not needed",
    Stance.ALLOWS: "yes",
}
_MEND = "mend the one that is wrong"
FOR_TYPE = ".for."
"""Stands in the id of words that only patients of one type read."""


def faults(library: Library) -> Iterator[Fault]:
    """Everything in which the texts of the offered languages and the day grids disagree."""
    for procedure in library.procedures:
        try:
            grid = load_grid(library, procedure)
        except ContentFaults as found:
            yield from found.faults
            continue
        for lang in library.languages:
            yield from _nameless(library, grid, lang)
            try:
                speech = load_speech(library, grid, lang)
            except ContentFaults as found:
                yield from found.faults
                continue
            yield from _Comparison(library, grid, speech, lang).faults()


def _nameless(library: Library, grid: Grid, lang: str) -> Iterator[Fault]:
    """Rows and verdicts that the leaflet could not name."""
    wanted = [f"grid.{row}" for row in grid.rows]
    wanted += [f"verdict.{verdict}" for row in grid.rows for _, verdict in grid.changes(row)]
    for id in dict.fromkeys(wanted):
        if (grid.procedure, id) not in library.ids(lang):
            yield Fault(f"{grid.procedure}/{lang}/grid.md", 0, f"`{id}` has no words: write what the leaflet calls it")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The texts of one procedure in one language, beside its grid."""

    library: Library
    grid: Grid
    speech: Speech
    lang: str

    def faults(self) -> Iterator[Fault]:
        """Every disagreement, each once."""
        folder = self.library.root / self.grid.procedure / self.lang
        for path in words_files(folder):
            if path.name != "faq.md":
                yield from self._messages(page(path, self.library.root))
        if (folder / "faq.md").exists():
            read = page(folder / "faq.md", self.library.root)
            answers = self.library.books[self.lang].of(self.grid.procedure).answers
            for section in read.sections:
                if section.id in answers:
                    yield from self._answer(answers[section.id], read.file)

    def _messages(self, read: Page) -> Iterator[Fault]:
        days = self._days_of_plan()
        for section in read.sections:
            base, own, _ = section.id.partition(FOR_TYPE)
            for told in statements(section.text, section.begins, self.speech):
                wrong = [*self._days_named(told, ()), *self._unlike_grid(told, days.get(base, ()))]
                for what in self._laxer(told, days.get(base, ())) if own else wrong:
                    yield Fault(read.file, told.line, f"`{section.id}`: {what}")

    def _days_of_plan(self) -> dict[str, range]:
        """Id of a message's words → days on which they may be read."""
        plan = [planned for planned in self.library.procedures[self.grid.procedure].plan if not planned.before_next]
        days: dict[str, range] = {}
        for planned in plan:
            last = max(planned.day, planned.holds_until)
            # A late message goes out whole until the next one is due: then it is merged into its one line.
            due = min((other.day for other in plan if other.day > planned.day), default=last)
            days[planned.id] = range(planned.day, (min(last, due) if planned.late == "send" else planned.day) + 1)
            days[f"{planned.id}.late"] = range(planned.day, last + 1)
        return days

    def _answer(self, answer: Answer, file: str) -> Iterator[Fault]:
        rows = self.grid.carried_by(answer.topic)
        unsaid = set(range(LAST_DAY + 1)) if rows else set()
        for row in rows:
            lacking = [fact for fact in self.grid.rows[row].rests_on if fact not in answer.rests_on]
            if lacking:
                what = (
                    f"the grid rests `{row}` on {', '.join(lacking)} ({self._place(row)}): write it after `rests on:`"
                )
                yield Fault(file, answer.line, f"`{answer.topic}`: {what}")
        for stretch in answer.stretches:
            days = range(stretch.days[0], min(stretch.days[1], LAST_DAY) + 1) if stretch.days else None
            told = list(statements(stretch.text, stretch.begins, self.speech))
            found = [(stretch.line, what) for what in self._heading(stretch, rows, days)]
            if days:
                unsaid -= set(days)
                found += [fault for row in rows for fault in self._words(row, rows, told, days)]
            for statement in told:
                wrong = [*self._days_named(statement, rows), *self._unlike_grid(statement, days or (None,))]
                found += [(statement.line, what) for what in wrong]
            for line, what in found:
                yield Fault(file, line, f"`{answer.topic}`: {what}")
        if unsaid:
            what = f"no heading answers day {min(unsaid)}, and the grid has rows for this topic: write one that does"
            yield Fault(file, answer.line, f"`{answer.topic}`: {what}")

    def _heading(self, stretch: Stretch, rows: tuple[str, ...], days: range | None) -> Iterator[str]:
        """What is wrong with the verdicts that a heading states."""
        stated = {row or (rows[0] if len(rows) == 1 else ""): verdict for row, verdict in stretch.verdicts.items()}
        for row, verdict in stated.items():
            if row not in rows or not days:
                mine = ", ".join(f"`{_plain(row)}: …`" for row in rows) if days and rows else "nothing"
                yield f"the heading states “{_plain(row or verdict)}”; write {mine} after the “·”"
        for row in rows if days else ():
            yield from self._row_of_heading(row, stated.get(row, ""), days or range(0))

    def _row_of_heading(self, row: str, stated: str, days: range) -> Iterator[str]:
        holds = self.grid.verdict(row, days[0])
        other = next((day for day in days if self.grid.verdict(row, day) != holds), None)
        if other is not None:
            later = _plain(self.grid.verdict(row, other))
            yield (
                f"the heading runs from day {days[0]} over day {other}, on which `{row}` changes from "
                f"“{_plain(holds)}” to “{later}” ({self._place(row)}): begin a new heading on day {other}"
            )
        elif not stated:
            yield f"the heading must state what holds for `{row}`: write “{_plain(holds)}” after a “·”"
        elif stated != holds:
            says = f"the heading says “{_plain(stated)}” for `{row}`"
            yield f"{says}, the grid says “{_plain(holds)}” on day {days[0]} ({self._place(row)}): {_MEND}"

    def _words(self, row: str, rows: tuple[str, ...], told: list[Statement], days: range) -> Iterator[tuple[int, str]]:
        """What is wrong with the sentence for a row: the first one, or the first that names the row."""
        verdict = self.grid.verdict(row, days[0])
        sentence = next((s for s in told if len(rows) == 1 or row in s.rows), None)
        if sentence is None:
            yield told[0].line if told else 0, f"no sentence names `{row}`: say that it is “{_plain(verdict)}”"
        elif not self.speech.fits(sentence.text, verdict):
            what = f"“{sentence.text}” does not sound like “{_plain(verdict)}”"
            words = f"general/{self.lang}/verdicts.yaml has its words"
            yield sentence.line, f"{what}, which holds for `{row}` on day {days[0]} ({words})"

    def _unlike_grid(self, told: Statement, days: Iterable[int | None]) -> Iterator[str]:
        """What a sentence tells otherwise than the grid when it is read on these days; None: the day is unknown."""
        yield from self._compared(told, days, lambda holds, said: holds is not said and not _idle(holds, said))

    def _laxer(self, told: Statement, days: Iterable[int | None]) -> Iterator[str]:
        """What a sentence allows and the grid does not."""
        yield from self._compared(told, days, lambda holds, said: said.value > holds.value)

    def _compared(
        self, told: Statement, days: Iterable[int | None], wrong: Callable[[Stance, Stance], bool]
    ) -> Iterator[str]:
        """The first day for each row on which no reading of the sentence is right."""
        held = [held for day in days for held in self._held_to(told, day) if held[1]]
        for row in told.rows:
            for day, stances in held:
                holds = self.grid.verdict(row, day)
                if all(wrong(holds.stance, said) for said in stances):
                    says = " or ".join(_IN_WORDS[said] for said in sorted(stances, key=lambda s: s.value))
                    grid = f"the grid says “{_plain(holds)}” on day {day} ({self._place(row)})"
                    yield f"“{told.text}” says “{says}” for `{row}`, {grid}: {_MEND}"
                    break

    def _days_named(self, told: Statement, topic: tuple[str, ...]) -> Iterator[str]:
        """Days that a sentence names and on which the grid does not change."""
        rows = told.rows or told.before or topic
        ends = [(when, day) for when in told.when for day in when.ends if 0 < day <= LAST_DAY]
        for when, day in ends:
            same = [row for row in rows if day not in self.grid.days(row)]
            if same and (told.rows or len(same) == len(rows)):
                changes = " and ".join(f"day {day}" for day in self.grid.days(same[0])) or "no day"
                says = f"“{when.said}” means that `{same[0]}` changes on day {day}"
                yield f"{says}, the grid changes it on {changes} ({self._place(same[0])}): {_MEND}"

    def _held_to(self, told: Statement, day: int | None) -> Iterator[tuple[int, frozenset[Stance]]]:
        """(day, stances) that a sentence is held to when it is read on a day."""
        now = day or 0
        calm = told.stances & {Stance.CALM}
        for when in told.when:
            if when.kind == "days":
                yield from ((on, told.stances) for on in range(when.first, when.last + 1))
            elif when.kind == "from":
                yield max(now, when.first), told.stances
            else:
                until = (told.stances - calm) | {Stance.FORBIDS} if calm else told.stances
                yield from ((on, until) for on in range(now, when.first))
                yield from ((max(now, when.first), calm) for _ in calm)
        if not told.when and day is not None:
            yield from ((day + ahead, told.stances) for ahead in told.ahead)

    def _place(self, row: str) -> str:
        return f"{self.grid.file}:{self.grid.rows[row].line}"


def _idle(holds: Stance, said: Stance) -> bool:
    """To allow what is no longer needed is no contradiction."""
    return holds is Stance.NEEDLESS and said is Stance.ALLOWS


def _plain(name: str) -> str:
    """A row or a verdict as it is written in a heading."""
    return str(name).replace("_", " ")
