"""Types, chips and usual answers of a procedure: what is named and not written, and what nobody would read, is told."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from care.check import check
from care.choices import choices
from care.faults import ContentFaults, Fault
from care.library import load
from care.pages import table
from tests.town import shared_library

CONTENT = Path(__file__).parent.parent / "content"
PROCEDURE = "microneedling/procedure.yaml"
MESSAGES = "microneedling/en/messages.md"


@dataclass(frozen=True)
class Copy:
    """A copy of content/ in which a line is changed."""

    root: Path

    def change(self, file: str, pattern: str, new: str) -> None:
        path = self.root / file
        changed, times = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
        assert times == 1, f"{pattern} is not in {file}"
        path.write_text(changed, encoding="utf-8")

    def line(self, file: str, start: str) -> int:
        lines = (self.root / file).read_text(encoding="utf-8").split("\n")
        return next(n for n, line in enumerate(lines, start=1) if line.lstrip().startswith(start))

    def found(self) -> list[Fault]:
        """What is wrong with the choices of microneedling in English."""
        library = load(self.root)
        procedure = library.procedures["microneedling"]
        return list(choices(library, procedure, table(self.root / PROCEDURE, self.root), "en"))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(Path(shutil.copytree(CONTENT, tmp_path / "content")))


def test_what_stands_in_content_offers_what_is_written() -> None:
    library = shared_library()
    for procedure in library.procedures.values():
        source = table(library.root / procedure.id / "procedure.yaml", library.root)
        assert [fault for lang in library.languages for fault in choices(library, procedure, source, lang)] == []


@pytest.mark.parametrize(
    ("pattern", "new", "start", "told"),
    [
        (r"^types: \[dark_skin,", "types: [beard, dark_skin,", "types:", "`type.beard` has no words"),
        (r"chips: \[makeup, ", "chips: [mascara, ", "chips: [mascara", "there is no topic `mascara`"),
        (r"redness: redness_expected", "redness: rosy", "redness: rosy", "there is no topic `rosy`"),
        (r"  acne_flare: \[0, 2\]\n", "", "acne_flare: breakouts", "stands below `usual:` and not below `expected:`"),
    ],
)
def test_what_a_procedure_names_must_be_there(copy: Copy, pattern: str, new: str, start: str, told: str) -> None:
    copy.change(PROCEDURE, pattern, new)
    (fault,) = copy.found()
    assert (fault.file, fault.line) == (PROCEDURE, copy.line(PROCEDURE, start))
    assert told in fault.what


def test_lines_for_a_type_that_is_misspelt_are_told(copy: Copy) -> None:
    copy.change(MESSAGES, r"^## day0\.for\.scalp$", "## day0.for.scalb")
    (fault,) = copy.found()
    assert (fault.file, fault.line) == (MESSAGES, copy.line(MESSAGES, "## day0.for.scalb"))
    assert "there is no type `scalb`" in fault.what


def test_lines_that_no_message_has_a_place_for_are_told(copy: Copy) -> None:
    copy.change(MESSAGES, r"(?<=\n\n)\{\{ for_you \}\}\n\n(?=\*\*Call)", "")
    assert {fault.what.split(":")[0] for fault in copy.found()} == {
        "`day0.for.radiofrequency` is never shown",
        "`day0.for.scalp` is never shown",
        "`day0.for.cold_sores` is never shown",
    }


@pytest.mark.parametrize(
    ("pattern", "new", "told"),
    [
        (r"chips: \[makeup, .*", "chips: [makeup, sunscreen, acids, alcohol, sleeping]", "`chips` may hold 4 topics"),
        (r"chips: \[makeup, .*", "chips: [makeup, makeup]", "`chips` may hold 4 topics, each once"),
        (r"^types: .*", "types: [Scalp]", "`Scalp`: write a type in small letters"),
        (r"^types: .*", "types: [scalp, scalp]", "`types`: write each once"),
        (r"cold_sores: \[blisters\]", "cold_sore: [blisters]", "there is no type `cold_sore` in `types:`"),
        (r"cold_sores: \[blisters\]", "cold_sores: [blister]", "there is no sign `blister` below signs:"),
    ],
)
def test_a_choice_that_cannot_be_offered_is_refused_when_it_is_read(
    copy: Copy, pattern: str, new: str, told: str
) -> None:
    copy.change(PROCEDURE, pattern, new)
    with pytest.raises(ContentFaults) as trouble:
        load(copy.root)
    assert told in str(trouble.value)


def test_a_folder_whose_name_no_button_can_carry_is_refused(copy: Copy) -> None:
    shutil.copytree(copy.root / "microneedling", copy.root / "a_name_that_is_far_too_long_for_any_button")
    with pytest.raises(ContentFaults, match="may have 37 characters"):
        load(copy.root, ["a_name_that_is_far_too_long_for_any_button"])


def test_a_label_that_a_small_button_would_cut_off_is_told_once(copy: Copy) -> None:
    copy.change("microneedling/en/faq.md", r"^label: Makeup$", "label: Makeup and false lashes")
    (fault,) = copy.found()
    assert (fault.file, fault.line) == ("microneedling/en/faq.md", copy.line("microneedling/en/faq.md", "## makeup"))
    assert fault.what == (
        "`makeup`: its label has 23 characters, and procedure.yaml names it below `chips:`, where 18 fit: shorten it"
    )


def test_the_check_tells_of_them_too(copy: Copy) -> None:
    copy.change(PROCEDURE, r"chips: \[makeup, ", "chips: [mascara, ")
    assert any("`mascara`" in fault.what and fault.file == PROCEDURE for fault in check(copy.root).faults)
