"""content/ read, checked and frozen; it puts every decision into the patient's words.

Nothing reaches a patient but through :meth:`Library.say`: the words stand in content/, and what a
member of staff typed is filled into words that name them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from markupsafe import Markup

from care.clinic import load_clinic, load_procedure
from care.faq import Answer, FaqBook, Source, load_faq, load_sources
from care.faults import ContentFaults, Fault
from care.model import Button, Clinic, Facts, Procedure, Said
from care.pages import Page, page

BOLD = re.compile(r"\*\*(.+?)\*\*")
LANGUAGE = re.compile("[a-z]{2}")


class UnknownWords(LookupError):
    """No such words in this language; the text names their id."""


@dataclass(frozen=True, slots=True)
class Written:
    """Words as they stand in content/."""

    id: str
    home: str
    """The procedure that they belong to; '' for those of general/."""
    lang: str
    source: str
    """Their template, in the notation of Jinja2."""
    rests_on: tuple[str, ...]
    """Ids of the facts behind them."""
    version: str
    file: str
    line: int
    """Line of their heading."""
    template: Template


class Library:
    """Every word that a person reads, and what a procedure is."""

    def __init__(self, root: Path, procedures: Sequence[str] = ()) -> None:
        """Read the folder ``content/``; ContentFaults with every fault at once of what is offered.

        ``procedures``: folders to offer instead of those that clinic.yaml names.
        """
        self.root = root
        self.clinic: Clinic = load_clinic(root)
        self._words: dict[tuple[str, str, str], Written] = {}
        self._drafts: set[str] = set()
        self._compiled: dict[tuple[str, str], Template] = {}
        self.books: dict[str, FaqBook] = {}
        self.unwritten: list[tuple[str, str, str, int]] = []
        """(language, id, file, line) of every heading that has no words below it."""
        offered = procedures or self.clinic.procedures
        faults = _not_there(self.clinic, root, offered)
        if faults:
            raise ContentFaults(faults)
        self.procedures: Mapping[str, Procedure] = {id: load_procedure(root / id, root) for id in offered}
        self.sources: dict[str, Source] = {}
        for id in self.procedures:
            self.sources |= load_sources(root / id / "sources")
        self.written: tuple[str, ...] = tuple(
            sorted(folder.name for folder in (root / "general").iterdir() if LANGUAGE.fullmatch(folder.name))
        )
        """Languages that have a folder, offered or not."""
        self.making: Mapping[str, tuple[Fault, ...]] = {}
        """Language in the making -> what is wrong in its folders so far."""
        for lang in self.written:
            wrong = self._read_language(lang)
            if lang in self.clinic.languages:
                faults += wrong
            else:
                self.making = {**self.making, lang: tuple(wrong)}
        if faults:
            raise ContentFaults(faults)
        self.languages: tuple[str, ...] = tuple(lang for lang in self.clinic.languages if not self.missing(lang))
        """Languages that are offered: clinic.yaml names them, and every id has words in them."""

    def _read_language(self, lang: str) -> list[Fault]:
        faults: list[Fault] = []
        folders = [self.root / "general" / lang, *(self.root / p / lang for p in self.procedures)]
        for folder in folders:
            home = "" if folder.parent.name == "general" else folder.parent.name
            for path in sorted(folder.glob("*.md")):
                if path.name in ("faq.md", "README.md"):
                    continue
                try:
                    self._read_page(page(path, self.root), lang, home, faults)
                except ContentFaults as found:
                    faults += found.faults
        try:
            self.books[lang] = load_faq([folder for folder in folders if (folder / "faq.md").exists()], lang)
        except ContentFaults as found:
            faults += found.faults
        return faults

    def _read_page(self, read: Page, lang: str, home: str, faults: list[Fault]) -> None:
        if not read.front.get("reviewer") or not read.front.get("signed"):
            self._drafts.add(read.file)
        environment = self._environment(lang)
        version = str(read.front.get("version", ""))
        for section in read.sections:
            key = (lang, home, section.id)
            if key in self._words:
                other = self._words[key].file
                faults.append(
                    Fault(read.file, section.line, f"`{section.id}` stands in {other}, too: keep one of the two")
                )
            if not section.text:
                self.unwritten.append((lang, section.id, read.file, section.line))
                continue
            try:
                template = environment.from_string(BOLD.sub(r"<b>\1</b>", section.text))
            except TemplateSyntaxError as error:
                line = section.begins + error.lineno - 1
                faults.append(Fault(read.file, line, f"`{section.id}`: {error.message}"))
                continue
            self._words[key] = Written(
                section.id, home, lang, section.text, section.rests_on, version, read.file, section.line, template
            )

    def _environment(self, lang: str) -> Environment:
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["day_name"] = lambda when: self._date(lang, when)
        environment.filters["clock"] = lambda when: f"{_time(when):%H:%M}"
        environment.filters["day_and_clock"] = lambda when: f"{self._date(lang, when)}, {_time(when):%H:%M}"
        return environment

    def _date(self, lang: str, when: datetime | str) -> str:
        local = _time(when)
        pattern = self._plain("date.pattern", lang)
        weekdays = self._plain("date.weekdays", lang).split()
        months = self._plain("date.months", lang).split()
        return pattern.format(weekday=weekdays[local.weekday()], day=local.day, month=months[local.month - 1])

    def _plain(self, words: str, lang: str) -> str:
        return self._find(words, lang, "").source

    def _find(self, words: str, lang: str, procedure: str) -> Written:
        # Words that a language lacks are said in the clinic's own: better that than nothing.
        for language in (lang, self.clinic.language):
            for home in (procedure, ""):
                if (language, home, words) in self._words:
                    return self._words[language, home, words]
        raise UnknownWords(f"there are no words `{words}` in {lang}")

    def say(self, words: str, lang: str, facts: Facts) -> Said:
        """The words in a language, filled with facts.

        The clinic's own facts are always there; times in ``facts`` must be local already.
        UnknownWords when the id has no words, TemplateError when a fact is missing.
        """
        procedure = str(facts.get("procedure") or "")
        found = self._find(words, lang, procedure)
        html = self._render(words, lang, procedure, facts)
        digest = hashlib.sha256(found.source.encode()).hexdigest()[:16]
        return Said(_tidy(html), words, found.version, digest)

    def _render(self, words: str, lang: str, procedure: str, facts: Facts) -> str:
        found = self._find(words, lang, procedure)
        everything: dict[str, Any] = {**self._clinic_facts(), "day": None, "first_name": "", **facts}
        everything["procedure"] = self.procedure_name(procedure, lang)
        everything["say"] = _Saying(self, lang, procedure, facts)
        if words == "faq.answer":
            everything |= self._answer(facts, lang, everything)
        return found.template.render(everything)

    def procedure_name(self, procedure: str, lang: str) -> str:
        """What a procedure is called in a language; its id where it has no name."""
        return self._plain_or("procedure.name", lang, procedure, procedure)

    def _plain_or(self, words: str, lang: str, procedure: str, other: str) -> str:
        try:
            return self._find(words, lang, procedure).source
        except UnknownWords:
            return other

    def _clinic_facts(self) -> dict[str, Any]:
        clinic = self.clinic
        return {
            "clinic": clinic.name,
            "phone": clinic.phone,
            "emergency_number": clinic.emergency_number,
            "crisis_line": clinic.crisis_line,
            "out_of_hours": clinic.out_of_hours,
            "keep_days": clinic.keep_days,
        }

    def _answer(self, facts: Facts, lang: str, everything: dict[str, Any]) -> dict[str, Any]:
        answer = self._topic(str(facts["topic"]), lang)
        text = answer.on(facts.get("day"))
        template = self._compiled.get((lang, text))
        if template is None:
            template = self._environment(lang).from_string(BOLD.sub(r"<b>\1</b>", text))
            self._compiled[lang, text] = template
        return {"answer": _markup(template.render(everything)), "source": answer.source(self.sources)}

    def topic(self, topic: str, lang: str) -> str:
        """What a topic's button says."""
        return self._topic(topic, lang).label

    def _topic(self, topic: str, lang: str) -> Answer:
        book = self.books.get(lang)
        known = book is not None and topic in book.answers
        return self.books[lang if known else self.clinic.language].answers[topic]

    def label(self, button: Button, lang: str, facts: Facts) -> str:
        """A button's label: plain text."""
        if button.words.startswith("topic."):
            return self.topic(button.words.removeprefix("topic."), lang)
        said = self.say(button.words, lang, {**facts, **button.facts})
        return unescape(re.sub(r"<[^>]+>", "", said.html))

    def labels(self, words: str) -> frozenset[str]:
        """What a keyboard button says in any language, to know it when it is tapped."""
        return frozenset(w.source for (_, _, id), w in self._words.items() if id == words)

    def texts(self, lang: str) -> Iterator[Written]:
        """All words of a language, by home and id; answers of the FAQ stand in ``books``."""
        yield from (self._words[key] for key in sorted(self._words) if key[0] == lang)

    def ids(self, lang: str) -> frozenset[tuple[str, str]]:
        """(procedure or '', id) of all words of a language."""
        return frozenset((home, id) for language, home, id in self._words if language == lang)

    def place(self, words: str, lang: str, home: str = "") -> tuple[str, int]:
        """File and line of words."""
        found = self._find(words, lang, home)
        return found.file, found.line

    def unsigned(self) -> list[str]:
        """Files of words that no reviewer has signed."""
        return sorted(self._drafts)

    def missing(self, lang: str) -> list[str]:
        """Ids that stand in the clinic's own language and have no words in this one."""
        wanted = self.ids(self.clinic.language)
        lacking = [f"{home}/{id}" if home else id for home, id in sorted(wanted - self.ids(lang))]
        topics = self.books[self.clinic.language].answers if self.clinic.language in self.books else {}
        has = self.books[lang].answers if lang in self.books else {}
        return lacking + [f"faq {topic}" for topic in topics if topic not in has]


class _Saying:
    """``say('id')`` inside of words: other words, filled with the same facts."""

    def __init__(self, library: Library, lang: str, procedure: str, facts: Facts) -> None:
        self._library, self._lang, self._procedure, self._facts = library, lang, procedure, facts

    def __call__(self, words: str, **more: Any) -> str:
        facts = {**self._facts, **more, "procedure": self._procedure}
        return _markup(self._library._render(words, self._lang, self._procedure, facts))


def _markup(html: str) -> Markup:
    """Declare text to be finished HTML: it came out of an escaping template."""
    return Markup(html)


def _tidy(html: str) -> str:
    """Blank lines that switched-off parts leave behind collapse to one."""
    return re.sub(r"\n{3,}", "\n\n", html).strip()


def _time(when: datetime | str) -> datetime:
    return datetime.fromisoformat(when) if isinstance(when, str) else when


def _not_there(clinic: Clinic, root: Path, procedures: Sequence[str]) -> list[Fault]:
    """What clinic.yaml offers and no folder holds."""
    lacking = [f"`procedures`: there is no {id}/procedure.yaml" for id in procedures if not _is_procedure(root, id)]
    lacking += [
        f"`languages`: there is no folder general/{lang}"
        for lang in clinic.languages
        if not (root / "general" / lang).is_dir()
    ]
    return [Fault("clinic.yaml", 0, f"{what}; make it, or take the name out") for what in lacking]


def _is_procedure(root: Path, id: str) -> bool:
    return (root / id / "procedure.yaml").exists()


def load(root: Path, procedures: Sequence[str] = ()) -> Library:
    """The library of a content folder; ContentFaults tells everything that is wrong at once.

    ``procedures``: see Library.
    """
    if not (root / "clinic.yaml").exists():
        raise ContentFaults(
            [Fault("clinic.yaml", 0, "there is no such file; CONTENT_DIR must name the content folder")]
        )
    if not (root / "general").is_dir() or not any(root.glob("*/procedure.yaml")):
        raise ContentFaults([Fault("general", 0, "this folder, or that of a procedure, is missing: put it back")])
    return Library(root, procedures)


__all__ = ["ContentFaults", "Library", "TemplateError", "UnknownWords", "load"]
