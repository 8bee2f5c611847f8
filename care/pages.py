"""Files of words and settings, read with their line numbers."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from care.faults import ContentFaults, Fault, yaml_in_words

T = TypeVar("T")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
IN_WORDS = {
    "missing": "is missing: write it",
    "string": "must be text: put quotes around it",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "time": 'must be a time of day such as "10:00"',
    "date": "must be a day such as 2026-12-25",
    "tuple": "must be a list, such as [a, b]",
    "dict": "must be lines such as `name: …`",
    "mapping": "must be lines such as `name: …`",
    "dataclass": "must be lines such as `name: …`",
    "zoneinfo": "is no time zone: write one such as Europe/London",
}
"""First word of pydantic's error type → what to do."""
NOT_KNOWN = "is written in a way that can't be understood: compare it with the lines around it"
NO_TEXT = "it holds characters that no text has: write it anew"
HEADING = re.compile(r"^## +([a-z0-9_][\w.-]*)\s*$")
MEANT = re.compile(r"\s*##?(?!#)")
"""A line that is a heading, or was meant as one."""
RESTS_ON = re.compile(r"^rests on:(.*)$")
FIELD = re.compile(r"^(label|rests on|words):")
"""What stands right below a heading."""
BEGINS = re.compile(r"^(label|rests on):")
MISTYPED = re.compile(r"^\s*(label|rests\s+on|words)\s*:", re.IGNORECASE)
HARD_SPACE = re.compile("^[ -]*[\u00a0\u2000-\u200b\u202f\u3000]|[:-][\u00a0\u2000-\u200b\u202f\u3000]")
CUT_OFF = re.compile(r"^[^#'\"]*[:-] [^#'\"]*\S\s+#[^\s#]")
NOTE = re.compile(r"[ \t]*<!--.*?-->[ \t]*", re.DOTALL)
"""A note of the editors: never read to anybody."""


@dataclass(frozen=True, slots=True)
class Section:
    """The words under one ``## id`` heading."""

    id: str
    text: str
    """The words, without the editors' notes; '' while they are not written yet."""
    line: int
    """Line of the heading, 1-based."""
    rests_on: tuple[str, ...] = ()
    """Ids of the facts in sources/ that the words rest on."""
    begins: int = 0
    """Line on which the words begin."""


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file of words."""

    file: str
    front: dict[str, Any]
    sections: tuple[Section, ...]


def name_of(path: Path, root: Path) -> str:
    """The path as the editor of the words knows it: below content/."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def is_hidden(path: Path) -> bool:
    """Whether a program left the file there: what macOS, Windows and Word put beside the files of others."""
    return path.name.startswith((".", "~$")) or path.name in ("Thumbs.db", "desktop.ini")


def words_files(folder: Path) -> list[Path]:
    """The files of words in a folder, by name; what stands in README.md is for editors."""
    return [path for path in sorted(folder.glob("*.md")) if path.name != "README.md" and not is_hidden(path)]


def text_of(path: Path, root: Path) -> str:
    """A file's text; ContentFaults when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentFaults(
            [Fault(name_of(path, root), line, "this is not UTF-8 text: save the file as UTF-8")]
        ) from None


def page(path: Path, root: Path) -> Page:
    """Read a file of words; ContentFaults tells what is wrong with its form."""
    file = name_of(path, root)
    lines = without_notes(text_of(path, root)).split("\n")
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
    faults = [*_doubled(sections, file), *_no_headings(lines, end + 1, file), *_open_notes(lines, file)]
    faults += _no_names(sections, lines, file)
    if not isinstance(front, dict):
        faults.append(Fault(file, 1, "the block between the --- lines must be lines such as `version: 1`"))
    elif not front.get("version"):
        faults.append(Fault(file, 1, "`version:` is missing: write `version: 1`, and count it up with every change"))
    elif not str(front["version"]).isdigit():
        line = next((n for n, text in enumerate(lines, start=1) if text.startswith("version:")), 1)
        faults.append(Fault(file, line, f"`version: {front['version']}` is no number: write one such as 1, 2 or 3"))
    if not sections:
        faults.append(Fault(file, end + 1, "there is no heading: write `## id`, and the words below it"))
    if faults:
        raise ContentFaults(faults)
    return Page(file, front, tuple(sections))


def _sections(lines: list[str], start: int) -> list[Section]:
    heads = [(n, match[1]) for n, line in enumerate(lines[start:], start=start) if (match := HEADING.match(line))]
    ends = [*(n for n, _ in heads[1:]), len(lines)][: len(heads)]
    return [_section(id, lines[n + 1 : stop], n + 1) for (n, id), stop in zip(heads, ends, strict=True)]


def _section(id: str, body: list[str], line: int) -> Section:
    written = [n for n, text in enumerate(body) if text.strip()]
    match = RESTS_ON.match(body[written[0]]) if written else None
    first = written[0] + 1 if match else 0
    text = "\n".join(body[first:]).strip("\n").rstrip()
    begins = next((n for n in written if n >= first), first)
    return Section(id, text, line, listed(match[1]) if match else (), line + 1 + begins)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def without_notes(text: str) -> str:
    """The text without `<!-- … -->`; every line keeps its number."""
    return NOTE.sub(lambda note: "\n" * note[0].count("\n"), text)


def _no_headings(lines: list[str], start: int, file: str) -> list[Fault]:
    """Lines that were meant as headings: they would be read aloud to the patient, with all that follows."""
    meant = [n for n, line in enumerate(lines[start:], start=start) if MEANT.match(line)]
    form = "begin the line with two #, a space and one name in small letters, as in `## day1`"
    return [
        Fault(file, n + 1, f"“{lines[n].strip()[:40]}” is no heading: {form}")
        for n in meant
        if not HEADING.match(lines[n])
    ]


def _no_names(sections: list[Section], lines: list[str], file: str) -> list[Fault]:
    """Lines that follow a heading at once and stand within a text: the heading above them was lost."""
    ends = [*(section.line - 1 for section in sections[1:]), len(lines)]
    faults = []
    for section, end in zip(sections, ends[: len(sections)], strict=True):
        below = [n for n in range(section.line, end) if lines[n].strip()]
        text = next((n for n in below if not FIELD.match(lines[n])), end)
        lost = [n for n in below if n > text and BEGINS.match(lines[n])]
        known = "`label:`, `rests on:` and `words:` begin a line, in small letters: write it so"
        faults += [Fault(file, n + 1, known) for n in below if MISTYPED.match(lines[n]) and not FIELD.match(lines[n])]
        what = f"a heading is missing above this line, so that it belongs to `{section.id}`: write `## ` and its name"
        headed = {n for n in lost if MISTYPED.match(lines[n - 1]) or MEANT.match(lines[n - 1])}
        faults += [Fault(file, n + 1, what) for n in lost if n not in headed]
    return faults


def _open_notes(lines: list[str], file: str) -> list[Fault]:
    """Notes that never end or begin: a patient would read them."""
    open = [n for n, line in enumerate(lines, start=1) if "<!--" in line]
    ends = [n for n, line in enumerate(lines, start=1) if "-->" in line and n not in open]
    return [
        *(Fault(file, n, "this note has no end: write --> after it") for n in open),
        *(Fault(file, n, "this note has no beginning: write <!-- before it") for n in ends),
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
    front: Mapping[str, Any] = field(default_factory=dict)
    """Who wrote and signed it: what stands between two --- lines at its beginning, if anything does."""

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
                        _in_words(problem, where),
                    )
                    for problem in error.errors()
                ]
            ) from None


def _in_words(problem: ErrorDetails, where: tuple[Hashable, ...]) -> str:
    """What pydantic says to programmers, said to whoever edits the file."""
    path = (*where, *problem["loc"])
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    kind = problem["type"].split("_", maxsplit=1)[0]
    item = f", item {path[-1] + 1}," if kind == "missing" and isinstance(path[-1], int) else ""
    return f"`{name}`{item} {IN_WORDS.get(kind, NOT_KNOWN)}"


def table(path: Path, root: Path) -> Table:
    """Read a YAML file with its line numbers; ContentFaults when it is no YAML."""
    file = name_of(path, root)
    if not path.exists():
        raise ContentFaults([Fault(file, 0, "this file is missing; it must be there")])
    lines = text_of(path, root).split("\n")
    dashes = [n for n, line in enumerate(lines) if line.strip() == "---"][:2]
    if len(dashes) < 2 or dashes[0] != 0:
        return _yaml("\n".join(lines), file, 0)
    end = dashes[1]
    front = _yaml("\n".join(lines[1:end]), file, 1).value
    if not isinstance(front, dict) or not front.get("version"):
        raise ContentFaults([Fault(file, 1, "the block between the --- lines must hold `version: 1`")])
    return replace(_yaml("\n".join(lines[end + 1 :]), file, end + 1), front=front)


def _yaml(text: str, file: str, shift: int) -> Table:
    lines: dict[tuple[Hashable, ...], int] = {}
    faults: list[Fault] = []
    node: yaml.Node | None = None
    try:
        node = yaml.compose(text, LOADER)
        if node is not None:
            _mark(node, (), lines, shift)
            faults += _doubled_keys(node, file, shift)
        value = yaml.load(text, LOADER)
        faults += _cut_off(text, file, shift)
    except yaml.MarkedYAMLError as error:
        if hard := list(_hard_spaces(text, file, shift)):
            raise ContentFaults([*faults, *hard]) from None
        line = (error.problem_mark.line + 1 + shift) if error.problem_mark else 0
        there = text.split("\n")[error.problem_mark.line : line - shift] if error.problem_mark else []
        what = f"this can't be read: {yaml_in_words(error.problem, ''.join(there))}"
        raise ContentFaults([*faults, Fault(file, line, what)]) from None
    except yaml.YAMLError:
        raise ContentFaults([Fault(file, 0, NO_TEXT)]) from None
    except ValueError:
        wrong = [Fault(file, line + shift, f"“{text}” is no day of any calendar") for line, text in _no_days(node)]
        raise ContentFaults([*faults, *wrong]) from None
    if faults:
        raise ContentFaults(faults)
    return Table(file, value, lines)


def _hard_spaces(text: str, file: str, shift: int) -> Iterator[Fault]:
    """Spaces that a word processor made, where only an ordinary one tells a name from its value."""
    for n, line in enumerate(text.split("\n"), start=1 + shift):
        if HARD_SPACE.search(line):
            what = "this line was pasted from a word processor, and a space in it is none"
            yield Fault(file, n, f"{what}: delete the spaces at its beginning and after : and -, and type them anew")


def _cut_off(text: str, file: str, shift: int) -> Iterator[Fault]:
    """Values such as `name: Clinic #1`, of which only what stands before the # would be read."""
    for n, line in enumerate(text.split("\n"), start=1 + shift):
        if CUT_OFF.match(line):
            what = "nothing after the # is read: put quotes around the whole text, or a space after the #"
            yield Fault(file, n, what)


def _mark(node: yaml.Node, path: tuple[Hashable, ...], lines: dict[tuple[Hashable, ...], int], shift: int) -> None:
    lines.setdefault(path, node.start_mark.line + 1 + shift)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*path, key.value)] = key.start_mark.line + 1 + shift
            _mark(value, (*path, key.value), lines, shift)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _mark(value, (*path, number), lines, shift)


def _no_days(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """(line, text) of what is written as a date and is none."""
    if isinstance(node, yaml.CollectionNode):
        parts = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
        for part in parts:
            yield from _no_days(part)
    elif node is not None and node.tag == "tag:yaml.org,2002:timestamp":
        try:
            yaml.safe_load(node.value)
        except ValueError:
            yield node.start_mark.line + 1, node.value


def _doubled_keys(node: yaml.Node, file: str, shift: int) -> Iterator[Fault]:
    """Names that stand twice: YAML would quietly take the last one."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _doubled_keys(item, file, shift)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1 + shift
        if key.value in seen:
            yield Fault(file, line, f"`{key.value}` stands here and on line {seen[key.value]}: keep one of the two")
        seen.setdefault(key.value, line)
        yield from _doubled_keys(value, file, shift)
