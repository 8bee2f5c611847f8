"""The clinician's compiler: everything that can be wrong in content/, with file, line and what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
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
from care.understand import load_reader

LONGEST_PLAN = 700
LONGEST_CATCH_UP = 1400
"""A day's message and a line for each that was late."""
LONGEST_TEXT = 4096
LONGEST_LABEL = 40
LONGEST_TOAST = 200
HARDEST_GRADE = 7.5
"""Flesch-Kincaid grade above which an English text counts as too hard; the aim is 6."""
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
        load_reader(root / "general", library.languages, FaqIndex(library.books.values()))
    except ContentFaults as found:
        return Checked(found.faults, (), None)
    faults = [fault for lang in library.written for fault in _language(library, lang)]
    faults += [fault for procedure in library.procedures.values() for fault in _plan(library, procedure)]
    return Checked(tuple(sorted(set(faults))), tuple(_notes(library)), library)


def _notes(library: Library) -> Iterator[str]:
    for lang in library.written:
        missing = library.missing(lang)
        if missing:
            yield f"{lang}: not offered yet, {len(missing)} ids have no words: {', '.join(missing[:5])} …"
        else:
            yield f"{lang}: offered, {len(library.ids(lang))} texts and {len(library.books[lang].answers)} answers"
    unsigned = library.unsigned()
    if unsigned:
        yield f"{len(unsigned)} files are drafts: nobody has signed them as reviewer"


def _plan(library: Library, procedure: Procedure) -> Iterator[Fault]:
    file = f"{procedure.id}/procedure.yaml"
    days = {planned.day for planned in procedure.plan if not planned.before_next}
    first_gap = next((day for day in range(4) if day not in days), None)
    if first_gap is not None:
        yield Fault(file, 0, f"day {first_gap} has no message: the first days need one each")
    for lang in library.languages:
        known = library.ids(lang)
        for planned in procedure.plan:
            for id in (planned.id, f"{planned.id}.late"):
                if (procedure.id, id) not in known:
                    yield Fault(file, 0, f"`{id}` has no words in {procedure.id}/{lang}/messages.md: write them")
            if ("", f"title.{planned.id}") not in known:
                yield Fault(file, 0, f"`title.{planned.id}` has no words in general/{lang}/service.md: write them")
        for sign in procedure.signs:
            if ("", f"ask.{sign}") not in known or ("", f"sign.{sign}") not in known:
                yield Fault(
                    file,
                    0,
                    f"sign `{sign}` needs `ask.{sign}` and `sign.{sign}` in general/{lang}/checkin.md",
                )


def _language(library: Library, lang: str) -> Iterator[Fault]:
    for home, id in sorted(library.ids(lang)):
        file, line = library.place(id, lang, home)
        if id.startswith(PLAIN):
            continue
        seen: set[str] = set()
        for facts in samples(library, home, id):
            try:
                html = library.say(id, lang, facts).html
            except (TemplateError, LookupError, TypeError, ValueError, AttributeError) as error:
                seen.add(f"`{id}` can't be filled in: {error}")
                continue
            seen |= set(_text_faults(id, home, lang, plain(html)))
        for what in sorted(seen):
            yield Fault(file, line, what)
    yield from _answers(library, lang)


def _answers(library: Library, lang: str) -> Iterator[Fault]:
    for topic, answer in library.books[lang].answers.items():
        for day in (None, *range(31)):
            facts = {
                **_facts(library),
                "topic": topic,
                "day": day,
                "procedure": next(iter(library.procedures)),
            }
            try:
                text = plain(library.say("faq.answer", lang, facts).html)
            except (TemplateError, LookupError) as error:
                yield Fault(f"faq.md ({lang})", 0, f"`{topic}` on day {day} can't be filled in: {error}")
                break
            if len(text) > LONGEST_TEXT or not answer.on(day).strip():
                yield Fault(f"faq.md ({lang})", 0, f"`{topic}` on day {day}: empty, or too long to be sent")


def _text_faults(id: str, home: str, lang: str, text: str) -> Iterator[str]:
    most, kind = _most(id, home)
    if not text:
        yield f"`{id}` is empty: write its words"
    if len(text) > most:
        yield f"`{id}` has {len(text)} characters; {kind} may have {most}: shorten it"
    if "\n" in text and kind == "a button":
        yield f"`{id}` is a button: keep it on one line"
    if id.startswith(STAFF):
        return
    pattern = FORBIDDEN.get(lang)
    allowed = ALLOWED[lang].sub("", text) if lang in ALLOWED else text
    if pattern and (match := pattern.search(allowed)):
        yield f"`{id}` says “{match[0]}”: patients must not read that; use “usual”, “can be”, “needs a look”"
    if lang == "en" and (grade := grade_of(text)) > HARDEST_GRADE:
        yield f"`{id}` is hard to read (grade {grade:.1f}, at most {HARDEST_GRADE}): shorter sentences, plainer words"


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
    procedure = home or next(iter(library.procedures))
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
