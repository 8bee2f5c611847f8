"""Invitations from the command line: one patient at the desk, or a list from a file."""

from __future__ import annotations

import csv
import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track

from care.invitation import digest, link, png, svg, terminal, token
from care.library import Library
from care.plan import instant
from store import audit, invitations
from store.seam import Writes
from store.sqlite import Sqlite

COLUMNS = ("reference", "procedure", "session", "language", "next_session", "variant")


class BadRow(ValueError):
    """A patient's row that can't be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that has just been made; the link is known here and nowhere else."""

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
    variant: str = ""
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
        procedure = row.get("procedure", "").strip() or next(iter(self._library.procedures))
        if procedure not in self._library.procedures:
            known = ", ".join(self._library.procedures)
            raise BadRow(f"procedure {procedure!r} is not offered; use one of: {known}")
        lang = row.get("language", "").strip() or clinic.language
        if lang not in self._library.languages:
            raise BadRow(f"language {lang!r} is not offered; use one of: {', '.join(self._library.languages)}")
        session = self.session(row.get("session", "").strip(), clinic.zone)
        upcoming = row.get("next_session", "").strip()
        return Wish(
            procedure,
            session,
            lang,
            _date(upcoming, "next_session") if upcoming else None,
            row.get("variant", "").strip(),
            row.get("reference", "").strip(),
        )

    def session(self, text: str, zone: ZoneInfo) -> datetime:
        """A session's time as it was typed: "now", or local "2026-03-04 15:30"."""
        if text in ("", "now"):
            return self._now
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise BadRow(f"session {text!r} can't be read; write it as 2026-03-04 15:30") from None
        when = local.astimezone(UTC) if local.tzinfo else instant(local.date(), local.time(), zone)
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
            variant=wish.variant,
            reference=wish.reference,
            made_by=self._made_by,
            now=self._now,
            expires=expires,
        )
        audit.note(tx, self._made_by, "invited", f"invitation {invitation}", self._now)
        return Invited(wish.reference, link(self._username, fresh), expires)


def _date(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRow(f"{name} {text!r} can't be read; write it as 2026-04-01") from None


def read_list(file: Path, enrolling: Enrolling) -> tuple[list[tuple[int, Wish]], list[tuple[int, str]]]:
    """A CSV list as (line, wish) and (line, what is wrong); BadRow when it is no such list at all."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError:
        raise BadRow(f"there is no readable file {file}") from None
    except UnicodeDecodeError:
        raise BadRow(f"{file.name} is not UTF-8 text; save it as “CSV UTF-8”") from None
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    unknown = [name for name in rows.fieldnames or () if name.strip() not in COLUMNS]
    if not rows.fieldnames or "session" not in rows.fieldnames or unknown:
        extra = f"; unknown: {', '.join(unknown)}" if unknown else ""
        raise BadRow(f"the first line must name the columns {', '.join(COLUMNS)} (session is required){extra}")
    good, bad = [], []
    for row in rows:
        try:
            if None in row or None in row.values():
                raise BadRow("it has more or fewer fields than the first line")
            good.append((rows.line_num, enrolling.wish(row)))
        except BadRow as trouble:
            bad.append((rows.line_num, str(trouble)))
    return good, bad


def write_files(folder: Path, name: str, invited: Invited, library: Library, lang: str) -> list[Path]:
    """The QR as PNG and SVG and a card to print, below ``folder``; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
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


def show_invited(out: Console, invited: Invited, folder: Path, library: Library, wish: Wish) -> None:
    """One invitation on the terminal and as files."""
    name = f"invitation-{invited.expires:%Y%m%d-%H%M%S}"
    files = write_files(folder, name, invited, library, wish.lang)
    out.print(terminal(invited.link), markup=False, highlight=False)
    out.print(invited.link, markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"Works once, until {invited.expires.astimezone(library.clinic.zone):%Y-%m-%d %H:%M}.",
        highlight=False,
    )
    for path in files:
        out.print(f"Written: {path}", markup=False, highlight=False, soft_wrap=True)


def enrol_list(out: Console, file: Path, folder: Path, enrolling: Enrolling, store: Sqlite, library: Library) -> int:
    """Invite everybody on a list, with a progress bar; how many rows could not be used."""
    good, bad = read_list(file, enrolling)
    for line, what in bad:
        out.print(f"line {line}: {what}", markup=False, highlight=False, soft_wrap=True)
    rows = []
    for line, wish in track(good, description="Inviting", console=out, transient=True):
        invited = store.write_now(partial(enrolling.invite, wish=wish))
        write_files(folder, f"line-{line:04d}", invited, library, wish.lang)
        rows.append((wish.reference, invited.link, f"{invited.expires:%Y-%m-%dT%H:%MZ}", f"line-{line:04d}.html"))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "links.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("reference", "link", "expires", "card"), *rows])
    out.print(f"{len(rows)} invited: {folder / 'links.csv'} and a card each", markup=False, highlight=False)
    return len(bad)
