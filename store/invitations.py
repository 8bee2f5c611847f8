"""Invitations: what a QR carries is kept only as its hash, can be used once, and runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from store.seam import Reads, Row, Writes, added, stamp


def make(
    tx: Writes,
    *,
    clinic_id: str,
    token_hash: str,
    procedure: str,
    session_at: datetime,
    next_session: date | None,
    lang: str,
    types: Sequence[str],
    reference: str,
    made_by: str,
    now: datetime,
    expires: datetime,
) -> int:
    """Keep a new invitation; its id."""
    return added(
        tx,
        "invitation",
        {
            "clinic_id": clinic_id,
            "token_hash": token_hash,
            "procedure": procedure,
            "session_at": stamp(session_at),
            "next_session": next_session.isoformat() if next_session else None,
            "lang": lang,
            "variant": ",".join(types),
            "reference": reference,
            "made_by": made_by,
            "made_at": stamp(now),
            "expires_at": stamp(expires),
        },
    )


def find(read: Reads, token_hash: str) -> Row | None:
    """The invitation whose token has this hash."""
    return read.one("SELECT * FROM invitation WHERE token_hash = ?", (token_hash,))


def by_id(read: Reads, invitation_id: int) -> Row | None:
    """An invitation's row."""
    return read.one("SELECT * FROM invitation WHERE id = ?", (invitation_id,))


def use(tx: Writes, invitation_id: int, patient_id: int, now: datetime) -> bool:
    """Bind an unused invitation to a patient; False when somebody else was faster."""
    return bool(
        tx.run(
            "UPDATE invitation SET used_at = ?, used_by = ? "
            "WHERE id = ? AND (used_by IS NULL AND used_at IS NULL OR used_by = ?)",
            (stamp(now), patient_id, invitation_id, patient_id),
        )
    )


def purge(tx: Writes, now: datetime) -> int:
    """Forget unused invitations that ran out more than thirty days ago; how many."""
    return tx.run(
        "DELETE FROM invitation WHERE used_at IS NULL AND expires_at < ?",
        (stamp(now) - 30 * 86_400_000,),
    )
