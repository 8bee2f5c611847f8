"""The commands of the clinic's desk and of whoever keeps the service: staff, invitations, backups."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import typer

from bot.telegram import Telegram
from care.signing import Unsigned
from commands import look
from commands.enrol import BadRow, Enrolling, enrol_list, show_invited
from commands.parts import open_library, open_offered, open_store, out, wall_clock
from settings import Settings, read_settings
from store import audit, people
from store.seam import Writes
from store.sqlite import copy_to, restore_from

app = typer.Typer()
staff_app = typer.Typer(help="Who may press the buttons in the staff group.", no_args_is_help=True)
app.add_typer(staff_app, name="staff")


class Role(StrEnum):
    """What a member of staff is."""

    nurse = "nurse"
    doctor = "doctor"
    manager = "manager"
    reception = "reception"


@app.command()
def clinic() -> None:
    """What clinic.yaml says, and by when a flag of this moment would be answered."""
    out.print(look.clinic(open_library(read_settings()), wall_clock()))


@staff_app.command("add")
def staff_add(
    telegram_id: int = typer.Argument(min=1, help="The person's numeric Telegram id."),
    name: str = typer.Argument(help="As patients read it."),
    role: Role = typer.Option(Role.nurse, help="What patients and colleagues read beside the name."),
    on_call: bool = typer.Option(False, "--on-call", help="Is written to when nobody takes an urgent flag."),
) -> None:
    """Register a member of staff, or change what is known of them."""
    if not name.strip():
        raise BadRow("the name is empty; write it as patients are to read it")
    settings = read_settings()
    library, store, now = open_library(settings), open_store(settings), wall_clock()

    def work(tx: Writes) -> None:
        people.open_clinic(tx, library.clinic, now)
        people.register(tx, library.clinic.id, telegram_id, name.strip(), role.value, on_call, now)
        audit.note(tx, "command", "staff registered", f"telegram {telegram_id}", now)

    store.write_now(work)
    out.print(look.staff(store.read, library.clinic.id))
    store.close_now()


@staff_app.command("remove")
def staff_remove(telegram_id: int = typer.Argument(help="The person's numeric Telegram id.")) -> None:
    """Take a member of staff's rights away."""
    settings = read_settings()
    library, store, now = open_library(settings), open_store(settings), wall_clock()

    def work(tx: Writes) -> bool:
        found = people.dismiss(tx, library.clinic.id, telegram_id)
        if found:
            audit.note(tx, "command", "staff dismissed", f"telegram {telegram_id}", now)
        return found

    found = store.write_now(work)
    out.print(look.staff(store.read, library.clinic.id))
    store.close_now()
    if not found:
        raise BadRow(f"nobody active has the Telegram id {telegram_id}; the table shows who is registered")


@staff_app.command("list")
def staff_list() -> None:
    """Who is registered."""
    settings = read_settings()
    store = open_store(settings)
    out.print(look.staff(store.read, open_library(settings).clinic.id))
    store.close_now()


@app.command()
def enrol(
    procedure: str = typer.Option("", help="The folder's name in content/; the first one unless set."),
    session: str = typer.Option("now", help='The session: "now", or local time as "2026-03-04 15:30".'),
    lang: str = typer.Option("", help="Language of the first message; the clinic's unless set."),
    next_session: str = typer.Option("", help="Date of the next session, as 2026-04-01."),
    type: list[str] = typer.Option([], help="A patient type such as scalp; may be given several times."),
    reference: str = typer.Option("", help="The clinic's own reference; it stands on the card, not in the QR."),
    folder: Path = typer.Option(Path("invitations"), help="Where PNG, SVG and the card to print go."),
    csv: Path | None = typer.Option(None, "--csv", help="A list of patients instead; see docs/running.md."),
) -> None:
    """Invite a patient: prints the link, shows the QR, writes PNG, SVG and a card to print."""
    settings = read_settings()
    library = open_offered(settings)
    username = asyncio.run(_username(settings))
    store, now = open_store(settings), wall_clock()
    store.write_now(lambda tx: people.open_clinic(tx, library.clinic, now))
    enrolling = Enrolling(library, username, now, secrets.token_bytes, "command")
    try:
        if csv is not None:
            bad = enrol_list(out, csv, folder, enrolling, store, library)
            if bad:
                rows = "1 row was" if bad == 1 else f"{bad} rows were"
                raise BadRow(f"{rows} not used; correct what is told above and run the command with that alone")
            return
        row = {"procedure": procedure, "session": session, "language": lang}
        more = {"next_session": next_session, "reference": reference, "types": " ".join(type)}
        wish = enrolling.wish({**row, **more})
        invited = store.write_now(lambda tx: enrolling.invite(tx, wish))
        show_invited(out, invited, folder, library, wish)
    finally:
        store.close_now()


async def _username(settings: Settings) -> str:
    telegram = Telegram(settings.token, api_root=settings.telegram_api_root)
    await telegram.start()
    try:
        return (await telegram.me()).username
    finally:
        await telegram.stop()


@app.command()
def status() -> None:
    """What waits, what went out, what staff must look at."""
    settings = read_settings()
    store = open_store(settings)
    library = open_library(settings)
    if not settings.allow_unsigned:
        with suppress(Unsigned):
            library.offer_signed()
    out.print(look.status(store.read, library, wall_clock()))
    store.close_now()


@app.command()
def backup(
    file: Path = typer.Argument(help="The file to write; an existing one is replaced when whole."),
) -> None:
    """Copy the database while everything runs."""
    copy_to(read_settings().database, file)
    typer.echo(f"Written: {file}")


@app.command()
def restore(file: Path = typer.Argument(help="A backup.")) -> None:
    """Put a backup in place of the database; stop the bot first. A damaged file is refused."""
    target = read_settings().database
    kept = restore_from(file, target)
    typer.echo(f"Restored: {target}." + (f" What stood there before is kept as {kept.name}." if kept else ""))
