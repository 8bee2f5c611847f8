"""The coverage gate: what was right stays right, or `aftercare check` says what was lost."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from time import process_time

import pytest
from typer.testing import CliRunner, Result

from aftercare import app
from care.examples import LADDERS, Example, load_examples
from care.faults import ContentFaults
from care.gate import Gate, Judged, judge, judge_all
from tests.reading import CONTENT, reader
from tests.town import shared_library, shared_reader

TOPICS = frozenset(topic for book in shared_library().books.values() for topic in book.answers)
PROCEDURE = shared_library().procedures["microneedling"]
SURE, UNSURE = ("makeup", 0.9), ("makeup", 0.5)
MISSED_AT_MOST = 12
"""Dangers in content/examples/ that are not recognised: this number may only fall."""
OURS = 120
"""Examples that each language has at least, beside those that were carried over."""


def example(text: str, expect: str, *, known: str = "", day: int = 3, also_ok: tuple[str, ...] = ()) -> Example:
    return Example("x1", "en", day, text, expect, also_ok, known, "examples/en.jsonl", 7)


def row(**fields: object) -> str:
    whole = {"id": "x1", "lang": "en", "day": 3, "text": "mascara?", "expect": "makeup", "also_ok": [], **fields}
    return json.dumps({name: value for name, value in whole.items() if value is not None})


def faults_of(root: Path, *lines: str) -> list[str]:
    (root / "examples").mkdir()
    (root / "examples" / "en.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ContentFaults) as told:
        load_examples(root, ("en",), TOPICS)
    return [str(fault) for fault in told.value.faults]


# What stands in content/examples/


@cache
def ours() -> tuple[Example, ...]:
    return load_examples(CONTENT, shared_library().languages, TOPICS)


@cache
def today() -> Gate:
    return judge_all(ours(), shared_reader(), PROCEDURE)


@pytest.mark.parametrize("lang", shared_library().languages)
def test_the_examples_ask_for_every_topic_in_each_language(lang: str) -> None:
    asked = {one.expect for one in ours() if one.lang == lang}
    assert asked >= TOPICS | {"out_of_scope", "level:emergency", "level:urgent", "level:review", "level:none"}
    assert sum(one.id.startswith(f"{lang}-") for one in ours()) >= OURS


def test_what_came_of_each_example_is_written_down() -> None:
    assert [one.id for one in ours() if not one.known] == []


def test_nothing_that_was_right_is_lost_by_what_stands_in_content() -> None:
    assert [str(fault) for fault in today().faults] == []


def test_the_dangers_that_are_not_recognised_grow_no_more() -> None:
    assert len(today().missed) <= MISSED_AT_MOST


def test_all_examples_are_judged_in_a_few_seconds() -> None:
    began = process_time()
    judge_all(ours()[:200], shared_reader(), PROCEDURE)
    assert (process_time() - began) / 200 * 1000 < 10


# Reading the files


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "x1", ', "no JSON object"),
        ("[1, 2]", "no JSON object"),
        (row(text=None), "`text` is missing"),
        (row(expects="makeup"), "`expects` is none of"),
        (row(text="  "), "`text` must be text"),
        (row(expect=3), "`expect` must be text"),
        (row(lang="es"), '`lang` must be "en"'),
        (row(day=-1), "`day` must be a whole number"),
        (row(day=True), "`day` must be a whole number"),
        (row(expect="make-up"), "no topic `make-up`"),
        (row(expect="level:high"), "“level:high” is no level"),
        (row(also_ok=["makeup", "sunn"]), "no topic `sunn`"),
        (row(also_ok="makeup"), "`also_ok` must be a list"),
        (row(known="missed"), "`known`: “missed” must be one of answered"),
        (row(expect="level:urgent", known="answered"), "`known`: “answered” must be one of flagged"),
    ],
)
def test_a_line_that_can_not_be_used_is_told_with_its_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    (fault,) = faults_of(tmp_path, row(id="x0", text="lipstick?"), "", line)
    assert fault.startswith("examples/en.jsonl:3: ")
    assert told in fault


def test_an_id_or_a_message_that_stands_twice_is_told(tmp_path: Path) -> None:
    told = faults_of(tmp_path, row(), row(text="lipstick?"), row(id="x2", text="Mascara? "))
    assert told == [
        "examples/en.jsonl:2: `x1` stands in examples/en.jsonl:1, too: give one of them another id",
        "examples/en.jsonl:3: the same as line 1: keep one of the two",
    ]


def test_the_same_words_on_another_day_are_another_example(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "en.jsonl").write_text(f"{row()}\n{row(id='x2', day=9)}\n", encoding="utf-8")
    assert [one.day for one in load_examples(tmp_path, ("en",), TOPICS)] == [3, 9]


def test_a_language_that_is_not_offered_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "pt.jsonl").write_text("not yet", encoding="utf-8")
    assert load_examples(tmp_path, ("en", "es"), TOPICS) == ()


# Judging


@pytest.mark.parametrize(
    ("text", "expect", "hit", "now"),
    [
        ("can I wear mascara?", "makeup", SURE, "answered"),
        ("can I wear mascara?", "sunscreen", SURE, "wrong"),
        ("can I wear mascara?", "makeup", UNSURE, "offered"),
        ("can I wear mascara?", "sunscreen", UNSURE, "passed_on"),
        ("thank you so much", "makeup", SURE, "small_talk"),
        ("I can't breathe, is mascara ok?", "makeup", SURE, "flagged"),
        ("do you take klarna?", "out_of_scope", SURE, "wrong"),
        ("do you take klarna?", "out_of_scope", UNSURE, "offered"),
        ("do you take klarna?", "out_of_scope", ("out_of_scope", 0.9), "passed_on"),
        ("I can't breathe", "level:emergency", SURE, "flagged"),
        ("pus is coming out of my cheek", "level:emergency", SURE, "lower"),
        ("pus is coming out of my cheek", "level:urgent", SURE, "flagged"),
        ("my husband's cheek oozes pus", "level:urgent", SURE, "asked"),
        ("can I wear mascara?", "level:urgent", SURE, "missed"),
        ("thank you so much", "level:emergency", SURE, "missed"),
        ("can I wear mascara?", "level:review", SURE, "missed"),
        ("please let me talk to a person", "level:review", SURE, "flagged"),
        ("thank you so much", "level:none", SURE, "quiet"),
        ("can I wear mascara?", "level:none", SURE, "quiet"),
        ("pus is coming out of my cheek", "level:none", SURE, "flagged"),
        ("my husband's cheek oozes pus", "level:none", SURE, "asked"),
    ],
)
def test_an_example_is_judged_by_what_the_bot_would_do(
    text: str, expect: str, hit: tuple[str, float], now: str
) -> None:
    assert judge(example(text, expect), reader(hit), PROCEDURE).now == now


def test_a_topic_that_is_also_right_counts_as_right() -> None:
    either = example("can I wear mascara?", "sunscreen", also_ok=("makeup",))
    assert judge(either, reader(SURE), PROCEDURE).now == "answered"
    assert judge(either, reader(UNSURE), PROCEDURE).now == "offered"
    outside = example("which mascara is best?", "out_of_scope", also_ok=("makeup",))
    assert judge(outside, reader(SURE), PROCEDURE).now == "answered"


def step(expect: str, known: str, now: str) -> Judged:
    return Judged(example("mascara?", expect, known=known), now)


@pytest.mark.parametrize(
    ("expect", "known", "now"),
    [
        ("makeup", "answered", "offered"),
        ("makeup", "answered", "asked"),
        ("makeup", "answered", "wrong"),
        ("makeup", "passed_on", "wrong"),
        ("out_of_scope", "passed_on", "wrong"),
        ("level:emergency", "flagged", "asked"),
        ("level:emergency", "flagged", "missed"),
        ("level:urgent", "asked", "lower"),
        ("level:urgent", "lower", "missed"),
        ("level:urgent", "", "missed"),
        ("level:review", "flagged", "missed"),
    ],
)
def test_the_gate_is_shut_when_something_right_is_lost(expect: str, known: str, now: str) -> None:
    gate = Gate((step(expect, known, now),))
    (fault,) = gate.faults
    assert (fault.file, fault.line) == ("examples/en.jsonl", 7)
    assert "“mascara?”" in fault.what
    assert not gate.acceptable


@pytest.mark.parametrize(
    ("expect", "known", "now"),
    [
        ("makeup", "offered", "answered"),
        ("makeup", "offered", "passed_on"),
        ("makeup", "", "wrong"),
        ("makeup", "wrong", "wrong"),
        ("out_of_scope", "passed_on", "offered"),
        ("level:emergency", "missed", "missed"),
        ("level:emergency", "missed", "flagged"),
        ("level:urgent", "", "flagged"),
        ("level:none", "quiet", "flagged"),
    ],
)
def test_the_gate_is_open_while_nothing_right_is_lost(expect: str, known: str, now: str) -> None:
    assert not Gate((step(expect, known, now),)).faults


def test_what_is_better_new_or_missed_is_noted() -> None:
    gate = Gate(
        (
            step("makeup", "offered", "answered"),
            step("makeup", "", "offered"),
            step("level:none", "quiet", "flagged"),
            step("level:emergency", "missed", "missed"),
        )
    )
    better, new, louder, missed = gate.notes()
    assert "1 better: run `aftercare content examples --accept`" in better
    assert "1 new" in new
    assert "flagged or asked about now: 1 (x1)" in louder
    assert "dangers that are not recognised yet: 1 (x1)" in missed


def test_every_word_of_a_ladder_that_is_best_can_be_reached() -> None:
    reached = {(one.example.kind, one.now) for one in today().judged}
    for kind, words in LADDERS.items():
        assert any((kind, word) in reached for word in words if words[word] == max(words.values())), kind


def test_the_counts_of_a_language_hold_each_of_its_examples_once() -> None:
    kinds = Counter(one.kind for one in ours() if one.lang == "es")
    counts = today().counts("es")
    assert {kind: sum(n for (k, _), n in counts.items() if k == kind) for kind in kinds} == kinds


# On the command line


def run(content: Path, *words: str) -> Result:
    settings = {"CONTENT_DIR": str(content), "COLUMNS": "160"}
    return CliRunner().invoke(app, list(words), env=settings)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content of one's own, with three examples."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "content"
    shutil.copytree(CONTENT, root, ignore=shutil.ignore_patterns("examples"))
    (root / "examples").mkdir()
    write(root, row(known="answered"), row(id="x2", text="I can't breathe", expect="level:emergency", known="flagged"))
    return root


def write(root: Path, *lines: str) -> None:
    (root / "examples" / "en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_answer_that_loses_its_question_shuts_the_gate_of_the_check(copy: Path) -> None:
    write(copy, row(text="which zebra runs fastest", known="answered"))
    ended = run(copy, "check")
    assert ended.exit_code == 2
    assert "examples/en.jsonl:1: `x1` (day 3) “which zebra runs fastest” was answered and is now " in ended.output
    assert "answered → " in ended.output
    assert ended.output.endswith("1 fault\n")
    assert run(copy, "check", "--no-examples").exit_code == 0


def test_examples_that_can_not_be_read_are_faults_of_the_check(copy: Path) -> None:
    write(copy, row(expect="make-up"))
    ended = run(copy, "check")
    assert ended.exit_code == 2
    assert "examples/en.jsonl:1: `expect`: there is no topic `make-up`" in ended.output


def test_accepting_writes_what_is_new_or_better_and_nothing_that_fails(copy: Path) -> None:
    kept = row(id="x2", text="I can't breathe", expect="level:emergency", known="flagged")
    lost = row(id="x3", text="see you on Monday then", expect="level:urgent", known="flagged")
    write(copy, row(known="offered"), kept, "", lost, row(id="x4", text="¿rímel?", expect="out_of_scope"))
    ended = run(copy, "content", "examples", "--accept")
    assert ended.exit_code == 2
    first, second, empty, third, fourth, _ = (copy / "examples" / "en.jsonl").read_text(encoding="utf-8").split("\n")
    assert json.loads(first)["known"] == "answered"
    assert (second, empty, third) == (kept, "", lost)
    assert json.loads(fourth)["known"] in LADDERS["out_of_scope"]
    assert "¿rímel?" in (copy / "examples" / "en.jsonl").read_text(encoding="utf-8")
    assert sorted(path.name for path in (copy / "examples").iterdir()) == ["en.jsonl"]


def test_what_falls_short_is_shown_unless_only_changes_are_asked_for(copy: Path) -> None:
    write(copy, row(id="x7", text="[red]my face is lovely", expect="level:urgent", known="missed"))
    whole, changed = run(copy, "content", "examples"), run(copy, "content", "examples", "--changed")
    assert whole.exit_code == changed.exit_code == 0
    assert "[red]my face" in whole.output
    assert "[red]my face" not in changed.output
    for ended in (whole, changed):
        assert "of 1 dangers 0 caught" in ended.output
        assert "dangers that are not recognised yet: 1 (x7)" in ended.output
        assert "examples es: there are none" in ended.output
