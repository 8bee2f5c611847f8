"""Whom patients call, by country: the table that fills in what a clinic leaves out of clinic.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from care.faults import ContentFaults, Fault
from care.model import Clinic
from care.pages import Table, table

FILE = "general/emergency_numbers.yaml"
FIELDS: Mapping[str, str] = {
    "emergency_number": "emergency",
    "crisis_line": "crisis_line",
    "out_of_hours": "out_of_hours",
}
"""Name in clinic.yaml -> name in the table."""
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
"""The codes of ISO 3166-1."""


@dataclass(frozen=True, slots=True)
class Source:
    """A page on which a number was read."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Number:
    """One number, or a name and its number, and where it stands."""

    number: str
    """As patients should read it."""
    sources: tuple[Source, ...]
    read_on: date


@dataclass(frozen=True, slots=True)
class Country:
    """Whom patients call in one country; None where no page was found that tells."""

    emergency: Number
    crisis_line: Number | None = None
    out_of_hours: Number | None = None
    note: str = ""
    """What whoever uses the numbers should know."""


_NUMBER = re.compile(r"\d+")
_COUNTRY = TypeAdapter(Country)


def load_numbers(root: Path) -> dict[str, Country]:
    """Country code -> numbers; ContentFaults with every fault at once."""
    source = table(root / FILE, root)
    if not isinstance(source.value, dict):
        raise ContentFaults([Fault(FILE, 0, "the file must be lines such as `GB:`, with the numbers below each")])
    countries: dict[str, Country] = {}
    faults: list[Fault] = []
    for code, raw in source.value.items():
        found = list(_misfits(source, code, raw))
        try:
            if not found:
                countries[code] = source.check(_COUNTRY, raw, code)
        except ContentFaults as wrong:
            found += wrong.faults
        faults += found
    if faults:
        raise ContentFaults(sorted(set(faults)))
    return countries


def _misfits(source: Table, code: object, raw: object) -> Iterator[Fault]:
    """What the types alone would not tell, or not in words of the table."""

    def fault(what: str, *where: str) -> Fault:
        return Fault(source.file, source.line("NO" if code is False else str(code), *where), what)

    if code is False:  # how YAML reads Norway
        yield fault('put quotes around "NO"')
    elif code not in COUNTRIES:
        yield fault(f"`{code}` is no country: write its code of two letters, such as GB")
    if not isinstance(raw, dict):
        yield fault(f"`{code}` must be lines such as `emergency:`, indented below it")
        return
    for name in raw:
        if name not in (*FIELDS.values(), "note"):
            yield fault(f"`{name}` means nothing here: mend its name, or take it out", name)
    if not raw.get("emergency"):
        yield fault(f"`{code}` has no emergency number: write it, or take the country out")
    for name in FIELDS.values():
        if name in raw:
            yield from (fault(what, name) for what in _lacking(name, raw[name]))


def _lacking(name: str, raw: object) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"`{name}` must be lines: `number:`, `sources:` and `read_on:`"
        return
    for part in raw:
        if part not in ("number", "sources", "read_on"):
            yield f"`{name}`: `{part}` means nothing here: mend its name, or take it out"
    if isinstance(raw.get("number"), int):
        yield f"`{name}`: put quotes around the number"
    elif not re.search(r"\d", str(raw.get("number") or "")):
        yield f"`{name}` has no number: write it, or take `{name}` out"
    sources = raw.get("sources")
    complete = isinstance(sources, list) and all(isinstance(s, dict) and all(s.values()) for s in sources)
    if not sources or not complete:
        yield f"`{name}` has no source: write the title and the address of a page on which you read the number"


def filled(raw: Mapping[str, Any], numbers: Mapping[str, Country]) -> dict[str, Any]:
    """clinic.yaml's lines with the numbers that it leaves out, as far as its country's entry has them."""
    country = numbers.get(str(raw.get("country")))
    given = {name: value for name, value in raw.items() if name not in FIELDS or value}
    return {**_defaults(country), **given}


def _defaults(country: Country | None) -> dict[str, str]:
    found = {name: getattr(country, field, None) for name, field in FIELDS.items()}
    return {name: number.number for name, number in found.items() if number is not None}


def differing(clinic: Clinic, numbers: Mapping[str, Country]) -> list[str]:
    """A sentence for each number of the clinic's own that is not the table's."""
    own = {name: str(getattr(clinic, name)) for name in FIELDS}
    return [
        f"`{name}` is “{own[name]}” in clinic.yaml; {FILE} has “{theirs}” for {clinic.country}: look which one is right"
        for name, theirs in _defaults(numbers.get(clinic.country)).items()
        if _digits(own[name]) != _digits(theirs)
    ]


def misdialled(clinic: Clinic, root: Path) -> Iterator[Fault]:
    """An emergency number of the clinic's that is none of its country's: a patient would call it in vain."""
    theirs = _defaults(load_numbers(root).get(clinic.country)).get("emergency_number", "")
    if theirs and set(_NUMBER.findall(clinic.emergency_number)).isdisjoint(_NUMBER.findall(theirs)):
        line = table(root / "clinic.yaml", root).line("emergency_number")
        what = f"“{clinic.emergency_number}” is no emergency number of {clinic.country}, {FILE} has “{theirs}”"
        yield Fault("clinic.yaml", line, f"`emergency_number`: {what}: mend the one that is wrong, or the country")


def _digits(text: str) -> str:
    """What is dialled; spelling and spaces do not count."""
    return re.sub(r"\D", "", text)
