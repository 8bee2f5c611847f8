"""A language folder of content/general as its files stand there, checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from care.faults import ContentFaults, Fault
from care.listing import Line, Listing, read_listing
from care.model import Level, Symptom
from care.notation import NotationError, Phrase, compile_phrase
from care.pages import is_hidden, text_of
from care.text import norm_word

_HEADING = re.compile(
    r"(?P<symptom>[a-z_]+)(?: as (?P<level>none|review|urgent|emergency))?"
    r"(?: from day (?P<first>\d+))?(?: to day (?P<last>\d+))?(?P<hides> except)?"
)
SCOPE = frozenset(
    {
        "idioms",
        "denials",
        "denials_after",
        "not_denials",
        "own_no",
        "after_all",
        "or_words",
        "but",
        "new_start",
        "what_ifs",
        "asking",
        "really",
        "long_ago",
        "lately",
        "again",
        "gone",
        "gone_before",
        "all_gone",
        "strangers",
        "family",
        "says",
        "they",
        "me",
        "for_patient",
        "hints",
        "thanks",
        "hello",
        "fine",
        "fillers",
        "asks_first",
        "questions",
        "joins",
        "leads",
        "follow_ups",
    }
)
"""Headings of scope.yaml; what each does is explained in the file."""
DAY = "day: "
"""Before what a phrase under ``days:`` stands for: the label of that phrase."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MEANT = re.compile(rf"\d+|#|# weeks|day #|{'|'.join(WEEKDAYS)}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase of ``phrases/`` stands for."""

    symptom: str
    level: Level | None = None
    """Another level than the symptom's own."""
    first_day: int = 0
    last_day: int | None = None
    """Days on which the phrase means this; None: no last day."""
    hides: bool = False
    """True: these words don't mean the symptom though they look like it."""


Label = Meaning | str
"""A meaning, or the heading of scope.yaml that a phrase stands under."""


@dataclass(frozen=True)
class Folder:
    """A language folder as read, before it is put to use."""

    language: str
    entries: tuple[tuple[Label, Phrase], ...]
    common: tuple[str, ...]
    misspellings: Mapping[str, tuple[str, ...]]
    names: frozenset[str]
    endings: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        said = chain.from_iterable(phrase.words for _, phrase in self.entries)
        return frozenset((*self.common, *(word for word in said if not word.endswith("-"))))


def read_folder(folder: Path, general: Path, symptoms: Mapping[str, Symptom]) -> Folder:
    root = general.parent
    scope = read_listing(folder / "scope.yaml", root)
    lists = {name: line.text for name, line in scope.tables.get("lists", {}).items()}
    faults = list(_scope_faults(scope))
    entries: list[tuple[Label, Phrase]] = []
    for heading, lines in scope.lists.items():
        if heading in SCOPE:
            entries += _compiled(heading, lines, scope.file, lists, faults)
    entries += _days(scope, lists, faults)
    before = len(faults)
    for path in sorted(path for path in (folder / "phrases").glob("*.yaml") if not is_hidden(path)):
        try:
            entries += _meanings(read_listing(path, root), lists, symptoms, faults)
        except ContentFaults as found:
            faults += found.faults
    if len(faults) == before:  # what an unreadable file says is not known to be missing
        faults += _missing(folder.relative_to(root).as_posix(), entries, symptoms)
    common = _common_words(folder / "common_words.txt", root, faults)
    if faults:
        raise ContentFaults(faults)
    misspellings = {
        norm_word(w): tuple(norm_word(to.text).split()) for w, to in scope.tables["misspellings"].items()
    }
    names = frozenset(norm_word(line.text) for line in scope.lists["names"])
    endings = tuple(line.text for line in scope.lists["endings"])
    return Folder(folder.name, tuple(entries), common, misspellings, names, endings)


def _meanings(
    listing: Listing, lists: Mapping[str, str], symptoms: Collection[str], faults: list[Fault]
) -> list[tuple[Label, Phrase]]:
    entries: list[tuple[Label, Phrase]] = []
    for heading, lines in listing.lists.items():
        match = _HEADING.fullmatch(heading)
        if not match or match["symptom"] not in symptoms:
            what = (
                f"`{heading}`: write the id of a symptom of symptoms.yaml, after it if need be "
                "`as review`, `from day 4`, `to day 3` or `except`"
            )
            faults.append(Fault(listing.file, listing.lines[heading], what))
            continue
        meaning = Meaning(
            match["symptom"],
            Level.of(match["level"]) if match["level"] else None,
            int(match["first"] or 0),
            int(match["last"]) if match["last"] else None,
            bool(match["hides"]),
        )
        entries += _compiled(meaning, lines, listing.file, lists, faults)
    return entries


def _days(scope: Listing, lists: Mapping[str, str], faults: list[Fault]) -> Iterator[tuple[Label, Phrase]]:
    """The phrases that name a day, with how many days ahead it lies or which one it is."""
    for said, meant in scope.tables.get("days", {}).items():
        if not _MEANT.fullmatch(meant.text):
            what = f"`{said}: {meant.text}`: write how many days ahead, `#`, `# weeks`, `day #` or a weekday in English"
            faults.append(Fault(scope.file, meant.line, what))
        yield from _compiled(f"{DAY}{meant.text}", [Line(said, meant.line)], scope.file, lists, faults)


def _compiled(
    label: Label, lines: Sequence[Line], file: str, lists: Mapping[str, str], faults: list[Fault]
) -> Iterator[tuple[Label, Phrase]]:
    for line in lines:
        try:
            yield label, compile_phrase(line.text, lists)
        except NotationError as error:
            faults.append(Fault(file, line.line, f"`{line.text}`: {error}"))


def _scope_faults(scope: Listing) -> Iterator[Fault]:
    wanted = SCOPE | {"names", "endings", "lists", "days", "misspellings"}
    for heading in sorted(wanted - set(scope.lines)):
        yield Fault(scope.file, 0, f"`{heading}:` is missing: write it with at least one phrase")
    for heading in sorted(set(scope.lines) - wanted):
        yield Fault(
            scope.file, scope.lines[heading], f"`{heading}` is no heading of this file: mend its name"
        )


def _missing(
    folder: str, entries: Sequence[tuple[Label, Phrase]], symptoms: Mapping[str, Symptom]
) -> Iterator[Fault]:
    said = {label.symptom for label, _ in entries if isinstance(label, Meaning) and not label.hides}
    for symptom in symptoms:
        if symptom not in said and symptom != "unreadable":
            what = f"nobody says `{symptom}` in this language: write at least one phrase for it"
            yield Fault(f"{folder}/phrases", 0, what)


def _common_words(path: Path, root: Path, faults: list[Fault]) -> tuple[str, ...]:
    file = path.relative_to(root).as_posix()
    if not path.exists():
        faults.append(
            Fault(file, 0, "this file is missing: write the language's frequent words, most frequent first")
        )
        return ()
    try:
        lines = text_of(path, root).splitlines()
    except ContentFaults as found:
        faults += found.faults
        return ()
    words = chain.from_iterable(line.split() for line in lines if not line.startswith("#"))
    return tuple(dict.fromkeys(norm_word(word) for word in words))
