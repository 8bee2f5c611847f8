"""A reading and the patient's situation -> what to say, whom to tell, how soon. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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

EXPECTED_TOPIC: Mapping[str, str] = {
    "redness": "redness_expected",
    "swelling": "swelling_expected",
    "tightness": "tightness_dryness",
    "dryness": "tightness_dryness",
    "peeling": "peeling_expected",
    "pinpoint_bleeding": "bleeding_bruising",
    "bruising": "bleeding_bruising",
    "itching": "itching_expected",
    "acne_flare": "breakouts",
}
"""An expected sign that is merely told is answered with what is usual for it."""

ASK: Rows = ((Button("button.ask_clinic", "ask"), Button("button.no_thanks", "noask")),)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a message is decided about. All times local to the patient."""

    day: int | None
    """Day of the episode; None without one."""
    now: datetime | None = None
    procedure: str = ""
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
    topic = reading.topic or _expected(reading)
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
        rows = tuple((Button(f"topic.{topic}", f"topic|{topic}"),) for topic in reading.near)
        return Decision((Say("faq.choose", buttons=(*rows, *ASK)),), failures=1)
    return Decision((Say("faq.unsure", buttons=ASK),), failures=1)


def _expected(reading: Reading) -> str:
    return next((EXPECTED_TOPIC[s] for s in reading.symptoms if s in EXPECTED_TOPIC), "")


def answer(topic: str, situation: Situation) -> Say:
    """What the clinic's documents say about a topic on this day."""
    return Say("faq.answer", {"topic": topic, "day": situation.day, "procedure": situation.procedure})


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
