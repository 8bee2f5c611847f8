"""A message as it is read: small letters without accents, in pieces that lead back to the patient's words.

Everything is one pass over the characters, so that a long or hostile message costs no more than its length.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

LONGEST = 8192
"""Characters that are read, and letters that they may come to; Telegram takes 4,096."""

SOFT = ","
HARD = "|"
QUESTION = "?"
MARKS = frozenset((SOFT, HARD, QUESTION))
"""Pieces that stand for punctuation: a pause inside a sentence, its end, its end as a question."""

_APOSTROPHES = dict.fromkeys(map(ord, "’‘`´ʼʹ′＇"), "'")
_PIECE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<hard>[.!;\n…]*\?[.!?\n…]*|[.!;\n…¡]+)"
    r"|(?P<per>(?<=\d)\s?/\s?(?=\d))"
    r"|(?P<soft>[,()\"“”«»]|[-–—]{2,}|(?<=\s)[-–—](?=\s)|[–—])"
)
_IS_AFTER = frozenset(
    ("it", "that", "he", "she", "what", "there", "here", "who", "how", "where", "when", "why", "let")
)
"""After these 's is "is" and stays, as people write it without the apostrophe; elsewhere it is dropped."""
_YES_SI = "sí"
"""Spanish "sí" (yes) keeps its accent: without it it is "si" (if), and the meaning turns round."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One word, number or mark of a message."""

    norm: str
    """As it is compared with phrases."""
    start: int
    """Where it begins in the message as written …"""
    end: int
    """… and where it ends."""


@dataclass(frozen=True)
class Text:
    """A message in pieces."""

    raw: str
    pieces: tuple[Piece, ...]
    starts: tuple[int, ...] = field(init=False, repr=False)
    """Where each piece begins in ``line``."""

    def __post_init__(self) -> None:
        place, starts = 0, []
        for piece in self.pieces:
            starts.append(place)
            place += len(piece.norm) + 1
        object.__setattr__(self, "starts", tuple(starts))

    @cached_property
    def line(self) -> str:
        """All pieces in one line, each with one space before it, and one at the end."""
        return "".join(f" {piece.norm}" for piece in self.pieces) + " "

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words alone, in order."""
        return tuple(p.norm for p in self.pieces if p.norm not in MARKS and not p.norm[0].isdigit())

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """First and last piece of every sentence, its closing mark included."""
        found, first = [], 0
        for n, piece in enumerate(self.pieces):
            if piece.norm in (HARD, QUESTION):
                found.append((first, n))
                first = n + 1
        if first < len(self.pieces):
            found.append((first, len(self.pieces) - 1))
        return tuple(found)

    def sentence_of(self, piece: int) -> int:
        """Number of the sentence that a piece stands in."""
        return bisect_right(self._sentence_starts, piece) - 1

    def piece_at(self, place: int) -> int:
        """Number of the piece that stands at a place of ``line``."""
        return bisect_right(self.starts, place) - 1

    def said(self, first: int, last: int) -> str:
        """The patient's own words from piece ``first`` to piece ``last``."""
        return self.raw[self.pieces[first].start : self.pieces[last].end]

    def with_pieces(self, pieces: Iterable[Piece]) -> Text:
        """The same message with repaired pieces."""
        return Text(self.raw, tuple(pieces))

    @cached_property
    def _sentence_starts(self) -> tuple[int, ...]:
        return tuple(first for first, _ in self.sentences)


def read(raw: str) -> Text:
    """Cut a message into pieces; characters beyond ``LONGEST`` aren't read."""
    plain, places = _plain(raw[:LONGEST])
    pieces = []
    for match in _PIECE.finditer(plain):
        start, end = places[match.start()], places[match.end() - 1] + 1
        pieces.append(Piece(_norm(match, raw[start:end]), start, end))
    return Text(raw, tuple(pieces))


def norm_word(word: str) -> str:
    """One word of content in the form in which words of messages are compared."""
    return " ".join(piece.norm for piece in read(word).pieces)


def signs(raw: str) -> str:
    """The emoji and other signs of a message, without their skin tones and joiners."""
    return "".join(c for c in raw if unicodedata.category(c) == "So")


def _plain(raw: str) -> tuple[str, list[int]]:
    """Small letters without accents or invisible characters, and where each came from."""
    out: list[str] = []
    places: list[int] = []
    for place, char in enumerate(raw.translate(_APOSTROPHES)):
        if char.isascii():
            letters = char.lower()
        else:
            letters = "".join(
                c
                for c in unicodedata.normalize("NFKD", char).casefold()
                if unicodedata.category(c) not in ("Mn", "Cf", "Cc", "Me")
            )
        for letter in letters:
            if len(out) > 1 and letter == out[-1] == out[-2] and letter.isalpha():
                continue  # heeeelp
            out.append(letter)
            places.append(place)
        if len(out) > LONGEST:
            break  # one sign can stand for eighteen letters
    return "".join(out), places


def _norm(match: re.Match[str], raw: str) -> str:
    text = match[0]
    if match["number"]:
        return text.replace(",", ".")
    if match["word"]:
        if raw.casefold() == _YES_SI:
            return _YES_SI
        if text.endswith("'s") and text[:-2] not in _IS_AFTER:
            text = text[:-2]
        return text.replace("'ll", "will").replace("'", "")
    if match["hard"]:
        return QUESTION if "?" in text else HARD
    return "/" if match["per"] else SOFT
