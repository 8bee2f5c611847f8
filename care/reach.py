"""What a text asks for when all that it says in turn is counted in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product

from care.library import Library
from care.passages import Passage
from care.template import asks

_HOLE = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a text and all that it says in turn ask for."""

    names: Mapping[str, str]
    """Fact → id of the words that ask for it; '' is the text itself."""
    maybe: frozenset[str]
    """Facts of which is asked whether they are there at all."""
    compared: Mapping[str, frozenset[str]]
    """Fact → the words that it is compared with."""
    turns: frozenset[int] | None
    """Days at which what is read can change; None: it can on every day."""
    lost: Mapping[str, int]
    """Ids that the text itself says and that have no words → line of the text, from 1."""
    round: str
    """Id of words that say themselves in the end; '' when there are none."""


def reach(passage: Passage, known: Mapping[str, str], values: Mapping[str, Sequence[object]]) -> Reach:
    """``known``: see :func:`sayable`. ``values``: fact → what it can be, for ids such as `'ask.' ~ sign`."""
    walk = _Walk(known, values)
    own = passage.id if passage.answer is None else ""
    walk.visit(own, passage.source, ())
    lost = {id: line for id, line in asks(passage.source).says.items() if not walk.said(id)}
    turns = None if walk.always else frozenset(walk.turns)
    return Reach(walk.names, frozenset(walk.maybe), walk.compared, turns, lost, walk.round)


def sayable(library: Library, lang: str, home: str) -> Mapping[str, str]:
    """Id → template of all that a text of a language and a procedure can say, found as the library finds it."""
    langs, homes = (library.clinic.language, lang), dict.fromkeys(("", home))
    return {w.id: w.source for lang in langs for home in homes for w in library.texts(lang) if w.home == home}


class _Walk:
    """From a text to all that it says, to all that these say, and so on."""

    def __init__(self, known: Mapping[str, str], values: Mapping[str, Sequence[object]]) -> None:
        self._known, self._values = known, values
        self.names: dict[str, str] = {}
        self.maybe: set[str] = set()
        self.compared: dict[str, frozenset[str]] = {}
        self.turns: set[int] = set()
        self.always = False
        """Whether what is read can change on every day."""
        self.round = ""

    def visit(self, id: str, source: str, trail: tuple[str, ...]) -> None:
        if id and id in trail:
            self.round = id
            return
        asked = asks(source)
        for name in asked.names:
            self.names.setdefault(name, id if trail else "")
        self.maybe |= asked.maybe
        for name, words in asked.compared.items():
            self.compared[name] = self.compared.get(name, frozenset()) | words
        self.turns |= asked.turns or frozenset()
        self.always = self.always or asked.turns is None
        own = [f"{id}.for.*"] if "for_you" in asked.names else []
        for other in dict.fromkeys(found for pattern in (*asked.says, *own) for found in self.said(pattern)):
            self.visit(other, self._known[other], (*trail, id))

    def said(self, pattern: str) -> list[str]:
        """Ids that a pattern can stand for, as far as they have words."""
        return [id for way in self._ways(pattern) for id in self._matching(way)]

    def _ways(self, pattern: str) -> Iterator[str]:
        *texts, last = _HOLE.split(pattern)
        told = ([str(value) for value in self._values.get(hole[1:-1]) or "*"] for hole in _HOLE.findall(pattern))
        for chosen in product(*told):
            yield "".join(part for pair in zip(texts, chosen, strict=True) for part in pair) + last

    def _matching(self, pattern: str) -> list[str]:
        if "*" in pattern:
            return [id for id in self._known if fnmatchcase(id, pattern)]
        return [pattern] if pattern in self._known else []
