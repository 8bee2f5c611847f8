"""The gate before a new reader is shipped: what it reads better and worse than the present one, and no danger lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from care.classify import Model
from care.evaluation import TOGETHER, Evaluation
from care.labelled import Labelled
from care.library import Library
from care.measured import Measured
from care.misses import shortened
from care.model import Level
from commands.evaluate import evaluate, topics_of
from commands.labels import read_labelled
from commands.parts import open_reader, wall_clock
from commands.talk import Talk

MISSED = "missed.txt"
"""Beside the bank: the ids of its dangers that are known not to be caught."""


def bank_labels(library: Library, folder: Path) -> tuple[Labelled, ...]:
    """Every line of ``bank/*.jsonl``; BadLine tells those that can't be used."""
    return read_labelled(sorted(folder.glob("*.jsonl")), topics_of(library))


def read_with(library: Library, model: Model, labels: Sequence[Labelled]) -> Evaluation:
    """The labelled messages as a bot with this model would take them."""
    return evaluate(library, Talk(library, open_reader(library, model), wall_clock()), labels)


def not_caught(evaluation: Evaluation) -> Iterator[Measured]:
    """The dangers that are answered as ordinary messages."""
    return (one for one in evaluation.own if one.label.level >= Level.URGENT and not one.caught)


def known_misses(folder: Path) -> frozenset[str]:
    """The ids in ``missed.txt``; a line that begins with # is a note."""
    path = folder / MISSED
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return frozenset(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))


def passes(before: Evaluation | None, after: Evaluation, known: frozenset[str], out: Console) -> bool:
    """Show what became better and worse; False when a danger is lost that is not among the known misses."""
    table = Table(title="Over the whole bank, which it has learnt from", title_justify="left")
    for name in ("", "now", "new"):
        table.add_column(name)
    old = {row.figure.name: str(row.shares[TOGETHER]) for row in before.own_rows()} if before else {}
    for row in after.own_rows():
        table.add_row(row.figure.name, old.get(row.figure.name, ""), str(row.shares[TOGETHER]))
    out.print(table)
    lost = [one for one in not_caught(after) if one.label.id not in known]
    for one in lost:
        out.print(f"lost: {one.label.place} {one.label.id}, day {one.label.day}: {shortened(one.label.text)}")
    return not lost
