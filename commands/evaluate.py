"""`aftercare evaluate`: labelled messages through the whole understanding, and the figures by which it is judged."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.progress import track
from rich.table import Column, Table
from rich.text import Text

from care.evaluation import TOGETHER, Evaluation, Row
from care.labelled import Labelled
from care.library import Library
from care.measured import Measured
from care.misses import Misses, label_of, misses, read_of, shortened, why_of
from care.passages import answers
from care.shares import Reached
from commands.evaluated import Report, as_json, as_page
from commands.labels import read_labelled
from commands.parts import open_library, open_reader, out, wall_clock, write_page
from commands.talk import Talk
from settings import Settings

SOON = 200
"""So many messages are read within two seconds: no bar is needed."""
MARKS = {
    Reached.MISSED: ("✗ missed", "red"),
    Reached.MUST: ("✓ must", "yellow"),
    Reached.STRETCH: ("✓ stretch", "green"),
    Reached.SHORT: ("✗ stretch", ""),
    Reached.NOTHING: ("", ""),
}
"""What stands beside a share, and its colour."""


def run_evaluation(settings: Settings, files: Sequence[Path], json: Path | None, page: Path | None) -> Evaluation:
    """Measure with the files, show everything, and write it as JSON and as a page where these are named.

    BadLine when a file can't be used, BadContent when one can't be written.
    """
    library = open_library(settings)
    labels = read_labelled(files, topics_of(library))
    evaluation = evaluate(library, Talk(library, open_reader(library), wall_clock()), labels)
    for part in told(evaluation):
        out.print(part, highlight=False, markup=False, soft_wrap=isinstance(part, str))
    report = Report(tuple(file.name for file in files), wall_clock().date(), evaluation)
    if json is not None:
        write_page(json, as_json(report))
    if page is not None:
        write_page(page, as_page(report))
    return evaluation


def evaluate(library: Library, talk: Talk, labels: Sequence[Labelled]) -> Evaluation:
    """Every message as the running bot would take it, with a bar on a terminal where there are many."""
    shown = track(
        labels,
        description="messages",
        console=out,
        transient=True,
        disable=not out.is_terminal or len(labels) < SOON,
    )
    return Evaluation(tuple(_measured(library, talk, one) for one in shown), library.languages, library.lines)


def _measured(library: Library, talk: Talk, label: Labelled) -> Measured:
    chosen = label.lang if label.lang in library.languages else library.clinic.language
    began = time.perf_counter()
    heard = talk.hear(label.text, label.day, chosen)
    return Measured(label, heard.reading, heard.decision, (time.perf_counter() - began) * 1000)


def topics_of(library: Library) -> frozenset[str]:
    """Every topic that is answered in some language."""
    return frozenset(one.topic for lang in library.languages for one in answers(library, lang))


def told(evaluation: Evaluation) -> Iterator[str | Table]:
    """Everything for a terminal, in order."""
    counts = [f"{lang} {len(evaluation.of(lang))}" for lang in evaluation.languages]
    counts += [f"other languages {len(evaluation.foreign)}"] if evaluation.foreign else []
    yield f"{len(evaluation.measured)} messages: {', '.join(counts)}"
    yield _table("What must be reached", evaluation.own_rows())
    if evaluation.foreign:
        yield _table("Messages in other languages", evaluation.foreign_rows())
    yield _causes(evaluation)
    yield (
        f"one message, from its words to the reply's: p50 {evaluation.milliseconds(0.5):.1f} ms, "
        f"p99 {evaluation.milliseconds(0.99):.1f} ms"
    )
    for kind in misses(evaluation):
        yield from _missed(kind)


def _table(title: str, rows: Sequence[Row]) -> Table:
    fixed = [Column(name, no_wrap=True) for name in ("must\nstretch", "", "share [95 % interval]", "")]
    table = Table("", *fixed, title=title, title_justify="left", box=SIMPLE_HEAD, show_lines=True, padding=(0, 1, 0, 0))
    for row in rows:
        marks = Text("\n").join(Text(*MARKS[row.reached(column)]) for column in row.shares)
        lines = (row.figure.goal.words, row.shares, map(str, row.shares.values()))
        table.add_row(row.figure.name, *(Text("\n".join(one)) for one in lines), marks)
    return table


def _causes(evaluation: Evaluation) -> Table:
    table = Table(
        *(Column(name, no_wrap=True) for name in ("", "as emergency", "raised", "caught")),
        title="Emergencies by their cause",
        title_justify="left",
        box=SIMPLE_HEAD,
        show_lines=True,
    )
    for one in evaluation.causes():
        cells = []
        for shares in (one.emergency, one.raised, one.caught):
            parts = [f"{lang} {shares[lang].hits}/{shares[lang].of}" for lang in evaluation.languages]
            cells.append(str(shares[TOGETHER]).replace(" [", "\n[") + f"\n{', '.join(parts)}")
        table.add_row(one.name, *map(Text, cells))
    return table


def _missed(kind: Misses) -> Iterator[str]:
    yield f"\n{kind.name}: {len(kind.missed)}"
    for one in kind.missed:
        label = one.label
        yield f"  {label.id}, {label.lang}, day {label.day} ({label.place}): “{shortened(label.text)}”"
        yield f"    labelled {label_of(one)}; read as {read_of(one)}"
        yield f"    why: {why_of(one)}"
