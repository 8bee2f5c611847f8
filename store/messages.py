"""What patients said, and what was read in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from store.seam import Reads, Row, Writes, added, packed, stamp


def keep(
    tx: Writes,
    *,
    patient_id: int,
    episode_id: int | None,
    update_id: int,
    at: datetime,
    day: int | None,
    kind: str,
    text: str,
    file_id: str,
    level: str,
    reading: Mapping[str, Any],
) -> int:
    """Keep one thing that a patient said; its id."""
    return added(
        tx,
        "message",
        {
            "patient_id": patient_id,
            "episode_id": episode_id,
            "update_id": update_id,
            "at": stamp(at),
            "day": day,
            "kind": kind,
            "text": text,
            "file_id": file_id,
            "level": level,
            "reading": packed(dict(reading)),
        },
    )


def of_patient(read: Reads, patient_id: int) -> list[Row]:
    """Everything a patient said, oldest first."""
    return read.rows("SELECT * FROM message WHERE patient_id = ? ORDER BY at, id", (patient_id,))


def newest(read: Reads, patient_id: int) -> Row | None:
    """The last thing that a patient said or sent."""
    return read.one("SELECT * FROM message WHERE patient_id = ? ORDER BY id DESC LIMIT 1", (patient_id,))


def of_update(read: Reads, patient_id: int, update_id: int) -> Row | None:
    """What a patient said in this update."""
    return read.one("SELECT * FROM message WHERE patient_id = ? AND update_id = ?", (patient_id, update_id))


def latest(read: Reads, patient_id: int) -> Row | None:
    """The last thing that a patient wrote in words."""
    return read.one(
        "SELECT * FROM message WHERE patient_id = ? AND kind = 'text' ORDER BY id DESC LIMIT 1", (patient_id,)
    )
