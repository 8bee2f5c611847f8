"""The notation in which content/ writes down what people say, and the search for all of it at once.

``word``  ``word-`` any ending  ``(a|b c)`` one of these  ``[a]`` may be missing  ``...`` up to four more
words of the same clause  ``<list>`` one of a named list  ``{38-42}`` a number,
``{38.0-42.9}`` one that is written with a decimal point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Generic, TypeVar

from care.text import MARKS, Text, norm_word

NUMBER = "#"
GAP_WORDS = 4
_REACH = 40
"""No phrase is longer than so many pieces: a long message is searched around its telling words only."""
_MOST = 40
"""So many places of one phrase are enough."""

_PARTS = re.compile(r"\.\.\.|[()\[\]|]|<[^<>]*>|\{[^{}]*\}|[^\s()\[\]|<>{}]+")
_RANGE = re.compile(r"\{(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)\}")


class NotationError(ValueError):
    """A phrase that doesn't follow the notation; the text says what to do."""


@dataclass(frozen=True)
class Phrase:
    """One way of saying something, ready to be looked for."""

    said: str
    """As it stands in content."""
    regex: str
    """What ``Text.line`` is searched with."""
    groups: tuple[tuple[float, float] | None, ...]
    """For every group of the pattern: the range of a number, or None for a gap."""
    keys: tuple[frozenset[str], ...]
    """Each set: at least one of these must stand in a message; ``stem-`` is any ending."""
    words: frozenset[str]
    """All literal words, ``stem-`` for stems."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """``regex`` compiled when it is first needed: most phrases are rare, and loading must be quick."""
        return re.compile(self.regex)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A phrase that was found."""

    label: T
    phrase: Phrase
    first: int
    """Number of its first piece …"""
    last: int
    """… and of its last."""
    gaps: tuple[tuple[int, int], ...] = ()
    """First and last piece of what stands in its gaps."""


@dataclass(frozen=True, slots=True)
class _Part:
    regex: str
    groups: tuple[tuple[float, float] | None, ...] = ()
    keys: tuple[frozenset[str], ...] = ()
    words: frozenset[str] = frozenset()


def compile_phrase(said: str, lists: Mapping[str, str]) -> Phrase:
    """Read the notation; NotationError says what is wrong."""
    part = _Parser(said, lists).whole()
    if not part.keys:
        raise NotationError("nothing but gaps and optional words: write at least one word that must be there")
    return Phrase(said, part.regex + r"(?= )", part.groups, part.keys, part.words)


class _Parser:
    def __init__(self, said: str, lists: Mapping[str, str]) -> None:
        self.parts = _PARTS.findall(said)
        self.lists = lists
        self.at = 0

    def whole(self) -> _Part:
        part = self._sequence()
        if self.at < len(self.parts):
            raise NotationError(f"`{self.parts[self.at]}` stands alone: every ( and [ needs its ) or ]")
        return part

    def _sequence(self) -> _Part:
        items = []
        while self.at < len(self.parts) and self.parts[self.at] not in ")]|":
            items.append(self._item(self.parts[self.at]))
        return _joined(items)

    def _item(self, part: str) -> _Part:
        self.at += 1
        if part in "([":
            return self._choice(")" if part == "(" else "]")
        if part == "...":
            return _Part(rf"((?: [^\s,|?]+){{0,{GAP_WORDS}}}?)", (None,))
        if part[0] == "<":
            return self._list(part[1:-1])
        if part[0] == "{":
            return _number(part)
        return _word(part)

    def _choice(self, close: str) -> _Part:
        options = [self._sequence()]
        while self.at < len(self.parts) and self.parts[self.at] == "|":
            self.at += 1
            options.append(self._sequence())
        if self.at >= len(self.parts) or self.parts[self.at] != close:
            raise NotationError(f"a `{close}` is missing")
        self.at += 1
        return _either(options, optional=close == "]")

    def _list(self, name: str) -> _Part:
        if name not in self.lists:
            raise NotationError(f"there is no list <{name}>: write it under `lists:` in scope.yaml, or mend the name")
        return _Parser(f"({self.lists[name]})", {n: t for n, t in self.lists.items() if n != name}).whole()


@cache
def _word(part: str) -> _Part:
    stem = part.endswith("-")
    norm = part if part == "/" else norm_word(part[:-1] if stem else part)
    if not norm or any(mark in norm.split() for mark in MARKS):
        raise NotationError(f"`{part}` is no word: use letters, or the signs explained at the top of the file")
    *head, last = norm.split()
    key = f"{last}-" if stem else last
    keys = tuple(frozenset((NUMBER if w[0].isdigit() else w,)) for w in (*head, key))
    regex = "".join(f" {re.escape(w)}" for w in (*head, last)) + (r"\w*" if stem else "")
    return _Part(regex, (), keys, frozenset((*head, key)))


def _number(part: str) -> _Part:
    match = _RANGE.fullmatch(part)
    if not match:
        raise NotationError(f"`{part}` is no range of numbers: write it like {{38-42}}")
    digits = r"\d+\.\d+" if "." in match[1] else r"\d+(?:\.\d+)?"
    return _Part(rf" ({digits})", ((float(match[1]), float(match[2])),), (frozenset((NUMBER,)),))


def _joined(items: Sequence[_Part]) -> _Part:
    return _Part(
        "".join(i.regex for i in items),
        tuple(g for i in items for g in i.groups),
        tuple(k for i in items for k in i.keys),
        frozenset(w for i in items for w in i.words),
    )


def _either(options: Sequence[_Part], *, optional: bool) -> _Part:
    if not optional and any(not option.keys for option in options):
        raise NotationError("one of the alternatives is empty: use [ ] for what may be missing")
    regex = f"(?:{'|'.join(option.regex for option in options)}){'?' if optional else ''}"
    one = () if optional else (frozenset[str]().union(*(min(o.keys, key=len) for o in options)),)
    return _Part(
        regex,
        tuple(g for o in options for g in o.groups),
        one,
        frozenset(w for o in options for w in o.words),
    )


class PhraseBook(Generic[T]):
    """Phrases with labels, indexed by a word that each needs, so that a message meets few of them."""

    def __init__(self, entries: Iterable[tuple[T, Phrase]], frequent: frozenset[str] = frozenset()) -> None:
        """``frequent``: words that stand in nearly every message, poor ones to index by."""
        self.entries = tuple(entries)
        self._by_word: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        used = Counter(word for _, phrase in self.entries for word in phrase.words)
        for number, (_, phrase) in enumerate(self.entries):
            for key in min(phrase.keys, key=lambda keys: _commonness(keys, used, frequent)):
                index, word = (self._by_stem, key[:-1]) if key.endswith("-") else (self._by_word, key)
                index.setdefault(word, []).append(number)
        self._longest_stem = max(map(len, self._by_stem), default=0)

    def find(self, text: Text) -> list[Found[T]]:
        """Every place of every phrase, in the order of the message."""
        found = []
        for number, places in self._candidates(text).items():
            label, phrase = self.entries[number]
            found += [Found(label, phrase, *span) for span in islice(_places(phrase, text, places), _MOST)]
        return sorted(found, key=lambda f: (f.first, -f.last))

    def _candidates(self, text: Text) -> dict[int, list[int]]:
        """Phrases that may be there → the pieces that speak for them."""
        where: dict[str, list[int]] = {}
        for n, piece in enumerate(text.pieces):
            where.setdefault(NUMBER if piece.norm[0].isdigit() else piece.norm, []).append(n)
        candidates: dict[int, list[int]] = {}
        for word, places in where.items():
            for number in self._by_word.get(word, ()):
                candidates.setdefault(number, []).extend(places)
            for length in range(2, min(len(word), self._longest_stem) + 1):
                for number in self._by_stem.get(word[:length], ()):
                    candidates.setdefault(number, []).extend(places)
        return candidates


def _commonness(keys: frozenset[str], used: Mapping[str, int], frequent: frozenset[str]) -> float:
    return sum(used[key] + (1000 if key in frequent else 0) + (3 if key == NUMBER else 0) for key in keys)


def _places(phrase: Phrase, text: Text, near: list[int]) -> Iterator[tuple[int, int, tuple[tuple[int, int], ...]]]:
    for start, stop in _windows(text, near):
        for match in phrase.pattern.finditer(text.line, start, stop):
            gaps = []
            for number, bounds in enumerate(phrase.groups, start=1):
                if match.start(number) < 0:
                    continue
                if bounds and not bounds[0] <= float(match[number]) <= bounds[1]:
                    break
                if not bounds and match[number]:
                    gaps.append((text.piece_at(match.start(number)), text.piece_at(match.end(number) - 1)))
            else:
                yield text.piece_at(match.start()), text.piece_at(match.end() - 1), tuple(gaps)


def _windows(text: Text, near: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches of ``text.line`` around the telling pieces, those that touch made one."""
    count = len(text.pieces)
    if count <= 2 * _REACH:
        yield 0, len(text.line)
        return
    first = last = -1
    for piece in sorted(near):
        if first >= 0 and piece - _REACH > last:
            yield text.starts[first], text.starts[last] + len(text.pieces[last].norm) + 2
            first = -1
        if first < 0:
            first = max(0, piece - _REACH)
        last = min(count - 1, piece + _REACH)
    yield text.starts[first], text.starts[last] + len(text.pieces[last].norm) + 2
