"""Drafts of answers in content/drafts/: made by machine, for people to write from; the library never reads them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from care.answers import WAYS, Answer, Stretch
from care.library import Library
from commands.parts import BadContent

FOLDER = "drafts"
_MARK = re.compile(r"<!--|-->")
_NO_TEXT = ("Cc", "Cs", "Co", "Cn")
"""Kinds of characters: control, half of a pair, private, not assigned."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One topic of a draft."""

    topic: str
    label: str = ""
    words: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    """Ways of asking, at most eight of which will be kept."""
    note: str = ""
    """What whoever writes the answer should know; no patient reads it."""
    answers: tuple[tuple[str, str, str], ...] = (("Any day", "", ""),)
    """(heading, note below it, text) of each stretch of days."""


def name_of_draft(library: Library, name: str, lang: str) -> Path:
    """Where a draft stands."""
    return library.root / FOLDER / f"{name}.{lang}.md"


def draft_page(drafts: Iterable[Draft], about: str) -> str:
    """A file of drafts, written like faq.md."""
    front = f"---\nversion: 1\nauthor:\nreviewer:\nsigned:\nabout: {quoted(about)}\n---\n"
    return front + "".join(f"\n{_topic(draft)}" for draft in drafts)


def _topic(draft: Draft) -> str:
    lines = [f"## {draft.topic}", f"label: {draft.label}".rstrip()]
    lines.append(f"rests on: {', '.join(draft.rests_on)}".rstrip())
    lines += [f"words: {', '.join(draft.words)}"] if draft.words else []
    lines += [note(draft.note)] if draft.note else []
    lines += ["### Ways of asking", *(f"- {way}" for way in draft.ways), *["-"] * (WAYS - len(draft.ways))]
    for heading, told, text in draft.answers:
        lines += [f"### {heading}", *([note(told)] if told else []), text or ""]
    return "\n".join(lines) + "\n"


def today(library: Library, answer: Answer) -> tuple[tuple[str, str, str], ...]:
    """Today's headings of an answer, each with today's text as a note and no text of its own."""
    lines = (library.root / answer.file).read_text(encoding="utf-8").split("\n")
    return tuple((_heading(lines, stretch), f"today:\n{stretch.text}", "") for stretch in answer.stretches)


def _heading(lines: Sequence[str], stretch: Stretch) -> str:
    return lines[stretch.line - 1].lstrip("#").strip()


def unmarked(text: str) -> str:
    """The text without what begins or ends a note, and without characters that no text has."""
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _NO_TEXT)
    # What stays when a mark is taken out may be a mark again.
    while found := _MARK.search(text):
        text = text[: found.start()] + text[found.end() :]
    return text


def note(text: str) -> str:
    """What only editors see."""
    text = unmarked(text)
    return f"<!--\n{text}\n-->" if "\n" in text else f"<!-- {text} -->"


def quoted(text: str) -> str:
    """A text as a value of the block at the top."""
    plain = " ".join(unmarked(text).split()).replace("\\", "/").replace('"', "'")
    return f'"{plain}"'


def put(files: Mapping[Path, str], replace: bool) -> None:
    """Write all of these files or none; BadContent when one is there already and may not be replaced."""
    there = [path for path in files if path.exists()]
    if there and not replace:
        raise BadContent(f"{there[0]} is there already and stays as it is: --replace writes it anew")
    fresh = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh[path].write_text(text, encoding="utf-8")
        for path in files:
            os.replace(fresh[path], path)
    except OSError as error:
        raise BadContent(f"{error.filename} can't be written ({error.strerror})") from None
    finally:
        for path in fresh.values():
            with suppress(OSError):
                path.unlink()
