"""Whose sign it is: the patient's own, that of somebody they write for, or somebody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from care.folder import Label
from care.model import Level
from care.phrases import Found
from care.text import Text

Cue = Found[Label]
Cues = Mapping[str, Sequence[Cue]]


def someone_else(text: Text, cues: Cues, found: Cue, level: Level) -> str:
    """Heading of scope.yaml under which the person stands; '' when the sign is the patient's own.

    An emergency in the family always counts: they may be the patient.
    """
    if "for_patient" in cues:
        return ""
    number = text.sentence_of(found.first)
    who = _last_person(text, cues, number, found.first)
    if who is None and number and _starts_with_they(text, cues, number, found.first):
        who = _last_person(text, cues, number - 1, len(text.pieces))
    if who is None or (who.label == "family" and level is Level.EMERGENCY):
        return ""
    return str(who.label)


def _last_person(text: Text, cues: Cues, sentence: int, before: int) -> Cue | None:
    """Who is spoken of at a place of a sentence; None: the writer, or nobody in particular."""
    first, last = text.sentences[sentence]
    who: Cue | None = None
    spoke: Cue | None = None
    named = [cue for kind in ("strangers", "family", "me", "says", "they") for cue in cues.get(kind, ())]
    for cue in sorted(named, key=lambda c: (c.first, c.last)):
        if not first <= cue.first <= min(last, before):
            continue
        if cue.label in ("strangers", "family"):
            who, spoke = cue, None
        elif cue.label == "me":
            who = None
        elif cue.label == "says":
            who, spoke = None, who or spoke
        elif spoke is not None:
            who = spoke
    return who


def _starts_with_they(text: Text, cues: Cues, sentence: int, before: int) -> bool:
    first, _ = text.sentences[sentence]
    mine = any(first <= cue.first <= before for cue in cues.get("me", ()))
    return not mine and any(first <= cue.first <= min(first + 1, before) for cue in cues.get("they", ()))
