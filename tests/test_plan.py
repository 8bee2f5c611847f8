"""The plan's arithmetic: local wall time, quiet hours, late enrolment, and what becomes of what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from care.model import Clinic, Episode, Level, Patient, Planned, Procedure, Span
from care.plan import Waiting, at_enrolment, instant, quiet_until, schedule, settle, within

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Africa/Casablanca",
)
FIRST, LAST = date(2016, 1, 1), date(2026, 1, 1)
WALLS = [time(0), time(0, 30), time(1, 30), time(2), time(2, 15), time(3), time(10), time(23, 30)]
LONDON = ZoneInfo("Europe/London")
SESSION = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

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
    hours={},
    closed=frozenset(),
    quiet=Span(time(8), time(21)),
    hour=time(10),
    zones=("Europe/London",),
    card_names="first_name",
    promise={Level.URGENT: 120},
    take={},
    silence_minutes=30,
    remind_hours=4,
    invitation_hours=72,
    keep_days=90,
)
MAYA = Patient(1, 11, "A-0001", "Maya", "en", LONDON, time(10))
EPISODE = Episode(1, 1, "microneedling", SESSION, LONDON)

DAY0 = Planned("day0", 0, "at_once", late_hours=14, holds_until=6)
EVENING0 = Planned("evening0", 0, "19:00", late_hours=3, holds_until=3, checkin="evening0")
DAY1 = Planned("day1", 1, "hour", late_hours=11, holds_until=30, checkin="day1")
DAY2 = Planned("day2", 2, "hour", late_hours=11, holds_until=9, checkin="day2")
DAY5 = Planned("day5", 5, "hour", late="drop", late_hours=11, holds_until=6)
DAY7 = Planned("day7", 7, "hour", late="send", late_hours=11, holds_until=20, checkin="day7")
BEFORE7 = Planned("before7", 7, "17:00", before_next=True, late_hours=11)
PROCEDURE = Procedure("microneedling", (DAY0, EVENING0, DAY1, DAY2, DAY5, DAY7, BEFORE7), {}, (), {}, {}, 30)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment on a day of the episode; London is at UTC in early March."""
    return datetime(2026, 3, 2 + day, hour, minute, tzinfo=UTC)


def due(row_id: int, planned: Planned) -> Waiting:
    """A row of the plan, at the time that the plan gives it."""
    times = {one.planned.id: one.at for one in schedule(PROCEDURE, _with_next(), MAYA, CLINIC)}
    return Waiting(row_id, planned, times[planned.id])


def _with_next() -> Episode:
    return replace(EPISODE, next_session=date(2026, 3, 30))


def first_at_or_after(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """By brute force: the first minute at which the local clock shows ``wall`` of ``day``, or more."""
    target = datetime.combine(day, wall)
    moment = target.replace(tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(zone).replace(tzinfo=None) < target:
        moment += MINUTE
    return moment


@pytest.mark.parametrize("wall", WALLS, ids=str)
@pytest.mark.parametrize("key", ZONES)
def test_every_local_day_of_ten_years_has_exactly_one_occurrence(key: str, wall: time) -> None:
    zone, before = ZoneInfo(key), None
    for number in range((LAST - FIRST).days):
        day = FIRST + timedelta(days=number)
        moment = instant(day, wall, zone)
        assert moment.astimezone(zone).date() == day
        if before is not None:
            assert timedelta(hours=22) < moment - before < timedelta(hours=26)
        before = moment


@settings(max_examples=150, deadline=None)
@given(
    some.sampled_from(ZONES),
    some.dates(FIRST, LAST),
    some.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_a_wall_time_is_the_first_minute_that_shows_it(key: str, day: date, wall: time) -> None:
    assert instant(day, wall, ZoneInfo(key)) == first_at_or_after(day, wall, ZoneInfo(key))


@pytest.mark.parametrize(
    ("key", "day", "wall", "expected"),
    [
        ("Europe/London", date(2025, 3, 30), time(1, 30), datetime(2025, 3, 30, 1, 0, tzinfo=UTC)),
        ("America/New_York", date(2025, 3, 9), time(2, 0), datetime(2025, 3, 9, 7, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2025, 10, 5), time(2, 10), datetime(2025, 10, 4, 15, 30, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), time(0, 0), datetime(2018, 11, 4, 3, 0, tzinfo=UTC)),
        ("Africa/Casablanca", date(2025, 4, 6), time(2, 30), datetime(2025, 4, 6, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_skipped_becomes_the_next_that_exists(
    key: str, day: date, wall: time, expected: datetime
) -> None:
    assert instant(day, wall, ZoneInfo(key)) == expected


@pytest.mark.parametrize(
    ("key", "day", "wall", "expected"),
    [
        ("Europe/London", date(2025, 10, 26), time(1, 30), datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("America/New_York", date(2025, 11, 2), time(1, 0), datetime(2025, 11, 2, 5, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2025, 4, 6), time(1, 45), datetime(2025, 4, 5, 14, 45, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 2, 17), time(23, 30), datetime(2018, 2, 18, 1, 30, tzinfo=UTC)),
        ("Africa/Casablanca", date(2025, 2, 23), time(2, 30), datetime(2025, 2, 23, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_time_that_comes_twice_means_the_first(key: str, day: date, wall: time, expected: datetime) -> None:
    assert instant(day, wall, ZoneInfo(key)) == expected


def test_ten_in_the_morning_stays_ten_in_the_morning_over_a_change_of_clocks() -> None:
    spring = replace(EPISODE, session_at=datetime(2026, 3, 27, 12, tzinfo=UTC))
    times = {one.planned.id: one.at for one in schedule(PROCEDURE, spring, MAYA, CLINIC)}
    assert times["day1"] == datetime(2026, 3, 28, 10, tzinfo=UTC)
    assert times["day2"] == datetime(2026, 3, 29, 9, tzinfo=UTC)


@settings(max_examples=150, deadline=None)
@given(
    some.sampled_from(ZONES),
    some.datetimes(datetime(2016, 1, 1), datetime(2026, 1, 1), timezones=some.just(UTC)),
    some.integers(0, 22),
    some.integers(1, 23),
)
def test_quiet_hours_end_in_waking_hours_and_in_the_future(key: str, now: datetime, opens: int, length: int) -> None:
    zone, waking = ZoneInfo(key), Span(time(opens), time(min(opens + length, 23), 59))
    until = quiet_until(now, zone, waking)
    if until is None:
        assert waking.opens <= now.astimezone(zone).time() < waking.closes
    else:
        assert now < until <= now + timedelta(hours=26)


def test_quiet_hours_end_at_opening_time_of_the_same_or_the_next_morning() -> None:
    assert quiet_until(utc(1, 7, 59), LONDON, CLINIC.quiet) == utc(1, 8)
    assert quiet_until(utc(1, 21), LONDON, CLINIC.quiet) == utc(2, 8)
    assert quiet_until(utc(1, 8), LONDON, CLINIC.quiet) is None
    assert quiet_until(utc(1, 20, 59), LONDON, CLINIC.quiet) is None


def test_a_wished_hour_is_moved_into_the_waking_hours() -> None:
    assert within(time(6), CLINIC.quiet) == time(8)
    assert within(time(23), CLINIC.quiet) == time(20, 30)
    assert within(time(12), CLINIC.quiet) == time(12)


def test_a_plan_is_in_order_and_counts_from_the_local_date_of_the_session() -> None:
    night = replace(EPISODE, session_at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC))
    whole = schedule(PROCEDURE, night, MAYA, CLINIC)
    assert [one.at for one in whole] == sorted(one.at for one in whole)
    assert next(one for one in whole if one.planned is DAY1).wall == "2026-06-03T10:00"


def test_what_counts_back_from_the_next_session_is_planned_only_when_its_date_is_known() -> None:
    assert "before7" not in [one.planned.id for one in schedule(PROCEDURE, EPISODE, MAYA, CLINIC)]
    known = schedule(PROCEDURE, _with_next(), MAYA, CLINIC)
    assert next(one.wall for one in known if one.planned is BEFORE7) == "2026-03-23T17:00"
    soon = replace(EPISODE, next_session=date(2026, 3, 8))
    assert "before7" not in [one.planned.id for one in schedule(PROCEDURE, soon, MAYA, CLINIC)]


def test_a_patient_elsewhere_reads_at_their_own_hour() -> None:
    away = replace(MAYA, zone=ZoneInfo("America/New_York"))
    whole = schedule(PROCEDURE, EPISODE, away, CLINIC)
    assert next(one.at for one in whole if one.planned is DAY1) == utc(1, 15)


def test_one_message_in_time_goes_out_with_its_own_words() -> None:
    settled = settle([due(5, DAY1)], EPISODE, MAYA, CLINIC, utc(1, 10))
    assert (settled.send, settled.items, settled.dropped, settled.postponed) == (5, (), (), ())


def test_two_in_time_go_out_a_minute_apart() -> None:
    now = utc(1, 10)
    settled = settle([due(5, DAY1), Waiting(6, DAY2, utc(1, 10))], EPISODE, MAYA, CLINIC, now)
    assert settled.send == 5
    assert settled.postponed == ((6, now + MINUTE),)


def test_what_is_late_becomes_one_catch_up_that_the_newest_carries() -> None:
    settled = settle([due(1, EVENING0), due(2, DAY1), due(3, DAY2)], EPISODE, MAYA, CLINIC, utc(3, 9))
    assert settled.send == 3
    assert settled.items == ("evening0", "day1", "day2")
    assert settled.merged == (1, 2)


def test_what_no_longer_holds_is_dropped_with_the_reason() -> None:
    settled = settle([due(1, EVENING0), due(2, DAY1)], EPISODE, MAYA, CLINIC, utc(4, 9))
    assert settled.items == ("day1",)
    assert [row for row, _ in settled.dropped] == [1]
    assert "day 3" in settled.dropped[0][1]


def test_a_message_that_is_sent_late_by_its_line_keeps_its_words_when_it_is_alone() -> None:
    settled = settle([due(7, DAY7)], EPISODE, MAYA, CLINIC, utc(9, 9))
    assert (settled.send, settled.items) == (7, ())


def test_a_tip_that_is_late_is_dropped() -> None:
    settled = settle([due(5, DAY5)], EPISODE, MAYA, CLINIC, utc(6, 9))
    assert settled.send is None
    assert [row for row, _ in settled.dropped] == [5]


def test_what_is_in_time_goes_out_whole_and_takes_the_lines_of_what_is_late_along() -> None:
    settled = settle([due(2, DAY1), due(3, DAY2)], EPISODE, MAYA, CLINIC, utc(2, 10, 30))
    assert (settled.send, settled.items, settled.today) == (3, ("day1",), "day2")
    assert settled.merged == (2,)
    assert settled.postponed == ()


def test_a_message_that_keeps_its_words_when_late_goes_before_what_is_in_time() -> None:
    day8 = replace(DAY2, id="day8", day=8)
    now = utc(8, 10)
    settled = settle([due(7, DAY7), Waiting(8, day8, now)], EPISODE, MAYA, CLINIC, now)
    assert (settled.send, settled.items, settled.postponed) == (7, (), ((8, now + MINUTE),))


def test_the_first_message_goes_before_what_is_late_and_into_the_night() -> None:
    now = utc(0, 23)
    settled = settle([due(1, DAY0), due(2, EVENING0)], EPISODE, MAYA, CLINIC, now)
    assert (settled.send, settled.items) == (1, ())
    assert settled.postponed == ((2, now + MINUTE),)
    night = settle([due(2, EVENING0)], EPISODE, MAYA, CLINIC, now + MINUTE)
    assert night.postponed == ((2, utc(1, 8)),)


def test_a_line_about_the_next_session_is_dropped_once_that_is_over() -> None:
    before = datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert settle([due(8, BEFORE7)], _with_next(), MAYA, CLINIC, before).items == ("before7",)
    after = datetime(2026, 3, 31, 10, tzinfo=UTC)
    settled = settle([due(8, BEFORE7)], _with_next(), MAYA, CLINIC, after)
    assert (settled.send, settled.dropped) == (None, ((8, "late: the next session is over"),))


def test_nothing_goes_out_in_quiet_hours_or_while_paused() -> None:
    assert settle([due(2, DAY1)], EPISODE, MAYA, CLINIC, utc(1, 21)).postponed == ((2, utc(2, 8)),)
    paused = replace(MAYA, paused_until=utc(4, 12))
    assert settle([due(2, DAY1)], EPISODE, paused, CLINIC, utc(1, 10)).postponed == ((2, utc(4, 12)),)
    assert settle([due(2, DAY1)], EPISODE, paused, CLINIC, utc(4, 12)).send == 2


def test_who_asked_for_silence_gets_no_care_message() -> None:
    settled = settle([due(2, DAY1), due(3, DAY2)], EPISODE, replace(MAYA, stopped=True), CLINIC, utc(2, 10))
    assert settled.send is None
    assert [row for row, _ in settled.dropped] == [2, 3]


@settings(max_examples=200, deadline=None)
@given(
    some.lists(some.sampled_from([DAY0, EVENING0, DAY1, DAY2, DAY5, DAY7, BEFORE7]), min_size=1, unique=True),
    some.integers(0, 40 * 24 * 60),
    some.booleans(),
)
def test_every_row_comes_to_exactly_one_end_and_none_waits_for_the_past(
    plan: list[Planned], minutes: int, stopped: bool
) -> None:
    now = SESSION + timedelta(minutes=minutes)
    rows = [due(number, planned) for number, planned in enumerate(plan)]
    rows = [row for row in rows if row.at <= now]
    settled = settle(rows, _with_next(), replace(MAYA, stopped=stopped), CLINIC, now)
    ends = [
        *settled.merged,
        *(row for row, _ in settled.dropped),
        *(row for row, _ in settled.postponed),
        *([settled.send] if settled.send is not None else []),
    ]
    assert sorted(ends) == sorted(row.row_id for row in rows)
    assert all(until > now for _, until in settled.postponed)
    assert all(reason for _, reason in settled.dropped)
    assert bool(settled.items) or not settled.merged


def enrolled(now: datetime, episode: Episode = EPISODE) -> list[list[str]]:
    parts = at_enrolment(schedule(PROCEDURE, episode, MAYA, CLINIC), now, episode.day(now))
    return [[one.planned.id for one in part] for part in parts]


def test_who_enrols_at_once_gets_everything() -> None:
    helps, useless, coming = enrolled(utc(0, 15))
    assert (helps, useless) == ([], [])
    assert coming == ["day0", "evening0", "day1", "day2", "day5", "day7"]


def test_who_enrols_late_gets_only_what_still_helps() -> None:
    helps, useless, coming = enrolled(utc(6, 9))
    assert helps == ["day0", "day1", "day2"]
    assert useless == ["evening0", "day5"]
    assert coming == ["day7"]


def test_who_enrols_an_hour_after_a_tip_still_gets_it() -> None:
    helps, useless, _ = enrolled(utc(5, 11))
    assert "day5" in helps
    assert useless == ["evening0"]


def test_who_enrols_before_the_session_has_everything_to_come() -> None:
    helps, useless, coming = enrolled(utc(0, 9))
    assert (helps, useless) == ([], [])
    assert coming[0] == "day0"


@settings(max_examples=100, deadline=None)
@given(some.integers(0, 40 * 24))
def test_enrolment_splits_the_plan_and_loses_nothing(hours: int) -> None:
    now = SESSION + timedelta(hours=hours)
    parts = enrolled(now, _with_next())
    assert sorted(id for part in parts for id in part) == sorted(p.id for p in PROCEDURE.plan)
