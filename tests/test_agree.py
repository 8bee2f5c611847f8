"""Two languages say the same, and wherever one says something else it is told with its place and both values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from care.agree import agree
from care.faults import Fault
from care.library import load
from tests.test_check import CONTENT, Content

SERVICE, CHECKIN, SAFETY = "general/es/service.md", "general/es/checkin.md", "general/es/safety.md"
MESSAGES, FAQ = "microneedling/es/messages.md", "microneedling/es/faq.md"
SEEDS = [
    (MESSAGES, "day0.late", "día 7", "día 8", ("numbers", "7 there (microneedling/en/messages.md:", "8 here")),
    (MESSAGES, "day1.late", "SPF 30 o más", "SPF alto", ("numbers", "30 there", "nothing here")),
    (CHECKIN, "checkin.danger", "10 minutos", "diez minutos", ("numbers", "10 there", "nothing here")),
    (MESSAGES, "day2", "• Protector solar", "Protector solar", ("bullets", "4 there", "3 here")),
    (SAFETY, "emergency.collapse", "• Acuéstese", "• Pare.\n• Acuéstese", ("bullets", "2 there", "3 here")),
    (SAFETY, "safety.line", "al {{ phone }}", "a la clínica", ("names in curly brackets", "phone there")),
    (SERVICE, "small.fine", "escríbame.", "llame al {{ phone }}.", ("names in curly", "phone here")),
    (MESSAGES, "day21", "{{ say('safety.line') }}", "Gracias.", ("words in `say`", "safety.line there")),
    (SAFETY, "review.added", "{{ say('answer.by') }}", "{{ say('checkin.watch') }}", ("answer.by there",)),
    (SAFETY, "urgent.answer", "{% if open %}", "{% if not open %}",
     ("conditions", "{% if open %} there", "{% if not open %} here")),
    (SAFETY, "unreadable.foreign", "Emergencia:", "**Emergencia:**", ("bold places", "0 there", "1 here")),
    (MESSAGES, "day10", "**¿", "¿", ("bold places",)),
    (SAFETY, "emergency.chest", "**Llame al {{ emergency_number }} ahora", "Llame al {{ emergency_number }} **ahora",
     ("bold places with the emergency number", "emergency_number there", "nothing here")),
    (SERVICE, "stop.done", "{{ keep_days }} días", "90 días", ("numbers", "nothing there", "90 here")),
]  # fmt: skip


@dataclass(frozen=True)
class Translated:
    """A content whose Spanish says something else in many places, and what was told of it."""

    content: Content
    faults: tuple[Fault, ...]


def part(text: str, id: str) -> str:
    """What stands below a heading."""
    found = re.search(rf"(?ms)^## {re.escape(id)}\n.*?(?=^## |\Z)", text)
    assert found, id
    return found[0]


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Translated:
    content = Content(tmp_path_factory.mktemp("translated") / "content")
    for file, id, old, new, _ in SEEDS:
        text = content.text(file)
        before = part(text, id)
        assert old in before, (id, before)
        content.write(file, text.replace(before, before.replace(old, new, 1)))
    content.change(FAQ, r"^### Days 4-6 (?=· if calm\n)", "### Days 4-5 ")
    content.change(FAQ, r"(?<=### Day 0 · lukewarm\n).*", "Hoy use solo agua tibia, 2 veces. Antes, lávese las manos.")
    return Translated(content, tuple(agree(load(content.root), "es")))


@pytest.mark.parametrize(
    ("file", "id", "words"),
    [(file, id, words) for file, id, _, _, words in SEEDS],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_another_language_says_differently_is_told_on_its_heading(
    translated: Translated, file: str, id: str, words: tuple[str, ...]
) -> None:
    line = translated.content.line(file, f"## {id}")
    told = [fault.what for fault in translated.faults if (fault.file, fault.line) == (file, line)]
    assert [what for what in told if what.startswith(f"`{id}` ") and all(word in what for word in words)], told


def test_an_answer_that_names_another_number_on_a_day_is_told_on_the_heading_of_that_day(
    translated: Translated,
) -> None:
    line = translated.content.line(FAQ, "### Day 0 · lukewarm")
    assert [f.what for f in translated.faults if (f.file, f.line) == (FAQ, line) and "nothing there" in f.what]


def test_a_topic_that_is_answered_for_other_days_is_told(translated: Translated) -> None:
    [told] = [fault for fault in translated.faults if "is answered for" in fault.what]
    assert told.file == FAQ
    assert "days 4-5" in told.what
    assert "in en for" in told.what
    assert re.search(r"days 4-6.* \(microneedling/en/faq\.md:\d+\)", told.what)


def test_nothing_else_is_told(translated: Translated) -> None:
    assert len({(fault.file, fault.line) for fault in translated.faults}) == len(SEEDS) + 2


def test_the_languages_that_are_offered_say_the_same() -> None:
    library = load(CONTENT)
    assert [fault for lang in library.languages for fault in agree(library, lang)] == []


@pytest.mark.parametrize(
    "new",
    ["Guardado a las 10:00.", "Guardado. Hasta luego.", "Guardado, {# una nota #} y listo."],
    ids=["a clock time", "other words", "a note"],
)
def test_what_may_differ_is_not_told(tmp_path: Path, new: str) -> None:
    content = Content(tmp_path / "content")
    content.put(SERVICE, "settings.saved", new)
    assert list(agree(load(content.root), "es")) == []
