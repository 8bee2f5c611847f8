"""clinic.yaml and procedure.yaml: what a clinic and a procedure are, checked, with no words in them."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from care.faults import ContentFaults, Fault
from care.model import Clinic, Level, Procedure
from care.pages import Table, table

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"^(\d\d:\d\d)-(\d\d:\d\d)$")


def load_clinic(root: Path) -> Clinic:
    """``clinic.yaml`` below ``root``; ContentFaults with every fault at once."""
    source = table(root / "clinic.yaml", root)
    raw = _mapping(source, source.value)
    faults: list[Fault] = []
    hours = {
        number: tuple(_span(source, text, faults, "hours", day) for text in raw.get("hours", {}).get(day) or ())
        for number, day in enumerate(WEEKDAYS)
    }
    faults += [
        Fault(source.file, source.line("hours", day), f"{day!r} is no weekday; use {', '.join(WEEKDAYS)}")
        for day in raw.get("hours", {})
        if day not in WEEKDAYS
    ]
    values = {
        **raw,
        "hours": hours,
        "closed": frozenset(raw.get("closed") or ()),
        "quiet": _span(source, raw.get("quiet", ""), faults, "quiet"),
        "promise": _by_level(raw.get("promise", {})),
        "take": _by_level(raw.get("take", {})),
    }
    if faults:
        raise ContentFaults(faults)
    return source.check(TypeAdapter(Clinic), values)


def load_procedure(folder: Path, root: Path) -> Procedure:
    """``procedure.yaml`` of a procedure's folder; ContentFaults with every fault at once."""
    source = table(folder / "procedure.yaml", root)
    raw = _mapping(source, source.value)
    values = {
        "id": folder.name,
        "plan": raw.get("plan"),
        "checkins": {id: {"id": id, **(body or {})} for id, body in (raw.get("checkins") or {}).items()},
        "danger": [_sign(sign) for sign in raw.get("danger") or ()],
        "signs": {id: _sign({"id": id, **body}) for id, body in (raw.get("signs") or {}).items()},
        "expected": raw.get("expected"),
        "last_day": raw.get("last_day"),
    }
    procedure = source.check(TypeAdapter(Procedure), values)
    faults = [*_unknown_checkins(procedure, source), *_unknown_signs(procedure, source)]
    if faults:
        raise ContentFaults(faults)
    return procedure


def _unknown_checkins(procedure: Procedure, source: Table) -> list[Fault]:
    return [
        Fault(source.file, source.line("plan", n), f"{p.id}: there is no check-in `{p.checkin}` below checkins:")
        for n, p in enumerate(procedure.plan)
        if p.checkin and p.checkin not in procedure.checkins
    ]


def _unknown_signs(procedure: Procedure, source: Table) -> list[Fault]:
    return [
        Fault(source.file, source.line("checkins", c.id), f"{c.id}: there is no sign `{sign}` below signs:")
        for c in procedure.checkins.values()
        for sign in (*c.always, *c.worse)
        if sign not in procedure.signs
    ]


def _mapping(source: Table, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ContentFaults([Fault(source.file, 1, "the file must be lines such as `name: …`")])
    return value


def _span(source: Table, text: object, faults: list[Fault], *where: str) -> dict[str, time]:
    match = SPAN.match(str(text))
    try:
        if match:
            opens, closes = (time.fromisoformat(part) for part in match.groups())
            if opens < closes:
                return {"opens": opens, "closes": closes}
    except ValueError:
        pass
    faults.append(Fault(source.file, source.line(*where), f"{text!r}: write a span such as 09:00-18:00"))
    return {"opens": time.min, "closes": time.max}


def _by_level(values: dict[str, Any]) -> dict[Level, Any]:
    return {Level.of(word): value for word, value in values.items()}


def _sign(raw: dict[str, Any]) -> dict[str, Any]:
    level = raw.get("level", "emergency")
    return {**raw, "level": Level.of(level) if isinstance(level, str) else level}
