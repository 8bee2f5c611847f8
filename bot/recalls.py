"""The button below a correction: the patient says that they have read it."""

from __future__ import annotations

import json
from datetime import datetime

from bot.desk import Desk
from bot.letter import plain
from care.channel import Incoming
from care.model import Say
from store import outbox, people, recalls
from store.seam import Row, Writes


async def read_it(desk: Desk, heard: Incoming) -> None:
    """Data is ``r|correction``. The button goes, so that nobody wonders whether it was heard."""
    patient = people.by_chat(desk.store.read, heard.chat_id)
    number = int(heard.data.partition("|")[2])

    def work(tx: Writes, now: datetime) -> None:
        if patient is not None and recalls.read(tx, number, patient["id"], now):
            _without_button(desk, tx, heard, patient, now)

    await desk.carry_out(heard, work)
    lang = patient["lang"] if patient is not None else desk.language(heard.lang)
    toast = plain(desk.library.say("recall.toast", lang, {}).html) if patient is not None else ""
    await desk.wire.answer_press(heard.press_id, toast)


def _without_button(desk: Desk, tx: Writes, heard: Incoming, patient: Row, now: datetime) -> None:
    shown = outbox.of_message(tx, heard.chat_id, heard.message_id)
    if shown is None:
        return
    episode = people.episode(tx, shown["episode_id"]) if shown["episode_id"] else None
    say = Say(shown["words"], {**json.loads(shown["facts"]), "read": True})
    desk.to_patient(tx, patient, say, now, episode=episode, instead_of=heard.message_id)
