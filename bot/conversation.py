"""The way of one patient's message, top to bottom."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.checkins import CheckIns
from bot.commands import Commands
from bot.desk import NO_EPISODE_DAY, Desk
from bot.enrolment import Enrolment
from bot.staff import Staff
from care.channel import Incoming
from care.decide import Decision, Situation, decide, flag_facts
from care.model import Level, Reading, Say
from store import audit, checkins, flagging, flags, messages, people
from store.seam import Row, Writes

MEDIA = frozenset({"photo", "voice", "audio", "video", "document", "sticker", "location"})
COMMAND = re.compile(r"^/([a-z_]+)(?:\s+(.*))?$", re.DOTALL | re.IGNORECASE)


class Conversation:
    """Everything that is heard comes by here and goes to whom it concerns."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._enrolment = Enrolment(desk)
        self._checkins = CheckIns(desk)
        self._commands = Commands(desk, self._enrolment)
        self._staff = Staff(desk)
        self._worried = desk.library.labels("keyboard.worried")
        self._plan = desk.library.labels("keyboard.plan")
        self._help = desk.library.labels("keyboard.help")

    async def handle(self, heard: Incoming) -> None:
        """Act on one update, in one transaction."""
        if heard.kind == "moved":
            await self._moved(heard)
        elif not heard.private:
            await self._group(heard)
        elif heard.kind == "press":
            await self._press(heard)
        elif heard.kind == "text":
            await self._text(heard)
        elif heard.kind in MEDIA:
            await self._medium(heard)
        elif heard.kind == "contact":
            await self._contact(heard)
        elif heard.kind in ("blocked", "unblocked"):
            await self._reach(heard)
        else:
            await self._nothing(heard)

    async def rescue(self, heard: Incoming) -> None:
        """Handling failed twice: keep the words, and let a person read them."""
        patient = people.by_chat(self._desk.store.read, heard.chat_id) if heard.private else None
        if patient is None or heard.kind not in {"text", "press", "contact", *MEDIA}:
            await self._nothing(heard)
            return
        await self._conclude(heard, patient, Reading(Level.REVIEW, ("unreadable",), readable=False))

    async def _nothing(self, heard: Incoming) -> None:
        await self._desk.carry_out(heard, lambda tx, now: None)

    async def _moved(self, heard: Incoming) -> None:
        room = self._desk.room()

        def work(tx: Writes, now: datetime) -> None:
            if heard.chat_id == room.chat_id:
                audit.remember(tx, "staff_chat", str(heard.moved_to))

        await self._desk.carry_out(heard, work)

    async def _group(self, heard: Incoming) -> None:
        if heard.chat_id == self._desk.room().chat_id:
            await self._staff.handle(heard)
        else:
            await self._nothing(heard)

    async def _press(self, heard: Incoming) -> None:
        await self._desk.wire.answer_press(heard.press_id)
        door = heard.data.split("|", 1)[0]
        if door == "e":
            await self._enrolment.press(heard)
        elif door == "c":
            await self._checkins.press(heard)
        elif door in ("topic", "ask", "noask"):
            await self._question(heard, door)
        else:
            await self._commands.press(heard)

    async def _text(self, heard: Incoming) -> None:
        command = COMMAND.match(heard.text)
        if command:
            await self._commands.command(heard, command[1].lower(), (command[2] or "").strip())
        elif heard.text in self._worried:
            await self._checkins.worried(heard)
        elif heard.text in self._plan:
            await self._commands.command(heard, "plan", "")
        elif heard.text in self._help:
            await self._commands.command(heard, "help", "")
        else:
            await self._words(heard)

    async def _words(self, heard: Incoming) -> None:
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        episode = desk.episode(desk.store.read, patient) if patient else None
        lang = patient["lang"] if patient else desk.language(heard.lang)
        day = desk.day(episode, desk.clock())
        reading = await desk.understand(heard.text, _read_day(day), lang)
        if patient is None:
            await self._stranger(heard, reading)
        elif reading.level < Level.URGENT and people.asking(patient)[0]:
            await self._enrolment.typed(heard, patient)
        else:
            await self._conclude(heard, patient, reading)

    async def _stranger(self, heard: Incoming, reading: Reading) -> None:
        desk = self._desk
        decision = decide(reading, desk.situation(desk.store.read, None, None, desk.clock()))

        def work(tx: Writes, now: datetime) -> None:
            for say in decision.says:
                desk.to_stranger(tx, heard, say, now)

        await desk.carry_out(heard, work)

    async def _conclude(self, heard: Incoming, patient: Row, reading: Reading) -> None:
        desk = self._desk
        episode = desk.episode(desk.store.read, patient)
        now = desk.clock()
        situation = desk.situation(desk.store.read, patient, episode, now)
        decision = decide(reading, situation)

        def work(tx: Writes, at: datetime) -> None:
            self._keep(tx, heard, patient, episode, reading, situation)
            self._answer(tx, heard, patient, episode, reading, decision, situation, at)

        await desk.carry_out(heard, work)

    def _keep(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        reading: Reading,
        situation: Situation,
    ) -> None:
        messages.keep(
            tx,
            patient_id=patient["id"],
            episode_id=episode["id"] if episode else None,
            update_id=heard.update_id,
            at=heard.at,
            day=situation.day,
            kind=heard.kind,
            text=heard.text or heard.data,
            file_id=heard.file_id,
            level=reading.level.word,
            reading=_plain(reading),
        )
        checkins.settle(tx, patient["id"])

    def _answer(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        reading: Reading,
        decision: Decision,
        situation: Situation,
        now: datetime,
    ) -> None:
        desk = self._desk
        for say in decision.says:
            desk.to_patient(tx, patient, say, now, episode=episode)
        people.change(tx, patient["id"], failures=decision.failures, last_topic=decision.topic)
        standing = flags.unresolved(tx, patient["id"])
        if decision.level > Level.NONE:
            flagging.raise_flag(
                tx,
                desk.room(),
                patient,
                episode,
                kind=decision.kind,
                level=decision.level,
                words=heard.text,
                why=reading.why,
                day=situation.day,
                now=now,
            )
        elif standing is not None and standing["kind"] not in flagging.TASKS:
            flagging.relay(tx, desk.room(), patient, standing["id"], Level.NONE, heard.text, now)
        if decision.level >= Level.URGENT:
            checkins.stop(tx, patient["id"])
        elif decision.ask_signs:
            self._checkins.begin_safety(tx, patient, episode, "unsure", heard.text, situation.day, now)

    async def _question(self, heard: Incoming, door: str) -> None:
        """A button below "I'm not sure": one of the topics, or ask the clinic."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        if patient is None:
            await self._nothing(heard)
            return
        episode = desk.episode(desk.store.read, patient)
        situation = desk.situation(desk.store.read, patient, episode, desk.clock())

        def work(tx: Writes, now: datetime) -> None:
            say = self._chosen(tx, heard, door, patient, episode, situation, now)
            desk.to_patient(tx, patient, say, now, episode=episode, instead_of=heard.message_id)
            people.change(tx, patient["id"], failures=0)

        await desk.carry_out(heard, work)

    def _chosen(
        self,
        tx: Writes,
        heard: Incoming,
        door: str,
        patient: Row,
        episode: Row | None,
        situation: Situation,
        now: datetime,
    ) -> Say:
        if door == "topic":
            topic = heard.data.partition("|")[2]
            people.change(tx, patient["id"], last_topic=topic)
            facts = {"topic": topic, "day": situation.day, "procedure": situation.procedure}
            return Say("faq.answer", facts)
        if door == "noask":
            return Say("faq.not_passed")
        asked = messages.latest(tx, patient["id"])
        flagging.raise_flag(
            tx,
            self._desk.room(),
            patient,
            episode,
            kind="question",
            level=Level.REVIEW,
            words=asked["text"] if asked else "",
            why=(),
            day=situation.day,
            now=now,
        )
        return Say("faq.passed_on", flag_facts(Level.REVIEW, situation))

    async def _medium(self, heard: Incoming) -> None:
        """A photo, a voice message …: kept, acknowledged, and shown to a person."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        if patient is None:
            await self._stranger(heard, await desk.understand(heard.text, _read_day(None), heard.lang))
            return
        episode = desk.episode(desk.store.read, patient)
        now = desk.clock()
        situation = desk.situation(desk.store.read, patient, episode, now)
        caption = Reading()
        if heard.text:
            caption = await desk.understand(heard.text, _read_day(situation.day), patient["lang"])
        level = max(caption.level, Level.REVIEW)
        facts = {**flag_facts(Level.REVIEW, situation), "kind": heard.kind}
        says = [Say("media.received", facts)]
        if caption.level >= Level.URGENT:
            says = [*decide(caption, situation).says, *says]

        def work(tx: Writes, at: datetime) -> None:
            self._keep(tx, heard, patient, episode, caption, situation)
            for say in says:
                desk.to_patient(tx, patient, say, at, episode=episode)
            self._show_medium(tx, heard, patient, episode, level, caption, situation, at)

        await desk.carry_out(heard, work)

    def _show_medium(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        level: Level,
        caption: Reading,
        situation: Situation,
        now: datetime,
    ) -> None:
        room = self._desk.room()
        flag_id = flagging.raise_flag(
            tx,
            room,
            patient,
            episode,
            kind="media",
            level=level,
            words=heard.text,
            why=caption.why,
            day=situation.day,
            now=now,
        )
        if heard.file_id:
            say = Say("staff.media", {"file_id": heard.file_id, "kind": heard.kind})
            flagging.under_card(tx, room, say, flag_id, now, form="copy")

    async def _contact(self, heard: Incoming) -> None:
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        if patient is None or not heard.phone:
            await self._nothing(heard)
            return

        def work(tx: Writes, now: datetime) -> None:
            self._commands.keep_phone(tx, patient, heard.phone, now)

        await desk.carry_out(heard, work)

    async def _reach(self, heard: Incoming) -> None:
        """The patient shut or reopened the chat: a task for staff, never silence."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        reason = "blocked" if heard.kind == "blocked" else ""

        def work(tx: Writes, now: datetime) -> None:
            if patient is None:
                return
            people.change(tx, patient["id"], unreachable=reason)
            episode = people.running(tx, patient["id"])
            if reason and episode is not None:
                flagging.raise_flag(
                    tx,
                    desk.room(),
                    patient,
                    episode,
                    kind="unreachable",
                    level=Level.REVIEW,
                    words="",
                    why=(),
                    day=desk.day(episode, now),
                    now=now,
                )

        await desk.carry_out(heard, work)


def _read_day(day: int | None) -> int:
    return NO_EPISODE_DAY if day is None else max(0, day)


def _plain(reading: Reading) -> dict[str, Any]:
    return {**asdict(reading), "level": reading.level.word, "why": [asdict(w) for w in reading.why]}
