"""``content/general/symptoms.yaml``: what every sign asks for on which day; no language in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from care.faults import ContentFaults, Fault
from care.listing import Line, Listing, read_listing
from care.model import Level, Symptom

_LEVEL = "none|review|urgent|emergency"
_SYMPTOM = re.compile(
    rf"(?P<level>{_LEVEL})"
    r"(?:, expected days (?P<first>\d+)-(?P<last>\d+))?"
    rf"(?:, from day (?P<from>\d+)(?:, before that (?P<before>{_LEVEL}))?)?"
)
_TOGETHER = re.compile(
    rf"(?P<signs>[a-z_|+ ]+?)(?:, from day (?P<first>\d+))?(?:, to day (?P<last>\d+))? = (?P<level>{_LEVEL})"
)
SETS = ("infection", "lowers_defence", "for_life", "stays_serious", "even_imagined", "told_outright")
HEADINGS = ("symptoms", "together", *SETS)


@dataclass(frozen=True, slots=True)
class Together:
    """Signs that mean more together than each alone."""

    said: str
    """As it stands in content."""
    signs: tuple[frozenset[str], ...]
    """One of each set must be there."""
    level: Level
    first_day: int = 0
    last_day: int | None = None


@dataclass(frozen=True)
class SymptomTable:
    """Every symptom id, and what they ask for."""

    symptoms: Mapping[str, Symptom]
    together: tuple[Together, ...]
    infection: frozenset[str]
    """Signs that may be an infection …"""
    lowers_defence: frozenset[str]
    """… and count for one level more beside one of these."""
    for_life: frozenset[str]
    """Conditions that count however long ago they are told of."""
    stays_serious: frozenset[str]
    """Being over it does not settle these: a faint is looked at though the patient has come round."""
    even_imagined: frozenset[str]
    """Said as a what-if or in a question they count all the same."""
    told_outright: frozenset[str]
    """No signs to look for: a phrase that names one is not doubted."""

    def level(self, symptom: str, day: int | None) -> Level:
        """What a sign alone asks for; ``day`` None: unknown, so nothing counts as expected."""
        known = self.symptoms[symptom]
        if day is None:
            return known.level
        if known.expected and known.expected[0] <= day <= known.expected[1]:
            return Level.NONE
        return known.level if day >= known.from_day else known.before

    def days(self, symptom: str, day: int | None) -> str:
        """Which of its days decided about a sign, as ``Why.days`` has it; '' when none did."""
        known = self.symptoms[symptom]
        if day is None:
            return ""
        if known.expected and day >= known.expected[0]:
            return f"{'expected' if day <= known.expected[1] else 'past'} {known.expected[1]}"
        if known.from_day:
            return f"{'from' if day >= known.from_day else 'before'} {known.from_day}"
        return ""

    def after(self, expected: Mapping[str, tuple[int, int]]) -> SymptomTable:
        """The table for one procedure: a sign is expected only on days on which it is so here as well.

        ``expected``: symptom id → first and last day. A procedure can narrow what this file allows, never widen it.
        """
        symptoms = {
            id: replace(symptom, expected=_both(symptom.expected, expected.get(id)))
            for id, symptom in self.symptoms.items()
        }
        return replace(self, symptoms=symptoms)


def _both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The days that lie in both spans; None when there is none."""
    if one is None or other is None or one[1] < other[0] or other[1] < one[0]:
        return None
    return max(one[0], other[0]), min(one[1], other[1])


def load_symptoms(path: Path, root: Path) -> SymptomTable:
    """Read the table; ``root`` is the folder that file names are told from. ContentFaults on anything wrong."""
    listing = read_listing(path, root)
    faults = [
        Fault(listing.file, 0, f"`{heading}:` is missing: write it, with at least one line")
        for heading in HEADINGS
        if heading not in listing.lines
    ]
    faults += [
        Fault(listing.file, line, f"`{heading}` is no heading of this file: mend its name")
        for heading, line in listing.lines.items()
        if heading not in HEADINGS
    ]
    if faults:
        raise ContentFaults(faults)
    symptoms = dict(_symptoms(listing, faults))
    together = tuple(_together(listing, symptoms, faults))
    ids = {heading: _ids(listing, heading, symptoms, faults) for heading in SETS}
    if faults:
        raise ContentFaults(faults)
    return SymptomTable(symptoms, together, *(ids[heading] for heading in SETS))


def _symptoms(listing: Listing, faults: list[Fault]) -> Iterator[tuple[str, Symptom]]:
    for id, line in listing.tables.get("symptoms", {}).items():
        match = _SYMPTOM.fullmatch(line.text)
        if not match:
            what = (
                f"`{line.text}`: write a level (none, review, urgent, emergency), then if need be "
                "`, expected days 0-3` or `, from day 2, before that review`"
            )
            faults.append(Fault(listing.file, line.line, what))
            yield id, Symptom(id, Level.REVIEW)
            continue
        expected = (int(match["first"]), int(match["last"])) if match["first"] else None
        before = Level.of(match["before"] or "none")
        yield id, Symptom(id, Level.of(match["level"]), expected, int(match["from"] or 0), before)


def _together(listing: Listing, symptoms: Collection[str], faults: list[Fault]) -> Iterator[Together]:
    for line in listing.lists.get("together", ()):
        match = _TOGETHER.fullmatch(line.text)
        if not match:
            what = f"`{line.text}`: write it like `severe_pain + fever|chills, from day 1 = emergency`"
            faults.append(Fault(listing.file, line.line, what))
            continue
        signs = tuple(frozenset(part.strip().split("|")) for part in match["signs"].split("+"))
        for id in sorted(frozenset[str]().union(*signs) - set(symptoms)):
            faults.append(_unknown(listing, line, id))
        last = int(match["last"]) if match["last"] else None
        yield Together(line.text, signs, Level.of(match["level"]), int(match["first"] or 0), last)


def _ids(listing: Listing, heading: str, symptoms: Collection[str], faults: list[Fault]) -> frozenset[str]:
    lines = listing.lists.get(heading, ())
    faults += [_unknown(listing, line, line.text) for line in lines if line.text not in symptoms]
    return frozenset(line.text for line in lines)


def _unknown(listing: Listing, line: Line, id: str) -> Fault:
    return Fault(
        listing.file,
        line.line,
        f"`{id}` is no symptom of this file: write an id that stands under `symptoms:`",
    )
