"""The one thread that writes: what is waiting together is committed together.

A commit waits for the disk, whatever it holds. While one does, others queue; they then share the
next, each in a savepoint of its own, so that one that fails takes nothing of the others with it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from store.seam import Params, Row, Writes

T = TypeVar("T")
TOGETHER = 30
"""Pieces of work that share one commit, at most."""


class Statements:
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


class _Piece:
    """Something to be done on the writer's thread, and where its result goes."""

    def __init__(self, work: Callable[[Any], Any], *, alone: bool) -> None:
        self.work, self.alone = work, alone
        self.future: Future[Any] = Future()


class Writer(Executor):
    """Writes through one connection, in the order in which it is asked.

    An executor whose work is handed the open transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queue: SimpleQueue[_Piece | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have ``fn(tx, …)`` done in a transaction; the result is there once it is committed to disk."""
        piece = _Piece(partial(_handed, fn, args, kwargs), alone=False)
        self._queue.put(piece)
        return piece.future

    def between(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Have ``work`` done outside of any transaction."""
        piece = _Piece(work, alone=True)
        self._queue.put(piece)
        return piece.future

    def stop(self) -> None:
        """Finish everything that was asked for, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, ending = self._more(first)
            self._do(batch)
            if ending:
                return

    def _more(self, first: _Piece) -> tuple[list[_Piece], bool]:
        """What waits beside the first piece; True when it is the last."""
        batch = [first]
        while len(batch) < TOGETHER:
            try:
                piece = self._queue.get_nowait()
            except Empty:
                return batch, False
            if piece is None:
                return batch, True
            batch.append(piece)
        return batch, False

    def _do(self, batch: list[_Piece]) -> None:
        together: list[_Piece] = []
        # Whoever gave up waiting before it began gets nothing done.
        for piece in (piece for piece in batch if piece.future.set_running_or_notify_cancel()):
            if not piece.alone:
                together.append(piece)
                continue
            self._commit(together)
            together = []
            _settle(piece, self._connection)
        self._commit(together)

    def _commit(self, pieces: list[_Piece]) -> None:
        if not pieces:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            done = [(piece, *self._in_savepoint(piece)) for piece in pieces]
            self._connection.execute("COMMIT")
        except BaseException as fault:  # the disk is full, say: nothing of all this was kept
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for piece in pieces:
                piece.future.set_exception(fault)
            return
        for piece, result, trouble in done:
            if trouble is None:
                piece.future.set_result(result)
            else:
                piece.future.set_exception(trouble)

    def _in_savepoint(self, piece: _Piece) -> tuple[Any, BaseException | None]:
        self._connection.execute("SAVEPOINT one")
        try:
            result = piece.work(Statements(self._connection))
        except BaseException as trouble:
            if not self._connection.in_transaction:
                raise  # SQLite itself has undone everything, what stood before this piece included
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return None, trouble
        self._connection.execute("RELEASE one")
        return result, None


def _handed(fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], tx: Writes) -> T:
    return fn(tx, *args, **kwargs)


def _settle(piece: _Piece, connection: sqlite3.Connection) -> None:
    try:
        piece.future.set_result(piece.work(connection))
    except BaseException as trouble:
        piece.future.set_exception(trouble)
