"""The floor under everything durable: so many pages of SQLite's log, written and synced by hand."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable
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
        self._content = memoryview(os.urandom(ROOM))
        os.pwrite(self._file, self._content, 0)
        os.fsync(self._file)
        self._at = 0

    def syncing(self, pages: int, times: int = 1) -> Callable[[], Awaitable[None]]:
        """Work that writes so many pages where the log would go on, and waits until they are on disk."""

        async def work() -> None:
            for _ in range(times):
                self._sync(pages * PAGE)

        return work

    def _sync(self, size: int) -> None:
        if self._at + size > ROOM:
            self._at = 0
        os.pwrite(self._file, self._content[:size], self._at)
        os.fdatasync(self._file)
        self._at += size

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
