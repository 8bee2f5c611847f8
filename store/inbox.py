"""Updates as they came: kept before they are confirmed, handled once, set aside when they can't be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from store.seam import Reads, Row, Writes, packed, stamp

KEEP_SECONDS = 72 * 3600
"""Handled updates are remembered for so long: Telegram repeats for 24 h, and its ids may restart at
random after a week of silence, so an id may only count as seen for less than that."""


def keep(tx: Writes, updates: Sequence[dict[str, Any]], now: datetime) -> int:
    """Keep raw updates under their ids; how many of them were new."""
    return sum(
        tx.run(
            "INSERT INTO incoming (update_id, kept_at, raw) VALUES (?, ?, ?) ON CONFLICT (update_id) DO NOTHING",
            (update["update_id"], stamp(now), packed(update)),
        )
        for update in updates
    )


def waiting(read: Reads) -> list[Row]:
    """Kept updates that nobody has handled, in the order in which they came."""
    return read.rows("SELECT update_id, raw, attempts FROM incoming WHERE state = 'kept' ORDER BY kept_at, update_id")


def handled(tx: Writes, update_id: int, now: datetime) -> bool:
    """Mark as handled and empty the raw text; False when it was so already."""
    return bool(
        tx.run(
            "UPDATE incoming SET state = 'handled', handled_at = ?, raw = '' WHERE update_id = ? AND state = 'kept'",
            (stamp(now), update_id),
        )
    )


def tried(tx: Writes, update_id: int) -> None:
    """Count an attempt before it is made, so that an update which kills us is noticed."""
    tx.run("UPDATE incoming SET attempts = attempts + 1 WHERE update_id = ?", (update_id,))


def set_aside(tx: Writes, update_id: int, trouble: str, now: datetime) -> None:
    """Put an update that can't be handled where it blocks nobody; its raw text stays for repair."""
    tx.run(
        "UPDATE incoming SET state = 'dead', handled_at = ?, trouble = ? WHERE update_id = ?",
        (stamp(now), trouble, update_id),
    )


def purge(tx: Writes, now: datetime) -> int:
    """Forget updates whose ids can no longer be repeated; how many."""
    return tx.run(
        "DELETE FROM incoming WHERE state <> 'kept' AND kept_at < ?",
        (stamp(now - timedelta(seconds=KEEP_SECONDS)),),
    )


def counts(read: Reads) -> dict[str, int]:
    """How many updates are kept, handled and dead."""
    return {r["state"]: r["n"] for r in read.rows("SELECT state, count(*) AS n FROM incoming GROUP BY state")}
