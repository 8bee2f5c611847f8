"""The documents that texts rest on: the clinic's articles, its care sheets, and the outside sources behind them.

``general/sources`` holds those of every procedure, ``<procedure>/sources`` its own. Below ``## facts`` each line is
a number, a dot and what the document states, in our words. A sheet's fact ends in what it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from care.faults import ContentFaults, Fault
from care.pages import Page, listed, page, text_of, without_notes, words_files

KINDS = ("clinic", "sheet", "outside")
GRADES = ("A", "B", "C")
OWN = "own"
NOT_USED = "not used:"
UNCHECKED = "nobody has read it against the leaflet yet: do, then write `checked: yes` at the top of its file"

_STEM = re.compile(r"^[a-z][a-z0-9_]*$")
_FACT = re.compile(r"^(\d+)\. +(.*\S)\s*$")
_BRACKET = re.compile(r"^(.*?)\s*\[([^\[\]]*)\]$")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a document states, in our words."""

    id: str
    """Document and number, such as ``nhs_cellulitis.2``."""
    text: str
    """What it states, without the square brackets at its end."""
    file: str
    line: int
    rests_on: tuple[str, ...] = ()
    """Ids of the facts behind it; only a sheet's fact has any."""
    own: bool = False
    """Our own judgement has a part in it, for the clinician to check."""
    not_used: str = ""
    """Why nothing may rest on it; '' when texts may."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document."""

    id: str
    """File name without ending: ``s003``, ``care_sheet``."""
    home: str
    """The procedure that it belongs to; '' for one of general/."""
    kind: str
    """``clinic``: the clinic's own article; ``sheet``: put together for it; ``outside``: somebody else's."""
    file: str
    line: int
    """Line of its title."""
    titles: Mapping[str, str]
    """Language → how patients see it named; an outside source has one title, under ''."""
    facts: Mapping[str, Fact]
    """Fact id → fact."""
    grade: str = ""
    """Outside: A a regulator, health service, hospital or paper; B a maker or medical practice; C weak."""
    address: tuple[str, ...] = ()
    """Outside: where it stands."""
    read: str = ""
    """Outside: how much of it could be read."""
    checked: bool = True
    """False: taken from the clinic's leaflet by machine, and nobody has read it against that yet."""

    def title(self, *langs: str) -> str:
        """Its title in the first of these languages that it has one in; else the first that it has."""
        return next((self.titles[lang] for lang in langs if lang in self.titles), next(iter(self.titles.values())))


def load_sources(root: Path, procedures: Sequence[str] = ()) -> Mapping[str, Source]:
    """The documents of ``general/sources`` and of these procedures: id → Source.

    ContentFaults tells every fault of all of them at once.
    """
    sources: dict[str, Source] = {}
    faults: list[Fault] = []
    for home in ("", *procedures):
        for path in words_files(root / (home or "general") / "sources"):
            try:
                draft = _Draft(page(path, root), home, without_notes(text_of(path, root)).split("\n"))
            except ContentFaults as found:
                faults += found.faults
                continue
            source = draft.source(path.stem)
            if path.stem in sources:
                draft.fault(1, f"{sources[path.stem].file} has the same name, so facts get mixed up: rename one")
            faults += draft.faults
            sources.setdefault(source.id, source)
    faults += _misled(sources)
    if faults:
        raise ContentFaults(faults)
    return sources


def facts_for(sources: Mapping[str, Source], home: str) -> Mapping[str, Fact]:
    """The facts that a text of a procedure ('': of general/) may rest on: id → fact."""
    return {id: fact for s in sources.values() if s.home in ("", home) for id, fact in s.facts.items()}


def behind(facts: Mapping[str, Fact], ids: Iterable[str]) -> tuple[Fact, ...]:
    """These facts and all that they rest on in turn, each once; ids that are not there are left out."""
    found: dict[str, Fact] = {}
    waiting = [*ids]
    while waiting:
        id = waiting.pop(0)
        if id in facts and id not in found:
            found[id] = facts[id]
            waiting += facts[id].rests_on
    return tuple(found.values())


def idle(sources: Mapping[str, Source], named: Collection[str]) -> list[str]:
    """Outside sources that no sheet and none of the facts ``named`` by texts rests on."""
    used = {*named, *(id for s in sources.values() for fact in s.facts.values() for id in fact.rests_on)}
    return [s.id for s in sources.values() if s.kind == "outside" and used.isdisjoint(s.facts)]


def _misled(sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Facts that rest on what is not there, must not be used, or is their own reason."""
    everything = {id: fact for source in sources.values() for id, fact in source.facts.items()}
    for source in sources.values():
        within = facts_for(sources, source.home)
        for fact in source.facts.values():
            for id in fact.rests_on:
                if what := _misleads(fact, id, within, everything):
                    yield Fault(fact.file, fact.line, f"{fact.id} rests on {id}: {what}")


def _misleads(fact: Fact, id: str, within: Mapping[str, Fact], everything: Mapping[str, Fact]) -> str:
    if id == fact.id:
        return "that is itself; name what stands behind it"
    if id not in everything:
        return "there is no such fact; write one that is there"
    if id not in within:
        return f"{everything[id].file} belongs to one procedure; name a fact of general/ or of this one's"
    if everything[id].not_used:
        return f"that must not be used ({everything[id].not_used}); name another"
    if any(other.id == fact.id for other in behind(everything, [id])):
        return "they rest on each other in a circle; name what stands behind both"
    return ""


@dataclass(slots=True)
class _Draft:
    """One document while it is read, and what is wrong with it."""

    page: Page
    home: str
    lines: list[str]
    faults: list[Fault] = field(default_factory=list)

    def source(self, id: str) -> Source:
        """The finished document; what is wrong with it is in ``faults``."""
        if not _STEM.match(id):
            self.fault(0, f"“{id}” must be small letters, digits and _, such as nhs_cellulitis: rename the file")
        kind = self._kind()
        outside = kind == "outside"
        return Source(
            id,
            self.home,
            kind,
            self.page.file,
            self._front("title" if outside else "titles")[1],
            {"": self._text("title", "what it is called")} if outside else self._titles(),
            {fact.id: fact for fact in self._facts(id, kind)},
            self._grade() if outside else "",
            self._address() if outside else (),
            self._text("read", "how much of it could be read, such as whole, opening or abstract") if outside else "",
            self.page.front.get("checked") is not False,
        )

    def fault(self, line: int, what: str) -> None:
        """Something is wrong on that line (1-based)."""
        self.faults.append(Fault(self.page.file, line, what))

    def _front(self, key: str) -> tuple[Any, int]:
        """What the block at the top says, and on which line; line 1 when it says nothing."""
        line = next((n for n, text in enumerate(self.lines, start=1) if text.startswith(f"{key}:")), 1)
        return self.page.front.get(key), line

    def _kind(self) -> str:
        kind, line = self._front("kind")
        if kind not in KINDS:
            self.fault(line, "write `kind: clinic` (the clinic's article), `kind: sheet` or `kind: outside`")
        return str(kind)

    def _text(self, key: str, what: str) -> str:
        value, line = self._front(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(line, f"`{key}:` is missing: write {what}")
        return str(value)

    def _titles(self) -> dict[str, str]:
        titles, line = self._front("titles")
        if isinstance(titles, dict) and titles and all(isinstance(t, str) and t.strip() for t in titles.values()):
            # Without quotes YAML takes the code of Norwegian for a truth value.
            return {"no" if lang is False else str(lang): title for lang, title in titles.items()}
        self.fault(line, "`titles:` is missing: write how patients see it named, a line a language, as in `en: …`")
        return {"": ""}

    def _grade(self) -> str:
        grade, line = self._front("grade")
        if grade not in GRADES:
            self.fault(line, "write `grade: A` (regulator, health service, paper), B (maker, practice) or C (weak)")
        return str(grade)

    def _address(self) -> tuple[str, ...]:
        address, line = self._front("address")
        if isinstance(address, list) and address and all(isinstance(a, str) and a.strip() for a in address):
            return tuple(address)
        self.fault(line, "`address:` is missing: write where it stands, each address on a line that begins with “- ”")
        return ()

    def _checked(self) -> bool:
        checked, line = self._front("checked")
        if checked not in (None, True, False):
            self.fault(line, "write `checked: yes` once somebody has read each fact against the leaflet, else no")
        return checked is not False

    def _facts(self, stem: str, kind: str) -> Iterator[Fact]:
        for section in self.page.sections:
            if section.id != "facts":
                self.fault(section.line, f"`## {section.id}` is not read: a document has `## facts` and nothing else")
        start = next((section.line for section in self.page.sections if section.id == "facts"), 0)
        if not start:
            self.fault(0, "there is no `## facts` heading: write one")
        number, not_used = 0, "" if self._checked() else UNCHECKED
        for line, text in enumerate(self.lines[start:] if start else (), start=start + 1):
            match = _FACT.match(text)
            if match:
                number += 1
                if int(match[1]) != number:
                    self.fault(line, f"number {number} is missing: count up from 1")
                    number = int(match[1])
                yield self._fact(f"{stem}.{match[1]}", match[2], line, kind, not_used)
            elif text.strip() and not text.startswith("## "):
                self.fault(line, f"“{text.strip()[:40]}” is no fact: a fact is one line, a number, a dot and its text")

    def _fact(self, id: str, text: str, line: int, kind: str, not_used: str) -> Fact:
        rests_on: tuple[str, ...] = ()
        own = False
        while match := _BRACKET.match(text):
            text, inside = match[1], match[2].strip()
            if inside.startswith(NOT_USED):
                not_used = inside.removeprefix(NOT_USED).strip() or "no reason is told"
                continue
            marks = listed(inside)
            own = own or OWN in marks
            rests_on = (*(mark for mark in marks if mark != OWN), *rests_on)
        self._marks(id, line, kind, rests_on, own)
        return Fact(id, text, self.page.file, line, rests_on, own, not_used)

    def _marks(self, id: str, line: int, kind: str, rests_on: tuple[str, ...], own: bool) -> None:
        if kind != "sheet" and (rests_on or own):
            self.fault(line, f"{id} ends in square brackets: only a sheet's fact names what it rests on")
        elif kind == "sheet" and not (rests_on or own):
            self.fault(line, f"{id} names nothing that it rests on: end it in [nhs_cellulitis.2], or in [own]")
