"""A reading and the patient's situation -> what to say, whom to tell, how soon. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

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
    lines: Collection[str] = ()
    """Languages in which the safety line is written."""


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


def decide(reading: Reading, situation: Situation) -> Decision:
    """What to do about one message in words."""
    decision = _decided(reading, situation)
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
        kind = "unreadable" if not reading.readable else "message"
        return Decision((Say("unsure.ask"),), reading.level, kind, ask_signs=True, topic=reading.topic or "")
    if not reading.readable:
        words = "unreadable.foreign" if reading.language else "unreadable.answer"
        facts = {**flag_facts(Level.REVIEW, situation), "language": reading.language}
        return Decision((Say(words, facts),), Level.REVIEW, "unreadable")
    if reading.level is Level.REVIEW:
        return _review(reading, situation)
    return _ordinary(reading, situation)


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
    if reading.topic and reading.topic not in ("talk_to_person", "when_to_call"):
        says.insert(0, answer(reading.topic, situation))
    return Decision(tuple(says), Level.REVIEW, topic=reading.topic or "")


def after_questions(topic: str, situation: Situation) -> Say:
    """What is still owed to a message when its safety questions came to nothing: its answer, or an offer."""
    return answer(topic, situation) if topic else Say("faq.unsure", buttons=ASK)


def _ordinary(reading: Reading, situation: Situation) -> Decision:
    topic = reading.topic or _expected(reading, situation)
    if topic:
        return Decision((answer(topic, situation),), topic=topic)
    if situation.talking:
        return Decision((Say("note.added"),), topic=situation.last_topic)
    if reading.small_talk:
        return Decision((Say(f"small.{reading.small_talk}"),), topic=situation.last_topic)
    if situation.failures:
        facts = flag_facts(Level.REVIEW, situation)
        return Decision((Say("faq.again", facts),), Level.REVIEW, "question")
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
