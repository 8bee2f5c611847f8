"""The memory: opened by one or by many, changed whole or not at all, upgraded, copied and put back."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from care.model import Clinic, Level
from store import people
from store.seam import Writes, added, moment, packed, stamp
from store.sqlite import SCHEMA, Sqlite, StoreFault, copy_to, restore_from

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SECOND = (
    "ALTER TABLE clinic ADD COLUMN motto TEXT NOT NULL DEFAULT '';\nCREATE INDEX clinic_by_motto ON clinic (motto);\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "aftercare.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Sqlite]:
    opened = Sqlite(path)
    yield opened
    opened.close_now()


def put(store: Sqlite, id: str, name: str = "Lumen") -> None:
    store.write_now(lambda tx: tx.run("INSERT INTO clinic (id, name, since) VALUES (?, ?, ?)", (id, name, stamp(NOW))))


def names(store: Sqlite) -> list[str]:
    return [row["id"] for row in store.read.rows("SELECT id FROM clinic ORDER BY id")]


def everything(path: Path) -> list[str]:
    """The schema and every row of a database, as statements."""
    with closing(sqlite3.connect(path)) as database:
        return [*database.iterdump(), str(database.execute("PRAGMA user_version").fetchone())]


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(StoreFault) as told:
        work()
    return str(told.value)


# Opening


def test_a_database_is_made_with_its_folder_and_nobody_else_may_read_it(store: Sqlite, path: Path) -> None:
    put(store, "lumen")
    rights = {file.name: file.stat().st_mode & 0o077 for file in path.parent.glob("aftercare.sqlite3*")}
    assert rights["aftercare.sqlite3"] == rights["aftercare.sqlite3-wal"] == 0


def test_what_was_written_is_there_when_it_is_opened_again(path: Path) -> None:
    for id in ("a", "b"):
        store = Sqlite(path)
        put(store, id)
        store.close_now()
    again = Sqlite(path)
    assert names(again) == ["a", "b"]
    again.close_now()


def test_only_one_bot_runs_on_a_database_and_commands_may_work_beside_it(store: Sqlite, path: Path) -> None:
    assert "already running on" in refused(lambda: Sqlite(path))
    beside = Sqlite(path, alone=False)
    put(beside, "lumen")
    assert names(store) == ["lumen"]
    beside.close_now()


def test_a_database_is_free_again_when_its_bot_has_stopped(path: Path) -> None:
    Sqlite(path).close_now()
    Sqlite(path).close_now()


def test_a_database_that_could_not_be_opened_leaves_no_lock_behind(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("These are no rows.")
    refused(lambda: Sqlite(path))
    path.unlink()
    Sqlite(path).close_now()


def test_a_text_file_is_refused_with_a_way_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("These are no rows.")
    told = refused(lambda: Sqlite(path))
    assert "can't be read (file is not a database)" in told
    assert "aftercare restore FILE" in told
    assert path.read_text() == "These are no rows."


def test_a_damaged_database_is_refused(path: Path) -> None:
    store = Sqlite(path)
    for number in range(200):
        put(store, f"clinic {number}", "x" * 400)
    store.close_now()
    pages = bytearray(path.read_bytes())
    pages[8192 : len(pages) - 4096] = bytes(len(pages) - 12288)
    path.write_bytes(pages)
    assert "aftercare restore FILE" in refused(lambda: Sqlite(path))


@pytest.mark.parametrize("in_the_way", ["the folder is a file", "the file is a folder"])
def test_a_place_where_nothing_can_be_written_is_refused(path: Path, in_the_way: str) -> None:
    if in_the_way == "the folder is a file":
        path.parent.write_text("")
    else:
        path.mkdir(parents=True)
    assert "Look at DATABASE_URL" in refused(lambda: Sqlite(path))


def test_the_database_of_another_program_is_refused_and_left_as_it_was(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE song (title TEXT)")
    before = everything(path)
    assert "another program" in refused(lambda: Sqlite(path))
    assert everything(path) == before


# Migrations


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with our migrations and one more."""
    folder = Path(shutil.copytree(SCHEMA, tmp_path / "schema"))
    (folder / f"{len(list(SCHEMA.glob('*.sql'))) + 1:04d}_motto.sql").write_text(SECOND, encoding="utf-8")
    return folder


def test_an_upgraded_database_has_the_same_schema_as_a_fresh_one(tmp_path: Path, two: Path) -> None:
    old, fresh = tmp_path / "old.sqlite3", tmp_path / "fresh.sqlite3"
    for path, schema in ((old, SCHEMA), (old, two), (fresh, two)):
        Sqlite(path, schema=schema).close_now()
    assert everything(old) == everything(fresh)
    assert any("motto" in line for line in everything(old))


def test_an_upgrade_keeps_every_row(path: Path, two: Path) -> None:
    store = Sqlite(path)
    put(store, "lumen")
    store.close_now()
    upgraded = Sqlite(path, schema=two)
    assert [dict(row) for row in upgraded.read.rows("SELECT id, motto FROM clinic")] == [{"id": "lumen", "motto": ""}]
    upgraded.close_now()


def test_a_migration_is_applied_once(path: Path, two: Path) -> None:
    Sqlite(path, schema=two).close_now()
    Sqlite(path, schema=two).close_now()


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path, two: Path) -> None:
    Sqlite(path).close_now()
    before = everything(path)
    with sorted(two.glob("*.sql"))[-1].open("a", encoding="utf-8") as file:
        file.write("INSERT INTO no_such_table VALUES (1);")
    assert "no_such_table" in refused(lambda: Sqlite(path, schema=two))
    assert everything(path) == before
    Sqlite(path).close_now()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_was(path: Path, two: Path) -> None:
    Sqlite(path, schema=two).close_now()
    before = everything(path)
    assert "newer version" in refused(lambda: Sqlite(path))
    assert everything(path) == before


def test_several_processes_may_open_a_new_database_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from store.sqlite import Sqlite\n"
        "store = Sqlite(Path(sys.argv[1]), alone=False)\n"
        "store.write_now(lambda tx: tx.run('INSERT INTO clinic VALUES (?, ?, 0)', (sys.argv[2], 'x')))\n"
        "store.close_now()\n"
    )
    work = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(n)], cwd=ROOT, stderr=subprocess.PIPE)
        for n in range(4)
    ]
    told = [process.communicate()[1].decode() for process in work]
    assert told == [""] * 4
    store = Sqlite(path)
    assert names(store) == ["0", "1", "2", "3"]
    store.close_now()


# Transactions


class Stop(Exception):
    """A test's own failure."""


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(store: Sqlite) -> None:
    def work(tx: Writes) -> None:
        tx.run("INSERT INTO clinic (id, name, since) VALUES ('half', 'x', 0)")
        raise Stop

    with pytest.raises(Stop):
        store.write_now(work)
    put(store, "whole")
    assert names(store) == ["whole"]


def test_a_statement_that_the_schema_refuses_takes_the_whole_transaction_back(store: Sqlite) -> None:
    def work(tx: Writes) -> None:
        tx.run("INSERT INTO clinic (id, name, since) VALUES ('half', 'x', 0)")
        people.register(tx, "nowhere", 7, "Anna", "nurse", False, NOW)

    with pytest.raises(sqlite3.IntegrityError):
        store.write_now(work)
    assert names(store) == []


def test_a_reader_sees_no_row_before_it_is_committed(store: Sqlite) -> None:
    written, looked = threading.Event(), threading.Event()

    def work(tx: Writes) -> int:
        tx.run("INSERT INTO clinic (id, name, since) VALUES ('lumen', 'x', 0)")
        written.set()
        looked.wait(10)
        return len(tx.rows("SELECT * FROM clinic"))

    seen: list[int] = []
    writer = threading.Thread(target=lambda: seen.append(store.write_now(work)))
    writer.start()
    assert written.wait(10)
    before = names(store)
    looked.set()
    writer.join()
    assert (before, seen, names(store)) == ([], [1], ["lumen"])


def test_nothing_can_be_written_through_the_reader(store: Sqlite) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.read.rows("DELETE FROM clinic")


async def test_writes_go_one_after_the_other(path: Path) -> None:
    store = Sqlite(path)
    put(store, "lumen", "0")

    def more(tx: Writes) -> None:
        row = tx.one("SELECT name FROM clinic")
        assert row is not None
        tx.run("UPDATE clinic SET name = ?", (str(int(row["name"]) + 1),))

    await asyncio.gather(*(store.write(more) for _ in range(50)))
    assert [row["name"] for row in store.read.rows("SELECT name FROM clinic")] == ["50"]
    await store.close()


async def test_what_is_being_written_is_finished_before_the_store_closes(path: Path) -> None:
    store = Sqlite(path)
    going = threading.Event()

    def slow(tx: Writes) -> None:
        going.set()
        threading.Event().wait(0.1)
        tx.run("INSERT INTO clinic (id, name, since) VALUES ('late', 'x', 0)")

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(going.wait, 10)
    await store.close()
    await writing
    again = Sqlite(path)
    assert names(again) == ["late"]
    again.close_now()


def test_what_was_erased_is_gone_from_the_file(path: Path) -> None:
    store = Sqlite(path)
    put(store, "lumen", "Maximiliane was here")
    store.close_now()
    assert b"Maximiliane" in path.read_bytes()
    store = Sqlite(path)
    store.write_now(lambda tx: tx.run("DELETE FROM clinic"))
    store.close_now()
    assert b"Maximiliane" not in path.read_bytes()


def test_a_row_that_is_added_tells_its_id(store: Sqlite) -> None:
    put(store, "lumen")
    values = {"clinic_id": "lumen", "telegram_id": 7, "name": "Anna", "role": "nurse", "since": stamp(NOW)}
    first = store.write_now(lambda tx: added(tx, "staff", values))
    second = store.write_now(lambda tx: added(tx, "staff", {**values, "telegram_id": 8}))
    assert second == first + 1


def test_a_time_comes_back_as_it_was_stored() -> None:
    exact = NOW.replace(microsecond=123000)
    assert moment(stamp(exact)) == exact


def test_facts_are_packed_with_their_times_and_nothing_but_plain_values() -> None:
    assert packed({"when": NOW, "name": "Zoë"}) == '{"when":"2026-03-02T15:00:00+00:00","name":"Zoë"}'
    with pytest.raises(TypeError, match="no plain value"):
        packed({"clinic": Clinic})
    assert packed({"level": Level.URGENT}) == '{"level":2}'


# Backups


def test_a_backup_of_a_live_database_restores_to_the_same_rows(store: Sqlite, path: Path, tmp_path: Path) -> None:
    for number in range(20):
        put(store, f"clinic {number}")
    backup, other = tmp_path / "night.sqlite3", tmp_path / "elsewhere" / "aftercare.sqlite3"
    copy_to(path, backup)
    put(store, "written afterwards")
    assert restore_from(backup, other) is None
    assert everything(other) == everything(backup)
    assert len([line for line in everything(other) if "INSERT INTO" in line and "clinic" in line]) == 20


def test_a_backup_leaves_nothing_beside_it_and_nobody_else_may_read_it(
    store: Sqlite, path: Path, tmp_path: Path
) -> None:
    put(store, "lumen")
    folder = tmp_path / "backups"
    folder.mkdir()
    copy_to(path, folder / "night.sqlite3")
    assert [file.name for file in folder.iterdir()] == ["night.sqlite3"]
    assert (folder / "night.sqlite3").stat().st_mode & 0o077 == 0


def test_a_backup_replaces_an_older_one(store: Sqlite, path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "night.sqlite3"
    copy_to(path, backup)
    put(store, "lumen")
    copy_to(path, backup)
    assert everything(backup) == everything(path)


def test_a_backup_is_not_written_over_the_database_itself(store: Sqlite, path: Path) -> None:
    put(store, "lumen")
    assert "the database itself" in refused(lambda: copy_to(path, path))
    put(store, "still open")
    assert names(store) == ["lumen", "still open"]


@pytest.mark.parametrize("target", ["no/such/folder/night.sqlite3", "."])
def test_a_backup_that_cannot_be_written_says_so_and_leaves_nothing(
    store: Sqlite, path: Path, tmp_path: Path, target: str
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert "can't be written" in refused(lambda: copy_to(path, folder / target))
    assert list(folder.rglob("*")) == []


def test_there_is_no_backup_without_a_database(path: Path, tmp_path: Path) -> None:
    assert "nothing to back up" in refused(lambda: copy_to(path, tmp_path / "night.sqlite3"))
    assert not path.exists()


def test_a_damaged_database_makes_no_backup_over_a_good_one(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "night.sqlite3"
    Sqlite(path).close_now()
    copy_to(path, backup)
    before = backup.read_bytes()
    path.write_text("These are no rows.")
    assert "restore" in refused(lambda: copy_to(path, backup))
    assert backup.read_bytes() == before


@pytest.fixture
def backup(path: Path, tmp_path: Path) -> Path:
    """A good backup with 300 rows; the database has gone on since."""
    store = Sqlite(path)
    store.write_now(
        lambda tx: [
            tx.run("INSERT INTO clinic (id, name, since) VALUES (?, ?, 0)", (f"clinic {n:03}", "x" * 300))
            for n in range(300)
        ]
    )
    copy_to(path, tmp_path / "night.sqlite3")
    put(store, "since the backup")
    store.close_now()
    return tmp_path / "night.sqlite3"


def test_what_stood_there_before_is_kept_each_time(backup: Path, path: Path) -> None:
    before = everything(path)
    first = restore_from(backup, path)
    second = restore_from(backup, path)
    assert everything(path) == everything(backup)
    assert first is not None
    assert second is not None
    assert everything(first) == before
    assert everything(second) == everything(backup)


def test_a_database_that_is_damaged_itself_can_be_replaced(backup: Path, path: Path) -> None:
    path.write_text("These are no rows.")
    kept = restore_from(backup, path)
    assert kept is not None
    assert kept.read_text() == "These are no rows."
    restored = Sqlite(path)
    assert len(names(restored)) == 300
    restored.close_now()


def test_what_was_written_last_does_not_leak_into_a_restored_database(backup: Path, path: Path) -> None:
    store = Sqlite(path)
    put(store, "only in the log")
    log = path.with_name(path.name + "-wal").read_bytes()
    store.close_now()
    path.with_name(path.name + "-wal").write_bytes(log)
    restore_from(backup, path)
    assert everything(path) == everything(backup)


def damaged(file: Path) -> None:
    pages = bytearray(file.read_bytes())
    pages[8192:40960] = b"\xff" * (40960 - 8192)
    file.write_bytes(pages)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def a_letter(file: Path) -> None:
    file.write_text("Dear colleagues, " * 500)


def of_another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.executescript("CREATE TABLE song (title TEXT); PRAGMA user_version = 1;")


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as backup:
        backup.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (damaged, "damaged"),
        (cut, "damaged"),
        (emptied, "not a backup of aftercare"),
        (a_letter, "no backup of aftercare"),
        (of_another_program, "not a backup of aftercare"),
        (newer, "newer version"),
        (Path.unlink, "There is no file"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_is_changed(
    backup: Path, path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    before = everything(path)
    spoil(backup)
    assert told in refused(lambda: restore_from(backup, path))
    assert everything(path) == before
    assert not list(path.parent.glob("*before-restore*"))


def test_nothing_is_restored_under_a_bot_that_runs(backup: Path, path: Path) -> None:
    store = Sqlite(path)
    assert "already running" in refused(lambda: restore_from(backup, path))
    assert len(names(store)) == 301
    store.close_now()


def test_the_database_is_not_restored_from_itself(backup: Path, path: Path) -> None:
    assert "the database itself" in refused(lambda: restore_from(path, path))


async def test_work_that_fails_takes_nothing_of_its_neighbours_with_it(tmp_path: Path) -> None:
    store = Sqlite(tmp_path / "a.sqlite3")

    def fails(tx: Writes) -> None:
        tx.run("INSERT INTO fact (name, value) VALUES ('lost', '1')")
        raise LookupError("no")

    def keeps(name: str) -> Callable[[Writes], int]:
        return lambda tx: tx.run("INSERT INTO fact (name, value) VALUES (?, '1')", (name,))

    works = [keeps("a"), fails, keeps("b"), fails, keeps("c")]
    results = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
    assert [type(result) for result in results] == [int, LookupError, int, LookupError, int]
    assert [row["name"] for row in store.read.rows("SELECT name FROM fact ORDER BY name")] == ["a", "b", "c"]
    await store.close()


async def test_work_that_nobody_waits_for_any_more_harms_nothing(tmp_path: Path) -> None:
    store = Sqlite(tmp_path / "a.sqlite3")
    slow = asyncio.ensure_future(store.write(lambda tx: threading.Event().wait(0.05)))
    given_up = asyncio.ensure_future(store.write(lambda tx: tx.run("DELETE FROM fact")))
    await asyncio.sleep(0.01)
    given_up.cancel()
    assert await slow is False
    assert await store.write(lambda tx: tx.run("INSERT INTO fact (name, value) VALUES ('d', '1')")) == 1
    await store.close()
