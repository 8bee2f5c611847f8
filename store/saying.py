"""Saying something to a patient: the row that every door writes in the same way."""

from __future__ import annotations

from datetime import datetime

from care.model import Say
from store import outbox
from store.seam import Row, Writes


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
