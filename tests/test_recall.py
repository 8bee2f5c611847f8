"""Words that were wrong are put right: it is known who got which version, and a correction reaches each of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.mydata import my_data
from care.library import Library, load
from care.model import Lane, Part, Say
from commands.parts import BadContent, open_library
from commands.recall import Recalling, run_recall, send_all
from commands.signing import show_log
from settings import Settings
from store import outbox, people, recalls, wordings
from store.recalls import Standing
from store.seam import stamp
from store.sqlite import SCHEMA, Sqlite
from tests.town import MONDAY, Town, shared_library, town

CONTENT = Path(__file__).parent.parent / "content"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
WORDS = "microneedling/faq.makeup"
"""As the database has them: an answer of this procedure."""
READ = {"en": "I have read it", "es": "Lo he leído"}
RIGHT = {"en": "Please keep makeup off today, too.", "es": "Hoy tampoco use maquillaje, por favor."}
ASKED = {"maya": "when can I wear makeup again?", "noa": "¿Cuándo puedo maquillarme?"}
FRONT = "---\nversion: 1\nauthor: Dr Ruiz\nreviewer:\nsigned:\nabout: What was put right.\n---\n\n"


def mend(content: Path, languages: tuple[str, ...] = ("en", "es")) -> None:
    """The next version of the answers, and a correction of the one before."""
    for lang in languages:
        file = content / "microneedling" / lang / "faq.md"
        file.write_text(file.read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n", 1), encoding="utf-8")
        words = f"## correction.makeup\nrests on: care_sheet.1\n{RIGHT[lang]}\n"
        (content / "microneedling" / lang / "corrections.md").write_text(FRONT + words, encoding="utf-8")


async def spanish(place: Town, name: str) -> None:
    await place.says(name, "/settings")
    await place.press(name, "Language")
    await place.press(name, "Español")


@asynccontextmanager
async def misled(folder: Path) -> AsyncIterator[Town]:
    """A town in which Maya and Noa were given the first version of an answer, and the bot runs with the second."""
    content = Path(shutil.copytree(CONTENT, folder / "content"))
    async with town(folder, content_dir=content) as place:
        for name, asked in ASKED.items():
            await place.enrol(name)
            if name == "noa":
                await spanish(place, name)
            await place.says(name, asked)
        mend(content)
        place.library = open_library(Settings(content_dir=content, tz=""))
        await place.reload()
        yield place


async def recall(place: Town, words: str = "faq.makeup", correction: str = "correction.makeup", **how: Any) -> None:
    """The command beside the running bot, and what the bot does then."""
    how = {"send": True, "status": False, "by": "Dr Ruiz", "yes": True, **how}
    run_recall(place.settings(), words, "1", correction, place.clock(), **how)
    await place.settle()


def standings(place: Town) -> dict[str, Standing]:
    assert place.house is not None
    rows = recalls.begun(place.house.store.read, WORDS, "1")
    return {row["case_number"]: recalls.standing(row) for row in rows}


def corrections(place: Town, name: str) -> list[dict[str, Any]]:
    return [message for message in place.shown(name) if any(right in message["text"] for right in RIGHT.values())]


# A correction and what becomes of it


async def test_a_correction_reaches_everybody_who_got_the_wrong_words_in_their_language(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        await place.enrol("ida")
        await recall(place)
        for name, lang in (("maya", "en"), ("noa", "es")):
            (said,) = corrections(place, name)
            assert RIGHT[lang] in said["text"]
            assert place.library.clinic.name in said["text"]
            assert place.library.clinic.phone in said["text"]
            assert [[button["text"] for button in row] for row in said["inline"]] == [[READ[lang]]]
        assert corrections(place, "ida") == []
        assert standings(place) == {"A-0001": Standing.SILENT, "A-0002": Standing.SILENT}


async def test_who_presses_and_who_writes_is_seen_and_the_button_goes(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        await recall(place)
        await place.press("maya", READ["en"])
        await place.forward(place.clock() + timedelta(minutes=1))
        await place.says("noa", "gracias")
        assert standings(place) == {"A-0001": Standing.READ, "A-0002": Standing.WROTE}
        (said,) = corrections(place, "maya")
        assert said["inline"] == []
        assert "✓" in said["text"]
        assert place.standin.toasts[-1].text == "Thank you. The team sees that you have read it."


async def test_a_second_press_changes_nothing(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        await recall(place)
        assert place.house is not None
        message = corrections(place, "maya")[0]
        for _ in range(2):
            place.person("maya").presses(message, READ["en"])
        await place.settle()
        first = [row["read_at"] for row in recalls.begun(place.house.store.read, WORDS, "1")]
        edits = place.house.store.read.rows("SELECT 1 FROM outgoing WHERE words = 'recall.frame' AND form = 'edit'")
        assert first[0] is not None
        assert len(edits) == 1


async def test_run_again_it_sends_nothing_twice_and_reaches_who_was_misled_since(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        await recall(place)
        await recall(place)
        await recall(place, correction="")
        assert [len(corrections(place, name)) for name in ASKED] == [1, 1]
        assert place.house is not None
        rows = place.house.store.read.rows("SELECT who, what, about FROM audit WHERE what LIKE 'sent the correction%'")
        assert [(row["who"], row["about"]) for row in rows] == [("Dr Ruiz", "patient 1"), ("Dr Ruiz", "patient 2")]


async def test_who_asked_for_silence_gets_it_who_blocked_us_becomes_a_task_and_who_is_erased_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with misled(tmp_path) as place:
        await place.enrol("ida")
        place.library = load(tmp_path / "content")
        assert place.house is not None
        await place.says("maya", "/stop")
        await place.press("maya", "Yes, stop messages")
        place.person("noa").blocks()
        await place.settle()
        recalling = Recalling(place.library, place.house.store.read, "faq.makeup", "1")
        asked = recalling.question("correction.makeup")
        assert "1 of them asked for silence with /stop: they are sent it all the same" in asked
        assert "1 could not be reached of late" in asked
        await recall(place)
        assert len(corrections(place, "maya")) == 1
        assert standings(place) == {"A-0001": Standing.SILENT, "A-0002": Standing.LOST}
        tasks = place.house.store.read.rows("SELECT kind FROM flag WHERE patient_id = 2 AND state <> 'resolved'")
        assert [task["kind"] for task in tasks] == ["unreachable"]
        await place.says("maya", "/forget")
        await place.press("maya", "Yes, erase it all")
        assert standings(place) == {"A-0002": Standing.LOST}
        capsys.readouterr()
        await recall(place, correction="", send=False, status=True)
        assert "call them" in capsys.readouterr().out


async def test_my_data_tells_the_correction_and_the_press(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        await recall(place)
        await place.press("maya", READ["en"])
        assert place.house is not None
        sent = my_data(place.house.store.read, place.library, 1).decode()
        assert RIGHT["en"] in sent
        assert f"you:\n{READ['en']}" in sent
        assert "<b>" not in sent


def test_cut_off_in_the_middle_a_recall_is_completed_by_running_it_again(tmp_path: Path) -> None:
    content = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    mend(content)
    patients = 400
    crowd(tmp_path / "d.sqlite3", patients)
    environment = {
        "PATH": os.environ["PATH"],
        "CONTENT_DIR": str(content),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'd.sqlite3'}",
        "ALLOW_UNSIGNED": "1",
    }
    command = [Path(sys.executable).parent / "aftercare", "content", "recall", "faq.makeup", "--version", "1"]
    words = ["--words", "correction.makeup", "--send", "--yes"]
    with subprocess.Popen([*command, *words], env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        store = Sqlite(tmp_path / "d.sqlite3", alone=False)
        while not counted(store, "recalled") and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    begun = counted(store, "recalled")
    assert 0 < begun < patients
    assert counted(store, "outgoing WHERE words = 'recall.frame'") == begun
    subprocess.run([*command, "--send", "--yes"], env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, check=True)
    each = store.read.rows(
        "SELECT patient_id, count(*) AS n FROM outgoing WHERE words = 'recall.frame' GROUP BY patient_id"
    )
    store.close_now()
    assert (len(each), {row["n"] for row in each}) == (patients, {1})


def counted(store: Sqlite, table: str) -> int:
    row = store.read.one(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


def crowd(database: Path, patients: int) -> None:
    """So many patients who were given the first version of an answer."""
    store, library = Sqlite(database), shared_library()

    def work(tx: Any) -> None:
        people.open_clinic(tx, library.clinic, NOW)
        for number in range(1, patients + 1):
            people.admit(tx, library.clinic, 1000 + number, "", "en", NOW)
            row = outbox.put(tx, Say("faq.answer"), chat_id=1000 + number, lang="en", due=NOW, patient_id=number)
            inside = wordings.kept(tx, (Part("faq.makeup", "1", "0" * 16),))
            tx.run("UPDATE outgoing SET state = 'sent', version = '1', inside = ? WHERE id = ?", (inside, row))

    store.write_now(work)
    store.close_now()


# What speaks against it


@pytest.fixture
def one(tmp_path: Path) -> tuple[Library, Sqlite]:
    """The words as they stand, and a patient who was given an answer."""
    crowd(tmp_path / "d.sqlite3", 1)
    return shared_library(), Sqlite(tmp_path / "d.sqlite3", alone=False)


def refused(work: Any) -> str:
    with pytest.raises(BadContent) as told:
        work()
    return str(told.value)


def test_a_recall_that_cannot_be_is_told(one: tuple[Library, Sqlite]) -> None:
    library, store = one
    read = store.read
    assert "nobody was ever sent `day3`" in refused(lambda: Recalling(library, read, "day3", "1"))
    assert "versions that were sent: 1" in refused(lambda: Recalling(library, read, "faq.makeup", "2"))
    recalling = Recalling(library, read, "faq.makeup", "1")
    assert "write --words" in refused(lambda: recalling.recall(""))
    assert "must begin with `correction.`" in refused(lambda: recalling.recall("safety.line"))
    assert "`correction.x` has no words in en" in refused(lambda: recalling.recall("correction.x"))
    assert recalling.remarks()[0].startswith("This version still stands in content/")
    store.close_now()


def test_the_same_id_of_two_procedures_is_asked_about(tmp_path: Path) -> None:
    crowd(tmp_path / "d.sqlite3", 2)
    store, clinic = Sqlite(tmp_path / "d.sqlite3"), shared_library().clinic

    def work(tx: Any) -> None:
        for number, procedure in ((1, "microneedling"), (2, "peel")):
            care = {"procedure": procedure, "session_at": NOW, "zone": clinic.zone, "next_session": None, "types": ()}
            episode = people.begin(tx, number, now=NOW, **care)
            row = outbox.put(tx, Say("day3"), chat_id=number, lang="en", due=NOW, patient_id=number, episode_id=episode)
            tx.run("UPDATE outgoing SET state = 'sent', version = '1' WHERE id = ?", (row,))

    store.write_now(work)
    told = refused(lambda: Recalling(shared_library(), store.read, "day3", "1"))
    assert told == "several words are called `day3`: write general/day3 or microneedling/day3"
    for words, case in (("microneedling/day3", "A-0001"), ("general/day3", "A-0002")):
        (one,) = Recalling(shared_library(), store.read, words, "1").reached
        assert one.patient["case_number"] == case
    store.close_now()


def test_a_correction_that_one_of_them_could_not_read_is_refused(tmp_path: Path) -> None:
    content = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    mend(content)
    crowd(tmp_path / "d.sqlite3", 2)
    store = Sqlite(tmp_path / "d.sqlite3")
    store.write_now(lambda tx: people.change(tx, 2, lang="fr"))
    recalling = Recalling(load(content), store.read, "faq.makeup", "1")
    assert "has no words in fr" in refused(lambda: recalling.recall("correction.makeup"))
    store.close_now()


async def test_nothing_is_sent_while_the_bot_speaks_other_words_or_the_correction_is_a_draft(tmp_path: Path) -> None:
    async with misled(tmp_path) as place:
        file = tmp_path / "content/microneedling/en/corrections.md"
        whole = file.read_text(encoding="utf-8")
        file.write_text(whole.replace("too.", "as well."), encoding="utf-8")
        with pytest.raises(BadContent, match="Restart it"):
            await recall(place)
        file.write_text(whole, encoding="utf-8")
        settings = place.settings().model_copy(update={"allow_unsigned": False})
        with pytest.raises(BadContent, match="no clinician has signed the correction"):
            run_recall(settings, "faq.makeup", "1", "correction.makeup", NOW, send=True, status=False, by="x", yes=True)
        assert standings(place) == {}
        await recall(place)
        with pytest.raises(BadContent, match=r"was begun with correction\.makeup"):
            run_recall(settings, "faq.makeup", "1", "correction.x", NOW, send=True, status=False, by="x", yes=True)


# Which version went out to whom


async def test_words_inside_of_words_are_kept_with_their_own_version(place: Town) -> None:
    await place.enrol("maya")
    await place.says("maya", ASKED["maya"])
    assert place.house is not None
    read = place.house.store.read
    (answer,) = wordings.sendings(read, "faq.makeup")
    assert (answer.version, answer.lang, answer.procedure, answer.message) == ("1", "en", "microneedling", "faq.answer")
    lines = wordings.sendings(read, "safety.line")
    assert "day0" in {one.message for one in lines}
    assert {one.hash for one in lines} == {place.library.say("safety.line", "en", {}).hash}
    assert wordings.before_they_were_kept(read) == 0


async def test_the_lines_of_a_catch_up_are_kept(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.enrol("maya")
        await place.close()
        place.clock.set(MONDAY + timedelta(days=5))
        await place.open()
        await place.forward(place.clock())
        assert place.house is not None
        assert [one.message for one in wordings.sendings(place.house.store.read, "day2.late")] == ["catch_up"]


async def test_the_log_tells_which_versions_were_sent_to_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with misled(tmp_path) as place:
        await place.says("maya", ASKED["maya"])
        capsys.readouterr()
        english = [("1", "en", "1"), ("2", "en", "1")]
        for what, expected in (
            ("faq.makeup", sorted([*english, ("1", "es", "1")])),
            ("microneedling/en/faq.md", english),
            ("content/microneedling/es/faq.md", [("1", "es", "1")]),
        ):
            show_log(place.settings(), what)
            lines = [line for line in capsys.readouterr().out.split("\n") if "│ faq.makeup" in line]
            told = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
            assert [(row[1], row[2], row[-1]) for row in told] == expected, what


def test_lists_of_parts_stand_once_however_often_they_are_said(tmp_path: Path) -> None:
    crowd(tmp_path / "d.sqlite3", 30)
    store = Sqlite(tmp_path / "d.sqlite3")
    assert counted(store, "inside") == 1
    assert len(wordings.sendings(store.read, "faq.makeup")) == 30
    assert wordings.sendings(store.read, "faq.make") == []
    store.close_now()


# A database from before


def test_a_database_with_rows_from_before_goes_on_working(tmp_path: Path) -> None:
    first = tmp_path / "schema"
    first.mkdir()
    shutil.copy(SCHEMA / "0001_house.sql", first)
    old = Sqlite(tmp_path / "d.sqlite3", schema=first)

    def before(tx: Any) -> None:
        people.open_clinic(tx, shared_library().clinic, NOW)
        people.admit(tx, shared_library().clinic, 1001, "Maya", "en", NOW)
        for words, state in (("faq.answer", "sent"), ("day1", "sent"), ("day2", "waiting")):
            outbox.put(tx, Say(words, lane=Lane.CARE), chat_id=1001, lang="en", due=NOW, patient_id=1)
            tx.run("UPDATE outgoing SET state = ?, version = '1' WHERE words = ?", (state, words))

    old.write_now(before)
    old.close_now()
    store = Sqlite(tmp_path / "d.sqlite3")
    assert wordings.before_they_were_kept(store.read) == 2
    assert [one.version for one in wordings.sendings(store.read, "day1")] == ["1"]
    recalling = Recalling(shared_library(), store.read, "day1", "1")
    assert any("2 messages went out before it was kept" in remark for remark in recalling.remarks())
    sent = send_all(store, recalling, recalls.Recall("day1", "1", "correction.x"), "command", NOW)
    row = store.read.one("SELECT * FROM outgoing WHERE words = 'recall.frame'")
    assert row is not None
    assert (sent, json.loads(row["facts"])["correction"], row["due_at"]) == (1, "correction.x", stamp(NOW))
    store.write_now(lambda tx: people.forget(tx, 1))
    assert counted(store, "recalled") == 0
    store.close_now()
