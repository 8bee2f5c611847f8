"""The pieces of a leaflet as numbered statements, each with the heading that gives it its sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from commands.documents import DEEPEST, Piece
from commands.drafts import unmarked
from commands.figures import figures

MOST_LEADING = 6
"""Words of a line without an end that a list belongs to."""
_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“‘(¿¡]*[A-ZÀ-Þ0-9¿¡])")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|approx|max|min|no|nr|vs|dr|dra|mr|mrs|ms|st|sr|sra|p\. ?ej|aprox|máx|mín|núm|tel|art|pág)"
    r"|\b[A-Z])\.[\"”’)]*$",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:it|its|this|that|these|those|they|them|if so|if not|otherwise|after that|then|so|but|however|also"
    r"|instead|even then|est[oae]s?|es[oae]s?|eso|ellos|si es así|si no|de lo contrario|después|luego|entonces"
    r"|pero|así|además|sin embargo|en su lugar)\b",
    re.IGNORECASE,
)
"""A sentence that begins so says nothing without the one before it."""
_CONTACT = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.-]+|@\w{3,}|\+?\(?\d[\d\s().-]{6,}\d|\b[\w-]+\.(?:com|co\.uk|org|net|es|eu)\b"
    r"|\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b|\b\d{5}\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d+[a-z]?,? (?:\w+ ){1,3}(?:street|st|road|rd|lane|ln|avenue|ave|square|drive|close|court|way|house)\b"
    r"|\b(?:calle|c/|avda?\.?|avenida|plaza|paseo|carretera|ronda) .{0,40}\d",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"\b(?:tel|phone|telephone|call|fax|e-?mail|web|website|address|follow us|find us|instagram|facebook|whatsapp"
    r"|tel[eé]fono|tfno|correo|p[aá]gina|direcci[oó]n|s[ií]guenos|on|at|en|by|us|or|o|y|and)\b[.:]?",
    re.IGNORECASE,
)
_PRINTED = re.compile(
    r"©|copyright|all rights reserved|todos los derechos|registered (?:in|office)"
    r"|^\W*(?:version|versión|review date|revised)\b"
    r"|^\W*(?:page|página)\s+\d|^\W*(?:thank you|thanks|gracias|dear|estimad[oa]|welcome|bienvenid[oa]s?|querid[oa])\b",
    re.IGNORECASE,
)

_BRACKETS = str.maketrans("[]", "()")


@dataclass(slots=True)
class Facts:
    """What a leaflet states."""

    told: list[str] = field(default_factory=list)
    """One statement each, in the clinic's own words, in the order of the leaflet."""
    left_out: list[str] = field(default_factory=list)
    """What was taken for addresses, greetings and the like."""
    title: str = ""
    """Its first heading; '' when it has none."""


def facts_of(pieces: Sequence[Piece], common: Collection[str] = ()) -> Facts:
    """What the pieces state. ``common``: words that may begin with a small letter behind a heading."""
    found, title = Facts(), _title(pieces)
    heads: dict[int, str] = {}
    lead = ""
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        if piece.kind == "heading":
            lead = ""
            if piece is title:
                found.title = piece.text
            else:
                above = {level: text for level, text in heads.items() if level < piece.level}
                heads = {**above, piece.level: piece.text}
        elif piece.kind == "text" and after is not None and after.kind in ("item", "row") and _leads(piece.text):
            lead = piece.text
        else:
            lead = lead if piece.kind in ("item", "row") else ""
            for sentence in _sentences(piece.text):
                # The first cell of a row may be a name.
                _keep(found, sentence, _context(heads), lead, () if piece.kind == "row" else common)
    return found


def _title(pieces: Sequence[Piece]) -> Piece | None:
    """The heading above everything, of which nothing below needs to be reminded: neither "Don't" nor "Day 1" is one."""
    first, *others = [*(piece for piece in pieces if piece.kind == "heading"), Piece("text", "")]
    if first.kind != "heading" or first.level == DEEPEST or figures(first.text):
        return None
    return first if all(first.level < other.level for other in others[:-1]) else None


def _leads(text: str) -> bool:
    """Whether a paragraph before a list says what the list is about: `Avoid:`, `Please do not`."""
    return text.endswith(":") or (len(text.split()) <= MOST_LEADING and text[-1] not in ".!?")


def _keep(found: Facts, sentence: str, context: str, lead: str, common: Collection[str]) -> None:
    if _is_furniture(sentence) or len(sentence.split()) < (1 if context or lead else 2):
        found.left_out.append(sentence)
        return
    told = _tidy(_behind(context, _behind(lead, sentence, common), common))
    if told not in found.told:
        found.told.append(told)


def _context(heads: dict[int, str]) -> str:
    """The nearest heading, and those above it that say when."""
    levels = sorted(heads)
    above = [heads[level] for level in levels[:-1] if figures(heads[level])]
    return ", ".join(text.rstrip(" :.") for text in [*above, *(heads[level] for level in levels[-1:])])


def _behind(lead: str, sentence: str, common: Collection[str]) -> str:
    """A statement behind the words that it needs: `First 24 hours: do not wear makeup.`"""
    if not lead:
        return sentence
    word = re.match(r"\w+", sentence)
    if word and word[0].istitle() and word[0].lower() in common and word[0] != "I":
        sentence = sentence[:1].lower() + sentence[1:]
    ends = lead.rstrip().endswith(("?", "!"))
    return f"{lead.rstrip()} {sentence}" if ends else f"{lead.rstrip(' :')}: {sentence}"


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a piece; one that leans on the one before stays with it."""
    begun = ""
    for part in _END.split(text):
        if begun and not (_SHORT.search(begun) or _LEANS.match(part)):
            yield begun
            begun = ""
        begun = f"{begun} {part}".strip()
    if begun:
        yield begun


def _is_furniture(text: str) -> bool:
    """Addresses, greetings, imprints: hardly a word is left when what one dials or types is taken out."""
    if _PRINTED.search(text):
        return True
    rest, times = _CONTACT.subn(" ", text)
    words = re.findall(r"[^\W\d_]{2,}", _LABELS.sub(" ", rest))
    if _STREET.search(text):
        return len(words) <= 8
    return bool(times) and len(words) <= 3


def _tidy(text: str) -> str:
    """On one line, with nothing in it that a file of facts reads as a sign of its own."""
    return " ".join(unmarked(text).split()).translate(_BRACKETS)
