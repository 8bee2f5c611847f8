"""The coverage gate on the terminal: what comes of the clinic's examples, what changed, and accepting it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.markup import escape
from rich.progress import track
from rich.table import Column, Table

from care.examples import load_examples, with_known
from care.faults import ContentFaults, Fault
from care.gate import Gate, Judged, judge_all
from care.library import Library
from care.pages import text_of
from care.understand import Reader
from commands.parts import open_library, open_reader, out
from settings import Settings

SOON = 500
"""So many examples are judged in less than a second: no bar is needed."""


def run_gate(library: Library, reader: Reader) -> Gate:
    """Judge every example, with a bar on a terminal. ContentFaults when the examples can't be read."""
    topics = {topic for book in library.books.values() for topic in book.answers}
    examples = load_examples(library.root, library.languages, topics)
    procedure = next(iter(library.procedures.values()))
    shown = track(
        examples,
        description="examples",
        console=out,
        transient=True,
        disable=not out.is_terminal or len(examples) < SOON,
    )
    return judge_all(shown, reader, procedure)


def gate_of_check(library: Library) -> tuple[tuple[Fault, ...], list[str]]:
    """(faults, notes) for `aftercare check`; prints what changed while the gate is shut."""
    try:
        gate = run_gate(library, open_reader(library))
    except ContentFaults as found:
        return found.faults, []
    if gate.faults:
        out.print(changes(gate.changed))
    return gate.faults, [*totals(gate, library.languages), *gate.notes()]


def show_examples(settings: Settings, accept: bool, changed: bool) -> bool:
    """What changed or falls short, and the totals; ``accept`` writes down what does not fail. False: it is shut."""
    library = open_library(settings)
    gate = run_gate(library, open_reader(library))
    if rows := gate.changed if changed else [one for one in gate.judged if one.telling or not one.best]:
        out.print(changes(rows))
    told = [*map(str, gate.faults), *totals(gate, library.languages)]
    told += [_accepted(library.root, gate)] if accept else gate.notes()
    for line in told:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    return not gate.faults


def changes(rows: Sequence[Judged]) -> Table:
    """Id, language, day, text, and what came of it before and comes of it now."""
    table = Table("id", "", "day", Column("text", ratio=3), "expected", Column("before → now", ratio=2))
    for one in rows:
        example = one.example
        colour = "red" if one.fails else "green" if one.better else ""
        became = f"{example.known or 'new'} → {one.told}" if one.changed else one.told
        expected = example.expect.removeprefix("level:")
        cells = (example.id, example.lang, str(example.day), example.text, expected, became)
        table.add_row(*map(escape, cells), style=colour)
    return table


def totals(gate: Gate, languages: Sequence[str]) -> Iterator[str]:
    """One line a language."""
    for lang in languages:
        counts = gate.counts(lang)
        if not counts:
            yield f"examples {lang}: there are none in examples/{lang}.jsonl"
            continue
        yield f"examples {lang}: {_questions(counts)}; {_dangers(counts)}"


def _questions(counts: Counter[tuple[str, str]]) -> str:
    asked = {now: n for (kind, now), n in counts.items() if kind == "topic"}
    rest = sum(asked.values()) - sum(asked.get(now, 0) for now in ("answered", "offered", "wrong"))
    outside = sum(n for (kind, _), n in counts.items() if kind == "out_of_scope")
    return (
        f"of {sum(asked.values())} questions {asked.get('answered', 0)} right, "
        f"{asked.get('offered', 0)} among buttons, {rest} passed on, {asked.get('wrong', 0)} wrong; "
        f"of {outside} out of scope {counts['out_of_scope', 'wrong']} answered"
    )


def _dangers(counts: Counter[tuple[str, str]]) -> str:
    dangers = sum(n for (kind, _), n in counts.items() if kind == "danger")
    caught = sum(counts["danger", now] for now in ("flagged", "asked"))
    return f"of {dangers} dangers {caught} caught, {dangers - caught} not or too low"


def _accepted(root: Path, gate: Gate) -> str:
    by_file: dict[str, dict[str, str]] = defaultdict(dict)
    for one in gate.acceptable:
        by_file[one.example.file][one.example.id] = one.now
    for file, known in by_file.items():
        path = root / file
        lines = [with_known(line, known) for line in text_of(path, root).split("\n")]
        fresh = path.with_suffix(".new")
        fresh.write_text("\n".join(lines), encoding="utf-8")
        os.replace(fresh, path)
    return f"{len(gate.acceptable)} accepted; what fails is not: mend it, or change its `known` by hand"
