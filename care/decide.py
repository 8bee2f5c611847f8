"""A reading and the patient's situation -> what to say, whom to tell, how soon. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from care.followup import days_ahead
from care.lines import LINE
from care.model import Button, Lane, Level, Reading, Rows, Say

CAUSES: Mapping[str, str] = {
    "self_harm": "self_harm",
    "breathing": "airway",
    "airway_swelling": "airway",
    "uncontrolled_bleeding": "bleeding",
    "chest_pain": "chest",
    "collapse": "collapse",
    "sepsis_signs": "sepsis",
    "vision_loss": "sight",
    "skin_necrosis": "dark_skin",
}
"""Emergency symptom -> which emergency words answer it, first match first: self-harm is answered as
such even beside others, then what kills fastest."""

ANSWER = "faq.answer"
"""Id of the words that answer a topic."""
PERSON = frozenset({"talk_to_person", "when_to_call"})
"""Topics that a message needs no answer on when a person reads it anyway."""
CHOICE = "topic."
"""Before a topic: the id of its button's label."""
ASK: Rows = ((Button("button.ask_clinic", "ask"), Button("button.no_thanks", "noask")),)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a message is decided about. All times local to the patient."""

    day: int | None
    """Day of the episode; None without one."""
    now: datetime | None = None
    procedure: str = ""
    usual: Mapping[str, str] = field(default_factory=dict)
    """Symptom → topic that tells what is usual for it after this procedure."""
    known: bool = True
    """False for a stranger: nobody can be told, nothing is kept."""
    open_level: Level = Level.NONE
    """Level of the most serious flag that is not resolved."""
    talking: bool = False
    """Staff have taken or answered that flag: the patient's words belong to the talk."""
    clinic_open: bool = True
    promise: Mapping[Level, datetime] = field(default_factory=dict)
    """By when staff answer, by level."""
    session: datetime | None = None
    failures: int = 0
    """Messages in a row, just before this one, that could not be answered."""
    last_topic: str = ""
    """The topic that was answered last, if that was not long ago."""
    usual_topics: Sequence[str] = ()
    """What most patients ask about on this day."""
    turn: int = 0
    """How often small talk was answered already: the next words are others."""
    lines: Collection[str] = ()
    """Languages in which the safety line is written."""
    questions: str = ""
    """The safety questions: ``open`` while they wait for an answer, ``answered`` shortly after it; else ''."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the doors carry out."""

    says: tuple[Say, ...]
    """To the patient, in this order."""
    level: Level = Level.NONE
    """A flag of this level is opened or raised; NONE: no flag."""
    kind: str = "message"
    """The flag's kind."""
    ask_signs: bool = False
    """The safety questions follow."""
    failures: int = 0
    """To be remembered for the next message."""
    topic: str = ""
    """The topic that was answered, to be remembered."""

    @property
    def answered(self) -> tuple[str, ...]:
        """The topics whose answers the patient reads, in this order."""
        return tuple(str(say.facts["topic"]) for say in self.says if say.words == ANSWER)

    @property
    def offered(self) -> tuple[str, ...]:
        """The topics that stand as buttons to choose from, in this order."""
        words = (button.words for say in self.says for row in say.buttons for button in row)
        return tuple(id.removeprefix(CHOICE) for id in words if id.startswith(CHOICE))


def decide(reading: Reading, situation: Situation) -> Decision:
    """What to do about one message in words."""
    decision = _still_open(_decided(reading, situation), situation)
    line = _line(reading, situation, decision)
    if reading.level is Level.EMERGENCY:  # nothing comes before what is to be done now
        return replace(decision, says=(*decision.says, *line))
    return replace(decision, says=(*line, *decision.says))


def lines_of(decision: Decision) -> tuple[Say, ...]:
    """The safety line of a decision, for an answer that takes the place of its others."""
    return tuple(say for say in decision.says if say.words.startswith(LINE))


def _line(reading: Reading, situation: Situation, decision: Decision) -> tuple[Say, ...]:
    """The safety line in the message's own language, where the message is more than small talk."""
    serious = reading.level is Level.EMERGENCY or decision.level > Level.NONE or decision.ask_signs
    if not serious or reading.foreign not in situation.lines:
        return ()
    lane = Lane.EMERGENCY if reading.level is Level.EMERGENCY else Lane.REPLY
    return (Say(f"{LINE}{reading.foreign}", {"flagged": decision.level > Level.NONE}, lane=lane),)


def _decided(reading: Reading, situation: Situation) -> Decision:
    if reading.level is Level.EMERGENCY:
        return _emergency(reading, situation)
    if not situation.known:
        return Decision((Say("start.no_invitation"),))
    if reading.level is Level.URGENT:
        return Decision((Say("urgent.answer", flag_facts(Level.URGENT, situation)),), Level.URGENT)
    if reading.asks:
        return _unsure(reading, situation)
    if not reading.readable:
        words = "unreadable.foreign" if reading.language else "unreadable.answer"
        facts = {**flag_facts(Level.REVIEW, situation), "language": reading.language}
        return Decision((Say(words, facts),), Level.REVIEW, "unreadable", failures=1, topic=situation.last_topic)
    if reading.level is Level.REVIEW:
        return _review(reading, situation)
    return _ordinary(reading, situation)


def _unsure(reading: Reading, situation: Situation) -> Decision:
    """Ask before anything else; when that was done and left it unclear, a person reads it as well."""
    kind = "unreadable" if not reading.readable else "message"
    topic = situation.last_topic  # what is asked here is answered only after the questions
    if situation.questions:
        again = Say("unsure.again", flag_facts(Level.REVIEW, situation))
        return Decision((again,), Level.REVIEW, kind, ask_signs=True, failures=1, topic=topic)
    says = (Say("unsure.ask"),)
    return Decision(says, reading.level, kind, ask_signs=True, failures=situation.failures, topic=topic)


def _still_open(decision: Decision, situation: Situation) -> Decision:
    """Whatever else is answered, safety questions that wait for an answer are not forgotten."""
    if situation.questions != "open" or decision.level >= Level.URGENT or decision.ask_signs:
        return decision
    return replace(decision, says=(*decision.says, Say("unsure.open")))


def emergency_words(symptoms: tuple[str, ...]) -> str:
    """Id of the words that answer these emergency symptoms."""
    cause = next((cause for symptom, cause in CAUSES.items() if symptom in symptoms), "general")
    return f"emergency.{cause}"


def emergency(symptoms: tuple[str, ...], situation: Situation) -> Say:
    """The answer to an emergency: it goes before everything else."""
    facts = {"known": situation.known, "session_date": situation.session, "procedure": situation.procedure}
    return Say(emergency_words(symptoms), facts, lane=Lane.EMERGENCY)


def _emergency(reading: Reading, situation: Situation) -> Decision:
    level = Level.EMERGENCY if situation.known else Level.NONE
    return Decision((emergency(reading.symptoms, situation),), level)


def _review(reading: Reading, situation: Situation) -> Decision:
    words = "review.added" if situation.open_level > Level.NONE else "review.answer"
    says = [Say(words, flag_facts(Level.REVIEW, situation))]
    asked = (reading.topic, *reading.also)
    says[:0] = [answer(topic, situation) for topic in asked if topic and topic not in PERSON]
    return Decision(tuple(says), Level.REVIEW, topic=reading.topic or "")


def still_owed(reading: Reading, situation: Situation) -> Decision:
    """What the words behind safety questions are owed once these came to nothing: an answer, or an offer.

    What nobody could answer and staff have on a card already is not offered to them once more.
    """
    near = reading.near if reading.question else ()  # who only told that something is wrong is offered no topics
    calm = replace(reading, asks=False, foreign="", near=near)
    decision = decide(calm, replace(situation, questions=""))
    if decision.failures and decision.kind != "unreadable" and situation.open_level > Level.NONE:
        return replace(decision, says=(), level=Level.NONE)
    return decision


def _ordinary(reading: Reading, situation: Situation) -> Decision:
    topic = reading.topic or _expected(reading, situation)
    if topic:
        says = [answer(one, situation) for one in (topic, *reading.also)]
        if reading.left:
            says.append(Say("note.added") if situation.talking else _rest(reading, situation))
        elif reading.asked_day:
            says = [on_day(topic, reading.asked_day, situation)]
        return Decision(tuple(says), topic=topic)
    if situation.talking:
        return Decision((Say("note.added"),), topic=situation.last_topic)
    if reading.follows and situation.last_topic:
        topic = situation.last_topic
        return Decision((on_day(topic, reading.asked_day, situation),), topic=topic)
    if reading.small_talk:
        return Decision((Say(f"small.{reading.small_talk}", {"turn": situation.turn}),), topic=situation.last_topic)
    if situation.failures:
        facts = flag_facts(Level.REVIEW, situation)
        return Decision((Say("faq.again", facts),), Level.REVIEW, "question", failures=1)
    if reading.follows:
        rows = topic_rows(situation.usual_topics, across=1)
        return Decision((Say("faq.which", {"procedure": situation.procedure}, (*rows, *ASK)),), failures=1)
    if reading.near:
        rows = topic_rows(reading.near, across=1)
        return Decision((Say("faq.choose", {"procedure": situation.procedure}, (*rows, *ASK)),), failures=1)
    return Decision((Say("faq.unsure", buttons=ASK),), failures=1)


def _expected(reading: Reading, situation: Situation) -> str:
    """An expected sign that is merely told is answered with what is usual for it."""
    return next((situation.usual[s] for s in reading.symptoms if s in situation.usual), "")


def answer(topic: str, situation: Situation) -> Say:
    """What the clinic's documents say about a topic on this day."""
    return Say("faq.answer", {"topic": topic, "day": situation.day, "procedure": situation.procedure})


def on_day(topic: str, named: str, situation: Situation) -> Say:
    """What holds for a topic on the day that a follow-up names; what holds on which day, where it names none to come.

    The words for today say "today" and "now": for another day those that name their days are said.
    """
    said = answer(topic, situation)
    facts: dict[str, object] = {**said.facts, "follows": True, "asked_on": None}
    if situation.day is None or situation.now is None or not named:
        return replace(said, facts={**facts, "day": None})
    ahead = days_ahead(named, situation.day, situation.now.weekday())
    if ahead == 0:
        return replace(said, facts=facts)
    if ahead > 0:
        date = situation.now + timedelta(days=ahead)
        facts["asked_on"] = {"day": situation.day + ahead, "date": date, "ahead": ahead}
    return replace(said, facts={**facts, "day": None})


def _rest(reading: Reading, situation: Situation) -> Say:
    """What is offered for a question that found no answer beside others that did."""
    rows = (*topic_rows(reading.near, across=1), *ASK)
    return Say("faq.rest", {"topics": bool(reading.near), "procedure": situation.procedure}, rows)


def topic_rows(topics: Sequence[str], across: int = 2) -> Rows:
    """Topics as buttons, ``across`` of them in a row."""
    buttons = [Button(f"topic.{topic}", f"topic|{topic}") for topic in topics]
    return tuple(tuple(buttons[n : n + across]) for n in range(0, len(buttons), across))


def flag_facts(level: Level, situation: Situation) -> dict[str, object]:
    """The facts with which words say by when staff answer."""
    promise = situation.promise.get(level)
    return {
        "open": situation.clinic_open,
        "promise": promise,
        "promise_today": bool(promise and situation.now and promise.date() == situation.now.date()),
        "again": situation.open_level >= level,
        "procedure": situation.procedure,
    }
