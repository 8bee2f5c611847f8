"""A text as the language model reads it: the pieces of its vocabulary that are likeliest together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
"""Ids that stand for no text: the first four of the vocabulary."""
SPACE = "▁"
_SPACES = re.compile(r"[\s\u1680\u2028\u2029\u200b-\u200f\u2581\ufeff\ufffd]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]")
_WORST = -1e30
_UNKNOWN_COST = 10.0
"""An unknown character is so much less likely than the rarest piece."""


class Tokens:
    """A unigram vocabulary: https://arxiv.org/abs/1804.10959, as XLM-RoBERTa uses it."""

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None:
        """``pieces``: (piece, log probability) in the order of their ids, from id 4 on."""
        self.pieces = [piece for piece, _ in pieces]
        self._known = {piece: (score, id) for id, (piece, score) in enumerate(pieces, start=UNKNOWN + 1)}
        self._longest = max(map(len, self._known))
        self._unknown = min(score for score, _ in self._known.values()) - _UNKNOWN_COST

    def ids(self, text: str) -> list[int]:
        """Ids of the likeliest pieces, without begin and end. Time grows with the text's length alone."""
        plain = SPACE + _SPACES.sub(SPACE, _CONTROL.sub("", unicodedata.normalize("NFKC", text)).strip())
        best = [0.0] + [_WORST] * len(plain)
        steps = [(0, UNKNOWN)] * (len(plain) + 1)
        for start in range(len(plain)):
            here = best[start]
            if here + self._unknown > best[start + 1]:
                best[start + 1], steps[start + 1] = here + self._unknown, (start, UNKNOWN)
            for end in range(start + 1, min(len(plain), start + self._longest) + 1):
                found = self._known.get(plain[start:end])
                if found is not None and here + found[0] > best[end]:
                    best[end], steps[end] = here + found[0], (start, found[1])
        ids = []
        at = len(plain)
        while at > 0:
            at, id = steps[at]
            ids.append(id)
        return ids[::-1]


def load_tokens(path: Path) -> Tokens:
    """A vocabulary file: a line for each piece, with its log probability after a tab."""
    lines = path.read_text(encoding="utf-8").split("\n")
    pairs = (line.rpartition("\t") for line in lines if line)
    return Tokens([(piece, float(score)) for piece, _, score in pairs])
