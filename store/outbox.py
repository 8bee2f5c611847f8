"""Everything that is to reach a person: a row before it is sent, and its outcome after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from care.model import Button, Lane, Rows, Say
from store.seam import Reads, Row, Writes, added, packed, stamp

ENDED = ("sent", "refused", "unknown", "dropped", "merged", "cancelled")


def put(
    tx: Writes,
    say: Say,
    *,
    chat_id: int,
    lang: str,
    due: datetime,
    patient_id: int | None = None,
    episode_id: int | None = None,
    flag_id: int | None = None,
    checkin_id: int | None = None,
    form: str = "text",
    edits_row: int | None = None,
    edits_message: int | None = None,
    reply_row: int | None = None,
    planned: str | None = None,
    wall: str = "",
    repeat_of: int | None = None,
) -> int:
    """One more row for the sender; its id."""
    return added(
        tx,
        "outgoing",
        {
            "chat_id": chat_id,
            "patient_id": patient_id,
            "episode_id": episode_id,
            "flag_id": flag_id,
            "checkin_id": checkin_id,
            "lane": int(say.lane),
            "form": form,
            "planned": planned,
            "words": say.words,
            "facts": packed(dict(say.facts)),
            "buttons": packed(_plain(say.buttons)),
            "keyboard": None if say.keyboard is None else packed(_plain(say.keyboard)),
            "lang": lang,
            "edits_row": edits_row,
            "edits_message": edits_message,
            "reply_row": reply_row,
            "ask_reply": int(say.ask_reply),
            "wall": wall,
            "due_at": stamp(due),
            "repeat_of": repeat_of,
        },
    )


def _plain(rows: Rows) -> list[list[dict[str, Any]]]:
    return [[{k: v for k, v in asdict(button).items() if v} for button in row] for row in rows]


def buttons(stored: Iterable[Iterable[dict[str, Any]]]) -> Rows:
    """The buttons of a row, read back from its JSON."""
    return tuple(tuple(Button(**button) for button in row) for row in stored)


def claim(tx: Writes, me: str, now: datetime, most: int, resting: Collection[int]) -> list[Row]:
    """Take up to ``most`` due rows for instance ``me``, most urgent lane first.

    Leaves out chats that Telegram wants left alone, and the chats in ``resting``.
    """
    taken: list[Row] = []
    for lane in Lane:
        if len(taken) < most:
            taken += _claim_lane(tx, me, now, most - len(taken), lane, resting)
    return taken


def _claim_lane(
    tx: Writes, me: str, now: datetime, most: int, lane: Lane, resting: Collection[int]
) -> list[Row]:
    marks = ",".join("?" * len(resting))
    rows = tx.rows(
        "UPDATE outgoing SET state = 'claimed', claimed_by = ?, attempts = attempts + 1 WHERE id IN ("
        " SELECT id FROM outgoing o WHERE state = 'waiting' AND lane = ? AND due_at <= ?"
        f" AND chat_id NOT IN ({marks})"
        " AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.chat_id = o.chat_id AND h.until > ?)"
        " ORDER BY due_at, id LIMIT ?) RETURNING *",
        (me, int(lane), stamp(now), *resting, stamp(now), most),
    )
    return sorted(rows, key=lambda row: (row["due_at"], row["id"]))


def next_due(read: Reads) -> int | None:
    """Stamp of the earliest row that waits; None when nothing does. Holds are looked at by claim."""
    stamps = [
        row["due_at"]
        for lane in Lane
        if (
            row := read.one(
                "SELECT due_at FROM outgoing WHERE state = 'waiting' AND lane = ? "
                "ORDER BY lane, due_at, id LIMIT 1",
                (int(lane),),
            )
        )
    ]
    return min(stamps, default=None)


def handing(tx: Writes, row_id: int) -> bool:
    """Note that the row goes out this moment; False when it is no longer ours to send."""
    return bool(tx.run("UPDATE outgoing SET state = 'handed' WHERE id = ? AND state = 'claimed'", (row_id,)))


def sent(tx: Writes, row_id: int, message_id: int, version: str, digest: str, now: datetime) -> None:
    """Mark as sent, with the channel's id and the version of the words."""
    tx.run(
        "UPDATE outgoing SET state = 'sent', message_id = ?, version = ?, hash = ?, sent_at = ? WHERE id = ?",
        (message_id, version, digest, stamp(now), row_id),
    )


def ended(tx: Writes, row_id: int, state: str, reason: str, now: datetime) -> None:
    """Mark with a final outcome other than sent, and why."""
    tx.run(
        "UPDATE outgoing SET state = ?, reason = ?, sent_at = ? WHERE id = ?",
        (state, reason, stamp(now), row_id),
    )


def again(tx: Writes, row_id: int, due: datetime, reason: str) -> None:
    """Give a row that was surely not sent back, due again later."""
    tx.run(
        "UPDATE outgoing SET state = 'waiting', claimed_by = NULL, due_at = ?, reason = ? WHERE id = ?",
        (stamp(due), reason, row_id),
    )


def hold(tx: Writes, chat_id: int, until: datetime) -> None:
    """Leave a chat alone until then, because the channel asked for it."""
    tx.run(
        "INSERT INTO hold (chat_id, until) VALUES (?, ?) "
        "ON CONFLICT (chat_id) DO UPDATE SET until = max(until, excluded.until)",
        (chat_id, stamp(until)),
    )


def holds_until(read: Reads, now: datetime) -> int | None:
    """Stamp at which the first hold still in force ends."""
    row = read.one("SELECT min(until) AS until FROM hold WHERE until > ?", (stamp(now),))
    return row["until"] if row else None


def abandoned(tx: Writes, me: str) -> list[Row]:
    """Rows that an instance which died was sending: unsent ones wait again, the others come back."""
    tx.run(
        "UPDATE outgoing SET state = 'waiting', claimed_by = NULL WHERE state = 'claimed' AND claimed_by <> ?",
        (me,),
    )
    return tx.rows("SELECT * FROM outgoing WHERE state = 'handed' AND claimed_by <> ? ORDER BY id", (me,))


def cancel_plan(tx: Writes, episode_id: int, reason: str) -> int:
    """Cancel what an episode still has planned; how many rows."""
    return tx.run(
        "UPDATE outgoing SET state = 'cancelled', reason = ? "
        "WHERE episode_id = ? AND planned IS NOT NULL AND state = 'waiting'",
        (reason, episode_id),
    )


def planned(read: Reads, episode_id: int) -> list[Row]:
    """The whole plan of an episode in order of time."""
    return read.rows(
        "SELECT id, planned, due_at, state, sent_at, reason, wall FROM outgoing "
        "WHERE episode_id = ? AND planned IS NOT NULL ORDER BY due_at, id",
        (episode_id,),
    )


def move(tx: Writes, moves: Sequence[tuple[int, datetime, str]]) -> None:
    """Set new due times (row id, due, wall time) on planned rows that still wait."""
    for row_id, due, wall in moves:
        tx.run(
            "UPDATE outgoing SET due_at = ?, wall = ? WHERE id = ? AND state = 'waiting'",
            (stamp(due), wall, row_id),
        )


def of_message(read: Reads, chat_id: int, message_id: int) -> Row | None:
    """The row that became this message of a chat; the newest when ids were used again."""
    return read.one(
        "SELECT * FROM outgoing WHERE chat_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1",
        (chat_id, message_id),
    )


def message_of(read: Reads, row_id: int) -> Row | None:
    """State and channel's id of a row, for what edits or answers it."""
    return read.one("SELECT id, chat_id, state, message_id FROM outgoing WHERE id = ?", (row_id,))


def last_sent(read: Reads, since: datetime) -> list[Row]:
    """Chat and time of what was sent since then, oldest first: for the limits after a restart."""
    return read.rows(
        "SELECT chat_id, sent_at FROM outgoing WHERE state IN ('sent', 'handed') AND sent_at > ? "
        "ORDER BY sent_at",
        (stamp(since),),
    )


def counts(read: Reads) -> dict[str, int]:
    """How many rows there are in each state."""
    return {r["state"]: r["n"] for r in read.rows("SELECT state, count(*) AS n FROM outgoing GROUP BY state")}
