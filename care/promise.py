"""By when staff answer: opening minutes counted on the clinic's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from care.model import Clinic, Level
from care.plan import instant

QUARTER = 15 * 60


def is_open(clinic: Clinic, now: datetime) -> bool:
    """Whether the clinic is open at this moment."""
    return any(opens <= now < closes for opens, closes in _spans(clinic, now))


def promised(clinic: Clinic, level: Level, now: datetime) -> datetime:
    """The UTC time by which staff answer a flag of this level.

    The clinic's promised minutes are counted in opening time from ``now`` on and rounded up to the
    next quarter of an hour. A clinic that never opens promises the same minutes round the clock.
    """
    now = now.astimezone(UTC)  # minutes added to a wall time would miss a change of the clock
    left = timedelta(minutes=clinic.promise.get(level, clinic.promise[Level.REVIEW]))
    if level is Level.EMERGENCY:
        left = timedelta(minutes=min(clinic.promise.values()))
    for opens, closes in _spans(clinic, now):
        begins = max(opens, now)
        if closes - begins >= left:
            return _rounded(begins + left)
        left -= max(closes - begins, timedelta())
    return _rounded(now + left)


def after_opening(clinic: Clinic, now: datetime, minutes: int, *, round_the_clock: bool) -> datetime:
    """``minutes`` from now, in UTC: of opening time, or simply on the clock."""
    now = now.astimezone(UTC)
    if round_the_clock:
        return now + timedelta(minutes=minutes)
    left = timedelta(minutes=minutes)
    for opens, closes in _spans(clinic, now):
        begins = max(opens, now)
        if closes - begins >= left:
            return begins + left
        left -= max(closes - begins, timedelta())
    return now + left


def _spans(clinic: Clinic, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans that end after ``now``, for two weeks, in UTC."""
    today = now.astimezone(clinic.zone).date()
    for ahead in range(15):
        day = today + timedelta(days=ahead)
        if day in clinic.closed:
            continue
        for span in clinic.hours.get(day.weekday(), ()):
            closes = instant(day, span.closes, clinic.zone)
            if closes > now:
                yield instant(day, span.opens, clinic.zone), closes


def _rounded(when: datetime) -> datetime:
    seconds = -(-when.timestamp() // QUARTER) * QUARTER
    return datetime.fromtimestamp(seconds, UTC)
