"""Content files that are lists of phrases under headings, each phrase with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from care.faults import ContentFaults, Fault, yaml_in_words
from care.pages import NO_TEXT, text_of

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FRONT = frozenset(("version", "author", "reviewer", "signed", "seal", "about"))
"""Headings that tell about the file and hold no phrases."""


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one line."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One file: heading → its lines (a list), or heading → name → line (``name: text``)."""

    file: str
    lists: Mapping[str, tuple[Line, ...]]
    tables: Mapping[str, Mapping[str, Line]]
    lines: Mapping[str, int]
    """Heading → the line that it stands on."""


def read_listing(path: Path, root: Path) -> Listing:
    """Read a file; ``root`` is the folder that its name is told from. ContentFaults when it can't be read."""
    file = path.relative_to(root).as_posix()
    if not path.exists():
        raise ContentFaults([Fault(file, 0, "this file is missing; it must be there")])
    try:
        node = yaml.compose(text_of(path, root), _LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        what = f"this can't be read: {yaml_in_words(error.problem)}. A phrase that begins with [ or {{ needs quotes"
        raise ContentFaults([Fault(file, line, what)]) from None
    except yaml.YAMLError:
        raise ContentFaults([Fault(file, 0, NO_TEXT)]) from None
    if not isinstance(node, yaml.MappingNode):
        raise ContentFaults(
            [Fault(file, 1, "headings are missing: write `heading:` and its phrases below it")]
        )
    return _listing(file, node)


def _listing(file: str, node: yaml.MappingNode) -> Listing:
    lists: dict[str, tuple[Line, ...]] = {}
    tables: dict[str, Mapping[str, Line]] = {}
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in FRONT:
            continue
        if key.value in lines:
            what = f"`{key.value}` stands here and on line {lines[key.value]}: put the two together"
            faults.append(Fault(file, line, what))
        lines[key.value] = line
        if isinstance(value, yaml.SequenceNode):
            lists[key.value] = tuple(_line(item, file, faults) for item in value.value)
        elif isinstance(value, yaml.MappingNode):
            tables[key.value] = {name.value: _line(item, file, faults) for name, item in value.value}
        else:
            faults.append(Fault(file, line, f"`{key.value}` has no phrases: write each below it after `- `"))
    if faults:
        raise ContentFaults(faults)
    return Listing(file, lists, tables, lines)


def _line(item: yaml.Node, file: str, faults: list[Fault]) -> Line:
    line = item.start_mark.line + 1
    if not isinstance(item, yaml.ScalarNode) or not item.value.strip():
        what = "write words here; a phrase that begins with [ or { or holds `: ` needs quotes around it"
        faults.append(Fault(file, line, what))
        return Line("", line)
    return Line(item.value, line)
