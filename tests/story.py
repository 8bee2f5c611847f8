"""A story as it is written: its steps, and how what it expects is compared with what a phone shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class Untrue(AssertionError):
    """What a story expects did not come about."""


@dataclass(frozen=True)
class Step:
    """One line of a story."""

    line: int
    sentence: str
    value: Any
    """What stands behind the colon: text, a list or a table; '' for a sentence without a colon."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}{f': {self.value}' if self.value else ''}"


@dataclass(frozen=True)
class Story:
    """A whole conversation."""

    about: str
    begins: datetime
    """Local time at the clinic, without a zone."""
    refusals: tuple[str, ...]
    """What the stand-in may refuse in this story; in any other it refuses nothing."""
    phrases: bool
    """True: messages are read by the phrases of content/ alone, so that nothing learnt can change what is told."""
    steps: tuple[Step, ...]


def read_story(file: Path) -> Story:
    """The story in a file; Untrue when it can't be read."""
    text = file.read_text(encoding="utf-8")
    # Everything stays the text that it is: to YAML, 10:00 would be a number and "yes" a truth.
    told = yaml.load(text, yaml.BaseLoader)
    unknown = set(told) - {"about", "begins", "refusals", "read by", "steps"}
    if unknown:
        raise Untrue(f"{file.name}: {', '.join(sorted(unknown))} can't stand at the top of a story")
    begins = datetime.strptime(told.get("begins", "2026-03-02 15:00"), "%Y-%m-%d %H:%M")
    by = told.get("read by", "")
    if by not in ("", "phrases"):
        raise Untrue(f"{file.name}: `read by` can only be phrases, not {by}")
    return Story(told["about"], begins, tuple(told.get("refusals", ())), bool(by), tuple(steps_of(text)))


def steps_of(text: str) -> list[Step]:
    """The steps of a story, each with its line."""
    whole: Any = yaml.compose(text)
    nodes = next(value for key, value in whole.value if key.value == "steps")
    items = yaml.load(text, yaml.BaseLoader)["steps"]
    return [_step(node.start_mark.line + 1, item) for node, item in zip(nodes.value, items, strict=True)]


def _step(line: int, item: str | dict[str, Any]) -> Step:
    if isinstance(item, str):
        return Step(line, item, "")
    if len(item) != 1:
        raise Untrue(f"line {line}: one step has one sentence, not {len(item)}: {', '.join(item)}")
    ((sentence, value),) = item.items()
    return Step(line, sentence, value)


def span(told: str) -> timedelta:
    """``3 hours`` as a span of time."""
    count, unit = told.split()
    return int(count) * UNITS[unit.removesuffix("s")]


def several(told: str | list[str]) -> list[str]:
    """One thing or a list of them, as a list."""
    return [told] if isinstance(told, str) else told


def parts(told: str | list[str]) -> list[str]:
    """The parts of a text: between " … " lies whatever else was written."""
    return re.split(r"\s+…\s+", told) if isinstance(told, str) else told


def face(message: dict[str, Any], others: dict[int, dict[str, Any]]) -> str:
    """A message as a line or more: what it answers, its kind, its words, its buttons."""
    answered = others.get(message["reply_to"] or 0)
    first = (answered["text"] or answered["caption"] or "").splitlines()[:1] if answered else []
    lines = [f"↪ {line}" for line in first]
    if message["kind"] != "text":
        lines.append(f"({message['kind']})")
    lines.append(message["text"] or message["caption"] or "")
    lines += [" ".join(f"({button['text']})" for button in row) for row in message["inline"]]
    return "\n".join(line for line in lines if line)


def flat(text: str) -> str:
    """Text on one line, so that a line break never hides what stands there."""
    return " ".join(text.split())


def in_order(wanted: Iterable[str], came: Iterable[str]) -> bool:
    """Whether all that was wanted stands in what came, one after the other."""
    text, at = flat("\n".join(came)), 0
    for part in wanted:
        found = text.find(flat(part), at)
        if found < 0:
            return False
        at = found + len(flat(part))
    return True


def agrees(found: object, expected: Any) -> bool:
    """Whether a fact is as the story has it."""
    if isinstance(found, dict):
        return all(words in found.get(key, "") for key, words in expected.items())
    if isinstance(found, list):
        return bool((", ".join(found) or "none") == expected)
    return bool(str(found) == expected)
