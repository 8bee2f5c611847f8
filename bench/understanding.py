"""Understanding a message, from its words to the reply's: what patients say, what an attacker would."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from telegram import Update

from bench.crowd import NOW
from bench.rounds import ROUNDS, Figures, Turn, interleave, percentile, table
from commands.parts import open_library, open_reader
from commands.talk import Talk
from settings import Settings

SAID = Path(__file__).resolve().parent.parent / "tests" / "said"
LONGEST = 4096
"""Characters that Telegram lets anybody send at once."""
HOSTILE: Mapping[str, str] = {
    "one letter": "a",
    "words, none of them known": "zqxv wkjh brlp ",
    "danger again and again": "can't breathe ",
    "danger misspelt": "my fase is swolen and hott ",
    "no, not, never": "no not never isn't don't ",
    "many short sentences": "it hurts. ",
    "quotes and brackets": "((((\"'[[[{{{<b>&amp;",
    "numbers": "38.5 39,2 1/2 ",
    "a sentence of one letter": "a. ",
    "question marks behind a letter": "w? ",
    "fractions of nothing": "1/",
    "many questions": "can I wear makeup? ",
    "one question that never ends": "can I swim and run and ",
    "signs asked about in general": "does it hurt much swell bleed ",
    "signs and denials without a mark": "no pus not swollen never fever he bleeding ",
    "one letter for eighteen": "ﷺ",
    "from right to left": "هل يمكنني السباحة ",
    "formatting": "<b>can I swim</b> **gym** _run_ ",
    "control characters": "a\x01\x02\x7f",
    "marks on letters": "é́̂̃",
    "hidden characters": "a\u200b\u200d\u202e",
    "faces": "😭🔥",
}
PEER = (
    "import time; t = time.perf_counter(); import telegram.ext; t = time.perf_counter() - t;"
    "import resource; print(t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)
"""A process that only loads the stock library: its seconds and its memory."""
Item = Mapping[str, Any]


def said() -> list[Item]:
    """Every line of tests/said: text, lang and day."""
    files = sorted(SAID.glob("*.jsonl"))
    return [
        json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line
    ]


def memory() -> float:
    """The most memory that this process has taken, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stock() -> tuple[float, float]:
    """Seconds to load the stock library in a process of its own, and the MB which that takes."""
    seconds, peak = subprocess.check_output([sys.executable, "-c", PEER], text=True).split()
    return float(seconds), float(peak) / 1024


def hearing(talk: Talk, items: list[Item], every: list[float]) -> Turn:
    """All lines, one after another; ``every`` notes the milliseconds of each."""

    async def turn() -> Figures:
        found = []
        for item in items:
            began = time.perf_counter()
            talk.hear(item["text"], item["day"], item["lang"])
            found.append((time.perf_counter() - began) * 1000)
        every.extend(found)
        return {"p50": median(found), "mean": sum(found) / len(found)}

    return turn


def parsing(items: list[Item]) -> Turn:
    """The floor: the stock library reads the same messages from Telegram's JSON, and understands nothing."""
    person = {"id": 1, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": person}
    raw = [json.dumps({"update_id": 1, "message": {**message, "text": item["text"]}}) for item in items]

    async def turn() -> Figures:
        found = []
        for text in raw:
            began = time.perf_counter()
            Update.de_json(json.loads(text), None)
            found.append((time.perf_counter() - began) * 1000)
        return {"p50": median(found), "mean": sum(found) / len(found)}

    return turn


def attack(talk: Talk) -> list[list[str]]:
    """Milliseconds of each hostile message, median and worst of the rounds."""
    rows = []
    for name, part in HOSTILE.items():
        text = (part * LONGEST)[:LONGEST]
        found = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            talk.hear(text, 3, "en")
            found.append((time.perf_counter() - began) * 1000)
        rows.append([name, f"{median(found):,.0f}", f"{max(found):,.0f}"])
    return rows


async def main() -> None:
    seconds, peak = stock()
    began = time.perf_counter()
    library = open_library(Settings())
    talk = Talk(library, open_reader(library), NOW)
    loaded, full = time.perf_counter() - began, memory()
    items, every = said(), list[float]()
    found = await interleave({"ours": hearing(talk, items, every), "floor": parsing(items)})
    after, hostile = memory(), attack(talk)
    typical, first = median(every), every[: len(items)]
    usual = f"{typical:.2f} / {percentile(every, 0.99):.2f}"
    rows = [
        ["p50 / p99 ms", usual, f"{found.times('ours', 'floor', 'p50')} Update.de_json, p50"],
        ["the same, first time after the start", f"{median(first):.2f} / {percentile(first, 0.99):.2f}", ""],
        ["a second, one thread", f"{1000 / median(found.each('ours', 'mean')):,.0f}", ""],
        ["Update.de_json, p50 ms", found.cell("floor", "p50", 3), "1"],
        [
            "content and reader loaded, s",
            f"{loaded:.2f}",
            f"{loaded / seconds:.1f}× loading the stock library",
        ],
        ["memory once loaded, MB", f"{full:.0f}", f"{full / peak:.1f}× the stock library's"],
        [f"memory after {len(every):,} messages, MB", f"{after:.0f}", f"{after / full:.2f}× once loaded"],
        ["memory after the hostile ones, MB", f"{memory():.0f}", f"{memory() / full:.2f}× once loaded"],
    ]
    table(f"Understanding: the {len(items)} lines of tests/said", ["what", "figure", "against"], rows)
    hostile = [[*row, f"{float(row[1].replace(',', '')) / typical:,.0f}×"] for row in hostile]
    table(f"{LONGEST:,} hostile characters", ["what", "ms", "worst", "× a usual message"], hostile)


if __name__ == "__main__":
    asyncio.run(main())
