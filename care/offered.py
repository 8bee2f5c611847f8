"""What a clinic's patients are offered, what is a draft, and what is not offered and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from care.agree import agree
from care.faults import ContentFaults, Fault
from care.folder import read_folder
from care.library import Library, load
from care.missing import only_there
from care.model import Symptom
from care.progress import progress
from care.signing import UNSIGNED, Unsigned, offer, place_of
from care.texts import text_faults

SHOWN = 3
"""Faults of a procedure in the making that are told one by one."""
Look = Callable[[Library, str], Iterable[Fault]]
"""(library, procedure) -> what is wrong with that procedure, as if clinic.yaml named it."""


def offered(library: Library, symptoms: Mapping[str, Symptom], look: Look) -> Iterator[str]:
    """A line for each language and each procedure that has a folder."""
    yield "What is offered:"
    for lang in library.written:
        if lang in library.languages:
            count = f"{len(library.ids(lang))} texts and {len(library.books[lang].answers)} answers"
            yield f"{lang}: offered, {count}{_draft(library, language=lang)}"
        else:
            yield from _unfinished(library, lang, symptoms)
    for procedure in library.procedures.values():
        yield f"{procedure.id}: offered, {len(procedure.plan)} messages{_draft(library, procedure=procedure.id)}"
    for path in sorted(library.root.glob("*/procedure.yaml")):
        if path.parent.name not in library.procedures:
            yield _in_the_making(library, path.parent.name, look)


def drafts(library: Library) -> Iterator[str]:
    """What no clinician has signed as it stands, file by file where more is to be said than that."""
    fresh = [file for file, why in library.drafts.items() if why == UNSIGNED]
    for file, why in library.drafts.items():
        if why != UNSIGNED:
            yield f"{file}: draft, {why}"
    if fresh:
        yield f"{len(fresh)} files are drafts, nobody has signed them: {', '.join(fresh)}"
    if library.drafts:
        with suppress(Unsigned):
            left = offer(library.drafts, library.clinic.language, library.complete, tuple(library.procedures))
            for name, why in left.withheld.items():
                yield f"{name}: not offered without ALLOW_UNSIGNED=1, because {why}"


def _draft(library: Library, *, language: str = "", procedure: str = "") -> str:
    files = [file for file in library.drafts if place_of(file)[1 if language else 0] == (language or procedure)]
    return f"; a draft: nobody has signed {len(files)} of its files as they stand" if files else ""


def _unfinished(library: Library, lang: str, symptoms: Mapping[str, Symptom]) -> Iterator[str]:
    """How far a language has come that is not offered, and what is wrong with it so far."""
    parts = progress(library, lang)
    left = sum(len(part.lacking) for part in parts)
    faults = {*library.making.get(lang, ()), *only_there(library, lang)}
    if lang not in library.clinic.languages:
        faults.update(text_faults(library, lang), agree(library, lang))
    # What a list still lacks is counted; that it can't be used yet says nothing new.
    lists = {part.file for part in parts if part.lacking and part.file.endswith(".yaml")}
    if left:
        yield f"{lang}: not offered yet, {left} to write; aftercare content progress {lang} shows them"
    else:
        yield f"{lang}: complete; it is offered once clinic.yaml names it in `languages`"
        faults.update(_phrases(library, lang, symptoms))
    told = sorted(fault for fault in faults if fault.file not in lists)
    yield from (f"{lang}, to mend before it is offered: {fault}" for fault in told)


def _phrases(library: Library, lang: str, symptoms: Mapping[str, Symptom]) -> Sequence[Fault]:
    """What keeps the phrases of a language from being read."""
    general = library.root / "general"
    try:
        read_folder(general / lang, general, symptoms)
    except ContentFaults as found:
        return found.faults
    return ()


def _in_the_making(library: Library, procedure: str, look: Look) -> str:
    """A procedure that clinic.yaml does not name: what would be wrong if it did."""
    draft = ""
    try:
        tried = load(library.root, (*library.procedures, procedure))
        draft = _draft(tried, procedure=procedure)
        faults = sorted(set(look(tried, procedure)))
    except ContentFaults as found:
        faults = sorted(found.faults)
    if not faults:
        return f"{procedure}: complete; it is offered once clinic.yaml names it in `procedures`{draft}"
    more = f" … and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    told = "; ".join(map(str, faults[:SHOWN]))
    return f"{procedure}: not offered, clinic.yaml does not name it{draft}; {len(faults)} to mend first: {told}{more}"
