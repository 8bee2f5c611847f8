"""`aftercare content sign` and `log`: a clinician's name below words, and who signed and who read which version."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Column, Table

from care.check import Checked
from care.library import Library
from care.pages import HEADING, name_of
from care.passages import answers
from care.signing import (
    FRONT,
    LEDGER,
    Sealed,
    Signature,
    ledger_line,
    place_of,
    sealed,
    signable,
    signatures,
    signed_text,
    why_draft,
)
from commands.parts import BadContent, open_library, open_store, out
from settings import Settings
from store import wordings
from store.seam import Reads, moment


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is to be signed, as the clinician was shown it."""

    path: Path
    sealed: Sealed
    holds: tuple[str, ...]
    """Ids that stand in it."""


def sign(
    root: Path,
    checked: Checked,
    files: Sequence[str],
    reviewer: str,
    now: datetime,
    *,
    everything: bool,
    sure: Callable[[], bool],
) -> None:
    """Show what is to be signed and sign it when ``sure``. BadContent says what speaks against it.

    ``checked``: what a check of the folder found; ``everything``: all drafts of what is offered.
    """
    name = " ".join(reviewer.split())
    if not name:
        raise BadContent('name the clinician who has read it all: --reviewer "Dr Ana Ruiz"')
    if checked.library is None:
        raise BadContent("content/ can't be read as a whole: run aftercare check and mend it, then sign")
    papers = [_paper(path, root) for path in _chosen(root, checked.library, files, everything)]
    _without_faults(checked, checked.library, papers)
    out.print(_shown(papers))
    if not sure():
        raise BadContent("nothing was signed")
    today = now.astimezone(checked.library.clinic.zone).date().isoformat()
    for paper in papers:
        file = paper.sealed
        _put_name(paper, root, Signature(today, file.file, file.said("version"), name, file.seal))
    count = "1 file" if len(papers) == 1 else f"{len(papers)} files"
    out.print(f"Signed by {name}: {count}.", highlight=False, markup=False)


def _without_faults(checked: Checked, library: Library, papers: Sequence[Paper]) -> None:
    """BadContent when something is wrong with what is to be signed, after telling what."""
    chosen = {paper.sealed.file for paper in papers}
    faults = [*checked.faults, *(fault for found in library.making.values() for fault in found)]
    told = [fault for fault in faults if fault.file in chosen]
    for fault in told:
        out.print(str(fault), highlight=False, markup=False, soft_wrap=True)
    if told:
        count = "1 fault stands" if len(told) == 1 else f"{len(told)} faults stand"
        raise BadContent(f"{count} in what is to be signed: mend what is told above first. Nothing was signed.")


def _chosen(root: Path, library: Library, files: Sequence[str], everything: bool) -> list[Path]:
    """The files that are meant; BadContent for one that can't be signed, or is signed."""
    if everything:
        files = [*files, *library.drafts]
    if not files:
        raise BadContent("nothing is left to sign" if everything else "name the files to sign, or write --all")
    known, ledger = {path.resolve(): path for path in signable(root)}, signatures(root)
    chosen: dict[Path, Path] = {}
    for file in files:
        ways = (root / file, root / file.removeprefix("content/"), Path(file))
        found = next((way.resolve() for way in ways if way.resolve() in known), None)
        if found is None:
            raise BadContent(f"{file} is no file of content/ that a clinician signs; write it as general/en/safety.md")
        if not why_draft(sealed(known[found], root), ledger):
            raise BadContent(f"{file} is signed already, and was not changed since")
        chosen[found] = known[found]
    return list(chosen.values())


def _paper(path: Path, root: Path) -> Paper:
    file, lines = sealed(path, root), path.read_text(encoding="utf-8-sig").split("\n")
    if not file.said("version"):
        raise BadContent(f"{file.file} {why_draft(file, ())}")
    if path.suffix == ".yaml":
        keys = (line.partition(":")[0] for line in lines if line[:1].isalpha() and ":" in line)
        return Paper(path, file, tuple(key for key in keys if key not in FRONT))
    return Paper(path, file, tuple(match[1] for line in lines if (match := HEADING.match(line))))


def _shown(papers: Iterable[Paper]) -> Table:
    table = Table(
        Column("file", overflow="fold"), "version", "what stands in it", title="To be signed", title_justify="left"
    )
    for paper in papers:
        table.add_row(escape(paper.sealed.file), escape(paper.sealed.said("version")), escape(", ".join(paper.holds)))
    return table


def _put_name(paper: Paper, root: Path, signature: Signature) -> None:
    """Reviewer, date and seal into the file, then the line into signatures.csv; only both together count."""
    if sealed(paper.path, root) != paper.sealed:
        raise BadContent(f"{paper.sealed.file} was changed while you read it: look at it again, then sign")
    text = paper.path.read_bytes().decode("utf-8")
    day = datetime.fromisoformat(signature.date).date()
    fresh = paper.path.with_suffix(".signing")
    fresh.write_bytes(signed_text(text, signature.reviewer, day, signature.seal).encode())
    shutil.copymode(paper.path, fresh)
    os.replace(fresh, paper.path)
    ledger = root / LEDGER
    with ledger.open("a", encoding="utf-8", newline="") as stream:
        stream.write(ledger_line(signature, first=not stream.tell()))
        stream.flush()
        os.fsync(stream.fileno())


def show_log(settings: Settings, what: str) -> None:
    """Who signed which version, and which versions were sent; ``what``: an id, a file, or '' for all signatures."""
    library = open_library(settings)
    ids, files, lang = _meant(library, what)
    lines = [one for one in signatures(library.root) if not what or one.file in files]
    out.print(_signed(lines))
    if not lines:
        out.print(f"Nobody has signed {what or 'anything'} yet.", highlight=False, markup=False)
    if what and settings.database.exists():
        store = open_store(settings)
        out.print(_sent(library, store.read, ids, lang))
        store.close_now()
    elif what:
        out.print("There is no database yet: nothing was sent.", highlight=False)


def _meant(library: Library, what: str) -> tuple[list[str], set[str], str]:
    """(ids, files, language or '') that are asked about; BadContent for what stands nowhere."""
    by_file = _ids_by_file(library)
    file = next((name for name in by_file if what in (name, f"content/{name}")), "")
    if file or not what:
        return by_file.get(file, []), {file}, place_of(file)[1]
    id = what.rpartition("/")[2]
    files = {name for name, ids in by_file.items() if id in ids}
    signed = {one.file for one in signatures(library.root)}
    if not files and what not in signed:
        raise BadContent(f"there are no words and no file `{what}`; write an id such as day3, faq.makeup, or a file")
    return ([id] if files else []), files or {what}, ""


def _ids_by_file(library: Library) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name_of(path, library.root): [] for path in signable(library.root)}
    for lang in ("", *library.written):
        for written in library.texts(lang):
            found.setdefault(written.file, []).append(written.id)
    for lang in library.written:
        for answer in answers(library, lang):
            found.setdefault(answer.file, []).append(f"faq.{answer.topic}")
    return found


def _signed(lines: Sequence[Signature]) -> Table:
    file = Column("file", overflow="fold")
    table = Table("signed", file, "version", "by", "seal", title="Signatures", title_justify="left")
    for one in lines:
        table.add_row(one.date, escape(one.file), escape(one.version), escape(one.reviewer), one.seal)
    return table


def _sent(library: Library, read: Reads, ids: Sequence[str], lang: str) -> Table:
    """Per id, version and language: first time, last time, how many patients. ``lang``: only in this one, '' in all."""
    zone = library.clinic.zone
    table = Table("words", "version", "language", "first", "last", "patients", title="Sent", title_justify="left")
    for id in ids:
        sendings = [one for one in wordings.sendings(read, id) if lang in ("", one.lang)]
        for version, said in sorted({(one.version, one.lang) for one in sendings}):
            own = [one for one in sendings if (one.version, one.lang) == (version, said)]
            first, last = (f"{moment(one.at).astimezone(zone):%Y-%m-%d %H:%M}" for one in (own[0], own[-1]))
            table.add_row(escape(id), version, said, first, last, str(len({one.patient_id for one in own})))
    return table


def sure_of(yes: bool) -> Callable[[], bool]:
    """Asks at the terminal; ``yes``: asks nothing, for scripts."""
    return lambda: yes or typer.confirm("Do you sign this? Your name will stand below every text shown above.")
