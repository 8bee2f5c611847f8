"""content/ read, checked and frozen; it puts every decision into the patient's words.

Nothing reaches a patient but through :meth:`Library.say`: the words stand in content/, and what a
member of staff typed is filled into words that name them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from markupsafe import Markup

from care.answers import read_faq, verdict_lines
from care.clinic import load_clinic, load_procedure, load_safety
from care.faq import Answer, FaqBook
from care.faults import ContentFaults, Fault
from care.lines import LINE, kept_in_order, read_lines
from care.model import Button, Clinic, Facts, Part, Procedure, Said
from care.pages import Page, page, words_files
from care.signing import drafts, offer
from care.sources import Source, load_sources
from care.template import syntax_in_words

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
    begins: int
    """Line on which the words begin."""
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
        self._compiled: dict[tuple[str, str], Template] = {}
        self.books: dict[str, FaqBook] = {}
        self.unwritten: list[tuple[str, str, str, int]] = []
        """(language, id, file, line) of every heading that has no words below it."""
        offered = procedures or self.clinic.procedures
        faults = _not_there(self.clinic, root, offered)
        if faults:
            raise ContentFaults(faults)
        safety = load_safety(root)
        self.procedures: Mapping[str, Procedure] = {
            id: replace(load_procedure(root / id, root), safety=safety) for id in offered
        }
        self.sources: Mapping[str, Source] = load_sources(root, tuple(self.procedures))
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
        self._read_page(read_lines(root), "", "", faults)
        if faults:
            raise ContentFaults(faults)
        self.complete: tuple[str, ...] = tuple(lang for lang in self.clinic.languages if not self.missing(lang))
        """Languages that clinic.yaml names and in which every id has words: patients in care read them."""
        self.languages: tuple[str, ...] = self.complete
        """Languages that are offered."""
        self.offered: tuple[str, ...] = tuple(self.procedures)
        """Procedures after which patients may join."""
        self.drafts: Mapping[str, str] = drafts(root, self.clinic.languages, self.offered)
        """File of what is offered -> why it is a draft: no clinician has signed it as it stands."""
        self.withheld: Mapping[str, str] = {}
        """Language or procedure that is not offered -> the draft because of which."""

    def offer_signed(self) -> None:
        """Offer only what is signed to whoever joins from now on; who is in care is looked after as before.

        Unsigned when nothing would be left.
        """
        left = offer(self.drafts, self.clinic.language, self.complete, tuple(self.procedures))
        self.languages, self.offered, self.withheld = left.languages, left.procedures, left.withheld

    def _read_language(self, lang: str) -> list[Fault]:
        faults: list[Fault] = []
        folders = [self.root / "general" / lang, *(self.root / p / lang for p in self.procedures)]
        for folder in folders:
            home = "" if folder.parent.name == "general" else folder.parent.name
            for path in words_files(folder):
                if path.name == "faq.md":
                    continue
                try:
                    self._read_page(page(path, self.root), lang, home, faults)
                except ContentFaults as found:
                    faults += found.faults
        book, wrong = read_faq(folders, lang, self.sources)
        self.books[lang] = book
        return [*faults, *wrong]

    def _read_page(self, read: Page, lang: str, home: str, faults: list[Fault]) -> None:
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
                faults.append(Fault(read.file, line, f"`{section.id}`: {syntax_in_words(error)}"))
                continue
            self._words[key] = Written(
                id=section.id,
                home=home,
                lang=lang,
                source=section.text,
                rests_on=section.rests_on,
                version=version,
                file=read.file,
                line=section.line,
                begins=section.begins,
                template=template,
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
        # What a language calls itself stands in its own folder.
        for language in (lang, self.clinic.language, words.removeprefix("language."), ""):
            for home in (procedure, ""):
                if (language, home, words) in self._words:
                    return self._words[language, home, words]
        raise UnknownWords(f"there are no words `{words}` in {lang}")

    def say(self, words: str, lang: str, facts: Facts) -> Said:
        """The words in a language, filled with facts.

        The clinic's own facts are always there; times in ``facts`` must be local already.
        UnknownWords when the id has no words, TemplateError when a fact is missing.
        """
        parts: dict[str, Part] = {}
        html = self._render(words, lang, str(facts.get("procedure") or ""), facts, parts)
        own = parts.pop(words)
        return Said(_tidy(html), words, own.version, own.hash, tuple(parts.values()))

    def _render(self, words: str, lang: str, procedure: str, facts: Facts, parts: dict[str, Part]) -> str:
        """The words filled in; they and all that is said inside of them are added to ``parts``."""
        found = self._find(words, lang, procedure)
        parts.setdefault(words, _part(words, found.version, found.source))
        everything = self._everything(lang, procedure, facts, parts)
        own = self._own_lines(words, lang, everything["types"], procedure)
        everything["for_you"] = _markup("\n".join(self._render(id, lang, procedure, facts, parts) for id in own))
        if words.startswith(LINE):
            everything |= kept_in_order(words, everything)
        if words == "faq.answer":
            everything |= self._answer(facts, lang, everything, parts)
        return found.template.render(everything)

    def _everything(self, lang: str, procedure: str, facts: Facts, parts: dict[str, Part]) -> dict[str, Any]:
        everything: dict[str, Any] = {**self._clinic_facts(), "day": None, "first_name": "", **facts}
        everything["procedure"] = self.procedure_name(procedure, lang)
        everything["say"] = _Saying(self, lang, procedure, facts, parts)
        everything["types"] = self._types(procedure, facts)
        return everything

    def answer(self, lang: str, facts: Facts) -> str:
        """An answer alone, without the documents that it names: HTML. Raises as :meth:`say`."""
        everything = self._everything(lang, str(facts.get("procedure") or ""), facts, {})
        return _tidy(str(self._answer(facts, lang, everything, {})["answer"]))

    def procedure_name(self, procedure: str, lang: str) -> str:
        """What a procedure is called in a language; its id where it has no name."""
        return self._plain_or("procedure.name", lang, procedure, procedure)

    def _plain_or(self, words: str, lang: str, procedure: str, other: str) -> str:
        try:
            return self._find(words, lang, procedure).source
        except UnknownWords:
            return other

    def procedure_of(self, id: str) -> Procedure:
        """The procedure of this id; of one that is not offered, or unknown, what holds is the clinic's first."""
        return self.procedures.get(id) or next(iter(self.procedures.values()))

    def _types(self, procedure: str, facts: Facts) -> tuple[str, ...]:
        """Which of the procedure's types the patient is of, in its order; one that is gone from it says nothing."""
        known = self.procedures[procedure].types if procedure in self.procedures else ()
        return tuple(type for type in known if type in facts.get("types", ()))

    def type_names(self, procedure: str, types: Sequence[str], lang: str) -> list[str]:
        """What these patient types of a procedure are called; those that it no longer has are left out."""
        facts = {"procedure": procedure, "types": types}
        return [self.say(f"type.{type}", lang, facts).html for type in self._types(procedure, facts)]

    def _own_lines(self, words: str, lang: str, types: Sequence[str], procedure: str) -> Iterator[str]:
        """Ids of what these words say besides to patients of these types."""
        for own in (f"{words}.for.{type}" for type in types):
            if any((language, procedure, own) in self._words for language in (lang, self.clinic.language)):
                yield own

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

    def _answer(
        self, facts: Facts, lang: str, everything: dict[str, Any], parts: dict[str, Part]
    ) -> dict[str, Any]:
        answer = self._topic(str(facts["topic"]), lang, str(facts.get("procedure") or ""))
        text = answer.on(facts.get("day"))
        parts.setdefault(f"faq.{answer.topic}", _part(f"faq.{answer.topic}", answer.version, text))
        template = self._compiled.get((lang, text))
        if template is None:
            template = self._environment(lang).from_string(BOLD.sub(r"<b>\1</b>", text))
            self._compiled[lang, text] = template
        source = answer.source(self.sources, lang, self.clinic.language)
        said, home = _markup(template.render(everything)), str(facts.get("procedure") or "")
        verdicts = verdict_lines(answer, facts.get("asked_on"), lambda id: self._plain_or(id, lang, home, ""))
        return {"answer": said, "source": source, "label": answer.label, "verdicts": verdicts}

    def topic(self, topic: str, lang: str, procedure: str = "") -> str:
        """What a topic's button says to a patient of this procedure."""
        return self._topic(topic, lang, procedure).label

    def answers(self, topic: str, procedure: str) -> bool:
        """Whether a patient of this procedure can be answered on this topic."""
        return topic in self.books[self.clinic.language].of(procedure).answers

    def _topic(self, topic: str, lang: str, procedure: str) -> Answer:
        shelves = [self.books[one].of(procedure).answers for one in (lang, self.clinic.language) if one in self.books]
        known = next((answers for answers in shelves if topic in answers), None)
        if known is None:
            raise UnknownWords(f"nothing answers `{topic}` after {procedure or 'any procedure'}")
        return known[topic]

    def label(self, button: Button, lang: str, facts: Facts) -> str:
        """A button's label: plain text."""
        if button.words.startswith("topic."):
            return self.topic(button.words.removeprefix("topic."), lang, str(facts.get("procedure") or ""))
        said = self.say(button.words, lang, {**facts, **button.facts})
        return unescape(re.sub(r"<[^>]+>", "", said.html))

    def labels(self, words: str) -> frozenset[str]:
        """What a keyboard button says in any language, to know it when it is tapped."""
        return frozenset(w.source for (_, _, id), w in self._words.items() if id == words)

    def texts(self, lang: str) -> Iterator[Written]:
        """All words of a language, by home and id; answers of the FAQ stand in ``books``."""
        yield from (self._words[key] for key in sorted(self._words) if key[0] == lang)

    @property
    def lines(self) -> frozenset[str]:
        """Languages in which the safety line is written."""
        return frozenset(id.removeprefix(LINE) for language, _, id in self._words if not language)

    def ids(self, lang: str) -> frozenset[tuple[str, str]]:
        """(procedure or '', id) of all words of a language."""
        return frozenset((home, id) for language, home, id in self._words if language == lang)

    def place(self, words: str, lang: str, home: str = "") -> tuple[str, int]:
        """File and line of words."""
        found = self._find(words, lang, home)
        return found.file, found.line

    def missing(self, lang: str) -> list[str]:
        """Ids that stand in the clinic's own language and have no words in this one."""
        wanted = self.ids(self.clinic.language) | {("", f"language.{lang}")}
        lacking = [f"{home}/{id}" if home else id for home, id in sorted(wanted - self.ids(lang))]
        own, book = self.books[self.clinic.language], self.books[lang]
        shelves = [(shelf.answers, book.of(home).answers) for home, shelf in own.shelves.items()]
        asked = dict.fromkeys(topic for wanted, has in shelves for topic in wanted if topic not in has)
        return lacking + [f"faq {topic}" for topic in asked]


class _Saying:
    """``say('id')`` inside of words: other words, filled with the same facts."""

    def __init__(self, library: Library, lang: str, procedure: str, facts: Facts, parts: dict[str, Part]) -> None:
        self._library, self._lang, self._procedure, self._facts = library, lang, procedure, facts
        self._parts = parts

    def __call__(self, words: str, **more: Any) -> str:
        facts = {**self._facts, **more, "procedure": self._procedure}
        return _markup(self._library._render(words, self._lang, self._procedure, facts, self._parts))


def _part(words: str, version: str, source: str) -> Part:
    return Part(words, version, hashlib.sha256(source.encode()).hexdigest()[:16])


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
