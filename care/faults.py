"""What is wrong in content/: every fault at once, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend."""

    file: str
    """Path below content/, as the editor of the words knows it."""
    line: int
    """1-based; 0 when the whole file is meant."""
    what: str
    """What is wrong and what to do, in words that a nurse understands."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


class ContentFaults(Exception):
    """Content that can't be used; nothing of it is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(sorted(faults))
