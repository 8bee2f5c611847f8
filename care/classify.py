"""The trained reader: a small language model that has read thousands of labelled messages.

Loaded once; a pure function after that. It never speaks: it only tells how likely each level, sign and topic is,
and which labelled message is nearest. ``training/make.py`` makes its files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from care.tokens import BEGIN, END, Tokens, load_tokens

SHIPPED = Path(__file__).resolve().parent.parent / "training" / "model"
"""Where `make model` writes."""
WINDOW = 96
"""Pieces that are read at once: about five sentences."""
OVERLAP = 24
MOST_WINDOWS = 5
"""Of a longer text the beginning and the end are read: about 1,300 letters."""
MOST_LETTERS = 1_200
"""Of a longer text so many letters at its beginning and as many at its end are looked at."""
BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
"""Packed weights: a scale, and 32 numbers of 4 bits, first the low halves of the bytes, then the high ones."""
_REPEATED = re.compile(r"(.)\1{5,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model makes of a text: probabilities, 0..1."""

    emergency: float
    danger: float
    """Emergency or urgent."""
    flagged: float
    """Any level but none."""
    topics: Mapping[str, float]
    """FAQ topic, or ``out_of_scope`` → probability; they add up to 1."""
    signs: Mapping[str, float]
    """Symptom id → probability, each on its own."""
    like: str
    """The labelled message, of those that are no everyday ones, that is nearest; '' where none is kept."""
    likeness: float
    """Cosine to it, -1..1."""
    whole: bool = True
    """False: the text was too long, and its middle was not read."""


class Model:
    """The model's files, opened."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds what ``make model`` wrote. OSError names the file that is missing."""
        about: dict[str, Any] = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
        self._tokens: Tokens = load_tokens(folder / "pieces.txt")
        self._topics: Sequence[str] = about["topics"]
        self._signs: Sequence[str] = about["signs"]
        self.thresholds: Mapping[str, float] = about["thresholds"]
        self.like: Sequence[str] = about["like"]
        """The labelled messages that are no everyday ones, for explanations."""
        self._last: tuple[str, Judged | None] = ("", None)
        size = int(about["hidden"])
        self._words = np.memmap(folder / "words.bin", BLOCK, mode="r").reshape(-1, size // 32)
        self._near = np.fromfile(folder / "near.bin", np.int8).reshape(-1, size)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "reader.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def topics_of(self, text: str) -> Mapping[str, float]:
        """What the text asks about; read anew only where it is not the text that was judged last."""
        text_before, judged = self._last
        return judged.topics if judged and text_before == text else self.judge(text, None).topics

    def judge(self, text: str, day: int | None) -> Judged:
        """A patient's raw text on a day of the episode (None: unknown)."""
        judged = self._judge(text, day)
        self._last = text, judged
        return judged

    def _judge(self, text: str, day: int | None) -> Judged:
        windows, whole = self._windows(text, day)
        judged = [self._window(ids) for ids in windows]
        levels, topics, signs, meanings = (np.concatenate(part) for part in zip(*judged, strict=True))
        worst = int(np.argmax(levels[:, 2] + levels[:, 3]))
        like, likeness = self._nearest(meanings[worst])
        return Judged(
            emergency=float(levels[:, 3].max()),
            danger=float(levels[worst, 2] + levels[worst, 3]),
            flagged=float((1 - levels[:, 0]).max()),
            topics=dict(zip(self._topics, map(float, topics.mean(0)), strict=True)),
            signs=dict(zip(self._signs, map(float, signs.max(0)), strict=True)),
            like=like,
            likeness=likeness,
            whole=whole,
        )

    def _windows(self, text: str, day: int | None) -> tuple[Sequence[Sequence[int]], bool]:
        """The pieces to read, and whether they are all there are."""
        text, whole = _REPEATED.sub(r"\1\1\1", text), True
        if len(text) > 2 * MOST_LETTERS:
            text, whole = f"{text[:MOST_LETTERS]} {text[-MOST_LETTERS:]}", False
        ids = self._tokens.ids(text)
        starts = list(range(0, max(1, len(ids) - OVERLAP), WINDOW - OVERLAP))
        if len(starts) > MOST_WINDOWS:
            # More of the end: what matters is often said last.
            starts, whole = starts[: MOST_WINDOWS // 2] + starts[-MOST_WINDOWS // 2 :], False
        head = self._tokens.ids(opening(day))
        return [[BEGIN, *head, *ids[start : start + WINDOW], END] for start in starts], whole

    def _window(self, ids: Sequence[int]) -> Sequence[Any]:
        """(levels, topics, signs, meaning), each (1, n)."""
        blocks = self._words[ids]
        pairs = blocks["pairs"]
        numbers = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.float32) - 8
        words = (numbers * blocks["scale"].astype(np.float32)[..., None]).reshape(1, len(ids), -1)
        found: Sequence[Any] = self._session.run(None, {"words": words})
        return found

    def _nearest(self, meaning: Any) -> tuple[str, float]:
        if not self.like:
            return "", 0.0
        # Lengths differ by what rounding to 8 bits costs, less than a hundredth.
        likeness = self._near.astype(np.float32) @ meaning / 127
        best = int(np.argmax(likeness))
        return self.like[best], float(likeness[best])


def opening(day: int | None) -> str:
    """What stands before every message that the model reads; it was learnt so."""
    return "query:" if day is None else f"query: day {day}:"


@cache
def shipped() -> Model:
    """The model beside the code, opened once for all. OSError, ValueError, KeyError: it is not whole."""
    return Model(SHIPPED)


def pack(meanings: Any) -> Any:
    """Sentence vectors of length 1, (n, hidden), as 8-bit numbers; ``Model`` reads them again."""
    return np.clip(np.round(np.asarray(meanings) * 127), -127, 127).astype(np.int8)
