"""The clinician's compiler: everything that can be wrong in content/, with file, line and what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from care.faq import FaqIndex
from care.faults import ContentFaults, Fault
from care.library import Library, load
from care.model import Level, Procedure
from care.pages import page, table
from care.understand import load_reader

LONGEST_PLAN = 700
LONGEST_CATCH_UP = 1400
"""A day's message and a line for each that was late."""
LONGEST_TEXT = 4096
LONGEST_LABEL = 40
LONGEST_TOAST = 200
HARDEST_GRADE = 7.5
"""Flesch-Kincaid grade above which an English text counts as too hard; the aim is 6."""
DAYS = (None, *range(31))
WORDS_FOR_GRADE = 25
"""Texts shorter than this have no meaningful grade."""
FORBIDDEN = {
    "en": re.compile(
        r"\b(normal(?!ly)|nothing to worry|stop taking|guarantee\w*|you have an infection|it is not infected"
        r"|diagnos\w+)\b",
        re.IGNORECASE,
    ),
}
ALLOWED = {"en": re.compile(r"(cannot|can't|can not) (see or )?diagnose", re.IGNORECASE)}
UNFILLED = (TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What words raise that can't be filled in."""
STAFF = ("staff.", "toast.", "enroll.", "symptom.", "level.", "role.", "outcome.")
PLAIN = ("date.", "consent.version", "mydata.file")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    library: Library | None


def check(root: Path) -> Checked:
    """Look at the whole folder; never raises for what stands in it."""
    try:
        library = load(root)
        reader = load_reader(root / "general", library.languages, FaqIndex(library.books.values()))
    except ContentFaults as found:
        return Checked(found.faults, (), None)
    faults = [fault for lang in library.written for fault in _language(library, lang)]
    faults += _lacking(library)
    for procedure in library.procedures.values():
        faults += [*_plan(library, procedure), *_symptoms(library, procedure, reader.table.symptoms)]
    return Checked(tuple(sorted(set(faults))), tuple(_notes(library)), library)


def _notes(library: Library) -> Iterator[str]:
    for lang in library.written:
        missing = library.missing(lang)
        if lang not in library.languages:
            lacking = f", {len(missing)} ids have no words: {', '.join(missing[:5])} …" if missing else ""
            yield f"{lang}: not offered{lacking}"
        else:
            yield f"{lang}: offered, {len(library.ids(lang))} texts and {len(library.books[lang].answers)} answers"
    unsigned = library.unsigned()
    if unsigned:
        yield f"{len(unsigned)} files are drafts: nobody has signed them as reviewer"


def _lacking(library: Library) -> Iterator[Fault]:
    """What an offered language does not say, and what only another one says: it would be missing when it is due."""
    own = library.clinic.language
    empty = {(lang, id) for lang, id, _, _ in library.unwritten}
    for lang, id, file, line in library.unwritten:
        if lang in library.clinic.languages:
            yield Fault(file, line, f"`{id}` is empty: write its words")
    for lang in library.clinic.languages:
        for id in library.missing(lang):
            if (lang, id.rpartition("/")[2]) not in empty:
                yield Fault(f"general/{lang}", 0, f"`{id}` has no words in {lang}: write them, as they stand in {own}")
    for lang in library.written:
        for home, id in sorted(library.ids(lang) - library.ids(own)):
            yield Fault(*library.place(id, lang, home), f"`{id}` stands here and not in {own}: write it there, too")
        for topic in library.books[lang].answers.keys() - library.books[own].answers.keys():
            what = f"`{topic}` is answered here and not in {own}: write it there, too"
            yield Fault(*_faq_places(library, lang)[topic], what)


def _symptoms(library: Library, procedure: Procedure, known: Collection[str]) -> Iterator[Fault]:
    source = table(library.root / procedure.id / "procedure.yaml", library.root)
    named = [(s, ("signs", sign.id)) for sign in procedure.signs.values() for s in sign.symptoms]
    named += [(s, ("danger", str(n))) for n, sign in enumerate(procedure.danger) for s in sign.symptoms]
    named += [(s, ("expected", s)) for s in procedure.expected]
    for symptom, where in named:
        if symptom not in known:
            what = f"there is no symptom `{symptom}` in general/symptoms.yaml: mend its name"
            yield Fault(source.file, source.line(*where), what)


def _plan(library: Library, procedure: Procedure) -> Iterator[Fault]:
    source = table(library.root / procedure.id / "procedure.yaml", library.root)
    file = source.file
    days = {planned.day for planned in procedure.plan if not planned.before_next}
    first_gap = next((day for day in range(4) if day not in days), None)
    if first_gap is not None:
        yield Fault(file, source.line("plan"), f"day {first_gap} has no message: the first days need one each")
    for lang in library.languages:
        known = library.ids(lang)
        for n, planned in enumerate(procedure.plan):
            line = source.line("plan", n)
            for id in (planned.id, f"{planned.id}.late"):
                if (procedure.id, id) not in known:
                    yield Fault(file, line, f"`{id}` has no words in {procedure.id}/{lang}/messages.md: write them")
            if ("", f"title.{planned.id}") not in known:
                yield Fault(file, line, f"`title.{planned.id}` has no words in general/{lang}/service.md: write them")
        for sign in procedure.signs:
            if ("", f"ask.{sign}") not in known or ("", f"sign.{sign}") not in known:
                what = f"sign `{sign}` needs `ask.{sign}` and `sign.{sign}` in general/{lang}/checkin.md"
                yield Fault(file, source.line("signs", sign), what)
        for n, button in enumerate(procedure.danger):
            if ("", f"sign.{button.id}") not in known:
                what = f"`sign.{button.id}` has no words in general/{lang}/checkin.md: write them"
                yield Fault(file, source.line("danger", n), what)


def _language(library: Library, lang: str) -> Iterator[Fault]:
    for home, id in sorted(library.ids(lang)):
        file, line = library.place(id, lang, home)
        if id.startswith(PLAIN):
            continue
        seen: set[str] = set()
        texts: set[str] = set()
        for facts in samples(library, home, id):
            try:
                texts.add(plain(library.say(id, lang, facts).html))
            except UNFILLED as error:
                seen.add(f"`{id}` can't be filled in: {error}")
        for text in texts:
            seen |= set(_text_faults(id, home, lang, text))
        for what in sorted(seen):
            yield Fault(file, line, what)
    yield from _answers(library, lang)


def _answers(library: Library, lang: str) -> Iterator[Fault]:
    places = _faq_places(library, lang)
    for topic, answer in library.books[lang].answers.items():
        file, line = places[topic]
        # One day stands for all that read the same template, unless it counts the days itself.
        days: dict[tuple[str, int | None], int | None] = {}
        for day in DAYS:
            text = answer.on(day)
            days.setdefault((text, day if "day" in text else 0), day)
        for day in days.values():
            facts = {"topic": topic, "day": day, "procedure": next(iter(library.procedures)), "first_name": "Maya"}
            try:
                text = plain(library.say("faq.answer", lang, facts).html)
            except UNFILLED as error:
                yield Fault(file, line, f"`{topic}` on day {day} can't be filled in: {error}")
                break
            if what := _forbidden(text, lang):
                yield Fault(file, line, f"`{topic}` {what}")
                break


def _faq_places(library: Library, lang: str) -> dict[str, tuple[str, int]]:
    """Topic -> file and line of its heading."""
    folders = [library.root / home / lang for home in ("general", *library.procedures)]
    pages = [page(folder / "faq.md", library.root) for folder in folders if (folder / "faq.md").exists()]
    return {section.id: (read.file, section.line) for read in pages for section in read.sections}


def _text_faults(id: str, home: str, lang: str, text: str) -> Iterator[str]:
    most, kind = _most(id, home)
    if not text:
        yield f"`{id}` is empty: write its words"
    if len(text) > most:
        yield f"`{id}` has {len(text)} characters; {kind} may have {most}: shorten it"
    if "\n" in text and kind == "a button":
        yield f"`{id}` is a button: keep it on one line"
    if re.search("^#", text, re.MULTILINE):
        yield f"`{id}` holds a line that begins with #: a heading is two #, a space and one id"
    if id.startswith(STAFF):
        return
    if what := _forbidden(text, lang):
        yield f"`{id}` {what}"
    if lang == "en" and (grade := grade_of(text)) > HARDEST_GRADE:
        yield f"`{id}` is hard to read (grade {grade:.1f}, at most {HARDEST_GRADE}): shorter sentences, plainer words"


def _forbidden(text: str, lang: str) -> str:
    pattern = FORBIDDEN.get(lang)
    allowed = ALLOWED[lang].sub("", text) if lang in ALLOWED else text
    match = pattern.search(allowed) if pattern else None
    return f"says “{match[0]}”: patients must not read that; use “usual”, “can be”, “needs a look”" if match else ""


def _most(id: str, home: str) -> tuple[int, str]:
    if id.startswith(("button.", "keyboard.", "sign.", "outcome.", "language.")):
        return LONGEST_LABEL, "a button"
    if id.startswith("toast."):
        return LONGEST_TOAST, "a notice"
    if id == "catch_up":
        return LONGEST_CATCH_UP, "a catch-up"
    if home and "." not in id:
        return LONGEST_PLAN, "a message of the plan"
    return LONGEST_TEXT, "a message"


def grade_of(text: str) -> float:
    """Flesch-Kincaid grade of an English text; 0 for one too short to have one."""
    if len(text.split()) < WORDS_FOR_GRADE:
        return 0.0
    logging.getLogger("nltk").setLevel(logging.ERROR)
    import textstat  # noqa: PLC0415 - takes a second to load, and only the check needs it

    sentences = re.sub(r"[•✓]|(?<![.!?:])\n", ". ", text)
    return float(textstat.flesch_kincaid_grade(sentences))


def plain(html: str) -> str:
    """What the reader sees of Telegram HTML."""
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


def samples(library: Library, home: str, id: str) -> Iterator[Mapping[str, Any]]:
    """Facts of sample patients: open and closed clinic, known and unknown day, long names."""
    base = _facts(library)
    if home:
        # The plan's words get no facts of their own when they go out, so that they must do without here.
        base = {name: base[name] for name in ("first_name", *(("items",) if id == "catch_up" else ()))}
        for day in (0, 5, None):
            today = {"today": "day1" if day else ""} if id == "catch_up" else {}
            yield {**base, **today, "procedure": home, "day": day}
        return
    procedure = next(iter(library.procedures))
    for day in (0, 5, None):
        for yes in (True, False):
            states = ("open", "taken", "answered", "resolved")
            yield {
                **base,
                "procedure": procedure,
                "day": day,
                "open": yes,
                "known": yes,
                "again": yes,
                "promise_today": yes,
                "promise": base["promise"] if yes or id not in ("flag.seen", "staff.card") else None,
                "session_date": base["session_at"] if yes else None,
                "paused_until": base["until"] if yes else None,
                "next_at": base["until"] if yes else None,
                "first_name": base["first_name"] if yes else "",
                "state": states[(day or 0) % 4],
                "kind": "photo" if id == "media.received" else "message",
                "today": "day1" if yes else "",
                "repeat": yes,
            }


def _facts(library: Library) -> dict[str, Any]:
    at = datetime(2026, 3, 4, 15, 30, tzinfo=UTC).astimezone(library.clinic.zone)
    row = {
        "title": "Day 1",
        "at": at,
        "state": "sent",
        "level": Level.URGENT.word,
        "who": "patient",
        "text": "…",
    }
    return {
        "first_name": "Maximiliane-Antoinette",
        "promise": at,
        "session_at": at,
        "until": at + timedelta(days=3),
        "ends": at + timedelta(days=30),
        "taken_at": at,
        "resolved_at": at,
        "when": at,
        "now": at,
        "zone": "America/Argentina/Buenos_Aires",
        "hour": "10:00",
        "first_hour": "10:00",
        "lang_name": "English",
        "hours": 72,
        "days": 3,
        "minutes": 15,
        "number": 1,
        "of": 4,
        "sign": "fever",
        "answer_words": "button.better",
        "items": ["day1", "day2"],
        "came": [row],
        "comes": [row],
        "level": "urgent",
        "who": "Maximiliane-Antoinette",
        "case": "A-0042",
        "text": "…",
        "why": [{"symptom": "pus", "phrase": "…", "rule": "…"}],
        "taken_by": "Anna",
        "resolved_by": "Anna",
        "outcome": "advised",
        "note": "",
        "name": "Anna",
        "role": "nurse",
        "reason": "blocked",
        "phone": library.clinic.phone,
        "link": "https://t.me/bot?start=token",
        "title": "Day 1",
        "language": "fr",
        "topic": "makeup",
        "answer": "…",
        "source": "…",
    }
