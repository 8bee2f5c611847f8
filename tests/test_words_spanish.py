"""The Spanish words: the same ids, facts and numbers as the English ones, in plain and careful Spanish."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import textstat  # type: ignore[import-untyped, unused-ignore]
from jinja2 import Environment, TemplateError, meta

from care.answers import Answer
from care.check import LONGEST_CATCH_UP, plain, samples
from care.library import Library, load
from care.model import Episode, Patient
from care.pages import Section, page
from care.plan import Waiting, schedule, settle

CONTENT = Path(__file__).parents[1] / "content"
HOMES = {"": CONTENT / "general", "microneedling": CONTENT / "microneedling"}
LIBRARY: Library = load(CONTENT)
CLINIC = LIBRARY.clinic
PROCEDURE = LIBRARY.procedures["microneedling"]
SYNTAX = Environment(autoescape=True)
SYNTAX.filters |= dict.fromkeys(("day_name", "clock", "day_and_clock"), str)


def sections(lang: str) -> dict[tuple[str, str], Section]:
    """(procedure or '', id) → words, of every file of words in a language."""
    return {
        (home, section.id): section
        for home, folder in HOMES.items()
        for file in sorted((folder / lang).glob("*.md"))
        if file.name != "faq.md"
        for section in page(file, CONTENT).sections
    }


RECORD = {
    "patient": {"first_name": "Ana", "case_number": "A-0042", "lang": "es", "zone": "UTC", "hour": "9", "phone": ""},
    "consents": [],
    "episodes": [],
    "plan": [],
    "flags": [],
    "messages": [],
}
"""What is kept about somebody about whom nothing is kept yet."""
ENGLISH, SPANISH = sections("en"), sections("es")
IDS = [key for key in SPANISH if not key[1].startswith("date.")]
PLAN = [planned.id for planned in PROCEDURE.plan]
EMERGENCIES = [id for _, id in SPANISH if id.startswith("emergency.") and id != "emergency.end"]
ON_BUTTONS = ("button.", "keyboard.", "sign.", "outcome.", "language.")
LABELS = [id for _, id in SPANISH if id.startswith(ON_BUTTONS)]
STAFF = ("staff.", "toast.", "enroll.", "symptom.", "level.", "role.", "outcome.")
NOT_PROSE = (
    *(*STAFF, "button.", "keyboard.", "sign.", "language.", "title."),
    *("command.", "consent.", "mydata.file", "faq.answer"),
)
ANSWERS = LIBRARY.books["es"].answers
SHORT = 8
"""Texts of fewer words have no measure of how easy they are."""

FORBIDDEN = (
    r"\bnormal", r"diagn[oó]stic", r"no se preocupe", r"nada de qu[eé] preocuparse", r"\bprometemos\b",
    r"\bgarantiza", r"su culpa", r"debi[oó] haber", r"usted tiene una (infecci|alergi|reacci)",
    r"no est[aá] infectad", r"\bdeje de tomar", r"\bsuspenda", r"purga",
    r"\b(tú|tienes|puedes|vos|vosotros)\b", r"\btu (piel|cara|cl[ií]nica)\b",
)  # fmt: skip
ALLOWED = re.compile(r"[Nn]o puedo ver[^.]*diagn[oó]stic\w+")
TUESDAY = datetime(2025, 3, 4, 16, 0, tzinfo=ZoneInfo("Europe/Madrid"))


def named(key: tuple[str, str]) -> str:
    """How a failing test names words."""
    return "/".join(part for part in key if part)


def outside(text: str) -> str:
    """What stands around the facts and the tags of a template."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text)


def numerals(text: str) -> set[str]:
    """Every number that is written out in a template."""
    return set(re.findall(r"\d+", outside(text)))


def tags(text: str) -> Counter[str]:
    """The conditions and loops of a template."""
    return Counter(" ".join(tag.strip("+- ").split()) for tag in re.findall(r"\{%(.*?)%\}", text))


def facts(text: str) -> set[str]:
    """Names of the facts that a template asks for."""
    return meta.find_undeclared_variables(SYNTAX.parse(text))


def said_words(text: str) -> set[str]:
    """Ids of the other words that a template puts in."""
    return set(re.findall(r"say\(('[^)]*)\)", text))


@cache
def spoken(key: tuple[str, str]) -> tuple[str, ...]:
    """Words for every sample patient for whom the English ones can be said, too."""
    home, id = key
    found = []
    for facts_of_one in samples(LIBRARY, home, id):
        sample = {**facts_of_one, **RECORD}
        try:
            LIBRARY.say(id, "en", sample)
        except (AttributeError, LookupError, TemplateError, TypeError, ValueError):
            continue
        found.append(plain(LIBRARY.say(id, "es", {**sample, "lang_name": "Español"}).html))
    return tuple(dict.fromkeys(found))


def said(id: str, **more: object) -> str:
    """Words for one patient after microneedling."""
    home = "microneedling" if ("microneedling", id) in SPANISH else ""
    sample = next(iter(samples(LIBRARY, home, id)))
    return plain(LIBRARY.say(id, "es", {**sample, "procedure": "microneedling", **more}).html)


def prose(text: str) -> str:
    """The text as it is read aloud: names and numbers of the clinic as short words, each line a sentence."""
    for name, short in (
        (CLINIC.name, "la clínica"),
        (CLINIC.phone, "este número"),
        (CLINIC.emergency_number, "112"),
        (CLINIC.out_of_hours, "la guardia"),
        ("Maximiliane-Antoinette", "Ana"),
        ("microneedling (microagujas)", "microagujas"),
    ):
        text = text.replace(name, short)
    lines = [re.sub(r"^[✓•–?] ", "", line).strip() for line in re.sub(r"/(?=[a-z])", "", text).split("\n")]
    return " ".join(line if line.endswith((".", "?", "!", ":")) else f"{line}." for line in lines if line)


def ease(text: str) -> float:
    """Fernández-Huerta: 100 very easy, 70 easy, below 60 no longer plain."""
    textstat.set_lang("es")
    try:
        return float(textstat.fernandez_huerta(prose(text)))
    finally:
        textstat.set_lang("en_US")


def longest_sentence(text: str) -> int:
    """Words of the longest sentence."""
    return max(len(part.split()) for part in re.split(r"(?<=[.!?:;])[”)]?\s", prose(text)))


READ = [key for key in IDS if not key[1].startswith(NOT_PROSE)]
MEASURED = [key for key in READ if any(len(text.split()) >= SHORT for text in spoken(key))]


def test_every_english_id_has_spanish_words_and_no_other_has() -> None:
    assert sorted(map(named, ENGLISH.keys() - SPANISH.keys())) == []
    assert sorted(map(named, SPANISH.keys() - ENGLISH.keys())) == []


def test_spanish_is_offered_because_nothing_is_missing() -> None:
    assert LIBRARY.missing("es") == []
    assert "es" in LIBRARY.languages


@pytest.mark.parametrize("folder", HOMES.values(), ids=lambda folder: folder.name)
def test_nobody_has_signed_the_spanish_words_until_a_clinician_does(folder: Path) -> None:
    for file in sorted((folder / "es").glob("*.md")):
        front = page(file, CONTENT).front
        assert list(front) == ["version", "author", "reviewer", "signed", "about"], file.name
        assert (front["reviewer"], front["signed"]) == (None, None), file.name


@pytest.mark.parametrize("key", sorted(ENGLISH.keys() & SPANISH.keys()), ids=named)
def test_both_languages_ask_for_the_same_facts_in_the_same_situations(key: tuple[str, str]) -> None:
    english, spanish = ENGLISH[key].text, SPANISH[key].text
    assert facts(spanish) == facts(english)
    assert tags(spanish) == tags(english)
    assert said_words(spanish) == said_words(english)


@pytest.mark.parametrize("key", sorted(ENGLISH.keys() & SPANISH.keys()), ids=named)
def test_both_languages_name_the_same_numbers(key: tuple[str, str]) -> None:
    assert numerals(SPANISH[key].text) == numerals(ENGLISH[key].text)


@pytest.mark.parametrize("key", IDS, ids=named)
def test_the_words_can_be_said_to_every_sample_patient(key: tuple[str, str]) -> None:
    assert spoken(key)
    for text in spoken(key):
        assert text
        assert not re.search(r"[{}]|\*\*|\bNone\b| $", text, re.MULTILINE), text


@pytest.mark.parametrize("key", IDS, ids=named)
def test_the_words_hold_no_raw_markup_and_open_what_they_close(key: tuple[str, str]) -> None:
    text = outside(SPANISH[key].text)
    assert not re.search(r"[<>&`]|(?<!\*)\*(?!\*)", text)
    assert text.count("**") % 2 == 0
    assert text.count("¿") == text.count("?") - len(re.findall(r"^\? ", text, re.MULTILINE))
    assert text.count("¡") == text.count("!")
    assert text.count("“") == text.count("”")
    assert text.count("(") == text.count(")")


@pytest.mark.parametrize("id", sorted(set(LABELS)))
def test_a_label_fits_a_button(id: str) -> None:
    for text in spoken(("", id)):
        assert 0 < len(text) <= 40
        assert "\n" not in text


@pytest.mark.parametrize("id", [id for _, id in IDS if id.startswith("toast.")])
def test_a_notice_fits(id: str) -> None:
    assert all(len(text) <= 180 for text in spoken(("", id)))


@pytest.mark.parametrize("id", [id for _, id in IDS if id.startswith("command.")])
def test_a_command_is_told_in_a_few_words(id: str) -> None:
    assert all(len(text) <= 60 for text in spoken(("", id)))


@pytest.mark.parametrize("id", PLAN)
def test_a_planned_message_fits_one_screen(id: str) -> None:
    assert all(len(text) <= 700 for text in spoken(("microneedling", id)))


@pytest.mark.parametrize("id", PLAN)
def test_a_line_for_later_is_one_short_line(id: str) -> None:
    text = said(f"{id}.late")
    assert "\n" not in text
    assert len(text) <= 120


@pytest.mark.parametrize("hour", [8, 12, 20])
@pytest.mark.parametrize("day", range(1, 31))
def test_one_message_catches_up_on_any_day(day: int, hour: int) -> None:
    madrid = ZoneInfo("Europe/Madrid")
    session = datetime(2026, 6, 1, 14, 0, tzinfo=madrid)
    now = datetime(2026, 6, 1, hour, 0, tzinfo=madrid) + timedelta(days=day)
    patient = Patient(1, 7, "A-0001", "Ana", "es", madrid, time(10, 0))
    for upcoming in (None, date(2026, 6, 29)):
        episode = Episode(1, 1, "microneedling", session, madrid, upcoming)
        past = [due for due in schedule(PROCEDURE, episode, patient, CLINIC) if due.at <= now]
        waiting = [Waiting(number, due.planned, due.at) for number, due in enumerate(past)]
        decided = settle(waiting, episode, patient, CLINIC, now)
        text = said("catch_up", items=decided.items, today=decided.today, day=day)
        assert len(text) <= LONGEST_CATCH_UP
        assert decided.today or len(text) <= 700


@pytest.mark.parametrize("id", EMERGENCIES)
def test_an_emergency_answer_is_read_in_ten_seconds(id: str) -> None:
    assert all(len(text) <= 600 for text in spoken(("", id)))


@pytest.mark.parametrize("key", MEASURED, ids=named)
def test_the_words_are_easy_to_read(key: tuple[str, str]) -> None:
    for text in spoken(key):
        assert len(text.split()) < SHORT or ease(text) >= 60


def test_the_words_are_easy_as_a_rule() -> None:
    assert statistics.median(min(map(ease, spoken(key))) for key in MEASURED) >= 70
    assert statistics.median(ease(said(id)) for id in PLAN) >= 70


@pytest.mark.parametrize("key", READ, ids=named)
def test_sentences_have_twenty_words_at_most(key: tuple[str, str]) -> None:
    assert [text for text in spoken(key) if longest_sentence(text) > 20] == []


@pytest.mark.parametrize("key", [key for key in IDS if not key[1].startswith(STAFF)], ids=named)
def test_nothing_is_said_that_a_clinic_must_not_say(key: tuple[str, str]) -> None:
    text = ALLOWED.sub("", outside(SPANISH[key].text))
    assert [word for word in FORBIDDEN if re.search(word, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("key", IDS, ids=named)
def test_fever_and_cold_sores_are_named_in_every_countrys_words(key: tuple[str, str]) -> None:
    text = outside(SPANISH[key].text)
    if not key[1].startswith("symptom."):
        assert not re.search(r"fiebre(?! \(calentura\))", text, re.IGNORECASE)
        assert not re.search(r"herpes labial(?! \(fuego)", text, re.IGNORECASE)


@pytest.mark.parametrize("id", [*PLAN, "catch_up"])
def test_a_planned_message_names_its_sender_first_and_the_way_to_help_last(id: str) -> None:
    lines = said(id, today="").split("\n")
    assert lines[0].endswith(f"· {CLINIC.name}")
    assert CLINIC.phone in lines[-1]
    assert CLINIC.emergency_number in lines[-1]
    assert said("keyboard.worried") in lines[-1]


@pytest.mark.parametrize("id", [id for id in EMERGENCIES if id != "emergency.self_harm"])
def test_an_emergency_answer_begins_with_the_call(id: str) -> None:
    known = said(id, known=True, session_date=TUESDAY)
    assert known.startswith(f"Llame al {CLINIC.emergency_number} ahora mismo")
    assert "No conduzca usted." in known
    assert "el martes 4 de marzo" in known
    assert known.endswith("Ya avisé también al equipo de su clínica.")


@pytest.mark.parametrize("id", EMERGENCIES)
def test_a_stranger_in_an_emergency_is_not_told_that_the_team_knows(id: str) -> None:
    text = said(id, known=False, session_date=None, first_name="")
    assert CLINIC.emergency_number in text
    assert "Ya avisé" not in text
    assert "no puedo avisar a su clínica" in text


def test_thoughts_of_self_harm_are_met_with_warmth_and_a_voice_to_call() -> None:
    text = said("emergency.self_harm", first_name="Ana", known=True)
    assert text.startswith("Gracias de corazón por contármelo, Ana.")
    assert CLINIC.crisis_line in text
    assert not re.search(r"piel|microneedling|conduzca|signo", text)


def test_an_urgent_answer_at_night_sends_the_patient_elsewhere_today() -> None:
    text = said("urgent.answer", open=False)
    assert f"comuníquese hoy con {CLINIC.out_of_hours}" in text
    assert CLINIC.phone not in text
    assert CLINIC.phone in said("urgent.answer", open=True)


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("day0", "roja, caliente, tirante y dolorida"),
        ("day0", "Hoy sin protector solar, salvo el de la clínica"),
        ("day1", "Desde hoy, protector solar mineral, SPF 30 o más"),
        ("day3", "Hoy sin ejercicio fuerte"),
        ("day4", "¿Sigue roja, más oscura o hinchada?"),
        ("day7", "desde hoy puede:\n• volver al retinol"),
        ("day7", "Evite el sol directo hasta el día 14"),
        ("before1", "Tome como siempre todo lo que le recetaron"),
    ],
)
def test_each_day_says_what_the_plan_is_there_for(id: str, words: str) -> None:
    assert words in said(id, day=next((p.day for p in PROCEDURE.plan if p.id == id), None))


def test_a_date_is_written_as_in_spanish() -> None:
    assert said("button.date", when=TUESDAY) == "martes 4 de marzo"
    assert said("button.time", when=TUESDAY) == "16:00"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_language_is_named_in_itself(lang: str) -> None:
    assert SPANISH["", f"language.{lang}"].text == ENGLISH["", f"language.{lang}"].text


@pytest.mark.parametrize("id", [id for _, id in IDS if id.startswith("keyboard.")])
def test_no_keyboard_label_means_two_things(id: str) -> None:
    labels = [SPANISH["", other].text for _, other in IDS if other.startswith("keyboard.")]
    assert labels.count(SPANISH["", id].text) == 1


def texts(answer: Answer) -> dict[tuple[int, int], str]:
    """Days → template of an answer; (-1, -1) is the one for an unknown day."""
    return {**{(first, last): text for first, last, text in answer.by_day}, (-1, -1): answer.other}


@pytest.mark.parametrize("topic", ANSWERS)
def test_an_answer_says_the_same_on_the_same_days_in_both_languages(topic: str) -> None:
    english, spanish = LIBRARY.books["en"].answers[topic], ANSWERS[topic]
    assert spanish.rests_on == english.rests_on
    assert texts(spanish).keys() == texts(english).keys()
    for days, text in texts(english).items():
        assert numerals(texts(spanish)[days]) == numerals(text), days
        assert facts(texts(spanish)[days]) == facts(text), days


@pytest.mark.parametrize("topic", ANSWERS)
def test_an_answer_is_plain_and_careful(topic: str) -> None:
    for text in texts(ANSWERS[topic]).values():
        filled = plain(SYNTAX.from_string(text).render({**FILLED, "day": 3}))
        assert ease(filled.replace("**", "")) >= 60
        assert longest_sentence(filled) <= 20, filled
        spoken_text = ALLOWED.sub("", outside(text))
        assert [word for word in FORBIDDEN if re.search(word, spoken_text, re.IGNORECASE)] == []
        assert not re.search(r"fiebre(?! \(calentura\))|herpes labial(?! \(fuego)", text, re.IGNORECASE)
        assert text.count("¿") == text.count("?")


FILLED = {
    "clinic": CLINIC.name,
    "phone": CLINIC.phone,
    "emergency_number": CLINIC.emergency_number,
    "out_of_hours": CLINIC.out_of_hours,
    "keep_days": CLINIC.keep_days,
}


def test_answers_are_easy_as_a_rule() -> None:
    eases = [ease(SYNTAX.from_string(a.other).render({**FILLED, "day": 3})) for a in ANSWERS.values()]
    assert statistics.median(eases) >= 70


@pytest.mark.parametrize("topic", ANSWERS)
def test_what_a_patient_may_write_to_reach_a_person_is_one_phrase(topic: str) -> None:
    for text in texts(ANSWERS[topic]).values():
        assert set(re.findall(r"Escriba “([^”]+)”", text)) <= {"hablar con una persona"}
