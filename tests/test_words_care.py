"""The words of care: what a patient reads day by day, in a check-in and when something is wrong."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import textstat  # type: ignore[import-untyped, unused-ignore]
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from care.clinic import load_clinic, load_procedure, load_safety
from care.model import Clinic, Episode, Level, Patient, Procedure
from care.pages import page
from care.plan import Waiting, at_enrolment, schedule, settle

Facts = Mapping[str, object]

CONTENT = Path(__file__).parents[1] / "content"
GENERAL = CONTENT / "general" / "en"
FOLDER = CONTENT / "microneedling"
OURS = (FOLDER / "en" / "messages.md", GENERAL / "safety.md", GENERAL / "checkin.md")

WORDS = {
    section.id: section.text
    for file in (*OURS, GENERAL / "service.md", GENERAL / "buttons.md")
    for section in page(file, CONTENT).sections
}
PROCEDURE: Procedure = load_procedure(FOLDER, CONTENT)
SAFETY = load_safety(CONTENT)
CLINIC: Clinic = load_clinic(CONTENT)
PLAN = [planned.id for planned in PROCEDURE.plan]
DAYS = {planned.id: 0 if planned.before_next else planned.day for planned in PROCEDURE.plan}


def words_of(text: str) -> list[str]:
    """Ids written one after the other."""
    return text.split()


TAXONOMY = words_of("""
    breathing airway_swelling collapse chest_pain sepsis_signs vision_loss uncontrolled_bleeding self_harm
    pus crust bad_smell spreading_redness red_streaks hot_skin fever chills cold_sore blister burn
    skin_necrosis eye_swelling eye_pain hives allergic_rash severe_pain increasing_pain increasing_swelling
    redness swelling tightness dryness peeling pinpoint_bleeding bruising itching rash dark_patches
    light_patches track_marks scarring lumps acne_flare sunburn early_active pregnancy isotretinoin
    blood_thinner immune skin_disease complaint human_wanted unreadable
""")

EMERGENCIES = words_of("""
    emergency.airway emergency.bleeding emergency.dark_skin emergency.sight emergency.chest
    emergency.collapse emergency.sepsis emergency.general
""")
ANSWERS = words_of("""
    urgent.answer review.answer review.added unsure.ask unsure.again unsure.open unreadable.answer
    unreadable.foreign media.received silence.note worried.intro
""")
CLOSINGS = words_of("""
    checkin.better checkin.same checkin.review checkin.none checkin.none_worse checkin.reminder checkin.old
    checkin.answered
""")
SCREENS = ["checkin.trend", "checkin.danger", "checkin.safety"]
BUTTONS = words_of("""
    button.better button.same button.worse button.other button.not_sure button.yes button.no
    button.none_of_these button.have_signs button.all_clear button.something_to_tell
""")
DANGER_LABELS = [f"sign.{sign.id}" for sign in PROCEDURE.danger]
SIGN_LABELS = list(dict.fromkeys(f"sign.{id}" for id in (*PROCEDURE.signs, *(sign.id for sign in SAFETY))))
QUESTIONS = [f"ask.{id}" for id in (*PROCEDURE.signs, "frightening", "eyes")]
LATE = [f"{id}.late" for id in PLAN]
# What is read as sentences; labels are not.
READ = [
    *(*PLAN, *LATE),
    *(*EMERGENCIES, "emergency.self_harm", "safety.line", *ANSWERS),
    *(*SCREENS, *QUESTIONS, *CLOSINGS),
]

FORBIDDEN = (
    r"normal", r"diagnos", r"nothing to worry", r"\bsafe\b", r"\bsafely\b", r"promise", r"stop taking",
    r"guarantee", r"your fault", r"you should have", r"you have an? infection", r"not infected", r"purging",
    r"\btodo\b",
)  # fmt: skip

TUESDAY = datetime(2025, 3, 4, 16, 0)
FACTS: dict[str, object] = {
    "clinic": CLINIC.name,
    "phone": CLINIC.phone,
    "emergency_number": CLINIC.emergency_number,
    "crisis_line": CLINIC.crisis_line,
    "out_of_hours": CLINIC.out_of_hours,
    "first_name": "Maria",
    "day": None,
    "procedure": "microneedling",
    "items": ["day0", "evening0", "day1", "day2", "day3"],
    "today": "",
    "open": True,
    "again": False,
    "promise": TUESDAY,
    "known": True,
    "session_date": TUESDAY,
    "kind": "voice",
    "sign": "fever",
    "number": 1,
    "of": 4,
    "answer": "About the same",
    "types": (),
    "for_you": "",
}


def bold(text: str) -> str:
    """The template with its bold marks as tags."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)


def html(id: str, **facts: object) -> str:
    """Words filled in for a sample patient, as they go out."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["day_name"] = lambda when: f"{when:%A} {when.day} {when:%B}"
    environment.filters["clock"] = lambda when: f"{when:%H:%M}"
    environment.filters["day_and_clock"] = lambda when: f"{when:%A} {when.day} {when:%B}, {when:%H:%M}"
    everything: dict[str, object] = {**FACTS, "day": DAYS.get(id), **facts}

    def say(other: str) -> Markup:
        return Markup(environment.from_string(bold(WORDS[other])).render({**everything, "say": say}))

    return re.sub(r"\n{3,}", "\n\n", str(say(id))).strip()


def said(id: str, **facts: object) -> str:
    """The same as plain text."""
    return unescape(re.sub(r"</?[bi]>", "", html(id, **facts)))


def test_every_planned_message_has_its_words_and_its_line_for_later() -> None:
    assert [id for id in (*PLAN, *LATE) if not WORDS.get(id)] == []


def test_every_answer_closing_button_and_sign_has_its_words() -> None:
    wanted = [*READ, *BUTTONS, *DANGER_LABELS, *SIGN_LABELS, "checkin.sign", "catch_up", "procedure.name"]
    assert [id for id in wanted if not WORDS.get(id)] == []


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_nobody_has_signed_these_words_until_a_clinician_does(file: Path) -> None:
    front = page(file, CONTENT).front
    assert list(front) == ["version", "author", "reviewer", "signed", "about"]
    assert (front["reviewer"], front["signed"]) == (None, None)


@pytest.mark.parametrize("id", PLAN)
def test_a_planned_message_fits_one_screen(id: str) -> None:
    assert len(said(id)) <= 700


@pytest.mark.parametrize("id", LATE)
def test_a_line_for_later_is_one_short_line(id: str) -> None:
    text = said(id)
    assert "\n" not in text
    assert len(text) <= 120


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("id", [*EMERGENCIES, "emergency.self_harm"])
def test_an_emergency_answer_is_read_in_ten_seconds(id: str, known: bool) -> None:
    assert len(said(id, known=known, session_date=TUESDAY if known else None)) <= 600


@pytest.mark.parametrize("id", [*BUTTONS, *DANGER_LABELS, *SIGN_LABELS])
def test_a_label_fits_a_button(id: str) -> None:
    label = said(id)
    assert 0 < len(label) <= 40
    assert "\n" not in label


@pytest.mark.parametrize("id", READ)
def test_the_words_are_plain_enough(id: str) -> None:
    assert textstat.flesch_kincaid_grade(said(id)) <= 7


def test_most_words_are_at_grade_six_or_below() -> None:
    assert statistics.median(textstat.flesch_kincaid_grade(said(id)) for id in READ) <= 6
    assert statistics.median(textstat.flesch_kincaid_grade(said(id)) for id in PLAN) <= 6


@pytest.mark.parametrize("id", READ)
def test_sentences_are_short(id: str) -> None:
    sentences = re.split(r"(?<=[.!?:;])\s|\n", said(id).replace(CLINIC.phone, "number"))
    assert [s for s in sentences if len(s.split()) > 20] == []


@pytest.mark.parametrize("id", [*READ, "catch_up", *BUTTONS, *DANGER_LABELS, *SIGN_LABELS])
def test_nothing_is_said_that_a_clinic_must_not_say(id: str) -> None:
    assert [word for word in FORBIDDEN if re.search(word, said(id), re.IGNORECASE)] == []


@pytest.mark.parametrize("id", READ)
def test_only_bold_is_used_and_nothing_typed_breaks_the_message(id: str) -> None:
    assert not re.search(r"[<>&]", re.sub(r"{%.*?%}", "", WORDS[id]))
    assert "**" not in html(id)


@pytest.mark.parametrize("id", [*PLAN, "catch_up"])
def test_a_planned_message_names_its_sender_first_and_the_way_to_help_last(id: str) -> None:
    lines = html(id).split("\n")
    assert lines[0].startswith("<b>")
    assert lines[0].endswith(f"{CLINIC.name}</b>")
    assert CLINIC.phone in lines[-1]
    assert CLINIC.emergency_number in lines[-1]


@pytest.mark.parametrize("id", [id for id in PLAN if id.startswith("day")])
def test_a_message_names_its_own_day(id: str) -> None:
    assert said(id).startswith(f"Day {DAYS[id]} ")


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("day0", "red, warm, tight and sore today, like sunburn"),
        ("day1", "may be pink, tight and dry today"),
        ("day2", "may be pink and dry"),
        ("day3", "Some still flake or are a little pink"),
        ("day4", "Redness and swelling have mostly gone by now"),
        ("day4", "still red, darker or swollen? Some people need longer. Tell me"),
        ("day5", "Tell me if it is still red"),
    ],
)
def test_redness_is_expected_until_day_3_and_shown_to_the_team_from_day_4(id: str, words: str) -> None:
    assert words in said(id)


def test_there_is_no_sunscreen_on_day_0_and_there_is_from_day_1_on() -> None:
    assert "No sunscreen today, unless the clinic gave you one" in said("day0")
    assert "Start mineral sunscreen today, SPF 30 or more" in said("day1")
    later = [id for id in PLAN if id.startswith("day") and DAYS[id] >= 1]
    assert [id for id in later if not re.search(r"[Ss]unscreen.*SPF 30 or more", said(id))] == []


def test_direct_sun_waits_until_day_14() -> None:
    assert "shade" in said("day0")
    assert "Stay out of direct sun" in said("day1")
    assert "Keep out of direct sun until day 14" in said("day7")
    assert "Keep out of direct sun until day 14" in said("day10")
    assert "in the sun again, with care" in said("day14")


def test_retinoids_and_acids_wait_until_day_7() -> None:
    early = ["day0", "day1", "day2", "day3", "day4", "day5"]
    assert [id for id in early if not re.search(r"([Nn]o|Still no) .*retinol.* acids", said(id))] == []
    assert "Then from today you can:\n• go back to retinol, acids and vitamin C" in said("day7")
    assert "on prescription? Ask the clinic before you start it again" in said("day7")


def test_makeup_waits_two_days_and_then_for_calm_skin() -> None:
    assert "No makeup" in said("day0")
    assert "No makeup today" in said("day1")
    assert "Makeup only if your skin is calm and closed" in said("day2")
    assert "Makeup only on calm skin" in said("day3")
    assert "so is makeup" in said("day4")


def test_hard_exercise_waits_until_day_4_and_the_pool_until_day_7() -> None:
    early = ["day0", "day1", "day2", "day3"]
    assert [id for id in early if "hard exercise" not in said(id).lower()] == []
    assert "Exercise is fine if your skin is calm" in said("day4")
    assert "sea or sauna before day 7" in said("day4")
    assert "go back to the pool, sea and sauna" in said("day7")
    assert "Exercise is fine again" in said("day7")


def test_what_redness_looks_like_on_brown_and_black_skin_is_told_where_it_matters() -> None:
    told = ["day0", "day1", "day2", "day3", "day10", "checkin.safety", "ask.spreading", "ask.redness_left"]
    assert [id for id in told if "brown" not in said(id) or "black skin" not in said(id)] == []


def test_signs_of_infection_are_told_on_the_days_on_which_they_begin() -> None:
    for id in ("day1", "day2", "day3"):
        assert "high temperature (fever)" in said(id)
        assert "pus" in said(id)


def test_prescribed_medicine_is_never_touched() -> None:
    for id in ("evening0", "before7", "before1"):
        assert "prescribed medicines as usual" in said(id)


@pytest.mark.parametrize("id", EMERGENCIES)
def test_an_emergency_answer_begins_with_the_call(id: str) -> None:
    assert html(id).startswith(f"<b>Call {CLINIC.emergency_number} now")
    assert "Do not drive yourself" in said(id)
    assert "you had microneedling on Tuesday 4 March" in said(id)
    assert said(id).endswith("I have told your clinic's team as well.")


@pytest.mark.parametrize("id", EMERGENCIES)
def test_a_stranger_in_an_emergency_is_not_told_that_the_team_knows(id: str) -> None:
    text = said(id, known=False, session_date=None, procedure="", first_name="")
    assert text.startswith(f"Call {CLINIC.emergency_number} now")
    assert text.endswith(f"Call {CLINIC.phone} after help is on the way.")
    assert "I have told" not in text
    assert "microneedling" not in text


def test_thoughts_of_self_harm_are_met_with_warmth_and_a_voice_to_call() -> None:
    text = said("emergency.self_harm")
    assert text.startswith("I'm really glad you told me, Maria.")
    assert CLINIC.emergency_number in text
    assert CLINIC.crisis_line in text
    assert not re.search(r"skin|microneedling|sign|drive|committed", text)
    assert "I have told your clinic's team" in text
    stranger = said("emergency.self_harm", known=False, session_date=None, first_name="")
    assert stranger.startswith("I'm really glad you told me.")
    assert "I have told" not in stranger


def test_an_urgent_answer_by_day_sends_the_patient_to_the_clinic() -> None:
    text = said("urgent.answer")
    assert text.startswith("A clinician needs to look at this today.")
    assert f"call {CLINIC.name} now on {CLINIC.phone}" in text
    assert f"contact {CLINIC.out_of_hours}" in text
    assert "by Tuesday 4 March, 16:00" in text
    assert f"Call {CLINIC.emergency_number} at once if:" in text
    assert "do not squeeze it, and put nothing new on it" in text


def test_an_urgent_answer_at_night_sends_the_patient_elsewhere_today() -> None:
    text = said("urgent.answer", open=False)
    assert f"please contact {CLINIC.out_of_hours} today" in text
    assert CLINIC.phone not in text


def test_a_second_urgent_message_is_said_to_be_added() -> None:
    assert "added your message to what the team has" in said("urgent.answer", again=True)
    assert "added" not in said("urgent.answer", again=False)


@pytest.mark.parametrize("id", ["urgent.answer", *(id for id in READ if "answer.by" in WORDS[id])])
def test_an_answer_stands_without_a_time(id: str) -> None:
    assert "They will answer as soon as they can." in said(id, promise=None)


@pytest.mark.parametrize("kind", ["photo", "voice", "audio", "video", "document", "sticker", "location"])
def test_every_kind_of_medium_is_received(kind: str) -> None:
    text = said("media.received", kind=kind)
    assert re.match(r"Thank you for the \w+", text)
    assert "myself, so I have kept it for the team." in text
    assert "16:00" in text


def test_a_foreign_message_gets_two_lines_with_the_emergency_number() -> None:
    lines = said("unreadable.foreign").split("\n")
    assert len(lines) == 2
    assert lines[1].endswith(CLINIC.emergency_number)


def test_the_danger_screen_spells_out_what_its_buttons_shorten() -> None:
    text = said("checkin.danger")
    for words in ("tongue, throat or lips", "confused", "10 minutes", "grey, black or dusky", "sight"):
        assert words in text
    assert f"Chest pain, a fit or a pounding heart? Call {CLINIC.emergency_number} now." in text


@pytest.mark.parametrize("sign", PROCEDURE.signs)
def test_a_question_tells_how_many_there_are(sign: str) -> None:
    assert said("checkin.sign", sign=sign).startswith("Question 1 of 4\n")
    assert "Question" not in said("checkin.sign", sign=sign, of=1)


def test_more_swelling_than_yesterday_is_asked_only_from_day_2_on() -> None:
    assert "yesterday" not in said("ask.swelling", day=1)
    assert "yesterday" in said("ask.swelling", day=2)
    assert "yesterday" in said("ask.swelling", day=None)


def test_an_answered_question_shows_the_answer() -> None:
    assert html("checkin.answered", answer="About the same") == "You answered: <b>About the same</b>"


def test_a_question_is_asked_again_in_full() -> None:
    assert said("ask.fever") in said("checkin.reminder", sign="fever")


def test_what_this_procedure_names_is_in_the_taxonomy() -> None:
    signs = (*PROCEDURE.danger, *PROCEDURE.signs.values())
    named = {symptom for sign in signs for symptom in sign.symptoms} | set(PROCEDURE.expected)
    assert named <= set(TAXONOMY)
    assert all(sign.symptoms for sign in signs)


def test_every_danger_button_is_an_emergency_and_no_sign_is() -> None:
    assert {sign.level for sign in PROCEDURE.danger} == {Level.EMERGENCY}
    assert [sign.id for sign in PROCEDURE.danger] == words_of("breathing collapse bleeding dark_skin sight")
    assert {sign.level for sign in PROCEDURE.signs.values()} == {Level.URGENT, Level.REVIEW}


def test_check_ins_come_on_the_days_on_which_things_show() -> None:
    asked = [planned.id for planned in PROCEDURE.plan if planned.checkin]
    assert asked == words_of("evening0 day1 day2 day3 day4 day7 day10 day14 day21 day28 before1")
    assert all(planned.checkin in ("", planned.id) for planned in PROCEDURE.plan)


def test_everybody_is_asked_about_infection_on_days_2_and_3() -> None:
    for id in ("day2", "day3"):
        assert PROCEDURE.checkins[id].always == ("fever", "pus", "spreading", "swelling")


def test_no_change_is_a_sign_from_day_4_on() -> None:
    trends = {id: checkin.same_is_sign for id, checkin in PROCEDURE.checkins.items() if checkin.trend}
    assert trends == {id: int(id.removeprefix("day")) >= 4 for id in trends}


def test_every_sign_is_asked_somewhere() -> None:
    asked = {sign for checkin in PROCEDURE.checkins.values() for sign in (*checkin.always, *checkin.worse)}
    assert asked == set(PROCEDURE.signs)


@pytest.mark.parametrize(
    ("sign", "first_day"), [("redness_left", 4), ("bumps", 3), ("patches", 0), ("itch", 6), ("changes", 0)]
)
def test_a_sign_for_the_team_counts_from_its_day_on(sign: str, first_day: int) -> None:
    assert PROCEDURE.signs[sign].level is Level.REVIEW
    assert PROCEDURE.signs[sign].from_day == first_day


def test_the_clinic_file_says_everything_and_nothing_else() -> None:
    raw = yaml.safe_load((CONTENT / "clinic.yaml").read_text(encoding="utf-8"))
    assert set(raw) == {field.name for field in fields(Clinic)}
    assert all(type(day) is date for day in raw["closed"])


def test_the_procedure_file_says_everything_and_nothing_else() -> None:
    raw = list(yaml.safe_load_all((FOLDER / "procedure.yaml").read_text(encoding="utf-8")))[-1]
    assert set(raw) == {field.name for field in fields(Procedure)} - {"id", "safety"}
    for planned in raw["plan"]:
        assert {"id", "day", "at", "late", "late_hours", "holds_until"} <= set(planned)
        assert planned["late"] in ("send", "merge", "drop")


def test_every_setting_of_the_clinic_is_explained() -> None:
    lines = (CONTENT / "clinic.yaml").read_text(encoding="utf-8").split("\n")
    keys = [n for n, line in enumerate(lines) if re.match(r"[a-z_]+:", line)]
    assert [lines[n] for n in keys if not lines[n - 1].startswith("# ")] == []


def test_the_demo_clinic_has_a_number_that_rings_nowhere() -> None:
    assert re.fullmatch(r"020 7946 0\d{3}", CLINIC.phone)


def test_the_clinic_answers_urgent_things_first() -> None:
    assert CLINIC.promise[Level.URGENT] < CLINIC.promise[Level.REVIEW]
    assert max(CLINIC.take[Level.EMERGENCY]) < min(CLINIC.take[Level.URGENT])
    assert 6 not in {day for day, spans in CLINIC.hours.items() if spans}
    assert len(CLINIC.zones) == 8


def catch_up(day: int, hour: int, upcoming: date | None = None) -> tuple[tuple[str, ...], str, str]:
    """Who joins so late gets: the ids of which one line comes, the id that comes whole, its check-in."""
    london = ZoneInfo("Europe/London")
    session = datetime(2026, 6, 1, 14, 0, tzinfo=london)
    now = (datetime(2026, 6, 1, hour, 0, tzinfo=london) + timedelta(days=day)).astimezone(UTC)
    episode = Episode(1, 1, "microneedling", session.astimezone(UTC), london, upcoming)
    patient = Patient(1, 7, "A-0001", "Maria", "en", london, time(10, 0))
    helps, _, _ = at_enrolment(schedule(PROCEDURE, episode, patient, CLINIC), now, day)
    waiting = [Waiting(n, due.planned, due.at) for n, due in enumerate(helps)]
    settled = settle(waiting, episode, patient, CLINIC, now)
    assert settled.send is not None
    assert not settled.postponed
    return settled.items, settled.today, helps[settled.send].planned.checkin


@pytest.mark.parametrize(
    ("day", "lines", "today"),
    [
        (2, ("day0", "evening0", "day1"), "day2"),
        (5, ("day0", "day1", "day2", "day3", "day4"), "day5"),
        (20, ("day1", "day7", "day10", "day14"), ""),
    ],
)
def test_who_joins_late_reads_what_still_helps(day: int, lines: tuple[str, ...], today: str) -> None:
    assert catch_up(day, 12)[:2] == (lines, today)


@pytest.mark.parametrize("hour", [8, 12, 20])
@pytest.mark.parametrize("day", range(1, 31))
def test_one_message_catches_up_on_any_day(day: int, hour: int) -> None:
    lines, today, _ = catch_up(day, hour)
    assert 1 <= len(lines) <= 5
    text = said("catch_up", items=lines, today=today, day=day)
    assert len(text) <= (1400 if today else 700)
    assert textstat.flesch_kincaid_grade(text) <= 7
    assert all(said(f"{id}.late") in text for id in lines)
    assert not today or text.startswith(said(today).split("\n")[0])


@pytest.mark.parametrize("day", sorted(set(range(1, 31)) - {5, 6}))
def test_a_catch_up_brings_the_questions_of_its_newest_message(day: int) -> None:
    assert catch_up(day, 12)[2]


def test_who_joins_shortly_before_the_next_session_is_told_how_to_prepare() -> None:
    lines, today, _ = catch_up(25, 12, upcoming=date(2026, 6, 29))
    assert (lines, today) == (("day1", "day14", "day21", "before7"), "")
    assert "The week before a session" in said("catch_up", items=lines, day=25)


def test_a_message_of_today_never_arrives_tomorrow_as_if_it_were_today() -> None:
    night = 24 - (CLINIC.quiet.closes.hour - CLINIC.quiet.opens.hour)
    assert [p.id for p in PROCEDURE.plan if p.at != "at_once" and p.late_hours > night] == []
