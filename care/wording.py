"""What patients must not read, by the rules of ``general/<language>/wording.yaml``, and what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from care.faults import ContentFaults, Fault
from care.notation import NotationError, Phrase, compile_phrase
from care.pages import Table, table
from care.passages import Passage
from care.readability import MEASURES
from care.text import Text, read

NAME = "wording.yaml"
LETTERS = re.compile(r"\b[^\W\d_]{2,}\b")
SIGNS = "✓"
"""Signs that may stand in a text."""
_CLOSERS = "”»\"'*) "


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that no patient may read."""

    says: tuple[str, ...]
    """In the notation of care.notation."""
    why: str
    instead: str
    unless: tuple[str, ...] = ()
    """Wordings in which they are meant differently."""


@dataclass(frozen=True, slots=True)
class _File:
    """The file as it must be written."""

    measure: str
    hardest: float
    words_in_a_sentence: int
    sentences_in_a_line: int
    capitals: tuple[str, ...]
    rules: Mapping[str, Rule]
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules of a language."""

    lang: str
    measure: str
    """The formula of how hard a text is to read; a name of care.readability.MEASURES."""
    hardest: float
    words_in_a_sentence: int
    sentences_in_a_line: int
    capitals: frozenset[str]
    """What may stand in capitals."""
    rules: tuple[tuple[Rule, tuple[Phrase, ...], tuple[Phrase, ...]], ...]
    """Rule, what it is looked for by, what sets it aside."""
    terms: tuple[tuple[str, Phrase], ...]
    """Plain word, and what the doctors' word is looked for by."""


def load_wording(root: Path, lang: str) -> Wording:
    """The rules of a language; ContentFaults with every fault at once."""
    source = table(root / "general" / lang / NAME, root)
    draft = _Draft(source)
    raw = source.value if isinstance(source.value, dict) else {}
    draft.names(raw, _File)
    for id, body in (raw.get("rules") or {}).items() if isinstance(raw.get("rules"), dict) else ():
        draft.names(body if isinstance(body, dict) else {}, Rule, "rules", id)
    file = draft.whole(raw)
    if file.measure not in MEASURES:
        draft.fault(f"`measure` must be one of {', '.join(MEASURES)}", "measure")
    rules = [
        (rule, draft.phrases(rule.says, "rules", id, "says"), draft.phrases(rule.unless, "rules", id, "unless"))
        for id, rule in file.rules.items()
    ]
    terms = [(to, phrase) for term, to in file.terms.items() for phrase in draft.phrases([term], "terms", term)]
    draft.settle()
    return Wording(
        lang=lang,
        measure=file.measure,
        hardest=file.hardest,
        words_in_a_sentence=file.words_in_a_sentence,
        sentences_in_a_line=file.sentences_in_a_line,
        capitals=frozenset(file.capitals),
        rules=tuple(rules),
        terms=tuple(terms),
    )


@dataclass(slots=True)
class _Draft:
    """The file while it is read, and what is wrong with it."""

    source: Table
    faults: list[Fault] = field(default_factory=list)

    def fault(self, what: str, *where: Any) -> None:
        self.faults.append(Fault(self.source.file, self.source.line(*where), what))

    def names(self, raw: Mapping[str, Any], kind: type, *where: Any) -> None:
        known = [part.name for part in fields(kind)]
        for name in raw:
            if name not in known:
                self.fault(f"`{name}` means nothing here; use {', '.join(known)}", *where, name)

    def whole(self, raw: Mapping[str, Any]) -> _File:
        known = {name: value for name, value in raw.items() if name in {part.name for part in fields(_File)}}
        try:
            return self.source.check(TypeAdapter(_File), known)
        except ContentFaults as found:
            raise ContentFaults([*self.faults, *found.faults]) from None

    def phrases(self, said: Sequence[str], *where: Any) -> tuple[Phrase, ...]:
        found = []
        for n, text in enumerate(said):
            try:
                found.append(compile_phrase(text, {}))
            except NotationError as error:
                self.fault(f"“{text}”: {error}", *where, n)
        return tuple(found)

    def settle(self) -> None:
        if self.faults:
            raise ContentFaults(self.faults)


def forbidden(wording: Wording, passage: Passage, words: str) -> Iterator[Fault]:
    """What a text says that patients must not read; ``words``: its own, each in its place of the source."""
    text = read(words)
    for rule, says, unless in wording.rules:
        set_aside = [span for phrase in unless for span in _places(text, phrase)]
        for phrase in says:
            for first, last in _places(text, phrase):
                if not any(a <= first and last <= b for a, b in set_aside):
                    what = f"says “{text.said(first, last)}”: {rule.why}. Instead: {rule.instead}"
                    yield passage.fault(what, text.pieces[first].start)
    yield from _loud(wording, passage, words)


def unexplained(wording: Wording, passage: Passage, words: str) -> Iterator[Fault]:
    """Doctors' words in a text that nothing explains; ``words`` as in :func:`forbidden`."""
    text = read(words)
    for plain, phrase in wording.terms:
        places = list(_places(text, phrase))
        if places and not any(_explained(text, first, last) for first, last in places):
            said = text.said(*places[0])
            what = f"says “{said}”, a word of doctors: write “{plain}”, or put a plain word beside it in brackets"
            yield passage.fault(what, text.pieces[places[0][0]].start)


def _explained(text: Text, first: int, last: int) -> bool:
    """Whether brackets begin right after a word, or stand around it."""
    start, end = text.pieces[first].start, text.pieces[last].end
    before, after = text.raw[:start], text.raw[end:].lstrip(_CLOSERS.replace(")", ""))
    return after.startswith("(") or before.rfind("(") > before.rfind(")")


def _loud(wording: Wording, passage: Passage, words: str) -> Iterator[Fault]:
    """Capitals, exclamation marks and pictures."""
    loud = [m for m in LETTERS.finditer(words) if m[0].isupper() and m[0] not in wording.capitals]
    for line in dict.fromkeys(words.count("\n", 0, match.start()) for match in loud):
        shouts = " ".join(m[0] for m in loud if words.count("\n", 0, m.start()) == line)
        what = f"shouts “{shouts}”: write it small, or with two stars on each side if it must stand out"
        yield passage.fault_on(line + 1, what)
    for match in re.finditer("[!¡]", words):
        yield passage.fault(f"holds “{match[0]}”: end the sentence with a full stop, it must stay calm", match.start())
    for n, sign in enumerate(words):
        if unicodedata.category(sign) == "So" and sign not in SIGNS:
            yield passage.fault(f"holds “{sign}”: take the picture out, and say it in words", n)


def _places(text: Text, phrase: Phrase) -> Iterator[tuple[int, int]]:
    """First and last piece of every place of a phrase."""
    for match in phrase.pattern.finditer(text.line):
        yield text.piece_at(match.start()), text.piece_at(match.end() - 1)
