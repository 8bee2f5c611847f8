"""The notation in which content/ writes down what people say.

``word``  ``word-`` any ending  ``(a|b c)`` one of these  ``[a]`` may be missing  ``...`` up to four more
words of the same clause  ``<list>`` one of a named list  ``{38-42}`` a number,
``{38.0-42.9}`` one that is written with a decimal point.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from care.text import MARKS, norm_word

NUMBER = "#"
GAP_WORDS = 4

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
            raise NotationError(
                f"there is no list <{name}>: write it under `lists:` in scope.yaml, or mend the name"
            )
        return _Parser(f"({self.lists[name]})", {n: t for n, t in self.lists.items() if n != name}).whole()


@cache
def _word(part: str) -> _Part:
    stem = part.endswith("-")
    norm = part if part == "/" else norm_word(part[:-1] if stem else part)
    if not norm or any(mark in norm.split() for mark in MARKS):
        raise NotationError(
            f"`{part}` is no word: use letters, or the signs explained at the top of the file"
        )
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
