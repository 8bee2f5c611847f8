"""Check-ins and the safety questions: a press in, the next screen or its outcome out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.case import Case
from bot.desk import Desk, read_day
from care.cards import who
from care.channel import Incoming
from care.checkin import NO, SAFETY, Answers, Outcome, Turn, chosen, is_safety, known, named, press, screen, told
from care.decide import Situation, emergency, flag_facts, still_owed
from care.model import Button, CheckIn, Level, Procedure, Reading, Rows, Say
from store import asking, checkins, flagging, flags, people
from store.seam import Row, Writes


class CheckIns:
    """Answers to questions with buttons."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin_safety(self, case: Case, origin: str, words: str = "") -> None:
        """Ask the safety questions: after a message that the bot is unsure about, or on "I'm worried".

        Those that are open already go on below the new words; what was said and answered so far stays theirs.
        ``words``: what they are about, when that is more than was heard just now.
        """
        tx, words, open_one = case.tx, words or case.heard.text, asking.open_safety(case.tx, case.patient["id"])
        room = (case.patient, case.episode, self._desk.procedure(case.episode), self._desk.library.clinic)
        if open_one is not None:
            origin = "unsure" if open_one["origin"] == "unsure" else origin
            asking.go_on(tx, *room, open_one, origin=origin, words=words, now=case.now)
            return
        day, told_already = case.situation.day, origin == "unsure" and bool(case.situation.questions)
        asking.begin(tx, *room, checkin=SAFETY, origin=origin, day=day, words=words, now=case.now, told=told_already)

    async def worried(self, heard: Incoming) -> None:
        """The persistent button: the safety questions at once."""
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
        owed = await self._owed(patient, int(row_id)) if value in NO else None

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
                self._advance(case, checkin, step, value, owed)

        await desk.carry_out(heard, work)

    def _reopen(self, case: Case, checkin: Row) -> None:
        answers = {**json.loads(checkin["answers"]), "have_signs": "yes"}
        look = case.now + timedelta(minutes=self._desk.library.clinic.silence_minutes)
        if checkins.reopen(case.tx, checkin["id"], SAFETY, answers, look):
            self._show(case, checkin, SAFETY, answers)

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
        elif is_safety(turn.step) and turn.worry:  # that counts as well: what it leads to is asked anew
            self.begin_safety(case, "worried")
        else:
            case.say(Say("checkin.old"))

    def _advance(self, case: Case, checkin: Row, step: str, value: str, owed: Reading | None) -> None:
        turn = self._turn(case, checkin, step, value)
        clinic = self._desk.library.clinic
        soon = turn.worry or is_safety(turn.step)
        wait = timedelta(minutes=clinic.silence_minutes) if soon else timedelta(hours=clinic.remind_hours)
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
            self._finish(case, checkin, turn.outcome, turn.answers, owed)

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

    def _finish(
        self, case: Case, checkin: Row, outcome: Outcome, answers: Answers, owed: Reading | None = None
    ) -> None:
        """Show what was answered, close with words, and tell staff what they must look at."""
        said = self._told(case, answers, case.patient["lang"])
        no = self._label(case, Button(chosen(*list(answers.items())[-1])), case.patient["lang"])
        case.change(Say("checkin.answered", {"answer": said if named(answers) else no}))
        case.say(_closing(outcome, case.situation, checkin))
        reading = Reading(outcome.level, outcome.symptoms, why=outcome.why)
        case.keep(reading, kind="checkin", text=said)
        self._tell_staff(case, checkin, outcome, self._told(case, answers, self._desk.library.clinic.language))
        if outcome.level is Level.NONE and owed is not None:
            self._answer(case, checkin, owed)

    async def _owed(self, patient: Row | None, row_id: int) -> Reading | None:
        """What was read in the words behind safety questions that came to nothing; None where no words led to them."""
        desk = self._desk
        checkin = checkins.by_id(desk.store.read, row_id)
        if patient is None or checkin is None or checkin["patient_id"] != patient["id"]:
            return None
        if checkin["origin"] != "unsure":
            return None
        episode = people.episode(desk.store.read, checkin["episode_id"]) if checkin["episode_id"] else None
        return await desk.understand(checkin["words"], read_day(checkin["day"]), patient["lang"], desk.home(episode))

    def _answer(self, case: Case, checkin: Row, owed: Reading) -> None:
        """Say what the questions came before: the answer, an offer, or that a person has it."""
        decision = still_owed(owed, case.situation)
        for say in decision.says:
            # Its buttons are about those words, whatever was said since.
            case.say(replace(say, facts={**say.facts, "about": checkin["id"]}) if say.buttons else say)
        people.change(case.tx, case.patient["id"], failures=decision.failures, last_topic=decision.topic)
        if decision.level > case.situation.open_level:
            case.flag(decision.kind, decision.level, checkin["words"], owed.why)

    def _tell_staff(self, case: Case, checkin: Row, outcome: Outcome, said: str) -> None:
        standing = flags.unresolved(case.tx, case.patient["id"])
        if outcome.level > Level.NONE:
            # The words that led to the questions stand on the open card already, when there is one.
            before = checkin["words"] if standing is None else ""
            case.flag("checkin", outcome.level, "\n".join(part for part in (before, said) if part), outcome.why)
        elif standing is not None:
            facts = {"who": who(case.patient, self._desk.library.clinic), "text": said}
            flagging.under_card(case.tx, self._desk.room(), Say("staff.answers", facts), standing["id"], case.now)

    def _told(self, case: Case, answers: Answers, lang: str) -> str:
        return told(answers, partial(self._label, case, lang=lang))

    def _label(self, case: Case, button: Button, lang: str) -> str:
        return self._desk.library.label(button, lang, {"procedure": case.situation.procedure})


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
