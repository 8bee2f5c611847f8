"""The pieces of a PDF: columns in reading order, headings by the size of their letters, no headers and footers."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pdfplumber
from pdfminer.layout import LTAnno, LTChar, LTTextBox, LTTextLine
from pdfplumber.page import Page
from pdfplumber.table import Table

from commands.documents import BULLET, DEEPEST, BadLeaflet, Piece, Watch, is_heading, row
from commands.printed import Box, Line, Rows, Stream, in_order, with_bullets

MOST_PAGES = 60
EDGE = 0.12
"""Part of a page, at its top and its bottom, in which headers and footers stand."""
_LARGER = 1.12
"""Letters so much larger than those of the text make a heading."""
_GAP = 1.35
"""A gap so much larger than that from line to line ends a paragraph."""
_LEADING = 1.7
"""The same against the size of the letters, for headings, which have few lines to compare."""
_FAR = 0.8
"""A gap so much of the letters' size wide may part two cells."""
_DOT = 8
"""Points of a bullet that is drawn, at most."""
_MOST_UNNAMED = 20
_LETTERS = str.maketrans({"\xad": "", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})
_UNNAMED = re.compile(r"\(cid:\d+\)")
_SECOND_HALVES = frozenset({"free", "based", "proof", "up", "like", "term", "hour", "day", "week", "to", "care"})
_NUMBER = re.compile(r"(?:(?:page|página|pág\.?|seite)\s*)?\d{1,3}(?:\s*(?:/|of|de|von)\s*\d{1,3})?", re.IGNORECASE)

Printed = list[Line | Rows]
"""What stands on one page."""


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is usual in this document."""

    size: float
    """Of the letters of its text."""
    larger: tuple[float, ...]
    """Sizes of headings, the largest first."""
    pitch: float
    """From one line to the next."""
    words: frozenset[str]


def pdf_pieces(raw: bytes, name: str, watch: Watch) -> tuple[Piece, ...]:
    """The pieces of a PDF in reading order; BadLeaflet when it can't be opened or has no text."""
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    pages = _pages(raw, name, watch)
    if not any(pages):
        what = f"{name} has no text, only pictures, as scans have"
        raise BadLeaflet(f"{what}: make the PDF from the file in which it was written")
    if sum(len(_UNNAMED.findall(line.text)) for page in pages for line in _lines(page)) > _MOST_UNNAMED:
        raise BadLeaflet(f"{name} does not tell which letters it shows: make it anew, from the file it was written in")
    running = _running(pages)
    streams = [stream for page in pages for stream in in_order([box for box in page if _stays(box, running)])]
    usual = _usual([stream for stream in streams if isinstance(stream, list)])
    return tuple(piece for stream in streams for piece in _pieces(stream, usual))


def _lines(page: Sequence[Line | Rows]) -> list[Line]:
    return [box for box in page if isinstance(box, Line)]


def _usual(streams: Sequence[Sequence[Line]]) -> _Usual:
    lines = [line for stream in streams for line in stream]
    sizes = Counter(size for line in lines for size in [line.size] * len(line.text))
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    gaps = Counter(round(after.top - line.top) for stream in streams for line, after in pairwise(stream))
    return _Usual(
        size,
        tuple(sorted((other for other in sizes if other > size * _LARGER), reverse=True)),
        gaps.most_common(1)[0][0] if gaps else 0.0,
        # The first and the last of a line may be halves.
        frozenset(word for line in lines for word in _words(line.text)[1:-1]),
    )


def _pages(raw: bytes, name: str, watch: Watch) -> list[Printed]:
    try:
        with pdfplumber.open(io.BytesIO(raw), laparams={}) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                what = f"{name} has {len(pdf.pages)} pages, a leaflet at most {MOST_PAGES}"
                raise BadLeaflet(f"{what}: save the pages that patients get")
            return [_printed(page) for page in watch(pdf.pages) if isinstance(page, Page)]
    except BadLeaflet:
        raise
    except Exception as error:  # whatever a damaged file makes of the libraries that read it
        if "Password" in repr(error) or "Encrypt" in repr(error):
            raise BadLeaflet(f"{name} has a password: save it without one") from None
        raise BadLeaflet(f"{name} is damaged: open it, and save or print it as a PDF again") from None


def _printed(page: Page) -> Printed:
    """The lines and the tables of a page."""
    dots = [_box(shape) for shape in (*page.curves, *page.rects) if max(shape["width"], shape["height"]) < _DOT]
    tables = [table for table in page.find_tables() if len(table.rows) > 1 and len(table.rows[0].cells) > 1]
    boxes = (box for box in page.layout if isinstance(box, LTTextBox))
    printed = (line for box in boxes for line in box if isinstance(line, LTTextLine))
    lines = [part for line in printed for part in _line_parts(line, page)]
    outside = [line for line in lines if line.text and not any(_in(line, table.bbox) for table in tables)]
    found: Printed = [*with_bullets(outside, dots)]
    for table in tables:
        left, top, right, bottom = table.bbox
        found.append(Rows(left, right, top, bottom, tuple(_rows(page, table, dots))))
    return found


def _box(shape: dict[str, float]) -> Box:
    return Box(shape["x0"], shape["x1"], shape["top"], shape["bottom"])


def _in(box: Box, place: Sequence[float]) -> bool:
    left, top, right, bottom = place
    return top <= box.middle <= bottom and left - 2 <= box.left <= right


def _line_parts(line: LTTextLine, page: Page) -> Iterator[Line]:
    """A line, cut where its words are so far apart that they may be cells of a table."""
    part: list[LTChar | LTAnno] = []
    before: LTChar | None = None
    for letter in line:
        if isinstance(letter, LTChar) and letter.get_text().strip():
            if before is not None and letter.x0 - before.x1 > _FAR * letter.size:
                yield _line(part, page)
                part = []
            before = letter
        part += [letter] if isinstance(letter, LTChar | LTAnno) else []
    yield _line(part, page)


def _line(part: Sequence[LTChar | LTAnno], page: Page) -> Line:
    letters = [letter for letter in part if isinstance(letter, LTChar) and letter.get_text().strip()]
    if not letters:
        return Line(0, 0, 0, 0, "", 0, False)
    text = " ".join("".join(letter.get_text() for letter in part).translate(_LETTERS).split())
    size = Counter(round(letter.size, 1) for letter in letters).most_common(1)[0][0]
    bold = all("bold" in letter.fontname.lower() for letter in letters)
    top, bottom = max(letter.y1 for letter in letters), min(letter.y0 for letter in letters)
    height = float(page.height)
    return Line(letters[0].x0, letters[-1].x1, height - top, height - bottom, text, size, bold)


def _rows(page: Page, table: Table, dots: Sequence[Box]) -> Iterator[str]:
    heads: list[str] = []
    for cells in table.rows:
        printed = [_cell(page, place, dots) if place else [] for place in cells.cells]
        texts = [" ".join(line.text for line in lines) for lines in printed]
        lines = [line for cell in printed for line in cell]
        if not heads and lines and all(line.bold for line in lines):
            heads = texts
        elif len(heads) == len(printed) and any(sum(_begins(line) for line in cell) > 1 for cell in printed):
            yield from (f"{head}: {item}" for head, cell in zip(heads, printed, strict=True) for item in _items(cell))
        elif any(texts):
            yield row([BULLET.sub("", text) for text in texts], heads)


def _cell(page: Page, place: Sequence[float], dots: Sequence[Box]) -> list[Line]:
    left, top, right, bottom = place
    lines = []
    for line in page.crop((left, top, right, bottom)).extract_text_lines():
        bold = all("bold" in letter["fontname"].lower() for letter in line["chars"] if letter["text"].strip())
        text = line["text"].translate(_LETTERS)
        lines.append(Line(line["x0"], line["x1"], line["top"], line["bottom"], text, 0, bold))
    return with_bullets(lines, [dot for dot in dots if _in(dot, place)])


def _begins(line: Line) -> bool:
    return bool(BULLET.match(line.text))


def _items(cell: Sequence[Line]) -> Iterator[str]:
    """The items of a list inside of a cell."""
    begun = ""
    for line in cell:
        if begun and _begins(line):
            yield begun
            begun = ""
        begun = f"{begun} {BULLET.sub('', line.text)}".strip()
    if begun:
        yield begun


def _running(pages: Sequence[Printed]) -> frozenset[str]:
    """Headers and footers: what stands at the edge of more than one page, numbers aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        lines = _lines(page)
        first, last = min((x.top for x in lines), default=0), max((x.bottom for x in lines), default=0)
        near = EDGE * (last - first)
        seen.update({_like(x) for x in lines if x.bottom < first + near or x.top > last - near})
    return frozenset(text for text, times in seen.items() if times > 1)


def _like(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _stays(box: Line | Rows, running: frozenset[str]) -> bool:
    return isinstance(box, Rows) or not (_like(box) in running or _NUMBER.fullmatch(box.text))


def _pieces(stream: Stream, usual: _Usual) -> Iterator[Piece]:
    if isinstance(stream, Rows):
        yield from (Piece("row", text) for text in stream.rows)
        return
    edge = max(line.right for line in stream)
    begun, level = "", 0
    for before, line in zip((None, *stream), stream, strict=False):
        now = _level(line, usual)
        if before is not None and (now != level or _ends(before, line, usual, edge if not now else 0)):
            yield _piece(begun, level)
            begun = ""
        begun, level = _mended(begun, line.text, usual.words) if begun else line.text, now
    yield _piece(begun, level)


def _level(line: Line, usual: _Usual) -> int:
    """1 for the largest letters, one more for each size below; 0 for text."""
    if line.size in usual.larger:
        return min(usual.larger.index(line.size) + 1, DEEPEST)
    return DEEPEST if is_heading(line.text, line.bold) and not BULLET.match(line.text) else 0


def _ends(before: Line, line: Line, usual: _Usual, edge: float) -> bool:
    """Whether a paragraph ends between two lines: a gap, a bullet, or room for the next word. ``edge`` 0: a heading."""
    if line.top - before.top > max(_GAP * usual.pitch, _LEADING * line.size) or BULLET.match(line.text):
        return True
    if not edge or (before.text.endswith("-") and line.text[0].islower()):
        return False
    room, word = edge - before.right, line.text.split()[0]
    needed = (line.right - line.left) * (len(word) + 1) / max(1, len(line.text))
    begins = not word[0].islower() or before.text[-1] in ".:;!?"
    return room > needed and (begins or room > (edge - before.left) / 3)


def _piece(text: str, level: int) -> Piece:
    if level:
        return Piece("heading", text, level)
    return Piece("item", BULLET.sub("", text)) if BULLET.match(text) else Piece("text", text)


def _mended(begun: str, line: str, words: frozenset[str]) -> str:
    """Two printed lines as one; a word that was divided between them becomes whole."""
    if not (begun.endswith("-") and begun[-2:-1].isalpha() and line[:1].islower()):
        return f"{begun} {line}"
    halves = {_words(begun)[-1], _words(line)[0]}
    # "alcohol-free" keeps its hyphen wherever it stands; "pigmen-tation" has one only here.
    return f"{begun}{line}" if halves <= words | _SECOND_HALVES else f"{begun[:-1]}{line}"


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower()) or [""]
