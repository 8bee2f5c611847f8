"""What is watched over time: flags that nobody took, questions that nobody answered."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial

from care.cards import case, lane, terms, who
from care.checkin import is_safety, known, named, screen, told
from care.library import Library
from care.model import Lane, Level, Say, Why
from care.plan import quiet_until
from store import asking, audit, checkins, flagging, flags, people
from store.flagging import Staffroom
from store.saying import to_patient
from store.seam import Row, Writes, moment


def flags_nobody_took(tx: Writes, room: Staffroom, now: datetime) -> int:
    """Repeat every open flag whose time has come, and call who is on call; how many."""
    due = flags.to_nudge(tx, now)
    for flag in due:
        level = Level.of(flag["level"])
        nudges = flag["nudges"] + 1
        next_nudge = terms(room.clinic, level, now, nudges).nudge
        if flags.nudged(tx, flag["id"], nudges, next_nudge):
            _repeat(tx, room, flag, level, nudges, now)
    return len(due)


def _repeat(tx: Writes, room: Staffroom, flag: Row, level: Level, nudges: int, now: datetime) -> None:
    patient = people.by_id(tx, flag["patient_id"])
    assert patient is not None
    minutes = round((now - moment(flag["opened_at"])).total_seconds() / 60)
    facts = {
        "level": flag["level"],
        "minutes": minutes,
        "who": who(patient, room.clinic),
        "case": case(patient),
    }
    flagging.under_card(tx, room, Say("staff.again", facts, lane=lane(level)), flag["id"], now)
    audit.note(tx, "bot", f"repeated, {nudges}", f"flag {flag['id']}", now)
    # Once in the group is a reminder; from the second time on somebody is called by name.
    if level >= Level.URGENT and (nudges >= 2 or level is Level.EMERGENCY):
        flagging.tell_on_call(tx, room, patient, flag["id"], level, flag["words"], minutes, now)
    if level >= Level.URGENT and nudges == len(room.clinic.take.get(level, ())):
        episode = people.episode(tx, flag["episode_id"]) if flag["episode_id"] else None
        _tell_patient(tx, patient, episode, now)


def _tell_patient(tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
    """Nobody has come: the patient must not go on waiting for us."""
    to_patient(tx, patient, Say("urgent.unseen", lane=Lane.EMERGENCY), now, episode=episode)


def questions_nobody_answered(tx: Writes, library: Library, room: Staffroom, now: datetime) -> int:
    """Ask once more, or tell staff of a worrying silence; how many were looked at."""
    due = checkins.to_look_at(tx, now)
    for checkin in due:
        patient = people.by_id(tx, checkin["patient_id"])
        assert patient is not None
        if checkin["origin"] == "planned" and not checkin["worry"]:
            _unanswered(tx, library, room, checkin, patient, now)
        elif checkins.looked(tx, checkin["id"], reminded=False, look=None):
            _silence(tx, library, room, checkin, patient, now)
    return len(due)


def _unanswered(tx: Writes, library: Library, room: Staffroom, checkin: Row, patient: Row, now: datetime) -> None:
    clinic = library.clinic
    if checkin["reminded"]:
        worrying = checkins.worried_before(tx, patient["id"], checkin["id"], now - timedelta(days=3))
        if checkins.looked(tx, checkin["id"], reminded=True, look=None) and worrying is not None:
            _silence(tx, library, room, checkin, patient, now)
        return
    noun = people.patient_of(patient)
    paused = noun.paused_until if noun.paused_until and noun.paused_until > now else None
    wakes = paused or quiet_until(now, noun.zone, clinic.quiet)
    if wakes is not None:
        tx.run("UPDATE checkin SET look_at = ? WHERE id = ?", (round(wakes.timestamp() * 1000), checkin["id"]))
        return
    again = now + timedelta(hours=clinic.remind_hours)
    if checkins.looked(tx, checkin["id"], reminded=True, look=again):
        _ask_again(tx, library, checkin, patient, now)


def _ask_again(tx: Writes, library: Library, checkin: Row, patient: Row, now: datetime) -> None:
    episode = people.episode(tx, checkin["episode_id"]) if checkin["episode_id"] else None
    procedure = library.procedure_of(episode["procedure"] if episode else "")
    plan = known(checkin["checkin"], procedure, people.types_of(episode) if episode else ())
    shown = screen(checkin["id"], checkin["step"], plan, procedure, {})
    asking.close(tx, patient, checkin["id"], now, "checkin.asked_again")
    say = Say("checkin.reminder", shown.facts, shown.buttons, lane=Lane.CARE)
    asking.show(tx, patient, episode, say, checkin["id"], now)


def _silence(tx: Writes, library: Library, room: Staffroom, checkin: Row, patient: Row, now: datetime) -> None:
    episode = people.episode(tx, checkin["episode_id"]) if checkin["episode_id"] else None
    step = checkin["step"].replace("sign:", "")
    planned = checkin["origin"] == "planned" and not is_safety(checkin["step"])
    flagging.raise_flag(
        tx,
        room,
        patient,
        episode,
        kind="silence",
        level=Level.REVIEW if planned else Level.URGENT,
        words="\n".join(part for part in (checkin["words"], _answers(library, episode, checkin)) if part),
        why=(Why("", "", f"no answer at: {step}", Level.REVIEW),),
        day=checkin["day"],
        now=now,
    )
    to_patient(tx, patient, Say("silence.note"), now, episode=episode)


def _answers(library: Library, episode: Row | None, checkin: Row) -> str:
    """What was answered before the silence, in the clinic's language; '' for nothing."""
    answers = json.loads(checkin["answers"])
    facts = {"procedure": episode["procedure"] if episode else ""}
    label = partial(library.label, lang=library.clinic.language, facts=facts)
    return told(answers, label) if named(answers) else ""
