"""Check-ins and the safety questions: a press in, the next screen or its outcome out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.case import Case
from bot.desk import Desk
from care.cards import who
from care.channel import Incoming
from care.checkin import SAFETY, Answers, Outcome, Turn, chosen, known, press, screen
from care.decide import Situation, after_questions, emergency, flag_facts
from care.model import Button, CheckIn, Level, Procedure, Reading, Rows, Say
from store import asking, checkins, flagging, flags, people
from store.seam import Row, Writes


class CheckIns:
    """Answers to questions with buttons."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin_safety(self, case: Case, origin: str) -> None:
        """Ask the safety questions: after a message that the bot is unsure about, or on "I'm worried"."""
        asking.begin(
            case.tx,
            case.patient,
            case.episode,
            self._desk.procedure(case.episode),
            self._desk.library.clinic,
            checkin=SAFETY,
            origin=origin,
            day=case.situation.day,
            words=case.heard.text,
            now=case.now,
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
            case = Case(desk, tx, heard, patient, episode, desk.situation(tx, patient, episode, now), now)
            case.say(Say("worried.intro"))
            self.begin_safety(case, "worried")

        await desk.carry_out(heard, work)

    async def press(self, heard: Incoming) -> None:
        """One answer; data is ``c|check-in|step|value``."""
        desk = self._desk
        patient = people.by_chat(desk.store.read, heard.chat_id)
        _, row_id, step, value = heard.data.split("|", 3)

        def work(tx: Writes, now: datetime) -> None:
            checkin = checkins.by_id(tx, int(row_id))
            if patient is None or checkin is None or checkin["patient_id"] != patient["id"]:
                return
            episode = people.episode(tx, checkin["episode_id"]) if checkin["episode_id"] else None
            situation = desk.situation(tx, patient, episode, now)
            case = Case(desk, tx, heard, patient, episode, situation, now)
            if value == "have_signs":
                self._reopen(case, checkin)
            elif json.loads(checkin["answers"]).get(step) == value:
                return  # a finger that tapped twice
            elif checkin["step"] != step or checkin["state"] in ("done", "replaced"):
                self._stale(case, checkin, step, value)
            else:
                self._advance(case, checkin, step, value)

        await desk.carry_out(heard, work)

    def _reopen(self, case: Case, checkin: Row) -> None:
        answers = {**json.loads(checkin["answers"]), "have_signs": "yes"}
        look = case.now + timedelta(minutes=self._desk.library.clinic.silence_minutes)
        if checkins.reopen(case.tx, checkin["id"], "danger", answers, look):
            self._show(case, checkin, "danger", answers)

    def _show(self, case: Case, checkin: Row, step: str, answers: Answers) -> None:
        procedure = self._desk.procedure(case.episode)
        say = screen(checkin["id"], step, _plan(checkin, procedure, case.episode), procedure, answers)
        place = case.heard.message_id
        asking.show(case.tx, case.patient, case.episode, say, checkin["id"], case.now, instead_of=place)

    def _stale(self, case: Case, checkin: Row, step: str, value: str) -> None:
        """A button of an old screen: what it says still counts when it is serious."""
        turn = self._turn(case, checkin, step, value)
        if turn.outcome is not None and turn.outcome.level >= Level.URGENT:
            self._finish(case, checkin, turn.outcome, turn.answers)
        else:
            case.say(Say("checkin.old"))

    def _advance(self, case: Case, checkin: Row, step: str, value: str) -> None:
        turn = self._turn(case, checkin, step, value)
        clinic = self._desk.library.clinic
        wait = timedelta(minutes=clinic.silence_minutes) if turn.worry else timedelta(hours=clinic.remind_hours)
        checkins.advance(
            case.tx,
            checkin["id"],
            from_step=step,
            step=turn.step,
            answers=turn.answers,
            worry=turn.worry,
            look=case.now + wait if turn.step else None,
            now=case.now,
        )
        if turn.outcome is None:
            self._show(case, checkin, turn.step, turn.answers)
        else:
            self._finish(case, checkin, turn.outcome, turn.answers)

    def _turn(self, case: Case, checkin: Row, step: str, value: str) -> Turn:
        procedure = self._desk.procedure(case.episode)
        since = case.now - timedelta(hours=60)
        before = checkins.worried_before(case.tx, case.patient["id"], checkin["id"], since)
        return press(
            step,
            value,
            _plan(checkin, procedure, case.episode),
            procedure,
            json.loads(checkin["answers"]),
            day=case.situation.day or 0,
            worse_before=before is not None and json.loads(before["answers"]).get("trend") == "worse",
        )

    def _finish(self, case: Case, checkin: Row, outcome: Outcome, answers: Answers) -> None:
        """Show what was answered, close with words, and tell staff what they must look at."""
        told = self._told(case, answers, case.patient["lang"])
        no = self._label(case, Button(chosen(*list(answers.items())[-1])), case.patient["lang"])
        case.change(Say("checkin.answered", {"answer": told if _named(answers) else no}))
        case.say(_closing(outcome, case.situation, checkin))
        if outcome.level is Level.NONE and checkin["origin"] == "unsure":
            case.say(after_questions(self._owed(case), case.situation))
        reading = Reading(outcome.level, outcome.symptoms, why=outcome.why)
        case.keep(reading, kind="checkin", text=told)
        self._tell_staff(case, checkin, outcome, self._told(case, answers, self._desk.library.clinic.language))

    def _owed(self, case: Case) -> str:
        """The topic that is still to be answered; '' when there is none, or it was that of another procedure."""
        topic: str = case.patient["last_topic"]
        return topic if topic and self._desk.library.answers(topic, case.situation.procedure) else ""

    def _tell_staff(self, case: Case, checkin: Row, outcome: Outcome, told: str) -> None:
        standing = flags.unresolved(case.tx, case.patient["id"])
        if outcome.level > Level.NONE:
            # The words that led to the questions stand on the open card already, when there is one.
            before = checkin["words"] if standing is None else ""
            case.flag("checkin", outcome.level, "\n".join(part for part in (before, told) if part), outcome.why)
        elif standing is not None:
            facts = {"who": who(case.patient, self._desk.library.clinic), "text": told}
            flagging.under_card(case.tx, self._desk.room(), Say("staff.answers", facts), standing["id"], case.now)

    def _told(self, case: Case, answers: Answers, lang: str) -> str:
        """The answers as they stood on the buttons; what was denied only when nothing else was said."""
        label = partial(self._label, case, lang=lang)
        told = _named(answers) or dict(list(answers.items())[-1:])
        return " · ".join(_answer(*pair, label) for pair in told.items())

    def _label(self, case: Case, button: Button, lang: str) -> str:
        return self._desk.library.label(button, lang, {"procedure": case.situation.procedure})


def _named(answers: Answers) -> Answers:
    """What was answered with more than a no."""
    return {step: value for step, value in answers.items() if step != "have_signs" and value not in ("no", "none")}


def _answer(step: str, value: str, label: Callable[[Button], str]) -> str:
    answer = label(Button(chosen(step, value)))
    return f"{label(Button(step.replace(':', '.')))}: {answer}" if step.startswith("sign:") else answer


def _plan(checkin: Row, procedure: Procedure, episode: Row | None) -> CheckIn:
    return known(checkin["checkin"], procedure, people.types_of(episode) if episode else ())


def _closing(outcome: Outcome, situation: Situation, checkin: Row) -> Say:
    if outcome.level is Level.EMERGENCY:
        return emergency(outcome.symptoms, situation)
    if outcome.level is Level.URGENT:
        return Say("urgent.answer", flag_facts(Level.URGENT, situation))
    rows: Rows = ()
    if outcome.offer_signs:
        rows = ((Button("button.have_signs", f"c|{checkin['id']}||have_signs"),),)
    calm = outcome.closing == "checkin.none" and checkin["origin"] == "worried"
    return Say("worried.none" if calm else outcome.closing, flag_facts(Level.REVIEW, situation), rows)
