"""What is wrong in content/: every fault at once, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend."""

    file: str
    """Path below content/, as the editor of the words knows it."""
    line: int
    """1-based; 0 when the whole file is meant."""
    what: str
    """What is wrong and what to do, in words that a nurse understands."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


_IN_WORDS = (
    ("mapping values are not allowed", "there is a colon too many: put quotes around the text"),
    ("could not find expected ':'", "a colon is missing after the name"),
    ("unexpected end of stream", "a quote, a ] or a } is missing after it"),
    ("found unknown escape", "a \\ stands between double quotes: use single quotes"),
    ("expected ',' or", "a comma, a ] or a } is missing"),
    ("cannot start any token", "that sign can't begin a text: put quotes around it"),
    ("undefined alias", "a * stands at the beginning: put quotes around the text"),
)
"""Part of what the reader of YAML says → the same for whoever edits the file."""


def yaml_in_words(problem: str | None, line: str = "") -> str:
    """Why a file of settings or phrases can't be read; ``line``: where reading came to its end."""
    if line.startswith("\t"):
        return "a tab stands at the beginning of the line: use spaces instead"
    found = (words for part, words in _IN_WORDS if part in (problem or ""))
    return next(found, "it does not stand as far to the right as the lines that it belongs to, or quotes are missing")


class ContentFaults(Exception):
    """Content that can't be used; nothing of it is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(sorted(faults))
