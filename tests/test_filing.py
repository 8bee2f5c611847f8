"""Files that are missing, empty, doubled, renamed or saved as something else are told before anything that follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from care.check import check
from care.faults import Fault

CONTENT = Path(__file__).parent.parent / "content"
HERE = "microneedling/en"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def told(content: Path) -> dict[str, list[str]]:
    """File -> what is told of it."""
    found: dict[str, list[str]] = {}
    for fault in check(content).faults:
        found.setdefault(fault.file, []).append(fault.what)
    return found


def test_a_file_saved_under_another_name_is_told_twice_and_nothing_that_follows_from_it(content: Path) -> None:
    (content / HERE / "faq.md").rename(content / HERE / "faq.md.txt")
    faults = told(content)
    assert faults[f"{HERE}/faq.md"] == ["this file is missing; it must be there"]
    assert "rename it to faq.md" in faults[f"{HERE}/faq.md.txt"][0]
    assert len(faults) == 2


@pytest.mark.parametrize(
    "name",
    [
        "microneedling/en/faq (copy).md",
        "microneedling/en/messages_old.md",
        "microneedling/en/faq.docx",
        "microneedling/procedure (copy).yaml",
        "microneedling/en/corrections.txt",
        "general/en/phrases/1_life copy.yaml",
        "general/sources/nhs_cellulitis.txt",
        "general/en/notes/day3.md",
        "leaflet.pdf",
    ],
)
def test_a_file_that_nothing_reads_is_told_alone(content: Path, name: str) -> None:
    (content / name).parent.mkdir(exist_ok=True)
    (content / name).write_text("---\nversion: 1\n---\n\n## day3\nWords.\n", encoding="utf-8")
    faults = told(content)
    assert list(faults) == [name]
    assert "nothing reads" in faults[name][0]
    assert "drafts/" in faults[name][0]


def test_drafts_and_what_programs_leave_behind_are_no_faults(content: Path) -> None:
    (content / "drafts").mkdir(exist_ok=True)
    (content / "drafts/anything.docx").write_bytes(b"PK")
    (content / ".git/refs").mkdir(parents=True)
    (content / ".git/refs/main").write_text("0" * 40, encoding="utf-8")
    for name in (
        ".DS_Store",
        f"{HERE}/._messages.md",
        f"{HERE}/~$messages.md",
        "microneedling/sources/._care_sheet.md",
    ):
        (content / name).write_bytes(b"\x00\x05\xff")
    assert told(content) == {}


@pytest.mark.parametrize(
    "file", ["microneedling/grid.yaml", "general/en/out_of_scope.txt", "examples/en.jsonl", f"{HERE}/messages.md"]
)
def test_an_empty_file_is_told_once(content: Path, file: str) -> None:
    (content / file).write_text("\n \n", encoding="utf-8")
    assert told(content) == {file: ["this file is empty: put back what stood in it"]}


def test_a_language_without_phrases_is_told_once(content: Path) -> None:
    shutil.rmtree(content / "general/en/phrases")
    assert list(told(content)) == ["general/en/phrases"]


@pytest.mark.parametrize(
    "file",
    ["microneedling/es/faq.md", "general/es/out_of_scope.txt", "general/es/common_words.txt", "general/es/scope.yaml"],
)
def test_a_file_in_an_old_encoding_is_told_with_its_line(content: Path, file: str) -> None:
    text = (content / file).read_text(encoding="utf-8")
    (content / file).write_bytes(b"# \n" + "# año\n".encode("latin-1") + text.encode())
    assert Fault(file, 2, "this is not UTF-8 text: save the file as UTF-8") in check(content).faults


def test_phrases_that_cannot_be_read_are_not_told_as_missing(content: Path) -> None:
    file = "general/es/phrases/1_life.yaml"
    (content / file).write_bytes((content / file).read_text(encoding="utf-8").encode("latin-1", "replace"))
    assert list(told(content)) == [file]


def test_what_is_wrong_in_one_file_does_not_hide_the_others(content: Path) -> None:
    change(content, "clinic.yaml", "zone: Europe/London", "zone: London")
    change(content, "microneedling/procedure.yaml", "    day: 1\n", "    day: one\n")
    change(content, f"{HERE}/messages.md", "## day3\n", "# day3\n")
    change(content, f"{HERE}/faq.md", "- explain microneedling in simple words\n", "")
    change(content, "general/es/wording.yaml", "hardest:", "hardes:")
    assert set(told(content)) == {
        *("clinic.yaml", "microneedling/procedure.yaml", "general/es/wording.yaml"),
        *(f"{HERE}/messages.md", f"{HERE}/faq.md"),
    }


def change(content: Path, file: str, old: str, new: str) -> None:
    text = (content / file).read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {file}"
    (content / file).write_text(text.replace(old, new, 1), encoding="utf-8")


LOST = "a heading is missing above this line"
FORM = "is no heading: begin the line with two #"
MISTAKES = [
    ("microneedling/en/messages.md", "## day3\n", "", LOST),
    ("microneedling/en/faq.md", "## how_it_works\n", "", LOST),
    ("microneedling/en/messages.md", "## day3\n", " ## day3\n", FORM),
    ("microneedling/en/messages.md", "## day3\n", "## Day3\n", FORM),
    ("microneedling/en/messages.md", "rests on:", "Rests on:", "in small letters"),
    ("microneedling/en/faq.md", "label:", "Label:", "in small letters"),
    ("microneedling/en/messages.md", "A little", "--> A little", "this note has no beginning"),
    ("microneedling/en/messages.md", "version: 1", "version: one", "is no number"),
    ("clinic.yaml", "name: Lumen", "name:\u00a0Lumen", "pasted from a word processor"),
    ("clinic.yaml", "name: Lumen Skin Clinic", "name: Clinic #1", "nothing after the # is read"),
    ("clinic.yaml", "  sun: []\n", "", "`sun` is missing"),
    ("clinic.yaml", "languages: [en, es]", "languages: [en, es, en]", "stands there twice"),
    ("clinic.yaml", "languages: [en, es]", "languages: [en, spanish]", "two small letters"),
    ("microneedling/en/faq.md", "- explain microneedling in simple words", "- what is microneedling", "stands above"),
    ("microneedling/grid.yaml", "days: 0 lukewarm, 1-6", "days: 0 lukewarm, 1-5", "nothing is said of day 6"),
]


@pytest.mark.parametrize(("file", "old", "new", "what"), MISTAKES, ids=[f"{m[3]}-{m[2].strip()}" for m in MISTAKES])
def test_a_slip_is_told_once_in_its_own_file(content: Path, file: str, old: str, new: str, what: str) -> None:
    change(content, file, old, new)
    faults = told(content)
    assert list(faults) == [file]
    assert len(faults[file]) == 1
    assert what in faults[file][0]


@pytest.mark.parametrize(
    "wrong", ["*A* little", "***A*** little", "{ A } little", "A little (<2 cm)", "A & B", "[A](b)"]
)
def test_signs_that_a_patient_would_see_or_telegram_refuse_are_told_with_their_line(content: Path, wrong: str) -> None:
    file = f"{HERE}/messages.md"
    change(content, file, "A little", wrong)
    line = next(
        n for n, text in enumerate((content / file).read_text(encoding="utf-8").split("\n"), 1) if wrong in text
    )
    assert any(
        fault.line == line and ("shows the patient" in fault.what or "Telegram" in fault.what)
        for fault in check(content).faults
        if fault.file == file
    )


def test_another_countrys_emergency_number_is_a_fault(content: Path) -> None:
    change(content, "clinic.yaml", "country: GB", "country: ES")
    change(content, "clinic.yaml", "emergency_number: 999 / 112", 'emergency_number: "999"')
    assert "is no emergency number of ES" in told(content)["clinic.yaml"][0]


def test_norwegian_needs_no_quotes_among_titles(content: Path) -> None:
    change(content, "microneedling/sources/care_sheet.md", "titles:\n", "titles:\n  no: Etter behandlingen\n")
    library = check(content).library
    assert library is not None
    assert library.sources["care_sheet"].title("no") == "Etter behandlingen"


def test_a_tab_behind_version_is_read_where_signatures_are_looked_at(content: Path) -> None:
    change(content, f"{HERE}/messages.md", "version: ", "version:\t")
    found = check(content)
    assert not found.faults
    assert found.library is not None
    assert "nobody has signed it" in found.library.drafts[f"{HERE}/messages.md"]
