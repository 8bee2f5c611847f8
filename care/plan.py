"""An episode -> what is due when: zones, quiet hours, late enrolment, outages.

All arithmetic is on local wall time: "10:00 on day 3" is 10:00 on the patient's clock, whatever
daylight saving did in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.model import Clinic, Episode, Patient, Planned, Procedure, Span


@dataclass(frozen=True, slots=True)
class Due:
    """One message of a plan with its time."""

    planned: Planned
    at: datetime
    """UTC."""
    wall: str
    """The local time that was meant, ISO without offset; '' for "at once"."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A planned row whose time has come."""

    row_id: int
    planned: Planned
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of the planned rows of one episode that are due together."""

    send: int | None = None
    """The row that goes out now; None when nothing does."""
    items: tuple[str, ...] = ()
    """Plan ids of which one line goes into a catch-up; empty: the row goes out with its own words."""
    today: str = ""
    """Plan id whose words open the catch-up whole, because they are in time; '' for none."""
    merged: tuple[int, ...] = ()
    """Rows whose content goes out with ``send``."""
    dropped: tuple[tuple[int, str], ...] = ()
    """Rows that don't go out, each with the reason."""
    postponed: tuple[tuple[int, datetime], ...] = ()
    """Rows that wait, with their new UTC time: quiet hours, a pause, or one message at a time."""


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local wall time.

    A time that daylight saving skips becomes the first that exists after it; one that comes twice,
    the first of the two.
    """
    local = datetime.combine(day, wall.replace(fold=0), zone)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    # In a gap the two folds name the instants before and after it; what lies between does not exist.
    before = local.replace(fold=1).astimezone(UTC)
    first, last = min(before, utc), max(before, utc)
    while last - first > timedelta(seconds=1):
        middle = first + (last - first) / 2
        if middle.astimezone(zone).utcoffset() == last.astimezone(zone).utcoffset():
            last = middle
        else:
            first = middle
    return last.replace(microsecond=0)


def quiet_until(now: datetime, zone: ZoneInfo, waking: Span) -> datetime | None:
    """When the patient's quiet hours end (UTC), or None outside of them."""
    local = now.astimezone(zone)
    if waking.opens <= local.time() < waking.closes:
        return None
    day = local.date() if local.time() < waking.opens else local.date() + timedelta(days=1)
    opens = instant(day, waking.opens, zone)
    # In an hour that comes twice the first opening may be over already: never name a time that is past.
    return opens if opens > now else now + timedelta(minutes=1)


def within(wall: time, waking: Span) -> time:
    """A wished time moved into the waking hours."""
    if wall < waking.opens:
        return waking.opens
    latest = (datetime.combine(date.max, waking.closes) - timedelta(minutes=30)).time()
    return min(wall, latest)


def schedule(procedure: Procedure, episode: Episode, patient: Patient, clinic: Clinic) -> list[Due]:
    """Every message of the episode with its time, in order of time; past ones included."""
    session = episode.session_at.astimezone(episode.zone).date()
    plan = []
    for planned in procedure.plan:
        day = _day_of(planned, session, episode.next_session)
        if day is not None:
            plan.append(_due(planned, day, episode, patient, clinic))
    return sorted(plan, key=lambda due: due.at)


def _day_of(planned: Planned, session: date, upcoming: date | None) -> date | None:
    if not planned.before_next:
        return session + timedelta(days=planned.day)
    if upcoming is None:
        return None
    day = upcoming - timedelta(days=planned.day)
    return day if day > session else None


def _due(planned: Planned, day: date, episode: Episode, patient: Patient, clinic: Clinic) -> Due:
    if planned.at == "at_once":
        return Due(planned, episode.session_at, "")
    wished = patient.hour if planned.at == "hour" else time.fromisoformat(planned.at)
    wall = within(wished, clinic.quiet)
    return Due(planned, instant(day, wall, patient.zone), f"{day.isoformat()}T{wall:%H:%M}")


def settle(waiting: Sequence[Waiting], episode: Episode, patient: Patient, clinic: Clinic, now: datetime) -> Settled:
    """Decide about all planned rows of one episode that are due at ``now``.

    At most one goes out; the others are merged into it, dropped with the reason, or wait. What is
    in time goes out whole.
    """
    if patient.stopped:
        return Settled(dropped=tuple((w.row_id, "the patient asked for silence") for w in waiting))
    held = _held_until(patient, clinic, now, waiting)
    if held is not None:
        return Settled(postponed=tuple((w.row_id, held) for w in waiting))
    day = episode.day(now)
    ordered = sorted(waiting, key=lambda w: w.at)
    fresh = [w for w in ordered if not _late(w.planned, w.at, now)]
    stale = [w for w in ordered if _late(w.planned, w.at, now)]
    dropped = [(w.row_id, reason) for w in stale if (reason := _useless(w.planned, w.at, day, now))]
    gone = {row for row, _ in dropped}
    kept = [w for w in stale if w.row_id not in gone]
    return _together(kept, fresh, tuple(dropped), now)


def _together(
    kept: list[Waiting], fresh: list[Waiting], dropped: tuple[tuple[int, str], ...], now: datetime
) -> Settled:
    first = _alone(kept, fresh)
    if first is not None:
        rest = [w for w in (*kept, *fresh) if w is not first]
        return Settled(first.row_id, dropped=dropped, postponed=_in_a_minute(rest, now))
    if not kept:
        return Settled(dropped=dropped)
    # What is in time carries the lines of what is late; else the newest does. Its check-in is asked.
    carrier = fresh[0] if fresh else kept[-1]
    return Settled(
        carrier.row_id,
        items=tuple(w.planned.id for w in kept),
        today=carrier.planned.id if fresh else "",
        merged=tuple(w.row_id for w in kept if w is not carrier),
        dropped=dropped,
        postponed=_in_a_minute(fresh[1:], now),
    )


def _alone(kept: list[Waiting], fresh: list[Waiting]) -> Waiting | None:
    """What goes out now with its own words; None when what is late goes out as a catch-up."""
    greeting = [w for w in fresh if w.planned.at == "at_once"]
    if greeting or not kept:
        return next(iter(greeting or fresh), None)
    return kept[0] if len(kept) == 1 and kept[0].planned.late == "send" else None


def _in_a_minute(rest: list[Waiting], now: datetime) -> tuple[tuple[int, datetime], ...]:
    return tuple((w.row_id, now + timedelta(minutes=1)) for w in rest)


def _held_until(patient: Patient, clinic: Clinic, now: datetime, waiting: Sequence[Waiting]) -> datetime | None:
    if patient.paused_until is not None and patient.paused_until > now:
        return patient.paused_until
    if any(w.planned.at == "at_once" for w in waiting):
        return None  # they have just enrolled: they are awake, and waiting for it
    return quiet_until(now, patient.zone, clinic.quiet)


def _late(planned: Planned, at: datetime, now: datetime) -> bool:
    return now - at > timedelta(hours=planned.late_hours)


def _useless(planned: Planned, at: datetime, day: int, now: datetime) -> str:
    if planned.late == "drop":
        return f"late, and its line in the plan says drop (day {day})"
    if planned.before_next:
        return "late: the next session is over" if now >= at + timedelta(days=planned.day) else ""
    if day > planned.holds_until:
        return f"late: what it says holds until day {planned.holds_until}, and this is day {day}"
    return ""


def at_enrolment(plan: Sequence[Due], now: datetime, day: int) -> tuple[list[Due], list[Due], list[Due]]:
    """Split a plan at enrolment: what is past and still helps, what is past and does not, what comes.

    "At once" belongs to what comes when the patient enrols on day 0, to the past afterwards. What is
    past and not yet late still helps: it goes out whole.
    """
    coming = [due for due in plan if due.at > now or (due.planned.at == "at_once" and day <= 0)]
    past = [due for due in plan if due not in coming]
    useless = [d for d in past if _late(d.planned, d.at, now) and _useless(d.planned, d.at, day, now)]
    return [due for due in past if due not in useless], useless, coming
