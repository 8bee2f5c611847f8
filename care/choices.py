"""What a procedure offers to choose from: patient types, chips and usual answers, compared with what is written."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from care.faults import Fault
from care.library import Library
from care.model import Procedure
from care.pages import Table

FOR_YOU = "for_you"
LONGEST_CHIP = 18
"""Characters of a button of which two stand beside each other on a phone: more are cut off."""
OWN_LINES = re.compile(r"(?P<words>.+)\.for\.(?P<type>[^.]+)")


def choices(library: Library, procedure: Procedure, source: Table, lang: str) -> Iterator[Fault]:
    """What a type, a chip or a usual answer names and nobody has written in a language, or what nobody would read.

    ``source``: the procedure's file.
    """
    known = library.ids(lang)
    for n, type in enumerate(procedure.types):
        if not {(procedure.id, f"type.{type}"), ("", f"type.{type}")} & known:
            what = f"`type.{type}` has no words in general/{lang}/staff.md: write what staff call it"
            yield Fault(source.file, source.line("types", n), what)
    answered = library.books[lang].of(procedure.id).answers
    named: list[tuple[str, tuple[Hashable, ...]]]
    named = [(topic, ("plan", n, "chips")) for n, planned in enumerate(procedure.plan) for topic in planned.chips]
    named += [(topic, ("usual", symptom)) for symptom, topic in procedure.usual.items()]
    for topic, where in named:
        if topic not in answered:
            what = f"there is no topic `{topic}` in faq.md in {lang}: write it, or take it out here"
            yield Fault(source.file, source.line(*where), what)
    for topic in dict.fromkeys(topic for planned in procedure.plan for topic in planned.chips if topic in answered):
        if len(label := library.topic(topic, lang, procedure.id)) > LONGEST_CHIP:
            what = f"`{topic}`: its label has {len(label)} characters, and procedure.yaml names it below `chips:`,"
            yield Fault(answered[topic].file, answered[topic].line, f"{what} where {LONGEST_CHIP} fit: shorten it")
    for symptom in procedure.usual:
        if symptom not in procedure.expected:
            what = f"`{symptom}` stands below `usual:` and not below `expected:`: write its days there"
            yield Fault(source.file, source.line("usual", symptom), what)
    yield from _unread(library, procedure, lang)


def _unread(library: Library, procedure: Procedure, lang: str) -> Iterator[Fault]:
    """Lines for a type that nobody would read."""
    texts = {text.id: text for home in ("", procedure.id) for text in library.texts(lang) if text.home == home}
    for text in texts.values():
        match = OWN_LINES.fullmatch(text.id)
        if match is None or text.home != procedure.id:
            continue
        shown = texts.get(match["words"])
        if match["type"] not in procedure.types:
            types = ", ".join(procedure.types) or "none so far"
            what = f"`{text.id}`: there is no type `{match['type']}` in procedure.yaml ({types}): mend its name"
            yield Fault(text.file, text.line, what)
        elif shown is None or FOR_YOU not in shown.source:
            what = f"`{text.id}` is never shown: write {{{{ for_you }}}} into `{match['words']}`, where it belongs"
            yield Fault(text.file, text.line, what)
