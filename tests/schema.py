"""Checks a recorded Bot API call against the documented schema: names, types, what must be there, limits.

The schema is read from aiogram's generated classes, as source: importing them would take seconds.
"""

from __future__ import annotations

import ast
import html
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIMIT = re.compile(r"\b(\d+)-(\d+) (characters|bytes)")
RANGE = re.compile(r"[Bb]etween (\d+)(?:-| and )(\d+)")
CONSTANT = re.compile(r"must be \*(\w+)\*")
WORD = re.compile(r"(?<!^)(?=[A-Z])")
TAG = re.compile(r"</?[a-z][^>]*>")
PLAIN: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}
UPLOAD = {"file_name", "size"}
"""How the stand-in records a file."""
INSTANTS = {"DateTimeUnion", "datetime", "timedelta"}


@dataclass(frozen=True)
class Field:
    """One field of a method or type."""

    name: str
    kind: ast.expr
    required: bool
    deprecated: bool
    about: str


def complaints(method: str, params: Mapping[str, object]) -> list[str]:
    """What is wrong with a call, in words; empty when nothing is.

    ``method`` is spelt as documented (``sendMessage``); ``params`` are JSON values, an upload ``{"file_name",
    "size"}``.
    """
    fields = _fields("methods", method[:1].upper() + method[1:])
    if fields is None:
        return [f"{method}: no such method"]
    return [f"{method}: {fault}" for fault in _object_faults(fields, params, "")]


@cache
def _fields(folder: str, name: str) -> Mapping[str, Field] | None:
    node = _definition(folder, name)
    if not isinstance(node, ast.ClassDef):
        return None
    inherited: dict[str, Field] = {}
    for parent in node.bases:
        if isinstance(parent, ast.Name) and folder == "types":
            inherited |= _fields(folder, parent.id) or {}
    return inherited | {field.name: field for field in _own_fields(node)}


@cache
def _definition(folder: str, name: str) -> ast.stmt | None:
    path = _aiogram() / folder / f"{WORD.sub('_', name).lower()}.py"
    if not path.exists():
        return None
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return next((node for node in body if _name_of(node) == name), None)


def _name_of(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        return node.name
    return node.target.id if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else ""


@cache
def _aiogram() -> Path:
    spec = importlib.util.find_spec("aiogram")
    if spec is None or spec.origin is None:
        raise LookupError("aiogram is not installed: it belongs to the extra dev")
    return Path(spec.origin).parent


def _own_fields(node: ast.ClassDef) -> Iterator[Field]:
    for place, item in enumerate(node.body):
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        following = node.body[place + 1] if place + 1 < len(node.body) else None
        said = following.value if isinstance(following, ast.Expr) else None
        about = str(said.value) if isinstance(said, ast.Constant) else ""
        # A constant such as the type of a scope has a default in Python, but none on the wire.
        constant = _called(item.annotation) == "Literal"
        default = "" if item.value is None else ast.unparse(item.value)
        required = not default or constant or default.startswith("Field(...")
        yield Field(item.target.id, item.annotation, required, "deprecated" in default, about)


def _called(kind: ast.expr) -> str:
    if isinstance(kind, ast.Subscript):
        return _called(kind.value)
    return kind.id if isinstance(kind, ast.Name) else ""


def _object_faults(fields: Mapping[str, Field], held: Mapping[str, object], where: str) -> list[str]:
    faults = [
        f"{where}{name} is missing" for name, field in fields.items() if field.required and name not in held
    ]
    mode = held.get("parse_mode")
    for name, value in held.items():
        field = fields.get(name)
        if field is None:
            faults.append(f"{where}{name} is unknown")
            continue
        if field.deprecated:
            faults.append(f"{where}{name} is deprecated")
        faults += _value_faults(field.kind, value, where + name)
        faults += _limit_faults(field, value, where, marked=bool(mode))
    return faults


def _value_faults(kind: ast.expr, value: object, where: str) -> list[str]:
    kinds = list(_alternatives(kind))
    found = [_single_faults(each, value, where) for each in kinds]
    # Of several faulty readings the one that came closest tells most.
    return min(found, key=lambda faults: (len(faults), not any("unknown" in fault for fault in faults)))


def _alternatives(kind: ast.expr) -> Iterator[ast.expr]:
    if isinstance(kind, ast.BinOp):
        yield from _alternatives(kind.left)
        yield from _alternatives(kind.right)
    elif isinstance(kind, ast.Name) and kind.id.endswith("Union") and kind.id not in INSTANTS:
        alias = _definition("types", kind.id)
        if isinstance(alias, ast.AnnAssign) and alias.value is not None:
            yield from _alternatives(alias.value)
    elif (
        _called(kind) == "Annotated" and isinstance(kind, ast.Subscript) and isinstance(kind.slice, ast.Tuple)
    ):
        yield from _alternatives(kind.slice.elts[0])
    elif not (isinstance(kind, ast.Constant) or _called(kind) == "Default"):
        yield kind


def _single_faults(kind: ast.expr, value: object, where: str) -> list[str]:
    name = _called(kind)
    if name == "list" and isinstance(kind, ast.Subscript) and isinstance(value, list):
        return [
            fault
            for i, each in enumerate(value)
            for fault in _value_faults(kind.slice, each, f"{where}[{i}]")
        ]
    if isinstance(value, dict) and name not in PLAIN and name != "InputFile":
        return _object_faults(_fields("types", name) or {}, value, f"{where}.")
    return [] if _fits(kind, name, value) else [f"{where} is not of type {name or ast.unparse(kind)}"]


def _fits(kind: ast.expr, name: str, value: object) -> bool:
    if name in PLAIN:
        return isinstance(value, PLAIN[name]) and (name == "bool") == isinstance(value, bool)
    if name in INSTANTS or isinstance(kind, ast.Attribute):
        return isinstance(value, int)
    if name == "InputFile":
        return isinstance(value, dict) and value.keys() == UPLOAD
    return name == "Literal"


def _limit_faults(field: Field, value: object, where: str, *, marked: bool) -> list[str]:
    if isinstance(value, str) and (found := LIMIT.search(field.about)):
        least, most = int(found[1]), int(found[2])
        size = _size(value, found[3], marked=marked and "entities parsing" in field.about)
        if not least <= size <= most:
            return [f"{where}{field.name} has {size} {found[3]}, not {least}-{most}"]
    if isinstance(value, int) and (found := RANGE.search(field.about)):
        least, most = int(found[1]), int(found[2])
        if not least <= value <= most:
            return [f"{where}{field.name} is {value}, not {least}-{most}"]
    if isinstance(value, str) and (found := CONSTANT.search(field.about)) and value != found[1]:
        return [f"{where}{field.name} is not {found[1]}"]
    return []


def _size(value: str, unit: str, *, marked: bool) -> int:
    if unit == "bytes":
        return len(value.encode())
    plain = html.unescape(TAG.sub("", value)) if marked else value
    return len(plain.encode("utf-16-le")) // 2
