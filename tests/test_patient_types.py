"""Patient types: what somebody reads, is asked and is answered besides, and that it is never less than the others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from itertools import product

import pytest

from care.cards import card
from care.checkin import known
from care.model import Procedure
from tests.town import shared_library, shared_reader

LIBRARY = shared_library()
PROCEDURE: Procedure = LIBRARY.procedures["microneedling"]
TYPES = PROCEDURE.types
PLAN = [planned.id for planned in PROCEDURE.plan]
DAYS = {planned.id: planned.day for planned in PROCEDURE.plan}
EARLY = ("day0", "day1", "day2", "day3")


def plain(html: str) -> str:
    return unescape(re.sub(r"</?[bi]>", "", html))


def said(id: str, types: Iterable[str] = (), lang: str = "en") -> str:
    """A message of the plan as a patient of these types reads it."""
    facts = {"procedure": "microneedling", "day": DAYS.get(id), "types": list(types)}
    return plain(LIBRARY.say(id, lang, facts).html)


def answered(topic: str, day: int | None, types: Iterable[str] = (), lang: str = "en") -> str:
    facts = {"procedure": "microneedling", "topic": topic, "day": day, "types": list(types)}
    return plain(LIBRARY.say("faq.answer", lang, facts).html)


def test_there_are_four_types_and_staff_and_patients_can_read_what_they_are_called() -> None:
    assert TYPES == ("dark_skin", "radiofrequency", "scalp", "cold_sores")
    assert LIBRARY.type_names("microneedling", ["cold_sores", "scalp"], "en") == ["Scalp", "Cold sores before"]
    assert all(LIBRARY.type_names("microneedling", TYPES, lang) for lang in LIBRARY.languages)


# What they read


@pytest.mark.parametrize(("id", "lang"), [*product([*PLAN, *(f"{id}.late" for id in PLAN)], ("en", "es"))])
def test_the_plain_patient_reads_no_line_of_a_type_and_no_gap(id: str, lang: str) -> None:
    text = said(id, (), lang)
    assert not re.search(r"\n{3}|^\s|\s$|[{}]", text)
    own = [plain(LIBRARY.say(f"{id}.for.{type}", lang, {"procedure": "microneedling"}).html) for type in spoken(id)]
    assert not [line for line in own if line in text]


def spoken(id: str) -> list[str]:
    """Types for which a message has lines."""
    ids = LIBRARY.ids("en")
    return [type for type in TYPES if ("microneedling", f"{id}.for.{type}") in ids]


@pytest.mark.parametrize(("id", "lang"), [*product(PLAN, ("en", "es"))])
def test_each_type_reads_its_own_lines_and_no_others(id: str, lang: str) -> None:
    lines = {t: plain(LIBRARY.say(f"{id}.for.{t}", lang, {"procedure": "microneedling"}).html) for t in spoken(id)}
    for type in TYPES:
        assert {t for t, line in lines.items() if line in said(id, [type], lang)} == {type} & lines.keys()


@pytest.mark.parametrize(("id", "lang"), [*product(PLAN, ("en", "es"))])
def test_a_message_stays_readable_with_one_type_and_with_all_of_them(id: str, lang: str) -> None:
    assert len(said(id, (), lang)) <= 700
    assert all(len(said(id, [type], lang)) <= 850 for type in TYPES)
    assert len(said(id, TYPES, lang)) <= 1000


def test_lines_of_several_types_stand_together_in_the_order_of_the_procedure() -> None:
    text = said("day0", ["cold_sores", "scalp", "radiofrequency"])
    assert text == said("day0", ["radiofrequency", "scalp", "cold_sores"])
    assert re.search(r"\n\nAfter radiofrequency: .*\nYour scalp: .*\nCold sores before: .*\n\nCall ", text)


def test_a_type_that_the_procedure_does_not_have_says_nothing() -> None:
    assert said("day0", ["blue_eyes"]) == said("day0")
    assert LIBRARY.type_names("microneedling", ["blue_eyes"], "en") == []


def test_words_that_are_told_of_no_types_are_those_of_the_plain_patient() -> None:
    bare = LIBRARY.say("day1", "en", {"procedure": "microneedling", "day": 1}).html
    assert plain(bare) == said("day1")


@pytest.mark.parametrize("type", ["radiofrequency", "scalp", "cold_sores"])
def test_who_is_of_a_type_is_told_so_in_the_first_message(type: str) -> None:
    assert said("day0", [type]) != said("day0")


def test_a_line_for_later_fits_the_treated_scalp() -> None:
    assert "sunscreen" in said("day1.late")
    assert said("day1.late", ["scalp"]) == "Keep your scalp in the shade, under a loose, clean hat."


def test_the_versions_of_a_types_lines_are_kept_with_the_message() -> None:
    facts = {"procedure": "microneedling", "day": 0, "types": ["scalp"]}
    assert "day0.for.scalp" in [part.words for part in LIBRARY.say("day0", "en", facts).parts]


# What is told where it matters


def test_after_radiofrequency_cold_is_left_to_the_clinic_and_harm_is_asked_for() -> None:
    assert "cool pack only if the clinic said so" in said("day0", ["radiofrequency"])
    assert "burn" in said("day1", ["radiofrequency"])
    assert "dent" in said("day7", ["radiofrequency"])
    assert "dent" in said("day21", ["radiofrequency"])
    for day in (0, 1):
        assert answered("cold_compress", day).startswith("A cool pack may help.")
        assert answered("cold_compress", day, ["radiofrequency"]).startswith("After radiofrequency (RF), use a cool")
        assert "may help" not in answered("cold_compress", day, ["radiofrequency"])
    assert "all right" not in answered("cold_compress", 5, ["radiofrequency"])


def test_a_treated_scalp_is_told_about_hair_and_nothing_about_a_face() -> None:
    for day in (0, 3, 9):
        assert "face" in answered("hair_care", day)
        assert "face" not in answered("hair_care", day, ["scalp"])
    assert answered("hair_care", 0, ["scalp"]).startswith("Do not wash your hair today.")
    assert "if the clinic agrees" in answered("hair_care", 3, ["scalp"])


def test_who_has_had_cold_sores_is_told_on_each_of_the_first_days_to_tell_at_once() -> None:
    for id in ("day0", "day1", "day2"):
        line = next(line for line in said(id, ["cold_sores"]).split("\n") if line.startswith("Cold sores before:"))
        assert "at once" in line
        assert "tingle" in line
    assert "as prescribed" in said("day0", ["cold_sores"])
    assert "Call 020 7946 0123 today" in answered("cold_sore_history", 2, ["cold_sores"])


def test_brown_and_black_skin_is_looked_at_by_more_than_its_redness() -> None:
    assert "SPF 50" in said("day1", ["dark_skin"])
    assert "SPF 30 or more" in said("day1")
    for text in (said("day3", ["dark_skin"]), answered("redness_expected", 2, ["dark_skin"])):
        assert "Feel for heat, pain and swelling" in text
    for day in (5, 12):
        assert "darker, warm or swollen counts as well" in answered("redness_expected", day, ["dark_skin"])


# No type is watched less carefully


@pytest.mark.parametrize("types", [(), *((type,) for type in TYPES), TYPES])
@pytest.mark.parametrize("topic", ["redness_expected", "swelling_expected"])
def test_what_is_left_on_day_4_goes_to_staff_whatever_the_type(topic: str, types: tuple[str, ...]) -> None:
    for day in range(4, 31):
        assert "a member of staff" in answered(topic, day, types)


@pytest.mark.parametrize("types", [(), *((type,) for type in TYPES), TYPES])
def test_signs_of_danger_stand_in_every_message_whatever_the_type(types: tuple[str, ...]) -> None:
    for id in EARLY:
        plainly = [line for line in said(id).split("\n") if "at once" in line or "emergency" in line]
        assert plainly
        assert not [line for line in plainly if line not in said(id, types)]


@pytest.mark.parametrize(("checkin", "type"), [*product(PROCEDURE.checkins, TYPES)])
def test_a_type_is_asked_more_and_never_less(checkin: str, type: str) -> None:
    usual, own = known(checkin, PROCEDURE), known(checkin, PROCEDURE, [type])
    assert own.always[: len(usual.always)] == usual.always
    assert (own.trend, own.danger, own.worse, own.same_is_sign) == (
        usual.trend,
        usual.danger,
        usual.worse,
        usual.same_is_sign,
    )
    assert len(set(own.always)) == len(own.always)


@pytest.mark.parametrize("checkin", ["day1", "day2", "day3", "day4"])
def test_everybody_who_has_had_cold_sores_is_asked_about_them_in_the_days_in_which_they_show(checkin: str) -> None:
    assert "blisters" in known(checkin, PROCEDURE, ["cold_sores"]).always
    assert "blisters" not in known(checkin, PROCEDURE).always


def test_everybody_after_radiofrequency_is_asked_about_blisters_and_pain_on_day_1() -> None:
    assert known("day1", PROCEDURE, ["radiofrequency"]).always == ("blisters", "pain")


def test_a_message_is_read_the_same_for_everybody() -> None:
    """Types change words and questions; what a message means does not depend on them."""
    reading = shared_reader().read("my cheeks are still red", 4, "en", "microneedling")
    assert reading.symptoms == ("redness",)
    assert reading.level.word == "review"


# What staff see

FLAG = {
    **{"id": 7, "level": "urgent", "kind": "message", "state": "open", "day": 2, "words": "pus", "why": "[]"},
    **{"outcome": "", "note": "", "taken_by": None, "resolved_by": None},
}
PATIENT = {"first_name": "Rosa", "case_number": "A-0001"}
TIMES = dict.fromkeys(("promise", "taken_at", "resolved_at"))


def on_card(*types: str, lang: str = "en") -> str:
    names = {"taken_by": "", "resolved_by": ""}
    say = card(FLAG, PATIENT, LIBRARY.clinic, procedure="microneedling", types=types, times=TIMES, names=names)
    return plain(LIBRARY.say(say.words, lang, say.facts).html)


def test_the_card_shows_the_types_below_its_first_line() -> None:
    first, second, *_ = on_card("scalp", "cold_sores").split("\n")
    assert first == "🟠 URGENT · Rosa · A-0001 · Microneedling · day 2"
    assert second == "Chosen at enrolment: Scalp · Cold sores before"
    assert on_card("scalp", lang="es").split("\n")[1] == "Elegido al inscribir: Cuero cabelludo"


def test_the_card_of_a_plain_patient_says_nothing_of_types() -> None:
    assert "enrolment" not in on_card()


def test_a_card_is_shown_although_its_type_is_gone_from_the_procedure() -> None:
    assert "pus" in on_card("blue_eyes")
    assert "blue_eyes" not in on_card("blue_eyes", "scalp")
