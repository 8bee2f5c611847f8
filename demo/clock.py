"""The demo's clock: it runs like any other, and can be set forward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class DemoClock:
    """The real time plus what was played."""

    def __init__(self, real: Callable[[], datetime], start: datetime | None = None) -> None:
        """``start``: what it shows first; the real time when None. UTC."""
        self._real = real
        self._ahead = (start - real()) if start else timedelta()

    def __call__(self) -> datetime:
        """The demo's now, UTC."""
        return self._real() + self._ahead

    def set(self, to: datetime) -> None:
        """Set it forward to ``to``; it never goes back."""
        self._ahead = max(self._ahead, to - self._real())
