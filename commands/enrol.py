"""Invitations from the command line: one patient at the desk, or a list from a file."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track

from care.invitation import digest, link, png, svg, terminal, token
from care.library import Library
from care.model import Procedure
from care.plan import instant
from store import audit, invitations
from store.seam import Writes
from store.sqlite import Sqlite

COLUMNS = ("reference", "procedure", "session", "language", "next_session", "types")
OLD_NAMES = {"variant": "types"}
"""Names that columns had before, and have in lists that clinics keep."""
BETWEEN = re.compile(r"[\s,;+]+")
"""What may stand between several types."""
LINKS = ("reference", "link", "expires", "card")


class BadRow(ValueError):
    """A patient's row that can't be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that has just been made; the link is known here and nowhere else."""

    id: int
    reference: str
    link: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What an invitation is to say."""

    procedure: str
    session_at: datetime
    lang: str
    next_session: date | None = None
    types: tuple[str, ...] = ()
    reference: str = ""


class Enrolling:
    """Makes invitations for one clinic."""

    def __init__(
        self, library: Library, username: str, now: datetime, random: Callable[[int], bytes], made_by: str
    ) -> None:
        self._library, self._username, self._now = library, username, now
        self._random, self._made_by = random, made_by

    def wish(self, row: dict[str, str]) -> Wish:
        """A row of text checked; BadRow says what is wrong with it."""
        clinic = self._library.clinic
        procedure = row.get("procedure", "").strip() or next(iter(self._library.offered))
        if procedure not in self._library.offered:
            known = ", ".join(self._library.offered)
            raise BadRow(f"procedure {procedure!r} is not offered{self._why_not(procedure)}; use one of: {known}")
        lang = row.get("language", "").strip() or clinic.language
        if lang not in self._library.languages:
            known = ", ".join(self._library.languages)
            raise BadRow(f"language {lang!r} is not offered{self._why_not(lang)}; use one of: {known}")
        session = self.session(row.get("session", "").strip(), clinic.zone)
        upcoming = row.get("next_session", "").strip()
        return Wish(
            procedure,
            session,
            lang,
            _next_session(upcoming, session.astimezone(clinic.zone).date()) if upcoming else None,
            chosen_types(row.get("types", ""), self._library.procedures[procedure]),
            row.get("reference", "").strip(),
        )

    def _why_not(self, name: str) -> str:
        """The draft because of which a procedure or language is not offered, if that is why."""
        why = self._library.withheld.get(name, "")
        return f" ({why})" if why else ""

    def session(self, text: str, zone: ZoneInfo) -> datetime:
        """A session's time as it was typed: "now", or local "2026-03-04 15:30"."""
        if text in ("", "now"):
            return self._now
        try:
            local = datetime.fromisoformat(text)
            when = local.astimezone(UTC) if local.tzinfo else instant(local.date(), local.time(), zone)
        except (ValueError, OverflowError):
            raise BadRow(f"session {text!r} can't be read; write it as 2026-03-04 15:30") from None
        if when > self._now:
            raise BadRow(f"session {text} is still to come; invite the patient after it")
        if self._now - when > timedelta(days=30):
            raise BadRow(f"session {text} was more than 30 days ago; its aftercare is over")
        return when

    def invite(self, tx: Writes, wish: Wish) -> Invited:
        """Keep one invitation and return its link."""
        fresh = token(self._random(32))
        expires = self._now + timedelta(hours=self._library.clinic.invitation_hours)
        invitation = invitations.make(
            tx,
            clinic_id=self._library.clinic.id,
            token_hash=digest(fresh),
            procedure=wish.procedure,
            session_at=wish.session_at,
            next_session=wish.next_session,
            lang=wish.lang,
            types=wish.types,
            reference=wish.reference,
            made_by=self._made_by,
            now=self._now,
            expires=expires,
        )
        audit.note(tx, self._made_by, "invited", f"invitation {invitation}", self._now)
        return Invited(invitation, wish.reference, link(self._username, fresh), expires)


def chosen_types(text: str, procedure: Procedure) -> tuple[str, ...]:
    """The patient types that were typed, in the procedure's order; BadRow names those that it knows."""
    asked = [type for type in BETWEEN.split(text.strip().lower()) if type]
    for type in asked:
        if type not in procedure.types:
            known = f"use any of: {', '.join(procedure.types)}" if procedure.types else "it has none: leave it out"
            raise BadRow(f"type {type!r} is not known for {procedure.id}; {known}")
    return tuple(type for type in procedure.types if type in asked)


def _next_session(text: str, session: date) -> date:
    try:
        upcoming = date.fromisoformat(text)
    except ValueError:
        raise BadRow(f"next_session {text!r} can't be read; write it as 2026-04-01") from None
    if upcoming <= session:
        raise BadRow(f"next_session {text} is not after the session; write the date of the one to come")
    return upcoming


def read_list(file: Path, enrolling: Enrolling) -> tuple[list[tuple[int, Wish]], list[tuple[int, str]]]:
    """A CSV list as (line, wish) and (line, what is wrong); BadRow when it is no such list at all."""
    rows = _rows(file)
    _, names = next(rows, (1, []))
    names = [OLD_NAMES.get(name.strip().lower(), name.strip().lower()) for name in names]
    unknown = [name or "(no name)" for name in names if name not in COLUMNS or names.count(name) > 1]
    if "session" not in names or unknown:
        extra = f"; can't be used: {', '.join(unknown)}" if unknown else ""
        raise BadRow(f"the first line must name the columns {', '.join(COLUMNS)} (session is required){extra}")
    good, bad = [], []
    for line, row in rows:
        try:
            if len(row) != len(names):
                raise BadRow(f"it has {len(row)} fields where the first line has {len(names)}")
            good.append((line, enrolling.wish(dict(zip(names, row, strict=True)))))
        except BadRow as trouble:
            bad.append((line, str(trouble)))
    return good, bad


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, fields) of every row that is not blank."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadRow(f"{file.name} is not UTF-8 text; save it as “CSV UTF-8”") from None
    except OSError:
        raise BadRow(f"there is no readable file {file}") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    line = 1
    try:
        for row in rows:
            if any(field.strip() for field in row):
                yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        raise BadRow(f"{file.name} can't be read from line {line} on ({error})") from None


@contextmanager
def _written_into(folder: Path) -> Iterator[None]:
    try:
        # The links work like keys.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise BadRow(f"the folder {folder} can't be written into ({error.strerror}); name another one") from None


def write_files(folder: Path, name: str, invited: Invited, library: Library, lang: str) -> list[Path]:
    """The QR as PNG and SVG and a card to print, below ``folder``; the files written."""
    files = {
        folder / f"{name}.png": png(invited.link),
        folder / f"{name}.svg": svg(invited.link).encode(),
        folder / f"{name}.html": card(invited, library, lang).encode(),
    }
    for path, content in files.items():
        path.write_bytes(content)
    return list(files)


def card(invited: Invited, library: Library, lang: str) -> str:
    """A card to print: the QR, and what to do with it; nothing about the patient but the clinic's reference."""
    expires = invited.expires.astimezone(library.clinic.zone)
    words = library.say("card.text", lang, {"when": expires}).html
    title, *lines = [line for line in words.split("\n") if line.strip()]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f"""<!doctype html>
<html lang="{lang}"><meta charset="utf-8"><title>{html.escape(library.clinic.name)}</title>
<style>
@page {{ size: A6; margin: 8mm }}
body {{ font: 11pt/1.4 system-ui, sans-serif; color: #111; text-align: center; max-width: 89mm; margin: 8mm auto }}
h1 {{ font-size: 14pt; margin: 0 0 4mm }} svg {{ width: 55mm; height: 55mm }} p {{ margin: 2mm 0 }}
small {{ color: #555 }}
</style>
<h1>{title}</h1>{svg(invited.link)}{body}<small>{html.escape(invited.reference)}</small></html>
"""


def _name(invited: Invited) -> str:
    """Of its files: one list after the other may go into the same folder."""
    return f"invitation-{invited.id:05d}"


def show_invited(out: Console, invited: Invited, folder: Path, library: Library, wish: Wish) -> None:
    """One invitation on the terminal and as files."""
    out.print(terminal(invited.link), markup=False, highlight=False, soft_wrap=True)
    out.print(invited.link, markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"Works once, until {invited.expires.astimezone(library.clinic.zone):%Y-%m-%d %H:%M}.",
        highlight=False,
    )
    with _written_into(folder):
        files = write_files(folder, _name(invited), invited, library, wish.lang)
    for path in files:
        out.print(f"Written: {path}", markup=False, highlight=False, soft_wrap=True)


def enrol_list(out: Console, file: Path, folder: Path, enrolling: Enrolling, store: Sqlite, library: Library) -> int:
    """Invite everybody on a list, with a progress bar; how many rows could not be used."""
    good, bad = read_list(file, enrolling)
    for line, what in bad:
        out.print(f"line {line}: {what}", markup=False, highlight=False, soft_wrap=True)
    with _written_into(folder), (folder / "links.csv").open("a", newline="", encoding="utf-8") as stream:
        links = csv.writer(stream)
        if not stream.tell():
            links.writerow(LINKS)
        for _, wish in track(good, description="Inviting", console=out, transient=True):
            invited = store.write_now(partial(enrolling.invite, wish=wish))
            name = _name(invited)
            write_files(folder, name, invited, library, wish.lang)
            links.writerow((wish.reference, invited.link, f"{invited.expires:%Y-%m-%dT%H:%MZ}", f"{name}.html"))
    out.print(f"{len(good)} invited: {folder / 'links.csv'} and a card each", markup=False, highlight=False)
    return len(bad)
