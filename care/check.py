"""The clinician's compiler: everything that can be wrong in content/, with file, line and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from care import contradictions
from care.agree import agree
from care.faq import FaqIndex
from care.faults import ContentFaults, Fault
from care.filing import filing
from care.grounds import grounds, loose_ends
from care.library import Library, load
from care.lines import line_faults
from care.missing import missing_in_procedure, missing_in_safety, missing_words, unwritten
from care.numbers import differing, load_numbers, misdialled
from care.offered import drafts, offered
from care.signing import uncounted
from care.singly import singly
from care.texts import text_faults
from care.understand import load_reader


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    library: Library | None


def check(root: Path) -> Checked:
    """Look at the whole folder; never raises for what stands in it."""
    lying = tuple(sorted(filing(root)))
    try:
        library = load(root)
        books = FaqIndex(library.books[lang] for lang in library.languages)
        reader = load_reader(root / "general", library.languages, books, library.making)
    except ContentFaults as found:
        others = {*found.faults, *singly(root)}
        told = {fault.file for fault in lying}
        own = {f for f in others if f.file not in told and not any(file in f.what for file in told)}
        return Checked(tuple(sorted({*lying, *own})), (), None)
    if lying:
        # What a missing file would have said is missed everywhere: only putting it back mends that.
        return Checked(tuple(sorted({*lying, *unwritten(library)})), (), None)
    symptoms = reader.table.symptoms
    faults = {*misdialled(library.clinic, root), *uncounted(root), *line_faults(library), *missing_words(library)}
    faults |= {*_faults(library, symptoms)}
    notes = (*offered(library, symptoms, lambda tried, home: _faults(tried, symptoms, home)), *_notes(library))
    return Checked(tuple(sorted(faults)), notes, library)


def _faults(library: Library, symptoms: Collection[str], home: str | None = None) -> Iterator[Fault]:
    """What is wrong with the offered languages and procedures; with ``home`` in that procedure's folder."""
    found = [fault for lang in library.clinic.languages for fault in text_faults(library, lang, home)]
    found += [fault for lang in library.clinic.languages for fault in agree(library, lang)]
    found += missing_in_safety(library, symptoms)
    for procedure in library.procedures.values():
        found += missing_in_procedure(library, procedure, symptoms)
    found += [*contradictions.faults(library), *grounds(library)]
    yield from (fault for fault in found if home is None or fault.file.split("/")[0] == home)


def _notes(library: Library) -> Iterator[str]:
    """What is no fault, and is to be known before patients join."""
    yield from differing(library.clinic, load_numbers(library.root))
    yield from drafts(library)
    for source in library.sources.values():
        if not source.checked:
            what = f"{len(source.facts)} facts from a leaflet that nobody has checked, so that no text may rest on them"
            yield f"{source.file}: {what}: read each against the leaflet, then write `checked: yes` at the top"
    yield from (f"{id}: nothing rests on this source; name its facts where they are used" for id in loose_ends(library))
