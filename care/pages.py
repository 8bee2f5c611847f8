"""Files of words and settings, read with their line numbers."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from care.faults import ContentFaults, Fault

T = TypeVar("T")
HEADING = re.compile(r"^## +(\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Section:
    """The words under one ``## id`` heading."""

    id: str
    text: str
    line: int
    """Line of the heading, 1-based."""


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file of words."""

    file: str
    front: dict[str, Any]
    sections: tuple[Section, ...]


def name_of(path: Path, root: Path) -> str:
    """The path as the editor of the words knows it: below content/."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def page(path: Path, root: Path) -> Page:
    """Read a file of words; ContentFaults tells what is wrong with its form."""
    file = name_of(path, root)
    lines = path.read_text(encoding="utf-8").split("\n")
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise ContentFaults(
            [
                Fault(
                    file,
                    1,
                    "the file must begin with a block of `version:`, `author:` … between two --- lines",
                )
            ]
        )
    end = next(n for n, line in enumerate(lines[1:], start=1) if line.strip() == "---")
    front = _yaml("\n".join(lines[1:end]), file, 1).value
    sections = _sections(lines, end + 1)
    faults = _doubled(sections, file)
    if not isinstance(front, dict):
        faults.append(Fault(file, 1, "the block between the --- lines must be lines such as `version: 1`"))
    if faults:
        raise ContentFaults(faults)
    return Page(file, front, tuple(sections))


def _sections(lines: list[str], start: int) -> list[Section]:
    heads = [(n, match[1]) for n, line in enumerate(lines[start:], start=start) if (match := HEADING.match(line))]
    ends = [n for n, _ in heads[1:]] + [len(lines)]
    return [
        Section(id, "\n".join(lines[n + 1 : stop]).strip("\n").rstrip(), n + 1)
        for (n, id), stop in zip(heads, ends, strict=True)
    ]


def _doubled(sections: list[Section], file: str) -> list[Fault]:
    seen: dict[str, int] = {}
    faults = []
    for section in sections:
        if section.id in seen:
            faults.append(
                Fault(
                    file,
                    section.line,
                    f"`{section.id}` stands here and on line {seen[section.id]}: keep one of the two",
                )
            )
        seen.setdefault(section.id, section.line)
    return faults


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML file's values, and the line on which each stands."""

    file: str
    value: Any
    lines: dict[tuple[Hashable, ...], int] = field(default_factory=dict)

    def line(self, *path: Hashable) -> int:
        """Line of the value at ``path``, or of what is nearest around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def check(self, kind: TypeAdapter[T], value: object, *where: Hashable) -> T:
        """``value`` as the type asked for; ContentFaults names the line of every misfit."""
        try:
            return kind.validate_python(value)
        except ValidationError as error:
            raise ContentFaults(
                [
                    Fault(
                        self.file,
                        self.line(*where, *problem["loc"]),
                        f"{'.'.join(str(p) for p in problem['loc']) or 'value'}: {problem['msg']}",
                    )
                    for problem in error.errors()
                ]
            ) from None


def table(path: Path, root: Path) -> Table:
    """Read a YAML file with its line numbers; ContentFaults when it is no YAML."""
    file = name_of(path, root)
    if not path.exists():
        raise ContentFaults([Fault(file, 0, "this file is missing; it must be there")])
    return _yaml(path.read_text(encoding="utf-8"), file, 0)


def _yaml(text: str, file: str, shift: int) -> Table:
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1 + shift) if error.problem_mark else 0
        raise ContentFaults(
            [Fault(file, line, f"this can't be read: {error.problem}. Look at the indentation and the colons")]
        ) from None
    lines: dict[tuple[Hashable, ...], int] = {}
    if node is not None:
        _mark(node, (), lines, shift)
    return Table(file, value, lines)


def _mark(node: yaml.Node, path: tuple[Hashable, ...], lines: dict[tuple[Hashable, ...], int], shift: int) -> None:
    lines[path] = node.start_mark.line + 1 + shift
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _mark(value, (*path, key.value), lines, shift)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _mark(value, (*path, number), lines, shift)
