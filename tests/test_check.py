"""The clinician's compiler: what stands in content/ passes, and whatever is broken is told with its place."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from care.check import Checked, check
from care.faults import Fault

CONTENT = Path(__file__).parent.parent / "content"
SERVICE, SAFETY, BUTTONS = "general/en/service.md", "general/en/safety.md", "general/en/buttons.md"
STAFF, CHECKIN, DATES = "general/en/staff.md", "general/en/checkin.md", "general/en/dates.md"
MESSAGES, FAQ = "microneedling/en/messages.md", "microneedling/en/faq.md"
PROCEDURE, CLINIC = "microneedling/procedure.yaml", "clinic.yaml"


class Content:
    """A copy of content/ in which things are broken."""

    def __init__(self, root: Path) -> None:
        self.root = Path(shutil.copytree(CONTENT, root))

    def text(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.root / file).write_text(text, encoding="utf-8")

    def change(self, file: str, pattern: str, new: str) -> None:
        """Put ``new`` for the first place that ``pattern`` matches."""
        changed, times = re.subn(pattern, lambda _: new, self.text(file), count=1, flags=re.MULTILINE)
        assert times == 1, f"{pattern} is not in {file}"
        self.write(file, changed)

    def put(self, file: str, id: str, text: str) -> None:
        """Other words under a heading."""
        self.change(file, rf"^## {re.escape(id)}\n(?:(?!## ).*\n?)*", f"## {id}\n{text}\n\n")

    def drop(self, file: str, id: str) -> None:
        """A heading and its words away."""
        self.change(file, rf"^## {re.escape(id)}\n(?:(?!## ).*\n?)*", "")

    def line(self, file: str, start: str) -> int:
        """The first line that begins with ``start``."""
        lines = self.text(file).split("\n")
        begin = [n for n, line in enumerate(lines, start=1) if line.lstrip().startswith(start)]
        return next((n for n in begin if lines[n - 1] == start), begin[0])


@dataclass(frozen=True)
class Broken:
    """A broken content and what was told of it."""

    content: Content
    faults: tuple[Fault, ...]

    def tells(self, file: str, start: str, *words: str) -> None:
        """One fault stands at that file and line, and holds these words."""
        line = self.content.line(file, start) if start else 0
        here = [f for f in self.faults if f.file == file and (f.line == line or not start)]
        assert any(all(word in f.what for word in words) for f in here), "\n".join(map(str, self.faults))


@pytest.fixture(scope="module")
def sound() -> Checked:
    return check(CONTENT)


def test_what_stands_in_content_passes(sound: Checked) -> None:
    assert sound.faults == ()
    assert sound.library is not None
    assert "en" in sound.library.languages


def test_it_says_which_languages_are_offered_and_how_many_files_are_drafts(sound: Checked) -> None:
    assert any(note.startswith("en: offered") for note in sound.notes)
    assert any("drafts" in note for note in sound.notes)


# The form of a file of words


@pytest.fixture(scope="module")
def formless(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    content = Content(tmp_path_factory.mktemp("formless") / "content")
    content.change(SERVICE, r"^## faq\.unsure$", "## faq.choose")
    content.put(CHECKIN, "button.yes", "Yes {% if %}")
    content.write(DATES, content.text(DATES).replace("---\n", "", 1))
    content.change(STAFF, r"^version:.*\n", "")
    content.write(BUTTONS, content.text(BUTTONS).split("\n## ")[0] + "\n")
    content.change(SAFETY, r"^## answer\.by$", "##answer.by")
    content.change(MESSAGES, r"^## day5$", "## day5 a tip")
    content.change("general/es/service.md", r"^about:", "about: [")
    (content.root / "general/es/buttons.md").write_bytes("## button.si\nSí\n".encode("latin-1"))
    content.change(FAQ, r"(?<=label: What microneedling is\nrests on: ).*", "s000.99")
    content.change(FAQ, r"^### Any day\n(?=The fine needles)", "### Day 3\n")
    content.change(FAQ, r"^- what are the steps of a session\n", "")
    content.change("general/en/faq.md", r"^label: .*", "label: A label that no button of a phone can ever show")
    return Broken(content, check(content.root).faults)


def test_an_id_that_stands_twice_is_told(formless: Broken) -> None:
    first, second = (
        n for n, line in enumerate(formless.content.text(SERVICE).split("\n"), 1) if line == "## faq.choose"
    )
    what = f"`faq.choose` stands here and on line {first}: keep one of the two"
    assert Fault(SERVICE, second, what) in formless.faults


def test_a_broken_template_is_told_with_its_line(formless: Broken) -> None:
    formless.tells(CHECKIN, "Yes {% if %}", "`button.yes`")


def test_a_file_without_front_matter_is_told(formless: Broken) -> None:
    formless.tells(DATES, "version:", "version:", "---")


def test_a_file_without_a_version_is_told(formless: Broken) -> None:
    formless.tells(STAFF, "---", "`version:` is missing")


def test_a_page_without_headings_is_told(formless: Broken) -> None:
    assert any(f.file == BUTTONS and f.line and "there is no heading" in f.what for f in formless.faults)


@pytest.mark.parametrize(("file", "heading"), [(SAFETY, "##answer.by"), (MESSAGES, "## day5 a tip")])
def test_a_misspelt_heading_is_told_and_not_read_to_the_patient(formless: Broken, file: str, heading: str) -> None:
    formless.tells(file, heading, heading, "is no heading")


def test_front_matter_that_is_no_yaml_is_told(formless: Broken) -> None:
    assert any(f.file == "general/es/service.md" and f.line and "can't be read" in f.what for f in formless.faults)


def test_a_file_that_is_not_utf_8_is_told(formless: Broken) -> None:
    assert any(f.file == "general/es/buttons.md" and f.line > 1 and "UTF-8" in f.what for f in formless.faults)


def test_a_question_that_rests_on_a_fact_that_is_not_there_is_told(formless: Broken) -> None:
    formless.tells(FAQ, "rests on: s000.99", "`what_is`", "s000.99")


def test_a_question_without_an_answer_for_some_day_is_told(formless: Broken) -> None:
    formless.tells(FAQ, "## how_it_works", "`how_it_works`", "Any other day")


def test_a_question_with_a_way_of_asking_too_few_is_told(formless: Broken) -> None:
    assert any(f.file == FAQ and "`session_steps`" in f.what and "7 ways" in f.what for f in formless.faults)


def test_a_questions_label_that_is_too_long_is_told(formless: Broken) -> None:
    formless.tells("general/en/faq.md", "label: A label that no", "label has", "a button shows")


def test_everything_is_told_at_once_in_the_order_of_files_and_lines(formless: Broken) -> None:
    assert len({fault.file for fault in formless.faults}) >= 10
    assert list(formless.faults) == sorted(formless.faults)


# What stands in curly brackets

BRACKETS = [
    ("small.thanks", "{% if open %}Hello", "{% if … %} has no end: write {% endif %}"),
    ("small.hello", "Hello{% endif %}", "{% endif %} has no {% if … %}"),
    ("small.fine", "{% fi open %}Hello", "{% fi … %} means nothing"),
    ("call.thanks", "Call {{ phone|loud }}.", "`|loud` means nothing: use |day_name"),
    ("faq.choose", "Call {{ phone }.", "the curly brackets are wrong"),
    ("faq.unsure", "Call {{ }}.", "the curly brackets are wrong"),
    ("plan.nothing", "{# a note", "{# has no #}"),
]
UNFIT = [
    ("small.thanks", "Until {{ when|clock }}.", "`small.thanks` asks for `when`"),
    ("small.hello", "{{ say('settings.paused') }}", "says `settings.paused`, which needs `until`"),
    ("small.fine", "{{ say('small.hallo') }}", "says `small.hallo`, and no such words are written"),
    ("call.thanks", "{{ say('flag.gone') }}", "says `flag.gone`"),
    ("plan.timeline", "{% for item in came %}{{ item.titel }}{% endfor %}", "there is no `.titel`"),
    ("plan.paused", "{{ until + 1 }}", "does not fit together"),
    ("settings.resumed", "Day {{ day }} again.", "reads “None” while something is not known"),
    ("settings.saved", "**Saved. I go by this from now on.", "shows the patient **: write two stars"),
    ("settings.pause", "{% if first_name %}For how long?{% endif %}", "is empty: write its words"),
    ("recall.toast", "Thank you. " * 20, "a notice may have 200"),
    ("sign.pus", "Pus, or a yellow crust, or some bad smell", "41 characters; a button may have 40"),
    ("start.used", "Used. " * 700, "4199 characters; a message may have 4096"),
    ("staff.nobody", "{{ nickname }}", "`staff.nobody` asks for `nickname`"),
]
OF_TYPES = [
    ("day1.for.scalp", "Keep it dry. " * 30, "day1", "with the lines of a type of patient may have 1000"),
    ("day3.late", "Rest well. " * 130, "catch_up", "a catch-up may have 1400"),
]


def home_of(content: Content, id: str) -> str:
    """The English file that has a heading."""
    for file in (SERVICE, SAFETY, CHECKIN, STAFF, BUTTONS, "general/en/enrolment.md", MESSAGES):
        if f"\n## {id}\n" in content.text(file):
            return file
    raise LookupError(id)


def replaced(folder: Path, seeds: list[tuple[str, str]]) -> Broken:
    """A content in which other words stand under some headings, and what is told of it."""
    content = Content(folder / "content")
    for id, words in seeds:
        content.put(home_of(content, id), id, words)
    return Broken(content, check(content.root).faults)


@pytest.fixture(scope="module")
def bracketed(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return replaced(tmp_path_factory.mktemp("bracketed"), [(id, words) for id, words, _ in BRACKETS])


@pytest.fixture(scope="module")
def unfit(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    seeds = [*((id, words) for id, words, _ in UNFIT), *((id, words) for id, words, _, _ in OF_TYPES)]
    return replaced(tmp_path_factory.mktemp("unfit"), seeds)


@pytest.mark.parametrize(("id", "told"), [(id, told) for id, _, told in BRACKETS], ids=lambda value: value[:30])
def test_brackets_that_cannot_be_read_are_told_on_their_line(bracketed: Broken, id: str, told: str) -> None:
    file = home_of(bracketed.content, id)
    line = bracketed.content.line(file, f"## {id}") + 1
    assert [f for f in bracketed.faults if (f.file, f.line) == (file, line) and f"`{id}`" in f.what and told in f.what]


@pytest.mark.parametrize(
    ("id", "words", "told"),
    [*UNFIT, *((of, words, told) for _, words, of, told in OF_TYPES)],
    ids=lambda value: value[:30],
)
def test_words_that_do_not_fit_are_told_with_their_place(unfit: Broken, id: str, words: str, told: str) -> None:
    file = home_of(unfit.content, id)
    heading = unfit.content.line(file, f"## {id}")
    [line] = {f.line for f in unfit.faults if f.file == file and told in f.what}
    # A name or an id that is wrong stands on its own line; the whole text is told of on its heading.
    assert line == heading + (1 if re.search("asks for|no such words|says `flag|shows the", told) else 0)


JARGON = re.compile(
    r"jinja|regex|undefined|NoneType|Traceback|object at|\b(str|int|dict|tuple|list index|datetime|None|key)\b(?! of)"
    r"|[Ee]rror|exception|template|mapping|scalar|token|parse",
)


def test_every_fault_is_told_in_words_that_a_nurse_understands(
    formless: Broken, wordless: Broken, bracketed: Broken, unfit: Broken
) -> None:
    told = [fault.what for broken in (formless, wordless, bracketed, unfit) for fault in broken.faults]
    assert len(told) > 100
    assert [what for what in told if JARGON.search(re.sub("[“`][^”`]*[”`]", "", what))] == []


# What is offered


def test_each_language_and_procedure_has_its_line(sound: Checked) -> None:
    start = sound.notes.index("What is offered:")
    table = sound.notes[start + 1 : start + 4]
    assert [line.split(":")[0] for line in table] == ["en", "es", "microneedling"]
    assert all("a draft: nobody has signed" in line for line in table)


def test_a_procedure_that_is_not_named_is_looked_at_as_if_it_were(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    shutil.copytree(content.root / "microneedling", content.root / "peel")
    for lang in ("en", "es"):
        text = content.text(f"peel/{lang}/messages.md")
        content.write(f"peel/{lang}/messages.md", text.replace("## day2.late", "## day2.lost"))
    content.put("peel/en/messages.md", "day5", "This is normal, {{ nickname }}.")
    found = check(content.root)
    assert found.faults == ()
    [told] = [note for note in found.notes if note.startswith("peel: ")]
    assert "not offered, clinic.yaml does not name it" in told
    assert re.search(r"\d+ to mend first: peel/.*; peel/.*; peel/.* … and \d+ more", told)


def test_a_procedure_whose_file_cannot_be_read_is_not_offered_and_disturbs_nobody(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    shutil.copytree(content.root / "microneedling", content.root / "peel")
    content.change("peel/procedure.yaml", r"^last_day: .*", "last_day: soon")
    found = check(content.root)
    assert found.faults == ()
    assert any("peel: not offered" in note and "`last_day` must be a whole number" in note for note in found.notes)


# The words


@pytest.fixture(scope="module")
def wordless(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    content = Content(tmp_path_factory.mktemp("wordless") / "content")
    content.drop(SAFETY, "urgent.answer")
    content.drop(MESSAGES, "day3.late")
    content.drop(SERVICE, "title.day4")
    content.put(SERVICE, "faq.unsure", "I can't answer that, {{ nickname }}.")
    content.put(SERVICE, "faq.choose", "{{ say('no.such.words') }}")
    content.put(SERVICE, "small.fine", "{{ say('small.fine') }}")
    content.put(SERVICE, "small.hello", "")
    content.put(CHECKIN, "button.yes", "Yes, and so much more than fits on a button")
    content.put(CHECKIN, "button.no", "No\nnot at all")
    content.put(MESSAGES, "day1", "**Day 1 · {{ clinic }}**\n" + "Drink water. " * 60)
    content.put(MESSAGES, "day2", "**Day 2**\nThis looks normal for the day.")
    content.put(MESSAGES, "day4", "**Day 4**\nYour hour is {{ hour }}.")
    content.put(MESSAGES, "day7", "**Day 7**\n### day8\nThe next words.")
    hard = "Notwithstanding considerable postprocedural erythematous manifestations, individuals characteristically "
    content.put(MESSAGES, "day10", hard * 4)
    content.change(FAQ, r"^Microneedling is a skin treatment.*", "Your skin is normal, {{ nickname }}.")
    content.change(FAQ, r"^The fine needles make.*", "It is normal.")
    content.drop(CHECKIN, "ask.fever")
    content.change(PROCEDURE, r"symptoms: \[fever, chills\]", "symptoms: [fevr, chills]")
    return Broken(content, check(content.root).faults)


def test_an_id_that_is_missing_in_the_clinics_language_is_told(wordless: Broken) -> None:
    wordless.tells("general/es/safety.md", "## urgent.answer", "`urgent.answer`", "not in en")


def test_a_message_of_the_plan_without_its_late_line_is_told(wordless: Broken) -> None:
    wordless.tells(PROCEDURE, "- id: day3", "`day3.late` has no words")


def test_a_message_of_the_plan_without_a_title_is_told(wordless: Broken) -> None:
    wordless.tells(PROCEDURE, "- id: day4", "`title.day4` has no words")


def test_a_sign_that_nobody_can_be_asked_about_is_told(wordless: Broken) -> None:
    wordless.tells(PROCEDURE, "fever:", "`ask.fever`")


def test_a_fact_that_is_not_known_is_told(wordless: Broken) -> None:
    wordless.tells(SERVICE, "I can't answer that", "asks for `nickname`", "it can use: clinic, phone")


def test_words_that_another_language_says_differently_are_told(wordless: Broken) -> None:
    wordless.tells(
        "general/es/service.md", "## faq.unsure", "other names in curly brackets than in en", "nickname there"
    )


def test_a_fact_that_other_words_get_and_the_plans_do_not_is_told(wordless: Broken) -> None:
    wordless.tells(MESSAGES, "Your hour is", "asks for `hour`", "can't use")


def test_words_that_say_words_which_are_not_there_are_told(wordless: Broken) -> None:
    wordless.tells(SERVICE, "{{ say('no.such.words') }}", "no.such.words", "mend the id")


def test_words_that_say_themselves_are_told(wordless: Broken) -> None:
    wordless.tells(SERVICE, "## small.fine", "can't be filled in")


def test_words_that_are_empty_are_told(wordless: Broken) -> None:
    wordless.tells(SERVICE, "## small.hello", "is empty")


def test_a_label_that_is_too_long_is_told(wordless: Broken) -> None:
    wordless.tells(CHECKIN, "## button.yes", "43 characters", "40")


def test_a_label_of_two_lines_is_told(wordless: Broken) -> None:
    wordless.tells(CHECKIN, "## button.no", "one line")


def test_a_message_of_the_plan_that_is_too_long_is_told(wordless: Broken) -> None:
    wordless.tells(MESSAGES, "## day1", "a message of the plan may have 700")


def test_a_word_that_patients_must_not_read_is_told(wordless: Broken) -> None:
    wordless.tells(MESSAGES, "This looks normal", "“normal”", "usual")


def test_a_heading_that_ended_up_in_the_words_is_told(wordless: Broken) -> None:
    wordless.tells(MESSAGES, "## day7", "begins with #")


def test_words_that_are_hard_to_read_are_told(wordless: Broken) -> None:
    wordless.tells(MESSAGES, "## day10", "hard to read")


def test_an_answer_with_an_unknown_fact_is_told(wordless: Broken) -> None:
    wordless.tells(FAQ, "Your skin is normal", "`what_is`", "nickname")


def test_an_answer_with_a_word_that_patients_must_not_read_is_told(wordless: Broken) -> None:
    wordless.tells(FAQ, "It is normal.", "“normal”")


def test_a_sign_that_stands_for_an_unknown_symptom_is_told(wordless: Broken) -> None:
    wordless.tells(PROCEDURE, "fever:", "no symptom `fevr`")


# clinic.yaml and procedure.yaml


def broken(folder: Path, file: str, pattern: str, new: str) -> Broken:
    """What is told of a content in which one thing is broken."""
    content = Content(folder / "content")
    content.change(file, pattern, new)
    return Broken(content, check(content.root).faults)


@pytest.mark.parametrize(
    ("pattern", "new", "where", "told"),
    [
        (r"^name: .*", "", "id:", "`name` is missing: write it"),
        (r"^name: .*", "nmae: Lumen", "nmae:", "`nmae` means nothing here"),
        (r"^phone: .*", "phone: 4420", "phone:", "put quotes around it"),
        (r"^zone: .*", "zone: Mars/Crater", "zone:", "`zone` is no time zone"),
        (r"^  - Europe/Dublin", "  - Europe/Dubln", "- Europe/Dubln", "“Europe/Dubln” is no time zone"),
        (r'^  mon: .*', '  mon: ["9-18"]', "mon:", "“9-18”: write a span"),
        (r'^  mon: .*', '  mon: ["18:00-09:00"]', "mon:", "write a span"),
        (r'^  mon: .*', '  mon: "09:00-18:00"', "mon:", "must be a list"),
        (r'^  mon: .*', '  mon: ["14:00-18:00", "09:00-13:00"]', "mon:", "in order"),
        (r"^  mon: ", "  monday: ", "monday:", "`monday` is no weekday"),
        (r"^hour: .*", "hour: 10:00", "hour:", "in quotes"),
        (r"^quiet: .*", "quiet: always", "quiet:", "write a span"),
        (r"^  - 2026-12-26", "  - 2026-12-32", "- 2026-12-32", "is no day of any calendar"),
        (r"^  - 2026-12-26", "  - christmas", "- christmas", "must be a day such as"),
        (r"^language: .*", "language: fr", "languages:", "`languages` must hold the clinic's own"),
        (r"^languages: .*", "languages: [en, es, fr]", "", "there is no folder general/fr"),
        (r"^procedures: .*", "procedures: [microneedling, tattoo]", "", "there is no tattoo/procedure.yaml"),
        (r"^card_names: .*", "card_names: surname", "card_names:", "first_name or case_number"),
        (r"^  urgent: 120", "  urgent: soon", "urgent: soon", "`promise` must be a whole number"),
        (r"^  urgent: 120", "  urgnt: 120", "urgnt:", "none, review, urgent, emergency"),
        (r"^  urgent: 120", "", "promise:", "`urgent` needs a number of minutes"),
        (r"^  urgent: \[.*", "  urgent: [60, 15]", "urgent: [60", "minutes that grow"),
        (r"^silence_minutes: .*", "silence_minutes: 0", "silence_minutes:", "at least 1"),
        (r"^remind_hours: .*", "remind_hours: 4\nremind_hours: 5", "remind_hours: 5", "stands here and on line"),
        (r"^hours:$", "hours: [", "", "this can't be read"),
        (r"^id: ", "\tid: ", "", "this can't be read"),
    ],
)  # fmt: skip
def test_a_fault_in_the_clinics_file_is_told_with_its_line(
    tmp_path: Path, pattern: str, new: str, where: str, told: str
) -> None:
    broken(tmp_path, CLINIC, pattern, new).tells(CLINIC, where, told)


@pytest.mark.parametrize(
    ("pattern", "new", "where", "told"),
    [
        (r"^  - id: day2$", "  - id: day1", "- id: day1", "`day1` stands more than once"),
        (r"^    checkin: day3$", "    checkin: dya3", "checkin: dya3", "there is no check-in `dya3`"),
        (r"always: \[hives, pain, blisters\]", "always: [hvies]", "always: [hvies]", "there is no sign `hvies`"),
        (r"always: \[hives, pain, blisters\]", "allways: [hives]", "allways:", "`allways` means nothing here"),
        (r'^    at: "19:00"', "    at: 19:00", "at: 19:00", "put quotes around it"),
        (r'^    at: "19:00"', "    at: evening", "at: evening", "a time of day in quotes"),
        (r"^    late: drop ", "    late: never ", "late: never", "send, merge, drop"),
        (r"^    holds_until: 6 ", "    hold_until: 6 ", "hold_until:", "`hold_until` means nothing here"),
        (r"^    day: 28", "    day: 31", "day: 31", "between 0 and last_day"),
        (r"^    day: 28", "    day: four weeks", "day: four", "must be a whole number"),
        (r"^    level: emergency", "    level: urgent", "level: urgent", "is an emergency"),
        (r"^    level: urgent", "    level: urgnt", "level: urgnt", "none, review, urgent, emergency"),
        (r"(?<=fever, chills\]\n)    level: .*\n", "", "fever:", "`level` is missing"),
        (r"^last_day: .*", "", "types:", "`last_day` is missing"),
        (r"^plan:$", "plan: later\nplam:", "plan: later", "must be a list"),
        (r"^danger:$", "danger: []\nfear:", "fear:", "`fear` means nothing here"),
        (r"^  redness: \[0, 3\]", "  redness: [0]", "redness: [0]", "`redness`, item 2, is missing"),
        (r"(?<=    danger: false\n)    always: .*", "", "before1:", "asks nothing"),
    ],
)  # fmt: skip
def test_a_fault_in_a_procedures_file_is_told_with_its_line(
    tmp_path: Path, pattern: str, new: str, where: str, told: str
) -> None:
    broken(tmp_path, PROCEDURE, pattern, new).tells(PROCEDURE, where, told)


def test_a_plan_without_a_message_on_day_2_is_told(tmp_path: Path) -> None:
    found = broken(tmp_path, PROCEDURE, r"^  - id: day2\n(?:    .*\n)*", "")
    found.tells(PROCEDURE, "plan:", "day 2 has no message")


def test_phrases_that_cannot_be_read_are_told_with_their_line(tmp_path: Path) -> None:
    file = "general/en/phrases/1_life.yaml"
    found = broken(tmp_path, file, r"^  - .*", "  - [half a phrase")
    assert any(f.file == file and f.line for f in found.faults), found.faults


def test_a_level_that_no_symptom_can_have_is_told_with_its_line(tmp_path: Path) -> None:
    file = "general/symptoms.yaml"
    broken(tmp_path, file, r"^  pus: urgent", "  pus: urgnt").tells(file, "pus: urgnt", "`urgnt`", "review, urgent")


def test_several_faults_of_one_file_are_told_together(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    content.change(CLINIC, r"^hour: .*", "hour: 10:00")
    content.change(CLINIC, r"^zone: .*", "zone: Mars")
    content.change(CLINIC, r"^name: .*", "nmae: Lumen")
    assert len(check(content.root).faults) == 4


@pytest.mark.parametrize("missing", ["clinic.yaml", "general", "microneedling/procedure.yaml", "general/symptoms.yaml"])
def test_a_file_or_folder_that_is_missing_is_told(tmp_path: Path, missing: str) -> None:
    content = Content(tmp_path / "content")
    gone = content.root / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    told = ("missing", "no such file", f"there is no {missing}")
    assert any(word in fault.what for fault in check(content.root).faults for word in told)


def test_a_file_that_an_editor_saved_with_a_byte_order_mark_and_crlf_passes(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    for file in (CLINIC, PROCEDURE, MESSAGES, SERVICE):
        (content.root / file).write_bytes(b"\xef\xbb\xbf" + content.text(file).replace("\n", "\r\n").encode())
    assert check(content.root).faults == ()
