"""What the model learns from: the bank's messages, the ways of asking of the FAQ, and disturbed copies of both."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from care.examples import load_examples
from care.library import load
from care.model import Level

OUT_OF_SCOPE, UNREADABLE, FAQ = "out_of_scope", "unreadable", "faq"
SPOKEN = ("en", "es")
"""Languages that are read and answered."""
FORGOTTEN = 0.1
"""Share of the dangers that are learnt without their day."""
_KEYS = ["qwertyuiop", "asdfghjklñ", "zxcvbnm"]
_CHATTER = {
    "en": ("hi, ", "hello it's me again. ", "sorry to bother you ", "ok so ", "quick one: ", "hey love "),
    "es": ("hola, ", "buenas, soy yo otra vez. ", "perdón que moleste ", "oigan ", "una cosa: ", "disculpe "),
}
_ENDS = {
    "en": (" thanks", " thank you x", " lol", " 🙏", " 😬", " pls"),
    "es": (" gracias", " jaja", " 🙏", " 😬", " porfa"),
}


@dataclass(frozen=True)
class Example:
    """One labelled message."""

    text: str
    lang: str
    day: int | None
    level: int
    """0 none … 3 emergency."""
    signs: tuple[str, ...] | None
    """Symptom ids; None when nobody has labelled them."""
    topic: str | None
    """FAQ topic, ``out_of_scope``, or None when the message says nothing about topics."""
    also: tuple[str, ...]
    """Further topics that would answer it."""
    source: str
    tags: tuple[str, ...] = ()


def from_bank(folder: Path) -> list[Example]:
    """All messages of ``bank/*.jsonl``; ValueError names file and line of what can't be used."""
    return [one for path in sorted(folder.glob("*.jsonl")) for one in from_file(path)]


def from_file(path: Path) -> Iterator[Example]:
    """The messages of one file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                yield _example(json.loads(line), path.stem)
            except (ValueError, KeyError, TypeError) as trouble:
                raise ValueError(f"{path.name}:{number}: {trouble!r}") from None


def _example(item: dict[str, Any], source: str) -> Example:
    """What a foreign message says is learnt as its readers understand it, not as one that can't be read."""
    level = Level.of(str(item.get("level_if_understood") or item["level"]))
    told = [str(sign) for sign in item["symptoms"] if sign != UNREADABLE] if "symptoms" in item else None
    if told == [] and (level > Level.NONE or "level_if_understood" in item):
        told = None
    return Example(
        str(item["text"]),
        str(item["lang"]),
        None if item.get("day") is None else int(item["day"]),
        level,
        None if told is None else tuple(told),
        str(item["topic"]) if item.get("topic") else None,
        tuple(map(str, item.get("also_ok") or ())),
        source,
        tuple(map(str, item.get("tags") or ())),
    )


def from_content(content: Path, but: Collection[str]) -> list[Example]:
    """Every way of asking of the FAQ, what is out of scope, and the content's examples without the texts of ``but``."""
    library = load(content)
    found = []
    for lang in library.languages:
        book = library.books[lang]
        asked = [(way, topic) for topic, answer in book.answers.items() for way in answer.phrasings]
        asked += [(way, OUT_OF_SCOPE) for way in book.out_of_scope]
        found += [Example(way, lang, None, Level.NONE, (), topic, (), FAQ) for way, topic in dict.fromkeys(asked)]
    topics = {topic for book in library.books.values() for topic in book.answers}
    for one in load_examples(content, library.languages, topics):
        if one.text not in but:
            level, topic = (Level.NONE, one.expect) if one.level is None else (one.level, None)
            found.append(Example(one.text, one.lang, one.day, level, None, topic, one.also_ok, "examples"))
    return found


def disturbed(example: Example, chance: random.Random) -> Example:
    """The same message as somebody else would type it: its meaning stays."""
    text = example.text
    if chance.random() < 0.25:
        text = text.lower()
    if chance.random() < 0.15:
        text = re.sub(r"[.,;:!?¿¡]", "", text)
    if example.lang == "es" and chance.random() < 0.25:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    if chance.random() < 0.25:
        text = _mistyped(text, chance)
    if chance.random() < 0.12:
        text = chance.choice(_CHATTER.get(example.lang, _CHATTER["en"])) + text
    if chance.random() < 0.12:
        text += chance.choice(_ENDS.get(example.lang, _ENDS["en"]))
    if chance.random() < 0.04:
        text = text.upper()
    # Of a danger that is told on no day we know we want to know as well.
    forgotten = example.level >= Level.URGENT and chance.random() < FORGOTTEN
    return replace(example, text=text, day=None if forgotten else example.day)


def _mistyped(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 40)):
        at = chance.randrange(len(letters))
        if not letters[at].isalpha():
            continue
        way = chance.randrange(4)
        if way == 0:
            letters[at] = ""
        elif way == 1:
            letters[at] *= 2
        elif way == 2 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters[at] = _beside(letters[at], chance)
    return "".join(letters)


def _beside(letter: str, chance: random.Random) -> str:
    row = next((row for row in _KEYS if letter.lower() in row), letter)
    at = row.find(letter.lower())
    return chance.choice([row[max(0, at - 1)], row[min(len(row) - 1, at + 1)]])
