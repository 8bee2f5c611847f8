"""Choosing the pieces of the vocabulary that are kept: those that common words of many languages are made of."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from wordfreq import top_n_list

from care.tokens import UNKNOWN, Tokens
from training.weights import unpack

COMMON = {
    ("en", "es"): 30_000,
    ("pt", "fr", "it", "de"): 6_000,
    ("ca", "nl", "pl", "ro", "ru", "uk", "tr", "ar"): 2_000,
    ("bg", "bn", "cs", "da", "el", "fa", "fi", "fil", "he", "hi", "hu", "id", "ja", "ko"): 500,
    ("lt", "lv", "mk", "ms", "nb", "sh", "sk", "sl", "sv", "ta", "ur", "vi", "zh"): 500,
}
"""Languages → how many of their commonest words are written with kept pieces."""
SYMBOLS = frozenset({"So", "Sm", "Pd", "Pf", "Pi", "Po"})
SCRIPTS = 0x2000
"""Below this code point every letter and sign has its own piece, if the whole vocabulary has one."""


def words() -> Iterable[str]:
    """Common words, as they stand within and at the beginning of a sentence."""
    for languages, count in COMMON.items():
        for lang in languages:
            for word in top_n_list(lang, count):
                yield from {word, word.capitalize()}


def kept(pieces: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The pieces to keep, in the order of the whole vocabulary. ``pieces``: all of them, from id 4 on."""
    tokens = Tokens(pieces)
    used = {id for word in words() for id in tokens.ids(word)}
    used |= {n for n, (piece, _) in enumerate(pieces, start=UNKNOWN + 1) if _single(piece)}
    return [pieces[id - UNKNOWN - 1] for id in sorted(used) if id > UNKNOWN]


def _single(piece: str) -> bool:
    letters = piece.removeprefix("▁")
    return len(letters) == 1 and (ord(letters) < SCRIPTS or unicodedata.category(letters) in SYMBOLS)


def main() -> None:
    """Run the command."""
    asked = argparse.ArgumentParser(prog="python -m training.vocabulary", description="Choose the kept pieces.")
    asked.add_argument("packed", type=Path, help="e5-small-q4.bin")
    asked.add_argument("pieces", type=Path, help="the file to write")
    args = asked.parse_args()
    found = kept(unpack(args.packed).pieces[UNKNOWN + 1 :])
    args.pieces.write_text("".join(f"{piece}\t{score:.6g}\n" for piece, score in found), encoding="utf-8")
    print(f"{len(found)} pieces")


if __name__ == "__main__":
    main()
