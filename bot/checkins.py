"""Check-ins and the safety questions: a press in, the next screen or its outcome out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bot.desk import Desk
from care.channel import Incoming
from care.checkin import SAFETY, Outcome, Turn, chosen, known, press, screen
from care.decide import Situation, emergency, flag_facts
from care.model import Button, Level, Procedure, Say
from store import asking, checkins, flagging, messages, people
from store.seam import Row, Writes


class CheckIns:
    """Answers to questions with buttons."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin_safety(
        self,
        tx: Writes,
        patient: Row,
        episode: Row | None,
        origin: str,
        words: str,
        day: int | None,
        now: datetime,
    ) -> None:
        """Ask the safety questions: after a message that the bot is unsure about, or on "I'm worried"."""
        asking.begin(
            tx,
            patient,
            episode,
            self._desk.procedure(episode),
            self._desk.library.clinic,
            checkin=SAFETY,
            origin=origin,
            day=day,
            words=words,
            now=now,
        )

    async def worried(self, heard: Incoming) -> None:
        """The persistent button: the danger screen at once."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)

        def work(tx: Writes, now: datetime) -> None:
            if patient is None:
                desk.to_stranger(tx, heard, Say("start.no_invitation"), now)
                return
            episode = desk.episode(tx, patient)
            desk.to_patient(tx, patient, Say("worried.intro"), now, episode=episode)
            day = desk.day(episode, now)
            self.begin_safety(tx, patient, episode, "worried", heard.text, day, now)

        await desk.carry_out(heard, work)

    async def press(self, heard: Incoming) -> None:
        """One answer."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        _, row_id, step, value = heard.data.split("|", 3)
        checkin = checkins.by_id(desk.store.read, int(row_id))

        def work(tx: Writes, now: datetime) -> None:
            if patient is None or checkin is None or checkin["patient_id"] != patient["id"]:
                return
            episode = people.episode(tx, checkin["episode_id"]) if checkin["episode_id"] else None
            if value == "have_signs":
                self._reopen(tx, heard, patient, episode, checkin, now)
            elif checkin["step"] != step or checkin["state"] in ("done", "replaced"):
                self._stale(tx, heard, patient, episode, checkin, step, value, now)
            else:
                self._advance(tx, heard, patient, episode, checkin, step, value, now)

        await desk.carry_out(heard, work)

    def _reopen(
        self, tx: Writes, heard: Incoming, patient: Row, episode: Row | None, checkin: Row, now: datetime
    ) -> None:
        procedure = self._desk.procedure(episode)
        answers = {**json.loads(checkin["answers"]), "have_signs": "yes"}
        look = now + timedelta(minutes=self._desk.library.clinic.silence_minutes)
        if checkins.reopen(tx, checkin["id"], "danger", answers, look):
            say = screen(checkin["id"], "danger", known(checkin["checkin"], procedure), procedure, answers)
            asking.show(tx, patient, episode, say, checkin["id"], now, instead_of=heard.message_id)

    def _stale(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        checkin: Row,
        step: str,
        value: str,
        now: datetime,
    ) -> None:
        """A button of an old screen: what it says still counts when it is serious."""
        turn = self._turn(tx, patient, checkin, episode, step, value, now, json.loads(checkin["answers"]))
        if turn.outcome is not None and turn.outcome.level >= Level.URGENT:
            self._finish(tx, heard, patient, episode, checkin, turn.outcome, step, value, now)
        else:
            self._desk.to_patient(tx, patient, Say("checkin.old"), now, episode=episode)

    def _advance(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        checkin: Row,
        step: str,
        value: str,
        now: datetime,
    ) -> None:
        answers = json.loads(checkin["answers"])
        turn = self._turn(tx, patient, checkin, episode, step, value, now, answers)
        clinic = self._desk.library.clinic
        look = now + timedelta(minutes=clinic.silence_minutes) if turn.step and turn.worry else None
        if turn.step and not turn.worry:
            look = now + timedelta(hours=clinic.remind_hours)
        checkins.advance(
            tx,
            checkin["id"],
            from_step=step,
            step=turn.step,
            answers=turn.answers,
            worry=turn.worry,
            look=look,
            now=now,
        )
        if turn.outcome is not None:
            self._finish(tx, heard, patient, episode, checkin, turn.outcome, step, value, now)
            return
        procedure = self._desk.procedure(episode)
        say = screen(checkin["id"], turn.step, known(checkin["checkin"], procedure), procedure, turn.answers)
        asking.show(tx, patient, episode, say, checkin["id"], now, instead_of=heard.message_id)

    def _turn(
        self,
        tx: Writes,
        patient: Row,
        checkin: Row,
        episode: Row | None,
        step: str,
        value: str,
        now: datetime,
        answers: dict[str, str],
    ) -> Turn:
        procedure: Procedure = self._desk.procedure(episode)
        before = checkins.worried_before(tx, patient["id"], checkin["id"], now - timedelta(hours=60))
        worse_before = before is not None and json.loads(before["answers"]).get("trend") == "worse"
        day = self._desk.day(episode, now)
        return press(
            step,
            value,
            known(checkin["checkin"], procedure),
            procedure,
            answers,
            day=0 if day is None else day,
            worse_before=worse_before,
        )

    def _finish(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        episode: Row | None,
        checkin: Row,
        outcome: Outcome,
        step: str,
        value: str,
        now: datetime,
    ) -> None:
        desk = self._desk
        situation = desk.situation(tx, patient, episode, now)
        answered = Say("checkin.answered", {"answer_words": chosen(step, value), "step": step})
        desk.to_patient(tx, patient, answered, now, episode=episode, instead_of=heard.message_id)
        say = _closing(outcome, situation, checkin)
        desk.to_patient(tx, patient, say, now, episode=episode)
        words = checkin["words"] or _trend_words(outcome)
        messages.keep(
            tx,
            patient_id=patient["id"],
            episode_id=episode["id"] if episode else None,
            update_id=heard.update_id,
            at=heard.at,
            day=situation.day,
            kind="checkin",
            text=f"{step}: {value}",
            file_id="",
            level=outcome.level.word,
            reading={"level": outcome.level.word, "symptoms": list(outcome.symptoms)},
        )
        if outcome.level > Level.NONE:
            flagging.raise_flag(
                tx,
                desk.room(),
                patient,
                episode,
                kind="checkin",
                level=outcome.level,
                words=words,
                why=outcome.why,
                day=situation.day,
                now=now,
            )


def _trend_words(outcome: Outcome) -> str:
    return "; ".join(why.rule for why in outcome.why)


def _closing(outcome: Outcome, situation: Situation, checkin: Row) -> Say:
    if outcome.level is Level.EMERGENCY:
        return emergency(outcome.symptoms, situation)
    if outcome.level is Level.URGENT:
        return Say("urgent.answer", flag_facts(Level.URGENT, situation))
    rows = ()
    if outcome.offer_signs:
        rows = ((Button("button.have_signs", f"c|{checkin['id']}||have_signs"),),)
    return Say(outcome.closing, flag_facts(Level.REVIEW, situation), rows)
