"""Saying something to a patient, in the one way of every door; and what was said to them before."""

from __future__ import annotations

from datetime import datetime

from care.model import Say
from store import outbox
from store.seam import Reads, Row, Writes


def to_patient(
    tx: Writes,
    patient: Row,
    say: Say,
    now: datetime,
    *,
    episode: Row | None = None,
    flag_id: int | None = None,
    checkin_id: int | None = None,
    instead_of: int | None = None,
    form: str = "text",
) -> int:
    """A row for the patient's chat, in their language; with ``instead_of`` it changes that message. Its id."""
    return outbox.put(
        tx,
        say,
        chat_id=patient["chat_id"],
        lang=patient["lang"],
        due=now,
        patient_id=patient["id"],
        episode_id=episode["id"] if episode else None,
        flag_id=flag_id,
        checkin_id=checkin_id,
        form="edit" if instead_of else form,
        edits_message=instead_of,
    )


def newest(read: Reads, patient_id: int, words: str) -> Row | None:
    """The last row with these words for a patient."""
    return read.one(
        "SELECT * FROM outgoing WHERE patient_id = ? AND words = ? ORDER BY due_at DESC, id DESC LIMIT 1",
        (patient_id, words),
    )


def often(read: Reads, patient_id: int, beginning: str) -> int:
    """How many rows a patient has whose words' ids begin so."""
    row = read.one(
        "SELECT count(*) AS n FROM outgoing WHERE patient_id = ? AND substr(words, 1, ?) = ?",
        (patient_id, len(beginning), beginning),
    )
    return int(row["n"]) if row is not None else 0
