"""What staff see of a flag: the card, its buttons, and the terms under which it must be looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from care.model import Button, Clinic, Lane, Level, Rows, Say
from care.promise import after_opening, promised
from care.reasons import reasons

LONGEST = 1500
"""Characters of the patient's words on a card; the whole text stays in the database."""


@dataclass(frozen=True, slots=True)
class Terms:
    """By when a flag must be looked at. UTC."""

    promise: datetime
    nudge: datetime | None
    """When it is repeated if nobody has taken it; None: never."""


def terms(clinic: Clinic, level: Level, now: datetime, nudges: int = 0) -> Terms:
    """The terms of a flag of this level after ``nudges`` repetitions."""
    minutes = clinic.take.get(level, ())
    if nudges >= len(minutes):
        return Terms(promised(clinic, level, now), None)
    wait = minutes[nudges] - (minutes[nudges - 1] if nudges else 0)
    nudge = after_opening(clinic, now, wait, round_the_clock=level >= Level.URGENT)
    return Terms(promised(clinic, level, now), nudge)


def lane(level: Level) -> Lane:
    """Which lane an alert of this level takes."""
    return Lane.EMERGENCY if level is Level.EMERGENCY else Lane.REPLY


def who(patient: Mapping[str, Any], clinic: Clinic) -> str:
    """How staff see a patient, as the clinic has chosen."""
    return patient["first_name"] if clinic.card_names == "first_name" and patient["first_name"] else case(patient)


def case(patient: Mapping[str, Any]) -> str:
    """The patient's case number."""
    number: str = patient["case_number"]
    return number


def cut(text: str, most: int = LONGEST) -> str:
    """A text that fits on a card."""
    return text if len(text) <= most else text[: most - 1] + "…"


def card(
    flag: Mapping[str, Any],
    patient: Mapping[str, Any],
    clinic: Clinic,
    *,
    procedure: str,
    types: Sequence[str],
    times: Mapping[str, datetime | None],
    names: Mapping[str, str],
) -> Say:
    """The card of a flag in its present state.

    ``times``: promise, taken_at, resolved_at, local to the clinic. ``names``: taken_by, resolved_by.
    """
    facts = {
        "level": flag["level"],
        "who": who(patient, clinic),
        "case": case(patient),
        "procedure": procedure,
        "types": list(types),
        "day": flag["day"],
        "text": cut(flag["words"]),
        "why": reasons(json.loads(flag["why"]), flag["kind"]),
        "kind": flag["kind"],
        "state": flag["state"],
        "outcome": flag["outcome"],
        "note": cut(flag["note"], 300),
        **times,
        **names,
    }
    return Say("staff.card", facts, buttons(flag), lane=lane(Level.of(flag["level"])))


def buttons(flag: Mapping[str, Any]) -> Rows:
    """What can be done with a flag in its present state."""
    if flag["state"] == "resolved":
        return ()
    own = f"f|{flag['id']}"
    answer = (Button("button.answer", f"{own}|answer"), Button("button.call", f"{own}|call"))
    take = (Button("button.take", f"{own}|take"),) if flag["state"] == "open" else ()
    return ((*take, Button("button.resolve", f"{own}|resolve")), answer)


OUTCOMES = ("advised", "called", "seen", "emergency", "none")


def outcomes(flag_id: int) -> Rows:
    """How a flag can have ended; staff must choose one to close it."""
    rows = [(Button(f"outcome.{o}", f"f|{flag_id}|outcome|{o}"),) for o in OUTCOMES]
    return (
        *rows,
        (Button("button.resolve_other", f"f|{flag_id}|other"),),
        (Button("button.back", f"f|{flag_id}|back"),),
    )
