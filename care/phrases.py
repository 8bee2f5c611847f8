"""All phrases of a language, looked for in a message at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from care.notation import NUMBER, Phrase
from care.text import Text

_REACH = 40
"""No phrase is longer than so many pieces: a long message is searched around its telling words only."""
_MOST = 40
"""So many places of one phrase are enough."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A phrase that was found."""

    label: T
    phrase: Phrase
    first: int
    """Number of its first piece …"""
    last: int
    """… and of its last."""
    gaps: tuple[tuple[int, int], ...] = ()
    """First and last piece of what stands in its gaps."""


class PhraseBook(Generic[T]):
    """Phrases with labels, indexed by a word that each needs, so that a message meets few of them."""

    def __init__(self, entries: Iterable[tuple[T, Phrase]], frequent: frozenset[str] = frozenset()) -> None:
        """``frequent``: words that stand in nearly every message, poor ones to index by."""
        self.entries = tuple(entries)
        self._by_word: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        used = Counter(word for _, phrase in self.entries for word in phrase.words)
        for number, (_, phrase) in enumerate(self.entries):
            for key in min(phrase.keys, key=lambda keys: _commonness(keys, used, frequent)):
                index, word = (self._by_stem, key[:-1]) if key.endswith("-") else (self._by_word, key)
                index.setdefault(word, []).append(number)
        self._longest_stem = max(map(len, self._by_stem), default=0)

    def find(self, text: Text) -> list[Found[T]]:
        """Every place of every phrase, in the order of the message."""
        found = []
        for number, places in self._candidates(text).items():
            label, phrase = self.entries[number]
            found += [Found(label, phrase, *span) for span in islice(_places(phrase, text, places), _MOST)]
        return sorted(found, key=lambda f: (f.first, -f.last))

    def _candidates(self, text: Text) -> dict[int, list[int]]:
        """Phrases that may be there → the pieces that speak for them."""
        where: dict[str, list[int]] = {}
        for n, piece in enumerate(text.pieces):
            where.setdefault(NUMBER if piece.norm[0].isdigit() else piece.norm, []).append(n)
        candidates: dict[int, list[int]] = {}
        for word, places in where.items():
            for number in self._by_word.get(word, ()):
                candidates.setdefault(number, []).extend(places)
            for length in range(2, min(len(word), self._longest_stem) + 1):
                for number in self._by_stem.get(word[:length], ()):
                    candidates.setdefault(number, []).extend(places)
        return candidates


def _commonness(keys: frozenset[str], used: Mapping[str, int], frequent: frozenset[str]) -> float:
    return sum(used[key] + (1000 if key in frequent else 0) + (3 if key == NUMBER else 0) for key in keys)


def _places(
    phrase: Phrase, text: Text, near: list[int]
) -> Iterator[tuple[int, int, tuple[tuple[int, int], ...]]]:
    for start, stop in _windows(text, near):
        for match in phrase.pattern.finditer(text.line, start, stop):
            gaps = []
            for number, bounds in enumerate(phrase.groups, start=1):
                if match.start(number) < 0:
                    continue
                if bounds and not bounds[0] <= float(match[number]) <= bounds[1]:
                    break
                if not bounds and match[number]:
                    gaps.append((text.piece_at(match.start(number)), text.piece_at(match.end(number) - 1)))
            else:
                yield text.piece_at(match.start()), text.piece_at(match.end() - 1), tuple(gaps)


def _windows(text: Text, near: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches of ``text.line`` around the telling pieces, those that touch made one."""
    count = len(text.pieces)
    if count <= 2 * _REACH:
        yield 0, len(text.line)
        return
    first = last = -1
    for piece in sorted(near):
        if first >= 0 and piece - _REACH > last:
            yield text.starts[first], text.starts[last] + len(text.pieces[last].norm) + 2
            first = -1
        if first < 0:
            first = max(0, piece - _REACH)
        last = min(count - 1, piece + _REACH)
    yield text.starts[first], text.starts[last] + len(text.pieces[last].norm) + 2
