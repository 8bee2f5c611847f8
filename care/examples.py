"""``content/examples/``: what patients ask, what must come of it, and what came of it when it was last accepted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from care.faults import ContentFaults, Fault
from care.model import Level
from care.pages import name_of, text_of

FOLDER = "examples"
OUT_OF_SCOPE = "out_of_scope"
LAST_DAY = 9999
NEEDED = ("id", "lang", "day", "text", "expect")
NAMES = (*NEEDED, "also_ok", "known")
LADDERS: Mapping[str, Mapping[str, int]] = {
    "topic": {"answered": 3, "offered": 2, "passed_on": 1, "asked": 1, "flagged": 1, "small_talk": 1, "wrong": 0},
    "out_of_scope": {
        "passed_on": 1,
        "offered": 1,
        "answered": 1,
        "asked": 1,
        "flagged": 1,
        "small_talk": 1,
        "wrong": 0,
    },
    "danger": {"flagged": 3, "asked": 2, "lower": 1, "missed": 0},
    "review": {"flagged": 2, "asked": 1, "missed": 0},
    "harmless": {"quiet": 1, "asked": 0, "flagged": 0},
}
"""What is expected → what can come of it, and how good that is.

``answered``: from a topic that is right, or stands in ``also_ok``. ``offered``: such a topic is among the buttons;
for what is out of scope, any is. ``passed_on``: staff get it, or the patient is asked whether they shall.
``asked``: the safety questions come first. ``lower``: flagged, but less seriously than it must be.
``wrong``: answered from another topic. ``missed``: an ordinary answer. ``quiet``: nothing was flagged.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One message of a patient, and what must come of it."""

    id: str
    lang: str
    """The language that the patient chose."""
    day: int
    text: str
    expect: str
    """A topic, ``out_of_scope``, or ``level:emergency`` … ``level:none``."""
    also_ok: tuple[str, ...]
    """Topics that answer it as well."""
    known: str
    """What came of it when it was last accepted, a word of ``LADDERS``; '' for one that is new."""
    file: str
    line: int

    @property
    def level(self) -> Level | None:
        """The level that it asks for; None when it asks for an answer."""
        return Level.of(self.expect.removeprefix("level:")) if self.expect.startswith("level:") else None

    @property
    def kind(self) -> str:
        """Which of ``LADDERS`` it stands on."""
        return _kind(self.expect)


def load_examples(root: Path, languages: Collection[str], topics: Collection[str]) -> tuple[Example, ...]:
    """The examples of these languages below ``root``, in the order of the files; () when there are none.

    ``topics``: all that are answered in any language. ContentFaults tells everything that is wrong at once.
    """
    examples: list[Example] = []
    faults: list[Fault] = []
    for path in sorted((root / FOLDER).glob("*.jsonl")):
        if path.stem not in languages:
            continue
        file = name_of(path, root)
        for number, line in enumerate(text_of(path, root).split("\n"), start=1):
            if not line.strip():
                continue
            try:
                examples.append(_example(line, file, number, path.stem, topics))
            except ContentFaults as found:
                faults += found.faults
    faults += _doubled(examples)
    if faults:
        raise ContentFaults(faults)
    return tuple(examples)


def with_known(line: str, known: Mapping[str, str]) -> str:
    """A line of the file with what ``known`` has for its id; any other line as it is."""
    if not line.strip():
        return line
    item = json.loads(line)
    if item["id"] not in known:
        return line
    return json.dumps({**item, "known": known[item["id"]]}, ensure_ascii=False)


def _example(line: str, file: str, number: int, lang: str, topics: Collection[str]) -> Example:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        what = 'this is no JSON object: write one a line, such as {"id": "…", "lang": "en", …}'
        raise ContentFaults([Fault(file, number, what)])
    if wrong := [*_misnamed(item)] or [*_misfits(item, lang, topics)]:
        raise ContentFaults([Fault(file, number, what) for what in wrong])
    also = tuple(item.get("also_ok", ()))
    known = item.get("known", "")
    return Example(item["id"], lang, item["day"], item["text"], item["expect"], also, known, file, number)


def _misnamed(item: dict[str, Any]) -> Iterator[str]:
    for name in NEEDED:
        if name not in item:
            yield f"`{name}` is missing: write it"
    for name in item.keys() - set(NAMES):
        yield f"`{name}` is none of {', '.join(NAMES)}: mend its name or take it out"


def _misfits(item: dict[str, Any], lang: str, topics: Collection[str]) -> Iterator[str]:
    for name in ("id", "text", "expect"):
        if not isinstance(item[name], str) or not item[name].strip():
            yield f"`{name}` must be text in quotes, and not empty"
            return
    if item["lang"] != lang:
        yield f'`lang` must be "{lang}", as the file is called'
    if isinstance(item["day"], bool) or not isinstance(item["day"], int) or not 0 <= item["day"] <= LAST_DAY:
        yield "`day` must be a whole number from 0, the day of the session"
    yield from _unknown(item, topics)


def _unknown(item: dict[str, Any], topics: Collection[str]) -> Iterator[str]:
    expect, also, known = item["expect"], item.get("also_ok", []), item.get("known", "")
    if expect.startswith("level:"):
        if expect not in {f"level:{level.word}" for level in Level}:
            yield f"`expect`: “{expect}” is no level: write level:emergency, level:urgent, level:review or level:none"
            return
    elif expect != OUT_OF_SCOPE and expect not in topics:
        yield f"`expect`: there is no topic `{expect}`: write a heading of faq.md, out_of_scope, or level:urgent …"
        return
    if not isinstance(also, list):
        yield '`also_ok` must be a list of topics, such as ["makeup"]'
    else:
        for topic in also:
            if topic not in topics:
                yield f"`also_ok`: there is no topic `{topic}`: write a heading of faq.md"
    words = LADDERS[_kind(expect)]
    if known and known not in words:
        yield f"`known`: “{known}” must be one of {', '.join(words)}, or left out: it is then filled in"


def _kind(expect: str) -> str:
    if expect in ("level:emergency", "level:urgent"):
        return "danger"
    kinds = {"level:review": "review", "level:none": "harmless", OUT_OF_SCOPE: "out_of_scope"}
    return kinds.get(expect, "topic")


def _doubled(examples: Collection[Example]) -> Iterator[Fault]:
    ids: dict[str, Example] = {}
    texts: dict[tuple[str, int, str], Example] = {}
    for example in examples:
        if example.id in ids:
            other = ids[example.id]
            what = f"`{example.id}` stands in {other.file}:{other.line}, too: give one of them another id"
            yield Fault(example.file, example.line, what)
        ids.setdefault(example.id, example)
        said = (example.lang, example.day, example.text.casefold().strip())
        if said in texts:
            yield Fault(example.file, example.line, f"the same as line {texts[said].line}: keep one of the two")
        texts.setdefault(said, example)
