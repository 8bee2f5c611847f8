"""Which files content/ is made of: what is missing or empty, and what nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from care.faults import ContentFaults, Fault
from care.pages import is_hidden, name_of, table
from care.signing import LANGUAGE, LEDGER

HOME = ("procedure.yaml", "grid.yaml")
GENERAL = ("emergency_numbers.yaml", "symptoms.yaml", "safety_questions.yaml", "safety_lines.md", "leaflet.html")
SPOKEN_HOME = ("messages.md", "faq.md", "grid.md", "things.yaml")
SPOKEN_GENERAL = (
    *("buttons.md", "checkin.md", "dates.md", "enrolment.md", "faq.md", "leaflet.md", "safety.md", "service.md"),
    *("staff.md", "common_words.txt", "out_of_scope.txt", "scope.yaml", "verdicts.yaml", "wording.yaml"),
)
MAY_BE = ("README.md", "leaflet.md", "corrections.md", "out_of_scope.txt", "common_words.txt")
"""What may stand in a folder and need not."""
DRAFTS = "drafts"
_AWAY = f"move it to {DRAFTS}/ or out of this folder"
LISTS = {
    "sources": r"[a-z][a-z0-9_]*\.md|README\.md",
    "phrases": r"[a-z0-9_]+\.yaml",
    "examples": r"[a-z]{2}\.jsonl|README\.md",
}
"""Folder whose files have names of their own -> the form of these."""


def filing(root: Path) -> Iterator[Fault]:
    """Files of what is offered that are missing or empty, and files anywhere that nothing reads."""
    languages, procedures = offered(root)
    # That the first of these is missing is told elsewhere; a clinic may have no examples, but not have lost them.
    for path in (root / "clinic.yaml", *(root / "examples" / f"{lang}.jsonl" for lang in languages)):
        yield from _needed(path, root) if path.exists() else ()
    for home in ("general", *procedures):
        own, spoken = (GENERAL, SPOKEN_GENERAL) if home == "general" else (HOME, SPOKEN_HOME)
        for path in [root / home / name for name in own]:
            yield from _needed(path, root)
        for lang in languages:
            if home == "general" and not any((root / home / lang / "phrases").glob("*.yaml")):
                yield Fault(f"{home}/{lang}/phrases", 0, "there is no file of phrases in this folder: put them back")
            for path in [root / home / lang / name for name in spoken]:
                yield from _needed(path, root)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        if not any(is_hidden(Path(part)) for part in path.relative_to(root).parts):
            yield from _idle(path, root)


def offered(root: Path) -> tuple[Sequence[str], Sequence[str]]:
    """Languages and procedures that clinic.yaml offers and that have a folder; none while it can't be read."""
    try:
        said = table(root / "clinic.yaml", root).value
    except ContentFaults:
        return (), ()
    said = said if isinstance(said, dict) else {}
    listed = [[str(name) for name in said.get(key) or () if name] for key in ("languages", "procedures")]
    languages = [lang for lang in dict.fromkeys(listed[0]) if (root / "general" / lang).is_dir()]
    return languages, [id for id in dict.fromkeys(listed[1]) if (root / id / "procedure.yaml").exists()]


def _needed(path: Path, root: Path) -> Iterator[Fault]:
    if not path.exists():
        yield Fault(name_of(path, root), 0, "this file is missing; it must be there")
    elif not path.read_bytes().strip(b"\xef\xbb\xbf\r\n\t "):
        yield Fault(name_of(path, root), 0, "this file is empty: put back what stood in it")


def _idle(path: Path, root: Path) -> Iterator[Fault]:
    """A file of a name or in a place that nothing reads: what it says would quietly be missing."""
    parts = path.relative_to(root).parts
    if len(parts) == 1:
        known: Sequence[str] = ("clinic.yaml", "README.md", LEDGER)
    elif parts[0] == DRAFTS:
        return
    elif (form := LISTS.get(parts[-2])) is not None:
        if not re.fullmatch(form, path.name):
            what = "small letters, digits and _ only, and the ending that the others have"
            yield Fault(name_of(path, root), 0, f"nothing reads a file of this name: rename it ({what}), or {_AWAY}")
        return
    else:
        known = _known(parts[0], parts[1] if len(parts) == 3 else "") if len(parts) <= 3 else ()
    if path.name not in known:
        meant = get_close_matches(path.name.lower(), known, 1, 0.5)
        names = f"rename it to {meant[0]} if that is what it is, or " if meant else ""
        yield Fault(name_of(path, root), 0, f"nothing reads a file of this name here: {names}{_AWAY}")


def _known(home: str, lang: str) -> Sequence[str]:
    """The names that files may have in a folder; none where no folder belongs."""
    if lang and not LANGUAGE.fullmatch(lang):
        return ()
    if home == "general":
        return (*(SPOKEN_GENERAL if lang else GENERAL), *MAY_BE)
    return (*(SPOKEN_HOME if lang else HOME), *MAY_BE)
