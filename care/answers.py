"""The clinic's answers, read from content/ and checked.

``<folder>/<lang>/faq.md`` holds the topics: a label, the facts an answer rests on, eight ways of asking,
and the answer of each day. ``<lang>/out_of_scope.txt`` holds questions that no document answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jinja2 import TemplateSyntaxError

from care.faults import ContentFaults, Fault
from care.model import Facts
from care.pages import Page, name_of, page, text_of, without_notes
from care.sources import Fact, Source, facts_for
from care.template import asks, syntax_in_words

WAYS = 8
"""Ways of asking per topic: topics with more of them would draw questions away from the others."""
LONGEST = 600
"""Characters of an answer: about what a phone shows at once."""
LABEL = 24
"""Characters of a label: it becomes a button."""
LAST_DAY = 10_000
GENERAL = "general"
"""The folder whose answers hold for every procedure."""

_DAYS = re.compile(r"^(?:Day (?P<day>\d+)|Days (?P<first>\d+)-(?P<last>\d+)|From day (?P<on>\d+))$")
_ANY = ("Any day", "Any other day")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days that one text of an answer is for, and what its heading states."""

    days: tuple[int, int] | None
    """First and last day; None: any other day, or the day is unknown."""
    text: str
    line: int
    """Line of its heading."""
    begins: int
    """Line on which the text begins."""
    verdicts: Mapping[str, str]
    """Row of the day grid → verdict that the heading states; '' stands for the topic's only row."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say about one topic."""

    topic: str
    label: str
    """What the topic's button says."""
    rests_on: tuple[str, ...]
    """Ids of the facts behind it; empty for topics about the chat itself."""
    phrasings: tuple[str, ...]
    """Ways in which patients ask for it."""
    by_day: tuple[tuple[int, int, str], ...]
    """(first day, last day, template text), in the order of the file, without overlap."""
    other: str
    """Template text for a day that ``by_day`` leaves out, or when the day is unknown."""
    words: tuple[str, ...] = ()
    """Words that point to the topic wherever they stand."""
    line: int = 0
    """Line of its heading."""
    stretches: tuple[Stretch, ...] = ()
    """Every text with its place in the file."""
    version: str = ""
    """Version of its file."""
    file: str = ""
    """Its file below content/."""

    def on(self, day: int | None) -> str:
        """Template text of that day (0 is the session's); None: the day is unknown."""
        if day is None:
            return self.other
        return next((text for first, last, text in self.by_day if first <= day <= last), self.other)

    def verdicts(self, day: int) -> Mapping[str, str]:
        """Row of the day grid → what its heading states for that day; '' stands for the topic's only row."""
        stretches = [s for s in self.stretches if s.days and s.days[0] <= day <= s.days[1]]
        return stretches[0].verdicts if stretches else {}

    def source(self, sources: Mapping[str, Source], *langs: str) -> str:
        """Titles to name in the first of these languages that they have, at most two, an article first.

        '' when it rests on no document of the clinic's. The aftercare sheet is always among them where the
        answer rests on it: the days come from there.
        """
        used = [sources[id] for id in dict.fromkeys(f.split(".")[0] for f in self.rests_on) if id in sources]
        articles = [s.title(*langs) for s in used if s.kind == "clinic"]
        sheets = [s.title(*langs) for s in used if s.kind == "sheet"]
        return "; ".join([*articles[: 1 if sheets else 2], *sheets[:1]])


def verdict_lines(answer: Answer, asked_on: Facts | None, words: Callable[[str], str]) -> list[str]:
    """What an answer comes to on the day that is asked about: a line for each row of the day grid.

    ``asked_on``: the day, in ``day``; None for none. ``words``: id → what stands in content/, or ''.
    A row or a verdict without words says nothing.
    """
    lines = []
    for row, verdict in (answer.verdicts(asked_on["day"]) if asked_on else {}).items():
        name, holds = words(f"grid.{row}") if row else "", words(f"verdict.{verdict}")
        if holds and (name or not row):
            lines.append(f"{name}: {holds}" if name else holds)
    return lines


@dataclass(frozen=True, slots=True)
class FaqBook:
    """All answers of one language."""

    lang: str
    answers: Mapping[str, Answer]
    """Topic → answer; where several procedures answer a topic, that of the first."""
    out_of_scope: tuple[str, ...]
    """Questions that must not be answered."""
    away: tuple[str, ...] = ()
    """Words that point away from the documents wherever they stand."""
    shelves: Mapping[str, FaqBook] = field(default_factory=dict)
    """Procedure → the general answers and its own; '' → the general ones."""

    def shelf(self, procedure: str) -> str:
        """Whose answers hold: the procedure's; where none is known, those of the only one; else the general ones."""
        own = [home for home in self.shelves if home]
        if not procedure and len(own) == 1:
            return own[0]
        return procedure if procedure in self.shelves else ""

    def of(self, procedure: str) -> FaqBook:
        """What a patient of this procedure is answered from."""
        return self.shelves.get(self.shelf(procedure), self)


def load_faq(folders: Sequence[Path], lang: str, sources: Mapping[str, Source]) -> FaqBook:
    """The answers of these language folders (``content/general/en`` …) as one book.

    ``sources``: the documents that they may rest on. ContentFaults tells every fault of all folders at once.
    """
    book, faults = read_faq(folders, lang, sources)
    if faults:
        raise ContentFaults(faults)
    return book


def read_faq(
    folders: Sequence[Path], lang: str, sources: Mapping[str, Source]
) -> tuple[FaqBook, tuple[Fault, ...]]:
    """As load_faq, with what is finished and what is wrong: for a language that is still being written."""
    faults: list[Fault] = []
    books: dict[str, FaqBook] = {}
    for folder in folders:
        home = "" if folder.parent.name == GENERAL else folder.parent.name
        before = [book for known, book in books.items() if known in ("", home) or not home]
        answers: dict[str, Answer] = {}
        for answer in _topics(folder, facts_for(sources, home), faults) if (folder / "faq.md").exists() else ():
            if any(answer.topic in book.answers for book in before):
                file = name_of(folder / "faq.md", folder.parent.parent)
                faults.append(Fault(file, answer.line, f"`{answer.topic}` is answered twice: keep one"))
            answers[answer.topic] = answer
        lines = _outside(folder / "out_of_scope.txt", folder.parent.parent, faults)
        outside = tuple(line for line in lines if not line.startswith("words:"))
        away = tuple(word for line in lines if line.startswith("words:") for word in _listed(line[6:]))
        books[home] = FaqBook(lang, answers, outside, away)
    return _shelved(lang, books), tuple(faults)


def _shelved(lang: str, books: Mapping[str, FaqBook]) -> FaqBook:
    """One book of all of them, in which a patient is answered from their own procedure's."""
    homes = dict.fromkeys([*books, ""])
    shelves = {home: _bound(lang, [books[own] for own in dict.fromkeys(["", home]) if own in books]) for home in homes}
    return replace(_bound(lang, books.values()), shelves=shelves)


def _bound(lang: str, books: Iterable[FaqBook]) -> FaqBook:
    """Several books as one; what an earlier one answers stays."""
    answers: dict[str, Answer] = {}
    outside: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    for book in books:
        answers |= {topic: answer for topic, answer in book.answers.items() if topic not in answers}
        outside, away = outside + book.out_of_scope, away + book.away
    return FaqBook(lang, answers, outside, away)


def _page(path: Path, root: Path, heading: str) -> Page:
    if "\n## " not in text_of(path, root):
        raise ContentFaults([Fault(name_of(path, root), 0, f"there is no `{heading}` heading: write one")])
    return page(path, root)


def _topics(folder: Path, known: Mapping[str, Fact], faults: list[Fault]) -> list[Answer]:
    """The finished topics of a folder; what is wrong goes to ``faults``, an unwritten topic is passed over."""
    path, root = folder / "faq.md", folder.parent.parent
    try:
        read = _page(path, root, "## topic")
    except ContentFaults as found:
        faults += found.faults
        return []
    lines = without_notes(text_of(path, root)).split("\n")
    ends = [section.line - 1 for section in read.sections[1:]] + [len(lines)]
    drafts = [
        _Draft(read, section.id, section.line, lines[section.line : end])
        for section, end in zip(read.sections, ends, strict=True)
    ]
    needed = folder.parent.name != GENERAL
    begun = [(draft, draft.answer(known, needed)) for draft in drafts if draft.begun()]
    faults += [fault for draft, _ in begun for fault in draft.faults]
    return [answer for draft, answer in begun if not draft.faults]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _outside(path: Path, root: Path, faults: list[Fault]) -> list[str]:
    if not path.exists():
        return []
    try:
        lines = [line.strip() for line in text_of(path, root).split("\n")]
    except ContentFaults as found:
        faults += found.faults
        return []
    return [line for line in lines if line and not line.startswith("#")]


@dataclass(slots=True)
class _Draft:
    """One topic while it is read, and what is wrong with it."""

    page: Page
    topic: str
    line: int
    body: list[str]
    faults: list[Fault] = field(default_factory=list)

    def begun(self) -> bool:
        """Whether anything of it is written: headings, empty lines of a form and facts alone are nothing."""
        left = (line for line in self.body if not line.startswith(("### ", "rests on:")))
        return any(line.strip() not in ("", "-", "label:", "words:") for line in left)

    def answer(self, known: Mapping[str, Fact], needed: bool) -> Answer:
        """The finished answer; what is wrong with it is in ``faults``."""
        heads = [n for n, line in enumerate(self.body) if line.startswith("###")]
        fields = self._fields(self.body[: heads[0] if heads else None])
        phrasings: tuple[str, ...] = ()
        stretches: list[Stretch] = []
        for head, end in zip(heads, [*heads[1:], len(self.body)], strict=True):
            title, text = self.body[head].lstrip("#").strip(), "\n".join(self.body[head + 1 : end]).strip()
            if title == "Ways of asking":
                phrasings = self._phrasings(head, end)
            else:
                stretches += self._stretch(head, title, text, stretches)
        other = next((stretch.text for stretch in stretches if stretch.days is None), "")
        self._complete(phrasings, other)
        return Answer(
            topic=self.topic,
            label=self._label(fields),
            rests_on=self._rests_on(fields, known, needed),
            phrasings=phrasings,
            by_day=tuple((*stretch.days, stretch.text) for stretch in stretches if stretch.days),
            other=other,
            words=_listed(fields.get("words", (0, ""))[1]),
            line=self.line,
            stretches=tuple(stretches),
            version=str(self.page.front.get("version", "")),
            file=self.page.file,
        )

    def _fault(self, offset: int, what: str) -> None:
        self.faults.append(Fault(self.page.file, self.line + offset, f"`{self.topic}`: {what}"))

    def _fields(self, lines: list[str]) -> dict[str, tuple[int, str]]:
        fields = {}
        wrong = -1
        for n, line in enumerate(lines, start=1):
            key, colon, value = line.partition(":")
            if colon and key in ("label", "rests on", "words"):
                fields[key] = (n, value.strip())
            elif line.strip():
                if wrong != n - 1:
                    self._fault(n, f"“{line.strip()[:40]}” is no `label:`, `rests on:` or `words:` line")
                wrong = n
        return fields

    def _label(self, fields: dict[str, tuple[int, str]]) -> str:
        line, label = fields.get("label", (0, ""))
        if not label:
            self._fault(line, "write `label: …`, what its button says")
        elif len(label) > LABEL:
            self._fault(line, f"the label has {len(label)} characters; a button shows {LABEL}")
        return label

    def _rests_on(
        self, fields: dict[str, tuple[int, str]], known: Mapping[str, Fact], needed: bool
    ) -> tuple[str, ...]:
        line, value = fields.get("rests on", (0, ""))
        ids = _listed(value)
        if needed and not ids:
            self._fault(line, "write `rests on: …`, the facts of sources/ behind this answer, such as s003.4")
        for id in ids:
            if id not in known:
                self._fault(line, f"there is no fact {id} in sources/; write one that is there")
        return ids

    def _phrasings(self, head: int, end: int) -> tuple[str, ...]:
        ways: list[str] = []
        wrong = -1
        for n in range(head + 1, end):
            line = self.body[n].strip()
            if line.startswith("- ") and line[2:].strip():
                ways.append(line[2:].strip())
            elif line and line != "-":
                if wrong != n - 1:
                    self._fault(n + 1, "each way of asking is a line that begins with “- ”")
                wrong = n
            if line[2:].strip() in ways[:-1]:
                self._fault(n + 1, "this way of asking stands above already: write another one")
        if len(ways) != WAYS:
            self._fault(head + 1, f"{len(ways)} ways of asking; write exactly {WAYS}, as every topic has")
        return tuple(ways)

    def _text(self, head: int, text: str) -> str:
        if not text:
            self._fault(head + 1, "there is no answer under this heading; write one")
        if len(text) > LONGEST:
            self._fault(head + 1, f"the answer has {len(text)} characters; shorten it to {LONGEST}")
        for sign in re.findall(r"[<>]|&(?!\w+;)", text):
            self._fault(head + 1, f"write a word instead of {sign}")
        try:
            asks(text)
        except TemplateSyntaxError as error:
            self._fault(head + 1 + error.lineno, syntax_in_words(error))
        return text

    def _stretch(self, head: int, title: str, text: str, sooner: list[Stretch]) -> list[Stretch]:
        """The text under a heading such as `Days 0-6 · no`; [] when the heading can't be read."""
        when, _, stated = (part.strip() for part in title.partition("·"))
        days = None if when in _ANY else self._days(head, when, [s.days for s in sooner if s.days])
        if days is None and when not in _ANY:
            return []
        begins = next((n for n in range(head + 1, len(self.body)) if self.body[n].strip()), head + 1)
        verdicts = self._verdicts(head, stated)
        return [Stretch(days, self._text(head, text), self.line + head + 1, self.line + begins + 1, verdicts)]

    def _days(self, head: int, when: str, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
        match = _DAYS.match(when)
        if not match:
            self._fault(
                head + 1,
                f"“{when}” must be Ways of asking, Day 0, Days 1-3, From day 14, Any day or Any other day; "
                "what it comes to stands behind “ · ”, as in Days 0-6 · no",
            )
            return None
        first = int(match["day"] or match["first"] or match["on"])
        last = int(match["last"] or match["day"] or LAST_DAY)
        if last < first or any(first <= b and a <= last for a, b in taken):
            self._fault(head + 1, f"the days of “{when}” run backwards or are answered already")
        return first, last

    def _verdicts(self, head: int, stated: str) -> dict[str, str]:
        """`no`, or `pool: no, hot shower: ok`, as row → verdict."""
        verdicts: dict[str, str] = {}
        for part in _listed(stated):
            row, _, verdict = (re.sub(r"\s+", "_", word.strip()) for word in part.rpartition(":"))
            if row in verdicts:
                self._fault(head + 1, f"“{part}”: write one verdict for each row, as in `pool: no, hot shower: ok`")
            verdicts[row] = verdict
        return verdicts

    def _complete(self, phrasings: tuple[str, ...], other: str) -> None:
        if not phrasings and not any("ways of asking" in fault.what for fault in self.faults):
            self._fault(0, "write `### Ways of asking` and the lines below it")
        if not other and not any("no answer under" in fault.what for fault in self.faults):
            self._fault(0, "write `### Any day` or `### Any other day`: the answer when the day is not known")
