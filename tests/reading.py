"""What the tests of understanding share: the clinic's own content, and a searcher with set answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from care.text import read
from care.understand import Reader, load_reader

CONTENT = Path(__file__).parent.parent / "content"
SAID = Path(__file__).parent / "said"


@dataclass(frozen=True)
class SetAnswers:
    """A searcher that finds the same topics for every question."""

    hits: Sequence[tuple[str, float]] = ()
    answer_at: float = 0.7
    offer_at: float = 0.3

    def search(self, text: str, lang: str, procedure: str) -> Sequence[tuple[str, float]]:
        return self.hits


@dataclass(frozen=True)
class ByWord:
    """A searcher that is sure of a topic when a word of it stands in the question, and unsure when words of two do."""

    words: Mapping[str, str]
    """Beginning of a word → topic."""
    answer_at: float = 0.7
    offer_at: float = 0.3

    def search(self, text: str, lang: str, procedure: str) -> Sequence[tuple[str, float]]:
        said = " ".join(("", *read(text).words))
        topics = list(dict.fromkeys(topic for word, topic in self.words.items() if f" {word}" in said))
        if not topics:
            return [("out_of_scope", 0.9)]
        return [(topic, 0.9 if len(topics) == 1 else 0.5) for topic in topics]


@cache
def reader(*hits: tuple[str, float], languages: tuple[str, ...] = ("en", "es")) -> Reader:
    """A reader of the real content."""
    return load_reader(CONTENT / "general", languages, SetAnswers(hits))
