"""Everything that is to reach a person: a row before it is sent, and its outcome after."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from care.model import Button, Lane, Rows, Said, Say
from store import wordings
from store.seam import Reads, Row, Writes, added, packed, stamp

ENDED = ("sent", "refused", "unknown", "dropped", "merged", "cancelled")
REPEATED = (
    *("chat_id", "patient_id", "episode_id", "flag_id", "checkin_id", "lane", "form", "words"),
    *("buttons", "keyboard", "lang", "reply_row", "ask_reply"),
)
"""Columns that a repetition has from its original."""


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


def claim(
    tx: Writes, me: str, now: datetime, room: Mapping[Lane, int], resting: Mapping[Lane, Collection[int]]
) -> list[Row]:
    """Take due rows for instance ``me``, at most one of each chat, most urgent lane first.

    ``room``: how many of each lane; ``resting``: chats to leave out in a lane. Chats that the channel
    wants left alone are left out, too.
    """
    taken: list[Row] = []
    for lane in Lane:
        busy = {*resting[lane], *(row["chat_id"] for row in taken)}
        taken += _take(tx, me, _firsts(tx, now, lane, busy, room[lane]))
    return taken


def _firsts(read: Reads, now: datetime, lane: Lane, busy: set[int], most: int) -> list[int]:
    """Ids of the first claimable row of up to ``most`` chats."""
    firsts: dict[int, int] = {}
    while len(firsts) < most:
        found = _claimable(read, now, lane, {*busy, *firsts}, most)
        for row in found:
            firsts.setdefault(row["chat_id"], row["id"])
        if len(found) < most:
            break
    return list(firsts.values())[:most]


def _take(tx: Writes, me: str, ids: Collection[int]) -> list[Row]:
    if not ids:
        return []
    rows = tx.rows(
        "UPDATE outgoing SET state = 'claimed', claimed_by = ?, attempts = attempts + 1 "
        f"WHERE state = 'waiting' AND id IN ({_marks(ids)}) RETURNING *",
        (me, *ids),
    )
    return sorted(rows, key=_order)


def _claimable(read: Reads, now: datetime, lane: Lane, busy: Collection[int], most: int) -> list[Row]:
    left_out = (0, *busy)  # no chat has the id 0; an empty list is no SQL
    return read.rows(
        "SELECT id, chat_id FROM outgoing o WHERE state = 'waiting' AND lane = ? AND due_at <= ?"
        f" AND chat_id NOT IN ({_marks(left_out)})"
        " AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.chat_id = o.chat_id AND h.until > ?)"
        " ORDER BY due_at, id LIMIT ?",
        (int(lane), stamp(now), *left_out, stamp(now), most),
    )


def _marks(values: Collection[int]) -> str:
    return ",".join("?" * len(values))


def _order(row: Row) -> tuple[int, int]:
    return row["due_at"], row["id"]


def claim_plan(tx: Writes, me: str, episode_id: int, now: datetime) -> list[Row]:
    """Take everything planned of an episode that is due, for one decision about all of it."""
    rows = tx.rows(
        "UPDATE outgoing SET state = 'claimed', claimed_by = ?, attempts = attempts + 1 "
        "WHERE episode_id = ? AND planned IS NOT NULL AND state = 'waiting' AND due_at <= ? RETURNING *",
        (me, episode_id, stamp(now)),
    )
    return sorted(rows, key=_order)


def anything(read: Reads, now: datetime, resting: Mapping[Lane, Collection[int]]) -> bool:
    """Whether :func:`claim` would find a row."""
    return any(_claimable(read, now, lane, resting[lane], 1) for lane in Lane)


def next_due(read: Reads) -> int | None:
    """Stamp of the earliest row that waits; None when nothing does. Holds are looked at by claim."""
    stamps = [
        row["due_at"]
        for lane in Lane
        if (
            row := read.one(
                "SELECT due_at FROM outgoing WHERE state = 'waiting' AND lane = ? ORDER BY lane, due_at, id LIMIT 1",
                (int(lane),),
            )
        )
    ]
    return min(stamps, default=None)


def next_after(read: Reads, now: datetime) -> int | None:
    """Stamp of the next moment at which something becomes claimable by time alone: due, or no longer held."""
    stamps = [
        row["due_at"]
        for lane in Lane
        if (
            row := read.one(
                "SELECT due_at FROM outgoing WHERE state = 'waiting' AND lane = ? AND due_at > ? "
                "ORDER BY due_at LIMIT 1",
                (int(lane), stamp(now)),
            )
        )
    ]
    until = holds_until(read, now)
    return min([*stamps, *([until] if until else [])], default=None)


def handing(tx: Writes, row_id: int, me: str, said: Said, facts: Mapping[str, Any]) -> bool:
    """Note that the row goes out this moment in these words; False when it is no longer ours to send."""
    return bool(
        tx.run(
            "UPDATE outgoing SET state = 'handed', words = ?, facts = ?, version = ?, hash = ?, inside = ? "
            "WHERE id = ? AND state = 'claimed' AND claimed_by = ?",
            (said.words, packed(dict(facts)), said.version, said.hash, wordings.kept(tx, said.parts), row_id, me),
        )
    )


def sent(tx: Writes, row_id: int, message_id: int, now: datetime) -> None:
    """Mark as sent, with the channel's id."""
    tx.run(
        "UPDATE outgoing SET state = 'sent', message_id = ?, sent_at = ? WHERE id = ?",
        (message_id, stamp(now), row_id),
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


def back(tx: Writes, row_ids: Iterable[int], reason: str) -> None:
    """Give rows that were surely not sent back as they were; what ended meanwhile stays as it is."""
    for row_id in row_ids:
        tx.run(
            "UPDATE outgoing SET state = 'waiting', claimed_by = NULL, reason = ? "
            "WHERE id = ? AND state IN ('claimed', 'handed', 'merged')",
            (reason, row_id),
        )


def release(tx: Writes, me: str) -> None:
    """Give back everything that this instance took and did not begin to send."""
    tx.run(
        "UPDATE outgoing SET state = 'waiting', claimed_by = NULL WHERE state = 'claimed' AND claimed_by = ?",
        (me,),
    )


def anew(tx: Writes, row_id: int) -> None:
    """The message that this row was to change is gone: it waits to be sent as one of its own."""
    tx.run(
        "UPDATE outgoing SET state = 'waiting', claimed_by = NULL, form = 'text', edits_row = NULL,"
        " edits_message = NULL, reason = 'the message to change is gone' WHERE id = ?",
        (row_id,),
    )


def repeat(tx: Writes, row: Row, now: datetime) -> None:
    """The same once more as a new row, whose words say so; nothing when the row was erased meanwhile."""
    columns = ", ".join(REPEATED)
    facts = packed({**json.loads(row["facts"]), "repeat": True})
    tx.run(
        f"INSERT INTO outgoing ({columns}, facts, due_at, repeat_of) "
        f"SELECT {columns}, ?, ?, id FROM outgoing WHERE id = ?",
        (facts, stamp(now), row["id"]),
    )


def move_chat(tx: Writes, old: int, new: int) -> None:
    """A group has a new id: what is still to be sent goes there."""
    tx.run(
        "UPDATE outgoing SET chat_id = ? WHERE chat_id = ? AND state IN ('waiting', 'claimed', 'handed')",
        (new, old),
    )


def hold(tx: Writes, chat_id: int, until: datetime) -> None:
    """Leave a chat alone until then, because the channel asked for it."""
    tx.run(
        "INSERT INTO hold (chat_id, until) VALUES (?, ?) "
        "ON CONFLICT (chat_id) DO UPDATE SET until = max(until, excluded.until)",
        (chat_id, stamp(until)),
    )


def held(read: Reads, chat_id: int, now: datetime) -> bool:
    """Whether the channel wants this chat left alone."""
    row = read.one("SELECT 1 FROM hold WHERE chat_id = ? AND until > ?", (chat_id, stamp(now)))
    return row is not None


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
        "WHERE episode_id = ? AND planned IS NOT NULL AND state IN ('waiting', 'claimed')",
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
    """State and channel's id of a row, or of its repetition, for what edits or answers it."""
    row = read.one("SELECT id, chat_id, state, message_id FROM outgoing WHERE id = ?", (row_id,))
    if row is None or row["state"] != "unknown":
        return row
    repetition = read.one(
        "SELECT id, chat_id, state, message_id FROM outgoing WHERE id > ? AND repeat_of = ?", (row_id, row_id)
    )
    return repetition or row


def overtaken(read: Reads, row: Row) -> bool:
    """Whether a newer row changes the same message, so that this one would only undo it."""
    newer = read.one(
        "SELECT 1 FROM outgoing WHERE id > ? AND chat_id = ? AND form = 'edit'"
        " AND (edits_row = ? OR edits_message = ?)"
        " AND state IN ('waiting', 'claimed', 'handed', 'sent') LIMIT 1",
        (row["id"], row["chat_id"], row["edits_row"], row["edits_message"]),
    )
    return newer is not None


def questions(read: Reads, checkin_id: int) -> list[Row]:
    """The messages that were sent, or will be, with buttons of a check-in; not those that were asked again."""
    return read.rows(
        "SELECT id FROM outgoing WHERE checkin_id = ? AND form = 'text' AND buttons <> '[]'"
        " AND state IN ('waiting', 'claimed', 'handed', 'sent') AND NOT EXISTS"
        " (SELECT 1 FROM outgoing AS edit WHERE edit.patient_id = outgoing.patient_id"
        " AND edit.edits_row = outgoing.id AND edit.words = 'checkin.asked_again')",
        (checkin_id,),
    )


def last_sent(read: Reads, since: datetime) -> list[Row]:
    """Chat and time of what was sent since then, oldest first: for the limits after a restart."""
    return read.rows(
        "SELECT chat_id, sent_at FROM outgoing WHERE state IN ('sent', 'handed') AND sent_at > ? ORDER BY sent_at",
        (stamp(since),),
    )


def counts(read: Reads) -> dict[str, int]:
    """How many rows there are in each state."""
    return {r["state"]: r["n"] for r in read.rows("SELECT state, count(*) AS n FROM outgoing GROUP BY state")}


def purge(tx: Writes, before: datetime) -> int:
    """Forget what ended before then and hangs on no patient: they take theirs with them; how many."""
    return tx.run(
        "DELETE FROM outgoing WHERE patient_id IS NULL AND flag_id IS NULL AND due_at < ?"
        " AND state NOT IN ('waiting', 'claimed', 'handed')",
        (stamp(before),),
    )


def purge_strangers(tx: Writes, before: datetime) -> int:
    """Forget what went to private chats that belong to nobody, or to nobody any more; how many."""
    return tx.run(
        "DELETE FROM outgoing WHERE patient_id IS NULL AND flag_id IS NULL AND chat_id > 0 AND due_at < ?"
        " AND state NOT IN ('waiting', 'claimed', 'handed')",
        (stamp(before),),
    )
