"""What follows by itself: a sent message begins its check-in, a lost one becomes a task, rounds go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from care.cards import who
from care.library import Library
from care.model import Lane, Level, Say, Why
from scheduler.rounds import purge
from scheduler.watch import flags_nobody_took, questions_nobody_answered
from store import asking, audit, flagging, flags, people
from store.flagging import Staffroom
from store.seam import Row, Store, Writes, moment


class Keeper:
    """The hooks of delivery and the rounds of the clock."""

    def __init__(
        self,
        store: Store,
        library: Library,
        staff_chat: int,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._store, self._library, self._staff_chat = store, library, staff_chat
        self._clock, self._wake = clock, wake
        self._purged = ""

    def _room(self) -> Staffroom:
        moved = audit.recall(self._store.read, "staff_chat")
        return Staffroom(self._library.clinic, int(moved) if moved else self._staff_chat)

    def sent(self, tx: Writes, row: Row, now: datetime) -> None:
        """In the transaction that marks a planned message as sent: its check-in begins."""
        episode = people.episode(tx, row["episode_id"])
        patient = people.by_id(tx, row["patient_id"])
        if episode is None or patient is None or episode["state"] != "running":
            return
        procedure = self._library.procedure_of(episode["procedure"])
        planned = next((p for p in procedure.plan if p.id == row["planned"]), None)
        standing = flags.unresolved(tx, patient["id"])
        serious = standing is not None and Level.of(standing["level"]) >= Level.URGENT
        # While staff have something serious in hand, a questionnaire would only confuse.
        if planned is None or not planned.checkin or serious:
            return
        asking.begin(
            tx,
            patient,
            episode,
            procedure,
            self._library.clinic,
            checkin=planned.checkin,
            origin="planned",
            day=people.episode_of(episode).day(now),
            words="",
            now=now,
        )

    async def unreachable(self, patient_id: int, reason: str) -> None:
        """A patient can't be reached any more: a task for staff, never silence."""
        await self._task(patient_id, "unreachable", reason)

    async def unknown(self, row: Row) -> None:
        """A message may not have arrived, and is not repeated: staff look."""
        if row["patient_id"] is not None:
            await self._task(row["patient_id"], "delivery", self._title(row))

    def _title(self, row: Row) -> str:
        """What did not arrive, as staff know it."""
        if not row["planned"]:
            return str(row["words"])
        episode = people.episode(self._store.read, row["episode_id"])
        own = {"procedure": episode["procedure"] if episode else ""}
        return self._library.say(f"title.{row['planned']}", self._library.clinic.language, own).html

    async def refused(self, row: Row, reason: str) -> None:
        """Who is on call can't be written to, or an answer did not reach its patient: the group is told."""
        if row["words"] not in ("staff.on_call", "flag.answer") or row["flag_id"] is None:
            return
        now = self._clock()

        def work(tx: Writes) -> None:
            say = self._on_call_silent(tx, row) if row["words"] == "staff.on_call" else self._lost(tx, row, reason)
            if say is not None:
                flagging.under_card(tx, self._room(), say, row["flag_id"], now)

        await self._store.write(work)
        self._wake()

    def _on_call_silent(self, tx: Writes, row: Row) -> Say | None:
        member = people.staff_member(tx, self._library.clinic.id, row["chat_id"])
        return Say("staff.on_call_silent", {"name": member["name"]}, lane=Lane.EMERGENCY) if member else None

    def _lost(self, tx: Writes, row: Row, reason: str) -> Say | None:
        patient = people.by_id(tx, row["patient_id"])
        return (
            Say("staff.answer_refused", {"who": who(patient, self._library.clinic), "reason": reason})
            if patient
            else None
        )

    async def _task(self, patient_id: int, kind: str, reason: str) -> None:
        now = self._clock()

        def work(tx: Writes) -> None:
            patient = people.by_id(tx, patient_id)
            if patient is None:
                return
            if kind == "unreachable":
                people.change(tx, patient_id, unreachable=reason)
            episode = people.running(tx, patient_id)
            flagging.raise_flag(
                tx,
                self._room(),
                patient,
                episode,
                kind=kind,
                level=Level.REVIEW,
                words="",
                why=(Why("", "", reason, Level.REVIEW),),
                day=people.episode_of(episode).day(now) if episode else None,
                now=now,
            )

        await self._store.write(work)
        self._wake()

    async def go(self) -> None:
        """One round: flags nobody took, questions nobody answered, what must be forgotten."""
        now = self._clock()
        if self._due(now):
            room = self._room()

            def work(tx: Writes) -> None:
                flags_nobody_took(tx, room, now)
                questions_nobody_answered(tx, self._library, room, now)

            await self._store.write(work)
            self._wake()
        await self._store.write(lambda tx: audit.remember(tx, "alive_at", now.isoformat()))
        if self._purged != now.date().isoformat():
            await purge(self._store, self._library, now)
            self._purged = now.date().isoformat()

    def _due(self, now: datetime) -> bool:
        look = self.next_look()
        return look is not None and look <= now

    def next_look(self) -> datetime | None:
        """When a round next has something to do."""
        row = self._store.read.one(
            "SELECT min(at) AS at FROM ("
            " SELECT min(nudge_at) AS at FROM flag WHERE state = 'open' AND nudge_at IS NOT NULL"
            " UNION ALL SELECT min(look_at) FROM checkin WHERE look_at IS NOT NULL)"
        )
        return moment(row["at"]) if row and row["at"] else None
