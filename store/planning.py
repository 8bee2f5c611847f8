"""An episode's plan as rows: made with the episode, moved when the patient's clock changes."""

from __future__ import annotations

from datetime import datetime

from care.library import Library
from care.model import Lane, Say
from care.plan import at_enrolment, schedule
from store import audit, checkins, outbox, people
from store.seam import Reads, Writes


def plan(tx: Writes, library: Library, episode_id: int, now: datetime) -> None:
    """Write every message of a new episode; what is past and no longer helps is kept as dropped."""
    row = people.episode(tx, episode_id)
    assert row is not None
    owner = people.by_id(tx, row["patient_id"])
    assert owner is not None
    episode, patient = people.episode_of(row), people.patient_of(owner)
    whole = schedule(library.procedures[episode.procedure], episode, patient, library.clinic)
    helps, useless, coming = at_enrolment(whole, now, episode.day(now))
    for due in (*helps, *useless, *coming):
        row_id = outbox.put(
            tx,
            Say(due.planned.id, lane=Lane.CARE),
            chat_id=patient.chat_id,
            lang=patient.lang,
            due=due.at,
            patient_id=patient.id,
            episode_id=episode_id,
            planned=due.planned.id,
            wall=due.wall,
        )
        if due in useless:
            outbox.ended(tx, row_id, "dropped", "past at enrolment, and no longer of help", now)


def to_come(read: Reads) -> dict[tuple[str, str, str], int]:
    """(procedure, message, language) -> how many patients in care still have it to come."""
    rows = read.rows(
        "SELECT e.procedure, o.planned, o.lang, count(DISTINCT o.patient_id) AS n"
        " FROM outgoing o JOIN episode e ON e.id = o.episode_id"
        " WHERE o.planned IS NOT NULL AND o.state = 'waiting' AND e.state = 'running'"
        " GROUP BY e.procedure, o.planned, o.lang"
    )
    return {(row["procedure"], row["planned"], row["lang"]): row["n"] for row in rows}


def stop(tx: Writes, patient_id: int, now: datetime) -> None:
    """End a patient's care messages for good: danger is still read."""
    episode = people.running(tx, patient_id)
    if episode is not None:
        people.end(tx, episode["id"], "stopped", now)
        outbox.cancel_plan(tx, episode["id"], "the patient stopped the plan")
    people.change(tx, patient_id, stopped=1)
    checkins.stop(tx, patient_id)
    audit.note(tx, "patient", "stopped", f"patient {patient_id}", now)


def replan(tx: Writes, library: Library, patient_id: int, now: datetime) -> None:
    """Move what is still to come to the patient's new hour or zone, and to their language."""
    row = people.running(tx, patient_id)
    owner = people.by_id(tx, patient_id)
    if row is None or owner is None:
        return
    episode, patient = people.episode_of(row), people.patient_of(owner)
    whole = schedule(library.procedure_of(episode.procedure), episode, patient, library.clinic)
    times = {due.planned.id: due for due in whole}
    waiting = [r for r in outbox.planned(tx, episode.id) if r["state"] == "waiting" and r["planned"] in times]
    outbox.move(
        tx,
        [(r["id"], times[r["planned"]].at, times[r["planned"]].wall) for r in waiting if times[r["planned"]].at > now],
    )
    tx.run("UPDATE outgoing SET lang = ? WHERE patient_id = ? AND state = 'waiting'", (patient.lang, patient.id))
