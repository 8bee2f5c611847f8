"""A message -> a Reading: how serious, which signs, which question, which language.

Several readers may judge how serious it is; the most serious one wins. The rules of ``triage`` always read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from care.answers import FaqBook
from care.asked import MOST_ANSWERS, OUT_OF_SCOPE, Cutter, Search, asked, one_part, usefulness
from care.followup import follow_up
from care.hearing import Heard, hear
from care.language import language_of
from care.lexicon import Lexicon, load_lexicons
from care.model import Level, Procedure, Reading, Why
from care.symptoms import SymptomTable, load_symptoms
from care.text import HARD, MARKS, QUESTION, SOFT, Text, read, signs
from care.triage import doubted, judge, most_serious

_FOREIGN_FROM = 0.5
"""Probability from which the detector is believed …"""
_ADDRESSED_FROM = 0.4
"""… and from which the patient is addressed in the language that it names, when it is none that we read."""
_FEW_KNOWN = 0.7
"""… when fewer of the words than this are ones we know."""
_HARDLY_ANY_KNOWN = 0.34
"""Fewer known words than this are unreadable even when the language can't be told."""
_TOLD_FROM = 0.6
"""Several words that we don't know are believed to be of a language that we read from this probability on."""
_SMALL_TALK_REST = 6
"""So many other words may stand beside thanks or a greeting."""
_STORY = 15
"""So many words outside of questions, in which no rule finds anything, are a story that we don't
understand: the patient is asked, whatever topic it resembles."""
_PART = 0.1
"""How much of the way to certainty the score of a part lies above that of a whole message, to be answered."""
_GREETING, _TALK_FROM = 4, 0.3
"""Small talk of so few words is asked about from this probability of danger on."""
_RIDDLE_FROM = 0.03
"""Where a trained reader judges as well, a hint or a story is asked about from this probability of danger on."""
_LONG_STORY = 20
"""The same beside signs that are expected on that day, or that a person reads anyway."""
_BEGINNING = 2
"""A sentence whose words of asking begin among its first so many words asks something."""
_THUMBS = {
    "👍": "fine",
    "👌": "fine",
    "✅": "fine",
    "🙏": "thanks",
    "❤": "thanks",
    "💕": "thanks",
    "👋": "hello",
}


class Searcher(Protocol):
    """Finds the FAQ topics that a message asks about."""

    @property
    def answer_at(self) -> float:
        """Score from which a topic is answered …"""

    @property
    def offer_at(self) -> float:
        """… and from which it is offered as a button."""

    def search(self, text: str, lang: str, procedure: str) -> Sequence[tuple[str, float]]:
        """(topic, score 0..1), best first; ``out_of_scope`` may be among them. ``procedure``: the patient's,
        or ''."""


class DangerReader(Protocol):
    """A further judge of how serious a message is, beside the rules."""

    def read(self, text: str, day: int | None, rules: Reading) -> Reading:
        """Its own reading. ``rules.why`` also tells which signs the rules set aside, and why."""


@dataclass(frozen=True)
class Reader:
    """Understands the messages of patients. One is built at start and serves all."""

    lexicons: Sequence[Lexicon]
    table: SymptomTable
    searcher: Searcher
    languages: Sequence[str]
    """Languages that the clinic offers; the others are read for danger all the same."""
    others: Sequence[DangerReader] = ()
    tables: Mapping[str, SymptomTable] = field(default_factory=dict)
    """Procedure → the table that holds after it."""
    book: FaqBook | None = None
    """The answers, to tell which of several is the most useful; None: the patient's own order."""

    def read(self, text: str, day: int | None, lang: str, procedure: str = "") -> Reading:
        """What a message means on a day of the episode. ``lang``: the language that the patient chose;
        ``procedure``: what the episode follows, '' where that is not known."""
        table = self.tables.get(procedure, self.table)
        cut = read(text)
        if not any(piece.norm not in (SOFT, HARD) for piece in cut.pieces) and not signs(text):
            return _unreadable(text, "")
        language, probability = language_of(text)
        shares = self._shares(cut)
        foreign = self._foreign(cut, language, probability, max(shares.values(), default=0.0))
        another = foreign and language not in self.languages
        mother = language if another and probability >= _ADDRESSED_FROM else ""
        heard = hear(cut, self.lexicons, repair=not (another and probability >= _FOREIGN_FROM))
        rules = judge(heard, day, table)
        others = [other.read(text, day, rules) for other in self.others]
        if language in self.languages and not all(other.readable for other in others):
            # Portuguese resembles Spanish, and Catalan both: the trained reader tells them apart.
            language, foreign = language_of(text, but=self.languages)[0], True
            mother = language
        riddle = _riddle(others)
        reading = most_serious([replace(rules, asks=rules.asks and riddle), *others])
        reading = doubted(reading, others, day, table)
        talk = _small_talk(text, heard) if not reading.symptoms else ""
        if talk and len(cut.words) <= _GREETING and not rules.asks and _danger(others) < _TALK_FROM:
            # A greeting says nothing, so that it resembles anything a little.
            reading = replace(reading, asks=False)
        if foreign and rules.level is Level.NONE and reading.level <= Level.REVIEW and not talk:
            # A sign that resembles one of our words, or what resembles a labelled message, stands beside words
            # that nobody has read; only danger is believed at once.
            return replace(_unreadable(text, language), foreign=mother)
        spoken = language if language in shares else max(shares, key=lambda code: shares[code], default="")
        reading = replace(reading, language=spoken if max(shares.values(), default=0.0) or language else "")
        if riddle and reading.level <= Level.REVIEW:
            if _close_to(rules, day, table):
                talk, reading = "", replace(reading, asks=True)
            elif not talk and _story(cut, heard) >= _patience(reading):
                reading = replace(reading, asks=True)
        shown = spoken if spoken in self.languages else lang

        def search(part: str) -> Sequence[tuple[str, float]]:
            return self.searcher.search(part, shown, procedure)

        rank = partial(self._rank, procedure, day)
        return replace(self._with_topic(reading, cut, search, heard, talk, rank), foreign=mother)

    def _shares(self, text: Text) -> dict[str, float]:
        """Language → share of the words that are surely of it."""
        words = text.words
        return {
            lexicon.language: sum(word in lexicon.words for word in words) / max(1, len(words))
            for lexicon in self.lexicons
        }

    def _foreign(self, text: Text, language: str, probability: float, known: float) -> bool:
        if not text.words:
            return False
        if language and language not in self.languages and probability >= _FOREIGN_FROM:
            return known < _FEW_KNOWN or any(lexicon.language == language for lexicon in self.lexicons)
        told = language in self.languages and (probability >= _TOLD_FROM or len(text.words) == 1)
        return not told and known < _HARDLY_ANY_KNOWN

    def _rank(self, procedure: str, day: int | None, topic: str) -> int:
        return usefulness(self.book.of(procedure).answers.get(topic) if self.book else None, day)

    def _with_topic(
        self,
        reading: Reading,
        text: Text,
        search: Search,
        heard: Sequence[Heard],
        talk: str,
        rank: Callable[[str], int],
    ) -> Reading:
        """The reading with what is asked: topics to answer or to offer, a follow-up, or small talk."""
        follows = follow_up(heard)
        if follows.bare and not reading.symptoms:
            return replace(reading, question=True, follows=True, asked_day=follows.day)
        question = "?" in text.raw or any(
            one.scope.has("questions") or one.scope.begins("asks_first") for one in heard
        )
        if question:
            talk = ""
        reading = replace(reading, question=question)
        if talk:
            return replace(reading, small_talk=talk)
        if reading.symptoms and not question:
            # "A wedding on Saturday and I look like a boiled ham": the sign is told, and something else is asked.
            return replace(self._one_topic(reading, search(text.raw)), near=())
        parts = Cutter(text, heard).parts()
        sure, offer = self.searcher.answer_at, self.searcher.offer_at
        # A part says less than the whole: what answers it must be surer.
        bar = sure + _PART * (1 - sure)
        hits = search(text.raw)
        several = asked(parts, search, bar, offer, rank)
        # Where the parts find something else than the whole does, the cut went through the middle of one question.
        whole = next((topic for topic, _ in hits if topic != OUT_OF_SCOPE), "")
        if several and whole in (*several.topics, *several.near):
            first, *also = several.topics
            score = reading.sure if reading.level > Level.NONE else several.sure
            near, left = several.near, several.left
            return replace(reading, topic=first, also=tuple(also), near=near, left=left, sure=score)
        for other in one_part(parts) if hits and hits[0][1] < sure else ():
            closer = search(other)
            if closer and closer[0][1] >= bar and closer[0][0] in [topic for topic, _ in hits[:MOST_ANSWERS]]:
                hits = closer
                break
        return self._one_topic(replace(reading, asked_day=follows.day), hits)

    def _one_topic(self, reading: Reading, hits: Sequence[tuple[str, float]]) -> Reading:
        if not hits:
            return reading
        best, score = hits[0]
        sure = reading.sure if reading.level > Level.NONE else score
        if score >= self.searcher.answer_at and best != OUT_OF_SCOPE:
            return replace(reading, topic=best, sure=sure)
        near = [topic for topic, s in hits if s >= self.searcher.offer_at and topic != OUT_OF_SCOPE]
        return replace(reading, near=tuple(near[:3]), sure=sure)


def load_reader(
    general: Path,
    languages: Sequence[str],
    searcher: Searcher,
    making: Collection[str] = (),
    procedures: Mapping[str, Procedure] = MappingProxyType({}),
    book: FaqBook | None = None,
) -> Reader:
    """Read ``content/general``; ContentFaults tells everything that is wrong at once.

    ``languages``: those that the clinic offers. Every language that has phrases is read, offered or not;
    one of ``making`` as soon as its phrases are complete. ``procedures``: those that are offered, by id.
    ``book``: the answers in one of the languages.
    """
    table = load_symptoms(general / "symptoms.yaml", general.parent)
    lexicons = load_lexicons(general, table.symptoms, making)
    language_of("the detector is loaded now rather than with the first message")
    tables = {id: table.after(procedure.expected) for id, procedure in procedures.items()}
    return Reader(lexicons, table, searcher, tuple(languages), tables=tables, book=book)


def _danger(others: Sequence[Reading]) -> float:
    """How likely further readers hold danger; 1 where none judges."""
    return max((other.danger for other in others if other.danger is not None), default=1.0)


def _riddle(others: Sequence[Reading]) -> bool:
    """Whether a hint or a story is to be asked about: a reader that has read it all and finds it
    harmless knows more."""
    return _danger(others) >= _RIDDLE_FROM or not all(other.whole for other in others)


def _close_to(rules: Reading, day: int | None, table: SymptomTable) -> bool:
    """A serious sign that is told of somebody close, or asked about, may be the patient's own."""
    # "My husband's cheek oozes": who writes may write for the patient.
    family = _aside(rules, "family", day, table) >= Level.URGENT
    # "Is it usual to feel my throat closing?" may mean now.
    return family or _aside(rules, "asking", day, table) is Level.EMERGENCY


def _aside(rules: Reading, heading: str, day: int | None, table: SymptomTable) -> Level:
    """The most serious level among the signs that were set aside under this heading of scope.yaml alone."""
    told = [why.rule.removeprefix(f"{heading}: ") for why in rules.why if why.rule.startswith(f"{heading}: ")]
    return max((table.level(sign, day) for sign in told), default=Level.NONE)


def _unreadable(text: str, language: str) -> Reading:
    why = Why(text, "unreadable", "no language that we read", Level.REVIEW)
    return Reading(Level.REVIEW, ("unreadable",), language=language, readable=False, sure=1.0, why=(why,))


def _patience(reading: Reading) -> int:
    return _LONG_STORY if reading.symptoms else _STORY


def _story(text: Text, heard: Sequence[Heard]) -> int:
    """How many words stand in sentences that ask nothing."""
    asking = {f.first for one in heard for f in one.found if f.label in ("questions", "asks_first")}
    told = 0
    for first, last in text.sentences:
        # "What came out was thick" has the words of a question, and is none: it must begin with them.
        begins = not asking.isdisjoint(range(first, first + _BEGINNING))
        if not begins and text.pieces[last].norm != QUESTION:
            told += sum(text.pieces[n].norm not in MARKS for n in range(first, last + 1))
    return told


def _small_talk(text: str, heard: Sequence[Heard]) -> str:
    """'thanks', 'fine' or 'hello' when the message is hardly more; else ''."""
    if not any(one.text.words for one in heard):
        return next((kind for sign, kind in _THUMBS.items() if sign in text), "")
    for one in heard:
        kinds = [f for f in one.found if f.label in ("thanks", "fine", "hello", "fillers")]
        covered = {n for f in kinds for n in range(f.first, f.last + 1)}
        rest = sum(p.norm not in MARKS for n, p in enumerate(one.text.pieces) if n not in covered)
        said = {str(f.label) for f in kinds} - {"fillers"}
        if said and rest <= min(_SMALL_TALK_REST, len(covered)):
            return next(kind for kind in ("thanks", "fine", "hello") if kind in said)
    if any(one.scope.has("denials") for one in heard) and _all_denied(heard):
        return "fine"
    return ""


def _all_denied(heard: Sequence[Heard]) -> bool:
    """The patient only told what they don't have."""
    return any(not isinstance(f.label, str) for one in heard for f in one.found)
