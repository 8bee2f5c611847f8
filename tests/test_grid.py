"""The day grid: it is complete, every text agrees with it, and whatever contradicts it is told with its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path

import pytest

from care.check import check
from care.contradictions import faults
from care.faults import ContentFaults, Fault
from care.grid import LAST_DAY, Stance, Verdict, load_grid
from care.library import load
from care.samples import plain
from care.statements import load_speech, sentences, statements

CONTENT = Path(__file__).parent.parent / "content"
LIBRARY = load(CONTENT)
GRID = load_grid(LIBRARY, "microneedling")
SPEECH = {lang: load_speech(LIBRARY, GRID, lang) for lang in LIBRARY.languages}
YAML, VERDICTS = "microneedling/grid.yaml", "general/en/verdicts.yaml"
FAQ, FAQ_ES = "microneedling/en/faq.md", "microneedling/es/faq.md"
MESSAGES, MESSAGES_ES = "microneedling/en/messages.md", "microneedling/es/messages.md"
THINGS, NAMES = "microneedling/en/things.yaml", "microneedling/en/grid.md"


class Broken:
    """A copy of content/ in which something is changed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def change(self, file: str, after: str, old: str, new: str) -> int:
        """Put ``new`` for the first ``old`` that comes after the line ``after``; the line on which it stands."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        start = text.find(old, text.index(f"\n{after}\n"))
        assert start > 0, f"{old} is not in {file} after {after}"
        path.write_text(text[:start] + new + text[start + len(old) :], encoding="utf-8")
        return text.count("\n", 0, start) + 1

    def faults(self) -> list[Fault]:
        return list(faults(load(self.root)))

    def tells(self, file: str, line: int, *words: str) -> None:
        """One fault stands at that line, and has all these words."""
        told = self.faults()
        here = [fault.what for fault in told if (fault.file, fault.line) == (file, line)]
        assert any(all(word in what for word in words) for what in here), "\n".join(map(str, told))


def copied(folder: Path) -> Broken:
    return Broken(
        Path(shutil.copytree(CONTENT, folder / "content", ignore=shutil.ignore_patterns("drafts", "examples")))
    )


Seed = tuple[str, str, str, str, list[str]]
"""File, a line before the place, what stands there, what is put for it, and what must be told."""


def seeded(folder: Path, seeds: Sequence[Seed]) -> Iterator[tuple[Seed, list[str]]]:
    """Each seed with what is told of its line, when all of them stand in the content at once."""
    broken = copied(folder)
    lines = [broken.change(file, after, old, new) for file, after, old, new, _ in seeds]
    told = broken.faults()
    for (file, *_), line, seed in zip(seeds, lines, seeds, strict=True):
        yield seed, [fault.what for fault in told if (fault.file, fault.line) == (file, line)]


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    return copied(tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Broken:
    """For what is wrong in grid.yaml alone: the library is that of the sound content."""
    (tmp_path / "microneedling").mkdir()
    shutil.copy(CONTENT / YAML, tmp_path / YAML)
    return Broken(tmp_path)


def told_of_grid(kept: Broken) -> Sequence[Fault]:
    """The faults of its grid.yaml."""
    library = copy(LIBRARY)
    library.root = kept.root
    with pytest.raises(ContentFaults) as caught:
        load_grid(library, "microneedling")
    return caught.value.faults


# The grid itself


def test_the_texts_that_stand_in_content_agree_with_the_grid() -> None:
    assert list(faults(LIBRARY)) == []


@pytest.mark.parametrize("row", GRID.rows)
def test_every_row_has_one_verdict_on_every_day(row: str) -> None:
    days = [day for day, _ in GRID.rows[row].begins]
    assert days[0] == 0
    assert days == sorted(set(days))
    assert all(GRID.verdict(row, day) in list(Verdict) for day in range(LAST_DAY + 1))


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("makeup", [(0, "no"), (2, "if_calm"), (4, "ok")]),
        ("retinoids", [(0, "no"), (7, "if_calm")]),
        ("prescription_retinoid", [(0, "no"), (7, "ask")]),
        ("exercise", [(0, "no"), (4, "if_calm"), (7, "ok")]),
        ("hot_shower", [(0, "lukewarm"), (4, "ok")]),
        ("pool", [(0, "no"), (7, "if_calm"), (14, "ok")]),
        ("shaving", [(0, "no"), (3, "ask"), (7, "if_calm"), (14, "ok")]),
        ("waxing", [(0, "no"), (14, "ask")]),
        ("sun", [(0, "no"), (14, "careful")]),
        ("picking", [(0, "no")]),
    ],
)
def test_the_days_on_which_a_row_changes_can_be_asked(row: str, changes: list[tuple[int, str]]) -> None:
    assert GRID.changes(row) == changes


def test_two_stretches_with_the_same_verdict_are_no_change(broken: Broken) -> None:
    broken.change(YAML, "vitamin_c:", "0-6 no, from 7 if calm", "0-6 no, 7-13 if calm, from 14 if calm")
    assert load_grid(load(broken.root), "microneedling").changes("vitamin_c") == [(0, "no"), (7, "if_calm")]


def test_a_row_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        GRID.verdict("tattoo_removal", 3)


DAYS = "0-1 no, 2-3 if calm, from 4 ok"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (DAYS, "0 no, 2-3 if calm, from 4 ok", ["nothing is said of day 1"]),
        (DAYS, "0-1 no, 1-3 if calm, from 4 ok", ["day 1", "two places"]),
        (DAYS, "0-1 no, 2-3 if calm", ["from day 4 on"]),
        (DAYS, "from 0 no, 4-9 ok", ["nothing can follow"]),
        (DAYS, "0-1 no, 2-3 perhaps, from 4 ok", ["“2-3 perhaps”", "if calm"]),
        (DAYS, "soon", ["“soon” can't be read"]),
        (DAYS, "0-1 no, 3-2 if calm, from 3 ok", ["nothing is said of day 2"]),
        (DAYS, "3-1 no, from 2 ok", ["nothing is said of day 0"]),
        (DAYS, "0-1 no, 2-1 if calm, from 2 ok", ["runs backwards"]),
        ("makeup\n", "make_up\n", ["no topic `make_up`"]),
        ("care_sheet.26", "care_sheet.999", ["no fact care_sheet.999"]),
        ("rests on:", "rest on:", ["`rest on` means nothing"]),
    ],
)
def test_a_faulty_row_is_told_with_its_line(kept: Broken, old: str, new: str, says: list[str]) -> None:
    line = kept.change(YAML, "makeup:", old, new)
    told = told_of_grid(kept)
    here = [fault.what for fault in told if (fault.file, fault.line) == (YAML, line) and "`makeup`" in fault.what]
    assert any(all(word in what for word in says) for what in here), told


def test_a_row_without_its_lines_is_told(kept: Broken) -> None:
    line = kept.change(YAML, "# Everything else", "# Everything else\n", "massage:\n  - no\n")
    assert [(f.line, f.what[:24]) for f in told_of_grid(kept)] == [(line, "`massage` needs a line f")]


def test_all_faults_of_the_grid_are_told_at_once(kept: Broken) -> None:
    kept.change(YAML, "makeup:", "0-1 no", "0 no")
    kept.change(YAML, "makeup:", "care_sheet.27", "care_sheet.999")
    assert [fault.what.split(":")[0] for fault in told_of_grid(kept)] == ["`makeup`", "`exercise`"]


def test_a_grid_that_is_missing_is_a_fault(broken: Broken) -> None:
    (broken.root / YAML).unlink()
    assert [(fault.file, fault.line) for fault in broken.faults()] == [(YAML, 0)]


# What a patient gets on a day


def answered(topic: str, day: int, lang: str) -> str:
    facts = {"topic": topic, "day": day, "procedure": "microneedling", "first_name": "Maya"}
    return plain(LIBRARY.say("faq.answer", lang, facts).html)


@pytest.mark.parametrize("lang", LIBRARY.languages)
@pytest.mark.parametrize("row", GRID.rows)
def test_the_answer_of_each_day_agrees_with_the_verdict(row: str, lang: str) -> None:
    topic, speech = GRID.rows[row].topic, SPEECH[lang]
    for day in range(LAST_DAY + 1):
        verdict = GRID.verdict(row, day)
        told = list(statements(answered(topic, day, lang), 1, speech))
        mine = [s for s in told if row in s.rows and not s.when]
        first = told[0] if len(GRID.carried_by(topic)) == 1 else next(s for s in told if row in s.rows)
        assert speech.fits(first.text, verdict), (day, first.text)
        loose = {verdict.stance, Stance.ALLOWS} if verdict is Verdict.NOT_NEEDED else {verdict.stance}
        assert [s.text for s in mine if s.ahead == (0,) and s.stances and loose.isdisjoint(s.stances)] == [], day


@pytest.mark.parametrize(
    ("topic", "day", "lang", "begins"),
    [
        ("makeup", 0, "en", "No makeup today or tomorrow."),
        ("makeup", 1, "en", "No makeup today."),
        ("makeup", 3, "en", "Makeup is fine now if your skin is calm"),
        ("makeup", 5, "en", "Makeup is fine again."),
        ("makeup", 1, "es", "Hoy no use maquillaje."),
        ("retinoids", 6, "en", "No retinol"),
        ("retinoids", 7, "en", "From now on retinol is fine if your skin is calm"),
        ("shaving_hair_removal", 4, "en", "Please ask the clinic before you shave"),
        ("shaving_hair_removal", 4, "es", "Pregunte a la clínica antes de afeitarse"),
        ("exercise", 3, "es", "Nada de ejercicio fuerte"),
        ("exercise", 7, "es", "Ya puede hacer ejercicio."),
        ("cleansing", 0, "en", "Today use lukewarm water only"),
    ],
)
def test_an_answer_says_first_what_holds_on_its_day(topic: str, day: int, lang: str, begins: str) -> None:
    assert answered(topic, day, lang).startswith(begins)


@pytest.mark.parametrize("lang", LIBRARY.languages)
def test_the_leaflet_can_name_every_row_and_every_verdict(lang: str) -> None:
    facts = {"procedure": "microneedling"}
    verdicts = {verdict for row in GRID.rows for _, verdict in GRID.changes(row)}
    said = [LIBRARY.say(f"grid.{row}", lang, facts).html for row in GRID.rows]
    said += [LIBRARY.say(f"verdict.{verdict}", lang, facts).html for verdict in verdicts]
    assert len(set(said)) == len(GRID.rows) + len(verdicts)


# What contradicts the grid: the headings of answers


def test_a_heading_that_states_another_verdict_is_told_with_both(broken: Broken) -> None:
    line = broken.change(FAQ, "## vitamin_c", "### Days 0-6 · no", "### Days 0-6 · if calm")
    broken.tells(FAQ, line, "“if calm” for `vitamin_c`", "“no” on day 0 (microneedling/grid.yaml:")


def test_a_heading_that_crosses_a_change_is_told_where_to_split(broken: Broken) -> None:
    line = broken.change(FAQ_ES, "## makeup", "### Days 2-3 · if calm", "### Days 2-5 · if calm")
    broken.change(FAQ_ES, "## makeup", "### From day 4 · ok", "### From day 6 · ok")
    broken.tells(FAQ_ES, line, "over day 4", "“if calm” to “ok”", "new heading on day 4")


def test_a_heading_without_a_verdict_is_told_what_to_write(broken: Broken) -> None:
    line = broken.change(FAQ, "## exercise", "### Days 4-6 · if calm", "### Days 4-6")
    broken.tells(FAQ, line, "write “if calm” after a “·”")


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("hot shower: lukewarm, sauna: no", "`pool: …`"),
        ("hot shower: lukewarm", "what holds for `pool`"),
        ("lukewarm", "`hot shower: …`, `pool: …`"),
        ("hot shower: warm, pool: no", "“warm” for `hot_shower`"),
    ],
)
def test_a_heading_for_two_rows_names_both(broken: Broken, stated: str, says: str) -> None:
    broken.tells(FAQ, broken.change(FAQ, "## water_heat", "hot shower: lukewarm, pool: no", stated), says)


def test_a_verdict_on_a_topic_without_rows_is_told(broken: Broken) -> None:
    line = broken.change(FAQ, "## redness_expected", "### Days 4-7", "### Days 4-7 · ok")
    broken.tells(FAQ, line, "`redness_expected`", "states “ok”; write nothing")


def test_a_verdict_that_is_stated_twice_is_told(broken: Broken) -> None:
    broken.change(FAQ, "## water_heat", "hot shower: lukewarm, pool: no", "pool: no, pool: ok")
    with pytest.raises(ContentFaults, match="one verdict for each row"):
        load(broken.root)


def test_a_day_that_no_heading_answers_is_told(broken: Broken) -> None:
    broken.change(FAQ, "## alcohol", "### From day 3 · ok", "### From day 5 · ok")
    broken.tells(FAQ, LIBRARY.books["en"].answers["alcohol"].line, "no heading answers day 3")


def test_facts_that_the_grid_rests_on_must_be_those_of_the_answer(broken: Broken) -> None:
    line = broken.change(FAQ, "## alcohol", "rests on: care_sheet.30", "rests on: care_sheet.1")
    broken.tells(FAQ, line - 2, "`alcohol` on care_sheet.30", "rests on:")


# What contradicts the grid: the words of answers


SEEDED_ANSWERS: list[Seed] = [
    (FAQ, "### Day 1 · no", "No makeup today. It", "You can wear makeup today. It", ["not sound like “no”"]),
    (FAQ_ES, "### Day 0 · no", "Ni hoy ni mañana use maquillaje.", "El maquillaje va bien.", ["“yes” for `makeup`"]),
    (FAQ, "## exercise", "Exercise is fine again.", "Wait until you feel well.", ["not sound like “ok”"]),
    (FAQ_ES, "## vitamin_c", "Ahora no se ponga", "Ya puede ponerse", ["not sound like “no”"]),
    (FAQ, "## retinoids", "before day 7, and then", "before day 6, and then", ["“before day 6”", "it on day 7"]),
    (FAQ_ES, "## retinoids", "día 7, y luego", "día 8, y luego", ["“antes del día 8”", "it on day 7"]),
    (FAQ, "## makeup", "From day 4 there is", "From day 5 there is", ["“From day 5”", "day 2 and day 4"]),
    (FAQ_ES, "## exercise", "sudar mucho del día 0 al 3", "sudar mucho del día 0 al 2", ["“del día 0 al 2”"]),
    (FAQ, "## absorption", "From day 1 a mild cleanser", "From day 3 a mild cleanser", ["“From day 3”"]),
    (FAQ, "## peeling_expected", "A plain moisturiser helps.", "A scrub helps.", ["“yes” for `acids`", "on day 2"]),
    (FAQ, "## sun_exposure", "Sunscreen starts tomorrow.", "Makeup is fine tomorrow.", ["“no” on day 1"]),
]


def test_answers_that_contradict_the_grid_are_told_with_their_lines(tmp_path: Path) -> None:
    for (*_, new, says), told in seeded(tmp_path, SEEDED_ANSWERS):
        assert any(all(word in what for word in says) for what in told), (new, told)


def test_an_answer_that_names_only_one_of_its_two_rows_is_told(broken: Broken) -> None:
    line = broken.change(
        FAQ, "### Days 7-13 · hot shower: ok, pool: if calm", "Warm showers and baths are fine.", "Well."
    )
    broken.tells(FAQ, line, "no sentence names `hot_shower`", "“ok”")


# What contradicts the grid: the messages of the plan

SEEDED_MESSAGES: list[Seed] = [
    (
        MESSAGES,
        "## day1",
        "No makeup today.",
        "You can wear makeup today.",
        ["`day1`", "“yes” for `makeup`", "“no” on day 1"],
    ),
    (MESSAGES_ES, "## day1", "Hoy sin maquillaje.", "Ya puede usar maquillaje.", ["“yes” for `makeup`", "on day 1"]),
    (
        MESSAGES,
        "## day4",
        "Warm showers are fine again, and so is makeup.",
        "No makeup yet.",
        ["“no”", "“ok” on day 4"],
    ),
    (MESSAGES, "## day1", "vitamin C before day 7", "vitamin C before day 5", ["“before day 5”", "it on day 7"]),
    (MESSAGES_ES, "## day3", "día 7, sin piscina", "día 5, sin piscina", ["“Antes del día 5”", "`pool`"]),
    (
        MESSAGES,
        "## day3.late",
        "Hard exercise from day 4, on calm skin.",
        "No hard exercise.",
        ["`day3.late`", "“if calm” on day 4"],
    ),
    (MESSAGES, "## evening0.late", "before day 2, and then only on calm skin", "now", ["“if calm” on day 2"]),
    (
        MESSAGES,
        "## day7",
        "• go back to the pool",
        "• go back to waxing, the pool",
        ["calm skin” for `waxing`", "“no” on day 7"],
    ),
    (MESSAGES, "## day0", "• Stay in the shade.", "• Sunscreen and a hat.", ["“yes” for `sunscreen`", "“clinic only”"]),
    (
        MESSAGES_ES,
        "## day14",
        "Pregunte a la clínica antes de hacerse cera",
        "Ya puede hacerse cera",
        ["`waxing`", "“ask” on day 14"],
    ),
]


def test_messages_that_contradict_the_grid_are_told_with_their_lines(tmp_path: Path) -> None:
    for (*_, new, says), told in seeded(tmp_path, SEEDED_MESSAGES):
        assert any(all(word in what for word in says) for what in told), (new, told)


def test_a_message_that_goes_out_late_is_held_to_all_the_days_on_which_it_can(broken: Broken) -> None:
    line = broken.change(MESSAGES, "## day7", "Exercise is fine again.", "Exercise is fine again. Peels are a no.")
    assert broken.faults() == []
    broken.change(YAML, "# Everything else", "0-13 no, from 14 ask", "0-8 no, from 9 ask")
    broken.tells(MESSAGES, line, "“no” for `other_treatments`", "“ask” on day 9")


def test_a_line_for_a_patient_type_may_be_stricter_and_never_laxer(broken: Broken) -> None:
    line = broken.change(
        MESSAGES,
        "## day7.late",
        "## day10\n",
        "## day5.for.scalp\nNo makeup.\n\n## day1.for.dark_skin\nMakeup is fine.\n\n## day10\n",
    )
    assert [(f.file, f.line) for f in broken.faults() if "makeup" in f.what] == [(MESSAGES, line + 4)]


def test_a_message_for_the_days_before_the_next_session_is_not_compared(broken: Broken) -> None:
    broken.change(MESSAGES, "## before1", "• Come with clean skin and no makeup.", "• Makeup is fine.")
    assert broken.faults() == []


# The words by which all this is known


@pytest.mark.parametrize(
    ("file", "after", "old", "new", "says"),
    [
        (THINGS, "makeup:", "  - makeup\n", "  []\n", "`makeup:` has no words"),
        (THINGS, "makeup:", "fake_tan:", "fake_tans:", "`fake_tans` means nothing"),
        (VERDICTS, "  - skip", "lukewarm:", "luke warm:", "`luke warm` means nothing"),
        (VERDICTS, "  - skip", "lukewarm:", "luke warm:", "`lukewarm:` has no words"),
        (NAMES, "## grid.makeup", "## grid.sun\nDirect sun\n", "", "`grid.sun` has no words"),
        (NAMES, "## verdict.no", "## verdict.ok\nYes\n", "", "`verdict.ok` has no words"),
    ],
)
def test_words_that_the_check_or_the_leaflet_lacks_are_told(
    broken: Broken, file: str, after: str, old: str, new: str, says: str
) -> None:
    broken.change(file, after, old, new)
    library = load(broken.root)
    library.languages = ("en", "es")  # a language with a missing word is otherwise not offered at all
    assert [fault for fault in faults(library) if fault.file == file and says in fault.what]


def test_a_question_comes_together_with_the_sentence_after_it() -> None:
    assert list(sentences("Is it waxing? Ask first. **Then** wait.")) == ["Is it waxing? Ask first.", "Then wait."]


@pytest.mark.parametrize(
    ("said", "rows", "stances"),
    [
        ("No makeup today.", ("makeup",), {Stance.FORBIDS}),
        ("Makeup only on calm skin: no redness.", ("makeup",), {Stance.CALM}),
        ("From day 4 there is no limit for makeup.", ("makeup",), {Stance.ALLOWS}),
        ("A cold pack is not needed any more.", ("cold_pack",), {Stance.NEEDLESS}),
        ("Do not shave; ask the clinic.", ("shaving",), {Stance.FORBIDS}),
        ("A plain hyaluronic acid is fine.", ("moisturizer",), {Stance.ALLOWS}),
        ("Toners with alcohol wait.", ("alcohol_toner",), {Stance.FORBIDS}),
        ("Acne is no acid.", ("acids",), {Stance.FORBIDS}),
        ("Makeup can get into open skin.", ("makeup",), set()),
    ],
)
def test_a_sentence_is_read_for_its_things_and_its_stance(
    said: str, rows: tuple[str, ...], stances: set[Stance]
) -> None:
    first = next(statements(said, 1, SPEECH["en"]))
    assert first.rows == rows
    assert set(first.stances) == stances


def test_bullets_take_the_stance_of_the_line_that_leads_to_them() -> None:
    told = list(statements("Ask the clinic before:\n• waxing\n• a tattoo\nOr not.\n• makeup", 1, SPEECH["en"]))
    stances = {row: s.stances for s in told for row in s.rows}
    assert stances == {"waxing": {Stance.ASKS}, "other_treatments": {Stance.ASKS}, "makeup": {Stance.ALLOWS}}


def test_the_check_of_all_content_tells_what_contradicts_the_grid(broken: Broken) -> None:
    line = broken.change(MESSAGES, "## day1", "No makeup today.", "You can wear makeup today.")
    assert (MESSAGES, line) in {(fault.file, fault.line) for fault in check(broken.root).faults}
