"""Going live: everything that must be right, each with what to do when it is not."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.telegram import Telegram, WrongToken
from care.channel import Later, Refused
from care.check import check
from care.library import Library
from care.numbers import differing, load_numbers
from care.signing import shortened
from commands.parts import BadContent, open_offered
from settings import Settings
from store import people
from store.seam import Reads

LEAST_FREE = 200 * 2**20
MOST_CLOCK_SKEW = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    told: str
    """What is there, or what to do."""


class Doctor:
    """Looks at one thing after the other; none of them changes anything."""

    def __init__(
        self,
        settings: Settings,
        library: Library | None,
        read: Reads | None,
        telegram: Telegram | None,
        now: datetime,
    ) -> None:
        """``library``, ``read`` and ``telegram`` are None where they can't be opened."""
        self._settings, self._library, self._read = settings, library, read
        self._telegram, self._now = telegram, now

    async def look(self) -> list[Finding]:
        """Every finding, in the order in which they are mended."""
        steps: list[tuple[str, Callable[[], Awaitable[Finding]]]] = [
            ("content", self._content),
            ("database", self._database),
            ("zone", self._zone),
            ("numbers", self._numbers),
            ("token", self._token),
            ("clock", self._clock),
            ("group", self._group),
            ("staff", self._staff),
            ("updates", self._updates),
        ]
        return [await step() for _, step in steps]

    async def _content(self) -> Finding:
        found = check(self._settings.content_dir)
        if found.faults:
            return Finding("content", False, f"{len(found.faults)} faults stand in it: run aftercare check")
        return self._signed(self._library.drafts if self._library else {})

    def _signed(self, drafts: Mapping[str, str]) -> Finding:
        if not drafts:
            return Finding("content", True, "complete and signed")
        count = f"{len(drafts)} files are drafts that a clinician must sign: {shortened(drafts)}"
        if self._settings.allow_unsigned:
            return Finding("content", True, f"complete; {count}; ALLOW_UNSIGNED=1 offers them all the same")
        try:
            withheld = open_offered(self._settings).withheld
        except BadContent as nothing:
            return Finding("content", False, str(nothing))
        left_out = f"; not offered: {', '.join(withheld)}" if withheld else ""
        return Finding("content", True, f"complete; {count}{left_out}")

    async def _database(self) -> Finding:
        if self._read is None:
            return Finding("database", False, "can't be opened: aftercare status says why and what to do")
        free = shutil.disk_usage(self._settings.database.parent).free
        if free < LEAST_FREE:
            return Finding("database", False, f"only {free // 2**20} MB are free on its disk: make room")
        return Finding("database", True, f"{self._settings.database.name} opens; {free // 2**30} GB free")

    async def _zone(self) -> Finding:
        if self._library is None:
            return Finding("zone", False, "stands in clinic.yaml, which can't be read: mend content first")
        zone = self._library.clinic.zone
        origin = "TZ" if self._settings.tz else "clinic.yaml"
        local = self._now.astimezone(zone)
        return Finding("zone", True, f"{zone.key}, from {origin}: it is {local:%A %H:%M} there. Is that right?")

    async def _numbers(self) -> Finding:
        if self._library is None:
            return Finding("numbers", False, "stand in clinic.yaml, which can't be read: mend content first")
        clinic = self._library.clinic
        own = "; ".join((clinic.emergency_number, clinic.crisis_line, clinic.out_of_hours))
        notes = differing(clinic, load_numbers(self._library.root))
        told = [f"{own}, for {clinic.country}. Are they right?", *(f"{note}." for note in notes)]
        return Finding("numbers", True, " ".join(told))

    async def _token(self) -> Finding:
        if self._telegram is None:
            return Finding("token", False, "TELEGRAM_BOT_TOKEN is not set: get one from @BotFather, put it into .env")
        try:
            me = await self._telegram.me()
        except WrongToken:
            return Finding("token", False, "Telegram refuses it: copy it again, whole, from @BotFather")
        except Later:
            return Finding("token", False, "Telegram can't be reached: look at the network and TELEGRAM_API_ROOT")
        return Finding("token", True, f"@{me.username}")

    async def _clock(self) -> Finding:
        if self._telegram is None:
            return Finding("clock", False, "can't be compared without a token")
        skew = self._telegram.clock_skew(self._now)
        if skew is None:
            return Finding("clock", True, "the server tells no time; not compared")
        if abs(skew) > MOST_CLOCK_SKEW:
            return Finding("clock", False, f"is {skew:.0f} s off: turn on time synchronisation (NTP)")
        return Finding("clock", True, f"right within {abs(skew):.0f} s")

    async def _group(self) -> Finding:
        if not self._settings.staff_chat_id:
            return Finding(
                "group",
                False,
                "STAFF_CHAT_ID is not set: add the bot to your staff group, put its id in .env",
            )
        if self._telegram is None:
            return Finding("group", False, "can't be looked at without a token")
        try:
            group = await self._telegram.group(self._settings.staff_chat_id)
        except WrongToken:
            return Finding("group", False, "can't be looked at with a token that Telegram refuses")
        except (Refused, Later):
            return Finding("group", False, "the bot can't see it: add the bot to the group, check STAFF_CHAT_ID")
        if not group.member:
            return Finding("group", False, f"“{group.title}”: the bot is not in it; add it")
        if not group.admin:
            return Finding(
                "group",
                False,
                f"“{group.title}”: make the bot an administrator, or it can't see answers to cards",
            )
        return Finding("group", True, f"“{group.title}”, the bot is an administrator")

    async def _staff(self) -> Finding:
        if self._read is None or self._library is None:
            return Finding("staff", False, "can't be looked up: mend content and database first")
        members = people.staff(self._read, self._library.clinic.id)
        active = [member for member in members if member["active"]]
        if not active:
            return Finding(
                "staff",
                False,
                "nobody may press buttons yet: aftercare staff add TELEGRAM_ID NAME --role nurse",
            )
        if not any(member["on_call"] for member in active):
            return Finding("staff", False, f"{len(active)} registered, but nobody is on call: add one with --on-call")
        return Finding("staff", True, f"{len(active)} registered")

    async def _updates(self) -> Finding:
        if self._telegram is None:
            return Finding("updates", False, "can't be looked at without a token")
        try:
            hook = await self._telegram.webhook()
        except (Refused, Later, WrongToken):
            return Finding("updates", False, "Telegram can't be asked: see token above")
        address = str(hook.get("url") or "")
        if self._settings.bot_mode == "polling":
            told = "polling; the webhook that is set now is taken away at the start" if address else "polling"
            return Finding("updates", True, told)
        if trouble := hook.get("last_error_message"):
            return Finding(
                "updates", False, f"Telegram can't deliver ({trouble}): check WEBHOOK_URL and its https proxy"
            )
        return Finding("updates", True, f"webhook, {hook.get('pending_update_count', 0)} updates wait")
