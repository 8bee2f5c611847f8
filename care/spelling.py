"""Typing errors in the words that matter: repaired towards what stands in content/, and nothing else.

General spelling correction hides emergencies ("toung" becomes "young"), so a word is only ever changed into
one of the words that patients' signs are written with, and a word that is known is never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from care.text import MARKS, Piece, Text

_SHORTEST = 4
_TWO_ERRORS_FROM = 7
"""Shorter words would turn into others with two errors."""
_OTHER_FIRST_FROM = 6
"""Shorter words keep their first letter, which is rarely mistyped."""
_STEM = 3
"""An ending stands behind so many letters at least."""
_MOST_WORDS = 250
"""So many unknown words are looked at in one message; more is no language."""


@dataclass(frozen=True)
class Speller:
    """What a language's typing errors are repaired with."""

    towards: Mapping[str, int]
    """Word that may be the right one → how serious the signs are that it is needed for."""
    known: frozenset[str]
    """Words of all languages that we read; they stay as they are."""
    stems: tuple[str, ...]
    """Beginnings of words that the phrases find anyway: a repair keeps them."""
    misspellings: Mapping[str, tuple[str, ...]]
    """Known misspelling → the words that are meant."""
    names: frozenset[str]
    """Medicines and brands; they stay as they are."""
    endings: tuple[tuple[str, str], ...]
    """Ending that ordinary words take → what stands there in the known word."""
    by_shape: Mapping[tuple[str, int], tuple[str, ...]]
    """``towards`` by first letter and length, so that only words that are much alike are compared …"""
    by_tail: Mapping[str, tuple[str, ...]]
    """… and by all but their first letter, which finds those that begin with another one."""

    def repair(self, text: Text, sentences: Collection[int]) -> Text:
        """The same message with the typing errors of these sentences repaired."""
        done: dict[str, tuple[str, ...]] = {}
        pieces: list[Piece] = []
        for number, (piece, capital) in enumerate(zip(text.pieces, _capitals(text), strict=True)):
            if capital or text.sentence_of(number) not in sentences:
                pieces.append(piece)
                continue
            if piece.norm not in done:
                done[piece.norm] = self._right(piece.norm, guess=len(done) < _MOST_WORDS)
            pieces += [Piece(word, piece.start, piece.end) for word in done[piece.norm]]
        return text.with_pieces(pieces)

    def _right(self, word: str, *, guess: bool) -> tuple[str, ...]:
        if word in MARKS or word[0].isdigit() or word in self.names:
            return (word,)
        if word in self.misspellings:
            return self.misspellings[word]
        if not guess or len(word) < _SHORTEST or self._is_known(word):
            return (word,)
        right = self._nearest(word)
        stem = next((stem for stem in self.stems if word.startswith(stem)), "")
        return (right if right and right.startswith(stem) else word,)

    def _is_known(self, word: str) -> bool:
        return word in self.known or any(
            word.endswith(ending)
            and len(word) - len(ending) >= _STEM
            and word[: -len(ending)] + base in self.known
            for ending, base in self.endings
        )

    def _nearest(self, word: str) -> str:
        allowed = 2 if len(word) >= _TWO_ERRORS_FROM else 1
        near: list[tuple[int, bool, int, str]] = []
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            choices = self.by_shape.get((word[0], length), ())
            for right, distance, _ in process.extract(
                word, choices, scorer=OSA.distance, score_cutoff=allowed, limit=5
            ):
                near.append((int(distance), False, -self.towards[right], right))
        if len(word) >= _OTHER_FIRST_FROM:
            near += [(1, True, -self.towards[right], right) for right in self._with_another_first(word)]
        return min(near)[3] if near else ""

    def _with_another_first(self, word: str) -> Iterator[str]:
        """Words at one error from this one that begin with another letter: it is wrong, missing, or out of place."""
        for tail in (word[1:], word):
            yield from (right for right in self.by_tail.get(tail, ()) if right[0] != word[0])
        for right in (word[1:], word[1] + word[0] + word[2:]):
            if right in self.towards and right[0] != word[0]:
                yield right


def make_speller(
    towards: Mapping[str, int],
    known: frozenset[str],
    stems: Iterable[str],
    misspellings: Mapping[str, tuple[str, ...]],
    names: frozenset[str],
    endings: Iterable[str] = (),
) -> Speller:
    """Build a speller; words too short to be guessed are left out of ``towards``.

    ``endings``: ``s`` (added to a known word), ``ing/e`` (instead of its "e").
    """
    by_shape: dict[tuple[str, int], tuple[str, ...]] = {}
    by_tail: dict[str, tuple[str, ...]] = {}
    for word in sorted(towards):
        if len(word) >= _SHORTEST:
            shape = word[0], len(word)
            by_shape[shape] = (*by_shape.get(shape, ()), word)
            by_tail[word[1:]] = (*by_tail.get(word[1:], ()), word)
    long_stems = tuple(stem for stem in stems if len(stem) > _SHORTEST)
    pairs = tuple((ending, base) for ending, _, base in (text.partition("/") for text in endings))
    return Speller(towards, known, long_stems, misspellings, names, pairs, by_shape, by_tail)


def _capitals(text: Text) -> list[bool]:
    """For every piece: is it written like a name, with a capital inside a sentence of small letters?"""
    first = {start for start, _ in text.sentences}
    return [
        n not in first and text.raw[p.start].isupper() and text.raw[p.start + 1 : p.end].islower()
        for n, p in enumerate(text.pieces)
    ]
