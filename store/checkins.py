"""Check-ins under way: which screen, which answers, and when silence is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from store import audit
from store.seam import Reads, Row, Writes, added, packed, stamp


def begin(
    tx: Writes,
    *,
    patient_id: int,
    episode_id: int | None,
    checkin: str,
    origin: str,
    day: int | None,
    step: str,
    words: str,
    look: datetime | None,
    now: datetime,
) -> int:
    """A new check-in; one that was still open in this chat ends as replaced. Its id."""
    tx.run(
        "UPDATE checkin SET state = 'replaced', look_at = NULL WHERE patient_id = ? AND state IN ('asked', 'begun')",
        (patient_id,),
    )
    return added(
        tx,
        "checkin",
        {
            "id": audit.fresh_id(tx, "checkin"),
            "patient_id": patient_id,
            "episode_id": episode_id,
            "checkin": checkin,
            "origin": origin,
            "day": day,
            "step": step,
            "words": words,
            "asked_at": stamp(now),
            "look_at": stamp(look) if look else None,
        },
    )


def by_id(read: Reads, checkin_id: int) -> Row | None:
    """A check-in's row."""
    return read.one("SELECT * FROM checkin WHERE id = ?", (checkin_id,))


def under_way(read: Reads, patient_id: int) -> list[Row]:
    """Check-ins of a patient whose question is still open."""
    return read.rows(
        "SELECT * FROM checkin WHERE patient_id = ? AND state IN ('asked', 'begun', 'silent')", (patient_id,)
    )


def advance(
    tx: Writes,
    checkin_id: int,
    *,
    from_step: str,
    step: str,
    answers: Mapping[str, str],
    worry: bool,
    look: datetime | None,
    now: datetime,
) -> bool:
    """Go to the next step ('' ends it); False when this step was answered before."""
    return bool(
        tx.run(
            "UPDATE checkin SET step = ?, answers = ?, worry = ?, state = ?, answered_at = ?, look_at = ?"
            " WHERE id = ? AND step = ? AND state IN ('asked', 'begun', 'silent')",
            (
                step,
                packed(dict(answers)),
                int(worry),
                "begun" if step else "done",
                stamp(now),
                stamp(look) if look else None,
                checkin_id,
                from_step,
            ),
        )
    )


def reopen(tx: Writes, checkin_id: int, step: str, answers: Mapping[str, str], look: datetime) -> bool:
    """Go on after a calm closing: the patient has a sign after all."""
    return bool(
        tx.run(
            "UPDATE checkin SET step = ?, answers = ?, state = 'begun', worry = 1, look_at = ? "
            "WHERE id = ? AND state = 'done' AND step = ''",
            (step, packed(dict(answers)), stamp(look), checkin_id),
        )
    )


def settle(tx: Writes, patient_id: int) -> None:
    """The patient has spoken otherwise: an unanswered check-in is not silence any more.

    The safety questions stay: whatever else is said, nobody knows yet how serious it was.
    """
    tx.run(
        "UPDATE checkin SET look_at = NULL"
        " WHERE patient_id = ? AND look_at IS NOT NULL AND state = 'asked' AND origin = 'planned'",
        (patient_id,),
    )


def asking_again(tx: Writes, checkin_id: int, *, step: str, origin: str, words: str, look: datetime | None) -> None:
    """The same questions go on, with more words behind them."""
    tx.run(
        "UPDATE checkin SET step = ?, origin = ?, words = ?, look_at = ? WHERE id = ?",
        (step, origin, words, stamp(look) if look else None, checkin_id),
    )


def answered_since(read: Reads, patient_id: int, checkin: str, since: datetime) -> bool:
    """Whether a check-in of this id was answered to its end since then."""
    found = read.one(
        "SELECT 1 FROM checkin WHERE patient_id = ? AND checkin = ? AND state = 'done' AND answered_at >= ? LIMIT 1",
        (patient_id, checkin, stamp(since)),
    )
    return found is not None


def stop(tx: Writes, patient_id: int) -> None:
    """End what is under way, without asking further."""
    tx.run(
        "UPDATE checkin SET state = 'replaced', look_at = NULL WHERE patient_id = ? AND state IN ('asked', 'begun')",
        (patient_id,),
    )


def to_look_at(read: Reads, now: datetime) -> list[Row]:
    """Check-ins whose silence must be looked at."""
    return read.rows("SELECT * FROM checkin WHERE look_at IS NOT NULL AND look_at <= ? ORDER BY look_at", (stamp(now),))


def looked(tx: Writes, checkin_id: int, *, reminded: bool, look: datetime | None) -> bool:
    """Note that its silence was looked at; False when it was answered meanwhile."""
    return bool(
        tx.run(
            "UPDATE checkin SET reminded = max(reminded, ?), look_at = ?,"
            " state = CASE WHEN ? IS NULL THEN 'silent' ELSE state END"
            " WHERE id = ? AND look_at IS NOT NULL AND state IN ('asked', 'begun')",
            (int(reminded), stamp(look) if look else None, stamp(look) if look else None, checkin_id),
        )
    )


def worried_before(read: Reads, patient_id: int, checkin_id: int, since: datetime) -> Row | None:
    """The check-in answered before this one since then, when its answers were worrying."""
    row = read.one(
        "SELECT * FROM checkin WHERE patient_id = ? AND id < ? AND origin = 'planned' AND asked_at > ?"
        " ORDER BY id DESC LIMIT 1",
        (patient_id, checkin_id, stamp(since)),
    )
    return row if row is not None and row["worry"] else None
