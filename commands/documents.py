"""A clinic's leaflet as its pieces in reading order: headings, paragraphs, items of lists, rows of tables."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import mammoth
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from commands.parts import BadContent

LARGEST = 25 * 2**20
"""Bytes of a leaflet; a brochure full of pictures has a few million."""
LARGEST_INSIDE = 100 * 2**20
"""Bytes of a .docx when unpacked: more is no leaflet but a trap."""
LONGEST_HEADING = 80
DEEPEST = 6
"""Level of a heading that only its looks make one."""
DEEPEST_NEST = 500
KINDS = {".pdf": "PDF", ".docx": "Word file", ".md": "text", ".markdown": "text", ".html": "text", ".htm": "text"}
BULLET = re.compile(r"^\s*(?:[•●○◦▪■▸►➢✓✔✗✘❌✅\u2043\uf0a7\uf0b7\uf0d8*·–—-]|\(?\d{1,2}[.)])\s+(?=\S)")

_MAGIC = {b"%PDF-": "PDF", b"PK\x03\x04": "Word file", b"\xd0\xcf\x11\xe0": "old"}
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"
_NESTING = re.compile(r"<(/?)(?:div|span|section|table|ul|ol|blockquote|font|dl)\b", re.IGNORECASE)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_JUNK = "script, style, nav, aside, footer, form, button, noscript, svg, iframe, template, dialog, select, head"
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "dialog"})
_MENU = re.compile(r"(^|[-_ ])(nav|navbar|menu|breadcrumbs?|cookies?|sidebar|newsletter|share|social|related)([-_ ]|$)")
_BLOCKS = (
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "tr", "dt", "dd"),
    *("blockquote", "div", "caption", "figcaption"),
)


_STRUCTURE = ("ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "table")


class BadLeaflet(BadContent):
    """A leaflet that can't be read; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a leaflet."""

    kind: str
    """``heading``, ``text``, ``item`` of a list, or ``row`` of a table."""
    text: str
    """On one line."""
    level: int = 0
    """Of a heading: 1 is the highest."""


Watch = Callable[[Sequence[object]], Iterator[object]]
"""Goes through the pages and shows how far it has come."""


def read_leaflet(path: Path, watch: Watch = iter) -> tuple[Piece, ...]:
    """The pieces of a PDF, .docx, .md or .html; BadLeaflet in one sentence when there is nothing to be had."""
    raw = _raw(path)
    kind = KINDS[path.suffix.lower()]
    if kind == "PDF":
        from commands.pdf import pdf_pieces  # noqa: PLC0415 - it takes a second to load, and only a PDF needs it

        pieces = pdf_pieces(raw, path.name, watch)
    else:
        html = _html(raw, path)
        if _depth(html) > DEEPEST_NEST:
            raise BadLeaflet(f"{path.name} is nested too deeply to be a leaflet: save it anew")
        pieces = tuple(_of_html(html))
    if not any(piece.kind != "heading" for piece in pieces):
        raise BadLeaflet(f"{path.name} holds no text that can be read")
    return pieces


def _depth(html: str) -> int:
    """How deep its boxes are put into each other: what takes a library for ever is no leaflet."""
    steps = (-1 if found[1] else 1 for found in _NESTING.finditer(html))
    return max(accumulate(steps, initial=0))


def _raw(path: Path) -> bytes:
    """The file's bytes, once its name, size and beginning have been looked at."""
    name = path.name
    if path.suffix.lower() not in KINDS:
        raise BadLeaflet(f"{name} is no .pdf, .docx, .md or .html: save the leaflet as one of these")
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise BadLeaflet(f"{name} has {size // 2**20} MB, a leaflet at most {LARGEST // 2**20}: save it smaller")
        raw = path.read_bytes()
    except OSError:
        raise BadLeaflet(f"there is no readable file {path}") from None
    if not raw.strip():
        raise BadLeaflet(f"{name} is empty")
    kind = next((kind for magic, kind in _MAGIC.items() if raw.startswith(magic)), "text")
    wanted = KINDS[path.suffix.lower()]
    if kind == "old":
        raise BadLeaflet(f"{name} has a password, or is of an old Word: save it as .docx, without a password")
    if kind != wanted and "text" not in (kind, wanted):
        raise BadLeaflet(f"{name} is a {kind} inside: give it the right ending")
    if kind != wanted:
        raise BadLeaflet(f"{name} is no {wanted}: it is damaged, or has the wrong ending")
    return raw


def _html(raw: bytes, path: Path) -> str:
    if KINDS[path.suffix.lower()] == "Word file":
        return _docx(raw, path.name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadLeaflet(f"{path.name} is not UTF-8 text: save it as UTF-8") from None
    if path.suffix.lower() in (".md", ".markdown"):
        text = _FRONT.sub("", text)
        return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    return text


def _docx(raw: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST_INSIDE:
                raise BadLeaflet(f"{name} is far too large inside: save it anew, without pictures")
        # Pictures are left out; what they are linked to is not opened.
        file = io.BytesIO(raw)
        return str(mammoth.convert_to_html(file, convert_image=lambda image: [], style_map=_STYLES).value)
    except BadLeaflet:
        raise
    except Exception:  # whatever a damaged archive makes of the libraries that read it
        raise BadLeaflet(f"{name} is damaged, or no Word file: open it in Word and save it again as .docx") from None


def _of_html(html: str) -> Iterator[Piece]:
    soup = BeautifulSoup(html, "html.parser")
    root = soup.select_one("main, [role=main]") or soup.select_one("article") or soup.body or soup
    _clean(root, inside=root.name in ("main", "article"))
    heads: list[str] = []
    for tag in root.find_all((*_BLOCKS, "td", "th")):
        table, line = tag.find_parent("table"), tag if tag.name == "tr" else tag.find_parent("tr")
        cells = line.find_all(("th", "td"), recursive=False) if line is not None else []
        names = bool(cells) and all(_strong(cell) for cell in cells)
        if table is None:
            heads = []
            yield from _block(tag)
        elif names:
            heads = [_text(cell) for cell in cells]
        elif not _is_layout(table):
            texts = [_text(cell) for cell in cells] if tag.name == "tr" else []
            if any(texts):
                yield Piece("row", row(texts, heads))
        elif tag.name in ("td", "th"):
            column = next((n for n, cell in enumerate(cells) if cell is tag), len(cells))
            if len(heads) == len(cells) and column < len(cells) and heads[column]:
                yield Piece("heading", heads[column], DEEPEST)
            yield from _block(tag)
        elif tag.name != "tr":
            yield from _block(tag)


def _is_layout(table: Tag) -> bool:
    """A table that only puts text side by side: lists, headings or several paragraphs stand in its cells."""
    cells = table.find_all(("th", "td"))
    return any(cell.find(_STRUCTURE) is not None or len(cell.find_all("p")) > 2 for cell in cells)


def _clean(root: Tag, inside: bool) -> None:
    """Take away what is no part of the leaflet: menus, forms, what stands around the page."""
    for tag in [*root.select(_JUNK), *([] if inside else root.find_all("header"))]:
        tag.decompose()
    for tag in root.find_all(True):
        if tag.decomposed:
            continue
        about = f"{' '.join(tag.get_attribute_list('class'))} {tag.get('id', '')}"
        hidden = tag.has_attr("hidden") or tag.get("aria-hidden") == "true"
        if hidden or tag.get("role") in _ROLES or _MENU.search(about.lower()) or _is_menu(tag):
            tag.decompose()


def _is_menu(tag: Tag) -> bool:
    """A list that consists of links."""
    if tag.name not in ("ul", "ol"):
        return False
    linked = sum(len(link.get_text(strip=True)) for link in tag.find_all("a"))
    return linked > 0.8 * max(1, len(tag.get_text(strip=True)))


def _block(tag: Tag) -> Iterator[Piece]:
    """The pieces of one block, without those of the blocks inside of it."""
    lines = [line for line in _own(tag).split("\n") if line.strip()]
    if tag.name[0] == "h" and lines:
        yield Piece("heading", " ".join(lines), int(tag.name[1]))
    elif len(lines) == 1 and (tag.name == "dt" or (tag.name in ("p", "div") and _stands_out(lines[0], tag))):
        yield Piece("heading", lines[0], DEEPEST)
    else:
        yield from loose(lines, "item" if tag.name == "li" or tag.find_parent("li") is not None else "text")


def loose(lines: Sequence[str], kind: str) -> Iterator[Piece]:
    """Lines that were broken by hand: each begins a piece, unless it goes on with the sentence before."""
    begun = ""
    for line in lines:
        mark = BULLET.match(line)
        goes_on = begun and not mark and line[:1].islower() and begun[-1] not in ".:;!?"
        if begun and not goes_on:
            yield Piece("item" if BULLET.match(begun) else kind, BULLET.sub("", begun))
        begun = f"{begun} {line}" if goes_on else line
    if begun:
        yield Piece("item" if BULLET.match(begun) else kind, BULLET.sub("", begun))


def is_heading(line: str, bold: bool) -> bool:
    """Whether a line is a heading: short, no sentence, and bold or in capitals."""
    shouts = line.isupper() and sum(c.isalpha() for c in line) > 3
    return (bold or shouts) and len(line) <= LONGEST_HEADING and not line.rstrip().endswith((".", ",", ";"))


def _stands_out(line: str, tag: Tag) -> bool:
    return is_heading(line, _strong(tag)) and not BULLET.match(line)


def row(cells: Sequence[str], heads: Sequence[str] = ()) -> str:
    """A row of a table as words: `Product: Retinol; Wait: 5 days`, or `Retinol: 5 days` without heads."""
    told = [cell for cell in cells if cell]
    if len(heads) == len(cells):
        named = zip(heads, cells, strict=True)
        return "; ".join(f"{head.rstrip(':')}: {cell}" if head else cell for head, cell in named if cell)
    return f"{told[0].rstrip(':')}: {'; '.join(told[1:])}" if len(told) > 1 else told[0]


def _own(tag: Tag) -> str:
    """The text of a block with its hard breaks, without the blocks inside of it."""
    parts: list[str] = []
    for child in tag.children:
        if isinstance(child, Tag):
            if child.name == "br":
                parts.append("\n")
            elif child.name not in (*_BLOCKS, "ul", "ol", "table", "dl", "section", "article"):
                parts.append(_own(child))
        elif type(child).__name__ == "NavigableString":
            parts.append(re.sub(r"\s+", " ", str(child)))
    return re.sub(r"[ \xa0]+", " ", "".join(parts).replace("\xad", "")).strip(" ")


def _text(cell: Tag) -> str:
    return " ".join(cell.get_text(" ").split())


def _strong(tag: Tag) -> bool:
    """Whether all of it is set in bold."""
    if tag.name == "th":
        return True
    bold = "".join(_text(part) for part in tag.find_all(("strong", "b")) if not part.find_parent(("strong", "b")))
    return bool(bold) and bold.replace(" ", "") == _text(tag).replace(" ", "")
