"""The safety line: who writes in a language that is not offered reads their own first, with the number."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from care.check import check
from care.decide import Situation, decide
from care.language import _TELLING, language_of
from care.library import Library, load
from care.lines import FILE, LINE, LONGEST, RIGHT_TO_LEFT
from care.model import Lane, Level, Reading
from care.understand import Reader, load_reader
from commands.talk import Talk, plain
from tests.reading import SAID, SetAnswers
from tests.test_check import Broken, Content
from tests.town import shared_library, shared_reader

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
LIBRARY = shared_library()
CLINIC = LIBRARY.clinic
SPOKEN = {"en", "es"}
MESSAGES = [json.loads(line) for line in (SAID / "foreign_lines.jsonl").read_text(encoding="utf-8").splitlines()]
READ_ALIKE = [{"da", "no"}, {"id", "ms"}, {"gl", "pt"}]
"""Languages whose speakers understand the other's line."""


def line(language: str, *, flagged: bool = True) -> str:
    """The safety line as the patient sees it."""
    return plain(LIBRARY.say(f"{LINE}{language}", "en", {"flagged": flagged}).html)


def reply(text: str, lang: str = "en", *, library: Library = LIBRARY, reader: Reader | None = None) -> list[str]:
    """What a patient reads who chose ``lang`` and writes ``text`` on day 2, paragraph by paragraph."""
    talk = Talk(library, reader or shared_reader(), NOW)
    return talk.hear(text, 2, lang).reply.split("\n\n")


# The lines


def test_there_are_lines_in_many_languages_and_in_those_that_have_a_folder() -> None:
    assert len(LIBRARY.lines - SPOKEN) >= 24
    assert set(LIBRARY.written) <= LIBRARY.lines


@pytest.mark.parametrize("language", sorted(LIBRARY.lines))
def test_every_line_names_the_numbers_and_is_short(language: str) -> None:
    danger, person = line(language).split("\n\n")
    assert CLINIC.emergency_number in danger
    assert CLINIC.phone in person
    assert CLINIC.name in person
    assert len(line(language)) <= LONGEST


@pytest.mark.parametrize("language", sorted(LIBRARY.lines))
def test_a_line_promises_a_person_only_where_staff_are_told(language: str) -> None:
    danger, person = line(language).split("\n\n")
    assert line(language, flagged=False) == danger
    assert person not in danger


@pytest.mark.parametrize("language", sorted(LIBRARY.lines))
def test_every_line_is_in_its_own_language(language: str) -> None:
    """The detector knows most lines again; what it mixes up, the readers of both understand."""
    told = language_of(line(language))[0]
    alike = [pair for pair in READ_ALIKE if language in pair]
    assert told == language or any(told in pair for pair in alike) or language in {"so", "sw"}, told


def test_the_groups_of_a_number_keep_their_order_in_a_line_from_right_to_left() -> None:
    for language in sorted(LIBRARY.lines):
        text = line(language)
        if language in RIGHT_TO_LEFT:
            assert f"\u2066{CLINIC.emergency_number}\u2069" in text
            assert f"(\u2066{CLINIC.phone}\u2069)" in text
            assert f"\u2068{CLINIC.name}\u2069" in text
        else:
            assert not re.search("[\u2066-\u2069]", text)


# Who reads them


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Posso ir à praia neste fim de semana?", "pt"),
        ("لا أستطيع التنفس ولساني متورم", "ar"),
        ("Коли мені можна знову фарбуватися?", "uk"),
        ("我什么时候可以再化妆？", "zh"),
        ("کی می‌توانم دوباره آرایش کنم؟", "fa"),
        ("میں دوبارہ میک اپ کب کر سکتی ہوں؟", "ur"),
    ],
)
@pytest.mark.parametrize("chosen", ["en", "es"])
def test_a_patient_reads_their_own_language_first_and_then_the_one_they_chose(
    text: str, language: str, chosen: str
) -> None:
    danger, person, then = reply(text, chosen)
    assert f"{danger}\n\n{person}" == line(language)
    assert then == plain(LIBRARY.say("unreadable.foreign", chosen, {}).html)


def test_without_a_line_in_that_language_the_chosen_one_stands_alone() -> None:
    assert "is" not in LIBRARY.lines
    text = "Má ég fara í sund á morgun eða er það ekki í lagi?"
    assert language_of(text)[0] == "is"
    assert reply(text) == [plain(LIBRARY.say("unreadable.foreign", "en", {}).html)]


def test_a_language_that_has_a_folder_and_is_not_offered_gets_its_line(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    content.change("clinic.yaml", r"^languages: .*", "languages: [en]")
    library = load(content.root)
    reader = load_reader(content.root / "general", library.languages, SetAnswers(), library.making)
    danger, person, then = reply("¿Cuándo puedo volver a nadar en la alberca?", library=library, reader=reader)
    assert f"{danger}\n\n{person}" == line("es")
    assert then.startswith("I do not know this language well.")


def test_a_danger_that_is_recognised_is_answered_below_the_line() -> None:
    said = reply("J'ai de la fièvre depuis hier soir et du pus sur la joue", "es")
    assert "\n\n".join(said[:2]) == line("fr")
    assert said[2].startswith("Un profesional")


PATIENT = Situation(day=2, now=NOW, procedure="microneedling", lines=LIBRARY.lines)
EMERGENCY = Reading(Level.EMERGENCY, ("breathing",), foreign="uk")


def test_nothing_comes_before_an_emergency_and_the_line_follows_it_as_fast() -> None:
    said = decide(EMERGENCY, PATIENT).says
    assert [say.words for say in said] == ["emergency.airway", "safety_line.uk"]
    assert {say.lane for say in said} == {Lane.EMERGENCY}
    assert said[1].facts["flagged"] is True


def test_a_stranger_in_an_emergency_reads_the_line_without_a_person_who_would_read_it() -> None:
    said = decide(EMERGENCY, replace(PATIENT, known=False)).says
    assert [say.words for say in said] == ["emergency.airway", "safety_line.uk"]
    assert said[1].facts["flagged"] is False


def test_a_stranger_is_otherwise_told_how_to_join_and_nothing_else() -> None:
    calm = Reading(Level.REVIEW, ("unreadable",), readable=False, language="uk", foreign="uk")
    assert [say.words for say in decide(calm, replace(PATIENT, known=False)).says] == ["start.no_invitation"]


def test_the_safety_questions_come_with_the_line_which_promises_nobody() -> None:
    said = decide(Reading(asks=True, foreign="pt"), PATIENT).says
    assert [say.words for say in said] == ["safety_line.pt", "unsure.ask"]
    assert said[0].facts["flagged"] is False


def test_small_talk_is_answered_without_the_line() -> None:
    assert [say.words for say in decide(Reading(small_talk="thanks", foreign="fr"), PATIENT).says] == ["small.thanks"]


# How well the language is known


@pytest.mark.parametrize("said", MESSAGES, ids=lambda said: said["id"])
def test_the_line_that_is_shown_is_the_one_that_is_known_to_be(said: dict[str, object]) -> None:
    """When this fails for a message whose own language is shown now, write that language into its line."""
    assert shared_reader().read(str(said["text"]), int(str(said["day"])), "en").foreign == said["language"]


def test_of_the_messages_in_all_languages_nearly_all_get_their_own_line() -> None:
    assert {said["lang"] for said in MESSAGES} == LIBRARY.lines - SPOKEN
    right = sum(said["lang"] == said["language"] for said in MESSAGES)
    assert right / len(MESSAGES) >= 0.96
    wrong = [said for said in MESSAGES if said["language"] not in ("", said["lang"])]
    strange = [said for said in wrong if {said["lang"], said["language"]} not in READ_ALIKE]
    assert len(strange) <= 2, strange


def test_a_foreign_message_is_never_left_without_a_person() -> None:
    assert {said["level"] for said in MESSAGES} <= {"review", "urgent", "emergency"}


def test_nobody_who_writes_english_or_spanish_reads_a_line_of_another_language() -> None:
    reader = shared_reader()
    for path in sorted(SAID.glob("*.jsonl")):
        for said in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if said["lang"] in SPOKEN and language_of(said["text"])[1] < 0.9:
                assert reader.read(said["text"], said["day"], said["lang"]).foreign == "", said["text"]


def test_no_word_that_tells_a_language_is_one_that_the_clinics_own_patients_write() -> None:
    for lexicon in shared_reader().lexicons:
        for language, words in _TELLING.items():
            assert not words & lexicon.words, (lexicon.language, language)


# What is wrong with the file


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    content = Content(tmp_path_factory.mktemp("lines") / "content")
    content.put(FILE, "de", "Rufen Sie an.\n{% if flagged %}\nEin Mensch liest das.\n{% endif %}")
    content.put(FILE, "fr", "Appelez le {{ emergency }} ({{ phone }}).")
    content.put(FILE, "it", "Chiami il {{ emergency_number }} ({{ phone }}). " + "Per favore. " * 40)
    content.put(FILE, "nl", "")
    return Broken(content, check(content.root).faults)


def test_a_line_without_its_numbers_is_told(broken: Broken) -> None:
    broken.tells(FILE, "## de", "`de` does not name the emergency number")
    broken.tells(FILE, "## de", "`de` does not name the clinic's phone number")


def test_a_line_that_cannot_be_filled_in_is_told(broken: Broken) -> None:
    broken.tells(FILE, "## fr", "`fr` can't be filled in", "emergency")


def test_a_line_that_is_too_long_is_told(broken: Broken) -> None:
    broken.tells(FILE, "## it", f"a safety line may have {LONGEST}")


def test_a_heading_without_a_line_is_told(broken: Broken) -> None:
    broken.tells(FILE, "## nl", "`nl` is empty")


@pytest.mark.parametrize(
    ("pattern", "new", "start", "words"),
    [
        ("^## pt$", "## pt-BR", "## pt-BR", "`pt-BR` is no language"),
        ("^## pt$", "## fr", "", "keep one of the two"),
        (r"\{% endif %\}", "", "", "`safety_line.en`"),
    ],
)
def test_a_file_of_lines_that_cannot_be_read_is_told(
    tmp_path: Path, pattern: str, new: str, start: str, words: str
) -> None:
    content = Content(tmp_path / "content")
    content.change(FILE, pattern, new)
    Broken(content, check(content.root).faults).tells(FILE, start, words)


def test_a_file_of_lines_that_is_gone_is_told(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    (content.root / FILE).unlink()
    assert any(fault.file == FILE and "missing" in fault.what for fault in check(content.root).faults)
