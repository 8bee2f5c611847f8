"""The commands that look: check the content, see what is read in a message, find what keeps us from going live."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import typer
from rich.markup import escape

from bot.telegram import Telegram
from care.check import check as check_content
from care.faults import ContentFaults
from care.library import Library
from commands.doctor import Doctor, Finding
from commands.enrol import BadRow, chosen_types
from commands.evaluate import run_evaluation
from commands.gate import gate_of_check
from commands.parts import open_library, open_reader, open_store, out, wall_clock
from commands.talk import BadLine, Talk, show_heard, understand_lines
from settings import Settings, read_settings
from store.sqlite import Sqlite, StoreFault

app = typer.Typer()


@app.command()
def check(
    no_examples: bool = typer.Option(False, "--no-examples", help="Leave out the examples: quicker."),
) -> None:
    """The clinician's compiler: everything that is wrong in content/, with file and line."""
    found = check_content(read_settings().content_dir)
    lost, told = ((), []) if no_examples or found.library is None else gate_of_check(found.library)
    for line in (*found.faults, *lost, *found.notes, *told):
        out.print(str(line), highlight=False, markup=False, soft_wrap=True)
    count = len(found.faults) + len(lost)
    out.print(f"{count} {'fault' if count == 1 else 'faults'}", highlight=False)
    if count:
        raise typer.Exit(2)


@app.command()
def doctor() -> None:
    """Going live: looks at token, group, webhook, clock, zone, content and database; says what to do."""
    settings = read_settings()
    findings = asyncio.run(_doctor(settings))
    for finding in findings:
        mark = "[green]✓[/green]" if finding.good else "[red]✗[/red]"
        out.print(f"{mark} {finding.what:<9} {escape(finding.told)}", highlight=False, soft_wrap=True)
    if not all(finding.good for finding in findings):
        raise typer.Exit(2)


async def _doctor(settings: Settings) -> list[Finding]:
    library: Library | None = None
    store: Sqlite | None = None
    # What can't be opened is a finding, so that the others are told as well.
    with suppress(ContentFaults):
        library = open_library(settings)
    with suppress(StoreFault):
        store = open_store(settings)
    token = settings.telegram_bot_token.get_secret_value()
    telegram = Telegram(token, api_root=settings.telegram_api_root) if token else None
    if telegram is not None:
        await telegram.start()
    try:
        return await Doctor(settings, library, store.read if store else None, telegram, wall_clock()).look()
    finally:
        if telegram is not None:
            await telegram.stop()
        if store is not None:
            await store.close()


@app.command()
def chat(
    day: int = typer.Option(1, min=0, max=60, help="Day after the session; 0 is the session's day."),
    lang: str = typer.Option("", help="The language that the patient chose; the clinic's unless set."),
    why: bool = typer.Option(False, "--why", help="Show what was read, and which words decided."),
    procedure: str = typer.Option("", help="What the patient had: a folder's name; the first one unless set."),
    type: list[str] = typer.Option([], help="A patient type such as scalp; may be given several times."),
) -> None:
    """Talk to the bot in the terminal, as a patient. Nothing is kept or sent. Ctrl-D ends it."""
    library = open_library(read_settings())
    lang = lang or library.clinic.language
    if lang not in library.languages:
        raise BadRow(f"language {lang!r} is not offered; use one of: {', '.join(library.languages)}")
    if procedure and procedure not in library.procedures:
        raise BadRow(f"procedure {procedure!r} is not offered; use one of: {', '.join(library.procedures)}")
    types = chosen_types(" ".join(type), library.procedure_of(procedure))
    talk = Talk(library, open_reader(library), wall_clock(), procedure=procedure, types=types)
    before, turn = None, 0
    while True:
        try:
            text = input("you> ").strip()
        except EOFError:
            out.print()
            return
        if text:
            heard = talk.hear(text, day, lang, before=before, turn=turn)
            before, turn = heard.decision, turn + 1
            show_heard(out, heard, why)


@app.command()
def understand(
    jsonl: bool = typer.Option(False, "--jsonl", help="Read JSON lines {id, lang, day, text} and answer in kind."),
) -> None:
    """What the running bot would do with each message of standard input."""
    if not jsonl:
        raise BadLine("use aftercare understand --jsonl < FILE, one object {id, lang, day, text} a line")
    library = open_library(read_settings())
    talk = Talk(library, open_reader(library), wall_clock())
    # Bytes both ways: JSON lines are UTF-8 whatever the terminal speaks.
    for answer in understand_lines(talk, sys.stdin.buffer):
        sys.stdout.buffer.write(answer.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


@app.command()
def evaluate(
    files: list[Path] = typer.Argument(help="Labelled messages, one JSON object a line; all files together."),
    json: Path | None = typer.Option(None, "--json", help="Write the figures and the misses as JSON, too."),
    html: Path | None = typer.Option(None, "--html", help="Write them as a page, with plots, too."),
    must: bool = typer.Option(False, "--must", help="End with exit code 1 when anything that must be reached is not."),
) -> None:
    """Measure with labelled messages: dangers caught, false alarms, right and wrong answers, and every miss."""
    missed = run_evaluation(read_settings(), files, json, html).missed_musts()
    if must and missed:
        for figure, column in missed:
            out.print(f"must missed, {column}: {figure}", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1)
