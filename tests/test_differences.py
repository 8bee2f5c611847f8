"""What changes for whom between two versions of the words, told so that a nurse can read it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from care.library import Library, load
from care.model import Lane, Say
from commands.diff import show_diff
from commands.differences import Differences
from commands.marks import Change, Chapter, as_page, marked
from commands.parts import BadContent
from commands.revisions import version
from settings import read_settings
from store import outbox, people
from store.planning import to_come
from store.seam import Writes
from store.sqlite import Sqlite

CONTENT = Path(__file__).parent.parent / "content"
MESSAGES, FAQ, SAFETY = "microneedling/en/messages.md", "microneedling/en/faq.md", "general/en/safety.md"
PROCEDURE, SYMPTOMS, SHEET = (
    "microneedling/procedure.yaml",
    "general/symptoms.yaml",
    "microneedling/sources/care_sheet.md",
)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@cache
def library() -> Library:
    """Our words, before anything was changed."""
    return load(CONTENT)


class Edited:
    """Our words, and the same with something changed."""

    def __init__(self, root: Path) -> None:
        self.root = Path(shutil.copytree(CONTENT, root))

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} stands in {file}"
        (self.root / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def told(self, coming: dict[tuple[str, str, str], int] | None = None) -> dict[str, list[Change]]:
        """Chapter -> its changes, empty ones left out."""
        differences = Differences(library(), load(self.root), coming)
        found = {chapter.title: list(chapter.changes) for chapter in differences.chapters()}
        self.closing = differences.closing()
        return {title: changes for title, changes in found.items() if changes}


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path / "content")


def in_message(library: Library, id: str, lang: str = "en") -> str:
    """The first line of a message of the plan below its title, as it stands in its file."""
    source = next(w.source for w in library.texts(lang) if (w.home, w.id) == ("microneedling", id))
    return source.split("\n")[1]


def test_the_same_words_differ_in_nothing(edited: Edited) -> None:
    assert edited.told() == {}
    texts = sum(len(library().ids(lang)) for lang in library().clinic.languages)
    (line,) = edited.closing
    assert line.startswith(f"Nothing else changes: {texts} other texts, ")


def test_a_message_of_the_plan_is_shown_filled_in_with_whom_it_reaches(edited: Edited) -> None:
    line = in_message(library(), "day3")
    edited.change(MESSAGES, line, f"Good morning. {line}")
    told = edited.told({("microneedling", "day3", "en"): 4})
    assert list(told) == ["Messages of the plan"]
    (change,) = told["Messages of the plan"]
    assert change.what == "Day 3: check-in (day3, en)"
    assert change.who == (
        "every patient after microneedling who reads en, on day 3, at the hour that they chose;"
        " 4 patients in care still to get it"
    )
    assert "{{" not in change.after
    assert [piece for piece in marked(change.before, change.after) if piece[0] != "same"] == [("new", "Good morning. ")]


def test_nobody_is_counted_where_there_is_no_database(edited: Edited) -> None:
    line = in_message(library(), "day3")
    edited.change(MESSAGES, line, f"Good morning. {line}")
    assert "in care" not in edited.told()["Messages of the plan"][0].who


def test_an_answer_is_shown_for_the_days_that_change(edited: Edited) -> None:
    answer = library().books["en"].answers["makeup"]
    first, last, text = answer.by_day[0]
    edited.change(FAQ, text, f"One thing first. {text}")
    (change,) = edited.told()["Answers to questions"]
    days = f"day {first}" if first == last else f"days {first}-{last}"
    assert change.what == f"“{answer.label}” (faq.makeup, en), {days}"
    assert change.after.startswith("One thing first. ")


def test_a_button_a_ready_phrase_and_words_for_staff_have_chapters_of_their_own(edited: Edited) -> None:
    edited.change("general/en/buttons.md", "I have read it", "I read it")
    edited.change(SAFETY, "## safety.line\n", "## safety.line\n<!-- a note -->\n")
    edited.change("general/en/staff.md", "Which procedure?", "Which treatment?")
    told = edited.told()
    assert list(told) == ["Buttons", "Words for staff"]
    assert [(c.before, c.after) for c in told["Buttons"]] == [("I have read it", "I read it")]
    assert told["Buttons"][0].note == "Also read inside of recall.frame."
    assert f"Changed besides, with none of the above: {SAFETY}." in edited.closing


def test_words_inside_of_other_words_name_those(edited: Edited) -> None:
    edited.change("general/en/buttons.md", "I'm worried", "I am worried")
    (change,) = edited.told()["Buttons"]
    for id in ("safety.line", "day0", "day28"):
        assert f" {id}" in change.note


def test_rules_are_shown_with_their_place_and_both_values(edited: Edited) -> None:
    edited.change(PROCEDURE, "late_hours: 14", "late_hours: 15")
    edited.change(SYMPTOMS, "  pus: urgent", "  pus: emergency")
    edited.change("clinic.yaml", "phone: ", "phone: 00 ")
    rules = {change.what: (change.before, change.after) for change in edited.told()["Rules"]}
    assert rules["Plan, check-ins and signs: plan · day0 · late_hours"] == ("14", "15")
    assert rules["What each sign asks for: symptoms · pus"] == ("urgent", "emergency")
    assert rules["The clinic: phone"][1].startswith("00 ")
    assert len(rules) == 3


def test_a_fact_that_changes_names_what_rests_on_it(edited: Edited) -> None:
    fact = library().sources["care_sheet"].facts["care_sheet.1"]
    edited.change(SHEET, fact.text, f"As ever: {fact.text}")
    (change,) = edited.told()["Documents that the words rest on"]
    assert change.what == "care_sheet.1"
    assert change.who.startswith("what rests on it: ")


def test_words_that_are_new_or_gone_are_shown_whole(edited: Edited) -> None:
    front = "---\nversion: 1\nauthor: x\nreviewer:\nsigned:\nabout: x\n---\n\n"
    (edited.root / "general/en/corrections.md").write_text(f"{front}## correction.sun\nStay in the shade.\n")
    (edited.root / "general/es/corrections.md").write_text(f"{front}## correction.sun\nQuédese a la sombra.\n")
    told = [(c.before, c.after) for c in edited.told()["Other words that patients read"]]
    assert told == [("", "Stay in the shade."), ("", "Quédese a la sombra.")]


def test_a_page_marks_what_goes_and_what_comes_and_shows_signs_as_signs() -> None:

    page = as_page(
        "What changes", [Chapter("Buttons", [Change("b", "all", "1 < 2", "1 < 3", lines=("a & b",))])], ["End"]
    )
    assert "1 &lt; <del>2</del><ins>3</ins>" in page
    assert "<li>a &amp; b</li>" in page
    assert page.count("<h2>") == 1


# Where the versions come from


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Edited:
    """A project of which git remembers the words, one word of which was changed since."""
    edited = Edited(tmp_path / "project" / "content")
    git(tmp_path / "project", "init")
    git(tmp_path / "project", "add", ".")
    git(tmp_path / "project", "commit", "-m", "words")
    edited.change("general/en/buttons.md", "I have read it", "I read it")
    return edited


def diff(edited: Edited, old: str = "", new: str = "", page: Path | None = None) -> None:
    place = f"sqlite:///{edited.root.parent / 'd.sqlite3'}"
    show_diff(read_settings(content_dir=edited.root, database_url=place), old, new, page)


def test_the_last_commit_is_compared_with_the_folder_as_it_is(
    project: Edited, capsys: pytest.CaptureFixture[str]
) -> None:
    page = project.root.parent / "diff.html"
    diff(project, page=page)
    told = capsys.readouterr().out
    assert "button.read_it (en)" in told
    assert "I[- have-] read it" in told
    assert "I<del> have</del> read it" in page.read_text(encoding="utf-8")


def test_questions_that_get_another_answer_are_named(edited: Edited, capsys: pytest.CaptureFixture[str]) -> None:
    edited.change(SYMPTOMS, "  pus: urgent", "  pus: emergency")
    diff(edited, str(CONTENT))
    told = capsys.readouterr().out.split("QUESTIONS THAT NOW GET ANOTHER ANSWER")[1]
    assert "flagged [-(urgent)-]{+(emergency)+}" in told
    assert "• “" in told


@pytest.mark.parametrize(
    ("old", "told"),
    [("yesterday", "yesterday is no folder with a clinic.yaml and no revision"), ("--all", "--all is no folder")],
)
def test_a_version_that_is_none_is_told(project: Edited, old: str, told: str) -> None:
    with pytest.raises(BadContent, match=told):
        diff(project, old)


def test_without_git_and_without_a_folder_it_says_what_to_name(edited: Edited) -> None:
    with pytest.raises(BadContent, match=r"git remembers nothing of .*: name the folder"):
        diff(edited)


def test_words_that_this_program_cannot_read_are_told(edited: Edited) -> None:
    (edited.root / SYMPTOMS).unlink()
    edited.change("clinic.yaml", "zone: ", "zone: Mars/")
    with pytest.raises(BadContent, match="can't be read by this program"), version(str(edited.root), CONTENT):
        pass


def test_who_still_has_a_message_to_come_is_counted_by_patients(tmp_path: Path) -> None:
    store, clinic = Sqlite(tmp_path / "d.sqlite3"), library().clinic

    def work(tx: Writes) -> None:
        people.open_clinic(tx, clinic, NOW)
        for number, (state, lang) in enumerate(
            [("waiting", "en"), ("waiting", "en"), ("sent", "en"), ("waiting", "es")]
        ):
            patient = people.admit(tx, clinic, 100 + number, "", lang, NOW)
            episode = people.begin(
                tx,
                patient["id"],
                procedure="microneedling",
                session_at=NOW,
                zone=clinic.zone,
                next_session=None,
                types=(),
                now=NOW,
            )
            say = Say("day3", lane=Lane.CARE)
            about = {"patient_id": patient["id"], "episode_id": episode, "planned": "day3"}
            row = outbox.put(tx, say, chat_id=patient["chat_id"], lang=lang, due=NOW, **about)
            tx.run("UPDATE outgoing SET state = ? WHERE id = ?", (state, row))

    store.write_now(work)
    assert to_come(store.read) == {("microneedling", "day3", "en"): 2, ("microneedling", "day3", "es"): 1}
    store.close_now()


def test_words_that_change_side_by_side_are_one_piece() -> None:
    pieces = list(marked("The skin still mends.\nRest.", "Below it goes on.\nRest."))
    assert pieces == [("gone", "The skin still mends."), ("new", "Below it goes on."), ("same", "\nRest.")]
    assert list(marked("", "")) == []
    for before, after in (("a b c", "a x c"), ("a  b", "a b"), ("", "new"), ("x\ny", "x\n\ny z")):
        told = list(marked(before, after))
        assert "".join(words for how, words in told if how != "new") == before
        assert "".join(words for how, words in told if how != "gone") == after
