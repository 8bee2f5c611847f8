"""What stories may ask the database, where words can't tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from store.seam import Reads, Row

Fact = Callable[[Reads, int], object]
"""Called with a patient's chat id, or 0 for the whole clinic."""
OF = "(? = 0 OR patient_id = (SELECT id FROM patient WHERE chat_id = ?))"


def _count(table: str, where: str = "1") -> Fact:
    def count(read: Reads, chat: int) -> object:
        row = read.one(f"SELECT count(*) AS n FROM {table} WHERE {OF} AND {where}", (chat, chat))
        return row["n"] if row else 0

    return count


def _listed(table: str, column: str, where: str = "1", order: str = "id") -> Fact:
    def listed(read: Reads, chat: int) -> object:
        sql = f"SELECT {column} AS it FROM {table} WHERE {OF} AND {where} ORDER BY {order}"
        return [str(row["it"]) for row in read.rows(sql, (chat, chat))]

    return listed


def _reasons(state: str) -> Fact:
    def reasons(read: Reads, chat: int) -> object:
        sql = f"SELECT planned, reason FROM outgoing WHERE {OF} AND planned IS NOT NULL AND state = ?"
        return {row["planned"]: row["reason"] for row in read.rows(sql, (chat, chat, state))}

    return reasons


def _patients(read: Reads, _: int) -> object:
    row = read.one("SELECT count(*) AS n FROM patient")
    return row["n"] if row else 0


PLANNED = "planned IS NOT NULL AND state = "
FACTS: dict[str, Fact] = {
    "patients": _patients,
    "flags": _count("flag"),
    "open flags": _count("flag", "state <> 'resolved'"),
    "levels": _listed("flag", "level"),
    "kinds": _listed("flag", "kind"),
    "outcomes": _listed("flag", "outcome"),
    "notes": _listed("flag", "note"),
    "words kept": _count("message"),
    "courses": _listed("episode", "state"),
    "planned": _count("outgoing", f"{PLANNED}'waiting'"),
    "to come": _listed("outgoing", "planned", f"{PLANNED}'waiting'", "due_at, id"),
    "sent": _listed("outgoing", "planned", f"{PLANNED}'sent'", "sent_at, id"),
    "merged": _listed("outgoing", "planned", f"{PLANNED}'merged'", "due_at, id"),
    "left out": _listed("outgoing", "planned", f"{PLANNED}'dropped'", "due_at, id"),
    "left out because": _reasons("dropped"),
    "cancelled": _listed("outgoing", "planned", f"{PLANNED}'cancelled'", "due_at, id"),
    "cancelled because": _reasons("cancelled"),
    "consent": _listed("consent", "accepted"),
    "check-ins": _listed("checkin", "state"),
}
"""Name → fact: a count, a list, or a table of what and why."""


def undone(read: Reads) -> list[Row]:
    """What is neither done nor waiting for its time: messages in and out."""
    heard = read.rows("SELECT update_id, state, trouble FROM incoming WHERE state <> 'handled'")
    told = read.rows("SELECT id, words, state, reason FROM outgoing WHERE state IN ('claimed', 'handed')")
    return [*heard, *told]


def cells(read: Reads) -> Iterator[tuple[str, str]]:
    """Every cell of the database as (table.column, text), empty ones left out."""
    for table in read.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in read.rows(f"SELECT * FROM {table['name']}"):
            for column in row.keys():  # noqa: SIM118 - a row of SQLite iterates over its values
                if row[column] not in (None, ""):
                    yield f"{table['name']}.{column}", str(row[column])
