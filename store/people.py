"""Patients, what they agreed to, their episodes, and the staff who look after them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from care.model import Clinic, Episode, Patient
from store import audit
from store.seam import Reads, Row, Writes, added, moment, packed, stamp


def open_clinic(tx: Writes, clinic: Clinic, now: datetime) -> None:
    """Make the clinic known, or take over its new name."""
    tx.run(
        "INSERT INTO clinic (id, name, since) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (clinic.id, clinic.name, stamp(now)),
    )


def patient_of(row: Row) -> Patient:
    """A patient's row as the noun."""
    return Patient(
        id=row["id"],
        chat_id=row["chat_id"],
        case_number=row["case_number"],
        first_name=row["first_name"],
        lang=row["lang"],
        zone=ZoneInfo(row["zone"]),
        hour=time.fromisoformat(row["hour"]),
        phone=row["phone"],
        paused_until=moment(row["paused_until"]) if row["paused_until"] else None,
        stopped=bool(row["stopped"]),
    )


def episode_of(row: Row) -> Episode:
    """An episode's row as the noun."""
    return Episode(
        id=row["id"],
        patient_id=row["patient_id"],
        procedure=row["procedure"],
        session_at=moment(row["session_at"]),
        zone=ZoneInfo(row["zone"]),
        next_session=date.fromisoformat(row["next_session"]) if row["next_session"] else None,
        types=types_of(row),
    )


def types_of(row: Row) -> tuple[str, ...]:
    """The patient types that an episode or an invitation holds."""
    return tuple(type for type in row["variant"].split(",") if type)


def by_chat(read: Reads, chat_id: int) -> Row | None:
    """The row of the patient whose private chat this is."""
    return read.one("SELECT * FROM patient WHERE chat_id = ?", (chat_id,))


def by_id(read: Reads, patient_id: int) -> Row | None:
    """A patient's row."""
    return read.one("SELECT * FROM patient WHERE id = ?", (patient_id,))


def admit(tx: Writes, clinic: Clinic, chat_id: int, first_name: str, lang: str, now: datetime) -> Row:
    """The patient of this chat, made with the clinic's defaults when new."""
    row = by_chat(tx, chat_id)
    if row is None:
        number = audit.fresh_id(tx, "patient")
        added(
            tx,
            "patient",
            {
                "id": number,
                "clinic_id": clinic.id,
                "chat_id": chat_id,
                "case_number": f"A-{number:04d}",
                "first_name": first_name,
                "lang": lang,
                "zone": clinic.zone.key,
                "hour": clinic.hour.isoformat("minutes"),
                "since": stamp(now),
            },
        )
        row = by_chat(tx, chat_id)
        assert row is not None
    return row


def change(tx: Writes, patient_id: int, **columns: Any) -> None:
    """Set columns of a patient; the names are ours, never a user's."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE patient SET {sets} WHERE id = :id", {**columns, "id": patient_id})


def asking(row: Row) -> tuple[str, dict[str, Any]]:
    """Which question of ours is open in this patient's chat, and the answers so far."""
    return row["asking"], json.loads(row["draft"])


def ask(tx: Writes, patient_id: int, question: str, draft: dict[str, Any] | None = None) -> None:
    """Open a question, or close the open one with ''."""
    change(tx, patient_id, asking=question, draft=packed(draft or {}))


def consented(tx: Writes, patient_id: int, version: str, accepted: bool, now: datetime) -> None:
    """Keep the answer to the consent question, with version and time."""
    tx.run(
        "INSERT INTO consent (patient_id, version, accepted, at) VALUES (?, ?, ?, ?)",
        (patient_id, version, int(accepted), stamp(now)),
    )


def consents(read: Reads, patient_id: int) -> list[Row]:
    """Every answer to the consent question, oldest first."""
    return read.rows("SELECT version, accepted, at FROM consent WHERE patient_id = ? ORDER BY id", (patient_id,))


def agreed(read: Reads, patient_id: int) -> bool:
    """Whether the last answer to the consent question was yes."""
    row = read.one("SELECT accepted FROM consent WHERE patient_id = ? ORDER BY id DESC LIMIT 1", (patient_id,))
    return bool(row and row["accepted"])


def began_since(read: Reads, patient_id: int, since: int) -> bool:
    """Whether an episode of the patient has begun since this stamp."""
    row = read.one("SELECT 1 AS yes FROM episode WHERE patient_id = ? AND began_at >= ?", (patient_id, since))
    return row is not None


def running(read: Reads, patient_id: int) -> Row | None:
    """The episode that is under way."""
    return read.one("SELECT * FROM episode WHERE patient_id = ? AND state = 'running'", (patient_id,))


def episodes(read: Reads, patient_id: int) -> list[Row]:
    """Every episode of a patient, newest first."""
    return read.rows("SELECT * FROM episode WHERE patient_id = ? ORDER BY id DESC", (patient_id,))


def episode(read: Reads, episode_id: int) -> Row | None:
    """An episode's row."""
    return read.one("SELECT * FROM episode WHERE id = ?", (episode_id,))


def begin(
    tx: Writes,
    patient_id: int,
    *,
    procedure: str,
    session_at: datetime,
    zone: ZoneInfo,
    next_session: date | None,
    types: Sequence[str],
    now: datetime,
) -> int:
    """Begin an episode; its id. The one before must have ended."""
    return added(
        tx,
        "episode",
        {
            "patient_id": patient_id,
            "procedure": procedure,
            "session_at": stamp(session_at),
            "zone": zone.key,
            "next_session": next_session.isoformat() if next_session else None,
            "variant": ",".join(types),
            "state": "running",
            "began_at": stamp(now),
        },
    )


def end(tx: Writes, episode_id: int, state: str, now: datetime) -> bool:
    """End a running episode as replaced, stopped or finished; False when it had ended."""
    return bool(
        tx.run(
            "UPDATE episode SET state = ?, ended_at = ? WHERE id = ? AND state = 'running'",
            (state, stamp(now), episode_id),
        )
    )


def forget(tx: Writes, patient_id: int) -> None:
    """Erase a patient and everything that hangs on them, raw updates that were set aside included."""
    row = by_id(tx, patient_id)
    if row is not None:
        for end in (",", "}"):
            tx.run("DELETE FROM incoming WHERE state = 'dead' AND raw LIKE ?", (f'%"id":{row["chat_id"]}{end}%',))
        tx.run("DELETE FROM outgoing WHERE chat_id = ?", (row["chat_id"],))
    tx.run("DELETE FROM invitation WHERE used_by = ?", (patient_id,))
    tx.run("DELETE FROM patient WHERE id = ?", (patient_id,))


def staff_member(read: Reads, clinic_id: str, telegram_id: int) -> Row | None:
    """The registered and active member of staff with this Telegram id."""
    return read.one(
        "SELECT * FROM staff WHERE clinic_id = ? AND telegram_id = ? AND active = 1", (clinic_id, telegram_id)
    )


def staff_by_id(read: Reads, staff_id: int) -> Row | None:
    """A member of staff, active or not."""
    return read.one("SELECT * FROM staff WHERE id = ?", (staff_id,))


def staff(read: Reads, clinic_id: str) -> list[Row]:
    """All who were ever registered, active ones first."""
    return read.rows("SELECT * FROM staff WHERE clinic_id = ? ORDER BY active DESC, name", (clinic_id,))


def on_call(read: Reads, clinic_id: str) -> list[Row]:
    """Who is to be told when nobody takes an urgent flag."""
    return read.rows("SELECT * FROM staff WHERE clinic_id = ? AND active = 1 AND on_call = 1 ORDER BY id", (clinic_id,))


def register(tx: Writes, clinic_id: str, telegram_id: int, name: str, role: str, on_call: bool, now: datetime) -> None:
    """Register a member of staff, or change what is known of them."""
    tx.run(
        "INSERT INTO staff (clinic_id, telegram_id, name, role, on_call, since) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (clinic_id, telegram_id) DO UPDATE SET "
        "name = excluded.name, role = excluded.role, on_call = excluded.on_call, active = 1",
        (clinic_id, telegram_id, name, role, int(on_call), stamp(now)),
    )


def dismiss(tx: Writes, clinic_id: str, telegram_id: int) -> bool:
    """Take a member of staff's rights away; their name stays on what they did."""
    return bool(
        tx.run(
            "UPDATE staff SET active = 0, on_call = 0 WHERE clinic_id = ? AND telegram_id = ? AND active = 1",
            (clinic_id, telegram_id),
        )
    )
