"""A message that asks on about what was answered last ("and tomorrow?"), and the day that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from care.folder import DAY, WEEKDAYS
from care.hearing import Heard
from care.text import MARKS

_BESIDE = frozenset({"leads", "thanks", "fine", "hello", "fillers"})
"""What may stand beside the words of a follow-up: nothing else may, for it would be something new."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How far a message leans on what was answered before it."""

    bare: bool = False
    """It names nothing new: what it asks about is the last topic."""
    day: str = ""
    """The day that is named, as :func:`days_ahead` reads it; else ''."""


def follow_up(heard: Sequence[Heard]) -> FollowUp:
    """How far a message is a follow-up, in whichever language it is one."""
    found = [_in_language(one) for one in heard]
    return max(found, key=lambda one: (one.bare, one.day != ""), default=FollowUp())


def _in_language(heard: Heard) -> FollowUp:
    cues = [f for f in heard.found if isinstance(f.label, str)]
    days = [f for f in cues if str(f.label).startswith(DAY)]
    longest = max(days, key=lambda f: (f.last - f.first, -f.first), default=None)
    day = ""
    if longest is not None:
        words = [piece.norm for piece in heard.text.pieces[longest.first : longest.last + 1]]
        number = next((word for word in words if word[0].isdigit()), "")
        day = str(longest.label).removeprefix(DAY).replace("#", number)
    led = any(f.label == "leads" and f.first == 0 for f in cues)
    asks = led or heard.text.line.endswith(" ? ")
    if not any(f.label == "follow_ups" for f in cues) and not (day and asks):
        return FollowUp(day=day if led else "")
    covered = {n for f in (*cues, *days) if _may_stand(str(f.label)) for n in range(f.first, f.last + 1)}
    rest = any(p.norm not in MARKS and n not in covered for n, p in enumerate(heard.text.pieces))
    return FollowUp(not rest, "" if rest and not led else day)


def _may_stand(label: str) -> bool:
    return label in _BESIDE or label == "follow_ups" or label.startswith(DAY)


def days_ahead(named: str, day: int, weekday: int) -> int:
    """How many days lie before the day that a message names on ``day``, a ``weekday`` (0 Monday); negative: it is over.

    ``named``: ``2`` days ahead, ``2 weeks`` ahead, ``day 5`` of the care, or the next ``friday``.
    """
    number, _, weeks = named.partition(" ")
    if number == "day":
        return int(float(weeks)) - day
    if named in WEEKDAYS:
        return (WEEKDAYS.index(named) - weekday) % _WEEK
    return int(float(number)) * (_WEEK if weeks else 1)
