"""What a template asks for and which other words it says, seen without filling it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from jinja2 import Environment, TemplateSyntaxError, UndefinedError, meta, nodes

_Node = TypeVar("_Node", bound=nodes.Node)
CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
TAG = re.compile(r"\{%[-+]?\s*(.*?)\s*[-+]?%\}", re.DOTALL)
FILTERS = ("day_name", "clock", "day_and_clock")
"""What may stand after `|` and is our own."""
_SYNTAX = Environment(autoescape=True)
_SYNTAX.filters |= dict.fromkeys(FILTERS, str)
_WRONG = (
    (r"block that needs to be closed is '(\w+)'", "{{% {0} … %}} has no end: write {{% end{0} %}} where it ends"),
    (r"unknown tag '(endif|endfor|else|elif)'", "{{% {0} %}} has no {{% if … %}} or {{% for … %}} before it"),
    (r"unknown tag '(\w+)'", "{{% {0} … %}} means nothing: use if, elif, else, endif, for and endfor"),
    (r"No filter named '(\w+)'", "`|{0}` means nothing: use |day_name, |clock or |day_and_clock"),
    (r"end of comment", "{{# has no #}} after it: write one"),
)
"""Part of what Jinja2 says → the same for whoever edits the words."""
_BRACKETS = "the curly brackets are wrong: write them as in {{ phone }} or {% if open %} … {% endif %}"


@dataclass(frozen=True, slots=True)
class Asks:
    """What stands in the curly brackets of one text."""

    names: Mapping[str, int]
    """Fact that it asks for → line of the text, from 1."""
    maybe: frozenset[str]
    """Facts of which it asks whether they are there at all."""
    says: Mapping[str, int]
    """Id of other words that it puts in → line; `{sign}` stands for a fact and `*` for anything."""
    tags: tuple[str, ...]
    """Its conditions and loops, in order."""
    compared: Mapping[str, frozenset[str]]
    """Fact → the words that it is compared with."""
    turns: frozenset[int] | None
    """Days at which the text can change, besides the first; None: it can on every day."""


@cache
def asks(source: str) -> Asks:
    """What a template asks for; TemplateSyntaxError when it can't be read."""
    tree = _SYNTAX.parse(source)
    free = meta.find_undeclared_variables(tree) - {"say"}
    names: dict[str, int] = {}
    says: dict[str, int] = {}
    for name in tree.find_all(nodes.Name):
        if name.name in free:
            names.setdefault(name.name, name.lineno)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say" and call.args:
            says.setdefault(_pattern(call.args[0], free), call.lineno)
    maybe = {t.node.name for t in tree.find_all(nodes.Test) if t.name == "defined" and isinstance(t.node, nodes.Name)}
    tags = tuple(" ".join(tag.split()) for tag in TAG.findall(source))
    return Asks(names, frozenset(maybe), says, tags, _compared(tree), _turns(tree))


def without_code(source: str) -> str:
    """The words alone: code becomes spaces, and everything keeps its place."""
    return CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), source)


def syntax_in_words(error: TemplateSyntaxError) -> str:
    """What is wrong with the curly brackets, for whoever edits the words."""
    for pattern, what in _WRONG:
        if match := re.search(pattern, error.message or ""):
            return what.format(*match.groups())
    return _BRACKETS


def failure_in_words(error: Exception) -> str:
    """Why words can't be filled in, for whoever edits them."""
    text = str(error)
    if isinstance(error, RecursionError):
        return "it says itself, round and round: take that `say` out"
    if isinstance(error, UndefinedError) and (match := re.search(r"has no attribute '(\w+)'", text)):
        return f"there is no `.{match[1]}`: mend its name, as it stands in another text"
    if isinstance(error, UndefinedError) and (match := re.match(r"'(\w+)' is undefined", text)):
        return f"`{match[1]}` is not known there: mend its name, or take it out"
    if isinstance(error, LookupError):
        return f"{text.strip(chr(39))}: mend the id, or write them"
    return "what stands in its curly brackets does not fit together: compare it with the other language"


def _compared(tree: nodes.Template) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for compare in tree.find_all(nodes.Compare):
        sides = [compare.expr, *(operand.expr for operand in compare.ops)]
        words = {c.value for side in sides for c in _all(side, nodes.Const) if isinstance(c.value, str)}
        for side in sides:
            if isinstance(side, nodes.Name):
                found.setdefault(side.name, set()).update(words)
    return {name: frozenset(words) for name, words in found.items()}


def _turns(tree: nodes.Template) -> frozenset[int] | None:
    """The numbers that `day` is compared with; None when it is reckoned with."""
    reckoning = (nodes.BinExpr, nodes.UnaryExpr, nodes.Filter, nodes.Call, nodes.Getitem, nodes.Assign)
    plain = (nodes.And, nodes.Or, nodes.Not, nodes.Concat)
    for node in tree.find_all(reckoning):
        if not isinstance(node, plain) and any(name.name == "day" for name in node.find_all(nodes.Name)):
            return None
    compares = [c for c in tree.find_all(nodes.Compare) if any(n.name == "day" for n in _all(c, nodes.Name))]
    return frozenset(n.value for c in compares for n in c.find_all(nodes.Const) if isinstance(n.value, int))


def _all(node: nodes.Node, kind: type[_Node]) -> list[_Node]:
    return [*([node] if isinstance(node, kind) else []), *node.find_all(kind)]


def _pattern(node: nodes.Node, free: set[str]) -> str:
    if isinstance(node, nodes.Const):
        return str(node.value)
    if isinstance(node, nodes.Name) and node.name in free:
        return f"{{{node.name}}}"
    if isinstance(node, nodes.Concat):
        return "".join(_pattern(part, free) for part in node.nodes)
    if isinstance(node, nodes.Add):
        return _pattern(node.left, free) + _pattern(node.right, free)
    return "*"
