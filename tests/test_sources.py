"""The documents that texts rest on: how they are read, and what their editors are told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from care.faults import ContentFaults, Fault
from care.library import load
from care.sources import Source, behind, facts_for, idle, load_sources

CONTENT = Path(__file__).parent.parent / "content"
OUTSIDE = """---
kind: outside
title: "A hospital: Wounds"
grade: A
address:
  - https://example.org/wounds
read: opening
version: 1
about: x
---

## facts
1. Press for 10 minutes.
2. Then press again.
"""
ARTICLE = """---
kind: clinic
titles:
  en: "Clinic article"
  es: "Artículo de la clínica"
version: 1
about: x
---

## facts
1. Skin is red for 3 days.
2. Needles go deeper each time. [not used: no source was found]
"""
SHEET = """---
kind: sheet
titles:
  en: "Sheet"
version: 1
about: x
---

## facts
<!-- What patients do
by themselves -->
1. Bleeding is pressed for 10 minutes. [wounds.1, own]
2. After that, help is called. [sheet.1]
3. The clinic decides. [own]
"""
SAFETY = SHEET.replace("[sheet.1]", "[safety.1]")
FILES = {
    "general/sources/wounds.md": OUTSIDE,
    "general/sources/safety.md": SAFETY,
    "peel/sources/article.md": ARTICLE,
    "peel/sources/sheet.md": SHEET,
    "needling/sources/other.md": ARTICLE,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for file, text in FILES.items():
        put(tmp_path, file, text)
    return tmp_path


def put(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")


def read(root: Path) -> Mapping[str, Source]:
    return load_sources(root, ["needling", "peel"])


def told(root: Path) -> tuple[Fault, ...]:
    with pytest.raises(ContentFaults) as caught:
        read(root)
    return caught.value.faults


def test_an_outside_source_says_where_it_stands_how_good_it_is_and_how_much_was_read(root: Path) -> None:
    wounds = read(root)["wounds"]
    assert (wounds.kind, wounds.grade, wounds.read) == ("outside", "A", "opening")
    assert wounds.address == ("https://example.org/wounds",)
    assert wounds.title("es", "en") == "A hospital: Wounds"
    assert wounds.home == ""


def test_a_fact_knows_its_place_and_what_it_rests_on(root: Path) -> None:
    sheet = read(root)["sheet"]
    fact = sheet.facts["sheet.1"]
    assert (fact.text, fact.rests_on, fact.own) == ("Bleeding is pressed for 10 minutes.", ("wounds.1",), True)
    assert (fact.file, fact.line) == ("peel/sources/sheet.md", 12)
    assert sheet.facts["sheet.3"].own
    assert sheet.facts["sheet.3"].rests_on == ()


def test_a_note_of_the_editors_is_no_fact_and_moves_no_line(root: Path) -> None:
    assert list(read(root)["sheet"].facts) == ["sheet.1", "sheet.2", "sheet.3"]


def test_a_fact_may_be_marked_as_not_to_be_used(root: Path) -> None:
    fact = read(root)["article"].facts["article.2"]
    assert (fact.text, fact.not_used) == ("Needles go deeper each time.", "no source was found")


def test_a_title_is_given_in_the_first_language_that_it_has(root: Path) -> None:
    article = read(root)["article"]
    assert article.title("es", "en") == "Artículo de la clínica"
    assert article.title("fr", "en") == article.title("fr") == "Clinic article"


def test_what_is_behind_a_fact_reaches_down_to_the_outside_source(root: Path) -> None:
    facts = facts_for(read(root), "peel")
    assert [fact.id for fact in behind(facts, ["sheet.2", "nowhere.1"])] == ["sheet.2", "sheet.1", "wounds.1"]


def test_a_text_may_rest_on_general_facts_and_its_own_procedures(root: Path) -> None:
    sources = read(root)
    assert {id.split(".")[0] for id in facts_for(sources, "peel")} == {"wounds", "safety", "article", "sheet"}
    assert {id.split(".")[0] for id in facts_for(sources, "")} == {"wounds", "safety"}


def test_an_outside_source_that_nothing_rests_on_is_found(root: Path) -> None:
    put(root, "peel/sources/lonely.md", OUTSIDE)
    assert idle(read(root), []) == ["lonely"]
    assert idle(read(root), ["lonely.2"]) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: outside", "kind: rumour", 2, "`kind: clinic`"),
        ("kind: outside\n", "", 1, "`kind: clinic`"),
        ('title: "A hospital: Wounds"\n', "", 1, "`title:` is missing"),
        ("grade: A", "grade: excellent", 4, "`grade: A`"),
        ("grade: A\n", "", 1, "`grade: A`"),
        ("address:\n  - https://example.org/wounds\n", "", 1, "`address:` is missing"),
        ("address:\n  - https://example.org/wounds\n", "address: there\n", 5, "`address:` is missing"),
        ("read: opening", "read:", 7, "`read:` is missing"),
        ("2. Then", "3. Then", 14, "number 2 is missing"),
        ("2. Then press", "then press", 14, "“then press again.” is no fact"),
        ("2. Then", "## notes\n1. Then", 14, "`## notes` is not read"),
        ("again.", "again. [wounds.1]", 14, "only a sheet's fact"),
        ("again.", "again. [own]", 14, "only a sheet's fact"),
        ("## facts", "## sayings", 0, "no `## facts` heading"),
    ],
)
def test_a_fault_of_an_outside_source_names_file_line_and_what_to_do(
    root: Path, old: str, new: str, line: int, says: str
) -> None:
    assert OUTSIDE.count(old) == 1
    put(root, "general/sources/wounds.md", OUTSIDE.replace(old, new))
    here = [f for f in told(root) if f.file == "general/sources/wounds.md"]
    assert any(f.line == line and says in f.what for f in here), here


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('titles:\n  en: "Sheet"\n', "", 1, "`titles:` is missing"),
        ('titles:\n  en: "Sheet"\n', 'titles: "Sheet"\n', 3, "`titles:` is missing"),
        ("called. [sheet.1]", "called.", 13, "sheet.2 names nothing"),
        ("[sheet.1]", "[sheet.9]", 13, "sheet.2 rests on sheet.9: there is no such fact"),
        ("[sheet.1]", "[the wound guide]", 13, "sheet.2 rests on the wound guide: there is no such fact"),
        ("[sheet.1]", "[sheet.2]", 13, "that is itself"),
        ("[sheet.1]", "[sheet.1, article.2]", 13, "must not be used (no source was found)"),
        ("[sheet.1]", "[other.1]", 13, "needling/sources/other.md belongs to one procedure"),
    ],
)
def test_a_fault_of_a_sheet_names_file_line_and_what_to_do(
    root: Path, old: str, new: str, line: int, says: str
) -> None:
    assert SHEET.count(old) == 1
    put(root, "peel/sources/sheet.md", SHEET.replace(old, new))
    found = told(root)
    assert [(f.file, f.line) for f in found] == [("peel/sources/sheet.md", line)]
    assert says in found[0].what


def test_facts_that_rest_on_each_other_in_a_circle_are_told_each(root: Path) -> None:
    put(root, "peel/sources/sheet.md", SHEET.replace("[own]", "[sheet.2]").replace("[wounds.1, own]", "[sheet.3]"))
    assert [(f.line, "circle" in f.what) for f in told(root)] == [(12, True), (13, True), (14, True)]


def test_a_general_sheet_may_not_rest_on_one_procedures_facts(root: Path) -> None:
    put(root, "general/sources/safety.md", SAFETY.replace("[safety.1]", "[article.1]"))
    (fault,) = told(root)
    assert (fault.file, fault.line) == ("general/sources/safety.md", 13)
    assert "belongs to one procedure" in fault.what


def test_two_documents_of_one_name_are_told(root: Path) -> None:
    put(root, "peel/sources/wounds.md", OUTSIDE)
    (fault,) = told(root)
    assert fault.file == "peel/sources/wounds.md"
    assert "general/sources/wounds.md has the same name" in fault.what


def test_a_file_name_that_could_not_stand_in_a_facts_id_is_told(root: Path) -> None:
    put(root, "peel/sources/NHS Wounds.md", OUTSIDE)
    (fault,) = told(root)
    assert (fault.file, fault.line) == ("peel/sources/NHS Wounds.md", 0)
    assert "rename the file" in fault.what


def test_faults_of_all_documents_are_told_at_once(root: Path) -> None:
    put(root, "general/sources/wounds.md", OUTSIDE.replace("grade: A", "grade: Z").replace("read: opening", "read:"))
    put(root, "peel/sources/article.md", ARTICLE.replace("version: 1\n", ""))
    put(root, "peel/sources/sheet.md", SHEET.replace("[sheet.1]", "[sheet.9]"))
    assert {f.file for f in told(root)} == {
        "general/sources/wounds.md",
        "peel/sources/article.md",
        "peel/sources/sheet.md",
    }


# What stands in content/


@pytest.fixture(scope="module")
def sources() -> Mapping[str, Source]:
    return load_sources(CONTENT, ["microneedling"])


def test_every_emergency_of_the_safety_sheet_has_a_strong_source(sources: Mapping[str, Source]) -> None:
    facts = facts_for(sources, "")
    emergencies = [f for f in sources["safety_sheet"].facts.values() if "emergency" in f.text and f.rests_on]
    assert len(emergencies) > 10
    for fact in emergencies:
        grades = {sources[reason.id.split(".")[0]].grade for reason in behind(facts, fact.rests_on)}
        assert "A" in grades, fact.id


def test_the_numbers_by_which_answers_name_the_care_sheet_keep_their_meaning(sources: Mapping[str, Source]) -> None:
    begins = {1: "The clinic's own", 8: "Bleeding", 19: "Sunscreen", 26: "Makeup", 38: "Cold", 46: "Call", 68: "Prac"}
    for number, words in begins.items():
        assert sources["care_sheet"].facts[f"care_sheet.{number}"].text.startswith(words)


def test_what_no_source_was_found_for_is_owned_up_to(sources: Mapping[str, Source]) -> None:
    for fact in sources["care_sheet"].facts.values():
        if "no source was found" in fact.text or "the clinic decides" in fact.text:
            assert fact.own, fact.id


def test_what_the_articles_promise_too_much_is_not_to_be_used(sources: Mapping[str, Source]) -> None:
    assert {fact.id for fact in sources["s002"].facts.values() if fact.not_used} == {"s002.6", "s002.13", "s002.19"}


def test_mirrors_are_called_mirrors(sources: Mapping[str, Source]) -> None:
    mirrored = [s for s in sources.values() if any("(mirror" in address for address in s.address)]
    assert len(mirrored) > 10
    for source in mirrored:
        assert "mirror" in source.read, source.id


def test_an_answer_in_spanish_names_its_documents_in_spanish() -> None:
    library = load(CONTENT)
    facts = {"topic": "makeup", "day": 1, "procedure": "microneedling"}
    spanish, english = (library.say("faq.answer", lang, facts).html for lang in ("es", "en"))
    assert "Artículo de la clínica “" in spanish
    assert "Hoja de cuidados de la clínica" in spanish
    assert "Clinic article “" in english
    assert "Clinic" not in spanish
