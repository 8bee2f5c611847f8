"""Taking rows in hand; everything planned of an episode that is due is decided about at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from care.model import Episode, Facts, Lane, Patient
from care.plan import Waiting, instant, settle
from scheduler.letters import Words
from store import outbox, people
from store.seam import Row, Writes


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """A row that is ours to send, with the words that it will go out in."""

    row: Row
    words: str
    facts: Facts
    merged: tuple[int, ...] = ()
    """Rows whose content goes out with this one."""

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def chat_id(self) -> int:
        return int(self.row["chat_id"])

    @property
    def lane(self) -> Lane:
        return Lane(self.row["lane"])

    @property
    def rows(self) -> tuple[int, ...]:
        """Every row that goes out with it, itself included."""
        return (self.id, *self.merged)


def take(
    tx: Writes,
    library: Words,
    me: str,
    now: datetime,
    *,
    room: Mapping[Lane, int],
    resting: Mapping[Lane, Collection[int]],
) -> list[Hand]:
    """Claim what is due, as :func:`store.outbox.claim`, and settle what is planned of it."""
    hands = []
    for row in outbox.claim(tx, me, now, room, resting):
        if row["planned"] is None:
            hands.append(Hand(row, row["words"], json.loads(row["facts"])))
        elif (hand := _settled(tx, library, me, row, now)) is not None:
            hands.append(hand)
    return hands


def _settled(tx: Writes, library: Words, me: str, row: Row, now: datetime) -> Hand | None:
    rows = {r["id"]: r for r in (row, *outbox.claim_plan(tx, me, row["episode_id"], now))}
    care, person = people.episode(tx, row["episode_id"]), people.by_id(tx, row["patient_id"])
    if care is None or person is None or care["state"] != "running":
        _end(tx, rows, "cancelled", "the care has ended", now)
        return None
    episode, patient = people.episode_of(care), people.patient_of(person)
    waiting = _waiting(library, rows, episode, patient)
    strange = rows.keys() - {w.row_id for w in waiting}
    _end(tx, strange, "dropped", "it no longer stands in the plan", now)
    decided = settle(waiting, episode, patient, library.clinic, now)
    for row_id, reason in decided.dropped:
        outbox.ended(tx, row_id, "dropped", reason, now)
    for row_id, due in decided.postponed:
        outbox.again(tx, row_id, due, "")
    if decided.send is None:
        return None
    carrier = rows[decided.send]
    if decided.items:
        facts = {"items": list(decided.items), "today": decided.today}
        return Hand(carrier, "catch_up", facts, decided.merged)
    return Hand(carrier, carrier["planned"], {}, decided.merged)


def _end(tx: Writes, row_ids: Collection[int], state: str, reason: str, now: datetime) -> None:
    for row_id in row_ids:
        outbox.ended(tx, row_id, state, reason, now)


def _waiting(library: Words, rows: Mapping[int, Row], episode: Episode, patient: Patient) -> list[Waiting]:
    procedure = library.procedures.get(episode.procedure)
    plan = {planned.id: planned for planned in procedure.plan} if procedure else {}
    return [
        Waiting(row_id, plan[row["planned"]], _meant(row, episode, patient))
        for row_id, row in rows.items()
        if row["planned"] in plan
    ]


def _meant(row: Row, episode: Episode, patient: Patient) -> datetime:
    """When it was to go out: a row that was put off over night is as late as it is, not new again."""
    if not row["wall"]:
        return episode.session_at
    local = datetime.fromisoformat(row["wall"])
    return instant(local.date(), local.time(), patient.zone)
