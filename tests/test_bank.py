"""The bank of labelled messages: every line can be used, and every danger that was once caught is caught."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from care.classify import SHIPPED
from care.labelled import Labelled
from care.model import Level
from care.symptoms import load_symptoms
from commands.evaluate import topics_of
from commands.labels import read_labelled
from commands.parts import open_library, open_reader
from settings import Settings
from training.gate import known_misses

TRAINING = SHIPPED.parent
FILES = sorted((TRAINING / "bank").glob("*.jsonl"))
SPOKEN = ("en", "es")


@cache
def labels(file: Path) -> tuple[Labelled, ...]:
    return read_labelled([file], topics_of(open_library(Settings(_env_file=None))))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_danger_that_was_once_caught_is_caught(file: Path) -> None:
    reader, lost = open_reader(open_library(Settings(_env_file=None))), []
    for one in labels(file):
        if one.level >= Level.URGENT and one.lang in SPOKEN and one.id not in known_misses(TRAINING):
            reading = reader.read(one.text, one.day, one.lang, "microneedling")
            if reading.level < Level.URGENT and not reading.asks:
                lost.append(one.id)
    assert lost == []


def test_what_is_listed_as_missed_stands_in_the_bank() -> None:
    assert known_misses(TRAINING) <= {one.id for file in FILES for one in labels(file)}


def test_no_two_lines_have_the_same_id() -> None:
    counted = Counter(one.id for file in FILES for one in labels(file))
    assert [id for id, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_sign_that_is_named_is_one_of_ours(file: Path) -> None:
    root = Settings(_env_file=None).content_dir
    known = load_symptoms(root / "general" / "symptoms.yaml", root).symptoms.keys()
    items = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    assert {sign for item in items for sign in item.get("symptoms", ())} <= known


def test_the_model_is_the_one_that_its_description_tells_of() -> None:
    about = json.loads((SHIPPED / "reader.json").read_text(encoding="utf-8"))
    for name, wanted in about["sha256"].items():
        assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == wanted, name
