"""Two procedures side by side: everybody reads, is asked and is answered what belongs to their own."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from care.check import Checked, check
from care.faq import FaqIndex
from care.library import Library, load
from care.model import Level, Reading
from care.understand import Reader
from commands.parts import open_reader
from commands.talk import Talk
from tests.town import MONDAY, Town, shared_library, town

TESTS = Path(__file__).parent
CONTENT = TESTS.parent / "content"


def offered(folder: Path, *procedures: str) -> Path:
    """A copy of content/ that offers these procedures; the facial is a whole one as small as can be."""
    root = Path(shutil.copytree(CONTENT, folder / "content"))
    shutil.copytree(TESTS / "second" / "facial", root / "facial")
    clinic = (root / "clinic.yaml").read_text(encoding="utf-8")
    named = re.sub(r"^procedures: .*", f"procedures: [{', '.join(procedures)}]", clinic, flags=re.MULTILINE)
    (root / "clinic.yaml").write_text(named, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offered(tmp_path_factory.mktemp("second"), "microneedling", "facial")


@cache
def library_of(root: Path) -> Library:
    return load(root)


@cache
def reader_of(root: Path) -> Reader:
    return open_reader(library_of(root))


@pytest.fixture
async def place(root: Path, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path, content_dir=root) as opened:
        yield opened


# In content/


def test_a_whole_second_procedure_passes_the_check(root: Path) -> None:
    found = check(root)
    assert found.faults == ()
    assert any(note.startswith("facial: offered, 4 messages") for note in found.notes)


def test_a_procedure_that_is_not_named_is_said_to_be_complete(tmp_path: Path) -> None:
    found = check(offered(tmp_path, "microneedling"))
    assert any(note.startswith("facial: complete; it is offered once clinic.yaml names it") for note in found.notes)


def test_the_peel_is_not_offered_and_the_check_says_why() -> None:
    found = check(CONTENT)
    assert found.faults == ()
    (told,) = (note for note in found.notes if note.startswith("chemical_peel:"))
    assert "not offered, clinic.yaml does not name it" in told
    assert "nobody has signed" in told
    assert "to mend first" in told
    assert "chemical_peel" not in shared_library().procedures


@pytest.fixture(scope="module")
def with_peel(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return check(offered(tmp_path_factory.mktemp("peel"), "microneedling", "chemical_peel"))


@pytest.mark.parametrize("id", ["day2", "day3", "day5", "day7", "day14", "day2.late"])
def test_a_peel_that_is_offered_half_written_fails_the_check_with_what_is_missing(with_peel: Checked, id: str) -> None:
    empty = {fault.what for fault in with_peel.faults if fault.file == "chemical_peel/en/messages.md"}
    assert f"`{id}` is empty: write its words" in empty


def test_a_peel_without_spanish_is_told_although_needling_answers_the_same_topics(with_peel: Checked) -> None:
    told = {fault.file for fault in with_peel.faults if "this file is missing" in fault.what}
    assert {f"chemical_peel/es/{name}" for name in ("messages.md", "faq.md", "grid.md", "things.yaml")} <= told


def test_what_is_written_of_the_peel_has_no_other_faults(with_peel: Checked) -> None:
    rest = [fault for fault in with_peel.faults if not re.search(r"no words|is empty|is missing", fault.what)]
    assert rest == []


# Answers


def test_a_topic_of_two_procedures_has_an_answer_of_each(root: Path) -> None:
    library = library_of(root)
    own = {home: library.books["en"].of(home).answers["makeup"].on(0) for home in ("microneedling", "facial")}
    assert own["facial"].startswith("No makeup on the day of a facial.")
    assert own["microneedling"].startswith("No makeup today or tomorrow.")


def test_a_patient_is_answered_from_the_own_and_the_general_topics_alone(root: Path) -> None:
    library = library_of(root)
    facial = library.books["en"].of("facial").answers
    assert {"makeup", "steam", "rosy", "appointment"} <= facial.keys()
    assert not {"retinoids", "what_is"} & facial.keys()
    assert "steam" not in library.books["en"].of("microneedling").answers
    assert library.answers("steam", "facial")
    assert not library.answers("steam", "microneedling")


def test_who_has_no_procedure_is_answered_from_what_holds_for_everybody(root: Path) -> None:
    general = library_of(root).books["en"].of("").answers
    assert set(general) == set(library_of(root).books["en"].of("one that is no longer offered").answers)
    assert "appointment" in general
    assert not {"makeup", "steam"} & general.keys()


def test_with_one_procedure_nobody_needs_to_name_it() -> None:
    book = shared_library().books["en"]
    assert book.of("").answers == book.of("microneedling").answers
    assert "makeup" not in book.of("one that is no longer offered").answers


def test_who_had_what_is_no_longer_offered_is_answered_by_no_other_procedure() -> None:
    index = FaqIndex(shared_library().books.values())
    assert index.search("when can i wear makeup", "en", "one that is no longer offered") == ()
    assert index.search("when can i wear makeup", "en")[0][0] == "makeup"


def test_searching_finds_the_own_topics_and_no_others(root: Path) -> None:
    index = FaqIndex(library_of(root).books.values())
    for text, procedure, topic in (
        ("when can i use a steam room", "facial", "steam"),
        ("when can i use a steam room", "microneedling", "water_heat"),
        ("when can I use retinol again", "microneedling", "retinoids"),
    ):
        assert index.search(text, "en", procedure)[0][0] == topic
    assert "retinoids" not in dict(index.search("when can I use retinol again", "en", "facial"))


def test_needling_is_searched_as_if_it_were_alone(root: Path) -> None:
    alone, beside = FaqIndex(shared_library().books.values()), FaqIndex(library_of(root).books.values())
    for text in ("can i go swimming", "is this redness ok", "what does it cost"):
        assert beside.search(text, "en", "microneedling") == alone.search(text, "en")


# Signs


def reading(root: Path, day: int, procedure: str) -> Reading:
    return replace(reader_of(root), others=()).read("my face is red", day, "en", procedure)


def test_what_is_expected_ends_where_the_own_procedure_says(root: Path) -> None:
    assert reading(root, 1, "facial").level is Level.NONE
    assert reading(root, 2, "facial").level is Level.REVIEW
    assert reading(root, 3, "microneedling").level is Level.NONE
    assert reading(root, 4, "microneedling").level is Level.REVIEW


def test_a_sign_that_a_procedure_does_not_name_is_never_expected_after_it(root: Path) -> None:
    peeling = "my skin is peeling"
    assert reader_of(root).read(peeling, 3, "en", "microneedling").level is Level.NONE
    assert reader_of(root).read(peeling, 3, "en", "facial").level is Level.REVIEW


def test_a_procedure_cannot_widen_what_is_expected(root: Path) -> None:
    table = reader_of(root).table
    wide = table.after({"redness": (0, 9), "pus": (0, 9)})
    assert wide.level("redness", 3) is Level.NONE
    assert wide.level("redness", 4) is Level.REVIEW
    assert wide.level("pus", 1) is Level.URGENT


@pytest.mark.parametrize("day", range(15))
def test_after_needling_every_day_is_read_as_the_general_table_has_it(root: Path, day: int) -> None:
    reader = reader_of(root)
    own = reader.tables["microneedling"]
    assert [s for s in reader.table.symptoms if own.level(s, day) != reader.table.level(s, day)] == []


# In the chat


async def joined(place: Town, name: str, procedure: str) -> None:
    """Enrolled in the group for a procedure, session just now, messages at 10:00."""
    place.person("anna").says("/enroll", chat=place.group.id)
    await place.settle()
    label = place.library.procedure_name(procedure, "en").capitalize()
    for step in (label, *(["None of these"] if place.library.procedures[procedure].types else []), "Just now"):
        await place.press("anna", step)
    place.person(name).starts(place.find("staff", "?start=")["caption"].split("?start=")[1].split()[0])
    await place.settle()
    for step in ("English", "Yes, I agree", "Yes, that is right", "Yes, the same time", "10:00"):
        await place.press(name, step)


async def test_two_patients_of_two_procedures_each_get_their_own(place: Town) -> None:
    await joined(place, "flora", "facial")
    await joined(place, "maya", "microneedling")
    assert "Facial day 0 · Lumen Skin Clinic" in place.texts("flora")[-1]
    assert "Day 0 · Lumen Skin Clinic" in place.texts("maya")[-1]
    for name in ("flora", "maya"):
        await place.says(name, "when can i wear makeup")
    assert place.texts("flora")[-1].startswith("No makeup on the day of a facial.")
    assert place.texts("flora")[-1].endswith("From: Facial sheet")
    assert place.texts("maya")[-1].startswith("No makeup today or tomorrow.")


async def test_needlings_answers_are_not_given_after_a_facial(place: Town) -> None:
    await joined(place, "flora", "facial")
    await place.says("flora", "when can I use retinol again")
    assert "From:" not in place.texts("flora")[-1]
    assert "retinol" not in place.texts("flora")[-1].lower()


async def test_a_chip_is_answered_from_the_own_procedure(place: Town) -> None:
    await joined(place, "flora", "facial")
    await place.press("flora", "Makeup")
    assert place.texts("flora")[-1].startswith("No makeup on the day of a facial.")


async def test_a_chip_of_an_older_session_is_offered_to_the_clinic(place: Town) -> None:
    await joined(place, "flora", "facial")
    await place.forward(MONDAY.replace(day=3, hour=11))
    await joined(place, "flora", "microneedling")
    await place.press("flora", "Steam")
    assert "I don't have that from your clinic" in place.texts("flora")[-1]


async def test_check_ins_ask_the_own_signs_in_the_own_words(place: Town) -> None:
    await joined(place, "flora", "facial")
    await place.forward(MONDAY.replace(day=3, hour=11))
    assert any("Facial day 1" in text for text in place.texts("flora"))
    await place.press("flora", "Better")
    labels = [button["text"] for row in place.shown("flora")[-1]["inline"] for button in row]
    assert labels == ["Hard to breathe, swollen lips or tongue", "None of these"]
    await place.press("flora", "None of these")
    assert "Is there a rash that stings?" in place.texts("flora")[-1]
    await place.press("flora", "Yes")
    assert "Spring facial · day 1" in place.find("staff", "URGENT")["text"]
    assert "A rash that stings: Yes" in place.find("staff", "URGENT")["text"]


async def test_late_messages_and_the_plan_are_the_own_ones(place: Town) -> None:
    await joined(place, "flora", "facial")
    await place.says("flora", "/plan")
    assert "Day 3: goodbye" in place.texts("flora")[-1]
    await place.close()
    place.clock.set(MONDAY.replace(day=4, hour=11))
    await place.open()
    await place.forward(MONDAY.replace(day=4, hour=11, minute=5))
    assert "Facial day 2" in place.texts("flora")[-1]
    assert "No steam before day 3." in place.texts("flora")[-1]


async def test_a_stranger_with_two_procedures_is_told_of_none(place: Town) -> None:
    await place.says("zoe", "i cannot breathe")
    assert "Call 999 / 112 now" in place.texts("zoe")[-1]


def test_the_terminal_talks_as_a_patient_of_the_procedure_that_is_named(root: Path) -> None:
    library, reader = library_of(root), reader_of(root)
    talk = Talk(library, reader, MONDAY, procedure="facial")
    heard = talk.hear("when can i wear makeup", 0, "en")
    assert heard.reply.startswith("No makeup on the day of a facial.")
    assert heard.source == "Facial sheet"
