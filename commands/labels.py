"""Files of labelled messages, one JSON object a line, each read with its file and line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from care.labelled import BadLabel, Labelled, labelled
from commands.talk import BadLine, read_item

MOST_TOLD = 20
"""So many bad lines are told at once: a file of another kind would be told line by line."""


def read_labelled(files: Sequence[Path], topics: Collection[str]) -> tuple[Labelled, ...]:
    """Every message of the files, in order; BadLine tells all lines that can't be used.

    ``topics``: those of the FAQ.
    """
    found: list[Labelled] = []
    bad: list[str] = []
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            if not line.strip():
                continue
            try:
                found.append(labelled(read_item(line, number), f"{file.name}:{number}", topics))
            except BadLine as wrong:
                bad.append(f"{file}: {wrong}")
            except BadLabel as wrong:
                bad.append(f"{file}: line {number}: {wrong}")
    if bad:
        more = [f"… and {len(bad) - MOST_TOLD} more"] if len(bad) > MOST_TOLD else []
        raise BadLine("\n".join([*bad[:MOST_TOLD], *more]))
    if not found:
        raise BadLine(f"{', '.join(map(str, files))}: there is no message to measure with; write one object a line")
    return tuple(found)


def _lines(file: Path) -> Sequence[bytes]:
    try:
        return file.read_bytes().split(b"\n")
    except OSError as error:
        raise BadLine(f"{file} can't be read ({error.strerror}): name a file of labelled messages") from None
