"""The staff group: flag cards with buttons, and answers relayed to the patient.

A press counts only from a registered member of staff, and is compare-and-set: of two nurses at once,
one wins and the other is told.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.desk import Desk
from bot.enroll import Enroll
from care.cards import outcomes, who
from care.channel import Incoming
from care.model import Button, Say
from care.promise import is_open
from store import audit, flagging, flags, outbox, people
from store.seam import Reads, Row, Writes, moment

LONGEST_ANSWER = 3800
"""UTF-16 units of an answer: with the name and the clinic below it, it still is one message."""
QUIET = ("toast.taken", "toast.outcome", "toast.done")
"""What a press is told in passing; everything else waits for an OK."""
COMMAND = re.compile(r"^/([a-z_]+)", re.IGNORECASE)


class Staff:
    """Everything that is heard in the staff group."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._enroll = Enroll(desk)

    async def handle(self, heard: Incoming) -> None:
        """A press, a command, or an answer to a card."""
        desk = self._desk
        member = people.staff_member(desk.store.read, desk.library.clinic.id, heard.person_id)
        if heard.kind == "press":
            await self._press(heard, member)
        elif heard.kind == "text" and (command := COMMAND.match(heard.text)):
            await self._command(heard, member, command[1].lower())
        elif heard.reply_to:
            await self._reply(heard, member)
        else:
            await desk.carry_out(heard, lambda tx, now: None)

    async def _toast(self, heard: Incoming, words: str, alert: bool = False, **facts: str) -> None:
        text = self._desk.library.say(words, self._desk.library.clinic.language, facts).html
        await self._desk.wire.answer_press(heard.press_id, text, alert)

    async def _press(self, heard: Incoming, member: Row | None) -> None:
        desk = self._desk
        if member is None:
            await self._toast(heard, "toast.not_staff", alert=True)
            await desk.carry_out(heard, lambda tx, now: None)
            return
        door, _, rest = heard.data.partition("|")
        if door == "n":
            await desk.wire.answer_press(heard.press_id)
            await self._enroll.press(heard, member, rest)
            return
        flag_id, _, deed = rest.partition("|")
        told: list[tuple[str, dict[str, str]]] = []

        def work(tx: Writes, now: datetime) -> None:
            flag = flags.by_id(tx, int(flag_id)) if door == "f" else None
            patient = people.by_id(tx, flag["patient_id"]) if flag else None
            if flag is None or patient is None:
                told.append(("toast.old", {}))
                return
            told.append(self._deed(tx, heard, member, flag, patient, deed, now))

        await desk.carry_out(heard, work)
        for words, facts in told:
            await self._toast(heard, words, words not in QUIET, **facts)

    def _deed(
        self, tx: Writes, heard: Incoming, member: Row, flag: Row, patient: Row, deed: str, now: datetime
    ) -> tuple[str, dict[str, str]]:
        """Carry out a button of a card; the words to tell the one who pressed."""
        if flag["state"] == "resolved":
            return "toast.resolved_by", {"name": self._name(tx, flag["resolved_by"])}
        if deed == "take":
            return self._take(tx, member, flag, patient, now)
        if deed == "answer":
            self._prompt(tx, heard, Say("staff.answer_prompt", self._who(patient), ask_reply=True), flag, now)
        elif deed == "call":
            self._call(tx, member, flag, patient, now)
        elif deed == "resolve":
            self._pick(tx, heard, flag, True, now)
            return "toast.outcome", {}
        elif deed == "back":
            self._pick(tx, heard, flag, False, now)
        elif deed == "other":
            self._prompt(tx, heard, Say("staff.resolve_prompt", ask_reply=True), flag, now)
        elif deed.startswith("outcome|"):
            self._resolve(tx, member, flag, patient, deed.partition("|")[2], "", now)
        return "toast.done", {}

    def _who(self, patient: Row) -> dict[str, str]:
        return {"who": who(patient, self._desk.library.clinic)}

    def _name(self, read: Reads, staff_id: int | None) -> str:
        member = people.staff_by_id(read, staff_id) if staff_id else None
        return member["name"] if member else ""

    def _take(self, tx: Writes, member: Row, flag: Row, patient: Row, now: datetime) -> tuple[str, dict[str, str]]:
        if not flags.take(tx, flag["id"], member["id"], now):
            taken_by = flag["taken_by"]
            if taken_by == member["id"]:
                return "toast.taken", {}
            return "toast.taken_by", {"name": self._name(tx, taken_by)}
        audit.note(tx, f"staff {member['id']}", "took", f"flag {flag['id']}", now)
        flagging.refresh(tx, self._desk.room(), flag["id"], now)
        if flag["kind"] not in flags.TASKS:
            self._seen(tx, member, flag, patient, now)
        return "toast.taken", {}

    def _seen(self, tx: Writes, member: Row, flag: Row, patient: Row, now: datetime) -> None:
        """The patient sees the loop close: who has it, and by when the answer comes."""
        desk = self._desk
        zone = people.patient_of(patient).zone
        promise = moment(flag["promise_at"]).astimezone(zone)
        facts = {
            "name": member["name"],
            "role": member["role"],
            "level": flag["level"],
            "promise": promise if promise > now else None,
            "promise_today": promise.date() == now.astimezone(zone).date(),
            "open": is_open(desk.library.clinic, now),
        }
        desk.to_patient(tx, patient, Say("flag.seen", facts), now, flag_id=flag["id"])

    def _prompt(self, tx: Writes, heard: Incoming, say: Say, flag: Row, now: datetime) -> None:
        flagging.under_card(tx, self._desk.room(), say, flag["id"], now)

    def _call(self, tx: Writes, member: Row, flag: Row, patient: Row, now: datetime) -> None:
        desk, room = self._desk, self._desk.room()
        flags.take(tx, flag["id"], member["id"], now)
        audit.note(tx, f"staff {member['id']}", "calls", f"flag {flag['id']}", now)
        flagging.refresh(tx, room, flag["id"], now)
        facts = self._who(patient)
        if patient["phone"]:
            say = Say("staff.call_phone", {**facts, "phone": patient["phone"]})
            flagging.under_card(tx, room, say, flag["id"], now)
            desk.to_patient(tx, patient, Say("call.soon", {"name": member["name"]}), now, flag_id=flag["id"])
            return
        flagging.under_card(tx, room, Say("staff.call_asked", facts), flag["id"], now)
        share = ((Button("keyboard.share_phone", contact=True),), (Button("keyboard.worried"),))
        say = Say("call.share", {"name": member["name"]}, keyboard=share)
        desk.to_patient(tx, patient, say, now, flag_id=flag["id"])

    def _pick(self, tx: Writes, heard: Incoming, flag: Row, resolving: bool, now: datetime) -> None:
        """The card's buttons become the ways in which it can have ended, or come back."""
        room = self._desk.room()
        say = flagging.card_of(tx, room, flag["id"])
        if resolving:
            say = Say(say.words, say.facts, outcomes(flag["id"]), lane=say.lane)
        flagging.to_staff(tx, room, say, now, flag_id=flag["id"], form="edit", edits_message=heard.message_id)

    def _resolve(
        self, tx: Writes, member: Row, flag: Row, patient: Row, outcome: str, note: str, now: datetime
    ) -> None:
        desk, room = self._desk, self._desk.room()
        if not flags.resolve(tx, flag["id"], member["id"], outcome, note, now):
            return
        audit.note(tx, f"staff {member['id']}", f"resolved: {outcome}", f"flag {flag['id']}", now)
        flagging.refresh(tx, room, flag["id"], now)
        if flag["kind"] not in flags.TASKS:
            desk.to_patient(tx, patient, Say("flag.resolved", {"name": member["name"]}), now, flag_id=flag["id"])

    def _other(self, tx: Writes, heard: Incoming, member: Row, flag: Row, patient: Row, now: datetime) -> None:
        """What was done, in a line; somebody may have resolved it while it was written."""
        if flag["state"] == "resolved":
            say = Say("toast.resolved_by", {"name": self._name(tx, flag["resolved_by"])})
            flagging.under_card(tx, self._desk.room(), say, flag["id"], now)
            return
        self._resolve(tx, member, flag, patient, "other", heard.text, now)

    async def _reply(self, heard: Incoming, member: Row | None) -> None:
        """An answer to anything of ours in the group that belongs to a flag."""
        desk = self._desk
        about = outbox.of_message(desk.store.read, heard.chat_id, heard.reply_to)

        def work(tx: Writes, now: datetime) -> None:
            flag = flags.by_id(tx, about["flag_id"]) if about is not None and about["flag_id"] else None
            patient = people.by_id(tx, flag["patient_id"]) if flag else None
            if about is None or flag is None or patient is None:
                flagging.to_staff(tx, desk.room(), Say("staff.nobody"), now)
            elif member is None:
                flagging.under_card(tx, desk.room(), Say("staff.not_sent", self._who(patient)), flag["id"], now)
            elif heard.edited:
                flagging.under_card(tx, desk.room(), Say("staff.edited", self._who(patient)), flag["id"], now)
            elif heard.kind != "text":
                flagging.under_card(tx, desk.room(), Say("staff.text_only", self._who(patient)), flag["id"], now)
            elif len(heard.text.encode("utf-16-le")) // 2 > LONGEST_ANSWER:
                flagging.under_card(tx, desk.room(), Say("staff.too_long", self._who(patient)), flag["id"], now)
            elif about["words"] == "staff.resolve_prompt":
                self._other(tx, heard, member, flag, patient, now)
            else:
                self._answer(tx, heard, member, flag, patient, about["id"], now)

        await desk.carry_out(heard, work)

    def _answer(
        self, tx: Writes, heard: Incoming, member: Row, flag: Row, patient: Row, about: int, now: datetime
    ) -> None:
        """The words go to the patient as they are, with the name of the member of staff; ``about``: see questions."""
        desk, room = self._desk, self._desk.room()
        facts = {"name": member["name"], "role": member["role"], "text": heard.text, "answers": about}
        desk.to_patient(tx, patient, Say("flag.answer", facts), now, flag_id=flag["id"])
        flags.answered(tx, flag["id"], member["id"], now)
        audit.note(tx, f"staff {member['id']}", "answered", f"flag {flag['id']}", now)
        flagging.refresh(tx, room, flag["id"], now)
        flagging.under_card(tx, room, Say("staff.answer_sent", self._who(patient)), flag["id"], now)

    async def _command(self, heard: Incoming, member: Row | None, name: str) -> None:
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            if member is None:
                text = Say("toast.not_staff")
            elif name == "enroll":
                text = self._enroll.begin()
            elif name == "start":
                text = Say("staff.welcome")
            else:
                text = Say("staff.help")
            flagging.to_staff(tx, desk.room(), text, now)

        await desk.carry_out(heard, work)
