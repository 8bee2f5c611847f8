"""The demo: a Telegram of our own on this machine, the real bot behind it, two phones and a clock."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from care.library import Library
from care.model import Clinic
from care.plan import instant
from care.promise import is_open
from demo.clock import DemoClock
from demo.forward import forward
from demo.page import PageServer, server
from demo.serve import Served
from demo.stage import Stage
from demo.standin import StandIn
from settings import Settings, WrongSetting, read_settings
from store import people
from store.seam import Store, Writes, moment
from store.sqlite import erase

TOKEN = "100000:demo-token-for-this-machine-only"
USERNAME = "LumenAftercareBot"
PATIENT, ANNA, BEN, GROUP = 501, 601, 602, -1001000000001


class PortTaken(Exception):
    """The page's port is not free."""


class Running(Protocol):
    """What the demo needs of the running bot."""

    @property
    def library(self) -> Library: ...

    @property
    def store(self) -> Store: ...

    @property
    def idle(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def knock(self) -> None: ...

    def next_event(self) -> datetime | None: ...


def demo_settings(**more: object) -> Settings:
    """The user's content and time zone; nothing else of theirs may reach the demo, right or wrong."""
    ours = {"telegram_bot_token": TOKEN, "staff_chat_id": GROUP, "bot_mode": "polling", "allow_unsigned": True}
    return read_settings(**ours, **more)


def beginning(clinic: Clinic, now: datetime) -> datetime:
    """The next afternoon on which the clinic is open: sessions are over, staff are at work. UTC."""
    today = now.astimezone(clinic.zone).date()
    afternoons = (instant(today + timedelta(days=n), time(15), clinic.zone) for n in range(15))
    return next((at for at in afternoons if is_open(clinic, at)), now)


class Show:
    """The demo from its folder to its page."""

    def __init__(self, folder: Path, open_house: Callable[[Settings, DemoClock], Running], clock: DemoClock) -> None:
        self._folder, self._open, self._clock = folder, open_house, clock
        self.standin = StandIn(token=TOKEN, username=USERNAME, now=clock)
        self._patient = self.standin.person(PATIENT, "Maya")
        self._staff = [self.standin.person(ANNA, "Anna"), self.standin.person(BEN, "Ben")]
        self._group = self.standin.group(GROUP, "Lumen staff", self._staff)

    async def play(self, port: int, ready: Callable[[str], None], over: asyncio.Future[None]) -> None:
        """Run until ``over``; ``ready`` gets the page's address. Raises PortTaken, WrongSetting, StoreFault."""
        database = self._folder / "demo.sqlite3"
        with _door(port) as door, Served(self.standin.app) as served:
            self._empty(database)
            settings = demo_settings(telegram_api_root=served.url, database_url=f"sqlite:///{database}")
            house = self._open(settings, self._clock)
            await house.start()
            try:
                await self._register(house)
                await _serve(server(self._stage(house), port), door, ready, over)
            finally:
                await house.stop()
                self.standin.close()

    def _empty(self, database: Path) -> None:
        """Begin anew; a folder that holds anything else may be somebody's patients and is left alone."""
        if self._folder.exists() and not self._folder.is_dir():
            raise WrongSetting(f"{self._folder} is no folder. Name another one with --folder.")
        others = [path.name for path in self._folder.glob("*") if not path.name.startswith(database.name)]
        if others:
            raise WrongSetting(
                f"The folder {self._folder} holds {others[0]}, which is not the demo's. Name another one with --folder."
            )
        erase(database)

    async def _register(self, house: Running) -> None:
        clinic, now = house.library.clinic.id, self._clock()
        anna, ben = self._staff

        def work(tx: Writes) -> None:
            people.register(tx, clinic, anna.id, anna.first_name, "nurse", True, now)
            people.register(tx, clinic, ben.id, ben.first_name, "doctor", False, now)

        await house.store.write(work)

    def _stage(self, house: Running) -> Stage:
        return Stage(
            standin=self.standin,
            patient=self._patient,
            staff=self._staff,
            group=self._group,
            clock=self._clock,
            zone=house.library.clinic.zone,
            advance=lambda to: forward(house, self._clock, to, self.standin.pending),
            next_due=lambda: _next_due(house),
            plan_end=lambda: _plan_end(house),
            what_next=lambda: _what_next(house),
            care_day=lambda person: _care_day(house, person, self._clock()),
            bot_name=f"{house.library.clinic.name}",
        )


@contextmanager
def _door(port: int) -> Iterator[socket.socket]:
    """The page's port, taken before anything else is touched; PortTaken when another program has it."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
            # Until somebody listens, a second program could take the same port.
            door.listen()
        except (OSError, OverflowError):
            raise PortTaken(f"Port {port} can't be used. Choose another: aftercare demo --port 0") from None
        yield door


async def _serve(
    page: PageServer, door: socket.socket, ready: Callable[[str], None], over: asyncio.Future[None]
) -> None:
    """Serve the page until ``over``."""
    serving = asyncio.create_task(page.serve(sockets=[door]))
    while not page.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it by this flag alone
        await asyncio.sleep(0.01)
    ready(f"http://127.0.0.1:{door.getsockname()[1]}/")
    await asyncio.wait({serving, over}, return_when=asyncio.FIRST_COMPLETED)
    page.should_exit = True
    await serving


def _next_due(house: Running) -> datetime | None:
    row = house.store.read.one("SELECT min(due_at) AS at FROM outgoing WHERE planned IS NOT NULL AND state = 'waiting'")
    return moment(row["at"]) if row and row["at"] else None


def _plan_end(house: Running) -> datetime | None:
    """When the last planned message goes out, or went out; None while nobody has a plan."""
    row = house.store.read.one("SELECT max(due_at) AS at FROM outgoing WHERE planned IS NOT NULL")
    return moment(row["at"]) if row and row["at"] else None


def _what_next(house: Running) -> str:
    row = house.store.read.one(
        "SELECT o.planned, e.procedure FROM outgoing o JOIN episode e ON e.id = o.episode_id "
        "WHERE o.planned IS NOT NULL AND o.state = 'waiting' ORDER BY o.due_at LIMIT 1"
    )
    if row is None:
        return ""
    own = {"procedure": row["procedure"]}
    return house.library.say(f"title.{row['planned']}", house.library.clinic.language, own).html


def _care_day(house: Running, person_id: int, now: datetime) -> int | None:
    patient = people.by_chat(house.store.read, person_id)
    episode = people.running(house.store.read, patient["id"]) if patient else None
    return people.episode_of(episode).day(now) if episode else None
