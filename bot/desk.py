"""What every handler of a message is given, and the one way in which it acts: a single transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from care.asked import usual_topics
from care.channel import Incoming
from care.checkin import SAFETY
from care.decide import ANSWER, Situation
from care.library import Library
from care.model import Button, Episode, Level, Patient, Procedure, Reading, Rows, Say
from care.promise import is_open, promised
from care.understand import Reader
from store import asking, audit, checkins, flags, inbox, outbox, people, saying
from store.flagging import Staffroom
from store.seam import Reads, Row, Store, Writes, moment, stamp

KEYBOARD: Rows = (
    (Button("keyboard.worried"),),
    (Button("keyboard.plan"), Button("keyboard.help")),
)
"""The persistent buttons below the patient's text field."""

NO_EPISODE_DAY = 8
"""Day on which words are read that belong to no episode: no sign is "expected" any more."""
ASKS_ON_FOR = timedelta(days=1)
"""So long after an answer a message such as "and tomorrow?" is about it."""


def read_day(day: int | None) -> int:
    """The day on which words of an episode's ``day`` are read."""
    return NO_EPISODE_DAY if day is None else max(0, day)


class Wire(Protocol):
    """The little that handlers ask of the channel directly: nothing that must not be lost."""

    async def answer_press(self, press_id: str, text: str = "", alert: bool = False) -> bool: ...

    async def typing(self, chat_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that handlers work with."""

    store: Store
    library: Library
    reader: Reader
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    """Tells the sender that there is something to send."""
    wire: Wire
    username: str
    staff_chat: int
    """The staff group as the settings have it; see :meth:`room`."""

    def room(self) -> Staffroom:
        """The staff group, under its newest id if Telegram has moved it."""
        moved = audit.recall(self.store.read, "staff_chat")
        return Staffroom(self.library.clinic, int(moved) if moved else self.staff_chat)

    async def carry_out(self, heard: Incoming, work: Callable[[Writes, datetime], None]) -> bool:
        """Mark the update as handled and do ``work``, both or neither; False when it was handled before."""
        now = self.clock()

        def transact(tx: Writes) -> bool:
            if not inbox.handled(tx, heard.update_id, now):
                return False
            work(tx, now)
            return True

        done = await self.store.write(transact)
        self.wake()
        return done

    async def understand(self, text: str, day: int, lang: str, procedure: str) -> Reading:
        """The reading of a message, worked out beside the event loop.

        When understanding itself breaks, the message counts as unreadable: a person reads it.
        """
        try:
            return await asyncio.to_thread(self.reader.read, text, day, lang, procedure)
        except Exception:  # any fault at all: a patient's words are never lost to a bug of ours
            return Reading(Level.REVIEW, ("unreadable",), readable=False)

    def to_patient(
        self,
        tx: Writes,
        patient: Row,
        say: Say,
        now: datetime,
        *,
        episode: Row | None = None,
        flag_id: int | None = None,
        instead_of: int | None = None,
        form: str = "text",
    ) -> int:
        """Say something to a patient, or change the message ``instead_of``; the row's id."""
        return saying.to_patient(
            tx, patient, say, now, episode=episode, flag_id=flag_id, instead_of=instead_of, form=form
        )

    def to_stranger(self, tx: Writes, heard: Incoming, say: Say, now: datetime) -> int:
        """Say something to a chat of which nothing is kept; in the patient's language where there is one."""
        patient = people.by_chat(tx, heard.chat_id)
        lang = patient["lang"] if patient is not None else self.language(heard.lang)
        return outbox.put(tx, say, chat_id=heard.chat_id, lang=lang, due=now)

    def language(self, wished: str) -> str:
        """An offered language: the wished one, or the clinic's."""
        return wished if wished in self.library.languages else self.library.clinic.language

    def episode(self, read: Reads, patient: Row) -> Row | None:
        """The running episode, or the last one: what a patient writes always belongs somewhere."""
        running = people.running(read, patient["id"])
        if running is not None:
            return running
        past = people.episodes(read, patient["id"])
        return past[0] if past else None

    def procedure(self, episode: Row | None) -> Procedure:
        """The procedure of an episode; without one, the clinic's first."""
        return self.library.procedure_of(self.home(episode))

    def home(self, episode: Row | None) -> str:
        """Id of the procedure whose words hold: the episode's, or the only one that the clinic offers, or ''."""
        if episode is not None:
            return str(episode["procedure"])
        return next(iter(self.library.procedures)) if len(self.library.procedures) == 1 else ""

    def nouns(self, patient: Row, episode: Row | None) -> tuple[Patient, Episode | None]:
        """The rows as nouns."""
        return people.patient_of(patient), people.episode_of(episode) if episode else None

    def day(self, episode: Row | None, now: datetime) -> int | None:
        """Day of the episode; None without one."""
        return people.episode_of(episode).day(now) if episode else None

    def _promise(self, flag: Row | None, level: Level, now: datetime) -> datetime:
        """By when staff answer: what joins a flag that waits for them is never promised for later than it."""
        usual = promised(self.library.clinic, level, now)
        if flag is None or flag["state"] not in ("open", "taken") or flag["promise_at"] <= stamp(now):
            return usual
        return min(usual, moment(flag["promise_at"]))

    def _usual(self, procedure: str) -> Mapping[str, str]:
        known = self.library.procedures.get(procedure)
        return known.usual if known is not None else {}

    def _last_topic(self, read: Reads, patient: Row, episode: Row | None, now: datetime) -> str:
        """The topic that was answered last; '' when that was too long ago for anybody to ask on about it."""
        topic: str = patient["last_topic"]
        if not topic or not self.library.answers(topic, self.home(episode)):
            return ""
        said = saying.newest(read, patient["id"], ANSWER)
        return topic if said is not None and now - moment(said["due_at"]) < ASKS_ON_FOR else ""

    def situation(self, read: Reads, patient: Row | None, episode: Row | None, now: datetime) -> Situation:
        """What is known when something of this patient is decided about."""
        clinic = self.library.clinic
        if patient is None:
            return Situation(day=None, procedure=self.home(None), known=False, lines=self.library.lines)
        zone = people.patient_of(patient).zone
        flag = flags.unresolved(read, patient["id"])
        return Situation(
            day=self.day(episode, now),
            now=now.astimezone(zone),
            procedure=self.home(episode),
            usual=self._usual(self.home(episode)),
            open_level=Level.of(flag["level"]) if flag else Level.NONE,
            talking=bool(flag and flag["state"] in ("taken", "answered")),
            clinic_open=is_open(clinic, now),
            promise={level: self._promise(flag, level, now).astimezone(zone) for level in Level},
            session=people.episode_of(episode).session_at.astimezone(zone) if episode else None,
            failures=patient["failures"],
            last_topic=self._last_topic(read, patient, episode, now),
            usual_topics=usual_topics(self.procedure(episode), self.day(episode, now)),
            turn=saying.often(read, patient["id"], "small."),
            lines=self.library.lines,
            questions=self._questions(read, patient, now),
        )

    def _questions(self, read: Reads, patient: Row, now: datetime) -> str:
        if asking.open_safety(read, patient["id"]) is not None:
            return "open"
        since = now - timedelta(minutes=self.library.clinic.silence_minutes)
        return "answered" if checkins.answered_since(read, patient["id"], SAFETY, since) else ""
