"""Every text of a language with its place: the words of its pages, and each answer of the FAQ by its days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from care.answers import Answer
from care.faults import Fault
from care.library import Library
from care.template import without_code

PLAIN = ("date.", "consent.version", "leaflet.instead", "leaflet.only_in_chat")
"""What nobody reads as it stands."""
STAFF_PAGE = "/staff.md"
DESK = (
    *("button.take", "button.answer", "button.call", "button.resolve", "outcome."),
    *("button.now", "button.earlier", "button.other_day", "button.type"),
)
"""Buttons of staff."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words as they stand in one place, before they are filled in."""

    lang: str
    home: str
    """The procedure that they belong to; '' for general/."""
    id: str
    """Of the words; the topic of an answer."""
    source: str
    """Their template."""
    file: str
    line: int
    """Line of their heading."""
    begins: int
    """Line on which the words begin."""
    rests_on: tuple[str, ...]
    days: tuple[int, int] | None = None
    """First and last day of an answer; None for any other day, and for everything that is no answer."""
    answer: Answer | None = None
    """The topic that an answer belongs to."""

    @property
    def name(self) -> str:
        """How a fault names it."""
        if self.days is None:
            return f"`{self.id}`"
        first, last = self.days
        return f"`{self.id}` on day {first}" if first == last else f"`{self.id}` from day {first}"

    @property
    def for_patients(self) -> bool:
        """Whether patients read it as text."""
        return self.answer is not None or not (self.file.endswith(STAFF_PAGE) or self.id.startswith((*PLAIN, *DESK)))

    def fault(self, what: str, offset: int | None = None) -> Fault:
        """A fault on its heading, or on the line where a place of ``source`` stands."""
        line = self.line if offset is None else self.begins + self.source.count("\n", 0, offset)
        return Fault(self.file, line, f"{self.name} {what}")

    def fault_on(self, line: int, what: str) -> Fault:
        """A fault on a line of ``source``, from 1."""
        return Fault(self.file, self.begins + line - 1, f"{self.name} {what}")

    def words(self) -> str:
        """The words alone, each in its place of ``source``."""
        return without_code(self.source)


def passages(library: Library, lang: str) -> Iterator[Passage]:
    """All texts of a language, its answers included."""
    for found in library.texts(lang):
        yield Passage(lang, found.home, found.id, found.source, found.file, found.line, found.begins, found.rests_on)
    for answer in answers(library, lang):
        yield from _stretches(lang, answer)


def answers(library: Library, lang: str) -> Iterator[Answer]:
    """All topics of a language, each of every file that answers it."""
    book = library.books[lang]
    found = {(a.file, a.topic): a for shelf in (book, *book.shelves.values()) for a in shelf.answers.values()}
    yield from found.values()


def _stretches(lang: str, answer: Answer) -> Iterator[Passage]:
    folder = answer.file.split("/", maxsplit=1)[0]
    for s in answer.stretches:
        yield Passage(
            lang=lang,
            home="" if folder == "general" else folder,
            id=answer.topic,
            source=s.text,
            file=answer.file,
            line=s.line,
            begins=s.begins,
            rests_on=answer.rests_on,
            days=s.days,
            answer=answer,
        )
