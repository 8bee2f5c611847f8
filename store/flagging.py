"""Raising a flag: the flag, its card in the staff group and the alerts, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from care.cards import Terms, card, case, cut, lane, terms, who
from care.model import Button, Clinic, Lane, Level, Say, Why
from store import audit, flags, outbox, people
from store.seam import Reads, Row, Writes, moment


@dataclass(frozen=True, slots=True)
class Staffroom:
    """Where staff are told."""

    clinic: Clinic
    chat_id: int
    """The staff group; 0 when none is set: flags are kept, and nobody is told by Telegram."""


def raise_flag(
    tx: Writes,
    room: Staffroom,
    patient: Row,
    episode: Row | None,
    *,
    kind: str,
    level: Level,
    words: str,
    why: Sequence[Why],
    day: int | None,
    now: datetime,
) -> int:
    """Flag something about a patient; the id of the flag that it became part of.

    While a flag of the patient is not resolved, what follows joins it: under its card, and raising
    its level when it is more serious. So no flag is doubled and none is lowered.
    """
    if kind in flags.TASKS:
        standing = flags.task(tx, patient["id"], kind)
    else:
        standing = flags.unresolved(tx, patient["id"])
        if standing is not None:
            _join(tx, room, patient, standing, kind, level, words, why, day, now)
    if standing is not None:
        return int(standing["id"])
    due = terms(room.clinic, level, now)
    flag_id = flags.open_flag(
        tx,
        patient_id=patient["id"],
        episode_id=episode["id"] if episode else None,
        kind=kind,
        level=level,
        day=day,
        words=words,
        why=why,
        promise=due.promise,
        nudge=due.nudge,
        now=now,
    )
    audit.note(tx, "bot", f"flag opened: {level.word}", f"flag {flag_id}", now)
    to_staff(tx, room, card_of(tx, room, flag_id), now, flag_id=flag_id)
    if level is Level.EMERGENCY:
        tell_on_call(tx, room, patient, flag_id, level, words, 0, now)
    return flag_id


def _join(
    tx: Writes,
    room: Staffroom,
    patient: Row,
    standing: Row,
    kind: str,
    level: Level,
    words: str,
    why: Sequence[Why],
    day: int | None,
    now: datetime,
) -> None:
    due: Terms = terms(room.clinic, level, now)
    flag_id = int(standing["id"])
    told = words or "; ".join(reason.rule for reason in why)
    raised = flags.raise_level(
        tx, standing, level, kind=kind, day=day, words=words, why=why, promise=due.promise, nudge=due.nudge
    )
    if raised:
        audit.note(tx, "bot", f"flag raised: {level.word}", f"flag {flag_id}", now)
        refresh(tx, room, flag_id, now)
        facts = {"who": who(patient, room.clinic), "level": level.word, "text": cut(told), "kind": kind}
        buttons = ((Button("button.take", f"f|{flag_id}|take"),),)
        news = "staff.raised" if level > Level.of(standing["level"]) else "staff.relay"
        under_card(tx, room, Say(news, facts, buttons, lane=lane(level)), flag_id, now)
        if level is Level.EMERGENCY:
            tell_on_call(tx, room, patient, flag_id, level, words, 0, now)
    elif told:  # a photo without words follows by itself
        relay(tx, room, patient, flag_id, level, told, now, kind)


def relay(
    tx: Writes,
    room: Staffroom,
    patient: Row,
    flag_id: int,
    level: Level,
    words: str,
    now: datetime,
    kind: str = "",
) -> None:
    """Show staff what the patient said next, under the card that it belongs to; ``kind`` as of a flag."""
    facts = {"who": who(patient, room.clinic), "text": cut(words), "level": level.word, "kind": kind}
    # A medium without words: it follows by itself.
    say = Say("staff.relay", facts, lane=lane(level)) if words else Say("staff.media", lane=lane(level))
    under_card(tx, room, say, flag_id, now)


def under_card(tx: Writes, room: Staffroom, say: Say, flag_id: int, now: datetime, form: str = "text") -> int | None:
    """Say something to staff as an answer to the flag's card."""
    own = flags.card(tx, flag_id)
    return to_staff(tx, room, say, now, flag_id=flag_id, reply_row=own["id"] if own else None, form=form)


def to_staff(
    tx: Writes,
    room: Staffroom,
    say: Say,
    now: datetime,
    *,
    flag_id: int | None = None,
    reply_row: int | None = None,
    form: str = "text",
    edits_message: int | None = None,
) -> int | None:
    """Say something in the staff group; the row's id, or None where there is no group."""
    if not room.chat_id:
        return None
    return outbox.put(
        tx,
        say,
        chat_id=room.chat_id,
        lang=room.clinic.language,
        due=now,
        flag_id=flag_id,
        reply_row=reply_row,
        form=form,
        edits_message=edits_message,
    )


def card_of(read: Reads, room: Staffroom, flag_id: int) -> Say:
    """The flag's card as it is now."""
    flag = flags.by_id(read, flag_id)
    assert flag is not None
    patient = people.by_id(read, flag["patient_id"])
    assert patient is not None
    episode = people.episode(read, flag["episode_id"]) if flag["episode_id"] else None
    times = {
        "promise": local(flag["promise_at"], room.clinic.zone),
        "taken_at": local(flag["taken_at"], room.clinic.zone),
        "resolved_at": local(flag["resolved_at"], room.clinic.zone),
    }
    names = {
        "taken_by": _name(read, flag["taken_by"]),
        "resolved_by": _name(read, flag["resolved_by"]),
    }
    return card(
        flag,
        patient,
        room.clinic,
        procedure=episode["procedure"] if episode else "",
        types=people.types_of(episode) if episode else (),
        times=times,
        names=names,
    )


def _name(read: Reads, staff_id: int | None) -> str:
    member = people.staff_by_id(read, staff_id) if staff_id else None
    return member["name"] if member else ""


def local(stored: int | None, zone: ZoneInfo) -> datetime | None:
    """A stored stamp as local time."""
    return moment(stored).astimezone(zone) if stored else None


def refresh(tx: Writes, room: Staffroom, flag_id: int, now: datetime) -> None:
    """Make the card in the staff group show the flag as it is now."""
    own = flags.card(tx, flag_id)
    if own is None:
        return
    outbox.put(
        tx,
        card_of(tx, room, flag_id),
        chat_id=own["chat_id"],
        lang=room.clinic.language,
        due=now,
        flag_id=flag_id,
        form="edit",
        edits_row=own["id"],
    )


def tell_on_call(
    tx: Writes,
    room: Staffroom,
    patient: Row,
    flag_id: int,
    level: Level,
    words: str,
    minutes: int,
    now: datetime,
) -> int:
    """Write to everybody who is on call, in their own chats; how many."""
    facts = {
        "level": level.word,
        "who": who(patient, room.clinic),
        "case": case(patient),
        "text": cut(words, 500),
        "minutes": minutes,
    }
    called = people.on_call(tx, room.clinic.id)
    for member in called:
        outbox.put(
            tx,
            Say("staff.on_call", facts, lane=Lane.EMERGENCY),
            chat_id=member["telegram_id"],
            lang=room.clinic.language,
            due=now,
            flag_id=flag_id,
        )
    return len(called)
