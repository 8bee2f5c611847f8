"""What a language still lacks, file by file, beside the clinic's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from care.faults import ContentFaults
from care.library import Library
from care.listing import FRONT
from care.pages import page, text_of

LEFT_OUT = "README.md"
PHRASES = "phrases"
"""Folder of the files whose headings are signs; a sign may stand in any of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the clinic's own language, and how far another language has come with it."""

    file: str
    """Path below content/ of the file in the other language."""
    total: int
    """Headings, topics, signs or lists that it must hold."""
    lacking: tuple[str, ...]
    """Those that are still to write, in the order of the clinic's own file."""


def progress(library: Library, lang: str) -> tuple[Part, ...]:
    """Every file that a language needs; ContentFaults when the clinic's own can't be read."""
    parts = [part for home in ("", *library.procedures) for part in _parts(library, home, lang)]
    return (*parts, *_titles(library, lang))


def to_write(library: Library, lang: str) -> int:
    """How many headings, topics, signs and lists have no words yet."""
    return sum(len(part.lacking) for part in progress(library, lang))


def _parts(library: Library, home: str, lang: str) -> Iterator[Part]:
    folder = library.root / (home or "general")
    own = folder / library.clinic.language
    for path in sorted(path for path in own.rglob("*") if path.is_file() and path.name != LEFT_OUT):
        wanted = _wanted(library, path, lang)
        there = _there(library, home, folder / lang / path.relative_to(own), lang)
        file = f"{folder.name}/{lang}/{path.relative_to(own).as_posix()}"
        yield Part(file, len(wanted), tuple(id for id in wanted if id not in there))


def _titles(library: Library, lang: str) -> Iterator[Part]:
    """The names of documents, which patients read below their answers."""
    for source in library.sources.values():
        if source.kind != "outside":
            yield Part(source.file, 1, () if lang in source.titles else (f"titles: {lang}",))


def _wanted(library: Library, path: Path, lang: str) -> list[str]:
    """What stands in a file of the clinic's own language."""
    if path.suffix == ".md":
        ids = [section.id for section in page(path, library.root).sections]
        # A language's own name stands in its own folder alone.
        named = [f"language.{lang}"] if f"language.{library.clinic.language}" in ids else []
        return list(dict.fromkeys([*ids, *named]))
    return list(dict.fromkeys(_listed(path, library.root)))


def _there(library: Library, home: str, path: Path, lang: str) -> frozenset[str]:
    """What is written in the other language, in this file or in another one of its kind."""
    if path.name == "faq.md":
        return frozenset(library.books[lang].of(home).answers)
    if path.suffix == ".md":
        return frozenset(id for place, id in library.ids(lang) if place == home)
    beside = path.parent.glob(f"*{path.suffix}") if path.parent.name == PHRASES else (path,)
    return frozenset(name for file in beside if file.exists() for name in _listed(file, library.root))


def _listed(path: Path, root: Path) -> Iterator[str]:
    """The headings of a list that hold anything: signs, rules of scope, or the file itself for plain words."""
    try:
        text = text_of(path, root)
        if path.suffix != ".yaml":
            lines = (line.strip() for line in text.split("\n"))
            yield from [path.name][: any(line and not line.startswith("#") for line in lines)]
            return
        # Headings are words: for YAML a plain `no` would be a truth value.
        value = next((part for part in yaml.load_all(text, yaml.BaseLoader) if not _is_front(part)), None)
    except (ContentFaults, yaml.YAMLError):
        return
    for heading, held in value.items() if isinstance(value, Mapping) else ():
        if held and heading not in FRONT:
            yield from _sign(heading) if path.parent.name == PHRASES else (heading,)


def _sign(heading: str) -> Iterator[str]:
    """The sign that phrases stand for; those that only look like one stand for none."""
    words = heading.split()
    if words and words[-1] != "except":
        yield words[0]


def _is_front(part: object) -> bool:
    """Whether it is the block that tells who wrote a file and signed it."""
    return isinstance(part, Mapping) and bool(part) and set(part) <= FRONT
