"""The numbers of a text that can contradict another's: days after the session, hours, minutes, how often, strength."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DAY, OFTEN, MINUTES, HOURS, SPF, PERCENT = "day", "how often", "minutes", "hours", "SPF", "per cent"
_ENGLISH = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_SPANISH = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]
_NUMBERS = {
    **{word: n for words in (_ENGLISH, _SPANISH) for n, word in enumerate(words, 1)},
    **{"a": 1, "an": 1, "un": 1, "una": 1, "once": 1, "twice": 2, "doce": 12, "fourteen": 14, "catorce": 14},
}
_N = rf"(\d+(?:[.,]\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_TO = r"(?:\s*(?:-|–|/|to|or|and|a|al|o|u|y)\s*(?:el día |día |day )?" + _N + ")?"
_BEFORE = (
    r"(?:(?:for|from|after|until|till|within|before|by|since|first|next|least|at|up|to|the|about|not|on|another"
    r"|durante|hasta|desde|después|de|a|partir|del|el|los|las|primer[oa]s?|siguientes|al|menos|antes|unos|unas|en)\s+)*"
)
_UNTIL = r"(?:\s*(?:-|–|to|and|or|a|al|y|o)\s*(?:el |día |day )*(\d+)\b)?"
_UNITS = {"h": 1 / 24, "d": 1, "w": 7, "m": 30}
_UNIT = r"\s*-?(h(?:ours?|rs?|oras?)?|d(?:ays?|[ií]as?)|w(?:eeks?|ks?)|semanas?|m(?:onths?|es(?:es)?))\b"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it counts."""

    kind: str
    """``day``: the first day on which something else holds; or what the number counts."""
    value: float
    said: str
    """As it stands in the text."""


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in English or Spanish: `24 hours` and `Day 0` both end with day 1."""
    found: list[Figure] = []
    for pattern, read in _KINDS:

        def taken(match: re.Match[str], read: Callable[[re.Match[str]], Iterator[Figure]] = read) -> str:
            found.extend(read(match))
            return " " * len(match[0])

        text = pattern.sub(taken, text)
    return tuple(dict.fromkeys(found))


def _number(said: str | None) -> float:
    word = (said or "").lower().replace(",", ".")
    return float(_NUMBERS.get(word, 0) or word or 0)


def _said(match: re.Match[str]) -> str:
    return " ".join(match[0].split())


def _plain(kind: str) -> Callable[[re.Match[str]], Iterator[Figure]]:
    def read(match: re.Match[str]) -> Iterator[Figure]:
        yield from (Figure(kind, _number(part), _said(match)) for part in match.groups() if part)

    return read


def _every(match: re.Match[str]) -> Iterator[Figure]:
    hours = _number(match[1]) * (24 if match[2][0].lower() == "d" else 1)
    yield Figure(OFTEN, round(24 / hours, 1) if hours else 0, _said(match))


def _days(match: re.Match[str]) -> Iterator[Figure]:
    """`Days 0-1`, `from day 2`: what holds on a day ends with the next one."""
    first, last = _number(match[2]), _number(match[3]) if match[3] else None
    opens = re.search(r"\b(?:from|after|since|until|before|by|desde|partir|hasta|antes|después)\b", match[1], re.I)
    if last is not None:
        yield from (Figure(DAY, first, _said(match)) for _ in range(1) if first)
        yield Figure(DAY, last + 1, _said(match))
    elif match[1] and opens:
        yield Figure(DAY, first, _said(match))
    else:
        yield Figure(DAY, first + 1, _said(match))


def _spans(match: re.Match[str]) -> Iterator[Figure]:
    """`24 hours`, `2-3 days`, `a week`."""
    letter = match[3][0].lower()
    scale = _UNITS["w" if letter == "s" else letter]
    for part in (match[1], match[2]):
        if part and (days := _number(part) * scale):
            few = scale < 1 and days < 0.5
            yield Figure(HOURS, _number(part), _said(match)) if few else Figure(DAY, max(1, round(days)), _said(match))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Figure]]], ...] = (
    (_pattern(r"\b(?:spf|fps|factor)\s*(?:de\s*)?(\d+)\+?"), _plain(SPF)),
    (_pattern(r"\b(\d+)\+?\s*(?:spf|fps)\b"), _plain(SPF)),
    (_pattern(r"(\d+(?:[.,]\d+)?)(?:\s*[-–]\s*(\d+(?:[.,]\d+)?))?\s*(?:%|per cent|por ciento)"), _plain(PERCENT)),
    (_pattern(rf"\b({_BEFORE})(?:days?|d[ií]as?)\s+(\d+)\b{_UNTIL}"), _days),
    (_pattern(rf"\b(?:every|cada)\s+{_N}\s*(h(?:ours?|rs?|oras?)?|d(?:ays?|[ií]as?))\b"), _every),
    (_pattern(rf"\b{_N}{_TO}\s*(?:times?|veces|vez)?\s*(?:a|per|each|al|por|/)\s*(?:day|d[ií]a)\b"), _plain(OFTEN)),
    (_pattern(r"\b(twice|once)\s+(?:a|per)?\s*da(?:y|ily)"), _plain(OFTEN)),
    (_pattern(rf"\b{_N}{_TO}\s*-?min(?:ute|uto)?s?\b"), _plain(MINUTES)),
    (_pattern(rf"\b{_BEFORE}{_N}{_TO}{_UNIT}"), _spans),
)
"""Looked for in this order: `every 2 hours` is no span of two hours."""
