"""Flags: what a human must look at, from opening to what was done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from care.model import Level, Why
from store import audit
from store.seam import Reads, Row, Writes, added, packed, stamp

UNRESOLVED = "state <> 'resolved'"
TASKS = ("unreachable", "delivery")
"""Kinds of flag about our sending, not about the patient's words: each stands alone."""


def open_flag(
    tx: Writes,
    *,
    patient_id: int,
    episode_id: int | None,
    kind: str,
    level: Level,
    day: int | None,
    words: str,
    why: Sequence[Why],
    promise: datetime,
    nudge: datetime | None,
    now: datetime,
) -> int:
    """A new flag; its id."""
    return added(
        tx,
        "flag",
        {
            "id": audit.fresh_id(tx, "flag"),
            "patient_id": patient_id,
            "episode_id": episode_id,
            "kind": kind,
            "level": level.word,
            "day": day,
            "words": words,
            "why": packed([{**asdict(w), "level": w.level.word} for w in why]),
            "opened_at": stamp(now),
            "promise_at": stamp(promise),
            "nudge_at": stamp(nudge) if nudge else None,
        },
    )


def by_id(read: Reads, flag_id: int) -> Row | None:
    """A flag's row."""
    return read.one("SELECT * FROM flag WHERE id = ?", (flag_id,))


def unresolved(read: Reads, patient_id: int) -> Row | None:
    """The patient's most serious flag that is not resolved and no task, newest first among equals."""
    return read.one(
        f"SELECT * FROM flag WHERE patient_id = ? AND {UNRESOLVED} AND kind NOT IN (?, ?) ORDER BY "
        "CASE level WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, id DESC LIMIT 1",
        (patient_id, *TASKS),
    )


def task(read: Reads, patient_id: int, kind: str = "") -> Row | None:
    """The patient's newest task that is not resolved, of one kind or of any."""
    return read.one(
        f"SELECT * FROM flag WHERE patient_id = ? AND {UNRESOLVED} AND kind IN (?, ?) ORDER BY id DESC LIMIT 1",
        (patient_id, *((kind, kind) if kind else TASKS)),
    )


def of_patient(read: Reads, patient_id: int) -> list[Row]:
    """Every flag of a patient, oldest first."""
    return read.rows("SELECT * FROM flag WHERE patient_id = ? ORDER BY id", (patient_id,))


def waiting(read: Reads) -> list[Row]:
    """Every flag that is not resolved, most serious and oldest first."""
    return read.rows(
        f"SELECT * FROM flag WHERE {UNRESOLVED} ORDER BY "
        "CASE level WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, opened_at"
    )


def take(tx: Writes, flag_id: int, staff_id: int, now: datetime) -> bool:
    """The first to press has it; False when somebody else was faster."""
    return bool(
        tx.run(
            "UPDATE flag SET state = 'taken', taken_by = ?, taken_at = ?, nudge_at = NULL "
            "WHERE id = ? AND state = 'open'",
            (staff_id, stamp(now), flag_id),
        )
    )


def answered(tx: Writes, flag_id: int, staff_id: int, now: datetime) -> None:
    """A member of staff has written to the patient: it is theirs if it was nobody's."""
    tx.run(
        "UPDATE flag SET state = 'answered', answered_at = ?, nudge_at = NULL,"
        " taken_by = coalesce(taken_by, ?), taken_at = coalesce(taken_at, ?)"
        f" WHERE id = ? AND {UNRESOLVED}",
        (stamp(now), staff_id, stamp(now), flag_id),
    )


def resolve(tx: Writes, flag_id: int, staff_id: int, outcome: str, note: str, now: datetime) -> bool:
    """Close it with what was done; False when it was closed already."""
    return bool(
        tx.run(
            "UPDATE flag SET state = 'resolved', resolved_by = ?, resolved_at = ?, outcome = ?, note = ?,"
            f" nudge_at = NULL WHERE id = ? AND {UNRESOLVED}",
            (staff_id, stamp(now), outcome, note, flag_id),
        )
    )


def raise_level(
    tx: Writes,
    flag: Row,
    level: Level,
    *,
    kind: str,
    day: int | None,
    words: str,
    why: Sequence[Why],
    promise: datetime,
    nudge: datetime | None,
) -> bool:
    """It has become more serious: open again, with a new promise; False when it was as serious already.

    What is urgent after staff had answered opens it again, too: nobody would look at it otherwise.
    What made it so stands first; what was there before stays behind it.
    """
    again = level >= Level.URGENT and flag["state"] == "answered"
    lower = [word.word for word in Level if word < level or (again and word is level)]
    return bool(
        tx.run(
            "UPDATE flag SET level = ?, kind = ?, day = ?, words = ?, why = ?, state = 'open', promise_at = ?,"
            f" nudge_at = ?, nudges = 0, taken_by = NULL, taken_at = NULL WHERE id = ? AND {UNRESOLVED}"
            f" AND level IN ({','.join('?' * len(lower))})",
            (
                level.word,
                kind,
                day,
                "\n".join(dict.fromkeys(part for part in (words, flag["words"]) if part)),
                packed([*({**asdict(w), "level": w.level.word} for w in why), *json.loads(flag["why"])]),
                stamp(promise),
                stamp(nudge) if nudge else None,
                flag["id"],
                *lower,
            ),
        )
    )


def to_nudge(read: Reads, now: datetime) -> list[Row]:
    """Open flags whose time to be repeated has come."""
    return read.rows(
        "SELECT * FROM flag WHERE state = 'open' AND nudge_at IS NOT NULL AND nudge_at <= ? ORDER BY nudge_at",
        (stamp(now),),
    )


def nudged(tx: Writes, flag_id: int, nudges: int, nudge: datetime | None) -> bool:
    """Note that it was repeated; False when somebody has taken it meanwhile, or repeated it."""
    return bool(
        tx.run(
            "UPDATE flag SET nudges = ?, nudge_at = ? WHERE id = ? AND state = 'open' AND nudges = ?",
            (nudges, stamp(nudge) if nudge else None, flag_id, nudges - 1),
        )
    )


def card(read: Reads, flag_id: int) -> Row | None:
    """The outgoing row that is the flag's card in the staff group."""
    return read.one(
        "SELECT * FROM outgoing WHERE flag_id = ? AND form = 'text' AND words = 'staff.card' ORDER BY id LIMIT 1",
        (flag_id,),
    )


def counts(read: Reads) -> dict[str, int]:
    """How many flags there are in each state."""
    return {r["state"]: r["n"] for r in read.rows("SELECT state, count(*) AS n FROM flag GROUP BY state")}
