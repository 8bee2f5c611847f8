"""SQLite: one writer thread with one connection, one read-only connection, numbered migrations.

Reads happen where they are asked (10 us); writes go through the one writer, each in a
``BEGIN IMMEDIATE`` transaction, because a deferred one fails at once under WAL when it reads before
it writes, and a connection shared by two coroutines lets one roll back the other's rows.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

import sqlite_utils

from store.seam import Params, Reads, Row, Writes

T = TypeVar("T")
SCHEMA = Path(__file__).parent / "schema"


class StoreFault(Exception):
    """The database can't be used; the text says why and what to do."""


class _Statements:
    """Statements on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        return self._connection.execute(sql, params).fetchall()

    def one(self, sql: str, params: Params = ()) -> Row | None:
        found: Row | None = self._connection.execute(sql, params).fetchone()
        return found

    def run(self, sql: str, params: Params = ()) -> int:
        return self._connection.execute(sql, params).rowcount


class Sqlite:
    """An open SQLite store; see :class:`store.seam.Store`."""

    def __init__(self, path: Path, *, alone: bool = True) -> None:
        """Open ``path``, making and migrating it as needed.

        ``alone`` takes the lock that only one running bot may hold; commands that merely add a
        row beside a running bot pass False. Raises StoreFault.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = _locked(path.with_name(path.name + ".lock")) if alone else None
        try:
            with _migrating(path):
                self._writer = _connect(path)
                _check(self._writer)
                _migrate(sqlite_utils.Database(self._writer))
            self._reader = _connect(path)
            self._reader.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            raise StoreFault(
                f"The database {path.name} can't be read ({error}). "
                "Restore the latest backup with: aftercare restore FILE"
            ) from error
        self.read: Reads = _Statements(self._reader)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")

    async def write(self, work: Callable[[Writes], T]) -> T:
        """Run ``work`` in one transaction; committed to disk when this returns."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def write_now(self, work: Callable[[Writes], T]) -> T:
        """As :meth:`write`, for commands that have no event loop."""
        return self._thread.submit(self._transact, work).result()

    def _transact(self, work: Callable[[Writes], T]) -> T:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            result = work(_Statements(self._writer))
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")
        return result

    async def close(self) -> None:
        """Finish what is being written, then close."""
        await asyncio.get_running_loop().run_in_executor(None, self.close_now)

    def close_now(self) -> None:
        """As :meth:`close`, for commands that have no event loop."""
        self._thread.shutdown(wait=True)
        self._reader.close()
        self._writer.close()
        if self._lock is not None:
            self._lock.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    # Erased patients must be gone from the file, not only from its index.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _check(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError("it is damaged")


def _migrate(db: sqlite_utils.Database) -> None:
    """Apply the numbered files that this database has not seen, each in one transaction."""
    done = db.conn.execute("PRAGMA user_version").fetchone()[0]
    files = sorted(SCHEMA.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    if done > len(files):
        raise StoreFault(
            f"The database was made by a newer version (schema {done}, this one knows {len(files)}). "
            "Install the newer version again."
        )
    for number, file in enumerate(files[done:], start=done + 1):
        db.conn.executescript(
            f"BEGIN IMMEDIATE;\n{file.read_text(encoding='utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def _locked(path: Path) -> IO[str]:
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise StoreFault(
            "Another aftercare is already running on this database. Stop it first, or use another DATABASE_URL."
        ) from None
    return handle


class _migrating:  # noqa: N801 - reads as the sentence "with _migrating(path)"
    """Hold the lock under which one process at a time may change the schema."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".schema-lock")

    def __enter__(self) -> None:
        self._handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


def copy_to(source: Path, target: Path) -> None:
    """Write a consistent copy of a database that may be in use; raises StoreFault."""
    if not source.exists():
        raise StoreFault(f"There is no database at {source} yet; there is nothing to back up.")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with sqlite3.connect(source) as live, sqlite3.connect(part) as copy:
        live.backup(copy)
    copy.close()
    live.close()
    part.replace(target)


def restore_from(backup: Path, target: Path) -> None:
    """Put a backup in place of the database, after looking at it whole; raises StoreFault.

    The database that stood there is kept beside it as ``….before-restore``.
    """
    if not backup.exists():
        raise StoreFault(f"There is no file {backup}. Name the backup that you want to restore.")
    _whole(backup)
    lock = _locked(target.with_name(target.name + ".lock"))
    try:
        if target.exists():
            copy_to(target, target.with_name(target.name + ".before-restore"))
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        copy_to(backup, target)
    finally:
        lock.close()


def _whole(backup: Path) -> None:
    connection = sqlite3.connect(f"file:{backup}?mode=ro&immutable=1", uri=True)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict, version = str(error), 0
    finally:
        connection.close()
    if verdict != "ok":
        raise StoreFault(f"The backup {backup.name} is damaged and was not restored. Try an older one.")
    if not version:
        raise StoreFault(f"{backup.name} is not a backup of aftercare. Nothing was changed.")
