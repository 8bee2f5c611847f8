"""The commands of whoever cares for the words: a new language, the clinic's leaflet, questions that had no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.progress import track

from care.check import check
from care.progress import to_write
from commands import add_language, signing
from commands.diff import show_diff
from commands.gate import show_examples
from commands.leaflet import write_leaflets
from commands.parts import BadContent, open_library, open_store, out, wall_clock
from commands.propose import Proposing, propose, show_proposed, waiting_table
from commands.propose import Wish as Proposal
from commands.recall import run_recall
from settings import read_settings

app = typer.Typer(help="Words of your own: another language, your leaflet, what patients ask.", no_args_is_help=True)


@app.command("add-language")
def add(code: str = typer.Argument(help="Its two letters, such as pt.")) -> None:
    """Make the folders of another language: every heading, no words, the original as a note beside each."""
    settings = read_settings()
    folders = add_language.add_language(open_library(settings), code)
    library = open_library(settings)
    add_language.show_added(out, library, code, folders, to_write(library, code))


@app.command()
def progress(code: str = typer.Argument(help="Its two letters, such as pt.")) -> None:
    """What is written in a language and what it still lacks, file by file."""
    out.print(add_language.progress_table(open_library(read_settings()), code))


@app.command("import")
def import_(
    leaflet: Path = typer.Argument(help="Your leaflet: .pdf, .docx, .md or .html."),
    procedure: str = typer.Option("", help="The folder's name in content/; the first one unless set."),
    lang: str = typer.Option("", help="Language of the leaflet; told from its words unless set."),
    id: str = typer.Option("", help="Name of the document, such as our_leaflet; the file's own unless set."),
    title: str = typer.Option("", help="How patients see it named; its first heading unless set."),
    replace: bool = typer.Option(False, "--replace", help="Write anew what an earlier import made."),
) -> None:
    """Turn your leaflet into numbered facts and drafts of answers, and show where it differs from today's."""
    # Its libraries take a quarter of a second to load, and only this command needs them.
    from commands.importing import Wish, import_leaflet, show_imported  # noqa: PLC0415

    library = open_library(read_settings())

    def watch(pages: Sequence[object]) -> Iterator[object]:
        return iter(track(pages, description="Reading", console=out, transient=True, disable=not out.is_terminal))

    done = import_leaflet(library, Wish(leaflet, procedure, lang, id, title, replace), watch)
    show_imported(out, done)


@app.command("propose")
def propose_(
    number: str = typer.Argument("", help="The question's number in the list, or the patient's case."),
    topic: str = typer.Option("", help="Name of the topic: a new one such as swimming_cap, or one of faq.md."),
    lang: str = typer.Option("", help="Language of the draft; the patient's unless set."),
    listed: bool = typer.Option(False, "--list", help="Show the questions that the team answered, newest first."),
    replace: bool = typer.Option(False, "--replace", help="Write a draft anew that is there already."),
) -> None:
    """Make a draft of an answer from a question that the chat could not answer and the team did."""
    settings = read_settings()
    library, store = open_library(settings), open_store(settings)
    proposing = Proposing(library, store.read)
    try:
        if listed:
            out.print(waiting_table(proposing, lang))
        elif not (number and topic):
            raise BadContent("name a question and a topic, as in: aftercare content propose 12 --topic swimming_cap")
        else:
            wish = Proposal(number, topic, lang, replace)
            show_proposed(out, propose(proposing, store, wish, wall_clock()))
    finally:
        store.close_now()


@app.command()
def examples(
    accept: bool = typer.Option(False, "--accept", help="Write down what is better, new or merely different."),
    changed: bool = typer.Option(False, "--changed", help="Show only what is not as it was last accepted."),
) -> None:
    """What comes of every question in content/examples/, and whether one that was answered is lost."""
    if not show_examples(read_settings(), accept, changed):
        raise typer.Exit(2)


@app.command()
def leaflet(
    procedure: str = typer.Option("", help="The folder's name in content/; all that are offered unless set."),
    lang: str = typer.Option("", help="The leaflet's language; all that are offered unless set."),
    type: list[str] = typer.Option([], help="A type of patient, such as dark_skin; may be repeated."),
    folder: Path = typer.Option(Path("leaflet"), "--out", help="Where the pages are written."),
) -> None:
    """A page to print for the clinic's desk: when to call, day by day, and what is allowed from which day."""
    library = open_library(read_settings())
    for path in write_leaflets(library, folder, [procedure] * bool(procedure), [lang] * bool(lang), type):
        out.print(path, highlight=False, markup=False, soft_wrap=True)


@app.command()
def sign(
    files: list[str] = typer.Argument(None, help="Files of content/, such as general/en/safety.md."),
    reviewer: str = typer.Option("", help="The clinician who has read all of it, as they sign."),
    everything: bool = typer.Option(False, "--all", help="Every file of what is offered that is a draft."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask: for scripts."),
) -> None:
    """Put a clinician's name below words that they have read: reviewer, date and seal."""
    root, sure = read_settings().content_dir, signing.sure_of(yes)
    signing.sign(root, check(root), files or [], reviewer, wall_clock(), everything=everything, sure=sure)


@app.command()
def log(what: str = typer.Argument("", help="An id such as day3 or faq.makeup, or a file.")) -> None:
    """Who signed which version when, and which versions were sent: first, last, to how many patients."""
    signing.show_log(read_settings(), what)


@app.command()
def recall(
    words: str = typer.Argument(help="The id of the words that were wrong; faq.TOPIC for an answer."),
    version: str = typer.Option(help="The version that was wrong."),
    correction: str = typer.Option("", "--words", help="The id of the words that put it right: correction.SOMETHING."),
    send: bool = typer.Option(False, "--send", help="Send the correction to everybody who got that version."),
    status: bool = typer.Option(False, "--status", help="What became of the correction, and whom to call."),
    by: str = typer.Option("command", help="Who sends it, for the record."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask: for scripts."),
) -> None:
    """Who got a version of words that was wrong; with --send, a correction for each of them."""
    run_recall(read_settings(), words, version, correction, wall_clock(), send=send, status=status, by=by, yes=yes)


@app.command()
def diff(
    old: str = typer.Argument("", help="The words of before: a folder, or a git revision; the last commit unless set."),
    new: str = typer.Argument("", help="The words of after: a folder, or a git revision; content/ unless set."),
    html: Path | None = typer.Option(None, "--html", help="Write it as a page, too."),
) -> None:
    """What changes for whom: messages, answers, buttons, rules, and questions that get another answer."""
    show_diff(read_settings(), old, new, html)
