"""The safety line: what somebody who writes in a language that is not offered reads first, in that language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any, Protocol

from jinja2 import TemplateError

from care.faults import ContentFaults, Fault
from care.model import Clinic, Facts, Said
from care.pages import Page, page

FILE = "general/safety_lines.md"
LINE = "safety_line."
"""Before the language's code: the id of its words. They belong to no language folder."""
LONGEST = 400
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
LEFT_TO_RIGHT = ("\u2066", "\u2069")
"""Around a number in a line from right to left: without them its groups are shown in the wrong order."""
BY_ITSELF = ("\u2068", "\u2069")
"""Around a name: it runs as its own letters do."""
_KEPT = {"phone": LEFT_TO_RIGHT, "emergency_number": LEFT_TO_RIGHT, "clinic": BY_ITSELF}
_LANGUAGE = re.compile("[a-z]{2}")
_EVERY_WAY = ({"flagged": True}, {"flagged": False})


class Speaks(Protocol):
    """What is asked of the library."""

    @property
    def clinic(self) -> Clinic: ...
    @property
    def lines(self) -> Collection[str]: ...
    @property
    def unwritten(self) -> Collection[tuple[str, str, str, int]]: ...
    def say(self, words: str, lang: str, facts: Facts) -> Said: ...
    def place(self, words: str, lang: str, home: str = "") -> tuple[str, int]: ...


def read_lines(root: Path) -> Page:
    """The file, its headings turned into ids of words; ContentFaults with everything that is wrong with its form."""
    if not (root / FILE).exists():
        raise ContentFaults([Fault(FILE, 0, "this file is missing; it must be there")])
    read = page(root / FILE, root)
    odd = [section for section in read.sections if not _LANGUAGE.fullmatch(section.id)]
    if odd:
        what = "`{}` is no language: write its code of two small letters, such as pt"
        raise ContentFaults([Fault(FILE, section.line, what.format(section.id)) for section in odd])
    return replace(read, sections=tuple(replace(one, id=f"{LINE}{one.id}") for one in read.sections))


def kept_in_order(words: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The clinic's facts as they must stand inside of these words to be read in their own order."""
    if words.removeprefix(LINE) not in RIGHT_TO_LEFT:
        return {}
    return {name: f"{begin}{facts[name]}{end}" for name, (begin, end) in _KEPT.items()}


def line_faults(library: Speaks) -> Iterator[Fault]:
    """What is wrong with the words of the lines."""
    for lang, id, file, line in library.unwritten:
        if not lang:
            yield Fault(file, line, f"`{id.removeprefix(LINE)}` is empty: write its words, or take its heading out")
    for language in sorted(library.lines):
        for what in sorted({what for facts in _EVERY_WAY for what in _wrong(library, language, facts)}):
            yield Fault(*library.place(f"{LINE}{language}", ""), f"`{language}` {what}")


def _wrong(library: Speaks, language: str, facts: Facts) -> Iterator[str]:
    try:
        said = library.say(f"{LINE}{language}", library.clinic.language, facts)
    except (TemplateError, LookupError, TypeError, ValueError) as error:
        yield f"can't be filled in: {error}"
        return
    text = unescape(re.sub(r"<[^>]+>", "", said.html))
    if len(text) > LONGEST:
        yield f"has {len(text)} characters; a safety line may have {LONGEST}: shorten it"
    if library.clinic.emergency_number not in text:
        yield "does not name the emergency number: write {{ emergency_number }}"
    if facts["flagged"] and library.clinic.phone not in text:
        yield "does not name the clinic's phone number: write {{ phone }}"
