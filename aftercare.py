"""The command `aftercare`, and the one place where the parts are wired together."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import typer

from bot.conversation import Conversation
from bot.desk import Desk
from bot.inbox import Inbox, Poller
from bot.letter import plain
from bot.mydata import my_data
from bot.telegram import OtherPoller, Redact, Telegram, WrongToken, quiet_libraries
from bot.webhook import WebhookDoor
from care.channel import Later
from care.faults import ContentFaults
from care.library import Library
from care.understand import Reader
from commands import content, desk, glass
from commands.enrol import BadRow
from commands.parts import SPOKEN, BadContent, fingerprint, open_library, open_offered, open_reader, wall_clock
from commands.show import PortTaken, Show, beginning, demo_settings
from commands.talk import BadLine
from demo.clock import DemoClock
from scheduler.clock import Knocker
from scheduler.delivery import Delivery
from scheduler.keeper import Keeper
from scheduler.limits import Limits
from settings import Settings, WrongSetting, read_settings
from store import audit, outbox, people
from store.seam import Writes, moment
from store.sqlite import Sqlite, StoreFault

log = logging.getLogger("aftercare")
COMMANDS = ("plan", "settings", "help", "stop", "mydata", "forget")
TROUBLES = (WrongSetting, ContentFaults, StoreFault, WrongToken, BadRow, BadLine, BadContent, Later, PortTaken)


class House:
    """The whole product in one process: three doors, one heart, one memory."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime] = wall_clock,
        library: Library | None = None,
        reader: Reader | None = None,
        pace: float = 1.0,
    ) -> None:
        """Open content, database and line; raises what each of them raises.

        ``library`` and ``reader`` are frozen and may be shared by several houses. ``pace``: see Limits.
        """
        self._pace, self._stopping = pace, False
        self.settings, self.clock = settings, clock
        self.telegram = Telegram(settings.token, api_root=settings.telegram_api_root)
        self.library = library or open_offered(settings)
        self.store = Sqlite(settings.database)
        self._reader = reader or open_reader(self.library)
        self._webhook: WebhookDoor | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.trouble: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Everything runs when this returns. Raises WrongToken, Later."""
        await self.telegram.start()
        me = await self.telegram.me()
        now = self.clock()
        await self.store.write(lambda tx: self._opened(tx, now))
        self._build(me.username)
        await self._greet()
        self.trouble = asyncio.get_running_loop().create_future()
        self._spawn(self.delivery.run())
        self._spawn(self.inbox.run())
        self.knocker.start()
        await self._listen(me.username)
        if not self._desk.staff_chat:
            log.warning("STAFF_CHAT_ID is not set: flags are kept, and nobody is told of them; see aftercare doctor")
        log.info("ready: @%s, %s, staff group %s", me.username, self.settings.bot_mode, bool(self._desk.staff_chat))

    def _opened(self, tx: Writes, now: datetime) -> None:
        people.open_clinic(tx, self.library.clinic, now)
        audit.remember(tx, SPOKEN, fingerprint(self.library))

    def _build(self, username: str) -> None:
        time, pace = asyncio.get_running_loop().time, self._pace
        limits = Limits(lambda: time() * pace, pace)
        self.rounds = Keeper(self.store, self.library, self.settings.staff_chat_id, self.clock, self._wake)
        self.delivery = Delivery(
            self.store,
            self.library,
            self.telegram,
            clock=self.clock,
            limits=limits,
            me=secrets.token_hex(8),
            username=username,
            token_bytes=secrets.token_bytes,
            my_data=lambda patient: my_data(self.store.read, self.library, patient),
            on_sent=self.rounds.sent,
            tasks=self.rounds,
        )
        self._desk = Desk(
            self.store,
            self.library,
            self._reader,
            self.clock,
            self._wake,
            self.telegram,
            username,
            self.settings.staff_chat_id,
        )
        self.inbox = Inbox(self.store, Conversation(self._desk), self.clock, username=username)
        self.knocker = Knocker(self.delivery.wake, self.rounds.go)

    def _wake(self) -> None:
        self.delivery.wake()

    async def _greet(self) -> None:
        """The menu of commands, in every language; not worth failing for."""
        with suppress(Exception):
            for lang in ("", *self.library.languages):
                words = lang or self.library.clinic.language
                menu = [(name, plain(self.library.say(f"command.{name}", words, {}).html)) for name in COMMANDS]
                await self.telegram.set_commands(menu, lang)

    async def _listen(self, username: str) -> None:
        if self.settings.bot_mode == "polling":
            await self.telegram.delete_webhook()
            self.poller = Poller(self.telegram, self.inbox.keep)
            self._spawn(self.poller.run())
            return
        self._webhook = WebhookDoor()
        path = "/" + secrets.token_urlsafe(24)
        secret = self.settings.webhook_secret.get_secret_value()
        await self._webhook.start(
            self.settings.webhook_port, path, secret, self._keep_one, host=self.settings.webhook_host
        )
        await self.telegram.set_webhook(self.settings.webhook_url.rstrip("/") + path, secret)

    async def _keep_one(self, update: dict[str, Any]) -> None:
        await self.inbox.keep([update])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that ends by itself takes the whole house down: half of it must not go on alone."""
        ours = self._stopping or task.cancelled()
        if not ours and self.trouble is not None and not self.trouble.done():
            self.trouble.set_exception(task.exception() or RuntimeError("a part ended by itself"))

    @property
    def idle(self) -> bool:
        """True when everything that was heard is handled and everything due is out."""
        return self.inbox.idle and self.delivery.idle()

    def next_event(self) -> datetime | None:
        """When something happens next by itself: a message, a reminder, a repetition."""
        due = outbox.next_due(self.store.read)
        known = [moment(due)] if due else []
        look = self.rounds.next_look()
        return min([*known, *([look] if look else [])], default=None)

    async def knock(self) -> None:
        """What the clock does each minute, now: for a clock that has been set forward."""
        await self.rounds.go()
        self.delivery.wake()

    async def stop(self) -> None:
        """Finish what is in hand, then close; nothing is lost."""
        self._stopping = True
        if self._webhook is not None:
            await self._webhook.stop()
        self.knocker.stop()
        listening = self._tasks[2:]
        for task in listening:
            task.cancel()
        await self.inbox.stop()
        await self.delivery.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.close()

    async def close(self) -> None:
        """Close line and database without finishing anything."""
        await self.telegram.stop()
        await self.store.close()


app = typer.Typer(
    help="Aftercare for skin clinics: a chat that accompanies the patient and flags danger to staff.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run() -> None:
    """Run the bot until Ctrl-C: everything in one process."""
    settings = read_settings()
    logs(settings)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    house = House(settings)
    over = _interrupted()
    try:
        await house.start()
    except BaseException:
        await house.close()
        raise
    assert house.trouble is not None
    await asyncio.wait({over, house.trouble}, return_when=asyncio.FIRST_COMPLETED)
    trouble = house.trouble.exception() if house.trouble.done() else None
    await house.stop()
    if trouble is not None:
        raise trouble


def _interrupted() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, end)
    return over


@app.command()
def demo(
    port: int = typer.Option(8000, help="Port of the page; 0 takes a free one."),
    folder: Path = typer.Option(Path("demo-data"), help="Everything the demo keeps; emptied at the start."),
) -> None:
    """Try everything on this machine: two phones and a clock on a web page, no Telegram account needed."""
    logging.basicConfig(level=logging.WARNING)
    quiet_libraries()
    clock = DemoClock(wall_clock, beginning(open_library(demo_settings()).clinic, wall_clock()))
    show = Show(folder, partial(House, pace=4), clock)
    asyncio.run(_demo(show, port))


async def _demo(show: Show, port: int) -> None:
    def ready(address: str) -> None:
        typer.echo(f"The demo is ready: {address}\nPress Ctrl-C to end it.")

    await show.play(port, ready, _interrupted())


app.add_typer(glass.app)
app.add_typer(desk.app)
app.add_typer(content.app, name="content")


def main() -> None:
    """Run the command; what a user can mend is told in one sentence, with exit code 2."""
    try:
        app()
    except TROUBLES as trouble:
        typer.echo(told(trouble), err=True)
        sys.exit(2)


def told(trouble: Exception) -> str:
    """One sentence that says what to do; content faults take a line each."""
    if isinstance(trouble, WrongToken):
        return "Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again, whole, from @BotFather."
    if isinstance(trouble, OtherPoller):
        return "Another program is reading this bot's messages. Stop it, then start again."
    if isinstance(trouble, Later):
        return "Telegram can't be reached. Look at the network and at TELEGRAM_API_ROOT, then start again."
    return str(trouble)


def logs(settings: Settings) -> None:
    """Log to standard error; no level shows patients' words, names or the token."""
    quiet_libraries()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(Redact(settings.telegram_bot_token.get_secret_value()))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)


if __name__ == "__main__":
    main()
