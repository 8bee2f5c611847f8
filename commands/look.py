"""`status`, `clinic` and `staff`: what there is, as tables."""

from __future__ import annotations

from datetime import datetime

from rich.markup import escape
from rich.table import Table

from care.library import Library
from care.model import Level
from care.promise import is_open, promised
from store import audit, flags, inbox, outbox, people
from store.seam import Reads, moment

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def status(read: Reads, library: Library, now: datetime) -> Table:
    """What waits, what came, what staff must look at."""
    table = Table("", "count", title=escape(library.clinic.name), title_justify="left")
    for state, count in sorted(inbox.counts(read).items()):
        table.add_row(f"incoming {state}", str(count))
    for state, count in sorted(outbox.counts(read).items()):
        table.add_row(f"outgoing {state}", str(count))
    for state, count in sorted(flags.counts(read).items()):
        table.add_row(f"flags {state}", str(count))
    running = read.one("SELECT count(*) AS n FROM episode WHERE state = 'running'")
    table.add_row("patients in care", str(running["n"] if running else 0))
    due = outbox.next_due(read)
    when = moment(due).astimezone(library.clinic.zone).strftime("%Y-%m-%d %H:%M") if due else "nothing planned"
    table.add_row("next message", when)
    if library.drafts:
        table.add_row("content", f"{len(library.drafts)} files are drafts: aftercare check names them")
    for name, why in library.withheld.items():
        table.add_row(f"{name} is not offered", escape(why))
    beat = audit.recall(read, "alive_at")
    table.add_row("bot last alive", _ago(beat, now))
    return table


def _ago(beat: str, now: datetime) -> str:
    if not beat:
        return "never: start it with aftercare run"
    seconds = round((now - datetime.fromisoformat(beat)).total_seconds())
    return "now" if seconds < 90 else f"{seconds // 60} min ago: is it running?"


def clinic(library: Library, now: datetime) -> Table:
    """What clinic.yaml says, and what follows from it at this moment."""
    it = library.clinic
    table = Table("", "", title=escape(it.name), title_justify="left", show_header=False)
    table.add_row("id", escape(it.id))
    table.add_row("phone", escape(it.phone))
    table.add_row("emergency", escape(it.emergency_number))
    table.add_row("crisis line", escape(it.crisis_line))
    table.add_row("out of hours", escape(it.out_of_hours))
    table.add_row("time zone", f"{it.zone.key}, now {now.astimezone(it.zone):%a %H:%M}")
    for day, name in enumerate(WEEKDAYS):
        spans = ", ".join(f"{s.opens:%H:%M}-{s.closes:%H:%M}" for s in it.hours.get(day, ()))
        table.add_row(f"hours {name}", spans or "closed")
    table.add_row("open now", "yes" if is_open(it, now) else "no")
    for level in (Level.URGENT, Level.REVIEW):
        by = promised(it, level, now).astimezone(it.zone)
        table.add_row(f"{level.word} flagged now is answered by", f"{by:%a %H:%M}")
    table.add_row("procedures", ", ".join(library.procedures))
    table.add_row("languages", ", ".join(library.languages))
    return table


def staff(read: Reads, clinic_id: str) -> Table:
    """Who may press the buttons of a card."""
    table = Table("Telegram id", "name", "role", "on call", "active")
    for row in people.staff(read, clinic_id):
        table.add_row(
            str(row["telegram_id"]),
            escape(row["name"]),
            row["role"],
            "yes" if row["on_call"] else "",
            "yes" if row["active"] else "no",
        )
    return table
