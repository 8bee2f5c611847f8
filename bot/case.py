"""One thing that a patient did, with everything that is needed to act on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.desk import Desk
from care.channel import Incoming
from care.decide import Situation
from care.model import Level, Reading, Say, Why
from store import checkins, flagging, messages
from store.seam import Row, Writes


@dataclass(frozen=True, slots=True)
class Case:
    """A patient's deed inside of the transaction that answers it."""

    desk: Desk
    tx: Writes
    heard: Incoming
    patient: Row
    episode: Row | None
    situation: Situation
    now: datetime

    def say(self, say: Say) -> None:
        """Say something to the patient."""
        self.desk.to_patient(self.tx, self.patient, say, self.now, episode=self.episode)

    def change(self, say: Say) -> None:
        """Put words in place of the message whose button was pressed."""
        self.desk.to_patient(
            self.tx, self.patient, say, self.now, episode=self.episode, instead_of=self.heard.message_id
        )

    def keep(self, reading: Reading, *, kind: str = "", text: str = "") -> None:
        """Keep what the patient said or did, with what was read in it."""
        messages.keep(
            self.tx,
            patient_id=self.patient["id"],
            episode_id=self.episode["id"] if self.episode else None,
            update_id=self.heard.update_id,
            at=self.heard.at,
            day=self.situation.day,
            kind=kind or self.heard.kind,
            text=text or self.heard.text,
            file_id=self.heard.file_id,
            level=reading.level.word,
            reading=plain(reading),
        )
        checkins.settle(self.tx, self.patient["id"])

    def flag(self, kind: str, level: Level, words: str, why: Sequence[Why] = ()) -> int:
        """Flag it for staff; the id of the flag that it became part of."""
        return flagging.raise_flag(
            self.tx,
            self.desk.room(),
            self.patient,
            self.episode,
            kind=kind,
            level=level,
            words=words,
            why=why,
            day=self.situation.day,
            now=self.now,
        )


def plain(reading: Reading) -> Mapping[str, Any]:
    """A reading as plain values, for the record."""
    return {
        "level": reading.level.word,
        "symptoms": list(reading.symptoms),
        "topic": reading.topic,
        "also": list(reading.also),
        "sure": round(reading.sure, 3),
        "asks": reading.asks,
        "language": reading.language,
        "why": [{**asdict(why), "level": why.level.word} for why in reading.why],
    }
