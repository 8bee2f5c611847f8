"""Whom patients call: the table of countries, what clinic.yaml may leave to it, and what is told of both."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from care.check import check
from care.clinic import load_clinic
from care.faults import ContentFaults, Fault
from care.library import load
from care.model import Clinic
from care.numbers import FIELDS, FILE, Number, differing, load_numbers
from tests.test_check import CONTENT, Content

TABLE = load_numbers(CONTENT)
NUMBERS = [
    pytest.param(number, id=f"{code} {field}")
    for code, country in TABLE.items()
    for field in FIELDS.values()
    if (number := getattr(country, field)) is not None
]
SPANISH = "ES MX AR CO CL PE UY EC VE CR GT DO PR PA PY SV HN NI"


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return Content(tmp_path / "content")


def told(content: Content) -> tuple[Fault, ...]:
    """What is wrong with the numbers of this content."""
    with pytest.raises(ContentFaults) as trouble:
        load_clinic(content.root)
    return trouble.value.faults


# The table


def test_the_table_holds_the_countries_whose_clinics_speak_english_or_spanish_and_more() -> None:
    assert len(TABLE) >= 25
    assert {"GB", "IE", "US", "CA", "AU", "NZ", "ZA", *SPANISH.split()} <= set(TABLE)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_says_where_and_when_it_was_read(number: Number) -> None:
    assert re.search(r"\d", number.number)
    assert number.read_on >= date(2026, 11, 1)
    for source in number.sources:
        assert source.title
        assert re.match(r"https?://[^ /]+/", source.address)


@pytest.mark.parametrize("code", TABLE)
def test_what_no_page_told_is_left_out_and_said(code: str) -> None:
    country = TABLE[code]
    complete = all(getattr(country, field) for field in FIELDS.values())
    assert complete or country.note


# What a clinic leaves out


def leave_out(content: Content, *names: str) -> None:
    for name in names:
        content.change("clinic.yaml", rf"^{name}:.*\n", "")


def test_a_clinic_that_leaves_its_numbers_out_gets_those_of_its_country(content: Content) -> None:
    written = load_clinic(content.root)
    leave_out(content, *FIELDS)
    assert load_clinic(content.root) == written
    content.change("clinic.yaml", "^country: GB", "country: PT")
    clinic = load_clinic(content.root)
    assert (clinic.emergency_number, clinic.out_of_hours) == ("112", "SNS 24, 808 24 24 24")
    assert clinic.crisis_line.endswith(", 1411")


def test_what_a_clinic_writes_itself_counts_and_an_empty_line_counts_as_left_out(content: Content) -> None:
    content.change("clinic.yaml", "^out_of_hours:.*", "out_of_hours: Our doctor on call, 020 7946 0999")
    content.change("clinic.yaml", "^crisis_line:.*", "crisis_line:")
    clinic = load_clinic(content.root)
    assert clinic.out_of_hours == "Our doctor on call, 020 7946 0999"
    assert clinic.crisis_line == "Samaritans, 116 123"


def test_a_clinic_whose_country_lacks_a_number_is_told_to_write_its_own(content: Content) -> None:
    assert TABLE["VE"].crisis_line is None
    leave_out(content, *FIELDS)
    content.change("clinic.yaml", "^country: GB", "country: VE")
    assert {fault.what for fault in told(content)} == {
        f"`crisis_line` is missing: write your own; {FILE} has none for VE",
        f"`out_of_hours` is missing: write your own; {FILE} has none for VE",
    }
    assert {fault.what for fault in check(content.root).faults} == {fault.what for fault in told(content)}


def test_a_clinic_in_a_country_that_the_table_lacks_writes_all_three_itself(content: Content) -> None:
    assert "BO" not in TABLE
    content.change("clinic.yaml", "^country: GB", "country: BO")
    assert load_clinic(content.root).emergency_number == "999 / 112"
    leave_out(content, "emergency_number")
    assert [fault.what for fault in told(content)] == [
        f"`emergency_number` is missing: write your own; {FILE} has none for BO"
    ]


def test_a_code_that_is_no_country_is_told(content: Content) -> None:
    content.change("clinic.yaml", "^country: GB", "country: UK")
    [fault] = told(content)
    assert fault.line == content.line("clinic.yaml", "country:")
    assert "“UK” is none" in fault.what


def test_patients_read_the_number_of_their_clinics_country(content: Content) -> None:
    leave_out(content, "emergency_number")
    content.change("clinic.yaml", "^country: GB", "country: AT")
    said = load(content.root).say("unreadable.foreign", "en", {"open": True, "promise": None, "language": "pl"})
    assert said.html.endswith("144 / 112")


# What is wrong with the table


@pytest.mark.parametrize(
    ("pattern", "new", "line", "words"),
    [
        ("^IE:", "XX:", "XX:", "`XX` is no country"),
        ("^IE:", "NO:", "NO:", "put quotes around"),
        (r"^GB:\n  emergency:\n    number: 999 / 112", "GB:\n  emergency:\n    number:", "GB:", "has no number"),
        (r"^GB:\n  emergency:", "GB:\n  emergency:\n  ambulance:", "GB:", "has no emergency number"),
        (r"^GB:\n", "GB:\n  ambulance: 1\n", "ambulance: 1", "means nothing here"),
        ('number: "911"', "number: 911", "US:", "put quotes around the number"),
        (
            r"    sources:\n(      - .*\n)+    read_on: 2026-11-21\n  crisis",
            "    read_on: 2026-11-21\n  crisis",
            "GB:",
            "no source",
        ),
        (r"address: \"https://wmas[^\"]*\"", 'address: ""', "GB:", "no source"),
        ("read_on: 2026-11-21", "read_on: in autumn", "read_on: in autumn", "must be a day"),
        ("read_on: 2026-11-21", "seen_on: 2026-11-21", "GB:", "`seen_on` means nothing here"),
    ],
)
def test_a_table_that_does_not_fit_is_told_with_its_line(
    content: Content, pattern: str, new: str, line: str, words: str
) -> None:
    content.change(FILE, pattern, new)
    at = content.line(FILE, line)
    assert any(words in fault.what and 0 <= fault.line - at <= 2 for fault in told(content)), told(content)


def test_a_table_that_is_gone_is_told(content: Content) -> None:
    (content.root / FILE).unlink()
    assert [(fault.file, fault.line) for fault in told(content)] == [(FILE, 0)]


# A clinic's own number beside the table's


def test_a_clinics_number_that_is_not_the_tables_is_a_note_and_no_fault(content: Content) -> None:
    content.change("clinic.yaml", "^crisis_line:.*", "crisis_line: Our own line, 020 7946 0999")
    found = check(content.root)
    assert not [fault for fault in found.faults if fault.file == "clinic.yaml"]
    [note] = [note for note in found.notes if "crisis_line" in note]
    assert "“Our own line, 020 7946 0999” in clinic.yaml" in note
    assert "“Samaritans, 116 123” for GB" in note


def test_a_number_that_is_only_written_differently_is_not_told(content: Content) -> None:
    content.change("clinic.yaml", "^crisis_line:.*", "crisis_line: The Samaritans on 116123")
    clinic: Clinic = load_clinic(content.root)
    assert clinic.crisis_line == "The Samaritans on 116123"
    assert differing(clinic, TABLE) == []
