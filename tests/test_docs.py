"""The pages that people read say what the program does: settings, commands, links, libraries."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from aftercare import app
from commands.enrol import COLUMNS
from commands.talk import Talk, understand_lines
from settings import Settings
from tests.town import shared_library, shared_reader

ROOT = Path(__file__).parent.parent
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "content" / "README.md",
    *sorted((ROOT / "tests").rglob("*.md")),
]
PROSE = [page for page in PAGES if page.parent in (ROOT, ROOT / "docs")]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TWO_SENTENCES = re.compile(r"[\w”)`*][.!?]['”*)]* +[“*`(]*[A-Z]")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def rows(heading: str) -> list[list[str]]:
    """The table below a heading of running.md, without its head."""
    part = RUNNING.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def commands() -> dict[str, set[str]]:
    """Every command of the program as it is typed, with its options."""
    found: dict[str, set[str]] = {}

    def walk(group: typer.core.TyperGroup, before: str) -> None:
        for word, command in group.commands.items():
            typed = f"{before} {word}"
            if isinstance(command, typer.core.TyperGroup):
                walk(command, typed)
            else:
                found[typed] = {option for parameter in command.params for option in parameter.opts}

    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    walk(top, "aftercare")
    return found


# Settings


def test_every_setting_stands_in_the_example_in_the_order_of_the_code() -> None:
    named = re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert named == [field.upper() for field in Settings.model_fields]


def test_every_setting_in_the_example_is_explained_above_it() -> None:
    for block in EXAMPLE.split("\n\n")[1:]:
        lines = block.strip().split("\n")
        assert lines[0].startswith("# "), block
        assert re.match("[A-Z_]+=", lines[-1]), block


def test_every_setting_stands_in_the_docs_in_the_order_of_the_code() -> None:
    assert [code(row[0])[0] for row in rows("Settings")] == [field.upper() for field in Settings.model_fields]


def test_the_defaults_in_the_example_and_the_docs_are_the_real_ones() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    for row in rows("Settings"):
        setting = code(row[0])[0]
        default = Settings.model_fields[setting.lower()].default
        if isinstance(default, str | int) and default not in ("", 0):
            assert code(row[1]) == [str(default)], setting
            assert example[setting] == str(default), setting


def test_a_copy_of_the_example_is_read_as_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = Settings()
    (tmp_path / ".env").write_text(EXAMPLE, encoding="utf-8")
    assert Settings() == defaults


# Commands


def test_every_command_stands_in_the_docs_and_no_other() -> None:
    told: set[str] = set()
    for row in rows("Commands"):
        first, *more = code(row[0])
        words = [word for word in first.split(" --")[0].split() if word.islower()]
        told.add(" ".join(words))
        told |= {" ".join([*words[:-1], word]) for word in more}
    assert told == set(commands())


def test_every_option_that_the_pages_name_exists() -> None:
    options = {option for names in commands().values() for option in names}
    for page in PAGES:
        for part in re.findall(r"aftercare [^`\n]*", page.read_text(encoding="utf-8")):
            named = set(re.findall(r"(?<!\w)--[a-z-]+", part))
            assert named <= options, f"{name(page)}: {part}"


def test_every_command_that_the_pages_and_the_example_name_exists() -> None:
    for page in [*PAGES, ROOT / ".env.example", ROOT / "Makefile"]:
        text = page.read_text(encoding="utf-8")
        typed = re.findall(r"(?:`|: |bin/)aftercare ((?:(?:staff|content) )?[a-z-]+)", text.replace("$(BIN)/", "bin/"))
        unknown = {f"aftercare {words}" for words in typed} - set(commands())
        assert not unknown, f"{name(page)}: {unknown}"


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, name(page)


def test_every_command_and_option_says_what_it_is_for() -> None:
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    todo: list[object] = [top]
    while todo:
        command = todo.pop()
        assert isinstance(command, typer.core.TyperCommand | typer.core.TyperGroup)
        assert command.help, command.name
        assert command.help.endswith("."), command.name
        for parameter in command.params:
            assert getattr(parameter, "help", ""), f"{command.name} {parameter.name}"
        if isinstance(command, typer.core.TyperGroup):
            todo += command.commands.values()


def test_the_columns_of_a_list_of_patients_are_the_real_ones() -> None:
    part = RUNNING.split("### A list of patients")[1].split("\n## ")[0]
    sentence = part.split("with the columns")[1].split("; only")[0]
    assert tuple(code(sentence)) == COLUMNS
    example = part.split("```csv\n")[1].split("\n")[0]
    assert set(example.split(",")) <= set(COLUMNS)


def test_the_keys_of_an_answer_by_the_line_are_the_real_ones() -> None:
    part = RUNNING.split("### Messages by the line")[1].split("\n## ")[0]
    talk = Talk(shared_library(), shared_reader(), datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    answer = next(iter(understand_lines(talk, [code(part)[1].encode()])))
    assert code(part.split("with ")[1].split(".")[0]) == list(json.loads(answer))


# Links, folders, libraries


def links(page: Path) -> Iterator[str]:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_and_folder_that_is_named_is_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    for path in code(text):
        plain = re.fullmatch(r"[a-z_]+(?:/[\w.-]+)*/?", path)
        if plain and "/" in path and path.split("/")[0] in rooms - {"data", "invitations"}:
            assert (ROOT / path).exists(), path


def test_the_readme_tells_what_each_of_our_folders_holds() -> None:
    table = README.split("## What is where")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| \[?([a-z]+)/", table, re.MULTILINE))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages | {"content", "docs"} <= told
    assert all((ROOT / folder).is_dir() for folder in told)


def test_the_docs_say_why_each_library_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    choices = (ROOT / "docs" / "choices.md").read_text(encoding="utf-8").lower()
    ships, tests = choices.split("## what the tests need besides")
    for wanted, page in ((project["dependencies"], ships), (project["optional-dependencies"]["dev"], tests)):
        named = {re.split(r"[<>=~\[]", line)[0].lower() for line in wanted}
        missing = {library for library in named if library not in page and not library.startswith("types-")}
        assert not missing


# How the pages are written


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_each_sentence_of_a_paragraph_has_a_line_of_its_own(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for line in text.split("\n"):
        if line and not re.match(r"[|#!\-*]|\d+\.|\s", line):
            assert not TWO_SENTENCES.search(line), f"{name(page)}: {line}"
