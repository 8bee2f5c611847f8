"""The words of the service and of the staff group: complete, short, plain, and fit for every situation."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest
import textstat  # type: ignore[import-untyped, unused-ignore]
from jinja2 import Environment, StrictUndefined, nodes
from markupsafe import Markup

from care.pages import page

FOLDER = Path(__file__).parents[1] / "content" / "general" / "en"
FILES = ("enrolment.md", "service.md", "buttons.md", "staff.md")

Facts = Mapping[str, object]

SYMPTOM_IDS = """
    breathing airway_swelling collapse chest_pain sepsis_signs vision_loss uncontrolled_bleeding self_harm
    pus crust bad_smell spreading_redness red_streaks hot_skin fever chills cold_sore blister burn
    skin_necrosis eye_swelling eye_pain hives allergic_rash severe_pain increasing_pain increasing_swelling
    redness swelling tightness dryness peeling pinpoint_bleeding bruising itching rash dark_patches
    light_patches track_marks scarring lumps acne_flare sunburn early_active pregnancy isotretinoin
    blood_thinner immune skin_disease complaint human_wanted unreadable
"""

# File → what stands before the dot of an id → what stands after it.
WRITTEN = {
    "enrolment.md": {
        "start": "no_invitation used expired unknown foreign already",
        "enrol": "language consent declined session session_day session_time session_future zone zone_pick"
        " zone_unknown hour hour_chosen done replaced use_buttons",
        "language": "en es",
        "consent": "version",
    },
    "buttons.md": {
        "button": "accept decline right change today yesterday date time zone_keep zone_other zone hour back"
        " cancel ask_clinic no_thanks ask_something_else settings_language settings_hour settings_zone"
        " settings_pause settings_resume pause_days stop_yes stop_no forget_yes forget_no take answer call"
        " resolve resolve_other now earlier_today yesterday_staff other_day procedure type types_done",
        "keyboard": "worried plan help share_phone",
        "outcome": "advised called seen emergency none other",
    },
    "service.md": {
        "help": "text stranger",
        "plan": "timeline nothing paused stopped",
        "title": "day0 evening0 day1 day2 day3 day4 day5 day7 day10 day14 day21 day28"
        " before7 before1 catch_up",
        "settings": "menu language hour zone pause saved paused resumed",
        "stop": "ask done cancelled",
        "mydata": "caption file",
        "forget": "ask done cancelled",
        "faq": "answer which rest choose unsure passed_on not_passed again",
        "small": "thanks hello fine",
        "note": "added",
        "flag": "seen answer resolved",
        "call": "soon share thanks",
        "promise": "phrase",
        "repeat": "note",
        "late": "note",
    },
    "staff.md": {
        "staff": "card again on_call on_call_silent relay raised answer_prompt answer_sent answer_refused"
        " resolve_pick resolve_prompt call_phone call_asked phone_shared unreachable unknown_delivery"
        " forgotten media nobody not_group welcome help",
        "enroll": "procedure types time hour day chosen qr scanned",
        "type": "dark_skin radiofrequency scalp cold_sores",
        "toast": "not_staff taken taken_by resolved_by old done not_yours",
        "role": "nurse doctor manager reception",
        "level": "emergency urgent review none",
        "symptom": SYMPTOM_IDS,
    },
}
IDS = {
    name: [f"{first}.{last}" for first, lasts in parts.items() for last in lasts.split()]
    for name, parts in WRITTEN.items()
}
ALL_IDS = [id for ids in IDS.values() for id in ids]
# What a patient reads as sentences: no titles, no names of languages, no list of records.
PATIENT = [
    id
    for id in IDS["enrolment.md"] + IDS["service.md"]
    if not id.startswith(("title.", "language."))
    and id not in ("consent.version", "mydata.file", "promise.phrase", "faq.answer", "flag.answer")
]
FORBIDDEN = re.compile(
    r"\bnormal|nothing to worry|don't worry|\bstop taking|\bguarantee|\bwe promise|\byour (own )?fault"
    r"|you should have|you have an? (infection|allergy|reaction|burn|rash)|not infected|\b(todo|lorem|xxx)\b",
    re.IGNORECASE,
)
CONSENT_FACTS = (
    *("cannot see or diagnose", "112", "name, messages, answers and photos", "Harbour Skin Clinic"),
    *("Telegram", "not end-to-end encrypted", "90 days", "/stop", "/mydata", "/forget"),
)

TUESDAY = datetime(2025, 3, 4, 16, 0)
MONDAY = datetime(2025, 3, 10, 10, 0)
LONG_DAY = datetime(2025, 9, 24, 16, 30)
NUMBER = "+34 600 000 000"
LINK = f"https://t.me/harbour_care_bot?start={'x' * 43}"
CLINIC: Facts = {"clinic": "Harbour Skin Clinic", "phone": "020 7946 0000", "out_of_hours": "020 7946 0111"}
HELP: Facts = {"emergency_number": "112", "crisis_line": "Samaritans, 116 123", "keep_days": 90}
ALWAYS: Facts = {**CLINIC, **HELP, "first_name": "Maria", "day": 3, "procedure": "Microneedling", "types": ()}
TYPES: Facts = {"types": ("scalp", "cold_sores")}
WHO: Facts = {"who": "Maria", "case": "A-0042"}
ALERT: Facts = {**WHO, "level": "urgent", "minutes": 10, "text": "Yellow stuff is back"}
RELAYED: Facts = {**ALERT, "kind": "message"}
NOBODY: Facts = dict.fromkeys(("taken_by", "taken_at", "resolved_by", "resolved_at"))
BLANK: Facts = {
    **{"symptom": "", "phrase": "", "rule": "", "beside": [], "like": "", "level": "urgent", "sure": None},
    **{"turn": "", "turn_day": 0},
}
YELLOW: Facts = {**BLANK, "kind": "phrase", "symptom": "pus", "phrase": "Yellow stuff"}
LIKE: Facts = {**BLANK, "kind": "like", "sure": 87}
WHY: Sequence[Sequence[Facts]] = [
    [{**YELLOW, "turn": turn, "turn_day": 3} for turn in ("past", "from", "before")],
    [{**YELLOW, "kind": "together", "beside": ["fever", "chills"]}, {**YELLOW, "kind": "hint", "symptom": ""}],
    [{**YELLOW, "kind": "answer", "phrase": ""}, {**BLANK, "kind": "worse_twice"}],
    [{**LIKE, "level": level} for level in ("emergency", "urgent", "review")],
    [{**LIKE, "level": "none", "symptom": "pus", "like": "it is weeping yellow", "sure": None}],
    [{"phrase": "Yellow stuff", "rule": "", "symptom": "pus"}],
]
"""What decided, as care.reasons tells it; the last as cards had it that were written before."""
CARD: Facts = {
    **{**ALERT, **NOBODY, "outcome": "", "note": ""},
    **{"why": [YELLOW], "kind": "message", "promise": TUESDAY, "state": "open"},
}
TAKEN: Facts = {"state": "taken", "taken_by": "Anna", "taken_at": TUESDAY}
RESOLVED: Facts = {**TAKEN, "state": "resolved", "resolved_by": "Anna", "resolved_at": MONDAY}
PERSON = {"first_name": "Maria", "case_number": "A-0042", "lang": "es", "zone": "Europe/Madrid"}
FATES = ("sent", "merged", "unknown", "refused", "dropped")
FLAGS = (("emergency", "open"), ("urgent", "taken"), ("review", "answered"), ("review", "resolved"))
NOTES = (("", ""), ("", ""), ("advised", ""), ("called", "comes in today"))
SENT = ("photo", "voice", "audio", "video", "sticker", "document")
SPOKEN = (("patient", "Is this usual?"), ("bot", "Pink skin is usual today."), ("Anna", "Hello Maria"))
RECORD: Facts = {
    "patient": {**PERSON, "hour": "09:00", "phone": NUMBER},
    "consents": [{"at": TUESDAY, "version": "1", "accepted": accepted} for accepted in (True, False)],
    "episodes": [
        {"session_at": TUESDAY, "procedure": "Peel", "state": end, "types": types, "next_session": upcoming}
        for end, types, upcoming in (
            ("running", ["Scalp", "Cold sores before"], TUESDAY),
            ("replaced", [], None),
        )
    ],
    "plan": [{"at": TUESDAY, "title": "Day 1", "state": state} for state in (*FATES, "waiting")],
    "flags": [
        {"at": TUESDAY, "level": level, "state": state, "outcome": outcome, "note": note}
        for (level, state), (outcome, note) in zip(FLAGS, NOTES, strict=True)
    ],
    "messages": [{"at": TUESDAY, "who": who, "text": text} for who, text in SPOKEN]
    + [{"at": TUESDAY, "who": "patient", "text": "", "kind": kind} for kind in (*SENT, "location")],
}
NO_RECORD: Facts = {**{part: [] for part in RECORD}, "patient": {**PERSON, "hour": "09:00", "phone": ""}}
CAME = [{"title": "Day 1", "at": TUESDAY, "state": state} for state in (*FATES, "cancelled")]
SETTINGS: Facts = {"lang_name": "English", "hour": "09:00", "zone": "Europe/London", "paused_until": None}
REFUSALS = ("blocked", "deactivated", "gone", "bad")
REASONS: Sequence[Facts] = [{"who": "A-0042", "reason": reason} for reason in REFUSALS]
TODAY: Facts = {"promise": TUESDAY, "open": True, "promise_today": True}
CLOSED: Facts = {"promise": MONDAY, "open": False}
ANSWER: Facts = {"name": "Anna", "role": "nurse", "text": "Please come in at three."}
ASKED_ON: Facts = {
    **{"answer": "Wait until day 3.", "source": "Aftercare sheet"},
    **{"follows": True, "label": "Makeup", "verdicts": ["Only on calm skin"]},
}

# Every situation in which words are said: each branch of each of them is reached by one of these.
SITUATIONS: dict[str, Sequence[Facts]] = {
    **dict.fromkeys(("enrol.consent", "small.hello"), ({}, {"first_name": ""})),
    "small.thanks": [{"turn": turn, "first_name": name} for turn in range(4) for name in ("Maria", "")],
    "small.fine": [{"turn": turn} for turn in range(3)],
    "faq.rest": [{"topics": True}, {"topics": False}],
    "start.already": [{"next_at": TUESDAY}, {"next_at": None, "day": 0}, {"next_at": TUESDAY, "day": None}],
    "enrol.session": [{"session_at": TUESDAY}],
    "enroll.chosen": [{"session_at": TUESDAY}, {"session_at": TUESDAY, **TYPES}],
    "button.type": [{"type": "cold_sores", "chosen": chosen} for chosen in (True, False)],
    "enrol.zone": [{"zone": "America/New_York", "now": TUESDAY}],
    "enrol.done": [{"first_hour": "09:00"}, {"first_hour": "09:00", "first_name": "", "day": None}],
    **dict.fromkeys(
        ("button.date", "button.time", "button.hour", "enrol.hour_chosen"), ({"when": LONG_DAY},)
    ),
    "button.zone": [{"zone": "America/Argentina/Buenos_Aires"}],
    "button.pause_days": [{"days": 1}, {"days": 7}],
    "plan.timeline": [
        {"came": CAME, "comes": [{"title": "Day 7: one week on", "at": MONDAY}], "ends": MONDAY},
        {"came": [], "comes": [], "ends": MONDAY, "day": None},
    ],
    **dict.fromkeys(("plan.paused", "settings.paused"), ({"until": TUESDAY},)),
    "settings.menu": [SETTINGS, {**SETTINGS, "paused_until": MONDAY}],
    "mydata.file": [RECORD, NO_RECORD],
    "faq.answer": [
        {"answer": "Wait until day 3.", "source": "Aftercare sheet"},
        {"answer": "Wait until day 3.", "source": "", "follows": True, "label": "Makeup", "verdicts": []},
        *({**ASKED_ON, "asked_on": {"day": 5, "date": MONDAY, "ahead": ahead}} for ahead in (1, 2)),
    ],
    **dict.fromkeys(("faq.passed_on", "faq.again"), (TODAY, CLOSED)),
    "flag.seen": [
        {"name": "Anna", "role": "nurse", "level": "urgent", **TODAY},
        {"name": "Anna", "role": "nurse", "level": "review", **CLOSED},
        {"name": "Anna", "role": "", "level": "urgent", "promise": None},
        {"name": "Anna", "role": "nurse", "level": "emergency", **TODAY},
    ],
    "flag.answer": [ANSWER, {**ANSWER, "role": ""}],
    **dict.fromkeys(
        ("flag.resolved", "call.soon", "call.share", "staff.on_call_silent"), ({"name": "Anna"},)
    ),
    "promise.phrase": [TODAY, CLOSED, {"promise": MONDAY, "open": True}, {"promise": MONDAY}],
    "staff.card": [
        CARD,
        {**CARD, **TAKEN, **TYPES, "kind": "checkin", "day": None, "procedure": "", "who": "A-0042"},
        {**CARD, **TAKEN, "kind": "media", "text": "", "why": [], "promise": None},
        {**CARD, "kind": "question", "level": "review", "state": "answered", "taken_by": "Anna"},
        {**CARD, "kind": "silence", "state": "answered"},
        {**CARD, **RESOLVED, "kind": "unreadable", "outcome": "called", "note": "comes in today"},
        {**CARD, **RESOLVED, "kind": "unreachable", "level": "none"},
        {**CARD, "kind": "delivery", "why": [{**BLANK, "kind": "task", "phrase": "lost"}], "promise": None},
        *({**CARD, "why": why} for why in WHY),
    ],
    "staff.again": [ALERT, {**ALERT, "who": "A-0042"}],
    "staff.minutes": [{"minutes": minutes} for minutes in (15, 1320)],
    "staff.on_call": [ALERT, {**ALERT, "who": "A-0042", "minutes": 0, "text": ""}],
    "staff.silent": [{"level": "review"}, {"level": "urgent"}],
    "staff.relay": [RELAYED, {**RELAYED, "level": "none"}, {**RELAYED, "kind": "silence"}],
    "staff.raised": [RELAYED, {**RELAYED, "kind": "silence"}],
    "staff.media": [{"kind": "photo"}],
    **dict.fromkeys(("staff.answer_prompt", "staff.answer_sent", "staff.call_asked"), ({"who": "Maria"},)),
    **dict.fromkeys(("staff.answer_refused", "staff.unreachable"), REASONS),
    **dict.fromkeys(("staff.call_phone", "staff.phone_shared"), ({"who": "A-0042", "phone": NUMBER},)),
    "staff.unknown_delivery": [{"who": "A-0042", "title": "Day 3: check-in"}],
    **dict.fromkeys(("staff.forgotten", "enroll.scanned"), ({"case": "A-0042"},)),
    "enroll.qr": [{"session_at": TUESDAY, "hours": 72, "link": LINK, **types} for types in ({}, TYPES)],
    **dict.fromkeys(("toast.taken_by", "toast.resolved_by"), ({"name": "Anna"},)),
}
# The first part of an id, or all of it → how many characters its words may have.
LIMITS = {
    **{"button": 40, "keyboard": 40, "outcome": 40, "language": 40},
    **{"toast": 180, "enrol.consent": 900, "enroll.qr": 900},
}


def _sections(name: str) -> list[tuple[str, str]]:
    return [(section.id, section.text) for section in page(FOLDER / name, FOLDER).sections]


WORDS = {id: text for name in (*FILES, "dates.md") for id, text in _sections(name)}


def _day_name(when: datetime) -> str:
    return f"{when:%A} {when.day} {when:%B}"


def _environment() -> Environment:
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["day_name"] = _day_name
    made.filters["clock"] = lambda when: f"{when:%H:%M}"
    made.filters["day_and_clock"] = lambda when: f"{_day_name(when)}, {when:%H:%M}"
    return made


ENVIRONMENT = _environment()


def _say(id: str, facts: Facts) -> str:
    filled = {**ALWAYS, **facts}
    filled["say"] = lambda other: Markup(_say(other, facts))
    return ENVIRONMENT.from_string(WORDS[id]).render(filled)


def _said(id: str) -> list[str]:
    return [str(Markup(_say(id, facts)).unescape()) for facts in SITUATIONS.get(id, ({},))]


def _prose(text: str) -> str:
    """The text as it is read aloud: each line a sentence of its own, no marks, no numbers of ours."""
    plain = re.sub(r"\*\*|/(?=[a-z])", "", re.sub(r"020 7946 0\d{3}", "us", text))
    lines = [re.sub(r"^[✓•–?] ", "", line).strip() for line in plain.split("\n")]
    return " ".join(line if line.endswith((".", "?", "!", ":")) else f"{line}." for line in lines if line)


def _grade(id: str) -> float:
    return max(float(textstat.flesch_kincaid_grade(_prose(said))) for said in _said(id))


def test_each_id_stands_once_in_the_file_that_it_belongs_to() -> None:
    written = [(name, id) for name in FILES for id, _ in _sections(name)]
    assert len({id for _, id in written}) == len(written)
    assert {(name, id) for name, ids in IDS.items() for id in ids} <= set(written)


@pytest.mark.parametrize("name", FILES)
def test_each_file_says_whose_words_these_are(name: str) -> None:
    front = (FOLDER / name).read_text(encoding="utf-8").split("\n---\n", 1)[0].split("\n")
    assert [line.partition(":")[0] for line in front[1:]] == [
        "version",
        "author",
        "reviewer",
        "signed",
        "about",
    ]


@pytest.mark.parametrize("id", ALL_IDS)
def test_words_are_said_in_every_situation(id: str) -> None:
    for said in _said(id):
        assert said.strip()
        assert not re.search(r" $|[{}]|None|  ", said, re.MULTILINE), said


@pytest.mark.parametrize("id", ALL_IDS)
def test_every_branch_of_the_words_is_reached_by_a_situation(id: str) -> None:
    said = _said(id)
    assert len(set(said)) > 1 or "{% if" not in WORDS[id]
    for part in ENVIRONMENT.parse(WORDS[id]).find_all(nodes.TemplateData):
        assert any(part.data.strip() in text for text in said), part.data


@pytest.mark.parametrize("id", ALL_IDS)
def test_words_hold_no_raw_markup(id: str) -> None:
    outside = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", WORDS[id])
    assert not re.search(r"[<>&]", outside)
    assert outside.count("**") % 2 == 0
    assert not re.search(r"(?<!\*)\*(?!\*)|__|`", outside)


@pytest.mark.parametrize("id", [id for id in ALL_IDS if LIMITS.keys() & {id, id.partition(".")[0]}])
def test_words_fit_where_they_are_shown(id: str) -> None:
    limit = LIMITS.get(id) or LIMITS[id.partition(".")[0]]
    for said in _said(id):
        assert len(said) <= limit
        assert limit > 40 or "\n" not in said


@pytest.mark.parametrize("id", [id for id in ALL_IDS if id.startswith("keyboard.")])
def test_a_keyboard_label_is_plain_so_that_it_is_known_when_it_is_tapped(id: str) -> None:
    assert not re.search(r"[{*]", WORDS[id])


@pytest.mark.parametrize("id", [id for id in ALL_IDS if id.startswith("symptom.")])
def test_a_symptom_has_a_name_of_two_to_four_words(id: str) -> None:
    assert 1 < len(WORDS[id].split()) < 5


@pytest.mark.parametrize("fact", CONSENT_FACTS)
def test_consent_tells_what_a_patient_must_know(fact: str) -> None:
    assert all(fact in said for said in _said("enrol.consent"))


@pytest.mark.parametrize("id", ["start.no_invitation", "help.stranger", "enrol.declined", "help.text"])
def test_who_has_nobody_else_learns_whom_to_call(id: str) -> None:
    assert all(str(ALWAYS["phone"]) in said and "In an emergency call 112" in said for said in _said(id))


@pytest.mark.parametrize("command", ["/plan", "/settings", "/stop", "/mydata", "/forget", "/help"])
def test_help_lists_each_command_on_a_line_of_its_own(command: str) -> None:
    assert any(line.startswith(command) for line in WORDS["help.text"].split("\n"))


@pytest.mark.parametrize("id", PATIENT)
def test_words_for_patients_are_easy_to_read(id: str) -> None:
    assert _grade(id) <= (8 if id == "enrol.consent" else 7.5)


def test_words_for_patients_are_at_grade_six_or_below_as_a_rule() -> None:
    assert statistics.median(_grade(id) for id in PATIENT) <= 6


@pytest.mark.parametrize("id", PATIENT)
def test_sentences_for_patients_have_twenty_words_at_most(id: str) -> None:
    for said in _said(id):
        for sentence in re.split(r"(?<=[.?!:])\s", _prose(said)):
            assert len(sentence.split()) <= 20, sentence


def test_no_words_diagnose_promise_or_blame() -> None:
    assert not [said for id in ALL_IDS for said in _said(id) if FORBIDDEN.search(said)]


@pytest.mark.parametrize(
    ("facts", "phrase"),
    [
        (TODAY, "by 16:00 today"),
        (CLOSED, "by Monday 10 March, 10:00; the clinic is closed now"),
        ({"promise": MONDAY, "open": True}, "by Monday 10 March, 10:00"),
    ],
)
def test_only_an_answer_that_is_due_today_is_said_to_be(facts: Facts, phrase: str) -> None:
    assert _say("promise.phrase", facts) == phrase


def test_who_waits_while_the_clinic_is_closed_is_given_the_number_that_is_staffed() -> None:
    closed, opened = (_say("faq.passed_on", facts) for facts in (CLOSED, TODAY))
    assert "020 7946 0111" in closed
    assert "020 7946 0111" not in opened


def test_staff_words_come_first_and_then_who_wrote_them() -> None:
    assert _said("flag.answer")[0] == "Please come in at three.\n\n– Anna, nurse, Harbour Skin Clinic"


@pytest.mark.parametrize("level", ["emergency", "urgent", "review", "none"])
def test_a_card_begins_with_a_circle_and_the_level_in_words(level: str) -> None:
    assert _say("staff.card", {**CARD, "level": level}).startswith(f"**{WORDS[f'level.{level}']}**")
    assert re.match(r"[🔴🟠🟡⚪] [A-Z]+$", WORDS[f"level.{level}"])


def test_a_card_tells_all_that_staff_need_at_a_glance() -> None:
    assert _say("staff.card", CARD) == (
        "**🟠 URGENT** · **Maria** · A-0042 · Microneedling · day 3\n"
        "\n"
        "Wrote:\n"
        "“Yellow stuff is back”\n"
        "\n"
        "Why: “Yellow stuff” → Pus or discharge (phrase)\n"
        "\n"
        "⏳ Nobody has taken this yet · answer promised by Tuesday 4 March, 16:00\n"
    )


def test_a_resolved_card_tells_by_whom_and_how() -> None:
    said = _say("staff.card", {**CARD, **RESOLVED, "outcome": "called", "note": "comes in today"})
    assert said.endswith("✅ Resolved by Anna, Monday 10 March, 10:00 · Spoke on the phone: comes in today\n")


def test_what_a_patient_wrote_cannot_become_markup() -> None:
    assert "&lt;b&gt;" in _say("staff.card", {**CARD, "text": "<b>"})


def test_the_link_stands_on_a_line_of_its_own() -> None:
    said = _said("enroll.qr")[0].split("\n")
    assert any(line.startswith("https://t.me/") and " " not in line for line in said)


def test_a_readable_file_has_a_heading_for_every_kind_of_record() -> None:
    full, empty = _said("mydata.file")
    assert full.count("Nothing yet") == 0
    assert empty.count("Nothing yet") == 5
    for line in ("Language: Español", "Phone: not shared", "Tuesday 4 March, 16:00, you:\nIs this usual?"):
        assert line in full + empty
    assert "; Spoke on the phone; note of the team: “comes in today”\n" in full
    assert "; next session Tuesday 4 March\n" in full
