"""Messages with labels: what people who read them say that they mean, to measure the reader by."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from care.examples import OUT_OF_SCOPE
from care.model import Level

_LANGUAGE = re.compile("[a-z]{2}")


class BadLabel(ValueError):
    """A label that can't be used; the text says why, and what to write."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message, and what it means by its label."""

    id: str
    place: str
    """``file:line``."""
    lang: str
    """ISO 639-1: the language that it is written in."""
    day: int
    text: str
    level: Level
    symptoms: tuple[str, ...] = ()
    """What the patient says is present now."""
    topic: str | None = None
    """The FAQ topic that it asks about, ``out_of_scope`` where no document answers, None where it asks nothing."""
    also_ok: tuple[str, ...] = ()
    """Further topics that would answer it."""
    tags: tuple[str, ...] = ()
    understood: Level | None = None
    """Of a message in a language that is not offered: its level for somebody who speaks it; None: not told."""

    @property
    def right(self) -> frozenset[str]:
        """Every topic that answers it."""
        return frozenset((*((self.topic,) if self.topic else ()), *self.also_ok))


def labelled(item: Mapping[str, Any], place: str, topics: Collection[str]) -> Labelled:
    """A label from its JSON object, which holds id, lang, day and text already.

    ``topics``: those of the FAQ. BadLabel tells the first thing that is wrong.
    """
    if not _LANGUAGE.fullmatch(item["lang"]):
        raise BadLabel(f"lang {item['lang']!r} is no language: write its two small letters, such as en")
    if "level" not in item:
        raise BadLabel("level is missing: write none, review, urgent or emergency")
    topic = item.get("topic")
    names = {name: _names(item, name) for name in ("symptoms", "also_ok", "tags")}
    for one in (*((topic,) if topic is not None else ()), *names["also_ok"]):
        if not isinstance(one, str) or (one != OUT_OF_SCOPE and one not in topics):
            raise BadLabel(f"topic {one!r} stands in no FAQ: name one of its topics, out_of_scope or null")
    understood = item.get("level_if_understood")
    return Labelled(
        id=str(item["id"]),
        place=place,
        lang=item["lang"],
        day=item["day"],
        text=item["text"],
        level=_level(item["level"]),
        topic=topic,
        understood=None if understood is None else _level(understood),
        **names,
    )


def _names(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = item.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadLabel(f'{name} must be a list of names, such as ["pus"], or be left out')
    return tuple(found)


def _level(word: object) -> Level:
    for level in Level:
        if word == level.word:
            return level
    raise BadLabel(f"level {word!r} is none of {', '.join(level.word for level in Level)}")
