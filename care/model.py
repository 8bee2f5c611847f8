"""The nouns that every room of the house shares, frozen, each field explained in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any
from zoneinfo import ZoneInfo

Facts = Mapping[str, Any]
"""What a sentence is filled with: plain JSON values, kept beside the id of the words."""


class Level(IntEnum):
    """What must happen after a message; the most serious reading wins, so levels compare."""

    NONE = 0
    REVIEW = 1
    URGENT = 2
    EMERGENCY = 3

    @property
    def word(self) -> str:
        """The level's name in content, tables and JSON: ``none`` … ``emergency``."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        """The level named ``word``; ValueError names the four that exist."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"level {word!r} is none of none, review, urgent, emergency") from None


HINT, TOGETHER = "hints: ", "together: "
"""How the rule of a reason begins that is a broad hint, or signs that mean more together."""
LIKE, TRAINED = "like: ", "trained"
"""How it begins where the trained reader decided: with the nearest labelled message, or without one near enough."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a reading, in terms that staff can check against the message."""

    phrase: str
    """The patient's own words that were read, as they stand in the message."""
    symptom: str
    """Symptom id they were read as; empty when the reason is not a symptom."""
    rule: str
    """What decided: the phrase of content/ that matched, or another rule; see HINT, TOGETHER and LIKE above."""
    level: Level
    """The level that this reason alone asks for."""
    sure: float | None = None
    """0..1: how sure the reader is of this reason; None for a rule, which holds or doesn't."""
    days: str = ""
    """What the day table says of the symptom on that day: ``past 3`` (usual until day 3, and now it is later),
    ``expected 3`` (usual until day 3), ``from 2``, ``before 2``; '' when all days are alike."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message means."""

    level: Level = Level.NONE
    """The most serious level that any part of the message asks for."""
    symptoms: tuple[str, ...] = ()
    """Ids of the symptoms that the patient has now, most serious first."""
    topic: str | None = None
    """FAQ topic that the message asks about and that is sure enough to answer; else None."""
    also: tuple[str, ...] = ()
    """Further topics that it asks about, as sure as ``topic``, the more useful first; two at most."""
    near: tuple[str, ...] = ()
    """Up to three topics to offer as buttons when none is sure, or for what found no answer beside ``topic``."""
    left: bool = False
    """True: beside ``topic`` it clearly asks something that is not answered."""
    follows: bool = False
    """True: it asks on about what was answered last, and names nothing new: "and tomorrow?"."""
    asked_day: str = ""
    """The day that such a question names, as care/followup.py reads it; else ''."""
    sure: float = 0.0
    """0..1: how sure the answer's topic is, or, when something was flagged, the level."""
    asks: bool = False
    """True: ask the patient the safety questions before anything else."""
    language: str = ""
    """Language that the message is written in (ISO 639-1), as far as could be told; else ''."""
    foreign: str = ""
    """``language`` when it is surely that one and the clinic does not offer it; else ''."""
    readable: bool = True
    """False: the bot does not speak this language or could not read it; a person must."""
    small_talk: str = ""
    """'thanks', 'hello', 'fine' … when the message is only that; else ''."""
    question: bool = False
    """True: it asks for something, so silence or a mere receipt would be rude."""
    why: tuple[Why, ...] = ()
    """Every reason, most serious first."""
    danger: float | None = None
    """0..1: how likely the trained reader holds it that the message is urgent or an emergency; None without one."""
    calm: bool = False
    """True: the trained reader is sure that there is nothing to flag …"""
    certain: bool = False
    """… and so sure that a phrase of danger in it is a manner of speaking, or about somebody else."""
    whole: bool = True
    """False: the message was so long that the trained reader has left out its middle."""


@dataclass(frozen=True, slots=True)
class Span:
    """Opening hours of one day, local wall time, ``opens`` before ``closes``."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Clinic:
    """What ``content/clinic.yaml`` says."""

    id: str
    """Short stable id: invitations are bound to it."""
    name: str
    """As patients know it."""
    country: str
    """ISO 3166 code, such as GB: which emergency numbers hold."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages that patients are offered."""
    procedures: tuple[str, ...]
    """Folders of content/ whose patients are looked after."""
    phone: str
    """The number that patients call, as it is to be shown."""
    emergency_number: str
    """The local emergency number, such as 112 or 911."""
    crisis_line: str
    """Who to call with thoughts of self-harm: name and number in one line."""
    out_of_hours: str
    """Number or service for urgent questions while the clinic is closed."""
    zone: ZoneInfo
    """IANA zone of the clinic."""
    language: str
    """Language of invitations unless staff choose another, and of the staff group."""
    hours: Mapping[int, tuple[Span, ...]]
    """Weekday (0 Monday … 6 Sunday) → opening spans in order; a missing day is closed."""
    closed: frozenset[date]
    """Holidays on which the clinic is closed."""
    quiet: Span
    """Care messages go out between these local times of the patient (opens … closes)."""
    hour: time
    """Preferred hour unless the patient chooses another."""
    zones: tuple[str, ...]
    """IANA zones offered to patients as buttons."""
    card_names: str
    """What staff cards show: ``first_name`` or ``case_number``."""
    promise: Mapping[Level, int]
    """Minutes of opening time within which staff answer, by level."""
    take: Mapping[Level, tuple[int, ...]]
    """Minutes after opening a flag at which it is repeated while nobody has taken it."""
    silence_minutes: int
    """Silence after the safety questions for so long tells staff."""
    remind_hours: int
    """A check-in nobody answered is asked once more after so many hours."""
    invitation_hours: int
    """An invitation can be used for so long."""
    keep_days: int
    """Days after the end of an episode until the patient's data are erased."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One message of a procedure's plan, as ``procedure.yaml`` lays it out; no words in it."""

    id: str
    """Also the id of its words: ``day3``, ``evening0``, ``before7``."""
    day: int
    """Days after the session's local date; for ``before`` messages days before the next one."""
    at: str
    """``hour`` (the patient's preferred hour), ``at_once`` (on enrolment), or ``HH:MM``."""
    before_next: bool = False
    """True: counted back from the next session, and planned only when its date is known."""
    late: str = "merge"
    """When it could not go out in time: ``send``, ``merge`` (into one catch-up) or ``drop``."""
    late_hours: int = 12
    """How many hours after its time it counts as late."""
    holds_until: int = 0
    """Last day on which its catch-up line is still true; later it is dropped with the reason."""
    checkin: str = ""
    """Id of the check-in that it carries; '' for none."""
    chips: tuple[str, ...] = ()
    """FAQ topics that stand as small buttons below it: what most patients ask on that day."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check-in of a plan: which screens are shown, no words in it."""

    id: str
    trend: bool = True
    """Begin with better / same / worse; False begins with the danger screen."""
    always: tuple[str, ...] = ()
    """Signs asked of everybody, one a screen, after the danger screen."""
    worse: tuple[str, ...] = ()
    """Signs asked, one a screen, after "worse", "something else" or "not sure"."""
    same_is_sign: bool = False
    """True: "about the same" is treated as "worse" (from day 4 on)."""
    danger: bool = True
    """False: no danger screen, because it asks about plans and not about the skin."""
    closing: str = ""
    """Id of the words that close it when nothing was named; '' for the usual ones."""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Patient type → signs that are asked of everybody who is of that type."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a check-in asks about: a button or a screen."""

    id: str
    symptoms: tuple[str, ...]
    """Symptom ids that a "yes" stands for."""
    level: Level
    """What a "yes" asks for."""
    from_day: int = 0
    """First day on which a "yes" counts as ``level``; before that it counts as nothing."""
    behind: str = ""
    """Id of the safety question whose button opens a second screen on which this one stands; '' for the first."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One folder of content/: everything about a procedure that is not language."""

    id: str
    plan: tuple[Planned, ...]
    checkins: Mapping[str, CheckIn]
    danger: tuple[Sign, ...]
    """Buttons of the danger screen: each is an emergency at once."""
    signs: Mapping[str, Sign]
    """Signs that are asked one a screen."""
    expected: Mapping[str, tuple[int, int]]
    """Symptom id → first and last day on which it is expected."""
    last_day: int
    """The episode ends after this day."""
    types: tuple[str, ...] = ()
    """Patient types that staff may tick at enrolment; each adds its own lines to some messages."""
    usual: Mapping[str, str] = field(default_factory=dict)
    """Symptom id → FAQ topic that tells what is usual, when the symptom is merely told on an expected day."""
    safety: tuple[Sign, ...] = ()
    """The safety questions' buttons, from ``general/safety_questions.yaml``: the same after every procedure."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One symptom id of ``content/general/symptoms.yaml``; no language in it."""

    id: str
    level: Level
    """Level while it is present, outside of the days on which it is expected."""
    expected: tuple[int, int] | None = None
    """Days on which it alone is nothing to flag; None: never expected."""
    from_day: int = 0
    """The level holds from this day on; before it, ``before``."""
    before: Level = Level.NONE
    """Level before ``from_day``."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A person in our care, or on the way to it."""

    id: int
    chat_id: int
    """Telegram's id of the private chat; also of the person."""
    case_number: str
    """What staff see instead of a name, such as A-0042."""
    first_name: str
    lang: str
    zone: ZoneInfo
    hour: time
    """Preferred local time for care messages."""
    phone: str = ""
    """Shared by the patient on request; '' when not."""
    paused_until: datetime | None = None
    stopped: bool = False
    """Asked for silence: no care messages; danger is still read and answered."""


@dataclass(frozen=True, slots=True)
class Episode:
    """The care that follows one session; day 0 is the session's local date."""

    id: int
    patient_id: int
    procedure: str
    session_at: datetime
    """UTC."""
    zone: ZoneInfo
    """The zone in which the session's date is counted."""
    next_session: date | None = None
    types: tuple[str, ...] = ()
    """Patient types chosen at enrolment, in the procedure's order; () is the plain patient."""

    def day(self, now: datetime) -> int:
        """Whole local days since the session's date; negative before it."""
        local = now.astimezone(self.zone).date()
        return (local - self.session_at.astimezone(self.zone).date()).days


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: the id of its words, and what pressing it sends back."""

    words: str
    """Id of the label's words; its facts are the message's, and ``facts``."""
    data: str = ""
    """1-64 bytes returned on a press; '' for a keyboard button that sends its label."""
    facts: Facts = field(default_factory=dict)
    url: str = ""
    """Opens this address instead of sending ``data``."""
    contact: bool = False
    """A keyboard button that shares the person's phone number."""


Rows = tuple[tuple[Button, ...], ...]


class Lane(IntEnum):
    """Who goes first when Telegram's limits bind."""

    EMERGENCY = 0
    """Emergency answers and the alerts to staff that go with them."""
    REPLY = 1
    """Answers to somebody who is waiting, and flag cards."""
    CARE = 2
    """Planned messages."""


@dataclass(frozen=True, slots=True)
class Say:
    """Something to be said to one chat: an effect that a door turns into a row."""

    words: str
    """Id of the words in content/."""
    facts: Facts = field(default_factory=dict)
    buttons: Rows = ()
    keyboard: Rows | None = None
    """Persistent keyboard to show; () removes it; None leaves it as it is."""
    lane: Lane = Lane.REPLY
    ask_reply: bool = False
    """Opens the reply box (staff prompts)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Words that stand inside of others, as they were when those were said."""

    words: str
    """Their id; ``faq.<topic>`` for an answer of the FAQ."""
    version: str
    """Of the file in which they stand."""
    hash: str
    """First 16 hex digits of SHA-256 of their template."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words as they go out."""

    html: str
    """Telegram HTML: only <b> and <i>, everything else escaped."""
    words: str
    version: str
    hash: str
    """First 16 hex digits of SHA-256 of the words' template."""
    parts: tuple[Part, ...] = ()
    """All other words that were said inside of them, each once."""
