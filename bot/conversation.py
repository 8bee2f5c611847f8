"""The way of one patient's message, top to bottom."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.case import Case
from bot.checkins import CheckIns
from bot.commands import Commands
from bot.desk import Desk, read_day
from bot.enrolment import Enrolment
from bot.recalls import read_it
from bot.staff import Staff
from care.channel import Incoming
from care.decide import ASK, Decision, answer, decide, flag_facts, lines_of
from care.model import Level, Reading, Say, Why
from care.text import read
from store import asking, audit, checkins, flagging, flags, messages, outbox, people
from store.seam import Row, Writes, moment

MEDIA = frozenset({"photo", "voice", "audio", "video", "document", "sticker", "location"})
ALBUM = frozenset({"photo", "video", "document"})
BREATH = timedelta(minutes=2)
"""What is written so soon after the last message may be the rest of it."""
BEGUN = 4
"""So few words without an end may be the beginning of a sentence: "my throat"; what is longer stands for itself."""
SENTENCE_ENDS = (".", "!", "?", "…")
ALBUM_SPAN = timedelta(seconds=10)
"""Media of one kind that follow each other so closely came as one, and are acknowledged once."""
INVITATION = re.compile(r"[\w-]{1,64}", re.ASCII)
COMMAND = re.compile(r"^/([a-z_]+)(?:\s+(.*))?$", re.DOTALL | re.IGNORECASE)


class Conversation:
    """Everything that is heard comes by here and goes to whom it concerns."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._enrolment = Enrolment(desk)
        self._checkins = CheckIns(desk)
        self._commands = Commands(desk, self._enrolment)
        self._staff = Staff(desk)
        self._worried, self._plan, self._help = (
            # Typed by hand they count, too, however they are spelled.
            frozenset(read(label).words for label in desk.library.labels(words))
            for words in ("keyboard.worried", "keyboard.plan", "keyboard.help")
        )

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
        door = heard.data.split("|", 1)[0]
        if door == "r":
            await read_it(self._desk, heard)
            return
        await self._desk.wire.answer_press(heard.press_id)
        if door == "e":
            await self._enrolment.press(heard)
        elif door == "c":
            await self._checkins.press(heard)
        elif door in ("topic", "ask", "noask"):
            await self._question(heard, door)
        else:
            await self._commands.press(heard)

    async def _text(self, heard: Incoming) -> None:
        command, words = COMMAND.match(heard.text), read(heard.text).words
        if command and not await self._serious(heard, command[2] or ""):
            await self._commands.command(heard, command[1].lower(), (command[2] or "").strip())
        elif words in self._worried:
            await self._checkins.worried(heard)
        elif words in self._plan:
            await self._commands.command(heard, "plan", "")
        elif words in self._help:
            await self._commands.command(heard, "help", "")
        else:
            await self._words(heard)

    async def _serious(self, heard: Incoming, rest: str) -> bool:
        """Whether danger is told behind a command: then the words count, and not the command."""
        if not rest or INVITATION.fullmatch(rest):
            return False
        reading = await self._read(heard, people.by_chat(self._desk.store.read, heard.chat_id))
        return reading.level >= Level.URGENT or reading.asks

    async def _read(self, heard: Incoming, patient: Row | None) -> Reading:
        """What is read in words or a caption, on the patient's day and in their language."""
        desk = self._desk
        episode = desk.episode(desk.store.read, patient) if patient else None
        lang = patient["lang"] if patient else desk.language(heard.lang)
        day = read_day(desk.day(episode, desk.clock()))
        return await desk.understand(heard.text, day, lang, desk.home(episode))

    async def _words(self, heard: Incoming) -> None:
        patient = people.by_chat(self._desk.store.read, heard.chat_id)
        reading = await self._read(heard, patient)
        if patient is None:
            await self._stranger(heard, reading)
        elif not people.agreed(self._desk.store.read, patient["id"]):
            await self._not_agreed(heard, patient, reading)
        elif self._to_enrolment(heard, patient, reading):
            await self._enrolment.typed(heard, patient)
        else:
            await self._conclude(heard, patient, *await self._in_one_breath(heard, patient, reading))

    async def _in_one_breath(self, heard: Incoming, patient: Row, reading: Reading) -> tuple[Reading, str]:
        """The reading, and the words that it is about: who breaks a sentence in two has said it all the same."""
        before = messages.newest(self._desk.store.read, patient["id"])
        if reading.level >= Level.URGENT or before is None or before["kind"] != "text":
            return reading, heard.text
        if before["level"] != Level.NONE.word or abs(heard.at - moment(before["at"])) > BREATH:
            return reading, heard.text
        words = f"{before['text']}\n{heard.text}"
        whole = await self._read(replace(heard, text=_joined(before["text"], heard.text)), patient)
        unclear = whole.asks and not reading.asks and reading.level is Level.NONE
        # What was unclear before is being asked about: what is said meanwhile needs no second question.
        if unclear and asking.open_safety(self._desk.store.read, patient["id"]) is not None:
            unclear = False
        return (whole, words) if whole.level >= Level.URGENT or unclear else (reading, heard.text)

    def _to_enrolment(self, heard: Incoming, patient: Row, reading: Reading) -> bool:
        """Whether calm words are about the question of enrolment that is open; a place need not be readable."""
        calm = reading.level is Level.NONE or (not reading.readable and self._enrolment.asks_place(patient))
        return calm and not reading.asks and self._enrolment.expects(patient, heard.text)

    async def _not_agreed(self, heard: Incoming, patient: Row, reading: Reading) -> None:
        """From somebody who is being enrolled, or has declined: nothing is kept unless it is serious."""
        if reading.level >= Level.URGENT or reading.asks:
            await self._conclude(heard, patient, reading)
        elif self._enrolment.expects(patient, heard.text):
            await self._enrolment.typed(heard, patient)
        else:
            await self._stranger(heard, reading, "plan.stopped" if patient["stopped"] else "enrol.declined")

    async def _stranger(self, heard: Incoming, reading: Reading, words: str = "") -> None:
        """Somebody of whom nothing may be kept: an emergency is answered all the same."""
        desk = self._desk
        decision = decide(reading, desk.situation(desk.store.read, None, None, desk.clock()))
        calm = words and reading.level < Level.EMERGENCY

        def work(tx: Writes, now: datetime) -> None:
            for say in (Say(words),) if calm else decision.says:
                desk.to_stranger(tx, heard, say, now)

        await desk.carry_out(heard, work)

    async def _conclude(self, heard: Incoming, patient: Row, reading: Reading, words: str = "") -> None:
        """What follows from a patient's words: kept, answered, flagged, in one transaction.

        ``words``: what the reading is about, when that is more than was heard just now.
        """
        desk = self._desk
        episode = desk.episode(desk.store.read, patient)
        situation = desk.situation(desk.store.read, patient, episode, desk.clock())
        decision = decide(reading, situation)

        def work(tx: Writes, now: datetime) -> None:
            case = Case(desk, tx, heard, patient, episode, situation, now)
            case.keep(reading)
            for say in decision.says:
                # Its buttons are about these words, whatever is said before one of them is pressed.
                case.say(replace(say, facts={**say.facts, "asked": heard.update_id}) if say.buttons else say)
            people.change(tx, patient["id"], failures=decision.failures, last_topic=decision.topic)
            self._tell_staff(case, reading, decision, words or heard.text)
            if decision.level >= Level.URGENT:
                checkins.stop(tx, patient["id"])
            elif decision.ask_signs:
                self._checkins.begin_safety(case, "unsure", words)

        await desk.carry_out(heard, work)

    def _tell_staff(self, case: Case, reading: Reading, decision: Decision, words: str) -> None:
        """Flag it; or show it below the flag that is open, to which all words of this patient belong."""
        if decision.level > Level.NONE:
            case.flag(decision.kind, decision.level, words, reading.why)
            return
        standing = flags.unresolved(case.tx, case.patient["id"])
        if standing is not None:
            room = case.desk.room()
            # While staff talk to a patient nobody else answers; what a topic answered, staff may still know better.
            left = any(say.words == "note.added" for say in decision.says)
            kind = ("question" if left else "asked") if reading.question else ""
            flagging.relay(case.tx, room, case.patient, standing["id"], Level.NONE, case.heard.text, case.now, kind)

    async def _question(self, heard: Incoming, door: str) -> None:
        """A button with a topic below "I'm not sure" or a planned message; or ask the clinic."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        if patient is None:
            await self._nothing(heard)
            return
        episode = desk.episode(desk.store.read, patient)
        situation = desk.situation(desk.store.read, patient, episode, desk.clock())

        def work(tx: Writes, now: datetime) -> None:
            case = Case(desk, tx, heard, patient, episode, situation, now)
            if door == "topic" and self._is_chip(case):
                # The message stays, and so does what is still open in the chat: a check-in, an answer that is owed.
                people.change(tx, patient["id"], last_topic=_topic(case))
                case.say(self._on_topic(case))
                return
            people.change(tx, patient["id"], failures=0)
            case.change(self._chosen(case, door))

        await desk.carry_out(heard, work)

    def _chosen(self, case: Case, door: str) -> Say:
        if door == "topic":
            people.change(case.tx, case.patient["id"], last_topic=_topic(case))
            return self._on_topic(case)
        if door == "noask":
            return Say("faq.not_passed")
        case.flag("question", Level.REVIEW, self._asked(case))
        return Say("faq.passed_on", flag_facts(Level.REVIEW, case.situation))

    def _is_chip(self, case: Case) -> bool:
        """Whether the button stands below a message of the plan, which must stay as it is."""
        shown = outbox.of_message(case.tx, case.heard.chat_id, case.heard.message_id)
        return shown is None or shown["planned"] is not None

    def _on_topic(self, case: Case) -> Say:
        """The answer of today; a button of an older session may name what this procedure does not answer."""
        if self._desk.library.answers(_topic(case), case.situation.procedure):
            return answer(_topic(case), case.situation)
        return Say("faq.unsure", buttons=ASK)

    def _asked(self, case: Case) -> str:
        """The words below which the button stood, or that its safety questions were about."""
        shown = outbox.of_message(case.tx, case.heard.chat_id, case.heard.message_id)
        facts = json.loads(shown["facts"]) if shown is not None else {}
        questions = checkins.by_id(case.tx, facts["about"]) if "about" in facts else None
        if questions is not None and questions["patient_id"] == case.patient["id"]:
            return str(questions["words"])
        asked = messages.of_update(case.tx, case.patient["id"], facts["asked"]) if facts.get("asked") else None
        asked = asked or messages.latest(case.tx, case.patient["id"])
        return str(asked["text"]) if asked else ""

    async def _medium(self, heard: Incoming) -> None:
        """A photo, a voice message …: kept, acknowledged, and shown to a person."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        caption = await self._read(heard, patient) if heard.text else Reading()
        if patient is None:
            await self._stranger(heard, caption)
        elif not people.agreed(desk.store.read, patient["id"]):
            await self._not_agreed(heard, patient, caption)
        elif heard.file_id:
            await self._file(heard, patient, caption)
        elif heard.text:
            await self._conclude(heard, patient, caption)
        else:  # a place, somebody else's number: there is nothing that could be shown to staff
            await self._tell(heard, patient, Say("media.not_passed"))

    async def _tell(self, heard: Incoming, patient: Row, say: Say) -> None:
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            desk.to_patient(tx, patient, say, now)

        await desk.carry_out(heard, work)

    async def _file(self, heard: Incoming, patient: Row, caption: Reading) -> None:
        """What a person has to look at, and what follows from its caption."""
        desk = self._desk
        episode = desk.episode(desk.store.read, patient)
        situation = desk.situation(desk.store.read, patient, episode, desk.clock())
        decision = decide(caption, situation)
        serious = caption.level >= Level.URGENT

        def work(tx: Writes, now: datetime) -> None:
            case = Case(desk, tx, heard, patient, episode, situation, now)
            again = _of_an_album(heard, messages.newest(tx, patient["id"]))
            case.keep(caption)
            facts = {**flag_facts(Level.REVIEW, situation), "kind": heard.kind, "serious": serious}
            line, received = lines_of(decision), Say("media.received", facts)
            says = [*line, received]
            if serious:
                says = [*decision.says, received]
            elif decision.ask_signs:
                says += decision.says[len(line) :]
            for say in () if again and not serious else says:
                case.say(say)
            flag_id = case.flag("media", max(caption.level, Level.REVIEW), heard.text, caption.why)
            copy = Say("staff.media", {"file_id": heard.file_id, "kind": heard.kind})
            flagging.under_card(tx, desk.room(), copy, flag_id, now, form="copy")
            if serious:
                checkins.stop(tx, patient["id"])
            elif decision.ask_signs:
                self._checkins.begin_safety(case, "unsure")

        await desk.carry_out(heard, work)

    async def _contact(self, heard: Incoming) -> None:
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        if patient is None:
            await self._stranger(heard, Reading())
            return
        if not people.agreed(desk.store.read, patient["id"]):
            await self._not_agreed(heard, patient, Reading())
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
                situation = desk.situation(tx, patient, episode, now)
                why = Why("", "", reason, Level.REVIEW)
                Case(desk, tx, heard, patient, episode, situation, now).flag("unreachable", Level.REVIEW, "", (why,))

        await desk.carry_out(heard, work)


def _topic(case: Case) -> str:
    return case.heard.data.partition("|")[2]


def _joined(before: str, text: str) -> str:
    """Two messages as one text: a few words without an end go on in the next, anything else has been said."""
    begun = len(before.split()) <= BEGUN and not before.rstrip().endswith(SENTENCE_ENDS)
    return f"{before} {text}" if begun else f"{before}\n{text}"


def _of_an_album(heard: Incoming, before: Row | None) -> bool:
    """Whether the same kind of medium came just before."""
    if before is None or heard.kind not in ALBUM or before["kind"] != heard.kind:
        return False
    return heard.at - moment(before["at"]) <= ALBUM_SPAN
