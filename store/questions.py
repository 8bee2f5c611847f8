"""Questions that the bot could not answer and staff did: which answer belongs to which question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from store import audit
from store.seam import Reads, Row, Writes, moment

QUESTION = "question"
"""Kind of a flag, or of words shown below one, that ask what the bot could not answer."""
ASKED = "asked"
"""Kind of words shown below a flag that a topic has answered already, rightly or not."""
PROPOSED = "proposed"
NEWEST = 5000
"""So many messages are looked through for others who asked the same."""


@dataclass(slots=True)
class Answered:
    """A question of a patient and what staff answered."""

    id: int
    """Of the answer's row; stable."""
    flag_id: int
    patient_id: int
    case_number: str
    lang: str
    procedure: str
    """'' when the patient had no episode."""
    questions: tuple[str, ...]
    """In the patient's words; several when one answer came to several questions."""
    answers: list[str]
    """In the words of staff; more than one when they went on."""
    names: frozenset[str] = field(default_factory=frozenset)
    """Names of the patient and of whoever answered."""
    at: datetime | None = None


def answered(read: Reads) -> list[Answered]:
    """Questions with answers that nobody has proposed yet, newest first."""
    done = {row["about"] for row in read.rows("SELECT about FROM audit WHERE what = ?", (PROPOSED,))}
    flags = read.rows(
        "SELECT f.*, p.case_number, p.first_name, p.lang, e.procedure FROM flag f JOIN patient p ON p.id = f.patient_id"
        " LEFT JOIN episode e ON e.id = f.episode_id"
        " WHERE EXISTS (SELECT 1 FROM outgoing o WHERE o.flag_id = f.id AND o.words = 'flag.answer') ORDER BY f.id"
    )
    found = [one for flag in flags for one in _of(read, flag)]
    return sorted((one for one in found if _about(one.id) not in done), key=lambda one: -one.id)


def proposed(tx: Writes, answer: Answered, topic: str, now: datetime) -> None:
    """Remember that a draft was made of it, so that it is not offered again."""
    audit.note(tx, "command", PROPOSED, _about(answer.id), now)
    audit.note(tx, "command", f"drafted as {topic}", f"flag {answer.flag_id}", now)


def asked(read: Reads, lang: str) -> list[str]:
    """What patients of a language asked or said and no topic answered, newest first."""
    texts = [
        row["text"]
        for row in read.rows(
            "SELECT m.text, m.reading FROM message m JOIN patient p ON p.id = m.patient_id"
            " WHERE m.kind = 'text' AND m.level = 'none' AND p.lang = ? ORDER BY m.id DESC LIMIT ?",
            (lang, NEWEST),
        )
        if not json.loads(row["reading"]).get("topic")
    ]
    return list(dict.fromkeys(text for text in texts if text.strip()))


def names(read: Reads) -> frozenset[str]:
    """The first names of patients and the names of staff."""
    patients = read.rows("SELECT DISTINCT first_name AS name FROM patient")
    return frozenset(row["name"] for row in [*patients, *read.rows("SELECT DISTINCT name FROM staff")] if row["name"])


def _about(answer_id: int) -> str:
    return f"answer {answer_id}"


def _of(read: Reads, flag: Row) -> Iterator[Answered]:
    """A flag's questions, each with the answer that came to it.

    An answer belongs to the message below which it was written; written below the card, it belongs
    to everything that was asked since the answer before, and without a new question it goes on with that one.
    """
    about_question = flag["kind"] == QUESTION and flag["level"] == "review"
    waiting: dict[int, str] = {}
    shown: dict[int, str] = {}
    direct: dict[str, Answered] = {}
    found: list[Answered] = []
    for row in _thread(read, flag["id"]):
        facts = json.loads(row["facts"])
        if row["words"] == "staff.card" and about_question:
            waiting[row["id"]] = flag["words"]
        elif row["words"] == "staff.relay" and facts.get("kind") in (QUESTION, ASKED):
            shown[row["id"]] = facts["text"]
            waiting |= {row["id"]: facts["text"]} if facts["kind"] == QUESTION else {}
        elif row["words"] == "flag.answer":
            text = shown.get(facts.get("answers", 0))
            before = direct.get(text) if text else found[-1] if found and not waiting else None
            if before is not None:
                before.answers.append(facts["text"])
            elif text or (about_question and waiting):
                found.append(_answered(flag, row, facts, (text,) if text else tuple(dict.fromkeys(waiting.values()))))
                direct |= {text: found[-1]} if text else {}
                waiting = {id: other for id, other in waiting.items() if text and other != text}
    return iter([one for one in found if one.questions])


def _thread(read: Reads, flag_id: int) -> list[Row]:
    """What was shown to staff of a flag and what they answered, in its order; each once."""
    return read.rows(
        "SELECT id, words, facts, due_at FROM outgoing WHERE flag_id = ? AND form = 'text' AND repeat_of IS NULL"
        " AND words IN ('staff.card', 'staff.relay', 'flag.answer') ORDER BY id",
        (flag_id,),
    )


def _answered(flag: Row, row: Row, facts: dict[str, str], questions: tuple[str, ...]) -> Answered:
    return Answered(
        row["id"],
        flag["id"],
        flag["patient_id"],
        flag["case_number"],
        flag["lang"],
        flag["procedure"] or "",
        tuple(question for question in questions if question.strip()),
        [facts["text"]],
        frozenset(name for name in (flag["first_name"], facts.get("name", "")) if name),
        moment(row["due_at"]),
    )
