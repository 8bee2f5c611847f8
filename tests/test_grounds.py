"""Every text for patients stands on facts: what does not is told with its file and line."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from care.check import check
from care.faults import Fault
from care.grounds import grounds, loose_ends
from care.library import load

CONTENT = Path(__file__).parent.parent / "content"
MESSAGES, MESSAGES_ES, FAQ, FAQ_ES = (
    f"microneedling/{lang}/{file}" for file in ("messages.md", "faq.md") for lang in ("en", "es")
)
SAFETY, CHECKIN, SERVICE, ENROLMENT = (
    f"general/en/{file}.md" for file in ("safety", "checkin", "service", "enrolment")
)
SERVICE_ES, LINES = "general/es/service.md", "general/safety_lines.md"
CARE_SHEET, SAFETY_SHEET = "microneedling/sources/care_sheet.md", "general/sources/safety_sheet.md"
GRID = "microneedling/grid.yaml"


@dataclass
class Seeded:
    """A copy of content/ in which things are broken, and what was told of it."""

    root: Path
    faults: tuple[Fault, ...] = ()
    places: dict[str, tuple[str, int]] = field(default_factory=dict)

    def change(self, name: str, file: str, heading: str, pattern: str, new: str) -> None:
        """Break the first line that ``pattern`` is in, from the line on that begins with ``heading``."""
        lines = (self.root / file).read_text(encoding="utf-8").split("\n")
        start = next(n for n, line in enumerate(lines) if re.match(re.escape(heading) + r"(\s|$)", line))
        number = next(n for n, line in enumerate(lines[start:], start=start) if re.search(pattern, line))
        lines[number] = re.sub(pattern, new, lines[number], count=1)
        (self.root / file).write_text("\n".join(lines), encoding="utf-8")
        self.places[name] = (file, number + 1)

    def told(self, name: str, *, above: int = 0) -> list[str]:
        """What is told of the line that was broken, or of one so many lines above it."""
        file, line = self.places[name]
        return [fault.what for fault in self.faults if (fault.file, fault.line) == (file, line - above)]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    broken = Seeded(Path(shutil.copytree(CONTENT, tmp_path_factory.mktemp("seeded") / "content")))
    for seed in SEEDS:
        broken.change(*seed)
    broken.faults = tuple(grounds(load(broken.root)))
    return broken


SEEDS = [
    # name, file, from which line on, what, instead
    ("no facts", MESSAGES, "## day2", r"^rests on:.*", ""),
    ("no facts in safety", SAFETY, "## emergency.sight", r"^rests on:.*", ""),
    ("no facts in a question", CHECKIN, "## ask.pus", r"^rests on:.*", ""),
    ("no such fact", SAFETY, "## emergency.chest", r"safety_sheet\.13", "safety_sheet.99"),
    ("a procedure's fact", SAFETY, "## emergency.bleeding", r"safety_sheet\.18", "care_sheet.8"),
    ("must not be used", FAQ, "## needle_depth", r"(?<=rests on: )", "s002.13, "),
    ("a number of a message", MESSAGES, "## day3", r"SPF 30", "SPF 15"),
    ("another day", MESSAGES, "## day5", r"\*\*Day 5", "**Day 88"),
    ("a number of an answer", FAQ, "## pores", r"takes weeks", "takes 9 weeks"),
    ("a number of a Spanish answer", FAQ_ES, "## cold_compress", r"10 minutos", "55 minutos"),
    ("a number of a question", CHECKIN, "## checkin.danger", r"10 minutes", "55 minutes"),
    ("a number with a comma", MESSAGES, "## day21.late", r"weeks later", "1,5 weeks later"),
    ("a number of the service", SERVICE, "## small.hello", r"today\?", "after 48 hours?"),
    ("whom to call", SERVICE, "## small.fine", r"write to me", "call {{ emergency_number }}"),
    ("a rule", CHECKIN, "## checkin.closed", r"You can", "Never pick. You can"),
    ("a line in another language", LINES, "## fr", r"^rests on:.*", ""),
    ("other facts in Spanish", MESSAGES_ES, "## day1.late", r", care_sheet\.20", ""),
    ("a sheet's number", CARE_SHEET, "35. Touching:", r"no picking", "no picking for 11 days"),
    ("a weak ground", CARE_SHEET, "66. The", r", own\]", "]"),
    ("no Spanish title", SAFETY_SHEET, "titles:", r"^  es: .*", "  fr: “Fiche”"),
    ("a day of the grid", GRID, "sunscreen:", r"from 1 do", "1-4 plain, from 5 do"),
    # what is no fault
    ("behind the sheet", MESSAGES, "## day5.late", r"(?<=rests on: )", "care_sheet.65, "),
    ("behind the sheet in Spanish", MESSAGES_ES, "## day5.late", r"(?<=rests on: )", "care_sheet.65, "),
    ("a number behind the sheet", MESSAGES, "## day5.late", r"before day 7", "for 63 hours"),
    ("a label", SERVICE, "## title.day1", r"Day 1", "Day 19"),
    ("template code", MESSAGES, "## day10.late", r"^New bumps", "{% if day == 77 %}{% endif %}New bumps"),
]
HARMLESS = 5
"""How many seeds at the end are no faults."""


def test_all_that_stands_in_content_stands_on_facts() -> None:
    library = load(CONTENT)
    assert list(grounds(library)) == []
    assert loose_ends(library) == []


@pytest.mark.parametrize(
    ("name", "above", "words"),
    [
        ("no facts", 1, ("`day2` names no fact", "rests on: …")),
        ("no facts in safety", 1, ("`emergency.sight` names no fact",)),
        ("no facts in a question", 1, ("`ask.pus` names no fact",)),
        ("no such fact", 1, ("`emergency.chest` rests on safety_sheet.99", "no such fact")),
        ("a procedure's fact", 1, ("`emergency.bleeding` rests on care_sheet.8", "no such fact")),
        ("must not be used", 2, ("`needle_depth` rests on s002.13", "no outside source")),
        ("a number of a message", 0, ("`day3` says 15", "care_sheet.19")),
        ("another day", 0, ("`day5` says 88",)),
        ("a number of an answer", 0, ("`pores` says 9", "care_sheet.56")),
        ("a number of a Spanish answer", 0, ("`cold_compress` from day 0 says 55",)),
        ("a number of a question", 0, ("`checkin.danger` says 55",)),
        ("a number with a comma", 0, ("`day21.late` says 1.5",)),
        ("a number of the service", 0, ("`small.hello` says 48", "it names none")),
        ("a number of the service", 1, ("`small.hello` names no fact",)),
        ("whom to call", 1, ("`small.fine` names no fact",)),
        ("a rule", 1, ("`checkin.closed` names no fact",)),
        ("a line in another language", 1, ("`safety_line.fr` names no fact",)),
        ("other facts in Spanish", 1, ("`day1.late` does not rest on the same facts as in en", "care_sheet.20")),
        ("a sheet's number", 0, ("care_sheet.35 says 11", "add own")),
        ("a weak ground", 0, ("care_sheet.66 rests on weak sources (grade C) alone",)),
        ("no Spanish title", 2, ("`titles:` has no es",)),
        ("a day of the grid", 3, ("`sunscreen` begins something on day 5",)),
    ],
)
def test_what_stands_on_nothing_is_told_in_its_place(
    seeded: Seeded, name: str, above: int, words: tuple[str, ...]
) -> None:
    told = seeded.told(name, above=above)
    assert any(all(word in what for word in words) for what in told), "\n".join(map(str, seeded.faults))


def test_every_seed_is_told_and_nothing_else(seeded: Seeded) -> None:
    broken = {seeded.places[seed[0]] for seed in SEEDS[:-HARMLESS]}
    strays = [f for f in seeded.faults if not any((f.file, f.line + n) in broken for n in range(4))]
    # A text without facts has no ground for its numbers, and what names other facts differs from its translation.
    assert all("the same facts" in f.what or "it names none" in f.what for f in strays), "\n".join(map(str, strays))


def test_the_check_tells_a_number_that_nobody_states(tmp_path: Path) -> None:
    broken = Seeded(Path(shutil.copytree(CONTENT, tmp_path / "content")))
    broken.change("pressing", FAQ, "## bleeding_bruising", r"10 minutes", "17 minutes")
    broken.faults = check(broken.root).faults
    assert any("`bleeding_bruising` from day 0 says 17" in what for what in broken.told("pressing"))


def test_an_outside_source_that_nobody_uses_is_noted(tmp_path: Path) -> None:
    root = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    text = (root / "general/sources/nhs_sunburn.md").read_text(encoding="utf-8")
    (root / "general/sources/nhs_heat.md").write_text(text, encoding="utf-8")
    assert loose_ends(load(root)) == ["nhs_heat"]


def test_a_text_that_names_an_outside_source_itself_uses_it(tmp_path: Path) -> None:
    root = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    text = (root / "general/sources/nhs_sunburn.md").read_text(encoding="utf-8")
    (root / "general/sources/nhs_heat.md").write_text(text, encoding="utf-8")
    for lang in ("en", "es"):
        file = root / f"general/{lang}/safety.md"
        words = file.read_text(encoding="utf-8").replace("rests on: safety_sheet.6\n", "rests on: nhs_heat.1\n", 1)
        file.write_text(words, encoding="utf-8")
    library = load(root)
    assert loose_ends(library) == []
    assert list(grounds(library)) == []
