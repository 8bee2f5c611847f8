"""Whole conversations over days, each told in a file of ``stories/``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.facts import FACTS
from tests.story import Untrue, read_story, steps_of
from tests.storyteller import VERBS, Storyteller, starting, understood
from tests.town import phrases_alone, shared_library, shared_reader, town

STORIES = sorted((Path(__file__).parent / "stories").glob("*.yaml"))


async def play(file: Path, folder: Path) -> None:
    story = read_story(file)
    reader = phrases_alone() if story.phrases else shared_reader()
    async with town(folder, starting(story, shared_library().clinic.zone), reader=reader) as place:
        await Storyteller(place, story).play()


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
async def test_the_story_goes_as_it_is_told(file: Path, tmp_path: Path) -> None:
    await play(file, tmp_path)


def test_the_page_about_stories_shows_every_sentence_and_every_fact() -> None:
    page = (STORIES[0].parent / "README.md").read_text(encoding="utf-8")
    shown = [step for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) for step in steps_of(block)]
    played = {understood(step)[0] for step in shown}
    assert {name for _, name, _ in VERBS} == played
    assert set(re.findall(r"`([^`]+)`", page.splitlines()[-1])) == {"has", "have", *FACTS}


async def told(tmp_path: Path, steps: str) -> str:
    file = tmp_path / "told.yaml"
    file.write_text(f"about: one that goes wrong\nsteps:\n{steps}", encoding="utf-8")
    with pytest.raises(Untrue) as trouble:
        await play(file, tmp_path)
    return str(trouble.value)


async def test_a_story_that_goes_wrong_names_the_line_and_shows_the_phone(tmp_path: Path) -> None:
    said = await told(tmp_path, "  - zoe opens: the chat\n  - zoe reads: aftercare chat … a pony\n")
    assert "line 4: zoe reads" in said
    assert "ask at the desk for your QR code" in said


async def test_parts_that_came_in_another_order_are_not_what_was_told(tmp_path: Path) -> None:
    said = await told(tmp_path, "  - zoe opens: the chat\n  - zoe reads: QR code … aftercare chat\n")
    assert "in this order" in said


async def test_what_was_not_to_be_read_is_found(tmp_path: Path) -> None:
    said = await told(tmp_path, "  - zoe opens: the chat\n  - zoe does not read: QR code\n")
    assert "['QR code'] was not to come" in said


async def test_a_sentence_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert "line 3: maya dances" in await told(tmp_path, "  - maya dances: a tango\n")


async def test_a_refusal_that_the_story_does_not_speak_of_fails_it(tmp_path: Path) -> None:
    steps = "  - Telegram refuses: {call: sendMessage, code: '400'}\n  - zoe opens: the chat\n"
    assert "refused what the story does not speak of" in await told(tmp_path, steps)
