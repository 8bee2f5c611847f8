"""Whether a probability can be believed: of all that was held for 70 % likely, seven in ten must be so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from care.shares import Share

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The predictions of one tenth: from ``low`` up to ``high``, which belongs to the next bin, except 1."""

    low: float
    high: float
    predicted: float
    """Mean of the predicted probabilities, 0..1; the middle of the bin when there are none."""
    observed: Share
    """How many of them came true."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Ten bins in order."""

    bins: Sequence[Bin]

    @property
    def count(self) -> int:
        """How many predictions there are."""
        return sum(bin.observed.of for bin in self.bins)

    @property
    def error(self) -> float:
        """Expected calibration error, 0..1: how far a bin's mean prediction is from the share that came true,
        averaged over the bins by how many predictions each holds.
        """
        off = (bin.observed.of * abs(bin.predicted - bin.observed.percent / 100) for bin in self.bins)
        return sum(off) / self.count


def calibration(predictions: Iterable[tuple[float, bool]]) -> Calibration | None:
    """(predicted probability 0..1, whether it came true) of each; None when there are none."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for predicted, true in predictions:
        held[min(int(predicted * BINS), BINS - 1)].append((predicted, true))
    return Calibration([_bin(n, one) for n, one in enumerate(held)]) if any(held) else None


def _bin(number: int, held: Sequence[tuple[float, bool]]) -> Bin:
    low, high = number / BINS, (number + 1) / BINS
    mean = sum(predicted for predicted, _ in held) / len(held) if held else (low + high) / 2
    return Bin(low, high, mean, Share(sum(true for _, true in held), len(held)))
