"""Whether every text for patients stands on facts: each names some, and each number that it states is in one.

A number may stand in a fact that a text names, or further behind it: in the outside source under a sheet's fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from care.faults import ContentFaults, Fault
from care.grid import Grid, load_grid
from care.library import Library
from care.passages import Passage, passages
from care.sources import Fact, Source, behind, facts_for, idle

SAFETY = ("safety.md", "safety_lines.md")
SIGNS = ("ask.", "sign.", "checkin.danger", "checkin.safety", "checkin.watch")
"""What check-ins say about health."""
LABELS = ("button.", "keyboard.", "title.", "language.", "command.", "verdict.")
"""Names and labels, which state nothing by themselves."""
RULES = {
    "en": re.compile(r"\b(do not|don't|never|only|before day|call)\b", re.IGNORECASE),
    "es": re.compile(r"\b(no espere|nunca|solo|antes del día|llame)\b", re.IGNORECASE),
}
"""Language → words with which a sentence tells somebody what to do."""
ROW = "grid."
"""What a row of the day grid is called on the leaflet."""
WHOM_TO_CALL = re.compile(r"\{\{\s*(emergency_number|crisis_line|out_of_hours)\b")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_HOW = "write `rests on: …` below its heading, the facts behind it, such as safety_sheet.4"


def grounds(library: Library) -> Iterator[Fault]:
    """Everything in offered texts, answers, sheets and day grids that does not stand on a fact."""
    facts = {home: facts_for(library.sources, home) for home in ("", *library.procedures)}
    grids = {home: grid for home in library.procedures if (grid := _read(library, home))}
    # What rows rest on is told by the grid; while that can't be read, nothing is known of them.
    known = (text for text in _texts(library) if text.home in ("", *grids) or not text.id.startswith(ROW))
    texts = [text for text in (_with_row(text, grids) for text in known) if _looked_at(text)]
    for text in texts:
        yield from _named(text, facts[text.home])
        yield from _numbers(text, facts[text.home], _own_day(library, text))
    yield from _disagreeing(texts, library.clinic.language)
    for source in library.sources.values():
        yield from _untitled(source, library.clinic.languages)
        yield from _sheet(source, facts[source.home], library.sources)
    for home, grid in grids.items():
        yield from _grid(grid, facts[home])


def loose_ends(library: Library) -> list[str]:
    """Outside sources on which nothing rests: they may go, or somebody forgot to name them."""
    return idle(library.sources, {id for text in _texts(library) for id in text.rests_on})


def _texts(library: Library) -> Iterator[Passage]:
    """What offered languages say, and the lines that belong to no language folder."""
    for lang in library.clinic.languages:
        yield from passages(library, lang)
    for one in library.texts(""):
        yield Passage("", one.home, one.id, one.source, one.file, one.line, one.begins, one.rests_on)


def _looked_at(text: Passage) -> bool:
    """Whether a text must rest on facts: always about health, elsewhere where it states something."""
    if not text.for_patients or text.id.startswith(LABELS) or text.id == "procedure.name":
        return False
    if text.answer is not None:  # those of general/ are about the chat
        return bool(text.home)
    file = text.file.rpartition("/")[2]
    if (text.home and file == "messages.md") or file in SAFETY:
        return True
    return bool(text.rests_on) or (file == "checkin.md" and text.id.startswith(SIGNS)) or _states(text, file)


def _states(text: Passage, file: str) -> bool:
    """Whether a text states a number, whom to call, or, in a check-in, a rule."""
    rules = RULES.get(text.lang) if file == "checkin.md" else None
    words = text.words()
    return bool(NUMBER.search(words) or WHOM_TO_CALL.search(text.source) or (rules and rules.search(words)))


def _place(text: Passage) -> int:
    """Line of the heading below which its facts are named."""
    return text.answer.line if text.answer else text.line


def _named(text: Passage, facts: Mapping[str, Fact]) -> Iterator[Fault]:
    if not text.rests_on:
        yield Fault(text.file, _place(text), f"`{text.id}` names no fact: {_HOW}")
    for id in text.rests_on:
        if id not in facts:
            what = "there is no such fact in sources/ for it; write one that is there"
            yield Fault(text.file, _place(text), f"`{text.id}` rests on {id}: {what}")
        elif facts[id].not_used:
            what = f"that must not be used ({facts[id].not_used}); name another"
            yield Fault(text.file, _place(text), f"`{text.id}` rests on {id}: {what}")


def _numbers(text: Passage, facts: Mapping[str, Fact], own_day: str) -> Iterator[Fault]:
    known = _known(facts, text.rests_on)
    words = text.words()
    first_line = words.find("\n") if "\n" in words else len(words)
    for match in NUMBER.finditer(words):
        number = _plain(match[0])
        if number not in known and (number != own_day or match.start() > first_line):
            named = ", ".join(text.rests_on) or "it names none"
            what = f"says {number}, and none of its facts does ({named}): name the fact that states it, or take it out"
            yield text.fault(what, match.start())


def _own_day(library: Library, text: Passage) -> str:
    """The day that a message is sent on, which its first line may say."""
    plan = library.procedures[text.home].plan if text.home and text.answer is None else ()
    return next((str(planned.day) for planned in plan if planned.id == text.id), "")


def _known(facts: Mapping[str, Fact], ids: Sequence[str]) -> set[str]:
    """Every number that these facts state, or what is behind them."""
    return {_plain(number) for fact in behind(facts, ids) for number in NUMBER.findall(fact.text)}


def _plain(number: str) -> str:
    return number.replace(",", ".")


def _disagreeing(texts: Sequence[Passage], own: str) -> Iterator[Fault]:
    """Translations that name other facts than the clinic's own words do."""

    def key(text: Passage) -> tuple[str, str, str]:
        return text.home, text.file.rpartition("/")[2], text.id

    first = {key(text): text for text in texts if text.lang == own}
    for text in texts:
        other = first.get(key(text), text)
        if set(other.rests_on) != set(text.rests_on):
            differ = ", ".join(sorted(set(other.rests_on) ^ set(text.rests_on)))
            what = f"does not rest on the same facts as in {own} ({other.file}:{_place(other)}), but for {differ}"
            yield Fault(text.file, _place(text), f"`{text.id}` {what}: name the same")


def _sheet(sheet: Source, facts: Mapping[str, Fact], sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Facts of a sheet that say more than what they rest on, and don't own up to it."""
    grades = {id: source.grade for source in sources.values() for id in source.facts}
    for fact in sheet.facts.values() if sheet.kind == "sheet" else ():
        known = _known(facts, fact.rests_on)
        for number in dict.fromkeys(map(_plain, NUMBER.findall(fact.text))):
            if number not in known and not fact.own:
                what = f"says {number}, and nothing that it rests on does: name what does, or add own"
                yield Fault(fact.file, fact.line, f"{fact.id} {what}")
        if not fact.own and {grades[reason.id] for reason in behind(facts, fact.rests_on)} == {"C"}:
            what = "rests on weak sources (grade C) alone, which are no ground for advice: add a better one, or own"
            yield Fault(fact.file, fact.line, f"{fact.id} {what}")


def _untitled(source: Source, languages: Sequence[str]) -> Iterator[Fault]:
    for lang in languages if source.kind != "outside" else ():
        if lang not in source.titles:
            what = f"`titles:` has no {lang}: patients read it below their answers; write it"
            yield Fault(source.file, source.line, what)


def _with_row(text: Passage, grids: Mapping[str, Grid]) -> Passage:
    """A label of the day grid rests on the facts of its row."""
    rows = grids[text.home].rows if text.home in grids and text.id.startswith(ROW) else {}
    row = rows.get(text.id.removeprefix(ROW))
    return replace(text, rests_on=(*text.rests_on, *row.rests_on)) if row else text


def _grid(grid: Grid, facts: Mapping[str, Fact]) -> Iterator[Fault]:
    """Days of the grid that none of a row's facts states."""
    for row in grid.rows.values():
        known = _known(facts, row.rests_on)
        for day in (first for first, _ in row.begins if first and str(first) not in known):
            what = f"begins something on day {day}, and none of its facts says {day}: name the fact that does"
            yield Fault(grid.file, row.line, f"`{row.id}` {what}")


def _read(library: Library, home: str) -> Grid | None:
    """The day grid; None where there is none, or where it is faulty, which others tell."""
    try:
        return load_grid(library, home)
    except ContentFaults:
        return None
