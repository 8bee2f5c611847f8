"""Which topic of the FAQ a question asks about, in plain Python: close to what was said before, or nothing.

Each way of asking, each label and each out-of-scope line is a point in the space of its words and letter
groups (TF-IDF). A topic's evidence is its nearest phrasings, its centre and its own ``words``; what decides
whether the best topic is answered is a small logistic gate over that evidence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from care.answers import Answer, FaqBook, load_faq

OUT_OF_SCOPE = "out_of_scope"
JUST_ONE = 2
"""Shelves of a book when there is one procedure: its own, and that of the general answers."""

_MOST_WORDS = 80
"""A longer message is read by its beginning and its end."""
_REPAIRED_FROM = 5
_REPAIRED_LIKENESS = 0.79
"""Letters of a word, and likeness to a known one, from which a typing error is repaired."""
_LONGEST_TERM = 5
_LETTERS = (3, 4)
_LETTER, _WORD, _PAIR = 1.0, 2.0, 1.5
"""Weights of a letter group, a word and a pair of words."""
_UNKNOWN = 0.7
"""Weight of what no phrasing has, against the rarest of what one has."""
_SECOND, _CENTRE, _HINT, _MOST_HINTS = 0.5, 1.0, 0.3, 1.5
"""Weights of the second nearest phrasing, the centre and the topic's words, against the nearest."""
_FALL = 5.0
"""How fast the scores of the topics after the best one fall with their evidence."""

Point = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Gate:
    """Weights of a logistic regression; fitted on questions that are no phrasings (tests/test_faq.py)."""

    hints: float
    """The best topic's own words in the question, 0..2."""
    margin: float
    """How far its evidence is ahead of the next topic's."""
    length: float
    """Logarithm of the number of words."""
    outside: float
    """Likeness to the centre of what no document answers."""
    unknown: float
    """Share of words that no phrasing of any topic has."""
    away: float
    """Words that point away from the documents, 0..2."""
    bias: float

    def open(self, clues: Sequence[float]) -> float:
        """0..1 for clues in the order of the fields."""
        weights = (self.hints, self.margin, self.length, self.outside, self.unknown, self.away)
        return 1 / (1 + math.exp(-self.bias - sum(w * c for w, c in zip(weights, clues, strict=True))))


_RIGHT = _Gate(2.4, 2.7, 3.4, outside=-35.8, unknown=-4.6, away=-3.5, bias=-5.0)
"""How sure the best topic is."""
_OUTSIDE = _Gate(-1.6, -1.9, -4.8, outside=46.4, unknown=5.7, away=3.4, bias=3.9)
"""How sure it is that no document answers; its bias is 1 below the fit, as buttons cost less than silence."""


class FaqIndex:
    """Finds topics in every language that has a book. Built once; searching changes nothing."""

    answer_at = 0.75
    """Score from which a topic is answered: there about one answer in twenty is wrong at most."""
    offer_at = 0.05
    """Score from which a topic is offered as a button."""

    def __init__(self, books: Iterable[FaqBook]) -> None:
        """One index for each language and procedure; for the general answers alone only beside several."""
        self._books = {book.lang: book for book in books}
        self._finders = {
            (lang, home): _Finder(own)
            for lang, book in self._books.items()
            for home, own in (book.shelves or {"": book}).items()
            if home or len(book.shelves) != JUST_ONE
        }

    def search(self, text: str, lang: str, procedure: str = "") -> tuple[tuple[str, float], ...]:
        """(topic, score 0..1) of the topics that a patient of the procedure is answered from, and
        ``out_of_scope``, best first; () for nothing to read."""
        book, words = self._books.get(lang), _words(text)
        finder = self._finders.get((lang, book.shelf(procedure))) if book else None
        return finder.search(words) if finder and words else ()


class _Finder:
    """The index of one language."""

    def __init__(self, book: FaqBook) -> None:
        lines = [(t, line) for t, a in book.answers.items() for line in (*a.phrasings, a.label)]
        lines += [(OUT_OF_SCOPE, line) for line in book.out_of_scope]
        self._topics = [topic for topic, _ in lines]
        self._hints = _hints(book.answers)
        self._away = frozenset(tuple(_words(term)) for term in book.away)
        self._learn([(topic, _words(line)) for topic, line in lines])
        self._index([_parts(_words(line)) for _, line in lines])

    def _learn(self, lines: Sequence[tuple[str, list[str]]]) -> None:
        inside = {word for topic, words in lines if topic != OUT_OF_SCOPE for word in words}
        self._inside = frozenset(inside | {word for term in self._hints for word in term})
        self._known = self._inside | {word for _, words in lines for word in words}
        self._known |= {word for term in self._away for word in term}
        self._right: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._inside):
            if len(word) >= _REPAIRED_FROM:
                self._right[word[0]].append(word)

    def _index(self, lines: Sequence[Mapping[str, float]]) -> None:
        seen = Counter(part for line in lines for part in line)
        self._rare = {part: math.log(1 + len(lines) / n) for part, n in seen.items()}
        self._rarest = max(self._rare.values(), default=1.0)
        self._lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
        centres: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for number, (topic, line) in enumerate(zip(self._topics, lines, strict=True)):
            for part, weight in self._point(line).items():
                self._lines[part].append((number, weight))
                centres[topic][part] += weight
        self._centres: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for topic, centre in centres.items():
            for part, weight in _unit(centre).items():
                self._centres[part].append((topic, weight))

    def _point(self, parts: Mapping[str, float]) -> Point:
        return _unit(
            {
                part: (1 + math.log(n) if n > 1 else n) * self._rare.get(part, _UNKNOWN * self._rarest)
                for part, n in parts.items()
            }
        )

    def search(self, words: Sequence[str]) -> tuple[tuple[str, float], ...]:
        evidence, clues = self.weigh(words)
        best = max(evidence.values(), default=0.0)
        sure = _RIGHT.open(clues)
        scores = {topic: sure * math.exp(_FALL * (e - best)) for topic, e in evidence.items()}
        scores[OUT_OF_SCOPE] = _OUTSIDE.open(clues)
        return tuple(sorted(scores.items(), key=lambda hit: -hit[1]))

    def weigh(self, words: Sequence[str]) -> tuple[dict[str, float], tuple[float, ...]]:
        """The topics' evidence, best first, and the clues of the gates."""
        words = [self._repaired(word) for word in words]
        point = self._point(_parts(words))
        nearest, centre = self._nearest(point), self._to_centres(point)
        hints, away = self._pointers(words)
        evidence = {
            topic: near + _CENTRE * centre[topic] + _HINT * min(hints[topic], _MOST_HINTS)
            for topic, near in nearest.items()
            if topic != OUT_OF_SCOPE
        }
        evidence = dict(sorted(evidence.items(), key=lambda item: -item[1]))
        (best, first), (_, second) = (*evidence.items(), ("", 0.0), ("", 0.0))[:2]
        unknown = sum(word not in self._inside for word in words) / len(words)
        clues = (
            min(hints[best], 2.0),
            first - second,
            math.log(len(words) + 1),
            centre[OUT_OF_SCOPE],
            unknown,
            min(away, 2.0),
        )
        return evidence, clues

    def _repaired(self, word: str) -> str:
        """The known word that is meant; the first letter is hardly ever the wrong one."""
        if len(word) < _REPAIRED_FROM or word in self._known:
            return word
        choices = self._right.get(word[0], ())
        found = process.extractOne(word, choices, scorer=OSA.normalized_similarity, score_cutoff=_REPAIRED_LIKENESS)
        return found[0] if found else word

    def _nearest(self, point: Point) -> dict[str, float]:
        likeness = [0.0] * len(self._topics)
        for part, weight in point.items():
            for number, other in self._lines.get(part, ()):
                likeness[number] += weight * other
        by_topic: dict[str, list[float]] = defaultdict(list)
        for topic, value in zip(self._topics, likeness, strict=True):
            by_topic[topic].append(value)
        best = {topic: sorted(values, reverse=True) for topic, values in by_topic.items()}
        return {topic: values[0] + _SECOND * sum(values[1:2]) for topic, values in best.items()}

    def _to_centres(self, point: Point) -> dict[str, float]:
        likeness: dict[str, float] = defaultdict(float)
        for part, weight in point.items():
            for topic, other in self._centres.get(part, ()):
                likeness[topic] += weight * other
        return likeness

    def _pointers(self, words: Sequence[str]) -> tuple[dict[str, float], float]:
        """What the topics' own words, and those that point away from all of them, add up to.

        A longer term keeps the shorter ones inside it from counting: "glass of red" is no redness.
        """
        hints: dict[str, float] = defaultdict(float)
        away = 0.0
        used: set[int] = set()
        for size in range(_LONGEST_TERM, 0, -1):
            for start in range(len(words) - size + 1):
                term, places = tuple(words[start : start + size]), range(start, start + size)
                owners = self._hints.get(term, ())
                if not (owners or term in self._away) or used.issuperset(places):
                    continue
                used.update(places)
                away += term in self._away
                for topic in owners:
                    hints[topic] += 1 / len(owners)
        return hints, away


def _hints(answers: Mapping[str, Answer]) -> dict[tuple[str, ...], list[str]]:
    hints: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for topic, answer in answers.items():
        for term in dict.fromkeys(tuple(_words(term)) for term in answer.words):
            hints[term].append(topic)
    return hints


def _words(text: str) -> list[str]:
    """Words in small letters without accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’`´")
    words = re.findall(r"[^\W_]+", letters)
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS // 2] + words[-_MOST_WORDS // 2 :]


def _parts(words: Sequence[str]) -> dict[str, float]:
    """What a line is made of: its words, pairs of them, and letter groups with the words' edges marked."""
    parts: dict[str, float] = defaultdict(float)
    for word in words:
        parts["w " + word] += _WORD
        edged = f"_{word}_"
        for size in _LETTERS:
            for start in range(len(edged) - size + 1):
                parts[edged[start : start + size]] += _LETTER
    for first, second in pairwise(words):
        parts[f"{first} {second}"] += _PAIR
    return parts


def _unit(weights: Mapping[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
    return {part: weight / length for part, weight in weights.items()}


__all__ = ["Answer", "FaqBook", "FaqIndex", "load_faq"]
