"""/enroll in the staff group: procedure, patient types, time of the session, QR: three taps for most.

The whole choice travels in the buttons, so a restart in between loses nothing. Types travel as the bits of
a number behind the procedure, as in ``microneedling:5``: a button carries 64 bytes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bot.desk import Desk
from bot.enrolment import day_buttons, time_buttons
from care.channel import Incoming
from care.model import Button, Say
from care.plan import instant
from store import audit, flagging
from store.seam import Row, Writes

TIMES = tuple(time(h) for h in range(8, 20))


class Enroll:
    """The member of staff at the desk, with the patient in front of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self) -> Say:
        """The first question."""
        procedures = self._desk.library.offered
        rows = tuple((Button("button.procedure", f"n|p|{id}", {"procedure": id}),) for id in procedures)
        return Say("enroll.procedure", {}, rows)

    async def press(self, heard: Incoming, member: Row, rest: str) -> None:
        """One tap: step, procedure with its types, what is known of the time, as in ``t|peel:5|2026-03-02|15:00``."""
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            step, chosen, *more = rest.split("|")
            procedure = chosen.partition(":")[0]
            if procedure not in desk.library.procedures:
                return
            today = now.astimezone(desk.library.clinic.zone).date()
            say = self._next(step, chosen, more, today)
            if procedure not in desk.library.offered:
                say = Say("enroll.unsigned", {"procedure": procedure})
            if say is None:
                session = self._session(step, more, now)
                self._invite(tx, heard, member, chosen, session, now)
                return
            flagging.to_staff(tx, desk.room(), say, now, form="edit", edits_message=heard.message_id)

        await desk.carry_out(heard, work)

    def _types(self, chosen: str) -> tuple[str, ...]:
        """The types in ``microneedling:5``: the first and the third of the procedure."""
        procedure, _, bits = chosen.partition(":")
        known = self._desk.library.procedures[procedure].types
        return tuple(type for n, type in enumerate(known) if int(bits or 0) & 1 << n)

    def _ask_types(self, chosen: str) -> Say:
        """A button for each type, and one that goes on; pressing a type puts its mark there or takes it away."""
        procedure, _, bits = chosen.partition(":")
        picked = self._types(chosen)
        rows = []
        for n, type in enumerate(self._desk.library.procedures[procedure].types):
            toggled = f"{procedure}:{int(bits or 0) ^ 1 << n}"
            facts = {"procedure": procedure, "type": type, "chosen": type in picked}
            rows.append((Button("button.type", f"n|k|{toggled}", facts),))
        rows.append((Button("button.types_done" if picked else "button.none_of_these", f"n|y|{chosen}"),))
        return Say("enroll.types", {}, tuple(rows))

    def _next(self, step: str, chosen: str, more: list[str], today: date) -> Say | None:
        """The next question, or None when everything is known."""
        if step == "k" or (step == "p" and self._desk.library.procedures[chosen].types):
            return self._ask_types(chosen)
        if step in ("p", "y"):
            own = f"n|w|{chosen}"
            first = (Button("button.now", f"{own}|now"), Button("button.earlier_today", f"{own}|earlier"))
            second = (
                Button("button.yesterday_staff", f"{own}|yesterday"),
                Button("button.other_day", f"{own}|other"),
            )
            return Say("enroll.time", {}, (first, second))
        if step == "w" and more == ["now"]:
            return None
        if step == "w" and more == ["other"]:
            return Say("enroll.day", {}, day_buttons(f"n|d|{chosen}", today, back=13))
        if step in ("w", "d"):
            days = {"earlier": today, "yesterday": today - timedelta(days=1)}
            day = days[more[0]] if step == "w" else date.fromisoformat(more[0])
            return Say("enroll.hour", {}, time_buttons(f"n|t|{chosen}|{day.isoformat()}", TIMES))
        return None

    def _session(self, step: str, more: list[str], now: datetime) -> datetime:
        if step != "t":
            return now
        zone = self._desk.library.clinic.zone
        return min(instant(date.fromisoformat(more[0]), time.fromisoformat(more[1]), zone), now)

    def _invite(
        self, tx: Writes, heard: Incoming, member: Row, chosen: str, session: datetime, now: datetime
    ) -> None:
        desk = self._desk
        clinic = desk.library.clinic
        procedure, types = chosen.partition(":")[0], list(self._types(chosen))
        about = {"procedure": procedure, "types": types, "session_at": session.astimezone(clinic.zone)}
        flagging.to_staff(
            tx,
            desk.room(),
            Say("enroll.chosen", about),
            now,
            form="edit",
            edits_message=heard.message_id,
        )
        facts = {
            "procedure": procedure,
            "session_at": session.astimezone(UTC),
            "lang": clinic.language,
            "types": types,
            "next_session": None,
            "made_by": f"staff {member['id']}",
            "hours": clinic.invitation_hours,
        }
        flagging.to_staff(tx, desk.room(), Say("enroll.qr", facts), now, form="qr")
        audit.note(tx, f"staff {member['id']}", "invited", procedure, now)
