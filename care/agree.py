"""Whether two languages say the same: the same numbers, places to fill in, conditions, bullets, bold and days."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from care.answers import LAST_DAY, Answer
from care.faults import Fault
from care.library import Library
from care.passages import Passage, answers, passages
from care.template import Asks, asks

CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
NUMERAL = re.compile(r"\d+(?:[.,]\d+)?")
BULLET = re.compile(r"^[•-] ", re.MULTILINE)
BOLD = re.compile(r"\*\*(.+?)\*\*")
CLOSING = ("else", "endif", "endfor")
"""What follows from a condition that stands before it."""
ALIKE = "date."
"""Each language has its own."""


def agree(library: Library, lang: str) -> Iterator[Fault]:
    """Every text that says something else than the clinic's own language does."""
    own = {_key(passage): passage for passage in passages(library, library.clinic.language)}
    for passage in passages(library, lang):
        other = own.get(_key(passage))
        if other is not None and other.lang != lang and not passage.id.startswith(ALIKE):
            yield from _differ(other, passage)
    yield from _days(library, lang)


def _key(passage: Passage) -> tuple[object, ...]:
    return passage.home, passage.id, passage.days, passage.answer is not None


def _differ(own: Passage, passage: Passage) -> Iterator[Fault]:
    first, second = asks(own.source), asks(passage.source)
    for what, ours, theirs in (
        ("numbers", _numbers(own), _numbers(passage)),
        ("names in curly brackets", set(first.names), set(second.names)),
        ("words in `say`", set(first.says), set(second.says)),
        ("conditions", _conditions(first), _conditions(second)),
        ("bold places with the emergency number", _urgent(own), _urgent(passage)),
    ):
        if ours != theirs:
            yield passage.fault(f"has other {what} than in {own.lang}: {_both(own, ours, theirs)}; make them the same")
    for what, pattern in (("bullets", BULLET), ("bold places", BOLD)):
        count, there = (len(pattern.findall(p.source)) for p in (passage, own))
        if count != there:
            both = f"{there} there ({own.file}:{own.line}), {count} here"
            yield passage.fault(f"has other {what} than in {own.lang}: {both}; make them the same")


def _both(own: Passage, ours: Iterable[str], theirs: Iterable[str]) -> str:
    """What stands there and what stands here, without what is the same."""
    there, here = Counter(ours), Counter(theirs)
    return f"{_told(there - here)} there ({own.file}:{own.line}), {_told(here - there)} here"


def _told(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"


def _conditions(asked: Asks) -> Counter[str]:
    return Counter(f"{{% {tag} %}}" for tag in asked.tags if tag not in CLOSING)


def _numbers(passage: Passage) -> set[str]:
    words = CLOCK.sub(" ", passage.words())
    return {number.replace(",", ".") for number in NUMERAL.findall(words)}


def _urgent(passage: Passage) -> Counter[str]:
    """Whom the bold lines tell to call."""
    return Counter(name for bold in BOLD.findall(passage.source) for name in re.findall(r"emergency_number", bold))


def _days(library: Library, lang: str) -> Iterator[Fault]:
    """Topics that are answered for other days than in the clinic's own language."""
    own = {(a.file.split("/")[0], a.topic): a for a in answers(library, library.clinic.language)}
    for answer in answers(library, lang):
        other = own.get((answer.file.split("/")[0], answer.topic), answer)
        if _spans(answer) != _spans(other):
            what = f"`{answer.topic}` is answered for {_spans(answer)}, and in {library.clinic.language} for"
            yield Fault(answer.file, answer.line, f"{what} {_spans(other)} ({other.file}:{other.line}): use the same")


def _spans(answer: Answer) -> str:
    spans = (f"days {a}-{b}" if b < LAST_DAY else f"from day {a}" for a, b, _ in answer.by_day)
    return ", ".join(spans) or "any day"
