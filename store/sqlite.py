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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar, cast

import sqlite_utils

from store.seam import Reads, Writes
from store.writer import Statements, Writer

T = TypeVar("T")
SCHEMA = Path(__file__).parent / "schema"
LOOK_AT = "Look at DATABASE_URL, at the rights on its folder and at the room on its disk."
OURS = "outgoing"
"""A table that no database of ours is without."""


class StoreFault(Exception):
    """The database can't be used; the text says why and what to do."""


class Sqlite:
    """An open SQLite store; see :class:`store.seam.Store`."""

    def __init__(self, path: Path, *, alone: bool = True, schema: Path = SCHEMA) -> None:
        """Open ``path``, making and migrating it as needed.

        ``alone`` takes the lock that only one running bot may hold; commands that merely add a
        row beside a running bot pass False. ``schema``: folder of the migrations. Raises StoreFault.
        """
        self.path = path
        with _told(path), ExitStack() as undo:
            _make_room(path)
            self._lock = undo.enter_context(_locked(path)) if alone else None
            with _migrating(path):
                self._writer = undo.enter_context(closing(_connect(path)))
                _check(self._writer)
                _migrate(sqlite_utils.Database(self._writer), _migrations(schema))
            self._reader = undo.enter_context(closing(_connect(path)))
            self._reader.execute("PRAGMA query_only = ON")
            undo.pop_all()
        self.read: Reads = Statements(self._reader)
        self._write = Writer(self._writer)

    async def write(self, work: Callable[[Writes], T]) -> T:
        """Run ``work`` in a transaction; committed to disk when this returns."""
        # The executor itself hands the transaction over; the loop knows only work that takes nothing.
        handed = cast("Callable[[], T]", work)
        return await asyncio.get_running_loop().run_in_executor(self._write, handed)

    def write_now(self, work: Callable[[Writes], T]) -> T:
        """As :meth:`write`, for commands that have no event loop."""
        return self._write.submit(work).result()

    async def wipe(self) -> None:
        """Take what was deleted out of the log beside the database, where it would stand for days."""
        await asyncio.wrap_future(self._write.between(_truncate_log))

    async def close(self) -> None:
        """Finish what is being written, then close."""
        await asyncio.get_running_loop().run_in_executor(None, self.close_now)

    def close_now(self) -> None:
        """As :meth:`close`, for commands that have no event loop."""
        self._write.stop()
        self._reader.close()
        self._writer.close()
        if self._lock is not None:
            self._lock.close()


def _truncate_log(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever keeps a database from being used becomes a StoreFault that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreFault(f"The database {path} can't be used ({error}). {LOOK_AT}") from error
    except sqlite3.DatabaseError as error:
        raise StoreFault(
            f"The database {path} can't be read ({error}). "
            "Name another file in DATABASE_URL, or restore the latest backup with: aftercare restore FILE"
        ) from error
    except OSError as error:
        raise StoreFault(f"The database {path} can't be used ({error.strerror}). {LOOK_AT}") from error


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _make_room(path: Path) -> None:
    """The file, as its owner's alone: it holds health data. What lies beside it takes its rights over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


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


def _migrations(schema: Path) -> list[Path]:
    return sorted(schema.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def _migrate(db: sqlite_utils.Database, files: list[Path]) -> None:
    """Apply the numbered files that this database has not seen, each in one transaction."""
    done = db.conn.execute("PRAGMA user_version").fetchone()[0]
    tables = db.table_names()
    if (OURS in tables) != bool(done) or (tables and not done):
        raise StoreFault("DATABASE_URL names the database of another program. Name a file that is ours alone.")
    if done > len(files):
        raise StoreFault(
            f"The database was made by a newer version (schema {done}, this one knows {len(files)}). "
            "Install the newer version again."
        )
    for number, file in enumerate(files[done:], start=done + 1):
        db.conn.executescript(
            f"BEGIN IMMEDIATE;\n{file.read_text(encoding='utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def _locked(database: Path) -> IO[str]:
    """The lock of the one process that runs on a database; closing the file gives it back."""
    handle = _beside(database, ".lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise StoreFault(
            f"Another aftercare is already running on {database}. Stop it first, or name another file."
        ) from None
    return handle


class _migrating:  # noqa: N801 - reads as the sentence "with _migrating(path)"
    """Hold the lock under which one process at a time may change the schema."""

    def __init__(self, path: Path) -> None:
        self._path = _beside(path, ".schema-lock")

    def __enter__(self) -> None:
        self._handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


def erase(path: Path) -> None:
    """Delete a database, if there is one, with what lies beside it; StoreFault while a bot runs on it."""
    if not path.exists():
        return
    with _told(path), _locked(path):
        for ending in ("", "-wal", "-shm"):
            _beside(path, ending).unlink(missing_ok=True)


def copy_to(source: Path, target: Path) -> None:
    """Write a consistent copy of a database that may be in use; raises StoreFault."""
    if not source.exists():
        raise StoreFault(f"There is no database at {source} yet; there is nothing to back up.")
    if target.exists() and target.samefile(source):
        raise StoreFault(f"{target} is the database itself. Name another file for the backup.")
    part = _beside(target, ".part")
    with _told(source), closing(_opened(source, "mode=rw")) as live:
        _check(live)
        try:
            part.unlink(missing_ok=True)
            part.touch(mode=0o600)
            with closing(sqlite3.connect(part)) as copy:
                live.backup(copy)
            part.replace(target)
        except (OSError, sqlite3.OperationalError) as error:
            told = error.strerror if isinstance(error, OSError) else error
            raise StoreFault(f"{target} can't be written ({told}). Name a file in a folder that is there.") from error
        finally:
            part.unlink(missing_ok=True)


def _opened(path: Path, how: str) -> sqlite3.Connection:
    """A database that is there already, to look at."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)


def restore_from(backup: Path, target: Path) -> Path | None:
    """Put a backup in place of the database, after looking at it whole; raises StoreFault.

    Returns where the database that stood there is kept; None when there was none.
    """
    if not backup.is_file():
        raise StoreFault(f"There is no file {backup}. Name the backup that you want to restore.")
    if target.exists() and target.samefile(backup):
        raise StoreFault(f"{backup} is the database itself. Name a backup of it.")
    _look_through(backup)
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            kept = _put_aside(target) if target.exists() else None
            copy_to(backup, target)
    return kept


def _put_aside(target: Path) -> Path:
    """Keep a database under a name that is free: whole when it can be read, else its files as they are."""
    names = (_beside(target, f".before-restore{n}") for n in ("", *(f"-{m}" for m in range(2, 10_000))))
    kept = next(name for name in names if not name.exists())
    try:
        copy_to(target, kept)
    except StoreFault:
        for ending in ("-wal", "-shm", ""):
            if _beside(target, ending).exists():
                _beside(target, ending).replace(_beside(kept, ending))
    for ending in ("-wal", "-shm"):
        # They belong to the pages that stood there: beside a restored file they would damage it.
        _beside(target, ending).unlink(missing_ok=True)
    return kept


def _look_through(backup: Path) -> None:
    """Read every page of a backup, leaving nothing beside it; StoreFault when it is not to be restored."""
    verdict, version, ours = "", 0, 0
    with suppress(sqlite3.DatabaseError), closing(_opened(backup, "mode=ro&immutable=1")) as read:
        verdict = read.execute("PRAGMA integrity_check").fetchone()[0]
        version = read.execute("PRAGMA user_version").fetchone()[0]
        ours = read.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (OURS,)).fetchone()[0]
    if verdict != "ok":
        raise StoreFault(f"{backup.name} is damaged, or no backup of aftercare. Try an older one. Nothing was changed.")
    if not version or not ours:
        raise StoreFault(f"{backup.name} is not a backup of aftercare. Nothing was changed.")
    if version > len(_migrations(SCHEMA)):
        raise StoreFault(f"{backup.name} was made by a newer version: install that one first. Nothing was changed.")
