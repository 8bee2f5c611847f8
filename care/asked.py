"""Several questions in one message: the parts that ask, what answers each, and which answer is read first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from care.answers import Answer
from care.grid import Stance, Verdict
from care.hearing import Heard
from care.model import Procedure
from care.text import HARD, MARKS, QUESTION, SOFT, Text

OUT_OF_SCOPE = "out_of_scope"
MOST_ANSWERS = 3
"""More answers to one message are not read."""
_MOST_PARTS = 4
"""So many parts are looked up; who asks more in one message is answered on the first ones."""
_MOST_THINGS = 3
"""So many things may stand in one part ("makeup, the gym and the sauna"); more is a story."""
_LATE = 3
"""Words of asking that are no verb of asking ("I wanted to ask") stand among the first so many words."""
_LONGEST_THING = 6
"""Words of a thing that is listed after the first one; more is a sentence."""
_SAYS_NOTHING = frozenset(
    {"hello", "thanks", "fine", "fillers", "questions", "asks_first", "joins", "or_words", "leads", "follow_ups"}
)
"""Headings of scope.yaml whose words say what kind of sentence it is, not what it is about."""
_TELLING = 2
"""So many words of its own must a question have to be understood without what stands around it."""

Hits = Sequence[tuple[str, float]]
Search = Callable[[str], Hits]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message that stands by itself."""

    text: str
    asks: bool
    clear: bool
    """It surely asks; where it may only tell ("I have to …"), nobody is told that it found no answer."""
    own: int
    """How many of its words say what it is about."""
    things: tuple[str, ...] = ()
    """What it lists, when it may list several things: "makeup", "go to the gym"."""
    rest: str = ""
    """What follows words such as "what about"; else ''."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What becomes of the questions of one message."""

    topics: tuple[str, ...]
    """Topics to answer, the most useful first, three at most."""
    sure: float
    """0..1: how sure the least sure of them is."""
    near: tuple[str, ...] = ()
    """Topics to offer for what found no answer."""
    left: bool = False
    """True: something was clearly asked that is not answered."""


class Cutter:
    """Cuts one message at the ends of its sentences, and where a further question begins inside of one."""

    def __init__(self, text: Text, heard: Sequence[Heard]) -> None:
        self._text = text
        self._at = {piece.start: n for n, piece in enumerate(text.pieces)}
        self._opened = self._after_opening_marks()
        self._marked = any(piece.norm == QUESTION for piece in text.pieces)
        self._begins: dict[str, set[int]] = {}
        self._covers: dict[str, set[int]] = {}
        self._leads: dict[int, int] = {}
        for one in heard:
            for found in one.found:
                self._note(str(found.label), *one.span(found))
        self._quiet = set[int]().union(*(self._covers.get(label, ()) for label in _SAYS_NOTHING))
        self._joins = self._covers.get("joins", set()) - self._covers.get("new_start", set())

    def _after_opening_marks(self) -> frozenset[int]:
        """Pieces right behind a "¿"."""
        raw, pieces = self._text.raw, self._text.pieces
        ends = (0, *(piece.end for piece in pieces))
        return frozenset(n for n, piece in enumerate(pieces) if "¿" in raw[ends[n] : piece.start])

    def _note(self, label: str, start: int, end: int) -> None:
        if start not in self._at:
            return
        first = last = self._at[start]
        while last + 1 < len(self._text.pieces) and self._text.pieces[last + 1].end <= end:
            last += 1
        self._begins.setdefault(label, set()).add(first)
        self._covers.setdefault(label, set()).update(range(first, last + 1))
        if label == "leads":
            self._leads[first] = max(last, self._leads.get(first, first))

    def parts(self) -> tuple[Part, ...]:
        """All parts, in order. A question without a thing of its own ("is that ok?") takes in what was told before."""
        found: list[Part] = []
        told = -1
        listing = False
        for first, last in self._spans():
            part = self._part(first, last)
            if listing and not part.asks and part.own > 0 and last - first <= _LONGEST_THING:
                part = replace(part, asks=True, clear=True)
            if part.asks and not part.own and told >= 0:
                part = replace(part, text=self._text.said(told, last), own=found[-1].own)
            told = -1 if part.asks else first
            listing = part.asks and self._breaks_line(last)
            found.append(part)
        return tuple(found)

    def _breaks_line(self, piece: int) -> bool:
        mark = self._text.pieces[piece]
        return mark.norm == HARD and "\n" in self._text.raw[mark.start : mark.end]

    def _spans(self) -> Iterator[tuple[int, int]]:
        for first, last in self._text.sentences:
            begin = first
            for piece in range(first + 1, last + 1):
                if (end := self._cut(begin, piece)) >= begin:
                    yield begin, end
                    begin = piece
            yield begin, last

    def _cut(self, begin: int, piece: int) -> int:
        """Last piece of the part that ends before a further question begins at ``piece``; -1 where none does."""
        if piece in self._opened:
            return piece - 1
        if not any(piece in self._begins.get(label, ()) for label in ("asks_first", "questions")):
            return -1
        end = piece - 1
        while end >= begin and (end in self._covers.get("joins", ()) or self._text.pieces[end].norm == SOFT):
            end -= 1
        return end if end < piece - 1 else -1

    def _part(self, first: int, last: int) -> Part:
        places = [n for n in range(first, last + 1) if self._text.pieces[n].norm not in MARKS]
        begin = next((n for n in places if n not in self._covers.get("joins", ())), first)
        lead = max((self._leads[n] for n in (first, begin) if n in self._leads), default=None)
        clear = bool(places) and self._surely_asks(begin, last)
        return Part(
            text=self._text.said(first, last),
            asks=clear or self._may_ask(places, last),
            clear=clear or not self._marked,
            own=sum(n not in self._quiet for n in places),
            things=self._things(first, last),
            rest=self._text.said(lead + 1, last) if lead is not None and lead < last else "",
        )

    def _surely_asks(self, begin: int, last: int) -> bool:
        """It ends with a question mark, or begins like a question; what stands before a "¿" only leads to one."""
        if self._text.pieces[last].norm == QUESTION:
            return True
        return last + 1 not in self._opened and begin in self._begins.get("asks_first", ())

    def _may_ask(self, places: Sequence[int], last: int) -> bool:
        return last + 1 not in self._opened and not self._begins.get("questions", set()).isdisjoint(places[:_LATE])

    def _things(self, first: int, last: int) -> tuple[str, ...]:
        """What a question lists: what stands between its "and", "or" and commas, when each of it says something."""
        runs: list[list[int]] = [[]]
        joined = False
        for n in range(first, last + 1):
            if n in self._joins or n in self._covers.get("or_words", ()):
                joined = True
                runs.append([])
            elif self._text.pieces[n].norm == SOFT:
                runs.append([])
            elif self._text.pieces[n].norm not in MARKS:
                runs[-1].append(n)
        runs = [run for run in runs if run]
        listed = joined and 1 < len(runs) <= _MOST_THINGS and first in self._begins.get("asks_first", (first,))
        if not listed or any(not self._is_thing(run) for run in runs[1:]):
            return ()
        return tuple(self._text.said(run[0], run[-1]) for run in runs)

    def _is_thing(self, run: Sequence[int]) -> bool:
        asks = any(run[0] in self._begins.get(label, ()) for label in ("asks_first", "questions"))
        return len(run) <= _LONGEST_THING and not asks and not self._quiet.issuperset(run)


def asked(parts: Sequence[Part], search: Search, sure: float, offer: float, rank: Callable[[str], int]) -> Asked | None:
    """The answers to a message of several questions; None when it is no more than one.

    A topic is answered that the searcher finds from the score ``sure`` on by a part that asks; from ``offer`` on
    it is offered for a part that found none. There are never more answers than questions, and no topic comes twice.
    ``rank``: see :func:`usefulness`; where it is the same, the patient's own order stays.
    """
    asking = [part for part in parts if part.asks and part.own]
    looked_up = asking[:_MOST_PARTS]
    answered: dict[str, float] = {}
    unanswered: list[tuple[Part, Hits]] = []
    questions = 0
    for part in looked_up:
        topics, misses = _topics(part, search, sure)
        questions += max(1, len(topics))
        answered |= topics
        unanswered += [(part, one) for one in misses]
    if questions < 2 or not answered:
        return None
    ordered = sorted(answered, key=rank)
    first, over = tuple(ordered[:MOST_ANSWERS]), ordered[MOST_ANSWERS:]
    left = [_near(hits, sure, offer) for part, hits in unanswered if part.clear]
    left = [near for near in left if answered.keys().isdisjoint(near)]
    offered = dict.fromkeys([*over, *(topic for near in left for topic in near)])
    more = bool(left or over or asking[_MOST_PARTS:])
    return Asked(first, min(answered.values()), tuple(offered)[:MOST_ANSWERS], more)


def one_part(parts: Sequence[Part]) -> Sequence[str]:
    """Other words in which a message's only question may be looked up: without what stands around it."""
    asking = [part for part in parts if part.own and (part.asks or part.rest)]
    if len(asking) != 1:
        return ()
    alone = asking[0].text if asking[0].own >= _TELLING and len(parts) > 1 else ""
    return tuple(text for text in (alone, asking[0].rest) if text)


def _topics(part: Part, search: Search, sure: float) -> tuple[Mapping[str, float], Sequence[Hits]]:
    """What answers a part, with its score, and the hits of what in it found no answer.

    Where at least two of the things that it lists have topics of their own, these are answered; else one or none.
    """
    things = [search(thing) for thing in part.things]
    found = {topic: score for hits in things for topic, score in _best(hits, sure).items()}
    if len(found) > 1:
        return found, [hits for hits in things if not _best(hits, sure)]
    hits = search(part.text)
    best = _best(hits, sure) or (_best(search(part.rest), sure) if part.rest else {})
    return best, () if best else (hits,)


def _best(hits: Hits, sure: float) -> Mapping[str, float]:
    topic, score = hits[0] if hits else (OUT_OF_SCOPE, 0.0)
    return {topic: score} if score >= sure and topic != OUT_OF_SCOPE else {}


def _near(hits: Hits, sure: float, offer: float) -> Sequence[str]:
    if hits and hits[0][0] == OUT_OF_SCOPE and hits[0][1] >= sure:
        return ()
    return [topic for topic, score in hits if score >= offer and topic != OUT_OF_SCOPE][:MOST_ANSWERS]


def usefulness(answer: Answer | None, day: int | None) -> int:
    """How soon an answer is to be read, 0 first: what must not be done today, what needs care today, what else
    differs by day, and last what holds on any day. Who reads only the first answer has read what could do harm."""
    if answer is None or day is None or not answer.by_day:
        return 3
    stances = {Verdict(verdict).stance for verdict in answer.verdicts(day).values()}
    if Stance.FORBIDS in stances:
        return 0
    return 1 if stances & {Stance.ASKS, Stance.CALM} else 2


def usual_topics(procedure: Procedure, day: int | None) -> tuple[str, ...]:
    """What most patients ask about on a day: the chips of the last message that had some by then."""
    sent: Mapping[int, tuple[str, ...]] = {p.day: p.chips for p in procedure.plan if p.chips and not p.before_next}
    past = [chips for first, chips in sorted(sent.items()) if first <= (day or 0)]
    return past[-1] if past else ()
