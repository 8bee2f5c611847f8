"""Dangers typed by cold hands, in capitals, between faces and chatter, or in two messages: they are still caught."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from care.model import Level
from care.understand import Reader
from commands.parts import open_library, open_reader
from settings import Settings

BANK = Path(__file__).resolve().parent.parent / "training" / "bank"
EVERY = 9
"""Every so many-th danger of the rounds is tried: enough to tell 97 from 95 in a hundred, and quick."""
KEPT = 0.97
"""Of the dangers that are caught as they were written so many are caught disturbed."""
ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm")
FACES = ("😭", "🙏🏽", "😬", "🤷‍♀️", "🔥")
CHATTER = {
    "en": ("hiya, only me again, hope the weekend was nice over there. ", " anyway the kids are fighting, must run"),
    "es": ("hola buenas, soy yo de nuevo, espero que estén muy bien. ", " bueno los dejo que se pelean los niños"),
}
Message = tuple[str, str, int, str]
"""Id, language, day and text."""


@cache
def reader() -> Reader:
    return open_reader(open_library(Settings(_env_file=None)))


def lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").split("\n") if line]


@cache
def dangers() -> Sequence[Message]:
    """Some dangers of the rounds, of those that are caught as they were written."""
    items = [json.loads(line) for file in sorted(BANK.glob("round_*.jsonl")) for line in lines(file)]
    serious = [item for item in items if item["level"] in ("urgent", "emergency") and item["lang"] in CHATTER]
    told = [(item["id"], item["lang"], item["day"], item["text"]) for item in serious[::EVERY]]
    return tuple(one for one in told if caught(one))


def caught(message: Message) -> bool:
    """Raised, or the safety questions are asked."""
    _, lang, day, text = message
    reading = reader().read(text, day, lang, "microneedling")
    return reading.level >= Level.URGENT or reading.asks


def mistyped(text: str, lang: str, chance: random.Random) -> str:
    """One slip in every thirty letters: left out, doubled, exchanged, or the key beside it."""
    letters = list(text)
    for _ in range(1 + len(text) // 30):
        at = chance.randrange(len(letters) - 1)
        if not letters[at].isalpha() or not letters[at + 1 : at + 2]:
            continue
        row = next((row for row in ROWS if letters[at].lower() in row), letters[at].lower())
        beside = row[min(len(row) - 1, row.find(letters[at].lower()) + 1)]
        letters[at : at + 2] = chance.choice(
            [
                [letters[at + 1]],
                [letters[at], *letters[at : at + 2]],
                [letters[at + 1], letters[at]],
                [beside, letters[at + 1]],
            ]
        )
    return "".join(letters)


def with_faces(text: str, lang: str, chance: random.Random) -> str:
    """Faces after sentences and at the end."""
    return re.sub(r"([.,!?]) ", lambda end: f"{end[1]} {chance.choice(FACES)} ", text) + f" {chance.choice(FACES)}"


def without_accents(text: str, lang: str, chance: random.Random) -> str:
    """As on a keyboard without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def without_marks(text: str, lang: str, chance: random.Random) -> str:
    """Dictated: no sentence ends."""
    return re.sub(r"[.,;:!?¿¡…]", "", text)


def with_chatter(text: str, lang: str, chance: random.Random) -> str:
    """Between a greeting and a good-bye."""
    before, after = CHATTER[lang]
    return f"{before}{text}{after}"


DISTURBED: dict[str, Callable[[str, str, random.Random], str]] = {
    "mistyped": mistyped,
    "in capitals": lambda text, lang, chance: text.upper(),
    "in small letters": lambda text, lang, chance: text.lower(),
    "with faces": with_faces,
    "without accents": without_accents,
    "without marks": without_marks,
    "among chatter": with_chatter,
}


@pytest.mark.parametrize("how", DISTURBED)
def test_a_danger_that_is_caught_is_caught_however_it_is_typed(how: str) -> None:
    lost = []
    for message in dangers():
        id, lang, day, text = message
        if not caught((id, lang, day, DISTURBED[how](text, lang, random.Random(id)))):
            lost.append(id)
    assert len(lost) <= (1 - KEPT) * len(dangers()), lost


def test_a_danger_that_comes_in_two_messages_is_caught_in_one_of_them() -> None:
    lost = []
    for id, lang, day, text in dangers():
        words = text.split(" ")
        halves = (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))
        if not any(half.strip() and caught((id, lang, day, half)) for half in halves):
            lost.append(id)
    assert len(lost) <= (1 - KEPT) * len(dangers()), lost


def test_the_rounds_hold_dangers_to_try() -> None:
    assert len(dangers()) > 100
