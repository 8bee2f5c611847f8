"""/enroll in the staff group: procedure, time of the session, QR: at most four taps.

The whole choice travels in the buttons, so a restart in between loses nothing.
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
        procedures = self._desk.library.procedures
        rows = tuple((Button("button.procedure", f"n|p|{id}", {"procedure": id}),) for id in procedures)
        return Say("enroll.procedure", {}, rows)

    async def press(self, heard: Incoming, member: Row, rest: str) -> None:
        """One tap: ``p|procedure``, ``w|procedure|when``, ``d|procedure|day``, ``t|procedure|day|time``."""
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            step, procedure, *more = rest.split("|")
            if procedure not in desk.library.procedures:
                return
            today = now.astimezone(desk.library.clinic.zone).date()
            say = self._next(step, procedure, more, today)
            if say is None:
                session = self._session(step, more, now)
                self._invite(tx, heard, member, procedure, session, now)
                return
            flagging.to_staff(tx, desk.room(), say, now, form="edit", edits_message=heard.message_id)

        await desk.carry_out(heard, work)

    def _next(self, step: str, procedure: str, more: list[str], today: date) -> Say | None:
        """The next question, or None when everything is known."""
        if step == "p":
            own = f"n|w|{procedure}"
            first = (Button("button.now", f"{own}|now"), Button("button.earlier_today", f"{own}|earlier"))
            second = (
                Button("button.yesterday_staff", f"{own}|yesterday"),
                Button("button.other_day", f"{own}|other"),
            )
            return Say("enroll.time", {}, (first, second))
        if step == "w" and more == ["now"]:
            return None
        if step == "w" and more == ["other"]:
            return Say("enroll.day", {}, day_buttons(f"n|d|{procedure}", today, back=13))
        if step in ("w", "d"):
            days = {"earlier": today, "yesterday": today - timedelta(days=1)}
            day = days[more[0]] if step == "w" else date.fromisoformat(more[0])
            return Say("enroll.hour", {}, time_buttons(f"n|t|{procedure}|{day.isoformat()}", TIMES))
        return None

    def _session(self, step: str, more: list[str], now: datetime) -> datetime:
        if step != "t":
            return now
        zone = self._desk.library.clinic.zone
        return min(instant(date.fromisoformat(more[0]), time.fromisoformat(more[1]), zone), now)

    def _invite(
        self, tx: Writes, heard: Incoming, member: Row, procedure: str, session: datetime, now: datetime
    ) -> None:
        desk = self._desk
        clinic = desk.library.clinic
        chosen = {"procedure": procedure, "session_at": session.astimezone(clinic.zone)}
        flagging.to_staff(
            tx,
            desk.room(),
            Say("enroll.chosen", chosen),
            now,
            form="edit",
            edits_message=heard.message_id,
        )
        facts = {
            "procedure": procedure,
            "session_at": session.astimezone(UTC),
            "lang": clinic.language,
            "variant": "",
            "next_session": None,
            "made_by": f"staff {member['id']}",
            "hours": clinic.invitation_hours,
        }
        flagging.to_staff(tx, desk.room(), Say("enroll.qr", facts), now, form="qr")
        audit.note(tx, f"staff {member['id']}", "invited", procedure, now)
