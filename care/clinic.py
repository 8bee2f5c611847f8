"""clinic.yaml and procedure.yaml: what a clinic and a procedure are, checked, with no words in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import MISSING, fields
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from care.faults import ContentFaults, Fault
from care.model import CheckIn, Clinic, Level, Planned, Procedure, Sign
from care.numbers import COUNTRIES, FIELDS, FILE, filled, load_numbers
from care.pages import Table, table
from care.signing import LANGUAGE

T = TypeVar("T")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
CARD_NAMES = ("first_name", "case_number")
LATE = ("send", "merge", "drop")
MUST_BE_LINES = "the file must be lines such as `name: …`"
PROMISED = (Level.URGENT, Level.REVIEW)
TYPE = re.compile(r"[a-z][a-z0-9_]*")
MOST_TYPES = 16
LONGEST_ID = 37
"""Characters of a procedure's id: with a choice of types, a day and a time it fits into a button's 64 bytes."""
MOST_CHIPS = 4
SAFETY_FILE = "general/safety_questions.yaml"
MOST_QUESTIONS = 7
"""Buttons of one screen of the safety questions; two that every screen has come besides."""
COUNTS = ("silence_minutes", "remind_hours", "invitation_hours", "keep_days")


def load_clinic(root: Path) -> Clinic:
    """``clinic.yaml`` below ``root``; ContentFaults with every fault at once."""
    draft = _Draft(table(root / "clinic.yaml", root))
    raw = draft.mapping(draft.source.value)
    draft.names(raw, Clinic)
    raw = _with_numbers(raw, root, draft)
    draft.whole(raw, Clinic)
    hours = draft.mapping(raw.get("hours"), "hours")
    for day in hours:
        if day not in WEEKDAYS:
            draft.fault(f"`{day}` is no weekday; use {', '.join(WEEKDAYS)}", "hours", day)
    for day in WEEKDAYS:
        if hours and day not in hours:
            draft.fault(f"`{day}` is missing: write its opening hours, or [] when you are closed", "hours")
    draft.clock(raw.get("hour"), "hour")
    values = {
        **raw,
        "hours": {number: draft.spans(hours.get(day), "hours", day) for number, day in enumerate(WEEKDAYS)},
        "closed": draft.listing(raw.get("closed"), "closed"),
        "languages": draft.listing(raw.get("languages"), "languages"),
        "procedures": draft.listing(raw.get("procedures"), "procedures"),
        "quiet": draft.span(raw.get("quiet", ""), "quiet"),
        "promise": draft.by_level(raw.get("promise"), "promise"),
        "take": draft.by_level(raw.get("take"), "take"),
    }
    clinic = draft.built(TypeAdapter(Clinic), values)
    _look_at_clinic(clinic, draft)
    draft.settle()
    return clinic


def _with_numbers(raw: dict[str, Any], root: Path, draft: _Draft) -> dict[str, Any]:
    """The file's lines with whom patients call where the clinic is, as far as it leaves that out."""
    raw = filled(raw, load_numbers(root))
    for name in (name for name in FIELDS if name not in raw):
        draft.fault(f"`{name}` is missing: write your own; {FILE} has none for {raw.get('country')}", "country")
    return {**dict.fromkeys(FIELDS, ""), **raw}


def _look_at_clinic(clinic: Clinic, draft: _Draft) -> None:
    if clinic.country not in COUNTRIES:
        draft.fault(f"`country`: “{clinic.country}” is none: write its code of two letters, such as GB", "country")
    if clinic.language not in clinic.languages:
        draft.fault(f"`languages` must hold the clinic's own, {clinic.language}", "languages")
    _look_at_offer(clinic, draft)
    if clinic.card_names not in CARD_NAMES:
        draft.fault(f"`card_names` must be {' or '.join(CARD_NAMES)}", "card_names")
    for number, zone in enumerate(clinic.zones):
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            draft.fault(f"“{zone}” is no time zone: write one such as Europe/London", "zones", number)
    for level in PROMISED:
        if clinic.promise.get(level, 0) < 1:
            draft.fault(f"`{level.word}` needs a number of minutes", "promise", level.word)
    for level, minutes in clinic.take.items():
        if list(minutes) != sorted({m for m in minutes if m > 0}):
            draft.fault(f"`{level.word}`: write minutes that grow, such as [15, 30, 60]", "take", level.word)
    for name in COUNTS:
        if getattr(clinic, name) < 1:
            draft.fault(f"`{name}` must be at least 1", name)


def _look_at_offer(clinic: Clinic, draft: _Draft) -> None:
    for name, ids in (("languages", clinic.languages), ("procedures", clinic.procedures)):
        for id in (id for id, times in Counter(ids).items() if times > 1):
            draft.fault(f"`{name}`: {id} stands there twice: write it once", name)
    for lang in (lang for lang in clinic.languages if not LANGUAGE.fullmatch(lang)):
        draft.fault(f"`languages`: “{lang}” is none: write its two small letters, such as en or es", "languages")
    if not clinic.procedures:
        draft.fault("`procedures` is empty: name at least one folder, such as microneedling", "procedures")


def load_procedure(folder: Path, root: Path) -> Procedure:
    """``procedure.yaml`` of a procedure's folder; ContentFaults with every fault at once."""
    draft = _Draft(table(folder / "procedure.yaml", root))
    raw = draft.mapping(draft.source.value)
    draft.names(raw, Procedure)
    if "safety" in raw:
        draft.fault(f"the safety questions are the same after every procedure: write them in {SAFETY_FILE}", "safety")
    draft.whole({**raw, "id": folder.name}, Procedure)
    values = {
        "id": folder.name,
        "plan": draft.items(raw.get("plan"), Planned, "plan"),
        "checkins": draft.named(raw.get("checkins"), CheckIn, "checkins"),
        "danger": [draft.sign(s, "danger", n) for n, s in enumerate(draft.items(raw.get("danger"), Sign, "danger"))],
        "signs": {id: draft.sign(s, "signs", id) for id, s in draft.named(raw.get("signs"), Sign, "signs").items()},
        "expected": raw.get("expected"),
        "last_day": raw.get("last_day"),
        "types": draft.listing(raw.get("types"), "types"),
        "usual": draft.mapping(raw.get("usual"), "usual"),
    }
    procedure = draft.built(TypeAdapter(Procedure), values)
    _look_at_types(procedure, draft)
    _look_at_plan(procedure, draft)
    _look_at_checkins(procedure, draft)
    draft.settle()
    return procedure


def _look_at_types(procedure: Procedure, draft: _Draft) -> None:
    if len(procedure.id) > LONGEST_ID:
        draft.fault(f"the folder's name may have {LONGEST_ID} characters, or no button can carry it: shorten it")
    if len(procedure.types) > MOST_TYPES or len(set(procedure.types)) < len(procedure.types):
        draft.fault(f"`types`: write each once, and no more than {MOST_TYPES}", "types")
    for n, type in enumerate(procedure.types):
        if not TYPE.fullmatch(type):
            draft.fault(f"`{type}`: write a type in small letters, digits and _, such as cold_sores", "types", n)


def _look_at_plan(procedure: Procedure, draft: _Draft) -> None:
    often = Counter(planned.id for planned in procedure.plan)
    for n, planned in enumerate(procedure.plan):
        here = ("plan", n)
        if often[planned.id] > 1:
            draft.fault(f"`{planned.id}` stands more than once in the plan: each message needs an id of its own", *here)
        if planned.at not in ("hour", "at_once"):
            draft.clock(planned.at, *here, "at")
        if planned.late not in LATE:
            draft.fault(f"{planned.id}: `late` must be one of {', '.join(LATE)}", *here, "late")
        if planned.day < 0 or (planned.day > procedure.last_day and not planned.before_next):
            draft.fault(f"{planned.id}: `day` must lie between 0 and last_day, {procedure.last_day}", *here, "day")
        if planned.checkin and planned.checkin not in procedure.checkins:
            draft.fault(f"{planned.id}: there is no check-in `{planned.checkin}` below checkins:", *here, "checkin")
        if len(planned.chips) > MOST_CHIPS or len(set(planned.chips)) < len(planned.chips):
            draft.fault(f"{planned.id}: `chips` may hold {MOST_CHIPS} topics, each once: take some out", *here, "chips")


def _look_at_checkins(procedure: Procedure, draft: _Draft) -> None:
    for checkin in procedure.checkins.values():
        asked = [("always", sign) for sign in checkin.always] + [("worse", sign) for sign in checkin.worse]
        asked += [("types", sign) for signs in checkin.types.values() for sign in signs]
        for type in checkin.types:
            if type not in procedure.types:
                draft.fault(f"{checkin.id}: there is no type `{type}` in `types:`", "checkins", checkin.id, "types")
        for kind, sign in asked:
            if sign not in procedure.signs:
                draft.fault(f"{checkin.id}: there is no sign `{sign}` below signs:", "checkins", checkin.id, kind)
        if not (checkin.trend or checkin.danger or checkin.always):
            draft.fault(f"{checkin.id} asks nothing: write `always:` with at least one sign", "checkins", checkin.id)
    if not procedure.danger:
        draft.fault("the danger screen needs at least one button", "danger")
    for n, button in enumerate(procedure.danger):
        if button.level is not Level.EMERGENCY:
            draft.fault(f"{button.id}: what stands on the danger screen is an emergency", "danger", n, "level")


def load_safety(root: Path) -> tuple[Sign, ...]:
    """``general/safety_questions.yaml`` below ``root``; ContentFaults with every fault at once."""
    draft = _Draft(table(root / SAFETY_FILE, root))
    raw = draft.mapping(draft.source.value)
    for name in raw.keys() - {"questions"}:
        draft.fault(f"`{name}` means nothing here: mend its name, or take it out", name)
    bodies = enumerate(draft.items(raw.get("questions"), Sign, "questions"))
    signs = draft.built(TypeAdapter(tuple[Sign, ...]), [draft.sign(body, "questions", n) for n, body in bodies])
    _look_at_safety(signs, draft)
    draft.settle()
    return signs


def _look_at_safety(signs: tuple[Sign, ...], draft: _Draft) -> None:
    screens = Counter(sign.behind for sign in signs)
    first, often = {sign.id for sign in signs if not sign.behind}, Counter(sign.id for sign in signs)
    if not first:
        draft.fault("the safety questions need at least one button", "questions")
    for opener in (opener for opener, count in screens.items() if count > MOST_QUESTIONS):
        told = f"behind `{opener}`" if opener else "on the first screen"
        draft.fault(f"{screens[opener]} buttons stand {told}: {MOST_QUESTIONS} at most", "questions")
    for n, sign in enumerate(signs):
        if often[sign.id] > 1:
            draft.fault(f"`{sign.id}` stands there twice: each button needs an id of its own", "questions", n)
        if sign.behind and sign.behind not in first:
            what = f"`behind: {sign.behind}` names no button of the first screen: mend it"
            draft.fault(f"{sign.id}: {what}", "questions", n, "behind")
        if sign.level < Level.REVIEW or sign.from_day:
            what = "a person hears of every answer, on any day: write review, urgent or emergency, and no `from_day`"
            draft.fault(f"{sign.id}: {what}", "questions", n)


class _Draft:
    """A file while it is read, and everything that is wrong with it."""

    def __init__(self, source: Table) -> None:
        self.source = source
        self._faults: list[Fault] = []

    def fault(self, what: str, *where: Hashable) -> None:
        self._faults.append(Fault(self.source.file, self.source.line(*where), what))

    def settle(self) -> None:
        """ContentFaults when anything was wrong."""
        if self._faults:
            raise ContentFaults(sorted(set(self._faults)))

    def built(self, kind: TypeAdapter[T], values: object) -> T:
        """The finished noun; ContentFaults with what does not fit, and all that was wrong before."""
        try:
            made = self.source.check(kind, values)
        except ContentFaults as found:
            raise ContentFaults(sorted({*self._faults, *found.faults})) from None
        self.settle()
        return made

    def mapping(self, value: object, *where: Hashable) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is not None or not where:
            self.fault(f"`{where[-1]}` must be lines such as `name: …`" if where else MUST_BE_LINES, *where)
        return {}

    def listing(self, value: object, *where: Hashable) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self.fault(f"`{where[-1]}` must be a list: a line that begins with “- ” for each", *where)
        return value if isinstance(value, list) else []

    def names(self, raw: dict[str, Any], kind: type, *where: Hashable) -> None:
        """Every name must be one that is read: a misspelt one would quietly change nothing."""
        known = [field.name for field in fields(kind)]
        for name in raw:
            if name not in known:
                self.fault(f"`{name}` means nothing here: mend its name, or take it out", *where, name)

    def whole(self, raw: dict[str, Any], kind: type) -> None:
        """Every name must be there: what is not written would quietly be taken for empty."""
        for field in fields(kind):
            if field.name not in raw and field.default is MISSING and field.default_factory is MISSING:
                self.fault(f"`{field.name}` is missing: write it")

    def items(self, value: object, kind: type, *where: Hashable) -> list[dict[str, Any]]:
        """The bodies of a list, each with names that ``kind`` has."""
        bodies = []
        for n, item in enumerate(self.listing(value, *where)):
            body = self.mapping(item, *where, n)
            self.names(body, kind, *where, n)
            bodies.append(body)
        return bodies

    def named(self, value: object, kind: type, *where: Hashable) -> dict[str, dict[str, Any]]:
        """The bodies below names, each with names that ``kind`` has; the name becomes the id."""
        bodies = {}
        for id, item in self.mapping(value, *where).items():
            body = self.mapping(item, *where, id)
            self.names(body, kind, *where, id)
            bodies[id] = {"id": id, **body}
        return bodies

    def clock(self, text: object, *where: Hashable) -> None:
        if text is not None and not CLOCK.fullmatch(str(text)):
            self.fault(f'`{where[-1]}`: write a time of day in quotes, such as "10:00"', *where)

    def spans(self, texts: object, *where: Hashable) -> list[dict[str, time]]:
        """The opening spans of a day, in order."""
        found = [self.span(text, *where) for text in self.listing(texts, *where)]
        if any(later["opens"] < sooner["closes"] for sooner, later in pairwise(found)):
            self.fault(f"{where[-1]}: write the spans in order, none inside another", *where)
        return found

    def span(self, text: object, *where: Hashable) -> dict[str, time]:
        match = SPAN.fullmatch(str(text))
        if match and all(CLOCK.fullmatch(part) for part in match.groups()):
            opens, closes = (time.fromisoformat(part) for part in match.groups())
            if opens < closes:
                return {"opens": opens, "closes": closes}
        self.fault(f'“{text}”: write a span such as "09:00-18:00"', *where)
        return {"opens": time.min, "closes": time.min}

    def by_level(self, value: object, *where: Hashable) -> dict[Level, Any]:
        found = {}
        for word, of_it in self.mapping(value, *where).items():
            if (level := self.level(word, *where, word)) is not None:
                found[level] = of_it
                self.source.lines[(*where, level)] = self.source.line(*where, word)
        return found

    def level(self, word: object, *where: Hashable) -> Level | None:
        try:
            return Level.of(str(word))
        except ValueError as error:
            self.fault(str(error), *where)
            return None

    def sign(self, raw: dict[str, Any], *where: Hashable) -> dict[str, Any]:
        return {**raw, "level": self.level(raw["level"], *where, "level")} if "level" in raw else raw
