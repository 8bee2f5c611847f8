"""Who did what and when, without a patient's words; and small facts that survive a restart."""

from __future__ import annotations

from datetime import datetime

from store.seam import Reads, Writes, stamp


def note(tx: Writes, who: str, what: str, about: str, now: datetime) -> None:
    """Add a line: ``who`` a staff id, ``patient`` or ``bot``; ``about`` a row such as ``flag 12``."""
    tx.run(
        "INSERT INTO audit (at, who, what, about) VALUES (?, ?, ?, ?)",
        (stamp(now), who, what, about),
    )


def remember(tx: Writes, name: str, value: str) -> None:
    """Keep a small fact under its name."""
    tx.run(
        "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def fresh_id(tx: Writes, table: str) -> int:
    """An id that no row of ``table`` has had: those of erased rows still stand on buttons and old cards."""
    top = tx.one(f"SELECT coalesce(max(id), 0) AS last FROM {table}")
    number = max(top["last"] if top else 0, int(recall(tx, f"last_{table}") or 0)) + 1
    remember(tx, f"last_{table}", str(number))
    return number


def recall(read: Reads, name: str) -> str:
    """A small fact, or ''."""
    row = read.one("SELECT value FROM fact WHERE name = ?", (name,))
    return row["value"] if row else ""
