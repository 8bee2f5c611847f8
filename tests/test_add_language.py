"""A new language: folders to fill in that disturb nobody while they are empty, and count down while they are filled."""

from __future__ import annotations

import io
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from care.check import check
from care.faults import ContentFaults
from care.folder import read_folder
from care.library import Library, load
from care.model import Level
from care.pages import page
from care.progress import progress, to_write
from care.symptoms import load_symptoms
from commands.add_language import add_language, progress_table
from commands.iso639 import NAMES
from commands.parts import BadContent, open_reader
from commands.talk import Talk
from tests.town import shared_reader

CONTENT = Path(__file__).parent.parent / "content"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def copy(folder: Path) -> Path:
    return Path(shutil.copytree(CONTENT, folder / "content", ignore=shutil.ignore_patterns("drafts")))


def count(root: Path) -> int:
    return to_write(load(root), "pt")


def put(file: Path, heading: str, text: str) -> None:
    """Write below a heading, as a translator would."""
    file.write_text(file.read_text(encoding="utf-8").replace(f"\n{heading}\n", f"\n{heading}\n{text}\n", 1), "utf-8")


def offer(root: Path) -> None:
    """Name the language in clinic.yaml."""
    text = (root / "clinic.yaml").read_text(encoding="utf-8")
    named = re.sub(r"^languages:.*", "languages: [en, es, pt]", text, flags=re.MULTILINE)
    (root / "clinic.yaml").write_text(named, "utf-8")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy(tmp_path_factory.mktemp("empty"))
    add_language(load(root), "pt")
    return root


@pytest.fixture
def begun(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "content"))


@pytest.fixture(scope="module")
def library(empty: Path) -> Library:
    return load(empty)


# What is made


def test_every_file_of_the_clinics_language_has_one_beside_it(empty: Path) -> None:
    for home in ("general", "microneedling"):
        files = [p.relative_to(empty / home / "en") for p in (empty / home / "en").rglob("*") if p.is_file()]
        made = [p.relative_to(empty / home / "pt") for p in (empty / home / "pt").rglob("*") if p.is_file()]
        assert sorted(made) == sorted(files)


def test_every_heading_is_there_with_its_facts_and_without_words(empty: Path) -> None:
    for path in sorted((empty / "general/en").glob("*.md")) + sorted((empty / "microneedling/en").glob("*.md")):
        own, made = page(path, empty), page(path.parent.parent / "pt" / path.name, empty)
        facts = {section.id: section.rests_on for section in own.sections}
        assert {s.id: s.rests_on for s in made.sections if s.id != "language.pt"} == facts
        if path.name != "faq.md":
            assert not any(section.text for section in made.sections)


def test_the_original_stands_beside_as_a_note(empty: Path) -> None:
    text = (empty / "microneedling/pt/messages.md").read_text(encoding="utf-8")
    for section in page(empty / "microneedling/en/messages.md", empty).sections:
        assert section.text in text
    faq = (empty / "microneedling/pt/faq.md").read_text(encoding="utf-8")
    assert "label: <!-- en: What microneedling is -->" in faq
    assert "- <!-- en: what is microneedling -->" in faq
    phrases = (empty / "general/pt/phrases/1_life.yaml").read_text(encoding="utf-8")
    assert re.search(r"^breathing:\n  # en: - ", phrases, re.MULTILINE)


def test_nobody_is_named_as_author_and_it_begins_with_version_1(empty: Path) -> None:
    for path in (empty / "general/pt").glob("*.md"):
        front = page(path, empty).front
        assert front["version"] == 1
        assert not any(front[name] for name in ("author", "reviewer", "signed"))


def test_it_holds_nothing_that_could_be_said(library: Library) -> None:
    assert library.ids("pt") == frozenset()
    assert library.books["pt"].answers == {}
    assert library.books["pt"].out_of_scope == ()
    assert "pt" not in library.languages


# What it does to everybody else


def test_the_check_notes_it_and_finds_no_new_fault(empty: Path) -> None:
    found = check(empty)
    assert found.faults == ()
    told = [note for note in found.notes if note.startswith("pt")]
    assert len(told) == 1
    assert f"pt: not offered yet, {count(empty)} to write" in told[0]


def test_a_patient_is_never_answered_with_an_empty_text(library: Library) -> None:
    talk = Talk(library, open_reader(library), NOW)
    for text in ("posso usar maquiagem hoje?", "não consigo respirar", "can i wear makeup", "olá", "I can't breathe"):
        assert talk.hear(text, 1, "pt").reply.strip()


def test_danger_is_read_as_before(library: Library) -> None:
    reader = open_reader(library)
    assert [lexicon.language for lexicon in reader.lexicons] == ["en", "es"]
    assert reader.read("I can't breathe", 1, "en").level is Level.EMERGENCY


def test_words_without_phrases_are_not_taken_for_a_language_that_is_read(begun: Path) -> None:
    said = "posso voltar a lavar o cabelo com o champô que comprei ontem à noite na farmácia"
    (begun / "general/pt/common_words.txt").write_text(f"{said}\n", "utf-8")
    reading = open_reader(load(begun)).read(said, 1, "en")
    assert reading == shared_reader().read(said, 1, "en")
    assert not reading.readable


# Filling it in


def test_a_text_that_is_written_counts_down_by_one(begun: Path) -> None:
    left = count(begun)
    put(begun / "general/pt/buttons.md", "## button.accept", "Sim, concordo")
    assert count(begun) == left - 1
    assert load(begun).say("button.accept", "pt", {}).html == "Sim, concordo"


def test_a_note_alone_is_no_text(begun: Path) -> None:
    left = count(begun)
    put(begun / "general/pt/buttons.md", "## button.accept", "<!-- ask Joana -->")
    assert count(begun) == left


def test_a_topic_counts_once_it_is_whole_and_is_told_while_it_is_not(begun: Path) -> None:
    left, faq = count(begun), begun / "microneedling/pt/faq.md"
    text = faq.read_text(encoding="utf-8")
    faq.write_text(text.replace("label: <!-- en: What microneedling is -->", "label: O que é"), "utf-8")
    assert count(begun) == left
    told = [note for note in check(begun).notes if "`what_is`" in note]
    assert any("write exactly 8" in note for note in told)
    assert all(note.startswith("pt, to mend before it is offered: microneedling/pt/faq.md:") for note in told)
    own = (begun / "microneedling/en/faq.md").read_text(encoding="utf-8")
    topic = re.search(r"^## what_is\n.*?(?=^## )", own, re.MULTILINE | re.DOTALL)
    assert topic
    faq.write_text(re.sub(r"^## what_is\n.*?(?=^## )", lambda _: topic[0], text, count=1, flags=re.M | re.S), "utf-8")
    assert count(begun) == left - 1


def test_a_sign_that_somebody_says_counts_down(begun: Path) -> None:
    left, phrases = count(begun), begun / "general/pt/phrases/1_life.yaml"
    put(phrases, "breathing:", "  - não consigo respirar")
    assert count(begun) == left - 1


def test_a_broken_file_in_a_language_that_is_not_offered_stops_nobody(begun: Path) -> None:
    (begun / "general/pt/service.md").write_text("## help.text\nOlá {% if %}\n", "utf-8")
    (begun / "microneedling/pt/faq.md").write_text("not a page at all\n", "utf-8")
    (begun / "general/pt/phrases/1_life.yaml").write_text("breathing: [\n", "utf-8")
    found = check(begun)
    assert found.faults == ()
    assert sum(note.startswith("pt, to mend before it is offered: ") for note in found.notes) >= 2
    assert open_reader(load(begun)).read("my lips are blue", 1, "en").level is Level.EMERGENCY


def test_the_table_says_file_by_file_what_lacks(begun: Path) -> None:
    shutil.copy(begun / "general/en/dates.md", begun / "general/pt/dates.md")
    library = load(begun)
    parts = {part.file: part for part in progress(library, "pt")}
    assert parts["general/pt/dates.md"].lacking == ()
    assert len(parts["general/pt/safety.md"].lacking) == parts["general/pt/safety.md"].total > 10
    out = Console(width=160, record=True, file=io.StringIO())
    out.print(progress_table(library, "pt"))
    assert re.search(r"general/pt/dates\.md\s*│ (\d+) of \1 ", out.export_text())


@pytest.fixture(scope="module")
def whole(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(empty, tmp_path_factory.mktemp("whole") / "content"))
    for home in ("general", "microneedling"):
        shutil.rmtree(root / home / "pt")
        shutil.copytree(root / home / "en", root / home / "pt")
    for source in root.glob("*/sources/*.md"):
        text = source.read_text(encoding="utf-8")
        source.write_text(re.sub(r"^  en: (.*)$", r"  en: \1\n  pt: \1", text, flags=re.MULTILINE), "utf-8")
    enrolment = root / "general/pt/enrolment.md"
    put(enrolment, "## language.es", "Español\n\n## language.pt\nPortuguês\n\n## language.es.old")
    text = enrolment.read_text(encoding="utf-8")
    enrolment.write_text(re.sub(r"## language\.es\.old\n.*?(?=## )", "", text, flags=re.DOTALL), "utf-8")
    return root


def test_a_complete_language_is_not_offered_until_the_clinic_says_so(whole: Path) -> None:
    assert count(whole) == 0
    found = check(whole)
    assert found.faults == ()
    assert any("pt: complete; it is offered once clinic.yaml names it" in note for note in found.notes)
    assert "pt" not in load(whole).languages


def test_a_complete_language_that_the_clinic_names_is_offered(whole: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "content"))
    offer(root)
    found = check(root)
    assert found.faults == ()
    assert found.library is not None
    assert found.library.languages == ("en", "es", "pt")
    assert found.library.say("language.pt", "en", {}).html == "Português"


def test_an_unfinished_language_that_the_clinic_names_is_a_fault_and_is_not_offered(begun: Path) -> None:
    offer(begun)
    with pytest.raises(ContentFaults):
        open_reader(load(begun))
    assert any(fault.file.startswith("general/pt") for fault in check(begun).faults)


# What is refused


@pytest.mark.parametrize(
    ("code", "word"),
    [("xx", "two letters"), ("portuguese", "Portuguese is pt"), ("pt-BR", "Portuguese is pt"), ("", "two letters")],
)
def test_what_is_no_code_is_refused_in_one_sentence(library: Library, code: str, word: str) -> None:
    with pytest.raises(BadContent) as refused:
        add_language(library, code)
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("code", ["en", "pt"])
def test_a_language_that_is_there_is_left_alone(library: Library, code: str) -> None:
    before = {path: path.read_bytes() for path in library.root.rglob("*") if path.is_file()}
    with pytest.raises(BadContent, match="is there already"):
        add_language(library, code)
    assert {path: path.read_bytes() for path in library.root.rglob("*") if path.is_file()} == before


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    root = copy(tmp_path)
    library = load(root)
    (root / "microneedling" / ".pt.new").write_text("in the way", "utf-8")
    with pytest.raises(BadContent, match="nothing was made"):
        add_language(library, "pt")
    assert not (root / "general/pt").exists()
    assert not (root / "general/.pt.new").exists()


def test_progress_of_a_language_without_folders_says_how_to_make_them(library: Library) -> None:
    with pytest.raises(BadContent, match="add-language"):
        progress_table(library, "de")


def test_the_table_of_languages_holds_each_code_once_with_a_name() -> None:
    assert len(NAMES) == 184
    assert all(re.fullmatch("[a-z]{2}", code) and name for code, name in NAMES.items())


def test_the_phrases_of_an_empty_language_are_told_as_unwritten(empty: Path) -> None:
    symptoms = load_symptoms(empty / "general/symptoms.yaml", empty).symptoms
    with pytest.raises(ContentFaults):
        read_folder(empty / "general/pt", empty / "general", symptoms)
