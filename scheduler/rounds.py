"""The slow rounds: what has run out ends, and what must be forgotten is erased."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from scheduler.letters import Words
from store import audit, inbox, invitations, outbox, people
from store.seam import Reads, Row, Store, Writes, stamp

log = logging.getLogger("aftercare.rounds")


async def purge(store: Store, library: Words, now: datetime) -> None:
    """Forget updates, invitations and strangers that have run out, end care after its last day, and erase
    patients whose last care ended more than the clinic's ``keep_days`` ago."""
    before = now - timedelta(days=library.clinic.keep_days)
    await store.write(lambda tx: inbox.purge(tx, now))
    await store.write(lambda tx: invitations.purge(tx, now))
    await store.write(lambda tx: outbox.purge(tx, before))
    # The limits look back a minute: what is older than an hour serves nothing any more.
    await store.write(lambda tx: outbox.purge_strangers(tx, now - timedelta(hours=1)))
    for row in _over(store.read, library, now):
        await store.write(partial(_finish, row=row, now=now))
    for row in _to_erase(store.read, before):
        await store.write(partial(_erase, row=row, now=now))
    await store.wipe()


def _over(read: Reads, library: Words, now: datetime) -> list[Row]:
    """Running episodes whose last day has passed."""
    return [
        row
        for row in read.rows("SELECT * FROM episode WHERE state = 'running' ORDER BY id")
        if (procedure := library.procedures.get(row["procedure"])) is not None
        and people.episode_of(row).day(now) > procedure.last_day
    ]


def _finish(tx: Writes, row: Row, now: datetime) -> None:
    if people.end(tx, row["id"], "finished", now):
        outbox.cancel_plan(tx, row["id"], "the care has ended")
        audit.note(tx, "bot", "care finished", f"episode {row['id']}", now)


def _to_erase(read: Reads, before: datetime) -> list[Row]:
    """Patients without running care, whose last one ended before then, or who never began one."""
    return read.rows(
        "SELECT p.id FROM patient p WHERE NOT EXISTS ("
        " SELECT 1 FROM episode e WHERE e.patient_id = p.id AND (e.state = 'running' OR e.ended_at >= ?))"
        " AND p.since < ? ORDER BY p.id",
        (stamp(before), stamp(before)),
    )


def _erase(tx: Writes, row: Row, now: datetime) -> None:
    people.forget(tx, row["id"])
    audit.note(tx, "bot", "erased, its time has run out", f"patient {row['id']}", now)
    log.info("patient %d erased", row["id"])
