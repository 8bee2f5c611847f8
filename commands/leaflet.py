"""The printed leaflet as one HTML file that needs nothing else: for the clinic's desk and its web page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from care.grid import Grid, load_grid
from care.leaflet import Leaflet
from care.library import Library
from commands.parts import BadContent

LAYOUT = "leaflet.html"


def write_leaflets(
    library: Library, folder: Path, procedures: Sequence[str], languages: Sequence[str], types: Sequence[str]
) -> list[Path]:
    """``<procedure>-<language>.html`` for each of them, none named: for all that are offered; where they are.

    BadContent when one is not offered, ContentFaults when its words can't be printed.
    """
    known = (("procedure", procedures, tuple(library.procedures)), ("language", languages, library.languages))
    for what, named, offered in known:
        for one in named:
            if one not in offered:
                raise BadContent(f"{what} {one!r} is not offered; use one of: {', '.join(offered)}")
    made = {
        folder / f"{procedure}-{lang}.html": leaflet_html(library, procedure, lang, types)
        for procedure in procedures or library.procedures
        for lang in languages or library.languages
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, html in made.items():
        path.write_text(html, encoding="utf-8")
    return list(made)


def leaflet_html(library: Library, procedure: str, lang: str, types: Sequence[str] = ()) -> str:
    """The whole page. BadContent for a type that the procedure does not know, ContentFaults as above."""
    for type in types:
        if type not in library.procedures[procedure].types:
            known = ", ".join(library.procedures[procedure].types)
            help = f"use one of: {known}" if known else "it has no types, so leave out --type"
            raise BadContent(f"{procedure} knows no type of patient {type!r}; {help}")
    leaflet, grid = Leaflet(library, procedure, lang, types), _grid(library, procedure)
    papers, clinic = leaflet.papers(grid), library.clinic
    foot = [clinic.name, clinic.phone, *([_plain(leaflet.words("leaflet.draft"))] if papers.draft else [])]
    return _layout(library.root / "general").render(
        lang=lang,
        say=lambda id: Markup(leaflet.words(id)),
        clinic=clinic.name,
        phone=clinic.phone,
        foot=" · ".join(foot),
        hours=leaflet.hours(),
        boxes=leaflet.boxes(),
        days=leaflet.days(before=False),
        before=leaflet.days(before=True),
        columns=leaflet.columns(grid) if grid else [],
        rows=leaflet.rows(grid) if grid else [],
        papers=papers,
        signed=sorted({f"{file.said('reviewer')} ({file.said('signed')})" for file in papers.files}),
    )


def _grid(library: Library, procedure: str) -> Grid | None:
    there = (library.root / procedure / "grid.yaml").exists()
    return load_grid(library, procedure) if there else None


def _layout(folder: Path) -> Template:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css"] = css_string
    return environment.get_template(LAYOUT)


def _plain(html: str) -> str:
    return Markup(html).striptags()


def css_string(text: str) -> Markup:
    """Text as CSS takes it inside of a page: whatever is no plain letter or digit is written as its number."""
    return Markup('"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text) + '"')
