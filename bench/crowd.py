"""Databases with a crowd in them: patients whose plans are pending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.floor import empty_log
from care.library import Library
from store import people, planning
from store.seam import Store, Writes, stamp
from store.sqlite import Sqlite

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A working afternoon, outside of everybody's quiet hours."""
FIRST_CHAT = 10_000_000
PERSON = "clinic_id, first_name, lang, zone, hour, since"
COPIED = "lane, form, planned, words, facts, buttons, lang, wall"
MONTH_MS = 30 * 86_400_000
SPREAD_MS = 7919 * 1000
"""Copies are due this much later than the one before, modulo a month: all over the index."""


def ticking() -> Callable[[], datetime]:
    """A clock that shows NOW at this moment, and goes on."""
    time = asyncio.get_running_loop().time
    began = time()
    return lambda: NOW + timedelta(seconds=time() - began)


def enrol(tx: Writes, library: Library, chat_id: int, now: datetime) -> int:
    """A patient who agrees, with an episode and its plan; the patient's id."""
    patient = people.admit(tx, library.clinic, chat_id, "Ada", library.clinic.language, now)
    people.consented(tx, patient["id"], "1", True, now)
    episode = people.begin(
        tx,
        patient["id"],
        procedure=next(iter(library.procedures)),
        session_at=now,
        zone=library.clinic.zone,
        next_session=None,
        types=(),
        now=now,
    )
    planning.plan(tx, library, episode, now)
    return int(patient["id"])


async def enrol_many(store: Store, library: Library, chats: range, now: datetime) -> None:
    """Patients in these chats, in one transaction."""

    def work(tx: Writes) -> None:
        people.open_clinic(tx, library.clinic, now)
        for chat_id in chats:
            enrol(tx, library, chat_id, now)

    await store.write(work)


class Crowd:
    """A database in which about ``pending`` messages wait for their time."""

    def __init__(self, path: Path, library: Library, pending: int) -> None:
        self.path, self._library = path, library
        self.store = Sqlite(path)
        self._chat = FIRST_CHAT
        self.store.write_now(lambda tx: self._fill(tx, pending))
        empty_log(path)

    async def enrol(self) -> None:
        """One more patient, in one transaction, as the product does it."""
        self._chat -= 1
        await self.store.write(lambda tx: enrol(tx, self._library, self._chat, NOW))

    def _fill(self, tx: Writes, pending: int) -> None:
        people.open_clinic(tx, self._library.clinic, NOW)
        if not pending:
            return
        first = enrol(tx, self._library, self._chat, NOW)
        found = tx.one("SELECT count(*) AS messages FROM outgoing")
        assert found is not None
        self._copy(tx, first, pending // int(found["messages"]) - 1)

    def _copy(self, tx: Writes, first: int, copies: int) -> None:
        """The first patient again and again, by SQL: what is measured is not how a crowd came about."""
        numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :copies) "
        later = f"(i * {SPREAD_MS}) % {MONTH_MS}"
        facts = {"copies": copies, "first": first}
        tx.run(
            f"{numbers} INSERT INTO patient (id, chat_id, case_number, {PERSON})"
            f" SELECT id + i, chat_id + i, 'A-' || printf('%04d', id + i), {PERSON}"
            " FROM n JOIN patient WHERE id = :first",
            facts,
        )
        tx.run(
            f"{numbers} INSERT INTO episode (id, patient_id, procedure, session_at, zone, state, began_at)"
            f" SELECT id + i, patient_id + i, procedure, session_at + {later}, zone, state, began_at"
            " FROM n JOIN episode WHERE patient_id = :first",
            facts,
        )
        tx.run(
            f"{numbers} INSERT INTO outgoing (chat_id, patient_id, episode_id, due_at, {COPIED})"
            f" SELECT chat_id + i, patient_id + i, episode_id + i, due_at + {later}, {COPIED}"
            " FROM n JOIN outgoing WHERE patient_id = :first ORDER BY i",
            facts,
        )

    def make_due(self, count: int, due: datetime) -> None:
        """Let one message of each of so many patients be due then."""
        self.store.write_now(
            lambda tx: tx.run(
                "UPDATE outgoing SET due_at = ? WHERE planned = 'day7' AND patient_id <= ?",
                (stamp(due), count),
            )
        )
