"""Sample patients: each text filled in for all whom it can differ for, and what it may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from html import unescape
from itertools import islice, product
from math import prod
from typing import Any

from care.library import Library
from care.model import Facts, Level, Procedure
from care.passages import Passage
from care.reach import Reach, reach, sayable

ALWAYS = (
    *("clinic", "phone", "emergency_number", "crisis_line", "out_of_hours", "keep_days"),
    *("first_name", "day", "procedure", "types", "for_you"),
)
"""What every text may ask for."""
_TEAM = "open promise promise_today again"
_CARD = "case level who text why note kind state promise? taken_by taken_at resolved_by resolved_at outcome"
GIVEN = (
    ("answer.by", "open? promise? promise_today?"),
    ("promise.phrase", "open? promise promise_today?"),
    ("emergency.*", "known session_date?"),
    ("urgent.answer", _TEAM),
    ("unsure.again", _TEAM),
    ("review.*", _TEAM),
    ("unreadable.*", _TEAM),
    ("media.received", f"{_TEAM} kind serious?"),
    ("faq.passed_on", _TEAM),
    ("faq.again", _TEAM),
    ("faq.answer", "answer source label verdicts follows? asked_on?"),
    ("faq.rest", "topics"),
    ("small.thanks", "turn?"),
    ("small.fine", "turn?"),
    ("checkin.review", _TEAM),
    ("checkin.none_worse", _TEAM),
    ("checkin.sign", "sign number of"),
    ("checkin.reminder", "sign? number of"),
    ("checkin.answered", "answer"),
    ("flag.seen", "name role? level open? promise? promise_today?"),
    ("flag.answer", "name role? text"),
    ("flag.resolved", "name"),
    ("call.*", "name"),
    ("plan.timeline", "came comes ends"),
    ("plan.paused", "until"),
    ("settings.menu", "hour lang_name paused_until? zone"),
    ("settings.paused", "until"),
    ("start.already", "next_at?"),
    ("date.place", "zone"),
    ("enrol.session", "session_at"),
    ("enrol.zone", "now zone"),
    ("enrol.hour_chosen", "when"),
    ("enrol.done", "first_hour"),
    ("card.text", "when"),
    ("recall.frame", "when correction read"),
    ("correction.*", "when"),
    ("mydata.file", "patient consents episodes plan flags messages"),
    ("button.*", "when zone days type chosen"),
    ("catch_up", "items today"),
    ("staff.*", f"{_CARD} minutes name reason title hours"),
    ("enroll.*", "case hours link session_at when"),
    ("toast.*", "name"),
)
"""Ids, and what these words may ask for besides; what has a `?` may be missing."""
LAST_DAY = 30
MOST_PATIENTS = 600
"""Sample patients of one text."""
MOST_LATE = 5
"""Lines that a catch-up can hold."""
MEDIA = ("photo", "voice", "audio", "video", "sticker", "document", "location")
"""What patients send without words."""
LONG_NAME = "Maximiliane-Antoinette"
_AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
_ABSENT = object()


def given(passage: Passage) -> Mapping[str, bool]:
    """What a text may ask for besides what is always there → whether it may be missing."""
    if passage.answer is not None:
        return {}
    names = [name for id, names in GIVEN if fnmatchcase(passage.id, id) for name in names.split()]
    return {name.rstrip("?"): name.endswith("?") for name in names}


def plain(html: str) -> str:
    """What the reader sees of Telegram HTML."""
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


class Samples:
    """Fills texts in; looks at each text once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._of: dict[str, Mapping[str, Sequence[Any]]] = {}
        self._reaches: dict[tuple[str, str, str, str], Reach] = {}
        self._sayable: dict[tuple[str, str], Mapping[str, str]] = {}

    def reach(self, passage: Passage) -> Reach:
        """What a text and all that it says in turn ask for."""
        key = (passage.lang, passage.home, passage.id, passage.source)
        if key not in self._reaches:
            place = (passage.lang, passage.home)
            if place not in self._sayable:
                self._sayable[place] = sayable(self._library, *place)
            self._reaches[key] = reach(passage, self._sayable[place], self._values(passage))
        return self._reaches[key]

    def _values(self, passage: Passage) -> Mapping[str, Sequence[Any]]:
        if passage.home not in self._of:
            self._of[passage.home] = _values(self._library, passage.home)
        return self._of[passage.home]

    def filled(self, passage: Passage) -> Iterator[tuple[Facts, str]]:
        """Sample facts and what is then read; raises what words raise that can't be filled in."""
        for facts in self.facts(passage):
            yield facts, self.said(passage, facts)

    def said(self, passage: Passage, facts: Facts) -> str:
        """What a sample patient reads."""
        if passage.answer is not None:
            return plain(self._library.answer(passage.lang, facts))
        return plain(self._library.say(passage.id, passage.lang, facts).html)

    def facts(self, passage: Passage) -> Iterator[Facts]:
        """Every sample patient for whom the text can differ."""
        reached, may = self.reach(passage), given(passage)
        home = passage.home or next(iter(self._library.procedures))
        wanted: dict[str, Sequence[Any]] = {"day": _days(passage, reached)}
        if {"types", "for_you"} & reached.names.keys():
            wanted["types"] = _types(self._library.procedures[home])
        for name in reached.names:
            if name in may or name == "first_name":
                wanted[name] = self._options(passage, name, missing=may.get(name, False))
        topic = passage.id if passage.answer else next(iter(self._library.books[passage.lang].answers), "")
        # An odd step through what would be too many: every value still has its turn.
        step = prod(map(len, wanted.values())) // MOST_PATIENTS | 1
        for values in islice(product(*wanted.values()), 0, None, step):
            told = {name: value for name, value in zip(wanted, values, strict=True) if value is not _ABSENT}
            yield {"procedure": passage.home or self._home_of(told), "topic": topic, **told}

    def _home_of(self, told: Facts) -> str:
        """The first procedure that has the sign or the type that a sample tells of."""
        sign, type = told.get("sign"), told.get("type")
        procedures = self._library.procedures.values()
        fit = (p for p in procedures if (not sign or sign in p.signs) and (not type or type in p.types))
        return next(fit, next(iter(procedures))).id

    def _options(self, passage: Passage, name: str, *, missing: bool) -> Sequence[Any]:
        known, reached = self._values(passage), self.reach(passage)
        values = known[name] if name in known else (*sorted(reached.compared.get(name, ())), "…")
        if not missing:
            return values
        return (*values, _ABSENT if name in reached.maybe else None)


def _days(passage: Passage, reached: Reach) -> Sequence[int | None]:
    """Days on which the text can differ; those of the FAQ by its headings."""
    turns = range(LAST_DAY + 1) if reached.turns is None else {t + by for t in reached.turns for by in (-1, 0, 1)}
    days = sorted({0, LAST_DAY, *turns} & {*range(LAST_DAY + 1)}) if "day" in reached.names else [0]
    if passage.answer is None:
        return (None, *days)
    if passage.days is None:
        spans = [(first, last) for first, last, _ in passage.answer.by_day]
        return (None, *(day for day in days if not any(a <= day <= b for a, b in spans)))
    first, last = passage.days
    return (first, *(day for day in days if first < day <= last))


def _types(procedure: Procedure) -> Sequence[tuple[str, ...]]:
    """The plain patient, one of each type, and one of all at once."""
    return tuple(dict.fromkeys([(), *((type,) for type in procedure.types), procedure.types]))


def _values(library: Library, home: str) -> Mapping[str, Sequence[Any]]:
    """Fact → what it can be in texts of a procedure. One that is not here is what its text compares it with."""
    at = _AT.astimezone(library.clinic.zone)
    procedures = [library.procedures[home]] if home else [*library.procedures.values()]
    plans = [planned.id for procedure in procedures for planned in procedure.plan]
    types = [type for procedure in procedures for type in procedure.types]
    yes_no = ("open", "known", "again", "promise_today", "serious", "read", "chosen")
    times = (
        *("promise", "session_date", "session_at", "until", "ends", "when", "now", "next_at"),
        *("paused_until", "taken_at", "resolved_at"),
    )
    return {
        **dict.fromkeys(yes_no, (True, False)),
        **dict.fromkeys(times, (at,)),
        **_numbers(),
        **_rows(at),
        "first_name": (LONG_NAME, ""),
        "role": _endings(library, "role."),
        "outcome": _endings(library, "outcome."),
        "level": tuple(level.word for level in Level),
        "sign": tuple(dict.fromkeys(sign for procedure in procedures for sign in procedure.signs)),
        "type": tuple(dict.fromkeys(types)),
        "correction": _corrections(library) or ("safety.line",),
        "items": (plans[:MOST_LATE],),
        "today": (*plans, ""),
        "asked_on": tuple({"day": LAST_DAY, "date": at, "ahead": ahead} for ahead in (1, 3)),
        "verdicts": (("…: …", "…: …"), ()),
        "topics": (True, False),
        "zone": ("America/Argentina/Buenos_Aires",),
        "why": ((), *_whys()),
    }


def _whys() -> Iterator[Sequence[Facts]]:
    """The lines of a card's reasons, each kind in each of its forms."""
    line: dict[str, Any] = {"symptom": "pus", "phrase": "…", "rule": "", "beside": [], "like": "", "sure": None}
    line |= {"level": Level.URGENT.word, "turn": "", "turn_day": 3}
    yield [{**line, "kind": "phrase", "turn": turn} for turn in ("", "past", "from", "before")]
    yield [{**line, "kind": "together", "beside": beside} for beside in (["fever"], ["fever", "chills"])]
    yield [{**line, "kind": "like", "phrase": "", "level": level.word, "like": "…", "sure": 82} for level in Level]
    yield [{**line, "kind": "like", "phrase": "", "symptom": ""}]
    yield [{**line, "kind": kind, "symptom": "", "phrase": "…"} for kind in ("hint", "task")]
    yield [{**line, "kind": "answer", "phrase": ""}, {**line, "kind": "worse_twice", "symptom": "", "phrase": ""}]


def _numbers() -> Mapping[str, Sequence[Any]]:
    return {"turn": (0, 1, 2, 3), "number": (1,), "of": (1, 4), "days": (1, 3), "minutes": (15,), "hours": (72,)}


def _rows(at: datetime) -> Mapping[str, Sequence[Any]]:
    """What is kept about somebody about whom everything is kept, and about whom nothing is."""
    row = {"at": at, "session_at": at, "title": "…", "text": "…", "procedure": "…", "version": 1, "types": ["…"]}
    states = (
        *("sent", "merged", "unknown", "refused", "dropped", "cancelled"),
        *("taken", "answered", "resolved", "running"),
    )
    kept = {**row, "accepted": True, "next_session": at.date().isoformat(), "outcome": "advised", "note": "…"}
    rows = [{**kept, "state": s, "level": level.word} for s, level in product(states, Level)]
    rows[0] |= {"next_session": None, "outcome": "", "note": ""}
    talk = [{**row, "who": who} for who in ("patient", "bot", "Anna")]
    talk += [{**row, "who": "patient", "text": "", "kind": kind} for kind in MEDIA]
    patient = {"first_name": LONG_NAME, "case_number": "A-0042", "zone": "UTC", "hour": "10:00"}
    return {
        **dict.fromkeys(("came", "comes", "consents", "episodes", "plan", "flags"), (rows[:: len(Level)], ())),
        "flags": (rows, ()),
        "messages": (talk, ()),
        "patient": tuple({**patient, "lang": "en", "phone": phone} for phone in ("", "1")),
    }


def _corrections(library: Library) -> Sequence[str]:
    """Ids of corrections that hold for everybody; a procedure's own are looked at by themselves."""
    own = library.ids(library.clinic.language)
    return sorted(id for home, id in own if not home and id.startswith("correction."))


def _endings(library: Library, start: str) -> Sequence[str]:
    """What ids of the clinic's own language end in after ``start``."""
    own = library.ids(library.clinic.language)
    return sorted(id.removeprefix(start) for _, id in own if id.startswith(start))
