"""In which order printed lines are read: columns, what stands side by side, and tables that have no lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from commands.documents import BULLET, is_heading
from commands.documents import row as row_of
from commands.figures import figures

GUTTER = 1
"""Points of white that run down between two columns, at least; side by side in a row stands what is far apart."""
INDENT = 50
"""Points from a bullet to its text, at most."""
_AWAY = 1.0
"""White so many times the size of the letters high ends the columns above it, when the row below it …"""
_ASIDE = 4.0
"""… has something so far to the right of them that it is no mere indent."""
_APART = 2.5
"""So many times the size of their letters are cells of a table apart, at least."""
LONE = re.compile(r"[•●○◦▪■▸►➢✓✔✗✘\u2043\uf0a7\uf0b7\uf0d8*·–—-]|\(?\d{1,2}[.)]")
_PAIRED, _COUNTING = 0.6, 0.6
"""Part of the rows in which both columns stand, and part of those whose second one counts something, that
make a table of two columns: `Retinol … 5 days` …"""
_SHORT = 6
"""… when its cells have no more words than that, on the average; texts in columns have."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page, in points from its top left."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line(Box):
    """One printed line."""

    text: str
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rows(Box):
    """A table, each row of it in words."""

    rows: tuple[str, ...]


Row = list[Line | Rows]
"""What stands side by side."""
Gap = tuple[float, float]
"""From where to where it is white."""
Stream = list[Line] | Rows
"""Lines of one column from top to bottom, or a table."""


def with_bullets(lines: Sequence[Line], shapes: Sequence[Box]) -> list[Line]:
    """Lines with the bullets that stand before them as lines of their own, or are only drawn."""
    marks = [*shapes, *(line for line in lines if LONE.fullmatch(line.text))]
    marked = {line: mark for line in lines for mark in marks if _marks(mark, line)}
    used = frozenset(marked.values())
    # "2." alone may as well be the end of a sentence.
    return [replace(line, text=f"• {line.text}") if line in marked else line for line in lines if line not in used]


def _marks(mark: Box, line: Line) -> bool:
    before = mark is not line and 0 <= line.left - mark.right < INDENT
    return before and line.top <= mark.middle <= line.bottom and not BULLET.match(line.text)


def in_order(boxes: Sequence[Line | Rows]) -> Iterator[Stream]:
    """Top to bottom; where a white gap runs down between them, column by column."""
    rows = _rows(boxes)
    joined = [_joined(row, rows[:n][-1:] + rows[n + 1 : n + 2]) for n, row in enumerate(rows)]
    for band in _bands(joined):
        columns = _columns(band)
        if len(columns) > 1 and (table := _table(band, columns)):
            yield table
        else:
            for column in columns:
                yield from _streams(column)


def _rows(boxes: Sequence[Line | Rows]) -> list[Row]:
    """What stands side by side, from left to right."""
    rows: list[Row] = []
    for box in sorted(boxes, key=lambda box: box.top):
        if rows and any(other.top <= box.middle <= other.bottom for other in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _joined(row: Row, beside: Sequence[Row]) -> Row:
    """A line whose words were drawn far apart to fill it is one line, unless the rows around it divide there, too."""
    lines = [box for box in row if isinstance(box, Line)]
    if len(lines) < 2 or len(lines) < len(row) or any(_gaps([row, other]) for other in beside):
        return row
    if any(right.left - left.right > _APART * left.size for left, right in pairwise(lines)):
        return row
    text = " ".join(line.text for line in lines)
    return [replace(lines[0], right=lines[-1].right, text=text, bold=all(line.bold for line in lines))]


def _bands(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows one below the other that common gaps divide, or none."""
    band: list[Row] = []
    for row in rows:
        if band and _leaves(row, band):
            kept = _ended(band)
            yield band[:kept]
            band = band[kept:]
            if band and _leaves(row, band):
                yield band
                band = []
        band = [*band, row]
    if band:
        yield band


def _leaves(row: Row, band: Sequence[Row]) -> bool:
    """Whether a row is divided otherwise than those above it."""
    before, own, after = _gaps(band), _gaps([row]), _gaps([*band, row])
    if not before:
        return bool(own)
    if not all(any(_meet(gap, other) for other in after) for gap in (*before, *own)):
        return True
    white = min(box.top for box in row) - max(box.bottom for above in band for box in above)
    size = max(box.size if isinstance(box, Line) else 0 for box in row)
    right = max(box.right for above in band for box in above)
    return white > _AWAY * size and row[-1].left - right > _ASIDE * size


def _meet(gap: Gap, other: Gap) -> bool:
    return gap[0] < other[1] and other[0] < gap[1]


def _ended(band: Sequence[Row]) -> int:
    """So many rows belong to the columns: a heading that stands alone in the first one begins what follows."""
    gaps = _gaps(band)
    alone = len(band)
    while gaps and alone and len(band[alone - 1]) == 1 and band[alone - 1][0].right < gaps[0][1]:
        alone -= 1
    for n, row in enumerate(band[alone:], start=alone):
        if isinstance(row[0], Line) and is_heading(row[0].text, row[0].bold):
            return n
    return len(band)


def _gaps(band: Sequence[Row]) -> list[Gap]:
    """White that runs down through all rows and parts one of them."""
    gaps: list[Gap] = []
    edge: float | None = None
    for box in sorted((box for row in band for box in row), key=lambda box: box.left):
        if edge is not None and box.left - edge >= GUTTER:
            before = gaps[-1][1] if gaps else float("-inf")
            gaps += [(edge, box.left)] if any(_parts(row, before, box.left) for row in band) else []
        edge = max(edge or box.right, box.right)
    return gaps


def _parts(row: Row, before: float, start: float) -> bool:
    return any(box.left >= start for box in row) and any(before <= box.left < start for box in row)


def _columns(band: Sequence[Row]) -> list[Row]:
    starts = [start for _, start in _gaps(band)]
    columns: list[Row] = [[] for _ in range(len(starts) + 1)]
    for box in (box for row in band for box in row):
        columns[sum(box.left >= start for start in starts)].append(box)
    return columns


def _table(band: Sequence[Row], columns: Sequence[Row]) -> Rows | None:
    """A table without lines; None when the columns are texts of their own."""
    cells: list[list[str]] = []
    for boxes in band:
        told = [" ".join(box.text for box in column if box in boxes and isinstance(box, Line)) for column in columns]
        if told[0] or not cells:
            cells.append(told)
        else:  # a second line of the cells beside it
            cells[-1] = [f"{before} {more}".strip() for before, more in zip(cells[-1], told, strict=True)]
    paired = [texts for texts in cells if texts[0] and any(texts[1:])]
    counting = [texts for texts in paired if any(figures(text) for text in texts[1:])]
    long = any(sum(len(texts[n].split()) for texts in cells) > _SHORT * len(cells) for n in range(len(columns)))
    if long or len(counting) < 2 or len(paired) < _PAIRED * len(cells) or len(counting) < _COUNTING * len(paired):
        return None
    boxes = [box for boxes in band for box in boxes]
    bold = all(isinstance(box, Line) and box.bold for box in band[0])
    rows = tuple(row_of(texts, cells[0] if bold else ()) for texts in cells[bold:] if any(texts))
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    return Rows(left, right, boxes[0].top, boxes[-1].bottom, rows)


def _streams(column: Row) -> Iterator[Stream]:
    stream: list[Line] = []
    for box in sorted(column, key=lambda box: box.top):
        if isinstance(box, Line):
            stream.append(box)
            continue
        if stream:
            yield stream
        yield box
        stream = []
    if stream:
        yield stream
