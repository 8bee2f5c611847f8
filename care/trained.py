"""What the trained reader's probabilities mean: a further judge of danger, and a finder of topics.

What it finds likely is raised, what it finds possible is asked about. Where it is calm about a whole message, it says
so; what that means for the phrases ``triage.doubted`` decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from care.classify import Judged, Model
from care.model import LIKE, TRAINED, Level, Reading, Why
from care.symptoms import SymptomTable
from care.understand import Reader, Searcher

SIGN_FROM = 0.3
"""Probability from which a sign is named beside a level."""
CAUSE_FROM, CLEARER = 0.05, 1.5
"""Probability from which an emergency's likeliest cause is named, when it is so many times as likely as the next."""
LAST_DAY = 60
"""On later days nothing is expected any more, and no labelled message tells of them."""
UNREADABLE, STRANGE_FROM = "unreadable", 0.6
"""The sign of a language that nobody here reads, and the probability from which it is believed."""
DENIED = "denials"
LEAST = 0.01
"""Added to every probability: no reader is ever certain."""
LIKE_FROM = 0.75
"""Likeness from which the nearest labelled message is worth showing."""


@dataclass(frozen=True)
class TrainedReader:
    """Judges how serious a message is, by resemblance to labelled ones."""

    model: Model
    table: SymptomTable

    def read(self, text: str, day: int | None, rules: Reading) -> Reading:
        """Its own reading of ``text``: ``asks`` where it may be serious, ``calm`` where it surely is not."""
        known = day if day is not None and day <= LAST_DAY else None
        judged, at = self.model.judge(text, known), self.model.thresholds
        readable = judged.signs.get(UNREADABLE, 0.0) < STRANGE_FROM
        level = _level(judged, at)
        if _only_denied(rules):
            # What is denied resembles what is told: the patient is asked instead, as more may stand beside it.
            level = Level.NONE
        asks = level < Level.URGENT and judged.danger >= at["ask"]
        if level is Level.NONE and not asks:
            # Of what it has not read it can't be sure: then the phrases stand.
            calm, certain = (judged.whole and judged.flagged < at[name] for name in ("calm", "certain"))
            return Reading(danger=judged.danger, calm=calm, certain=certain, readable=readable, whole=judged.whole)
        signs: tuple[str, ...] = ()
        if readable:  # signs were learnt in the languages that we read
            signs = tuple(self._cause(judged, rules) if level is Level.EMERGENCY else self._signs(judged, level, day))
        sure = {Level.EMERGENCY: judged.emergency, Level.REVIEW: judged.flagged}.get(level, judged.danger)
        rule = f"{LIKE}{judged.like}" if judged.likeness >= LIKE_FROM else TRAINED
        why = Why(text, signs[0] if signs else "", rule, level, sure)
        return Reading(
            level, signs, asks=asks, sure=sure, why=(why,), danger=judged.danger, readable=readable, whole=judged.whole
        )

    def _signs(self, judged: Judged, level: Level, day: int | None) -> Iterator[str]:
        """Signs that are likely and as serious as the level, the likeliest first."""
        for sign, probability in sorted(judged.signs.items(), key=lambda one: -one[1]):
            known = sign in self.table.symptoms and sign != UNREADABLE
            if known and probability >= SIGN_FROM and self.table.level(sign, day) == level:
                yield sign

    def _cause(self, judged: Judged, rules: Reading) -> Iterator[str]:
        """The one sign whose words answer an emergency; none where the phrases named one, or where it is not clear."""
        grave = [sign for sign, known in self.table.symptoms.items() if known.level is Level.EMERGENCY]
        likely = sorted(((judged.signs.get(sign, 0.0), sign) for sign in grave), reverse=True)
        (first, sign), (second, _) = likely[:2]
        if rules.level < Level.EMERGENCY and first >= max(CAUSE_FROM, CLEARER * second):
            yield sign


def with_model(reader: Reader, model: Model) -> Reader:
    """The reader, with the model's judgement beside the phrases' and the words'."""
    judge = TrainedReader(model, reader.table)
    return replace(reader, searcher=MixedSearcher(model, reader.searcher), others=(*reader.others, judge))


def _level(judged: Judged, at: Mapping[str, float]) -> Level:
    if judged.emergency >= at["emergency"]:
        return Level.EMERGENCY
    if judged.danger >= at["danger"]:
        return Level.URGENT
    return Level.REVIEW if judged.flagged >= at["review"] else Level.NONE


def _only_denied(rules: Reading) -> bool:
    """Whether the patient only told what they don't have, as far as the phrases know."""
    denied = [why for why in rules.why if why.rule.startswith(DENIED)]
    return 0 < len(denied) == len(rules.why)


@dataclass(frozen=True)
class MixedSearcher:
    """Finds topics by both: what the model has learnt of questions, and the words that they share with the FAQ's."""

    model: Model
    words: Searcher

    @property
    def answer_at(self) -> float:
        """Probability from which a topic is answered."""
        return self.model.thresholds["answer"]

    @property
    def offer_at(self) -> float:
        """Probability from which it is offered as a button."""
        return self.model.thresholds["offer"]

    def search(self, text: str, lang: str, procedure: str = "") -> Sequence[tuple[str, float]]:
        """(topic, probability), best first, of the topics that this procedure's patients are answered from."""
        found = dict(self.words.search(text, lang, procedure))
        if not found:
            return ()
        learnt, at = self.model.topics_of(text), self.model.thresholds
        return mixed(learnt, found, at["weight"], at["heat"])


def mixed(
    learnt: Mapping[str, float], worded: Mapping[str, float], weight: float, heat: float
) -> tuple[tuple[str, float], ...]:
    """The topics of ``worded`` by both kinds of probability, best first; they add up to 1.

    ``weight``: of what is learnt, 0..1; ``heat``: the temperature at which the mixture is true. A topic that has not
    been learnt of is told by its words alone.
    """
    whole = sum(worded.values()) or 1.0
    heights = {topic: math.log(score / whole + LEAST) for topic, score in worded.items()}
    for topic in heights.keys() & learnt.keys():
        heights[topic] = weight * math.log(learnt[topic] + LEAST) + (1 - weight) * heights[topic]
    top = max(heights.values(), default=0.0)
    shares = {topic: math.exp((height - top) / heat) for topic, height in heights.items()}
    whole = sum(shares.values())
    return tuple(sorted(((topic, share / whole) for topic, share in shares.items()), key=lambda hit: -hit[1]))
