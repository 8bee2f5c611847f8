"""What changed, written so that a nurse can read it: as text and as a page, each changed word marked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

LEGEND = "Words that go stand in [-…-], words that come stand in {+…+}."
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2330; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccd } h3 { margin-bottom: 0 }
.who { color: #556; margin: 0 0 .5rem } blockquote { margin: 0 0 1rem; padding: .6rem 1rem; background: #f4f6fa;
white-space: pre-wrap; border-radius: .5rem } del { background: #fbdcdc }
ins { background: #d5f0da; text-decoration: none }
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    what: str
    """A message, an answer, a button, a rule; with its language and days."""
    who: str
    """For whom, and when."""
    before: str
    """What was read; '' for what is new."""
    after: str
    """What is read now; '' for what is gone."""
    note: str = ""
    lines: tuple[str, ...] = ()
    """What it is about, one thing a line."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Changes of one kind."""

    title: str
    changes: Sequence[Change]


def marked(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Pieces of both texts in order, each as ``same``, ``gone`` or ``new`` with its words.

    Changed words with nothing but a space between them are one piece.
    """
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    turns = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    gone = come = ""
    for n, (kind, a, b, c, d) in enumerate(turns):
        was, now = "".join(old[a:b]), "".join(new[c:d])
        if kind != "equal" or (was == " " and 0 < n < len(turns) - 1):
            gone, come = gone + was, come + now
            continue
        yield from _pieces(gone, come)
        gone = come = ""
        yield "same", was
    yield from _pieces(gone, come)


def _pieces(gone: str, come: str) -> Iterator[tuple[str, str]]:
    yield from ((how, words) for how, words in (("gone", gone), ("new", come)) if words)


def turned(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Only what goes and what comes."""
    return tuple(piece for piece in marked(before, after) if piece[0] != "same")


def as_text(chapters: Iterable[Chapter], closing: Sequence[str]) -> Iterator[str]:
    """The lines for a terminal."""
    told = [chapter for chapter in chapters if chapter.changes]
    if told:
        yield LEGEND
    for chapter in told:
        yield f"\n{chapter.title.upper()}"
        yield from chain.from_iterable(_in_text(change) for change in chapter.changes)
    yield from ("", *closing)


def _in_text(change: Change) -> Iterator[str]:
    yield f"\n{change.what}"
    yield from (f"  {line}" for line in (change.who, change.note) if line)
    signs = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    text = "".join(signs[how].format(words) for how, words in marked(change.before, change.after))
    yield from (f"    {line}".rstrip() for line in (*text.split("\n"), *(f"• {line}" for line in change.lines)))


def as_page(title: str, chapters: Iterable[Chapter], closing: Sequence[str]) -> str:
    """The same as a page of HTML that needs nothing besides."""
    body = "".join(
        f"<h2>{html.escape(chapter.title)}</h2>{''.join(map(_in_html, chapter.changes))}"
        for chapter in chapters
        if chapter.changes
    )
    end = "".join(f"<p>{html.escape(line)}</p>" for line in closing)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>{body}{end}</html>\n"
    )


def _in_html(change: Change) -> str:
    tags = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    text = "".join(tags[how].format(html.escape(words)) for how, words in marked(change.before, change.after))
    notes = "<br>".join(html.escape(line) for line in (change.who, change.note) if line)
    items = "".join(f"<li>{html.escape(line)}</li>" for line in change.lines)
    rest = f"<ul>{items}</ul>" if items else ""
    return f'<h3>{html.escape(change.what)}</h3><p class="who">{notes}</p><blockquote>{text}</blockquote>{rest}'
