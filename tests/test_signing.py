"""A clinician's name below the words: what it takes, what it covers, and what is offered without it."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aftercare import House
from care.check import Checked, check
from care.faults import Fault
from care.library import Library, load
from care.signing import Unsigned, place_of, sealed, signable, signatures, uncounted
from commands.parts import BadContent, open_offered
from commands.signing import show_log, sign
from settings import Settings, read_settings
from tests.test_cli import Desk, desk, live  # noqa: F401 - fixtures
from tests.town import TOKEN, Town, shared_reader

CONTENT = Path(__file__).parent.parent / "content"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SAFETY, SYMPTOMS, PROCEDURE = "general/en/safety.md", "general/symptoms.yaml", "microneedling/procedure.yaml"
RUIZ = "Dr Ana Ruiz"


class Words:
    """A content folder of one's own, and a clinician who signs in it."""

    def __init__(self, origin: Path, root: Path) -> None:
        self.root = Path(shutil.copytree(origin, root))

    def settings(self, **more: Any) -> Settings:
        return read_settings(content_dir=self.root, database_url=f"sqlite:///{self.root.parent / 'd.sqlite3'}", **more)

    def sign(self, *files: str, reviewer: str = RUIZ, sure: bool = True, faults: Sequence[Fault] = ()) -> None:
        """As the command, without the check of the whole folder: it takes seconds."""
        found = Checked(tuple(faults), (), self.library())
        sign(self.root, found, files, reviewer, NOON, everything=not files, sure=lambda: sure)

    def refuses(self, *files: str, **how: Any) -> str:
        with pytest.raises(BadContent) as told:
            self.sign(*files, **how)
        return str(told.value)

    def reword(self, file: str) -> None:
        """Other words, which are right as well."""
        self.change(file, " call {{", " now call {{")

    def text(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = self.text(file)
        assert old in text, f"{old!r} stands in {file}"
        (self.root / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def library(self) -> Library:
        return load(self.root)

    def why(self, file: str) -> str:
        return self.library().drafts.get(file, "")

    def offered(self) -> Library:
        return open_offered(self.settings())


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return Words(CONTENT, tmp_path / "content")


@pytest.fixture(scope="module")
def all_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our words with a clinician's name below each, to be copied."""
    whole = Words(CONTENT, tmp_path_factory.mktemp("signed") / "content")
    whole.sign()
    return whole.root


@pytest.fixture
def signed(all_signed: Path, tmp_path: Path) -> Words:
    return Words(all_signed, tmp_path / "content")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    lines = list(difflib.ndiff(before.split("\n"), after.split("\n")))
    gone, come = ([line[2:] for line in lines if line.startswith(sign)] for sign in ("- ", "+ "))
    return gone, come


# What is signed


def test_nothing_of_ours_is_signed_in_anybodys_name() -> None:
    assert signatures(CONTENT) == ()
    assert all(not sealed(path, CONTENT).said("reviewer") for path in signable(CONTENT))


def test_what_patients_read_and_what_decides_about_them_is_signed_and_nothing_else(words: Words) -> None:
    files = {path.relative_to(words.root).as_posix() for path in signable(words.root)}
    assert {SAFETY, SYMPTOMS, PROCEDURE, "general/es/faq.md", "microneedling/es/messages.md"} <= files
    assert {"microneedling/sources/care_sheet.md", "general/sources/safety_sheet.md"} <= files
    assert not any("staff.md" in file or "phrases" in file or "scope" in file or "/s00" in file for file in files)
    library = words.library()
    offered = {file for file in files if file.startswith(("general/", *(f"{id}/" for id in library.procedures)))}
    assert set(library.drafts) == {file for file in offered if place_of(file)[1] in ("", *library.clinic.languages)}


def test_a_signature_writes_name_day_and_seal_and_touches_nothing_else(words: Words) -> None:
    for file in (SAFETY, SYMPTOMS, PROCEDURE, "general/emergency_numbers.yaml"):
        before = words.text(file)
        words.sign(file)
        seal = sealed(words.root / file, words.root).seal
        assert changed_lines(before, words.text(file)) == (
            ["reviewer:", "signed:"],
            [f"reviewer: {RUIZ}", "signed: 2026-03-02", f"seal: {seal}"],
        )
        assert words.why(file) == ""


def test_a_file_that_windows_saved_keeps_its_line_ends_and_has_the_same_seal(words: Words) -> None:
    path = words.root / SAFETY
    seal = sealed(path, words.root).seal
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    words.sign(SAFETY)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf---\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert f"seal: {seal}\r\n".encode() in raw
    path.write_bytes(raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    assert words.why(SAFETY) == ""


@pytest.mark.parametrize("name", ["O'Neill: dermatology", '"Doc" Ruiz', "Dra. Inés Muñoz #2", "yes", "2026"])
def test_any_name_is_read_back_as_it_was_signed(words: Words, name: str) -> None:
    words.sign(SAFETY, reviewer=name)
    assert sealed(words.root / SAFETY, words.root).said("reviewer") == name
    assert words.why(SAFETY) == ""


def test_every_signature_is_a_line_of_its_own(words: Words) -> None:
    words.sign(SAFETY)
    words.change(SAFETY, "version: 1", "version: 2")
    words.reword(SAFETY)
    words.sign(SAFETY, SYMPTOMS, reviewer="Dr Ben, Lumen")
    told = [(one.date, one.file, one.version, one.reviewer) for one in signatures(words.root)]
    assert told == [
        ("2026-03-02", SAFETY, "1", RUIZ),
        ("2026-03-02", SAFETY, "2", "Dr Ben, Lumen"),
        ("2026-03-02", SYMPTOMS, "1", "Dr Ben, Lumen"),
    ]
    assert words.text("signatures.csv").startswith("date,file,version,reviewer,seal\n")
    assert words.why(SAFETY) == ""


def test_everything_can_be_signed_at_once(signed: Words) -> None:
    assert signed.library().drafts == {}
    assert signed.refuses() == "nothing is left to sign"


# What no longer counts as signed


def test_a_word_that_is_changed_makes_a_draft_of_its_file_again(words: Words) -> None:
    words.sign(SAFETY)
    words.reword(SAFETY)
    told = f"was changed after {RUIZ} signed version 1: count `version:` up and have it signed again"
    assert words.why(SAFETY) == told
    (fault,) = uncounted(words.root)
    assert words.text(SAFETY).split("\n")[fault.line - 1] == "version: 1"
    assert "count `version:` up" in fault.what
    found = check(words.root)
    assert fault in found.faults
    assert f"{SAFETY}: draft, {told}" in found.notes


def test_a_new_version_is_a_draft_and_no_fault(words: Words) -> None:
    words.sign(SAFETY)
    words.reword(SAFETY)
    words.change(SAFETY, "version: 1", "version: 2")
    assert words.why(SAFETY) == f"was changed after {RUIZ} signed version 1: have version 2 signed"
    assert not list(uncounted(words.root))
    words.sign(SAFETY)
    assert words.why(SAFETY) == ""


def test_emptying_the_signature_does_not_hide_a_change_that_was_not_counted(words: Words) -> None:
    words.sign(SAFETY)
    words.reword(SAFETY)
    words.change(SAFETY, f"reviewer: {RUIZ}", "reviewer:")
    assert "count `version:` up" in words.why(SAFETY)
    assert [fault.file for fault in uncounted(words.root)] == [SAFETY]


def test_a_table_of_care_that_is_changed_is_a_draft_again(words: Words) -> None:
    words.sign(SYMPTOMS, PROCEDURE)
    words.change(SYMPTOMS, "  pus: urgent", "  pus: review")
    words.change(PROCEDURE, "late_hours: 14", "late_hours: 15")
    assert "was changed after" in words.why(SYMPTOMS)
    assert "was changed after" in words.why(PROCEDURE)


def test_a_name_typed_by_hand_is_no_signature(words: Words) -> None:
    words.change(SAFETY, "reviewer:\nsigned:\n", f"reviewer: {RUIZ}\nsigned: 2026-03-02\n")
    assert "aftercare content sign" in words.why(SAFETY)
    seal = sealed(words.root / SAFETY, words.root).seal
    words.change(SAFETY, "signed: 2026-03-02\n", f"signed: 2026-03-02\nseal: {seal}\n")
    assert "aftercare content sign" in words.why(SAFETY)


def test_what_says_about_a_file_is_not_sealed_but_its_version_is_watched(words: Words) -> None:
    words.sign(SAFETY)
    words.change(SAFETY, "about: ", "about: All of ")
    assert words.why(SAFETY) == ""
    words.change(SAFETY, "version: 1", "version: 2")
    assert words.why(SAFETY) != ""


def test_a_line_of_the_signatures_that_cannot_be_read_is_told(signed: Words) -> None:
    with (signed.root / "signatures.csv").open("a", encoding="utf-8") as stream:
        stream.write("half a line\n")
    fault = check(signed.root).faults[0]
    assert (fault.file, fault.line) == ("signatures.csv", len(signed.text("signatures.csv").split("\n")) - 1)


# What can't be signed


def test_words_with_a_fault_are_not_signed(words: Words, capsys: pytest.CaptureFixture[str]) -> None:
    fault = Fault(SAFETY, 9, "`safety.line` says “normal”")
    assert "mend what is told above" in words.refuses(SAFETY, faults=[fault])
    assert str(fault) in capsys.readouterr().out
    assert "mend what is told above" in words.refuses(faults=[fault])
    words.sign(SYMPTOMS, faults=[fault])
    assert [one.file for one in signatures(words.root)] == [SYMPTOMS]


def test_the_command_looks_for_faults_itself(desk: Desk, words: Words) -> None:  # noqa: F811
    words.change("clinic.yaml", "zone: ", "zone: Mars/")
    command = ("content", "sign", SAFETY, "--reviewer", RUIZ, "--yes")
    desk(*command, CONTENT_DIR=str(words.root)).refuses("run aftercare check")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["general/en/staff.md"], "is no file of content/ that a clinician signs"),
        (["clinic.yaml"], "is no file of content/ that a clinician signs"),
        (["general/en/nothing.md"], "is no file of content/ that a clinician signs"),
        (["/etc/passwd"], "is no file of content/ that a clinician signs"),
        ([SYMPTOMS, SAFETY], f"{SAFETY} is signed already"),
    ],
)
def test_what_is_not_to_be_signed_is_told_and_nothing_is(words: Words, files: list[str], told: str) -> None:
    words.sign(SAFETY)
    assert told in words.refuses(*files)
    assert len(signatures(words.root)) == 1


def test_nobody_signs_without_a_name_or_without_saying_yes(words: Words) -> None:
    assert "--reviewer" in words.refuses(SAFETY, reviewer="  ")
    assert words.refuses(SAFETY, sure=False) == "nothing was signed"
    assert words.why(SAFETY) == "nobody has signed it"


def test_what_is_signed_is_shown_before(words: Words, capsys: pytest.CaptureFixture[str]) -> None:
    words.refuses(SAFETY, sure=False)
    shown = capsys.readouterr().out
    assert "safety.line" in shown
    assert "emergency.airway" in shown


# What is offered


def test_what_is_signed_is_offered(signed: Words) -> None:
    library = signed.offered()
    assert (library.languages, library.offered) == (("en", "es"), ("microneedling",))
    assert library.withheld == {}


@pytest.mark.parametrize(
    "file", [SAFETY, SYMPTOMS, PROCEDURE, "microneedling/en/faq.md", "general/sources/safety_sheet.md"]
)
def test_nothing_is_offered_while_a_draft_is_needed_by_everybody(signed: Words, file: str) -> None:
    with (signed.root / file).open("a", encoding="utf-8") as stream:
        stream.write("\n# more\n" if file.endswith(".yaml") else "\n<!-- more -->\n")
    with pytest.raises(BadContent, match=f"1 file is a draft, such as {file}"):
        signed.offered()
    assert open_offered(signed.settings(allow_unsigned=True)).languages == ("en", "es")


@pytest.mark.parametrize("file", ["general/es/safety.md", "microneedling/es/messages.md"])
def test_a_further_language_that_is_a_draft_is_not_offered_and_is_still_spoken(signed: Words, file: str) -> None:
    signed.change(file, "version: 1", "version: 2")
    library = signed.offered()
    assert (library.languages, library.complete) == (("en",), ("en", "es"))
    assert list(library.withheld) == ["es"]
    assert library.say("safety.line", "es", {}).html.startswith("¿")
    assert any(note.startswith("es: not offered") and file in note for note in check(signed.root).notes)


def test_a_further_procedure_that_is_a_draft_is_not_offered_and_says_why(signed: Words) -> None:
    library = signed.library()
    library.offer_signed()
    library.drafts = {"peel/procedure.yaml": "nobody has signed it"}
    library.procedures = {**library.procedures, "peel": library.procedures["microneedling"]}
    library.offer_signed()
    assert library.offered == ("microneedling",)
    assert library.languages == ("en", "es")
    assert library.withheld == {"peel": "peel/procedure.yaml nobody has signed it"}


def test_nothing_is_offered_when_every_procedure_is_a_draft(signed: Words) -> None:
    library = signed.library()
    library.drafts = {"microneedling/grid.yaml": "nobody has signed it"}
    with pytest.raises(Unsigned, match="such as microneedling/grid"):
        library.offer_signed()


def test_the_bot_does_not_start_on_drafts_and_says_what_to_do(live: Desk) -> None:  # noqa: F811
    for command in (["run"], ["enrol"]):
        live(*command, ALLOW_UNSIGNED="0").refuses(
            "files are drafts", "aftercare content sign --all --reviewer NAME", "ALLOW_UNSIGNED=1"
        )
    assert not live.database.exists()
    live("run", ALLOW_UNSIGNED="perhaps").refuses("ALLOW_UNSIGNED must be 0 or 1")


def test_the_bot_starts_on_signed_words(signed: Words) -> None:
    settings = signed.settings(telegram_bot_token=TOKEN)
    house = House(settings, reader=shared_reader())
    house.store.close_now()
    assert house.library.languages == ("en", "es")


def test_doctor_and_status_name_the_drafts(live: Desk) -> None:  # noqa: F811
    assert "files are drafts that a clinician must sign" in live("doctor").out
    refused = live("doctor", ALLOW_UNSIGNED="0").out
    assert "✗ content" in refused
    assert "aftercare content sign" in refused
    assert "files are drafts" in live("status").out


def test_the_command_signs_and_the_log_tells_it(desk: Desk, signed: Words) -> None:  # noqa: F811
    place = {"CONTENT_DIR": str(signed.root), "ALLOW_UNSIGNED": "0"}
    signed.change(SAFETY, "version: 1", "version: 2")
    ended = desk("content", "sign", SAFETY, "--reviewer", "Dr Eve", stdin="n\n", **place)
    ended = desk("content", "sign", SAFETY, "--reviewer", "Dr Eve", "--yes", **place)
    assert ended.code == 0, ended.err
    told = desk("content", "log", "safety.line", **place).out
    assert "Dr Eve" in told
    assert RUIZ in told
    assert "Sent" not in told
    desk("content", "log", "nonsense", **place).refuses("no words and no file `nonsense`")
    desk("content", "sign", "--reviewer", "Dr Eve", **place).refuses("name the files to sign, or write --all")


async def test_staff_can_not_enrol_for_a_procedure_that_is_a_draft(place: Town) -> None:
    name = place.library.procedure_name("microneedling", "en").capitalize()
    place.person("anna").says("/enroll", chat=place.group.id)
    await place.settle()
    place.library.offered = ()
    try:
        await place.press("anna", name)
        assert place.texts("staff")[-1].startswith(f"{name} cannot be offered yet: no clinician has signed")
        place.person("anna").says("/enroll", chat=place.group.id)
        await place.settle()
        assert place.shown("staff")[-1]["inline"] == []
    finally:
        place.library.offered = tuple(place.library.procedures)


def test_the_log_without_a_name_lists_every_signature(signed: Words, capsys: pytest.CaptureFixture[str]) -> None:
    show_log(signed.settings(), "")
    shown = capsys.readouterr().out
    assert shown.count(RUIZ) == len(signatures(signed.root))
