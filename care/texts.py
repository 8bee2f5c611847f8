"""Each text of a language by itself: filled in, held against the rules of wording, and measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from care.answers import Answer
from care.faults import ContentFaults, Fault
from care.fitting import FILES, fitting
from care.library import Library
from care.passages import Passage, answers, passages
from care.readability import breaths, figure, sentences, too_hard
from care.samples import LONG_NAME, Samples
from care.wording import Wording, forbidden, load_wording, unexplained

FEWEST_WORDS = 25
"""Shorter texts have no level of their own, and are judged together with the others of their file."""


def text_faults(library: Library, lang: str, home: str | None = None) -> Iterator[Fault]:
    """Everything that is wrong with single texts of a language; with ``home`` of those of one procedure."""
    samples = Samples(library)
    wording = None
    try:
        wording = load_wording(library.root, lang)
    except ContentFaults as found:
        yield from found.faults
    read: list[tuple[Passage, str]] = []
    for passage in (p for p in passages(library, lang) if home in (None, p.home)):
        faults, texts = fitting(samples, passage)
        yield from faults
        read += [(passage, text) for text in texts if passage.for_patients]
        if wording and passage.for_patients:
            yield from _worded(wording, passage)
    if wording:
        for answer in answers(library, lang):
            yield from forbidden(wording, _label(answer, lang), answer.label)
        yield from _plain(library, wording, read)


def _worded(wording: Wording, passage: Passage) -> Iterator[Fault]:
    words = passage.words()
    yield from forbidden(wording, passage, words)
    yield from unexplained(wording, passage, words)


def _label(answer: Answer, lang: str) -> Passage:
    """What a topic's button says, as a text."""
    return Passage(lang, "", answer.topic, answer.label, answer.file, answer.line, answer.line, ())


def _plain(library: Library, wording: Wording, read: Sequence[tuple[Passage, str]]) -> Iterator[Fault]:
    for passage, text in read:
        yield from (passage.fault(what) for what in _dense(library, wording, passage, text))
    told: set[tuple[str, int]] = set()
    for level, place, text in _levels(_names(library), wording, read):
        fault = _hard(wording, level, place, text)
        if too_hard(level, wording.measure, wording.hardest) and (fault.file, fault.line) not in told:
            told.add((fault.file, fault.line))
            yield fault


def _hard(wording: Wording, level: float, place: Passage | None, text: str) -> Fault:
    told = f"hard to read: {level:g} by {wording.measure}, and the limit is {wording.hardest:g}"
    what = f"{told}. Use shorter sentences and plainer words, above all in “{_longest(text)}”"
    return place.fault(f"is {what}") if place else Fault(text.partition(": ")[0], 0, f"short texts are {what}")


def _levels(
    names: Sequence[str], wording: Wording, read: Sequence[tuple[Passage, str]]
) -> Iterator[tuple[float, Passage | None, str]]:
    """How hard each text is: figure, place, text. Short ones have no place; before theirs stands their file."""
    short: dict[str, dict[str, None]] = {}
    for passage, text in read:
        if passage.id in FILES:
            continue
        if len(text.split()) < FEWEST_WORDS:
            short.setdefault(passage.file, {})[text] = None
        else:
            yield figure(text, wording.measure, wording.lang, names), passage, text
    for file, texts in short.items():
        yield figure("\n".join(texts), wording.measure, wording.lang, names), None, f"{file}: {' '.join(texts)}"


def _names(library: Library) -> Sequence[str]:
    """Names that a text can't choose: the clinic's own, and those of sample patients."""
    clinic = library.clinic
    return (clinic.name, clinic.phone, clinic.emergency_number, clinic.crisis_line, clinic.out_of_hours, LONG_NAME)


def _dense(library: Library, wording: Wording, passage: Passage, text: str) -> Iterator[str]:
    """Sentences and lines that are too long; what the text only says after others is told of those."""
    for name in _names(library):
        text = text.replace(name, "1")
    for breath in breaths(text):
        words = len(breath.split())
        if words > wording.words_in_a_sentence and _own(passage, breath):
            yield f"has a sentence of {words} words, at most {wording.words_in_a_sentence}: split “{_short(breath)}”"
    for line in text.split("\n"):
        count = len(sentences(line))
        if count > wording.sentences_in_a_line and _own(passage, line):
            most = wording.sentences_in_a_line
            yield f"has {count} sentences on one line, at most {most}: begin a new line in “{_short(line)}”"


def _own(passage: Passage, said: str) -> bool:
    """Whether words stand in the text itself, or come from others that it says."""
    words, own = said.split(), " ".join(passage.words().replace("**", "").split())
    runs: Iterable[str] = (" ".join(words[n : n + 4]) for n in range(max(len(words) - 3, 1)))
    return any(run in own for run in runs)


def _longest(text: str) -> str:
    return _short(max(breaths(text), key=len, default=""))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
