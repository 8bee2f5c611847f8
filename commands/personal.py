"""Patients' words without what tells who they are, as far as a program knows it; a person must still read them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

NAME, NUMBER, ADDRESS, LINK, DATE, AGE = "[name]", "[number]", "[e-mail]", "[link]", "[date]", "[age]"
MARKS = (NAME, NUMBER, ADDRESS, LINK, DATE, AGE)

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre"
    r"|diciembre)"
)
_WORD = r"[^\W\d_][\w'’-]*"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_PATTERNS = (
    (ADDRESS, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    (LINK, r"(?:https?://|www\.|t\.me/)\S+|\b[\w-]+\.(?:com|net|org|es|co\.uk|me|example)\b(?:/\S*)?"),
    (NAME, r"(?<![\w.])@\w{3,}"),
    (DATE, r"\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b"),
    (DATE, rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of| de)? {_MONTHS}(?:,? (?:of |de |del )?\d{{2,4}})?\b"),
    (DATE, rf"\b{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"),
    (DATE, r"(?<=born in )\d{4}\b|(?<=naci en )\d{4}\b|(?<=nací en )\d{4}\b"),
    (NUMBER, r"\b[A-Z]-\d{4,}\b"),
    (NUMBER, r"(?<![\w.,])\+?\(?\d(?:[ ().-]{0,2}\d){6,}(?!\w)|\b[A-Z]{0,2}\d{6,}[A-Z]?\b"),
    (AGE, r"\b(?:i'?m|i am|aged?|tengo)\s+\d{1,3}\s*(?:years old|yrs? old|yo|y/o|años)\b"),
    (AGE, r"\b(?:i'?m|i am|aged?)\s+\d{2}(?=\s*(?:[,.!]|and\b|$))"),
    (AGE, r"\b\d{1,3}[\s-]?(?:years?[\s-]old|yrs? old|y/?o)\b"),
)
_COMPILED = tuple((mark, re.compile(pattern, re.IGNORECASE)) for mark, pattern in _PATTERNS)
_BEFORE_NAMES = (
    r"my name is|my name's|i am called|this is|me llamo|mi nombre es|soy|le saluda|regards,?|saludos,?|thanks,?|love,?"
    r"|dear|hi|hello|hola|dr\.?|dra\.?|doctora?|nurse|enfermer[oa]|mrs?\.?|ms\.?|miss|sra?\.?|señora?|señor"
)
_CALLED = re.compile(rf"(\b(?i:{_BEFORE_NAMES})\s+)({_CAPITAL}(?: {_CAPITAL})?)")
_SAID = re.compile(rf"((?i:my name is|my name's|me llamo|mi nombre es)\s+)({_WORD})")


def without_personal(text: str, own: Iterable[str], known: Iterable[str], ordinary: Collection[str] = ()) -> str:
    """The text with marks in place of names, numbers, addresses, links, dates and ages.

    ``own``: names of those who take part, taken out however they are written. ``known``: other names;
    one that is an ``ordinary`` word, such as mark or rose, is taken out only with a capital letter.
    """
    for mark, pattern in _COMPILED:
        text = pattern.sub(mark, text)
    for name in _parts(own):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=re.IGNORECASE)
    for name in _parts(known):
        flags = re.NOFLAG if name.lower() in ordinary else re.IGNORECASE
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=flags)
    text = _CALLED.sub(lambda found: found[0] if found[2].lower() in ordinary else f"{found[1]}{NAME}", text)
    return _SAID.sub(rf"\1{NAME}", text)


def marks(text: str) -> int:
    """How many marks stand in a text."""
    return sum(text.count(mark) for mark in MARKS)


def _parts(names: Iterable[str]) -> list[str]:
    """Full names and each of their words, the longest first; initials are too short to be told from words."""
    parts = {part for name in names for part in (name.strip(), *re.split(r"[\s.-]+", name)) if len(part) > 1}
    return sorted(parts, key=lambda part: (-len(part), part))
