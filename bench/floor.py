"""The floor under everything durable: so many pages of SQLite's log, written and synced by hand."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

PAGE = 4096 + 24
"""Bytes that one page takes in the log."""
HEADER = 32
ROOM = 1000 * PAGE
"""The log is written over from its start when it has grown to a thousand pages."""


class Disk:
    """A file of the log's size beside the databases."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_CREAT | os.O_RDWR)
        os.pwrite(self._file, bytes(ROOM), 0)
        os.fsync(self._file)
        self._at = 0

    def sync(self, pages: int) -> None:
        """Write so many pages where the log would go on, and wait until they are on disk."""
        if self._at + pages * PAGE > ROOM:
            self._at = 0
        os.pwrite(self._file, os.urandom(pages * PAGE), self._at)
        os.fdatasync(self._file)
        self._at += pages * PAGE

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def empty_log(database: Path) -> None:
    """Move everything from the log into the database, and cut the log."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def logged_pages(database: Path) -> int:
    """Pages written to the log since it was emptied; fewer than a thousand."""
    return (database.with_name(database.name + "-wal").stat().st_size - HEADER) // PAGE
