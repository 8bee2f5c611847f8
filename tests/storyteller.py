"""Plays whole conversations that are written as YAML; ``stories/README.md`` shows how to write one.

Every step goes through the real bot over HTTP, and the bot is stopped and started again on its database
between every two steps.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from care.plan import instant
from commands.enrol import Enrolling
from demo.shapes import file_id
from store.sqlite import Sqlite
from tests.facts import FACTS, cells, undone
from tests.schema import complaints
from tests.story import Step, Story, Untrue, agrees, face, flat, in_order, parts, several, span
from tests.town import GROUP, USERNAME, Town

STAFF = ("anna", "ben", "carol")
UPGRADED = GROUP - 1
HARMLESS = ("terminated by other getUpdates", "message is not modified")
"""Refusals without harm: of the poll that a restart left behind, and of a card that is shown as it was."""


def starting(story: Story, zone: Any) -> datetime:
    """When the clock of the story starts, UTC."""
    return instant(story.begins.date(), story.begins.time(), zone)


Act = TypeVar("Act", bound=Callable[..., Awaitable[None] | None])
VERBS: list[tuple[re.Pattern[str], str, bool]] = []


def verb(pattern: str, *, looks: bool = False) -> Callable[[Act], Act]:
    """The sentence that a method plays; ``looks``: it only looks, and the bot is not restarted for it."""

    def listed(act: Act) -> Act:
        VERBS.append((re.compile(pattern), act.__name__, looks))
        return act

    return listed


def understood(step: Step) -> tuple[str, tuple[str, ...], bool]:
    """Method, what the sentence tells it, and whether it only looks."""
    for pattern, name, looks in VERBS:
        found = pattern.fullmatch(step.sentence)
        if found:
            return name, found.groups(), looks
    raise Untrue("nobody knows this sentence; stories/README.md lists those that there are")


class Storyteller:
    """Plays one story in a town."""

    def __init__(self, town: Town, story: Story) -> None:
        self._town, self._story = town, story
        self._invitations: dict[str, str] = {}
        self._read: dict[str, dict[int, str]] = {}
        """Phone → what its owner has read: message id → how the message looked."""
        self._reading: dict[str, dict[int, str]] = {}
        """What is read once the checks that follow each other are over."""
        self._toasts = 0

    async def play(self) -> None:
        """Play every step, then look at what was left behind. Raises Untrue with the step and the phone."""
        for step in self._story.steps:
            try:
                await self._play(step)
            except (Untrue, LookupError) as trouble:
                raise Untrue(f"\n{step}\n{trouble.args[0] if trouble.args else trouble}") from None
        await self._end()

    async def _play(self, step: Step) -> None:
        name, told, looks = understood(step)
        if not looks:
            await self._reload()
            self._read.update(self._reading)
            self._reading.clear()
            self._toasts = len(self._town.standin.toasts)
        done = getattr(self, name)(*told, step.value)
        if inspect.isawaitable(done):
            await done
        if not looks:
            await self._calm()

    async def _reload(self) -> None:
        if self._town.house is not None:
            await self._town.reload()

    async def _calm(self) -> None:
        """Wait until the bot has done everything; what would never end is a fault, not a long wait."""
        if self._town.house is None:
            return
        await self._town.settle()
        if not self._town.house.idle or self._town.standin.pending():
            left = [dict(row) for row in undone(self._town.house.store.read)]
            raise Untrue(f"the bot does not come to rest; not done: {left}")

    async def _end(self) -> None:
        """Nothing is left undone, nothing was refused, and every call was as Telegram documents it."""
        assert self._town.house is not None
        calls = self._town.standin.calls
        faults = {fault for call in calls for fault in complaints(call.method, call.params)}
        if faults:
            raise Untrue(f"calls that Telegram would not understand: {sorted(faults)}")
        refused = {f"{call.method}: {call.description}" for call in calls if not call.ok}
        strange = [one for one in refused if not any(part in one for part in (*HARMLESS, *self._story.refusals))]
        if strange:
            raise Untrue(f"Telegram refused what the story does not speak of: {sorted(strange)}")
        left = [dict(row) for row in undone(self._town.house.store.read)]
        if left:
            raise Untrue(f"the story is over, and this is not done: {left}")

    # What people do

    @verb(r"enrol")
    async def _enrol(self, told: str | dict[str, Any]) -> None:
        wish: dict[str, Any] = {"who": told} if isinstance(told, str) else dict(told)
        name = wish["who"]
        if {"session", "next session"} & wish.keys():
            self._invite({**wish, "for": name})
        else:
            self._invitations[name] = await self._town.invite(types=several(wish.get("types", [])))
        await self._open(name, f"{name}'s invitation")
        await self._press_if_asked(name, "English")
        place = [wish["place"]] if "place" in wish else []
        zone = ["No, another place", *place] if place else ["Yes, the same time"]
        for label in ("Yes, I agree", "Yes, that is right", *zone, wish.get("hour", "10:00")):
            await self._press(name, label)

    @verb(r"desk invites")
    def _invite(self, wish: dict[str, Any]) -> None:
        """The command at the desk, beside the bot that runs: for sessions that were days ago."""
        town = self._town
        clock = self._time(wish["session"]) if "session" in wish else town.clock()
        local = clock.astimezone(town.library.clinic.zone)
        enrolling = Enrolling(town.library, USERNAME, town.clock(), town.chance, "command")
        row = {"session": f"{local:%Y-%m-%d %H:%M}", "next_session": wish.get("next session", "")}
        row["types"] = " ".join(several(wish.get("types", [])))
        store = Sqlite(town.settings().database, alone=False)
        try:
            invited = store.write_now(lambda tx: enrolling.invite(tx, enrolling.wish(row)))
        finally:
            store.close_now()
        self._invitations[wish["for"]] = invited.link.partition("?start=")[2]

    @verb(r"(\w+) invites")
    async def _invites(self, by: str, told: str | dict[str, Any]) -> None:
        wish = {"for": told} if isinstance(told, str) else told
        self._invitations[wish["for"]] = await self._town.invite(by, types=several(wish.get("types", [])))

    @verb(r"(\w+) opens")
    async def _open(self, name: str, told: str) -> None:
        owner, _, rest = told.partition("'s ")
        payload = self._invitations[owner] if rest == "invitation" else told
        self._town.person(name).starts("" if payload == "the chat" else payload)
        await self._town.settle()

    @verb(r"(\w+) says")
    async def _says(self, name: str, text: str) -> None:
        self._town.person(name).says(text, chat=self._town.group.id if name in STAFF else None)
        await self._town.settle()

    @verb(r"(\w+) says to the bot alone")
    async def _says_alone(self, name: str, text: str) -> None:
        self._town.person(name).says(text)
        await self._town.settle()

    @verb(r"(\w+) replies to (.+)")
    async def _replies(self, name: str, part: str, text: str) -> None:
        where = "staff" if name in STAFF else name
        about = self._town.find(where, part)["message_id"]
        self._town.person(name).says(text, chat=self._town.chat(where), reply_to=about)
        await self._town.settle()

    @verb(r"(\w+) presses")
    async def _press(self, name: str, told: str | list[str] | dict[str, str]) -> None:
        pairs = told.items() if isinstance(told, dict) else [(label, "") for label in several(told)]
        for label, part in pairs:
            self._push(name, label, part)
            await self._town.settle()

    @verb(r"(\w+) presses on a message that the bot no longer sees")
    def _press_old(self, name: str, label: str) -> None:
        self._push(name, label, "", old=True)

    @verb(r"(\w+) presses if asked")
    async def _press_if_asked(self, name: str, label: str) -> None:
        shown = self._town.shown(name)
        if shown and label in [b["text"] for row in shown[-1]["inline"] for b in row]:
            await self._press(name, label)

    @verb(r"(\w+) and (\w+) press")
    def _press_both(self, first: str, second: str, label: str) -> None:
        for name in (first, second):
            self._push(name, label, "")

    def _push(self, name: str, label: str, part: str, *, old: bool = False) -> None:
        where = "staff" if name in STAFF else name
        for message in reversed(self._town.shown(where)):
            labels = [button["text"] for row in message["inline"] for button in row]
            if label in labels and part in face(message, {}):
                self._town.person(name).presses(message, label, chat=self._town.chat(where), old=old)
                return
        raise Untrue(f"there is no button {label!r} to press\n{self._phone(where)}")

    @verb(r"(\w+) taps")
    def _taps(self, name: str, label: str) -> None:
        self._town.person(name).taps(label)

    @verb(r"(\w+) sends")
    def _sends(self, name: str, told: str | dict[str, str]) -> None:
        kind, caption = next(iter(told.items())) if isinstance(told, dict) else (told, "")
        self._town.person(name).sends(kind, caption=caption)

    @verb(r"(\w+) edits (.+)")
    def _edits(self, name: str, part: str, text: str) -> None:
        self._town.person(name).edits(self._town.find(name, part), text)

    @verb(r"(\w+) (blocks|unblocks) the bot")
    def _blocks(self, name: str, deed: str, _: str) -> None:
        getattr(self._town.person(name), deed)()

    @verb(r"(\w+) deletes the account")
    def _deletes(self, name: str, _: str) -> None:
        self._town.person(name).deactivates()

    # What happens to everybody

    @verb(r"clock")
    async def _clock(self, told: str) -> None:
        await self._town.forward(self._time(told))

    @verb(r"outage")
    async def _outage(self, told: str) -> None:
        await self._town.close()
        await self._town.forward(self._town.clock() + span(told))
        await self._starts("")

    @verb(r"the bot stops")
    async def _stops(self, _: str) -> None:
        await self._town.close()

    @verb(r"the bot starts")
    async def _starts(self, _: str) -> None:
        await self._town.open()
        await self._town.forward(self._town.clock())

    @verb(r"Telegram refuses")
    def _refuses(self, told: dict[str, str]) -> None:
        code, seconds = int(told.get("code", "429")), int(told.get("seconds", "1"))
        self._town.standin.fail(told["call"], times=int(told.get("times", "1")), code=code, retry_after=seconds)

    @verb(r"Telegram breaks off")
    def _breaks(self, told: dict[str, str]) -> None:
        self._town.standin.drop(
            told["call"], times=int(told.get("times", "1")), executed=told.get("arrived", "yes") == "yes"
        )

    @verb(r"the group becomes a supergroup")
    def _migrates(self, _: str) -> None:
        self._town.group.migrates(UPGRADED)

    # What is looked at

    @verb(r"(\w+) reads?", looks=True)
    def _reads(self, name: str, told: str | list[str]) -> None:
        came = self._came(name)
        if told == "nothing":
            if came:
                raise Untrue(f"nothing was to come\n{self._phone(name, came)}")
            return
        if not in_order(parts(told), came):
            raise Untrue(f"this was to come, in this order\n{self._phone(name, came)}")

    @verb(r"(\w+) do(?:es)? not read", looks=True)
    def _reads_not(self, name: str, told: str | list[str]) -> None:
        came = self._came(name)
        found = [part for part in parts(told) if flat(part) in flat("\n".join(came))]
        if found:
            raise Untrue(f"{found} was not to come\n{self._phone(name, came)}")

    @verb(r"(\w+)'s phone shows", looks=True)
    def _shows(self, name: str, told: str | list[str]) -> None:
        if not in_order(parts(told), self._faces(name).values()):
            raise Untrue(f"this was to be on the phone, in this order\n{self._phone(name)}")

    @verb(r"(\w+)'s keyboard is", looks=True)
    def _keyboard(self, name: str, told: str) -> None:
        shown = self._town.standin.keyboard(self._town.chat(name)) or [["none"]]
        labels = [label for row in shown for label in row]
        if labels != re.split(r",\s*", told):
            raise Untrue(f"the keyboard is {labels}")

    @verb(r"(\w+) is told", looks=True)
    def _told(self, name: str, text: str) -> None:
        own = self._town.person(name).id
        toasts = [t.text for t in self._town.standin.toasts[self._toasts :] if t.person_id == own and t.text]
        if not any(text in toast for toast in toasts):
            raise Untrue(f"after the press, the phone showed {toasts}")

    @verb(r"(\w+) (?:has|have)", looks=True)
    def _has(self, name: str, told: dict[str, Any]) -> None:
        assert self._town.house is not None
        patient = 0 if name == "staff" else int(self._town.person(name).id)
        for fact, expected in told.items():
            if fact not in FACTS:
                raise Untrue(f"nobody knows the fact {fact!r}; there are: {', '.join(FACTS)}")
            found = FACTS[fact](self._town.house.store.read, patient)
            if not agrees(found, expected):
                raise Untrue(f"{fact} is {found}, not {expected}")

    @verb(r"nothing names (\w+)", looks=True)
    def _nothing_names(self, name: str, _: str) -> None:
        """No cell of the database holds the name or the number of the chat."""
        assert self._town.house is not None
        person = self._town.person(name)
        signs = (person.first_name.lower(), str(person.id))
        found = [
            (where, text)
            for where, text in cells(self._town.house.store.read)
            if any(re.search(rf"\b{sign}\b", text.lower()) for sign in signs)
        ]
        if found:
            raise Untrue(f"{name} is still named: {found}")

    @verb(r"staff see (\w+)'s photo at its full size", looks=True)
    def _photo(self, name: str, _: str) -> None:
        chat = self._town.standin._world.chats[self._town.chat(name)]
        sent = [file_id(said) for said in chat.messages.values() if said.kind == "photo" and said.sender_id == chat.id]
        shown = [c.params["photo"] for c in self._town.standin.calls if c.method == "sendPhoto"]
        if not sent or sent[-1] not in shown:
            raise Untrue(f"of {sent} the group was shown {shown}")

    @verb(r"(\w+)'s file says", looks=True)
    def _file(self, name: str, told: str | list[str]) -> None:
        chat = self._town.standin._world.chats[self._town.chat(name)]
        files = [file_id(said) for said in chat.messages.values() if said.kind == "document"]
        stored = self._town.standin._world.files.by_id(files[-1]) if files else None
        text = stored.data.decode() if stored else ""
        if not in_order(parts(told), [text]):
            raise Untrue(f"the file says:\n{text}")

    # Phones and time

    def _faces(self, name: str) -> dict[int, str]:
        shown = {message["message_id"]: message for message in self._town.shown(name)}
        return {number: face(m, shown) for number, m in shown.items() if m["from_bot"] and not m["deleted"]}

    def _came(self, name: str) -> list[str]:
        """What is new or has changed on a phone since its owner read it; from now on it counts as read."""
        now, before = self._faces(name), self._read.get(name, {})
        self._reading[name] = now
        return [face for number, face in now.items() if before.get(number) != face]

    def _phone(self, name: str, came: Sequence[str] | None = None) -> str:
        shown = list(self._faces(name).values())[-6:] if came is None else came
        title = "the last on the phone" if came is None else "what came"
        return f"--- {title} of {name}, {self._town.clock():%Y-%m-%d %H:%M} UTC\n" + "\n---\n".join(shown)

    def _time(self, told: str) -> datetime:
        """``day 4 10:30`` (days count from the story's begin), ``2026-03-09 22:15``, ``+3 hours``; UTC."""
        if told.startswith("+"):
            return self._town.clock() + span(told[1:])
        zone = self._town.library.clinic.zone
        counted = re.fullmatch(r"day (\d+) (\d\d:\d\d)", told)
        if counted:
            day: date = self._story.begins.date() + timedelta(days=int(counted[1]))
            return instant(day, time.fromisoformat(counted[2]), zone)
        when = datetime.strptime(told, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return instant(when.date(), when.time(), zone)
