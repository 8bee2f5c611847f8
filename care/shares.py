"""A share of what was counted, the interval in which the true share lies, and what must be reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

_Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


class Reached(StrEnum):
    """How a share stands to its goal."""

    NOTHING = "nothing to count"
    MISSED = "must missed"
    MUST = "must reached"
    STRETCH = "stretch reached"
    SHORT = "stretch not reached"
    """There is only a stretch, and it is not reached."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def percent(self) -> float:
        """0..100; 0 when nothing was counted."""
        return 100 * self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval by Wilson (1927), in percent; 0 to 100 when nothing was counted."""
        if not self.of:
            return 0.0, 100.0
        share, more = self.hits / self.of, _Z**2 / self.of
        middle = share + more / 2
        spread = sqrt(more * (share * (1 - share) + more / 4))
        low, high = (100 * (middle + side * spread) / (1 + more) for side in (-1, 1))
        return max(0.0, low), min(100.0, high)

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.hits}/{self.of}, {self.percent:.1f} % [{low:.0f}-{high:.0f}]"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a share must reach, in percent; the measured share itself counts, not its interval."""

    must: float | None = None
    """None: nothing must be reached."""
    stretch: float | None = None
    """None: there is nothing beyond the must."""
    at_most: bool = False
    """True: the share must stay at or below these figures; False: it must be at or above them."""

    def reached(self, share: Share) -> Reached:
        """How far the share has come."""
        if not share.of:
            return Reached.NOTHING
        if self.must is not None and not self._holds(share, self.must):
            return Reached.MISSED
        if self.stretch is not None and self._holds(share, self.stretch):
            return Reached.STRETCH
        return Reached.SHORT if self.must is None else Reached.MUST

    @property
    def words(self) -> tuple[str, str]:
        """Must and stretch as they are shown, ``–`` where there is none."""
        sign = "≤" if self.at_most else "≥"
        must, stretch = (
            "–" if percent is None else f"{percent:g} %" if percent == 100 else f"{sign} {percent:g} %"
            for percent in (self.must, self.stretch)
        )
        return must, stretch

    def _holds(self, share: Share, percent: float) -> bool:
        counted, wanted = 100 * share.hits, percent * share.of
        return counted <= wanted if self.at_most else counted >= wanted
