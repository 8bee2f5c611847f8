"""The rules: a message and its day -> how serious it is, and why. Danger wins over everything else.

All languages are always read, whatever the patient chose: people mix them, and leave accents out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from care.folder import Label, Meaning
from care.hearing import Heard, hear
from care.lexicon import Lexicon
from care.model import HINT, TOGETHER, Level, Reading, Why
from care.phrases import Found
from care.scope import Scope, meanings
from care.symptoms import SymptomTable
from care.text import read

RULES_ARE_SURE = 0.9
"""How sure a phrase of content makes us of a level."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """One mention of a sign."""

    symptom: str
    level: Level
    said: str
    rule: str
    span: tuple[int, int]
    language: str
    sentence: int
    joins: bool
    """False: the phrase stands for a mild form, which means no more beside others."""
    days: str
    """Which days of the table decided, as ``Why.days`` has it."""
    aside: str
    """Why it doesn't count; '' when it does."""


def triage(message: str, day: int | None, lexicons: Sequence[Lexicon], table: SymptomTable) -> Reading:
    """Level, symptoms, ``asks`` and reasons of a message.

    ``day``: days since the session; None when unknown, which takes nothing for expected.
    """
    return judge(hear(read(message), lexicons), day, table)


def judge(heard: Sequence[Heard], day: int | None, table: SymptomTable) -> Reading:
    """What the languages heard, put together."""
    signs = _settle([sign for one in heard for sign in _signs(one, day, table)], heard)
    live = [sign for sign in signs if not sign.aside]
    whys = [Why(s.said, s.symptom, s.rule, s.level, days=s.days) for s in live]
    whys += _together(live, day, table)
    whys += _lowered_defence(live, table)
    asides = [Why(s.said, "", f"{s.aside}: {s.symptom}", Level.NONE) for s in signs if s.aside]
    hints = list(_hints(heard, signs))
    level = max((why.level for why in whys), default=Level.NONE)
    return Reading(
        level=level,
        symptoms=_ordered(whys),
        sure=RULES_ARE_SURE if level > Level.NONE else 0.0,
        asks=bool(hints) and level < Level.EMERGENCY,
        why=(*sorted(_once(whys), key=lambda w: -w.level), *hints, *_once(asides)),
    )


def most_serious(readings: Sequence[Reading]) -> Reading:
    """Several readers of one message put together: the first's reading, raised by the others'."""
    whys = [why for reading in readings for why in reading.why]
    top = max(readings, key=lambda reading: reading.level)
    return replace(
        readings[0],
        level=top.level,
        symptoms=tuple(dict.fromkeys(symptom for r in (top, *readings) for symptom in r.symptoms)),
        sure=top.sure if top.level > Level.NONE else readings[0].sure,
        asks=any(reading.asks for reading in readings) and top.level < Level.EMERGENCY,
        danger=max((reading.danger for reading in readings if reading.danger is not None), default=None),
        why=tuple(sorted(_once(whys), key=lambda why: -why.level)),
    )


def doubted(reading: Reading, others: Sequence[Reading], day: int | None, table: SymptomTable) -> Reading:
    """Where phrases alone speak of danger and a further reader is calm about the whole message, the patient is asked.

    Where it is certain, the phrase is taken for a manner of speaking; so it is, where it is calm, with one that only a
    person would look at. Never doubted: thoughts of self-harm, and what is no sign of the skin, such as a pregnancy, a
    medicine, a wish to talk to somebody.
    """
    outright = (table.told_outright | table.even_imagined) & {*reading.symptoms}
    if outright or not any(other.calm for other in others):
        return reading
    expected = tuple(symptom for symptom in reading.symptoms if table.level(symptom, day) is Level.NONE)
    certain = all(other.certain for other in others)
    asks = reading.asks or (reading.level >= Level.URGENT and not certain)
    return replace(reading, level=Level.NONE, symptoms=expected, sure=0.0, asks=asks)


def _signs(heard: Heard, day: int | None, table: SymptomTable) -> Iterator[_Sign]:
    named = [(f, m) for f, m in meanings(heard.found) if _on_day(m, day) and not heard.scope.broken(f)]
    hidden = [(f, m.symptom) for f, m in named if m.hides]
    for found, meaning in named:
        symptom = meaning.symptom
        if meaning.hides:
            continue
        level = table.level(symptom, day) if meaning.level is None else meaning.level
        looks_like = any(symptom == other and _overlap(found, hide) for hide, other in hidden)
        yield _Sign(
            symptom,
            level,
            heard.text.said(found.first, found.last),
            found.phrase.said,
            heard.span(found),
            heard.lexicon.language,
            heard.text.sentence_of(found.first),
            meaning.level is None,
            table.days(symptom, day) if meaning.level is None else "",
            "except" if looks_like else _set_aside(heard.scope, found, level, table),
        )


def _set_aside(scope: Scope, found: Found[Label], level: Level, table: SymptomTable) -> str:
    symptom = found.label.symptom if isinstance(found.label, Meaning) else ""
    stays, for_life = symptom in table.stays_serious, symptom in table.for_life
    return scope.set_aside(found, level, stays=stays, for_life=for_life, meant=symptom in table.even_imagined)


def _overlap(one: Found[Label], other: Found[Label]) -> bool:
    return one.first <= other.last and other.first <= one.last


def _on_day(meaning: Meaning, day: int | None) -> bool:
    if day is None:
        return meaning.last_day is None
    return day >= meaning.first_day and (meaning.last_day is None or day <= meaning.last_day)


def _settle(signs: list[_Sign], heard: Sequence[Heard]) -> list[_Sign]:
    """Where two languages know the same words, the language of the sentence decides.

    A word that only the other language knows counts when it is serious: people mix languages.
    """
    languages = heard[0].languages if heard else ()
    return [
        sign
        for sign in signs
        if languages[sign.sentence] in ("", sign.language)
        or (sign.level >= Level.URGENT and not _known_there(sign, languages[sign.sentence], signs))
    ]


def _known_there(sign: _Sign, language: str, signs: Iterable[_Sign]) -> bool:
    return any(
        other.language == language
        and other.symptom == sign.symptom
        and other.span[0] < sign.span[1]
        and sign.span[0] < other.span[1]
        for other in signs
    )


def _together(live: Sequence[_Sign], day: int | None, table: SymptomTable) -> Iterator[Why]:
    present = {sign.symptom: sign for sign in live if sign.joins}
    for rule in table.together:
        if day is not None and (day < rule.first_day or (rule.last_day is not None and day > rule.last_day)):
            continue
        having = [sorted(option & present.keys()) for option in rule.signs]
        if all(having):
            for options in having:
                yield Why(present[options[0]].said, options[0], f"{TOGETHER}{rule.said}", rule.level)


def _lowered_defence(live: Sequence[_Sign], table: SymptomTable) -> Iterator[Why]:
    causes = [sign for sign in live if sign.symptom in table.lowers_defence]
    for sign in live:
        if causes and sign.symptom in table.infection and sign.level is Level.REVIEW:
            rule = f"{TOGETHER}infection + {causes[0].symptom} = urgent"
            yield Why(sign.said, sign.symptom, rule, Level.URGENT)
            yield Why(causes[0].said, causes[0].symptom, rule, Level.URGENT)


def _hints(heard: Sequence[Heard], signs: Sequence[_Sign]) -> Iterator[Why]:
    """Mentions that no rule settled: too little for an alarm, too much to pass over."""
    settled = [sign.span for sign in signs]
    for one in heard:
        for found in one.found:
            start, end = one.span(found)
            if found.label != "hints" or any(start < stop and begin < end for begin, stop in settled):
                continue
            if not one.scope.set_aside(found, Level.URGENT):
                said = one.text.said(found.first, found.last)
                yield Why(said, "", f"{HINT}{found.phrase.said}", Level.NONE)


def _ordered(whys: Iterable[Why]) -> tuple[str, ...]:
    """Symptom ids, most serious first."""
    return tuple(
        dict.fromkeys(why.symptom for why in sorted(whys, key=lambda why: -why.level) if why.symptom)
    )


def _once(whys: Iterable[Why]) -> list[Why]:
    """Without reasons that say the same twice."""
    return list({(why.phrase, why.symptom, why.level): why for why in whys}.values())
