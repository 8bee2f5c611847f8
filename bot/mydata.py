"""What /mydata sends: everything that is kept about one patient, as a text that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

from bot.letter import plain
from care.library import Library
from care.model import Button
from store import flags, messages, outbox, people, recalls
from store.seam import Reads, Row, moment

SHOWN = ("first_name", "case_number", "lang", "zone", "hour", "phone")
"""What is told of the patient's own row."""


def my_data(read: Reads, library: Library, patient_id: int) -> bytes:
    """The file, UTF-8. LookupError when the patient is no longer known."""
    row = people.by_id(read, patient_id)
    if row is None:
        raise LookupError("no such patient")
    patient = people.patient_of(row)

    def at(stored: int) -> Any:
        return moment(stored).astimezone(patient.zone)

    episodes = people.episodes(read, patient_id)
    facts: dict[str, Any] = {
        "patient": {name: row[name] for name in SHOWN},
        "consents": [{**c, "at": at(c["at"])} for c in map(dict, people.consents(read, patient_id))],
        "episodes": [_session(library, row["lang"], e, at(e["session_at"])) for e in episodes],
        "plan": [
            {"at": at(p["sent_at"] or p["due_at"]), "state": p["state"], "title": _title(library, row["lang"], e, p)}
            for e in episodes
            for p in outbox.planned(read, e["id"])
        ],
        "flags": [{**dict(f), "at": at(f["opened_at"])} for f in flags.of_patient(read, patient_id)],
        "messages": [{**m, "at": at(m["at"])} for m in _talk(read, library, row)],
        "day": None,
    }
    return unescape(library.say("mydata.file", row["lang"], facts).html).encode()


def _session(library: Library, lang: str, episode: Row, at: Any) -> dict[str, Any]:
    return {
        "session_at": at,
        "state": episode["state"],
        "procedure": library.procedure_name(episode["procedure"], lang),
        "types": library.type_names(episode["procedure"], people.types_of(episode), lang),
        "next_session": episode["next_session"],
    }


def _title(library: Library, lang: str, episode: Row, planned: Row) -> str:
    return library.say(f"title.{planned['planned']}", lang, {"procedure": episode["procedure"]}).html


def _talk(read: Reads, library: Library, patient: Row) -> list[dict[str, Any]]:
    """What the patient and the staff wrote, and corrections; else the bot's words stand in the plan and in content/."""
    said = [
        {"at": m["at"], "who": "patient", "text": m["text"], "kind": m["kind"]}
        for m in messages.of_patient(read, patient["id"])
    ]
    answers = read.rows(
        "SELECT due_at, facts FROM outgoing WHERE patient_id = ? AND words = 'flag.answer' AND repeat_of IS NULL",
        (patient["id"],),
    )
    told = [(a["due_at"], json.loads(a["facts"])) for a in answers]
    said += [{"at": at, "who": facts["name"], "text": facts["text"]} for at, facts in told]
    said += _corrections(read, library, patient)
    return sorted(said, key=lambda item: int(item["at"]))


def _corrections(read: Reads, library: Library, patient: Row) -> Iterator[dict[str, Any]]:
    """What was put right, and when the patient said that they had read it."""
    for row in recalls.of_patient(read, patient["id"]):
        facts = {**json.loads(row["facts"]), "procedure": row["procedure"], "read": True}
        text = plain(library.say(recalls.FRAME, patient["lang"], facts).html)
        yield {"at": row["at"], "who": "bot", "text": text}
        if row["read_at"]:
            label = library.label(Button("button.read_it"), patient["lang"], {})
            yield {"at": row["read_at"], "who": "patient", "text": label}
