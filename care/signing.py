"""Who signed which words: the seal in a file, the lines of signatures.csv, and what is a draft and not to be offered.

What counts are the words that patients read and the tables that decide about them: the texts of a language but those
for staff, a procedure's texts, care sheets and tables, and the tables of general/. Phrases and lists of scope are how
messages are understood; they are no words to anybody, and the examples look after them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from care.faults import ContentFaults, Fault
from care.pages import LOADER, is_hidden, name_of, text_of, words_files

GENERAL = "general"
LEDGER = "signatures.csv"
COLUMNS = ("date", "file", "version", "reviewer", "seal")
FRONT = ("version", "author", "reviewer", "signed", "seal", "about")
NOT_FOR_PATIENTS = ("staff.md",)
LANGUAGE = re.compile("[a-z]{2}")
SHOWN = 3
"""Files that a sentence names before it says how many more there are."""
UNSIGNED = "nobody has signed it"
_KEY = re.compile(rf"^({'|'.join(FRONT)}):")
_COMMENT = re.compile(r"\s+#.*$")


class Unsigned(Exception):
    """Nothing may be offered to patients yet; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of signatures.csv."""

    date: str
    file: str
    """Path below content/."""
    version: str
    reviewer: str
    seal: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that a clinician signs, as it stands."""

    file: str
    front: Mapping[str, Any]
    """What it says about itself: version, author, reviewer, signed, seal, about."""
    seal: str
    """The seal that its text has now."""
    line: int
    """Line of `version:`; 1 where there is none."""

    def said(self, name: str) -> str:
        """A value of its front as text; '' when it is not there or empty."""
        value = self.front.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Offer:
    """What patients may be offered while some files are drafts."""

    languages: tuple[str, ...]
    procedures: tuple[str, ...]
    withheld: Mapping[str, str]
    """Language or procedure -> the draft because of which it is not offered."""


def sealed(path: Path, root: Path) -> Sealed:
    """A file that can be signed; ContentFaults when it is not UTF-8."""
    front, body, first = _split(text_of(path, root).split("\n"))
    lines = [text for _, text in front]
    line = next((n + 1 for n, text in front if text.startswith("version:")), first + 1)
    return Sealed(name_of(path, root), _values(lines), seal_of("\n".join(body)), line)


def seal_of(body: str) -> str:
    """First 16 hex digits of SHA-256 of a file's text without its front matter, line ends as on Unix."""
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _split(lines: Sequence[str]) -> tuple[list[tuple[int, str]], list[str], int]:
    """(number, text) of the lines of the front matter, the other lines, and where the front begins.

    It stands between two --- lines at the top; in a table without them it is its lines `version: …`.
    """
    dashes = [n for n, line in enumerate(lines) if line.strip() == "---"][:2]
    if len(dashes) == 2 and dashes[0] == 0:
        return list(enumerate(lines))[1 : dashes[1]], list(lines[dashes[1] + 1 :]), 1
    front = [(n, line) for n, line in enumerate(lines) if _KEY.match(line)]
    return front, [line for line in lines if not _KEY.match(line)], 0


def _values(lines: Sequence[str]) -> dict[str, Any]:
    try:
        values = yaml.load("\n".join(lines), LOADER)
    except (yaml.YAMLError, ValueError):  # reading the words tells what is wrong with it
        return {}
    return values if isinstance(values, dict) else {}


def signable(root: Path) -> list[Path]:
    """Every file below content/ that a clinician signs, offered or not."""
    found: list[Path] = []
    for home in sorted(path for path in root.iterdir() if _is_home(path)):
        found += [*(path for path in sorted(home.glob("*.yaml")) if not is_hidden(path)), *_for_patients(home)]
        found += [path for path in words_files(home / "sources") if sealed(path, root).said("kind") == "sheet"]
        for folder in sorted(path for path in home.iterdir() if path.is_dir() and LANGUAGE.fullmatch(path.name)):
            found += _for_patients(folder)
    return found


def _for_patients(folder: Path) -> list[Path]:
    return [path for path in words_files(folder) if path.name not in NOT_FOR_PATIENTS]


def _is_home(folder: Path) -> bool:
    return folder.name == GENERAL or (folder.name != "drafts" and (folder / "procedure.yaml").exists())


def place_of(file: str) -> tuple[str, str]:
    """(`general` or a procedure, language) of a file; the language is '' for a table or a sheet."""
    home, _, rest = file.partition("/")
    folder = rest.partition("/")[0]
    return home, folder if LANGUAGE.fullmatch(folder) else ""


def signatures(root: Path) -> tuple[Signature, ...]:
    """Everything that was ever signed, oldest first; ContentFaults when a line can't be read."""
    path = root / LEDGER
    if not path.exists():
        return ()
    rows = list(csv.reader(io.StringIO(text_of(path, root), newline="")))
    wrong = [n for n, row in enumerate(rows[1:], start=2) if row and len(row) != len(COLUMNS)]
    if wrong:
        what = f"this line must hold {', '.join(COLUMNS)}: put it back as it was"
        raise ContentFaults([Fault(LEDGER, n, what) for n in wrong])
    return tuple(Signature(*row) for row in rows[1:] if row)


def ledger_line(signature: Signature, first: bool) -> str:
    """A signature as a line of signatures.csv; ``first``: below a line that names the columns."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    if first:
        rows.writerow(COLUMNS)
    rows.writerow([signature.date, signature.file, signature.version, signature.reviewer, signature.seal])
    return text.getvalue()


def drafts(root: Path, languages: Sequence[str], procedures: Sequence[str]) -> dict[str, str]:
    """File -> why it counts as a draft, of everything that these languages and procedures need."""
    ledger = signatures(root)
    found = {}
    for path in signable(root):
        home, lang = place_of(name_of(path, root))
        if home in (GENERAL, *procedures) and lang in ("", *languages):
            file = sealed(path, root)
            if why := why_draft(file, ledger):
                found[file.file] = why
    return found


def why_draft(file: Sealed, ledger: Sequence[Signature]) -> str:
    """Why a file does not count as signed, in words that follow its name; '' when it is signed."""
    version, own = file.said("version"), [one for one in ledger if one.file == file.file]
    if not version:
        return "has no `version:` at its beginning: write `version: 1`, and have it signed"
    if own and own[-1].seal != file.seal and not _is_signed(file, own):
        again = "count `version:` up and have it signed again"
        if version != own[-1].version:
            again = f"have version {version} signed"
        return f"was changed after {own[-1].reviewer} signed version {own[-1].version}: {again}"
    if not file.said("reviewer") or not file.said("signed"):
        return UNSIGNED
    return "" if _is_signed(file, own) else "was not signed with `aftercare content sign`: have it signed so"


def _is_signed(file: Sealed, own: Sequence[Signature]) -> bool:
    told = (file.said("version"), file.said("reviewer"), file.seal)
    logged = any((one.version, one.reviewer, one.seal) == told for one in own)
    return logged and bool(file.said("signed")) and file.said("seal") == file.seal


def uncounted(root: Path) -> Iterator[Fault]:
    """Words that were changed after they were signed and are still called by the version that was signed."""
    ledger = signatures(root)
    for path in signable(root):
        file = sealed(path, root)
        same = [one for one in ledger if (one.file, one.version) == (file.file, file.said("version"))]
        if same and file.seal not in {one.seal for one in same}:
            what = f"the text was changed after {same[-1].reviewer} signed version {same[-1].version}"
            yield Fault(file.file, file.line, f"{what}: count `version:` up and have it signed again")


def signed_text(text: str, reviewer: str, day: date, seal: str) -> str:
    """A file's text with reviewer, date and seal in its front matter; nothing else is touched."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = text.removeprefix(mark).split("\n")
    end = "\r" if lines[0].endswith("\r") else ""
    for name, value in (("reviewer", reviewer), ("signed", day.isoformat()), ("seal", seal)):
        front, _, first = _split(lines)
        written = f"{name}: {_scalar(value, plain=name == 'signed')}{end}"
        at = next((n for n, line in front if line.startswith(f"{name}:")), None)
        if at is None:
            after = [n for n, line in front if _KEY.match(line) and not line.startswith("about:")]
            lines.insert(max(after, default=first - 1) + 1, written)
        else:
            comment = _COMMENT.search(lines[at].rstrip("\r"))
            lines[at] = f"{written.rstrip(end)}{comment[0] if comment else ''}{end}"
    return mark + "\n".join(lines)


def _scalar(value: str, *, plain: bool) -> str:
    """A value as YAML reads it back as the same text."""
    try:
        same = yaml.safe_load(f"x: {value}") == {"x": value}
    except (yaml.YAMLError, ValueError):
        same = False
    return value if same or plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def offer(drafts: Mapping[str, str], own: str, languages: Sequence[str], procedures: Sequence[str]) -> Offer:
    """What patients may be offered; ``own``: the clinic's language.

    Unsigned when nothing is left: a table or sheet of general/, the clinic's own language or every
    procedure is a draft.
    """
    places = [(*place_of(file), file) for file in drafts]
    withheld: dict[str, str] = {}
    for home, lang, file in places:
        if home in procedures and lang in ("", own):
            withheld.setdefault(home, f"{file} {drafts[file]}")
    offered = tuple(id for id in procedures if id not in withheld)
    for home, lang, file in places:
        if lang and ((home == GENERAL) or (home in offered and lang != own)):
            withheld.setdefault(lang, f"{file} {drafts[file]}")
    spoken = tuple(lang for lang in languages if lang not in withheld)
    if own not in spoken or not offered or any(home == GENERAL and not lang for home, lang, _ in places):
        raise Unsigned(_nothing(drafts))
    return Offer(spoken, offered, withheld)


def _nothing(drafts: Mapping[str, str]) -> str:
    count = "1 file is a draft" if len(drafts) == 1 else f"{len(drafts)} files are drafts"
    return (
        f"No patient may be offered these words yet: {count}, such as {shortened(drafts)}."
        " Have them signed with: aftercare content sign --all --reviewer NAME; or, only to try things out,"
        " set ALLOW_UNSIGNED=1."
    )


def shortened(files: Mapping[str, str]) -> str:
    """The first of some files, and how many more there are."""
    rest = len(files) - SHOWN
    return ", ".join(list(files)[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
