"""A new language as folders to fill in: every heading of the clinic's own, no words, the original as a note beside."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from care.library import Library
from care.listing import FRONT
from care.pages import page, text_of, without_notes
from care.progress import progress
from commands.drafts import note
from commands.iso639 import NAMES
from commands.parts import BadContent

SIGNERS = ("author", "reviewer", "signed")
_TOP = re.compile(r"^([^\s#][^:]*):\s*(.*)$")
_FIELD = re.compile(r"^(label|words):\s*(.*)$")
_FRONT = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_CODE = re.compile(r"[a-z]{2}")


def add_language(library: Library, code: str) -> tuple[Path, ...]:
    """Make the folders of a language and return them; BadContent when there is one already, or no such language."""
    _known(code)
    root, own = library.root, library.clinic.language
    homes = sorted(folder.parent for folder in root.glob(f"*/{own}") if folder.is_dir())
    there = [home / code for home in homes if (home / code).exists()]
    if there:
        what = f"{there[0]} is there already: go on in it"
        raise BadContent(f"{what}; aftercare content progress {code} shows what lacks")
    made = {home / code: dict(_files(library, home / own, code)) for home in homes}
    _put(made)
    return tuple(made)


def _known(code: str) -> None:
    if code in NAMES and _CODE.fullmatch(code):
        return
    # "portuguese", "pt-BR" and "por" are what people try.
    named = {name.lower(): key for key, name in NAMES.items()}
    close = difflib.get_close_matches(code.lower(), named, 1)
    meant = named[close[0]] if close else code[:2].lower()
    hint = f"; {NAMES[meant]} is {meant}" if meant in NAMES else ""
    raise BadContent(f"“{code}” is no code of a language: write its two letters (ISO 639-1), such as pt{hint}")


def _put(made: Mapping[Path, Mapping[Path, str]]) -> None:
    """Every folder whole or none of them."""
    done: list[Path] = []
    try:
        for folder, files in made.items():
            fresh = folder.with_name(f".{folder.name}.new")
            done += [fresh, folder]
            for name, text in files.items():
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                (fresh / name).write_text(text, encoding="utf-8")
        for folder in made:
            folder.with_name(f".{folder.name}.new").rename(folder)
    except OSError as error:
        for folder in done:
            shutil.rmtree(folder, ignore_errors=True)
        raise BadContent(f"{error.filename} can't be written ({error.strerror}); nothing was made") from None


def _files(library: Library, folder: Path, code: str) -> Iterator[tuple[Path, str]]:
    """The files of a folder in the clinic's own language → what the new language begins with."""
    own = library.clinic.language
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"):
        name = path.relative_to(folder)
        if path.name == "faq.md":
            yield name, _faq(text_of(path, library.root), own)
        elif path.suffix == ".md":
            yield name, _words(library, path, code)
        elif path.suffix in (".yaml", ".txt"):
            lines = text_of(path, library.root).split("\n")
            form = _lists(lines, own) if path.suffix == ".yaml" else [_remark(line, own) for line in lines]
            yield name, _named("\n".join(form).rstrip("\n") + "\n", own, code)


def _cut(text: str) -> tuple[str, str]:
    """The block at the top, without who wrote and signed it, and what comes below it."""
    found = _FRONT.match(text)
    block = re.sub(rf"^({'|'.join(SIGNERS)}):.*", r"\1:", found[0] if found else "", flags=re.MULTILINE)
    return re.sub(r"^version:.*", "version: 1", block, flags=re.MULTILINE), text[found.end() if found else 0 :]


def _note(own: str, text: str) -> str:
    """The original, where only editors see it."""
    return note(f"{own}:\n{text}" if "\n" in text else f"{own}: {text}")


def _words(library: Library, path: Path, code: str) -> str:
    """A file of words: each heading, the facts it rests on, and the original below it."""
    own = library.clinic.language
    parts = [_cut(text_of(path, library.root))[0]]
    for section in page(path, library.root).sections:
        rests = f"rests on: {', '.join(section.rests_on)}\n" if section.rests_on else ""
        parts.append(f"## {section.id}\n{rests}\n{_note(own, section.text)}\n")
        if section.id == f"language.{own}":
            called = f"what the language is called in itself; for {own} it is {section.text}"
            parts.append(f"## language.{code}\n\n<!-- {called} -->\n")
    return "\n".join(parts)


def _faq(text: str, own: str) -> str:
    """The topics: headings and facts stay; label, words, ways of asking and answers are to be written."""
    front, rest = _cut(without_notes(text))
    lines: list[str] = []
    answer: list[str] = []
    ways = False
    for line in [*rest.split("\n"), "##"]:
        if line.startswith("##"):
            told = "\n".join(answer).strip("\n")
            lines += ["", _note(own, told), ""] if told else [""] * bool(answer)
            answer = []
            ways = line.removeprefix("###").strip() == "Ways of asking"
            lines.append(line)
        elif field := _FIELD.match(line):
            lines.append(f"{field[1]}: {_note(own, field[2])}")
        elif ways and line.startswith("- "):
            lines.append(f"- {_note(own, line[2:])}")
        elif line.startswith("rests on:"):
            lines.append(line)
        else:
            answer.append(line)
    return front + "\n".join(lines[:-1]).rstrip() + "\n"


def _lists(lines: list[str], own: str) -> Iterator[str]:
    """Lists of phrases: the headings stay, each phrase becomes a remark below its heading."""
    for line in lines:
        top = _TOP.match(line)
        if top and top[1] in SIGNERS:
            yield f"{top[1]}:"
        elif top and top[1] == "version":
            yield "version: 1"
        elif top and top[1] not in FRONT and top[2]:
            yield f"{top[1]}:"
            yield f"  # {own}: {top[2]}"
        elif line[:1].isspace() and line.strip() and not line.lstrip().startswith("#"):
            yield f"  # {own}: {line.removeprefix('  ').rstrip()}"
        else:
            yield line


def _remark(line: str, own: str) -> str:
    """A line of plain words as a remark."""
    return line if not line.strip() or line.startswith("#") else f"# {own}: {line}"


def _named(text: str, own: str, code: str) -> str:
    """Remarks that name the clinic's language name the new one instead."""
    told = re.compile(rf"^((?:#(?! {own}:)|about:).*)\b{NAMES.get(own, own)}\b", re.MULTILINE)
    return told.sub(lambda found: f"{found[1]}{NAMES[code]}", text)


def show_added(out: Console, library: Library, code: str, folders: tuple[Path, ...], left: int) -> None:
    """What was made, and what comes next."""
    for folder in folders:
        out.print(f"Made: {folder}", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{NAMES[code]}: {left} to write. Write below each heading; the {NAMES[library.clinic.language]} stands "
        f"beside it as a note.\naftercare content progress {code} shows what lacks, aftercare check what is wrong.\n"
        f"Nothing of it is said to a patient before `languages` in clinic.yaml names {code}.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def progress_table(library: Library, code: str) -> Table:
    """What is written and what lacks, per file; BadContent when the language has no folder."""
    if code not in library.written:
        what = f"there is no language “{code}”; there are {', '.join(library.written)}"
        raise BadContent(f"{what}. aftercare content add-language makes one")
    file = Column("file", overflow="fold")
    table = Table(file, "written", "lacks", "such as", title=NAMES.get(code, code), title_justify="left")
    parts = progress(library, code)
    for part in parts:
        some = ", ".join(part.lacking[:3]) + (" …" if len(part.lacking) > 3 else "")
        lacks = len(part.lacking)
        table.add_row(part.file, f"{part.total - lacks} of {part.total}", str(lacks or ""), some)
    table.add_section()
    total, lacks = sum(part.total for part in parts), sum(len(part.lacking) for part in parts)
    table.add_row("together", f"{total - lacks} of {total}", str(lacks or ""), "")
    return table
