"""The clinic's answers and the documents they rest on, read from content/ and checked.

``<folder>/<lang>/faq.md`` holds the topics: a label, the facts an answer rests on, eight ways of asking,
and the answer of each day. ``<lang>/out_of_scope.txt`` holds questions that no document answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from care.faults import ContentFaults, Fault
from care.pages import Page, name_of, page

WAYS = 8
"""Ways of asking per topic: topics with more of them would draw questions away from the others."""
LONGEST = 600
"""Characters of an answer: about what a phone shows at once."""
LABEL = 24
"""Characters of a label: it becomes a button."""
LAST_DAY = 10_000

_FACT = re.compile(r"^(\d+)\. (.+)$")
_DAYS = re.compile(r"^(?:Day (?P<day>\d+)|Days (?P<first>\d+)-(?P<last>\d+)|From day (?P<on>\d+))$")
_ANY = ("Any day", "Any other day")


@dataclass(frozen=True, slots=True)
class Source:
    """One document that answers rest on."""

    id: str
    """File name without ending: ``s003``, ``care_sheet``."""
    title: str
    """How a patient sees it named."""
    kind: str
    """``clinic``: the clinic's own article; ``outside``: put together from other sources."""
    facts: Mapping[str, str]
    """Fact id such as ``s003.4`` → what the document states, in our words."""


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

    def on(self, day: int | None) -> str:
        """Template text of that day (0 is the session's); None: the day is unknown."""
        if day is None:
            return self.other
        return next((text for first, last, text in self.by_day if first <= day <= last), self.other)

    def source(self, sources: Mapping[str, Source]) -> str:
        """Titles to name, at most two, an article first; '' when it rests on no document.

        The aftercare sheet is always among them where the answer rests on it: the days come from there.
        """
        used = [sources[id] for id in dict.fromkeys(f.split(".")[0] for f in self.rests_on) if id in sources]
        articles = [s.title for s in used if s.kind == "clinic"]
        sheets = [s.title for s in used if s.kind != "clinic"]
        return "; ".join([*articles[: 1 if sheets else 2], *sheets[:1]])


@dataclass(frozen=True, slots=True)
class FaqBook:
    """All answers of one language."""

    lang: str
    answers: Mapping[str, Answer]
    out_of_scope: tuple[str, ...]
    """Questions that must not be answered."""
    away: tuple[str, ...] = ()
    """Words that point away from the documents wherever they stand."""


def load_sources(folder: Path) -> Mapping[str, Source]:
    """The documents of ``<procedure>/sources``: id → Source. ContentFaults tells every fault."""
    sources: dict[str, Source] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.md")):
        try:
            source = _source(path, folder.parent.parent)
            sources[source.id] = source
        except ContentFaults as found:
            faults += found.faults
    if faults:
        raise ContentFaults(faults)
    return sources


def load_faq(folders: Sequence[Path], lang: str) -> FaqBook:
    """The answers of these language folders (``content/general/en`` …) as one book.

    ContentFaults tells every fault of all folders at once.
    """
    answers: dict[str, Answer] = {}
    outside: list[str] = []
    away: list[str] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            read = _topics(folder)
        except ContentFaults as found:
            faults += found.faults
            continue
        file = name_of(folder / "faq.md", folder.parent.parent)
        for answer in read:
            if answer.topic in answers:
                faults.append(Fault(file, answer.line, f"`{answer.topic}` is answered twice: keep one"))
            answers[answer.topic] = answer
        lines = _outside(folder / "out_of_scope.txt")
        outside += [line for line in lines if not line.startswith("words:")]
        away += [word for line in lines if line.startswith("words:") for word in _listed(line[6:])]
    if faults:
        raise ContentFaults(faults)
    return FaqBook(lang, answers, tuple(outside), tuple(away))


def _page(path: Path, root: Path, heading: str) -> Page:
    if "\n## " not in path.read_text(encoding="utf-8"):
        raise ContentFaults([Fault(name_of(path, root), 0, f"there is no `{heading}` heading: write one")])
    return page(path, root)


def _source(path: Path, root: Path) -> Source:
    read = _page(path, root, "## facts")
    faults = [
        Fault(read.file, 1, f"`{key}:` is missing: {what}")
        for key, what in (("title", "how patients see it named"), ("kind", "clinic or outside"))
        if not read.front.get(key)
    ]
    if read.front.get("kind") not in ("clinic", "outside", None):
        faults.append(Fault(read.file, 1, "`kind:` must be clinic or outside"))
    facts: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if match := _FACT.match(line):
            if int(match[1]) != len(facts) + 1:
                faults.append(Fault(read.file, number, f"number {len(facts) + 1} is missing: count up from 1"))
            facts[f"{path.stem}.{match[1]}"] = match[2]
    if faults:
        raise ContentFaults(faults)
    return Source(path.stem, str(read.front["title"]), str(read.front["kind"]), facts)


def _topics(folder: Path) -> list[Answer]:
    path, root = folder / "faq.md", folder.parent.parent
    read = _page(path, root, "## topic")
    sources = load_sources(folder.parent / "sources")
    known = frozenset(fact for source in sources.values() for fact in source.facts)
    lines = path.read_text(encoding="utf-8").split("\n")
    ends = [section.line - 1 for section in read.sections[1:]] + [len(lines)]
    drafts = [
        _Draft(read, section.id, section.line, lines[section.line : end])
        for section, end in zip(read.sections, ends, strict=True)
    ]
    answers = [draft.answer(known) for draft in drafts]
    faults = [fault for draft in drafts for fault in draft.faults]
    if faults:
        raise ContentFaults(faults)
    return answers


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _outside(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8").split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


@dataclass(slots=True)
class _Draft:
    """One topic while it is read, and what is wrong with it."""

    page: Page
    topic: str
    line: int
    body: list[str]
    faults: list[Fault] = field(default_factory=list)

    def answer(self, known: frozenset[str]) -> Answer:
        """The finished answer; what is wrong with it is in ``faults``."""
        heads = [n for n, line in enumerate(self.body) if line.startswith("###")]
        fields = self._fields(self.body[: heads[0] if heads else None])
        phrasings: tuple[str, ...] = ()
        days: list[tuple[int, int, str]] = []
        other = ""
        for head, end in zip(heads, [*heads[1:], len(self.body)], strict=True):
            title, text = self.body[head].lstrip("#").strip(), "\n".join(self.body[head + 1 : end]).strip()
            if title == "Ways of asking":
                phrasings = self._phrasings(head, end)
            elif title in _ANY:
                other = self._text(head, text)
            elif span := self._days(head, title, days):
                days.append((*span, self._text(head, text)))
        self._complete(phrasings, other)
        return Answer(
            topic=self.topic,
            label=self._label(fields),
            rests_on=self._rests_on(fields, known),
            phrasings=phrasings,
            by_day=tuple(days),
            other=other,
            words=_listed(fields.get("words", (0, ""))[1]),
            line=self.line,
        )

    def _fault(self, offset: int, what: str) -> None:
        self.faults.append(Fault(self.page.file, self.line + offset, f"`{self.topic}`: {what}"))

    def _fields(self, lines: list[str]) -> dict[str, tuple[int, str]]:
        fields = {}
        for n, line in enumerate(lines, start=1):
            key, colon, value = line.partition(":")
            if colon and key in ("label", "rests on", "words"):
                fields[key] = (n, value.strip())
            elif line.strip():
                self._fault(n, f"“{line.strip()[:40]}” is no `label:`, `rests on:` or `words:` line")
        return fields

    def _label(self, fields: dict[str, tuple[int, str]]) -> str:
        line, label = fields.get("label", (0, ""))
        if not label:
            self._fault(line, "write `label: …`, what its button says")
        elif len(label) > LABEL:
            self._fault(line, f"the label has {len(label)} characters; a button shows {LABEL}")
        return label

    def _rests_on(self, fields: dict[str, tuple[int, str]], known: frozenset[str]) -> tuple[str, ...]:
        line, value = fields.get("rests on", (0, ""))
        ids = _listed(value)
        if known and not ids:
            self._fault(line, "write `rests on: …`, the facts of sources/ behind this answer, such as s003.4")
        for id in ids:
            if id not in known:
                self._fault(line, f"there is no fact {id} in sources/; write one that is there")
        return ids

    def _phrasings(self, head: int, end: int) -> tuple[str, ...]:
        ways = []
        for n in range(head + 1, end):
            line = self.body[n].strip()
            if line.startswith("- ") and line[2:].strip():
                ways.append(line[2:].strip())
            elif line:
                self._fault(n + 1, "each way of asking is a line that begins with “- ”")
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
            _SYNTAX.parse(text)
        except TemplateSyntaxError as error:
            self._fault(head + 1 + error.lineno, f"{{{{ }}}} or {{% %}} is wrong here: {error.message}")
        return text

    def _days(self, head: int, title: str, days: list[tuple[int, int, str]]) -> tuple[int, int] | None:
        match = _DAYS.match(title)
        if not match:
            self._fault(
                head + 1,
                f"“{title}” must be Ways of asking, Day 0, Days 1-3, From day 14, Any day or Any other day",
            )
            return None
        first = int(match["day"] or match["first"] or match["on"])
        last = int(match["last"] or match["day"] or LAST_DAY)
        if last < first or any(first <= b and a <= last for a, b, _ in days):
            self._fault(head + 1, f"the days of “{title}” run backwards or are answered already")
        return first, last

    def _complete(self, phrasings: tuple[str, ...], other: str) -> None:
        if not phrasings and not any("ways of asking" in fault.what for fault in self.faults):
            self._fault(0, "write `### Ways of asking` and the lines below it")
        if not other and not any("no answer under" in fault.what for fault in self.faults):
            self._fault(0, "write `### Any day` or `### Any other day`: the answer when the day is not known")


_SYNTAX = Environment(autoescape=True)
