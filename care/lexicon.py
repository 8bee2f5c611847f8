"""A language folder of content/general/: how people say every sign, and what sets a sign aside."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from care.faults import ContentFaults, Fault
from care.folder import Folder, Label, Meaning, read_folder
from care.model import Symptom
from care.phrases import PhraseBook
from care.spelling import Speller, make_speller

_FREQUENT = 150
"""The first words of common_words.txt stand in nearly every message."""


@dataclass(frozen=True)
class Lexicon:
    """A language as the rules read it."""

    language: str
    book: PhraseBook[Label]
    words: frozenset[str]
    """Words that are surely of this language."""
    speller: Speller


def load_lexicons(
    general: Path, symptoms: Mapping[str, Symptom], making: Collection[str] = ()
) -> tuple[Lexicon, ...]:
    """All languages of ``content/general``; ContentFaults tells everything that is wrong at once.

    A language of ``making`` is left out until nothing is wrong with it: half a language would take
    its words for known ones and pass over the signs that nobody has written yet.
    """
    folders: list[Folder] = []
    faults: list[Fault] = []
    for path in sorted(general.glob("*/scope.yaml")):
        try:
            folders.append(read_folder(path.parent, general, symptoms))
        except ContentFaults as found:
            if path.parent.name not in making:
                faults += found.faults
    if not folders and not faults:
        faults.append(Fault("general", 0, "no language has a scope.yaml: at least one is needed"))
    if faults:
        raise ContentFaults(faults)
    known = frozenset[str]().union(*(folder.words for folder in folders))
    return tuple(_lexicon(folder, known, symptoms) for folder in folders)


def _lexicon(folder: Folder, known: frozenset[str], symptoms: Mapping[str, Symptom]) -> Lexicon:
    towards: dict[str, int] = {}
    by_stem: dict[str, Sequence[str]] = {}
    ordered = sorted(folder.words)
    for label, phrase in folder.entries:
        rank = int(symptoms[label.symptom].level) if isinstance(label, Meaning) else -1
        shortest = 4 if rank >= 0 else 6
        for word in phrase.words:
            if word.endswith("-"):
                stem = word[:-1]
                if stem not in by_stem:
                    by_stem[stem] = _beginning_with(stem, ordered)
                full = by_stem[stem]
            else:
                full = (word,)
            for right in full:
                if len(right) >= shortest:
                    towards[right] = max(rank, towards.get(right, -1))
    book = PhraseBook(folder.entries, frozenset(folder.common[:_FREQUENT]))
    speller = make_speller(towards, known, by_stem, folder.misspellings, folder.names, folder.endings)
    return Lexicon(folder.language, book, folder.words, speller)


def _beginning_with(stem: str, ordered: Sequence[str]) -> Sequence[str]:
    first = bisect_left(ordered, stem)
    return ordered[first : bisect_left(ordered, stem + "\uffff", first)]
