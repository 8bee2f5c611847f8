"""What changes for whom between two versions of the words: messages, answers, buttons, rules, documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError

from care.answers import Answer
from care.library import Library
from care.model import Planned
from care.pages import name_of
from care.passages import Passage, answers, passages
from care.samples import Samples, plain
from care.signing import FRONT, GENERAL, place_of
from care.template import asks
from commands.marks import Change, Chapter, turned

DAYS = (*range(31), None)
LABELS = ("button.", "keyboard.", "sign.", "language.", "command.")
MOST_PATIENTS = 3
"""Sample patients of one text for whom the change is shown."""
SHOWN = 8
TABLES = {
    "clinic.yaml": "The clinic",
    "procedure.yaml": "Plan, check-ins and signs",
    "symptoms.yaml": "What each sign asks for",
    "safety_questions.yaml": "What the safety questions ask",
    "grid.yaml": "What holds on which day",
    "emergency_numbers.yaml": "Whom to call",
}
UNFILLED = (TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
Key = tuple[str, str, str]
"""Language, procedure ('' for general/), id of words or topic."""
Coming = Mapping[tuple[str, str, str], int]
"""(procedure, message, language) -> how many patients in care still have it to come."""


@dataclass(frozen=True)
class Version:
    """One version of the words, by keys."""

    library: Library

    @cached_property
    def samples(self) -> Samples:
        return Samples(self.library)

    @cached_property
    def texts(self) -> Mapping[Key, Passage]:
        """Everything but answers."""
        languages = self.library.clinic.languages
        found = [p for lang in languages for p in passages(self.library, lang) if p.answer is None]
        return {(p.lang, p.home, p.id): p for p in found}

    @cached_property
    def topics(self) -> Mapping[Key, Answer]:
        found = [(lang, a) for lang in self.library.clinic.languages for a in answers(self.library, lang)]
        return {(lang, _home(a.file), a.topic): a for lang, a in found}

    @cached_property
    def tables(self) -> Mapping[str, Mapping[tuple[str, ...], str]]:
        """File -> path inside of it -> value, of every table that decides about patients."""
        root = self.library.root
        homes = (root, root / GENERAL, *(root / id for id in self.library.procedures))
        return {name_of(path, root): _flat(_loaded(path)) for home in homes for path in sorted(home.glob("*.yaml"))}

    @cached_property
    def facts(self) -> Mapping[str, tuple[str, str]]:
        """Fact -> its file and what it states."""
        return {f.id: (f.file, f.text) for source in self.library.sources.values() for f in source.facts.values()}

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        root = self.library.root
        found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}

    def planned(self, home: str, id: str) -> Planned | None:
        procedure = self.library.procedures.get(home)
        return next((p for p in procedure.plan if p.id == id.partition(".")[0]), None) if procedure else None


def _home(file: str) -> str:
    home, _ = place_of(file)
    return "" if home == GENERAL else home


def _loaded(path: Path) -> Any:
    whole = list(yaml.safe_load_all(path.read_text(encoding="utf-8-sig")))
    value = whole[-1] if whole else {}
    return {key: part for key, part in value.items() if key not in FRONT} if isinstance(value, dict) else value


def _flat(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every value below its path; the parts of a list go by their ids where they have one."""
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        return {path: ", ".join(map(str, value))}
    if isinstance(value, list):
        named = ((part.get("id") if isinstance(part, dict) else None, part) for part in value)
        value = {id or str(n): part for n, (id, part) in enumerate(named, start=1)}
    if not isinstance(value, dict):
        return {path: "" if value is None else str(value)}
    found: dict[tuple[str, ...], str] = {}
    for key, part in value.items():
        found |= _flat(part, (*path, str(key)))
    return found


class Differences:
    """Everything that is not as it was."""

    def __init__(self, old: Library, new: Library, coming: Coming | None) -> None:
        """``coming``: None while there is no database."""
        self._old, self._new, self._coming = Version(old), Version(new), coming
        self._told: set[str] = set()
        """Files whose change is told."""

    def chapters(self) -> list[Chapter]:
        """What changed, kind by kind."""
        kinds: dict[str, list[Change]] = {"plan": [], "other": [], "button": [], "staff": []}
        for key in self._changed_texts:
            now = self._new.texts.get(key) or self._old.texts[key]
            kinds[self._kind(key, now)] += self._text(key)
        return [
            Chapter("Messages of the plan", kinds["plan"]),
            Chapter("Answers to questions", list(self._answers())),
            Chapter("Other words that patients read", kinds["other"]),
            Chapter("Buttons", kinds["button"]),
            Chapter("Rules", list(self._rules())),
            Chapter("Words for staff", kinds["staff"]),
            Chapter("Documents that the words rest on", list(self._documents())),
        ]

    @cached_property
    def _changed_texts(self) -> list[Key]:
        old, new = self._old.texts, self._new.texts
        return [key for key in sorted(old.keys() | new.keys()) if _source(old.get(key)) != _source(new.get(key))]

    def _kind(self, key: Key, passage: Passage) -> str:
        if not passage.for_patients:
            return "staff"
        if key[2].startswith(LABELS):
            return "button"
        return "plan" if (self._new.planned(*key[1:]) or self._old.planned(*key[1:])) else "other"

    def _text(self, key: Key) -> Iterator[Change]:
        before, after = self._old.texts.get(key), self._new.texts.get(key)
        self._told.update(passage.file for passage in (before, after) if passage)
        title = self._title(key)
        what = f"{title} ({key[2]}, {key[0]})" if title != key[2] else f"{title} ({key[0]})"
        who, note = self._who(key), self._inside(key)
        if before is None or after is None:
            yield Change(what, who, self._first(self._old, before), self._first(self._new, after), note)
            return
        pairs = self._pairs(before, after)
        for label, (was, now) in pairs.items():
            yield Change(f"{what}{label}", who, was, now, note)
        if not pairs:
            yield Change(what, who, "", "", "It is written otherwise and reads the same for every sample patient.")

    def _title(self, key: Key) -> str:
        lang, home, id = key
        planned = self._new.planned(home, id) or self._old.planned(home, id)
        passage = self._new.texts.get((lang, "", f"title.{planned.id}")) if planned else None
        if planned is None:
            return id
        title = passage.source if passage else planned.id
        return f"{title}, in the line of a catch-up" if ".late" in id else title

    def _who(self, key: Key) -> str:
        lang, home, id = key
        planned = self._new.planned(home, id) or self._old.planned(home, id)
        _, _, type = id.partition(".for.")
        whom = f"patients of the type {type}" if type else "every patient"
        if planned is None:
            return f"{whom} who reads {lang}" if home == "" else f"{whom} after {home} who reads {lang}"
        waiting = None if self._coming is None else self._coming.get((home, planned.id, lang), 0)
        left = "" if waiting is None else f"; {_patients(waiting)} in care still to get it"
        return f"{whom} after {home} who reads {lang}, {_when(planned)}{left}"

    def _inside(self, key: Key) -> str:
        """Where else these words are read: inside of other words, and of those that say these."""
        lang, _, id = key
        found, fresh = {id: None}, {id}
        while fresh:
            fresh = {holder for holder, says in self._says[lang].items() if says & fresh} - found.keys()
            found |= dict.fromkeys(sorted(fresh))
        holders = [holder for holder in found if holder != id]
        return f"Also read inside of {', '.join(holders)}." if holders else ""

    @cached_property
    def _says(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Language -> id -> ids of what is said inside of it."""
        says: dict[str, dict[str, set[str]]] = {}
        for passage in self._new.texts.values():
            says.setdefault(passage.lang, {}).setdefault(passage.id, set()).update(asks(passage.source).says)
        return says

    def _first(self, version: Version, passage: Passage | None) -> str:
        if passage is None:
            return ""
        return next((_said(version, passage, facts) for facts in version.samples.facts(passage)), passage.source)

    def _pairs(self, before: Passage, after: Passage) -> dict[str, tuple[str, str]]:
        """For whom -> what they read before and now, of the first few sample patients for whom it differs."""
        found: dict[tuple[tuple[str, str], ...], tuple[str, str, str]] = {}
        for facts in self._new.samples.facts(after):
            was, now = _said(self._old, before, facts), _said(self._new, after, facts)
            if was != now:
                found.setdefault(turned(was, now), (_label(facts), was, now))
        shown = list(found.values())[:MOST_PATIENTS]
        return {
            f", {label or 'another patient'} ({n})" if len(shown) > 1 else "": (was, now)
            for n, (label, was, now) in enumerate(shown, start=1)
        }

    def _answers(self) -> Iterator[Change]:
        old, new = self._old.topics, self._new.topics
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            for change in self._answer(key, before, after):
                self._told.update(answer.file for answer in (before, after) if answer)
                yield change

    def _answer(self, key: Key, before: Answer | None, after: Answer | None) -> Iterator[Change]:
        lang, home, topic = key
        known = after or before
        assert known is not None
        what = f"“{known.label}” (faq.{topic}, {lang})"
        who = f"who asks about it{f' after {home}' if home else ''} in {lang}"
        for (old, new), days in groupby(DAYS, key=lambda day: (_on(before, day), _on(after, day))):
            if old != new:
                span = [*days]
                facts = {"procedure": home or next(iter(self._new.library.procedures)), "topic": topic, "day": span[0]}
                was = _answered(self._old, lang, facts) if before else ""
                now = _answered(self._new, lang, facts) if after else ""
                yield Change(f"{what}, {_span(span)}", who, was, now)
        if before and after:
            if before.label != after.label:
                yield Change(f"{what}: its button", who, before.label, after.label)
            ways = ("\n".join(before.phrasings), "\n".join(after.phrasings))
            if ways[0] != ways[1] or before.words != after.words:
                was, now = (f"{w}\nwords: {', '.join(a.words)}" for w, a in zip(ways, (before, after), strict=True))
                yield Change(f"{what}: how patients ask for it", who, was, now)
            if before.rests_on != after.rests_on:
                yield Change(f"{what}: facts", "no patient", ", ".join(before.rests_on), ", ".join(after.rests_on))

    def _rules(self) -> Iterator[Change]:
        for file in sorted(self._old.tables.keys() | self._new.tables.keys()):
            old, new = self._old.tables.get(file, {}), self._new.tables.get(file, {})
            title = TABLES.get(Path(file).name, file)
            home = _home(file) if "/" in file else ""
            who = f"every patient after {home}" if home else "every patient"
            for path in dict.fromkeys((*old, *new)):
                if old.get(path) != new.get(path):
                    self._told.add(file)
                    yield Change(f"{title}: {' · '.join(path)}", who, old.get(path, ""), new.get(path, ""))

    def _documents(self) -> Iterator[Change]:
        old, new = self._old.facts, self._new.facts
        resting: dict[str, list[str]] = {}
        for passage in self._new.texts.values():
            for id in passage.rests_on:
                resting.setdefault(id, []).append(passage.id)
        for (_, _, topic), answer in self._new.topics.items():
            for id in answer.rests_on:
                resting.setdefault(id, []).append(f"faq.{topic}")
        for id in sorted(old.keys() | new.keys()):
            before, after = (side.get(id, ("", "")) for side in (old, new))
            if before[1] != after[1]:
                self._told.update(file for file, _ in (before, after) if file)
                on_it = _listed(resting.get(id, []))
                yield Change(id, f"what rests on it: {on_it}" if on_it else "nothing rests on it", before[1], after[1])

    def closing(self) -> list[str]:
        """After :meth:`chapters`: what else changed, and that nothing else does."""
        old, new = self._old.files, self._new.files
        silent = [f for f in sorted(old.keys() | new.keys()) if old.get(f) != new.get(f) and f not in self._told]
        told = [f"Changed besides, with none of the above: {', '.join(silent)}."] if silent else []
        texts = len(self._new.texts) - len([key for key in self._changed_texts if key in self._new.texts])
        same = [key for key, answer in self._new.topics.items() if _same(self._old.topics.get(key), answer)]
        rest = f"{texts} other texts, {len(same)} other answers and all other rules"
        rest = f"{texts} other texts, {len(same)} other answers and all other rules"
        return [*told, f"Nothing else changes: {rest} are as they were."]


def _source(passage: Passage | None) -> str | None:
    return passage.source if passage else None


def _said(version: Version, passage: Passage, facts: Mapping[str, Any]) -> str:
    try:
        return version.samples.said(passage, facts)
    except UNFILLED:
        return passage.source


def _answered(version: Version, lang: str, facts: Mapping[str, Any]) -> str:
    try:
        return plain(version.library.answer(lang, facts))
    except UNFILLED:
        return ""


def _on(answer: Answer | None, day: int | None) -> str | None:
    return answer.on(day) if answer else None


def _same(before: Answer | None, after: Answer) -> bool:
    return before is not None and all(before.on(day) == after.on(day) for day in DAYS)


def _span(days: list[int | None]) -> str:
    """`days 1-3`, `day 0`, `from day 14`, `when the day is not known`."""
    known = [day for day in days if day is not None]
    unknown = " and when the day is not known" if None in days else ""
    if not known:
        return "when the day is not known"
    if known[-1] == DAYS[-2] and len(known) > 1:
        return f"{f'from day {known[0]}' if known[0] else 'on every day'}{unknown}"
    return (f"day {known[0]}" if len(known) == 1 else f"days {known[0]}-{known[-1]}") + unknown


def _when(planned: Planned) -> str:
    """When a message of the plan goes out, in words."""
    at = {"hour": "at the hour that they chose", "at_once": "on joining"}.get(planned.at, f"at {planned.at}")
    return f"{planned.day} days before the next session" if planned.before_next else f"on day {planned.day}, {at}"


def _label(facts: Mapping[str, Any]) -> str:
    day, types = facts.get("day"), facts.get("types") or ()
    return ", ".join([*([f"day {day}"] if day is not None else []), *types])


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"


def _listed(ids: Iterable[str]) -> str:
    names = list(dict.fromkeys(ids))
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
