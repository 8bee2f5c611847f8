"""Rounds in which every contender takes its turn, so that a noisy minute of the machine hits all alike."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median

Figures = Mapping[str, float]
Turn = Callable[[], Awaitable[Figures]]
ROUNDS = 5


class Results:
    """What every contender reached in every round."""

    def __init__(self, of: Mapping[str, Sequence[Figures]]) -> None:
        """``of``: contender → figures by name, one mapping a round."""
        self._of = of

    def each(self, who: str, what: str) -> list[float]:
        """A figure of every round."""
        return [figures[what] for figures in self._of[who]]

    def cell(self, who: str, what: str, digits: int = 2) -> str:
        """Median, lowest and highest, for a table."""
        found = self.each(who, what)
        return f"{median(found):,.{digits}f} [{min(found):,.{digits}f}-{max(found):,.{digits}f}]"

    def times(self, who: str, other: str, what: str, digits: int = 1) -> str:
        """How many times ``other``'s figure ``who`` has: the median of the rounds' ratios."""
        pairs = zip(self.each(who, what), self.each(other, what), strict=True)
        return f"{median(mine / theirs for mine, theirs in pairs):,.{digits}f}×"


def timed(
    work: Callable[[], Awaitable[object]], times: int, after: Callable[[], Awaitable[object]] | None = None
) -> Turn:
    """A turn that does ``work`` so many times: milliseconds for one. ``after`` each does not count."""

    async def turn() -> Figures:
        spent = 0.0
        for _ in range(times):
            began = time.perf_counter()
            await work()
            spent += time.perf_counter() - began
            if after is not None:
                await after()
        return {"ms": spent / times * 1000}

    return turn


async def interleave(turns: Mapping[str, Turn], *, warm: bool = True) -> Results:
    """Let each take a turn in each round; ``warm``: after one round that does not count."""
    of: dict[str, list[Figures]] = {name: [] for name in turns}
    for number in range(ROUNDS + warm):
        for name, turn in turns.items():
            figures = await turn()
            if number or not warm:
                of[name].append(figures)
    return Results(of)


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below which ``share`` (0..1) of all lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table whose columns line up."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n## {title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
