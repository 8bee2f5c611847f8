"""What is not there: words of an offered language, words of the plan, signs and symptoms that nobody has written."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from care.choices import choices
from care.clinic import SAFETY_FILE, load_safety
from care.faults import Fault
from care.library import Library
from care.model import Procedure
from care.pages import Table, table
from care.passages import answers

ALWAYS = ("procedure.name", "catch_up")
"""Words that every procedure needs, whatever its plan: its name, and what goes out when messages are late."""
FIRST_DAYS = 4
"""Days from the session on that need a message each."""


def missing_words(library: Library) -> Iterator[Fault]:
    """What an offered language does not say, and what only another one says: it would be missing when it is due."""
    own = library.clinic.language
    empty = {(lang, id) for lang, id, _, _ in library.unwritten}
    yield from unwritten(library)
    for lang in library.clinic.languages:
        for id in library.missing(lang):
            if (lang, id.rpartition("/")[2]) not in empty:
                yield Fault(f"general/{lang}", 0, f"`{id}` has no words in {lang}: write them, as they stand in {own}")
        yield from only_there(library, lang)


def missing_in_safety(library: Library, symptoms: Collection[str]) -> Iterator[Fault]:
    """What the safety questions name and nobody has written. ``symptoms``: ids that stand in symptoms.yaml."""
    source, signs = table(library.root / SAFETY_FILE, library.root), load_safety(library.root)
    openers = {sign.behind for sign in signs}
    for n, sign in enumerate(signs):
        line = source.line("questions", n)
        for symptom in (symptom for symptom in sign.symptoms if symptom not in symptoms):
            what = f"there is no symptom `{symptom}` in general/symptoms.yaml: mend its name"
            yield Fault(source.file, line, what)
        words = (f"sign.{sign.id}", *([f"ask.{sign.id}"] if sign.id in openers else []))
        for lang, id in ((lang, id) for lang in library.languages for id in words):
            if ("", id) not in library.ids(lang):
                yield Fault(source.file, line, f"`{id}` has no words in general/{lang}/checkin.md: write them")


def unwritten(library: Library) -> Iterator[Fault]:
    """Headings of an offered language with no words below them."""
    for lang, id, file, line in library.unwritten:
        if lang in library.clinic.languages:
            yield Fault(file, line, f"`{id}` is empty: write its words")


def only_there(library: Library, lang: str) -> Iterator[Fault]:
    """What a language says and the clinic's own does not; what it calls itself stands nowhere else."""
    own = library.clinic.language
    for home, id in sorted(library.ids(lang) - library.ids(own) - {("", f"language.{lang}")}):
        yield Fault(*library.place(id, lang, home), f"`{id}` stands here and not in {own}: write it there, too")
    known = {answer.topic for answer in answers(library, own)}
    for answer in answers(library, lang):
        if answer.topic not in known:
            what = f"`{answer.topic}` is answered here and not in {own}: write it there, too"
            yield Fault(answer.file, answer.line, what)


def missing_in_procedure(library: Library, procedure: Procedure, symptoms: Collection[str]) -> Iterator[Fault]:
    """What a procedure names and nobody has written. ``symptoms``: ids that stand in symptoms.yaml."""
    source = table(library.root / procedure.id / "procedure.yaml", library.root)
    yield from _symptoms(procedure, source, symptoms)
    days = {planned.day for planned in procedure.plan if not planned.before_next}
    first_gap = next((day for day in range(FIRST_DAYS) if day not in days), None)
    if first_gap is not None:
        yield Fault(source.file, source.line("plan"), f"day {first_gap} has no message: the first days need one each")
    for lang in library.languages:
        known = library.ids(lang)
        yield from _plan(procedure, source, lang, known)
        yield from _signs(procedure, source, lang, known)
        yield from choices(library, procedure, source, lang)


def _symptoms(procedure: Procedure, source: Table, known: Collection[str]) -> Iterator[Fault]:
    named = [(s, ("signs", sign.id)) for sign in procedure.signs.values() for s in sign.symptoms]
    named += [(s, ("danger", str(n))) for n, sign in enumerate(procedure.danger) for s in sign.symptoms]
    named += [(s, ("expected", s)) for s in procedure.expected]
    for symptom, where in named:
        if symptom not in known:
            what = f"there is no symptom `{symptom}` in general/symptoms.yaml: mend its name"
            yield Fault(source.file, source.line(*where), what)
    asked = {symptom for sign in procedure.safety for symptom in sign.symptoms}
    for n, button in enumerate(procedure.danger):
        for symptom in (symptom for symptom in button.symptoms if symptom not in asked):
            what = f"{button.id}: its `{symptom}` is in no safety question: add it in {SAFETY_FILE}"
            yield Fault(source.file, source.line("danger", n), what)


def _plan(procedure: Procedure, source: Table, lang: str, known: Collection[tuple[str, str]]) -> Iterator[Fault]:
    for id in ALWAYS:
        if not _written(id, procedure, known):
            what = f"`{id}` has no words in {procedure.id}/{lang}/messages.md: write them"
            yield Fault(source.file, source.line("plan"), what)
    for n, planned in enumerate(procedure.plan):
        line = source.line("plan", n)
        for id in (planned.id, f"{planned.id}.late"):
            if (procedure.id, id) not in known:
                yield Fault(source.file, line, f"`{id}` has no words in {procedure.id}/{lang}/messages.md: write them")
        if not _written(f"title.{planned.id}", procedure, known):
            what = f"`title.{planned.id}` has no words in {procedure.id}/{lang}/messages.md: write them"
            yield Fault(source.file, line, what)


def _signs(procedure: Procedure, source: Table, lang: str, known: Collection[tuple[str, str]]) -> Iterator[Fault]:
    for sign in procedure.signs:
        if not all(_written(f"{kind}.{sign}", procedure, known) for kind in ("ask", "sign")):
            what = f"sign `{sign}` needs `ask.{sign}` and `sign.{sign}` in {procedure.id}/{lang}/messages.md"
            yield Fault(source.file, source.line("signs", sign), what)
    for n, button in enumerate(procedure.danger):
        if not _written(f"sign.{button.id}", procedure, known):
            what = f"`sign.{button.id}` has no words in {procedure.id}/{lang}/messages.md: write them"
            yield Fault(source.file, source.line("danger", n), what)


def _written(id: str, procedure: Procedure, known: Collection[tuple[str, str]]) -> bool:
    """Whether words stand in the procedure's own folder, or among those of every procedure."""
    return (procedure.id, id) in known or ("", id) in known
