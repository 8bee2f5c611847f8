"""The parts that several commands open: settings in, content, understanding and memory out."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from care.classify import Model, shipped
from care.faq import FaqIndex
from care.library import Library, load
from care.passages import answers
from care.signing import Unsigned
from care.trained import with_model
from care.understand import Reader, load_reader
from settings import Settings
from store.sqlite import Sqlite

out = Console()
SPOKEN = "words spoken"
"""Name of the small fact that tells which words the bot last ran with."""


class BadContent(ValueError):
    """What was asked of content/ can't be done; the text says why, and what to do."""


def wall_clock() -> datetime:
    """The time, for everybody who is handed a clock."""
    return datetime.now(UTC)


def open_library(settings: Settings) -> Library:
    """The clinic's words, in the zone that TZ names if it does; ContentFaults when they can't be used."""
    library = load(settings.content_dir)
    if settings.tz:
        library.clinic = replace(library.clinic, zone=ZoneInfo(settings.tz))
    return library


def open_offered(settings: Settings) -> Library:
    """As :func:`open_library`, offering only what is signed, unless the settings allow the rest.

    BadContent when nothing would be left to offer.
    """
    library = open_library(settings)
    try:
        if not settings.allow_unsigned:
            library.offer_signed()
    except Unsigned as nothing:
        raise BadContent(str(nothing)) from None
    return library


def fingerprint(library: Library) -> str:
    """Another value as soon as anything is said otherwise; the same words in two processes have the same."""
    told = hashlib.sha256()
    for lang in ("", *library.written):
        texts = [(w.home, w.id, w.version, w.source) for w in library.texts(lang)]
        topics = (
            [(a.file, a.topic, a.label, a.version, a.by_day, a.other) for a in answers(library, lang)] if lang else []
        )
        told.update(repr((lang, texts, sorted(topics))).encode())
    return told.hexdigest()[:16]


def open_reader(library: Library, model: Model | None = None) -> Reader:
    """Everything that understanding needs, loaded once. BadContent when the trained reader's files are not whole.

    ``model``: another one than that which is shipped.
    """
    books = [library.books[lang] for lang in library.complete]
    general, book = library.root / "general", library.books[library.clinic.language]
    reader = load_reader(general, library.complete, FaqIndex(books), library.making, library.procedures, book)
    try:
        return with_model(reader, model or shipped())
    except (OSError, ValueError, KeyError) as trouble:
        raise BadContent(
            f"training/model can't be read ({trouble}): put the files of the release back, or run `make model`"
        ) from None


def open_store(settings: Settings) -> Sqlite:
    """The database beside a bot that may be running on it; StoreFault when it can't be used."""
    return Sqlite(settings.database, alone=False)


def write_page(path: Path, text: str) -> None:
    """Write what a command was asked to write, and say so; BadContent when it can't be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadContent(f"{path} can't be written ({error.strerror}): name a file in a folder that is there") from None
    out.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)
