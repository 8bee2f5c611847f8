"""By when staff answer: minutes of opening time, over nights, lunch breaks, holidays and changes of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as some

from care.model import Clinic, Level, Span
from care.promise import after_opening, is_open, promised

QUARTER = timedelta(minutes=15)
LONDON = ZoneInfo("Europe/London")
WHOLE = (Span(time(9), time(18)),)
SPLIT = (Span(time(9), time(13)), Span(time(14), time(18)))
CLINIC = Clinic(
    id="lumen",
    name="Lumen",
    country="GB",
    languages=("en",),
    procedures=("microneedling",),
    phone="1",
    emergency_number="112",
    crisis_line="2",
    out_of_hours="3",
    zone=LONDON,
    language="en",
    hours={**dict.fromkeys(range(5), WHOLE), 5: (Span(time(9), time(13)),)},
    closed=frozenset(),
    quiet=Span(time(8), time(21)),
    hour=time(10),
    zones=(),
    card_names="first_name",
    promise={Level.URGENT: 120, Level.REVIEW: 480},
    take={},
    silence_minutes=30,
    remind_hours=4,
    invitation_hours=72,
    keep_days=90,
)


def local(text: str, zone: ZoneInfo = LONDON) -> datetime:
    """A wall time of the clinic, such as "2026-03-02 10:00" (a Monday)."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def by(clinic: Clinic, level: Level, now: str) -> str:
    """The promise in the clinic's wall time."""
    return f"{promised(clinic, level, local(now, clinic.zone)).astimezone(clinic.zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("level", "now", "answer"),
    [
        (Level.URGENT, "2026-03-02 10:00", "2026-03-02 12:00"),
        (Level.URGENT, "2026-03-02 16:00", "2026-03-02 18:00"),
        (Level.URGENT, "2026-03-02 17:00", "2026-03-03 10:00"),
        (Level.URGENT, "2026-03-02 18:00", "2026-03-03 11:00"),
        (Level.URGENT, "2026-03-02 03:00", "2026-03-02 11:00"),
        (Level.URGENT, "2026-03-02 23:30", "2026-03-03 11:00"),
        (Level.REVIEW, "2026-03-02 10:00", "2026-03-02 18:00"),
        (Level.REVIEW, "2026-03-02 10:30", "2026-03-03 09:30"),
        (Level.REVIEW, "2026-03-06 15:00", "2026-03-09 10:00"),
        (Level.URGENT, "2026-03-07 12:00", "2026-03-09 10:00"),
        (Level.URGENT, "2026-03-08 12:00", "2026-03-09 11:00"),
    ],
)
def test_minutes_are_counted_in_opening_time(level: Level, now: str, answer: str) -> None:
    assert by(CLINIC, level, now) == answer


def test_a_promise_is_rounded_up_to_the_next_quarter_of_an_hour() -> None:
    assert by(CLINIC, Level.URGENT, "2026-03-02 10:01") == "2026-03-02 12:15"
    assert by(CLINIC, Level.URGENT, "2026-03-02 10:15") == "2026-03-02 12:15"


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        ("2026-03-02 12:00", "2026-03-02 15:00"),
        ("2026-03-02 13:30", "2026-03-02 16:00"),
        ("2026-03-02 11:00", "2026-03-02 13:00"),
        ("2026-03-02 17:30", "2026-03-03 10:30"),
    ],
)
def test_a_lunch_break_does_not_count(now: str, answer: str) -> None:
    assert by(replace(CLINIC, hours=dict.fromkeys(range(7), SPLIT)), Level.URGENT, now) == answer


def test_a_holiday_does_not_count() -> None:
    christmas = replace(CLINIC, closed=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
    assert by(christmas, Level.URGENT, "2026-12-24 17:00") == "2026-12-26 10:00"
    assert by(christmas, Level.URGENT, "2026-12-26 12:30") == "2026-12-29 10:30"
    assert not is_open(christmas, local("2026-12-25 11:00"))
    assert is_open(CLINIC, local("2026-12-25 11:00"))


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        # Clocks go forward in the night to 29 March 2026, and back in the night to 25 October.
        ("2026-03-28 12:00", "2026-03-30 10:00"),
        ("2026-10-24 12:00", "2026-10-26 10:00"),
    ],
)
def test_a_promise_over_a_change_of_the_clock_keeps_to_the_clinics_wall(now: str, answer: str) -> None:
    assert by(CLINIC, Level.URGENT, now) == answer


def test_opening_time_across_a_change_of_the_clock_counts_the_minutes_that_really_pass() -> None:
    night = replace(CLINIC, hours=dict.fromkeys(range(7), (Span(time(0), time(6)),)))
    assert by(night, Level.URGENT, "2026-03-29 00:00") == "2026-03-29 03:00"
    assert promised(night, Level.URGENT, local("2026-10-25 00:30")) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_clinic_in_another_zone_counts_on_its_own_wall() -> None:
    kolkata = replace(CLINIC, zone=ZoneInfo("Asia/Kolkata"))
    assert by(kolkata, Level.URGENT, "2026-03-02 17:00") == "2026-03-03 10:00"
    assert not is_open(kolkata, local("2026-03-02 17:30"))


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 17:59", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 12:59", True),
        ("2026-03-07 13:00", False),
        ("2026-03-08 11:00", False),
    ],
)
def test_the_clinic_is_open_from_its_first_minute_to_its_last(now: str, open_: bool) -> None:
    assert is_open(CLINIC, local(now)) is open_


def test_an_emergency_is_promised_the_soonest() -> None:
    assert by(CLINIC, Level.EMERGENCY, "2026-03-02 10:00") == by(CLINIC, Level.URGENT, "2026-03-02 10:00")


def test_a_clinic_that_never_opens_promises_the_minutes_round_the_clock() -> None:
    assert by(replace(CLINIC, hours={}), Level.URGENT, "2026-03-02 22:00") == "2026-03-03 00:00"


def test_minutes_that_no_single_day_holds_go_on_for_days() -> None:
    slow = replace(CLINIC, promise={Level.URGENT: 120, Level.REVIEW: 20 * 60})
    assert by(slow, Level.REVIEW, "2026-03-02 09:00") == "2026-03-04 11:00"


def test_a_repetition_waits_for_opening_time_unless_it_runs_round_the_clock() -> None:
    late = local("2026-03-02 17:50")
    assert after_opening(CLINIC, late, 15, round_the_clock=True) == late + timedelta(minutes=15)
    assert after_opening(CLINIC, late, 15, round_the_clock=False) == local("2026-03-03 09:05")


spans = some.lists(some.integers(0, 95), min_size=0, max_size=6, unique=True).map(sorted)


def opening(quarters: list[int]) -> tuple[Span, ...]:
    times = [time(q // 4, q % 4 * 15) for q in quarters]
    return tuple(Span(a, b) for a, b in zip(times[::2], times[1::2], strict=False))


@effort(max_examples=60, deadline=None)
@given(
    week=some.lists(spans, min_size=7, max_size=7),
    zone=some.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    quarters=some.integers(0, 4 * 24 * 365),
    level=some.sampled_from([Level.REVIEW, Level.URGENT, Level.EMERGENCY]),
)
def test_a_promise_is_exactly_so_much_opening_time_away(
    week: list[list[int]], zone: str, quarters: int, level: Level
) -> None:
    clinic = replace(CLINIC, zone=ZoneInfo(zone), hours={day: opening(q) for day, q in enumerate(week)})
    in_a_week = QUARTER * sum(q[n + 1] - q[n] for q in week for n in range(0, len(q) - 1, 2))
    assume(in_a_week > timedelta(hours=9))
    asked = datetime(2026, 1, 1, tzinfo=UTC) + quarters * QUARTER
    at, passed = asked, timedelta()
    answer = promised(clinic, level, asked)
    while at < answer:
        passed += QUARTER * is_open(clinic, at)
        at += QUARTER
    assert at == answer
    assert passed == timedelta(hours=8 if level is Level.REVIEW else 2)
    assert is_open(clinic, answer - QUARTER)
