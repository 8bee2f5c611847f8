"""What has run out ends, and what must be forgotten is erased."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from scheduler.rounds import purge
from store import inbox, people
from tests.fast_time import quickly
from tests.post_office import GROUP, MONDAY, THANKS, Post, post

MAYA, NOOR = 11, 12


def state(office: Post, episode: int) -> str:
    row = people.episode(office.store.read, episode)
    assert row is not None
    return str(row["state"])


def test_care_ends_after_its_last_day_and_not_before(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path, begun=False) as office:
            episode = await office.enrolled(MAYA)
            await purge(office.store, office.words, MONDAY + timedelta(days=30))
            assert state(office, episode) == "running"
            await purge(office.store, office.words, MONDAY + timedelta(days=31))
            assert state(office, episode) == "finished"
            assert "waiting" not in office.states()

    quickly(story())


def test_a_patient_is_erased_when_the_clinics_days_are_over_and_the_erasure_is_noted(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path, begun=False) as office:
            keep = timedelta(days=office.words.clinic.keep_days)
            patient = await office.patient(MAYA)
            episode = await office.enrolled(MAYA)
            await office.enrolled(NOOR)
            ended = MONDAY + timedelta(days=2)
            await office.store.write(lambda tx: people.end(tx, episode, "stopped", ended))
            await purge(office.store, office.words, ended + keep)
            assert people.by_id(office.store.read, patient) is not None
            await purge(office.store, office.words, ended + keep + timedelta(seconds=1))
            assert people.by_id(office.store.read, patient) is None
            assert people.by_chat(office.store.read, NOOR) is not None
            assert office.store.read.rows("SELECT 1 FROM outgoing WHERE chat_id = ?", (MAYA,)) == []
            lines = office.store.read.rows("SELECT about FROM audit WHERE what LIKE 'erased%'")
            assert [line["about"] for line in lines] == [f"patient {patient}"]

    quickly(story())


def test_who_never_began_is_forgotten_as_well(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path, begun=False) as office:
            patient = await office.patient(MAYA)
            keep = timedelta(days=office.words.clinic.keep_days)
            await purge(office.store, office.words, MONDAY + keep - timedelta(days=1))
            assert people.by_id(office.store.read, patient) is not None
            await purge(office.store, office.words, MONDAY + keep + timedelta(days=1))
            assert people.by_id(office.store.read, patient) is None

    quickly(story())


def test_old_updates_and_old_messages_of_nobody_are_forgotten_and_what_waits_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path) as office:
            await office.store.write(lambda tx: inbox.keep(tx, [{"update_id": 1}, {"update_id": 2}], MONDAY))
            await office.store.write(lambda tx: inbox.handled(tx, 1, MONDAY))
            await office.put(THANKS, GROUP)
            await office.put(THANKS, GROUP, due=MONDAY + timedelta(days=1))
            await office.quiet()
            await purge(office.store, office.words, MONDAY + timedelta(days=400))
            assert inbox.counts(office.store.read) == {"kept": 1}
            assert office.states() == {"waiting": 1}

    quickly(story())
