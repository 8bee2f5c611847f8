"""Corrections of what was said wrongly: who was sent one, whether it arrived, and who has read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from care.model import Button, Say
from store import audit, people
from store.saying import to_patient
from store.seam import Reads, Row, Writes, moment, stamp

FRAME = "recall.frame"


class Standing(Enum):
    """What became of a correction."""

    LOST = "not delivered"
    SILENT = "silent"
    WAITS = "on its way"
    WROTE = "has written since"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Recall:
    """Words of a version that were wrong, and what is said instead."""

    words: str
    """Their id, behind `procedure/` where they belong to one; ``faq.<topic>`` for an answer."""
    version: str
    correction: str
    """Id of the words that say what is right."""

    @property
    def home(self) -> str:
        """The procedure that the words belong to; '' when to none."""
        return self.words.rpartition("/")[0]


def send(tx: Writes, recall: Recall, patient_id: int, got_at: int, by: str, now: datetime) -> bool:
    """Put the correction into the outbox; False when this patient was sent one before, or is erased.

    ``got_at``: stamp at which they last read what was wrong. Also those who have stopped all messages get it.
    """
    patient = people.by_id(tx, patient_id)
    if patient is None or _of(tx, recall.words, recall.version, patient_id) is not None:
        return False
    number = audit.fresh_id(tx, "recalled")
    facts = {
        "correction": recall.correction,
        "when": moment(got_at).astimezone(people.patient_of(patient).zone),
        "read": False,
    }
    say = Say(FRAME, facts, ((Button("button.read_it", f"r|{number}"),),))
    row_id = to_patient(tx, patient, say, now, episode=_care(tx, patient_id, recall.home))
    tx.run(
        "INSERT INTO recalled (id, patient_id, words, version, correction, outgoing_id, made_by, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (number, patient_id, recall.words, recall.version, recall.correction, row_id, by, stamp(now)),
    )
    audit.note(tx, by, f"sent the correction of {recall.words} version {recall.version}", f"patient {patient_id}", now)
    return True


def _care(read: Reads, patient_id: int, home: str) -> Row | None:
    """The patient's newest care after this procedure, whose words the correction may be; else their newest."""
    past = people.episodes(read, patient_id)
    return next((row for row in past if row["procedure"] == home), past[0] if past else None)


def _of(read: Reads, words: str, version: str, patient_id: int) -> Row | None:
    return read.one(
        "SELECT * FROM recalled WHERE patient_id = ? AND words = ? AND version = ?", (patient_id, words, version)
    )


def begun(read: Reads, words: str, version: str) -> list[Row]:
    """Who was sent a correction of this version, with what became of it, in the order of their case numbers."""
    return read.rows(
        "SELECT r.*, p.case_number, p.lang, o.state, o.reason, o.sent_at,"
        " (SELECT b.state FROM outgoing b WHERE b.id > o.id AND b.repeat_of = o.id) AS repeated,"
        " (SELECT max(m.at) FROM message m WHERE m.patient_id = r.patient_id AND m.at > o.sent_at) AS wrote_at"
        " FROM recalled r JOIN patient p ON p.id = r.patient_id JOIN outgoing o ON o.id = r.outgoing_id"
        " WHERE r.words = ? AND r.version = ? ORDER BY p.case_number",
        (words, version),
    )


def standing(row: Row) -> Standing:
    """What became of a row of :func:`begun`. One that may or may not have arrived is repeated, and that counts."""
    if row["read_at"]:
        return Standing.READ
    if row["wrote_at"]:
        return Standing.WROTE
    state = row["repeated"] or row["state"]
    if state == "sent":
        return Standing.SILENT
    return Standing.WAITS if state in ("waiting", "claimed", "handed") else Standing.LOST


def read(tx: Writes, number: int, patient_id: int, now: datetime) -> bool:
    """The patient says that they have read it; False when they had said so, or it is not theirs."""
    return bool(
        tx.run(
            "UPDATE recalled SET read_at = ? WHERE id = ? AND patient_id = ? AND read_at IS NULL",
            (stamp(now), number, patient_id),
        )
    )


def of_patient(read: Reads, patient_id: int) -> list[Row]:
    """The corrections that a patient was sent, with the facts that they were said with."""
    return read.rows(
        "SELECT r.correction, r.read_at, o.facts, coalesce(o.sent_at, o.due_at) AS at, e.procedure"
        " FROM recalled r JOIN outgoing o ON o.id = r.outgoing_id LEFT JOIN episode e ON e.id = o.episode_id"
        " WHERE r.patient_id = ? ORDER BY r.id",
        (patient_id,),
    )
