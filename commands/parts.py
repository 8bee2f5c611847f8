"""The parts that several commands open: settings in, content, understanding and memory out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from care.faq import FaqIndex
from care.library import Library, load
from care.understand import Reader, load_reader
from settings import Settings
from store.sqlite import Sqlite

out = Console()


def wall_clock() -> datetime:
    """The time, for everybody who is handed a clock."""
    return datetime.now(UTC)


def open_library(settings: Settings) -> Library:
    """The clinic's words, in the zone that TZ names if it does; ContentFaults when they can't be used."""
    library = load(settings.content_dir)
    if settings.tz:
        library.clinic = replace(library.clinic, zone=ZoneInfo(settings.tz))
    return library


def open_reader(library: Library) -> Reader:
    """Everything that understanding needs, loaded once."""
    return load_reader(library.root / "general", library.languages, FaqIndex(library.books.values()))


def open_store(settings: Settings) -> Sqlite:
    """The database beside a bot that may be running on it; StoreFault when it can't be used."""
    return Sqlite(settings.database, alone=False)
