"""/forget leaves nothing: not in the tables, not in the bytes of the files, not in a backup."""

from __future__ import annotations

from pathlib import Path

from store.sqlite import copy_to
from tests.town import town

SAID = "the zebra stripes on my cheek are oozing pus"
ANSWERED = "Keep the giraffe away from it, please."


async def test_nothing_of_an_erased_patient_is_left_in_any_byte(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.enrol("maya")
        await place.says("maya", SAID)
        card = place.find("staff", "zebra")
        place.person("anna").says(ANSWERED, chat=place.group.id, reply_to=card["message_id"])
        await place.settle()
        place.person("maya").shares_contact()
        await place.settle()
        signs = ("Maya", "zebra", "giraffe", place.person("maya").phone.lstrip("+"))
        assert all(_where(tmp_path, sign) for sign in signs)
        await place.says("maya", "/forget")
        await place.press("maya", "Yes, erase it all")
        copy_to(tmp_path / "town.sqlite3", tmp_path / "backup.sqlite3")
        assert [sign for sign in signs if _where(tmp_path, sign)] == []


def _where(folder: Path, sign: str) -> list[str]:
    return [file.name for file in folder.iterdir() if sign.encode() in file.read_bytes()]
