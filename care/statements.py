"""What a text tells about the things of a day grid: which thing, how, and for which days.

Words and names come from content: ``general/<lang>/verdicts.yaml`` and ``<procedure>/<lang>/things.yaml``.

It sees one sentence at a time: the things that it names, the words that forbid, allow, ask, or ask for calm skin,
and days such as "before day 7". A question hands what it names on to the sentence after it, a line that ends in a
colon its stance to the bullets below it, and a bullet that only names a thing recommends it. It can't see who is
meant, can't tell two thoughts in one sentence apart, and knows no name that things.yaml lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from care.faults import ContentFaults, Fault
from care.grid import Grid, Stance, Verdict
from care.library import Library
from care.listing import Line, Listing, read_listing

NEVER = "never with "
ASIDE = "says nothing"
DAYS = ("before", "from", "days")
AHEAD = ("today", "tomorrow", "day after tomorrow")
_TAG = re.compile(r"\{%.*?%\}|\*\*")
_ENDS = re.compile(r"(?<=[.!?;])\s+")


@dataclass(frozen=True, slots=True)
class When:
    """Days that a sentence names."""

    kind: str
    """``before``: it is otherwise from ``first`` on; ``from``: it begins then; ``days``: ``first`` to ``last``."""
    first: int
    last: int
    said: str
    """As it stands in the sentence."""

    @property
    def ends(self) -> tuple[int, ...]:
        """Days on which something must change if it is true."""
        return (self.first, self.last + 1) if self.kind == "days" else (self.first,)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one sentence tells."""

    text: str
    line: int
    rows: tuple[str, ...]
    """Rows of the grid that it names."""
    stances: frozenset[Stance]
    """How it may be read; empty when it takes no stance."""
    when: tuple[When, ...]
    ahead: tuple[int, ...]
    """Days after the reader's own that it is about: 0 today, 1 tomorrow."""
    before: tuple[str, ...] = ()
    """Rows that its line names before it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a language names the things of a grid and what becomes of them."""

    names: Mapping[str, re.Pattern[str]]
    """Row → its names."""
    every: re.Pattern[str]
    """All names, the longest first."""
    says: Mapping[Verdict, re.Pattern[str]]
    never: Mapping[Verdict, re.Pattern[str]]
    aside: re.Pattern[str]
    """What holds words of a verdict and says nothing: "without scent"."""
    days: tuple[tuple[str, re.Pattern[str]], ...]
    ahead: tuple[re.Pattern[str], ...]

    def fits(self, sentence: str, verdict: Verdict) -> bool:
        """Whether a sentence has words of the verdict, and none that it may not have."""
        never = self.never.get(verdict)
        return bool(self.says[verdict].search(sentence)) and not (never and never.search(sentence))

    def stances(self, sentence: str) -> frozenset[Stance]:
        """How a sentence may be read; what is finer outweighs plain leave, and calm skin outweighs "no"."""
        found = [(match.span(), v.stance) for v, words in self.says.items() for match in words.finditer(sentence)]
        spans = [span for span, _ in found] + [match.span() for match in self.aside.finditer(sentence)]
        # "No limits" is no "no": words inside of longer ones don't count.
        said = {stance for span, stance in found if not any(_inside(span, longer) for longer in spans)}
        if Stance.CALM in said:
            said.discard(Stance.FORBIDS)
        return frozenset(said - {Stance.ALLOWS} if len(said) > 1 else said)

    def rows(self, sentence: str) -> tuple[str, ...]:
        """The rows that a sentence names."""
        said = [match[0] for match in self.every.finditer(sentence)]
        return tuple(row for row, names in self.names.items() if any(names.fullmatch(name) for name in said))

    def when(self, sentence: str) -> tuple[When, ...]:
        """The days that a sentence names."""
        found = [(kind, match) for kind, pattern in self.days for match in pattern.finditer(sentence)]
        numbers = [(kind, match[0], [int(n) for n in match.groups() if n]) for kind, match in found]
        return tuple(When(kind, days[0], days[-1], said) for kind, said, days in numbers)

    def looks_ahead(self, sentence: str) -> tuple[int, ...]:
        """Days after the reader's own that a sentence is about."""
        left, found = sentence, []
        for days in reversed(range(len(self.ahead))):
            left, times = self.ahead[days].subn("", left)
            found += [days] if times else []
        return tuple(sorted(found)) or (0,)


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return other != span and other[0] <= span[0] and span[1] <= other[1]


def sentences(line: str) -> Iterator[str]:
    """The sentences of a line; a question comes together with the sentence after it."""
    begun = ""
    for part in _ENDS.split(_TAG.sub("", line).strip()):
        begun = f"{begun} {part}".strip()
        if begun and not begun.endswith("?"):
            yield begun
            begun = ""
    if begun:
        yield begun


def statements(text: str, begins: int, speech: Speech) -> Iterator[Statement]:
    """What the sentences of a text tell; ``begins`` is the line of its first one."""
    lead: frozenset[Stance] = frozenset()
    for number, line in enumerate(text.split("\n"), start=begins):
        bullet = line.startswith("•")
        told = [_statement(sentence, number, speech) for sentence in sentences(line)]
        if bullet and told and not told[0].stances:
            told[0] = replace(told[0], stances=lead or frozenset((Stance.ALLOWS,)))
        if not bullet:
            lead = told[-1].stances if told and told[-1].text.endswith(":") else frozenset()
        named: tuple[str, ...] = ()
        for statement in told:
            yield replace(statement, before=named)
            named += statement.rows


def _statement(sentence: str, line: int, speech: Speech) -> Statement:
    stances, when = speech.stances(sentence), speech.when(sentence)
    return Statement(sentence, line, speech.rows(sentence), stances, when, speech.looks_ahead(sentence))


def load_speech(library: Library, grid: Grid, lang: str) -> Speech:
    """How a language speaks of a grid; ContentFaults with every fault at once."""
    words = read_listing(library.root / "general" / lang / "verdicts.yaml", library.root)
    things = read_listing(library.root / grid.procedure / lang / "things.yaml", library.root)
    verdicts = {verdict.replace("_", " "): verdict for verdict in Verdict}
    wanted = (*verdicts, ASIDE, *DAYS, *AHEAD)
    faults = [*_headings(words, wanted, [NEVER + name for name in verdicts]), *_headings(things, grid.rows)]
    if faults:
        raise ContentFaults(faults)
    names = {row: _pattern(things.lists[row]) for row in grid.rows}
    return Speech(
        names,
        _pattern(line for row in grid.rows for line in things.lists[row]),
        {verdict: _pattern(words.lists[name]) for name, verdict in verdicts.items()},
        {v: _pattern(words.lists[NEVER + name]) for name, v in verdicts.items() if NEVER + name in words.lists},
        _pattern(words.lists[ASIDE]),
        tuple((kind, _pattern([line])) for kind in DAYS for line in words.lists[kind]),
        tuple(_pattern(words.lists[name]) for name in AHEAD),
    )


def _headings(listing: Listing, wanted: Iterable[str], other: Sequence[str] = ()) -> Iterator[Fault]:
    wanted = list(wanted)
    for name in wanted:
        if not listing.lists.get(name):
            what = f"`{name}:` has no words: write them, each after `- `"
            yield Fault(listing.file, listing.lines.get(name, 0), what)
    for name, line in listing.lines.items():
        if name not in wanted and name not in other:
            yield Fault(listing.file, line, f"`{name}` means nothing here: mend its name, or take it out")


def _pattern(lines: Iterable[Line]) -> re.Pattern[str]:
    """Any of these words, the longest first; a final - stands for any ending, N and M for numbers."""
    phrases = sorted({line.text for line in lines}, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){_regex(phrase)}(?!\w)" for phrase in phrases), re.IGNORECASE)


def _regex(phrase: str) -> str:
    words = [r"(\d+)" if word in ("N", "M") else re.escape(word) for word in phrase.split()]
    return re.sub(r"\\-$", r"\\w*", r"\s+".join(words))
