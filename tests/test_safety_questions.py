"""The safety questions in a chat: screens of an older version, and what is wrong in the file that lays them out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from care.check import check
from care.clinic import MOST_QUESTIONS, SAFETY_FILE, load_procedure, load_safety
from care.faults import ContentFaults
from care.model import Button, Say
from store import checkins
from store.saying import to_patient
from store.seam import Row
from tests.town import Town, phrases_alone, town

CONTENT = Path(__file__).parents[1] / "content"


# Screens that stood in chats before there was one screen


def patient(place: Town, name: str) -> Row:
    assert place.house is not None
    row = place.house.store.read.one("SELECT * FROM patient WHERE chat_id = ?", (place.chat(name),))
    assert row is not None
    return row


async def shown_before(place: Town, step: str, answers: dict[str, str], button: str) -> None:
    """A screen of the safety questions as they once were, with one of its buttons, in Maya's chat."""
    assert place.house is not None
    maya, now = patient(place, "maya"), place.clock()

    def work(tx: Any) -> None:
        row = checkins.begin(
            tx, patient_id=maya["id"], episode_id=1, checkin="safety", origin="unsure", day=2, step=step,
            words="can i swim in the pool", look=now, now=now,
        )  # fmt: skip
        tx.run("UPDATE checkin SET answers = ? WHERE id = ?", (json.dumps(answers), row))
        buttons = ((Button(f"sign.{button}", f"c|{row}|{step}|{button}"),),)
        none = ((Button("button.none_of_these", f"c|{row}|{step}|none"),),)
        to_patient(tx, maya, Say("checkin.danger", {}, (*buttons, *none)), now, checkin_id=row)

    await place.house.store.write(work)
    place.house.delivery.wake()
    await place.forward(now)


@pytest.mark.parametrize(
    ("step", "button", "label", "words"),
    [
        ("danger", "bleeding", "Bleeding that will not stop", "The bleeding will not stop"),
        ("signs", "fever", "High temperature (fever) or chills", "A clinician needs to look at this today"),
    ],
)
async def test_a_button_of_an_old_screen_still_leads_to_its_answer(
    tmp_path: Path, step: str, button: str, label: str, words: str
) -> None:
    async with town(tmp_path, reader=phrases_alone()) as place:
        await place.enrol("maya")
        await shown_before(place, step, {} if step == "danger" else {"danger": "none"}, button)
        await place.press("maya", label)
        assert any(words in text for text in place.texts("maya"))
        assert any(f"You answered: {label}" in text for text in place.texts("maya"))
        assert place.find("staff", "Maya")


async def test_none_on_the_old_danger_screen_goes_on_with_the_one_screen_and_ends_with_what_is_owed(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, reader=phrases_alone()) as place:
        await place.enrol("maya")
        await shown_before(place, "danger", {}, "bleeding")
        await place.press("maya", "None of these")
        assert place.find("maya", "Is one of these true right now?")
        await place.press("maya", "None of these")
        assert place.find("maya", "It is good that you have none of these")
        assert any("pool" in text and "From:" in text for text in place.texts("maya")[-2:])


async def test_none_on_the_old_screen_of_signs_ends_it(tmp_path: Path) -> None:
    async with town(tmp_path, reader=phrases_alone()) as place:
        await place.enrol("maya")
        await shown_before(place, "signs", {"danger": "none"}, "fever")
        await place.press("maya", "None of these")
        assert place.find("maya", "It is good that you have none of these")


# The file


def wrong(tmp_path: Path, old: str, new: str) -> list[str]:
    """What is told of the file with one thing changed."""
    text = (CONTENT / SAFETY_FILE).read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / SAFETY_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentFaults) as found:
        load_safety(tmp_path)
    return [str(fault) for fault in found.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("id: fever", "id: airway", "`airway` stands there twice"),
        ("behind: eyes", "behind: ears", "`behind: ears` names no button of the first screen"),
        ("level: urgent", "level: none", "a person hears of every answer"),
        ("level: urgent", "level: soon", "level 'soon' is none of none, review, urgent, emergency"),
        ("\nquestions:", "\nscreens:", "`screens` means nothing here"),
        ("    symptoms: [fever", "    from_day: 3\n    symptoms: [fever", "no `from_day`"),
    ],
)
def test_what_is_wrong_with_the_safety_questions_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    faults = wrong(tmp_path, old, new)
    assert any(told in fault for fault in faults), faults
    assert all(fault.startswith(SAFETY_FILE) for fault in faults)


def test_too_many_buttons_on_one_screen_are_told(tmp_path: Path) -> None:
    lines = [f"  - {{id: more_{n}, symptoms: [fever], level: urgent}}\n" for n in range(MOST_QUESTIONS)]
    faults = wrong(tmp_path, "questions:\n", f"questions:\n{''.join(lines)}")
    assert any("14 buttons stand on the first screen: 7 at most" in fault for fault in faults)


def test_a_procedure_has_no_safety_questions_of_its_own(tmp_path: Path) -> None:
    text = (CONTENT / "microneedling" / "procedure.yaml").read_text(encoding="utf-8")
    (tmp_path / "microneedling").mkdir()
    (tmp_path / "microneedling" / "procedure.yaml").write_text(f"{text}\nsafety: []\n", encoding="utf-8")
    with pytest.raises(ContentFaults) as found:
        load_procedure(tmp_path / "microneedling", tmp_path)
    assert "the safety questions are the same after every procedure" in str(found.value)


def test_what_the_safety_questions_lack_is_told_by_the_check(tmp_path: Path) -> None:
    root = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    file, words = root / SAFETY_FILE, root / "general/en/checkin.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("[chest_pain]", "[chest_ache]").replace("[vision_loss]", "[eye_pain]"), encoding="utf-8"
    )
    said = words.read_text(encoding="utf-8")
    words.write_text(said.replace("## ask.eyes\n", "## ask.ears\n"), encoding="utf-8")
    faults = [str(fault) for fault in check(root).faults]
    for told in (
        "there is no symptom `chest_ache` in general/symptoms.yaml",
        "`ask.eyes` has no words in general/en/checkin.md",
        "sight: its `vision_loss` is in no safety question",
    ):
        assert any(told in fault for fault in faults), told
