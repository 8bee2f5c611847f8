"""`aftercare content diff`: two versions of the words, what changes for whom, and which examples come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from care.examples import Example, load_examples
from care.faults import ContentFaults
from care.gate import judge
from care.library import Library
from care.passages import answers
from commands.differences import Coming, Differences
from commands.marks import Change, Chapter, as_page, as_text
from commands.parts import open_reader, open_store, out, write_page
from commands.revisions import LAST, version
from settings import Settings
from store import planning

ASKED_ON = 3
"""Day on which ways of asking are tried where a clinic has no examples."""


def show_diff(settings: Settings, old: str, new: str, page: Path | None) -> None:
    """Tell what changes from ``old`` to ``new``, which default to the last commit and to the folder as it is."""
    root = settings.content_dir
    with version(old or LAST, root) as before, version(new or str(root), root) as after:
        differences = Differences(before, after, _coming(settings))
        chapters = differences.chapters()
        end = differences.closing()
        try:
            chapters.append(Chapter("Questions that now get another answer", list(_examples(before, after))))
        except ContentFaults as found:
            end = [f"The examples could not be compared: {found.faults[0]}", *end]
    for line in as_text(chapters, end):
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    if page is not None:
        write_page(page, as_page(f"What changes: {old or LAST} → {new or root.name}", chapters, end))


def _coming(settings: Settings) -> Coming | None:
    """How many patients have which message still to come; None while there is no database."""
    if not settings.database.exists():
        return None
    store = open_store(settings)
    coming = planning.to_come(store.read)
    store.close_now()
    return coming


def _examples(before: Library, after: Library) -> Iterator[Change]:
    """Examples of the newer version of which something else comes, those together that change alike."""
    sides = [(open_reader(library), next(iter(library.procedures.values()))) for library in (before, after)]
    found: dict[tuple[str, str], list[str]] = {}
    for one in _asked(after):
        was, now = (judge(one, reader, procedure).told for reader, procedure in sides)
        if was != now:
            line = f"“{one.text}” ({one.lang}, day {one.day}, {one.id}; wanted: {one.expect})"
            found.setdefault((was, now), []).append(line)
    for (was, now), lines in found.items():
        count = "1 question" if len(lines) == 1 else f"{len(lines)} questions"
        yield Change(count, "", was, now, lines=tuple(lines))


def _asked(library: Library) -> tuple[Example, ...]:
    """The clinic's examples; without any, the ways of asking that stand in the FAQ."""
    topics = {topic for book in library.books.values() for topic in book.answers}
    examples = load_examples(library.root, library.languages, topics)
    ways = (
        Example(f"{answer.topic}.{n}", lang, ASKED_ON, way, answer.topic, (), "", answer.file, answer.line)
        for lang in library.languages
        for answer in answers(library, lang)
        for n, way in enumerate(answer.phrasings, start=1)
    )
    return examples or tuple(ways)
