"""The one narrow place between our statements and a database: run SQL inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
Params = Mapping[str, Any] | Sequence[Any]


class Reads(Protocol):
    """Reading, inside or outside a transaction."""

    def rows(self, sql: str, params: Params = ()) -> list[Row]: ...

    def one(self, sql: str, params: Params = ()) -> Row | None: ...


class Writes(Reads, Protocol):
    """A transaction that is open: everything run here is kept whole or not at all."""

    def run(self, sql: str, params: Params = ()) -> int:
        """Run one statement; the number of rows that it changed."""
        ...


class Store(Protocol):
    """A database that is open."""

    read: Reads

    async def write(self, work: Callable[[Writes], T]) -> T:
        """Run ``work`` in one transaction, one at a time; committed durably when this returns."""
        ...

    async def wipe(self) -> None:
        """Leave nothing of what was deleted, not even in files beside the database."""
        ...

    async def close(self) -> None: ...


def stamp(when: datetime) -> int:
    """An aware time as stored: milliseconds since 1970 UTC."""
    return round(when.timestamp() * 1000)


def moment(stored: int) -> datetime:
    """The UTC time of a stored stamp."""
    return datetime.fromtimestamp(stored / 1000, UTC)


def packed(value: object) -> str:
    """Plain values as a JSON column; datetimes become ISO text with their offset."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no plain value")


def added(tx: Writes, table: str, values: Mapping[str, Any]) -> int:
    """Insert one row into ``table`` (a name of ours, never of a user's); its id."""
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    row = tx.one(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", values)
    assert row is not None
    return int(row["id"])
