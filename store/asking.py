"""Beginning a check-in and showing its next screen, for whichever door asks."""

from __future__ import annotations

from datetime import datetime, timedelta

from care.checkin import SAFETY, first_step, is_safety, known, screen
from care.model import Clinic, Lane, Procedure, Say
from store import checkins, outbox, people
from store.saying import to_patient
from store.seam import Reads, Row, Writes


def begin(
    tx: Writes,
    patient: Row,
    episode: Row | None,
    procedure: Procedure,
    clinic: Clinic,
    *,
    checkin: str,
    origin: str,
    day: int | None,
    words: str,
    now: datetime,
    told: bool = False,
) -> int:
    """Ask the first screen of a check-in; its id.

    A planned one is asked once more after the clinic's hours; silence after the safety questions
    is looked at after the clinic's minutes, unless staff have been ``told`` of the words already.
    """
    plan = known(checkin, procedure, people.types_of(episode) if episode else ())
    wait = timedelta(hours=clinic.remind_hours) if origin == "planned" else timedelta(minutes=clinic.silence_minutes)
    step = first_step(plan)
    for open_one in checkins.under_way(tx, patient["id"]):
        close(tx, patient, open_one["id"], now)
    checkin_id = checkins.begin(
        tx,
        patient_id=patient["id"],
        episode_id=episode["id"] if episode else None,
        checkin=checkin,
        origin=origin,
        day=day,
        step=step,
        words=words,
        look=None if told else now + wait,
        now=now,
    )
    show(tx, patient, episode, screen(checkin_id, step, plan, procedure, {}), checkin_id, now)
    return checkin_id


def open_safety(read: Reads, patient_id: int) -> Row | None:
    """The safety questions that are open in a patient's chat, and whose silence will be told."""
    found = [one for one in checkins.under_way(read, patient_id) if one["look_at"] is not None]
    return next((one for one in found if one["checkin"] == SAFETY or is_safety(one["step"])), None)


def go_on(
    tx: Writes,
    patient: Row,
    episode: Row | None,
    procedure: Procedure,
    clinic: Clinic,
    checkin: Row,
    *,
    origin: str,
    words: str,
    now: datetime,
) -> None:
    """Show safety questions that are open once more, below what was said since; their answers so far stay."""
    step = checkin["step"] if is_safety(checkin["step"]) else SAFETY
    said = checkin["words"].split("\n")
    words = "\n".join(line for line in (*said, *(w for w in words.split("\n") if w not in said)) if line)
    origin = "planned" if checkin["origin"] == "planned" else origin
    look = now + timedelta(minutes=clinic.silence_minutes)
    close(tx, patient, checkin["id"], now, "checkin.asked_again")
    checkins.asking_again(tx, checkin["id"], step=step, origin=origin, words=words, look=look)
    plan = known(checkin["checkin"], procedure, people.types_of(episode) if episode else ())
    show(tx, patient, episode, screen(checkin["id"], step, plan, procedure, {}), checkin["id"], now)


def show(
    tx: Writes,
    patient: Row,
    episode: Row | None,
    say: Say,
    checkin_id: int,
    now: datetime,
    *,
    instead_of: int | None = None,
) -> None:
    """Show a screen as a new message, or in place of the one that was pressed (its message id)."""
    to_patient(tx, patient, say, now, episode=episode, checkin_id=checkin_id, instead_of=instead_of)


def close(tx: Writes, patient: Row, checkin_id: int, now: datetime, words: str = "checkin.closed") -> None:
    """Put words in the place of every message that still shows a question of this check-in."""
    for row in outbox.questions(tx, checkin_id):
        outbox.put(
            tx,
            Say(words, lane=Lane.CARE),
            chat_id=patient["chat_id"],
            lang=patient["lang"],
            due=now,
            patient_id=patient["id"],
            form="edit",
            edits_row=row["id"],
        )
