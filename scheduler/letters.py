"""A row of the outbox → the letter that goes out, in words that are chosen only now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from care import invitation
from care.channel import Key, Keys, Letter
from care.decide import topic_rows
from care.model import Button, Clinic, Facts, Part, Procedure, Rows, Said
from store import invitations, outbox, people
from store.seam import Reads, Row, Writes


class Words(Protocol):
    """What is asked of the library."""

    @property
    def clinic(self) -> Clinic: ...
    @property
    def procedures(self) -> Mapping[str, Procedure]: ...
    def say(self, words: str, lang: str, facts: Facts) -> Said: ...
    def answers(self, topic: str, procedure: str) -> bool: ...
    def label(self, button: Button, lang: str, facts: Facts) -> str: ...


class NotYet(Exception):
    """The message that this row changes has not been sent; it will be."""


class Pointless(Exception):
    """The row is no longer worth sending; the text says why."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter, and what must be kept when it goes out."""

    letter: Letter
    said: Said
    keep: Callable[[Writes], object] | None = None
    """Runs in the transaction that hands the letter over: a QR's invitation."""


class Letters:
    """Writes letters: reads, and changes nothing."""

    def __init__(
        self,
        read: Reads,
        library: Words,
        *,
        username: str,
        token_bytes: Callable[[int], bytes],
        my_data: Callable[[int], bytes],
    ) -> None:
        """``username`` of the bot, without the @; ``token_bytes``: so many bytes of chance;
        ``my_data``: the file with everything that is kept about a patient (id)."""
        self._read, self._library = read, library
        self._username, self._token_bytes, self._my_data = username, token_bytes, my_data

    def target(self, row: Row) -> tuple[int, int]:
        """Chat and message id that an edit changes; (0, 0) for everything else.

        Raises NotYet, and Pointless when a newer edit waits or there is no such message.
        """
        if row["form"] != "edit":
            return 0, 0
        if outbox.overtaken(self._read, row):
            raise Pointless("a newer row changes the same message")
        if row["edits_row"] is None:
            return row["chat_id"], row["edits_message"]
        changed = outbox.message_of(self._read, row["edits_row"])
        if changed is not None and changed["state"] == "sent":
            return changed["chat_id"], changed["message_id"]
        if changed is not None and changed["state"] in ("waiting", "claimed", "handed"):
            raise NotYet
        raise Pointless("the message that it changes was never sent")

    def write(self, row: Row, words: str, facts: Facts, now: datetime) -> Ready:
        """The letter of a row in these words. Raises NotYet and Pointless as :meth:`target`, LookupError
        for unknown words, and what the words themselves raise when a fact is missing."""
        facts = {**self._situation(row, now), **facts}
        if row["form"] == "qr":
            return self._invitation(row, words, facts, now)
        said = self._said(row, words, facts)
        letter = self._letter(row, said, facts)
        if row["form"] == "copy":
            words = "" if facts["kind"] == "sticker" else letter.html
            letter = replace(letter, html=words, copy_file=facts["file_id"], copy_kind=facts["kind"])
        if row["form"] == "data":
            name = facts.get("filename", "my-data.txt")
            document = self._my_data(row["patient_id"])
            letter = replace(letter, document=document, filename=name, protect=False)
        return Ready(letter, said)

    def _situation(self, row: Row, now: datetime) -> dict[str, Any]:
        patient = people.by_id(self._read, row["patient_id"]) if row["patient_id"] else None
        episode = people.episode(self._read, row["episode_id"]) if row["episode_id"] else None
        facts: dict[str, Any] = {}
        if patient is not None:
            facts["first_name"] = patient["first_name"]
        if episode is not None:
            noun = people.episode_of(episode)
            facts |= {"day": noun.day(now), "procedure": noun.procedure, "types": list(noun.types)}
        return facts

    def _said(self, row: Row, words: str, facts: Facts) -> Said:
        said = self._library.say(words, row["lang"], facts)
        if not facts.get("repeat"):
            return said
        note = self._library.say("repeat.note", row["lang"], facts)
        parts = (*said.parts, Part(note.words, note.version, note.hash), *note.parts)
        return replace(said, html=f"{note.html}\n\n{said.html}", parts=parts)

    def _letter(self, row: Row, said: Said, facts: Facts) -> Letter:
        keyboard = None if row["keyboard"] is None else outbox.buttons(json.loads(row["keyboard"]))
        chat_id, edits = self.target(row)
        return Letter(
            chat_id=row["chat_id"],
            html=said.html,
            inline=self._keys(outbox.buttons(json.loads(row["buttons"])) or self._chips(row, facts), row, facts),
            keyboard=None if keyboard is None else self._keys(keyboard, row, facts),
            # A group that has moved can't change what stands in its old place: it is said anew.
            edits=edits if chat_id == row["chat_id"] else 0,
            reply_to=self._reply_to(row),
            ask_reply=bool(row["ask_reply"]),
        )

    def _chips(self, row: Row, facts: Facts) -> Rows:
        """What most patients ask on that day, below the planned message that they are reading."""
        procedure = self._library.procedures.get(str(facts.get("procedure", "")))
        reading = facts.get("today") or row["planned"]
        chips = next((planned.chips for planned in procedure.plan if planned.id == reading), ()) if procedure else ()
        return topic_rows([topic for topic in chips if self._library.answers(topic, str(facts["procedure"]))])

    def _keys(self, buttons: Rows, row: Row, facts: Facts) -> Keys:
        return tuple(
            tuple(
                Key(self._library.label(button, row["lang"], facts), button.data, button.url, button.contact)
                for button in line
            )
            for line in buttons
        )

    def _reply_to(self, row: Row) -> int:
        answered = outbox.message_of(self._read, row["reply_row"]) if row["reply_row"] else None
        here = answered is not None and answered["chat_id"] == row["chat_id"]
        return int(answered["message_id"] or 0) if answered is not None and here else 0

    def _invitation(self, row: Row, words: str, facts: dict[str, Any], now: datetime) -> Ready:
        """An invitation made this moment: its token exists only in the letter."""
        token = invitation.token(self._token_bytes(invitation.RANDOM_BYTES))
        link = invitation.link(self._username, token)
        session = datetime.fromisoformat(facts["session_at"])
        local = session.astimezone(self._library.clinic.zone)
        said = self._said(row, words, {**facts, "link": link, "session_at": local})
        letter = replace(self._letter(row, said, facts), photo=invitation.png(link), protect=False)
        upcoming = facts.get("next_session")

        def keep(tx: Writes) -> object:
            return invitations.make(
                tx,
                clinic_id=self._library.clinic.id,
                token_hash=invitation.digest(token),
                procedure=facts["procedure"],
                session_at=session,
                next_session=date.fromisoformat(upcoming) if upcoming else None,
                lang=facts["lang"],
                types=facts.get("types", ()),
                reference=facts.get("reference", ""),
                made_by=facts["made_by"],
                now=now,
                expires=now + timedelta(hours=facts["hours"]),
            )

        return Ready(letter, said, keep)
