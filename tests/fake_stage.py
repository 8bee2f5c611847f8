"""A stage without a bot: two phones whose answers are scripted, for looking at the demo's page alone."""

from __future__ import annotations

import base64
import html
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import segno

from demo.page import PageServer, server
from demo.stage import Stage

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
GROUP = -1001
TOKEN = "Zx3kQ9vLm2Tt7aB0"
TAGS = re.compile(r"<[^>]+>")

WELCOME = (
    "Hello {name}, this is the aftercare chat of <b>Lindenhof Skin Clinic</b>.\n\n"
    "For four weeks I'll write to you about your skin: what to expect, what to do, and when to call us.\n\n"
    "Your messages are read by the clinic's team. May we keep them until your care has ended?"
)
CARE = (
    "<b>Day {day}</b>\nYour skin may feel dry and a little tight today.\n\n"
    "• Wash with lukewarm water, morning and evening\n• Use the moisturiser that you were given\n"
    "• Sunscreen before you go out, SPF 30 or more"
)
ALERT = (
    "Thank you for telling me. Somebody at the clinic should look at this <b>today</b>.\n\n"
    "I have told the team. If you feel very ill or the redness spreads quickly, call <b>030 5550 142</b> now."
)
CARD = "<b>URGENT · day {day}</b>\n{name} (A-0042) wrote:\n<i>{said}</i>\n\nRead as: yellow discharge\nAnswer by 12:30"
KEYBOARD = [["How am I doing?", "My plan"], ["Talk to the clinic", "Share my number"]]
NO_NUMBER = "Maya has not shared a phone number.\nAsk for it in the chat."
INVITE = 'Let the patient scan this, or send them the link:\n<a href="{link}">{link}</a>\n\nValid for 72 hours.'


@dataclass
class FakeToast:
    person_id: int
    text: str
    alert: bool = False


@dataclass
class FakeGroup:
    id: int
    title: str


@dataclass
class FakeStandIn:
    """Keeps messages as plain dictionaries; ``pause`` seconds of typing come before every answer."""

    now: Callable[[], datetime]
    pause: float = 0.0
    version: int = 0
    toasts: list[FakeToast] = field(default_factory=list)
    chats: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    keyboards: dict[int, list[list[str]]] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    heard: list[tuple[Any, ...]] = field(default_factory=list)
    """Everything that anybody did with a phone, for tests to look at."""
    listener: Callable[..., None] = lambda *_: None

    def person(self, id: int, first_name: str, language_code: str = "en") -> FakePerson:
        return FakePerson(self, id, first_name)

    def messages(self, chat_id: int) -> list[dict[str, Any]]:
        return list(self.chats.get(chat_id, []))

    def keyboard(self, chat_id: int) -> list[list[str]] | None:
        return self.keyboards.get(chat_id)

    def contact_keys(self, chat_id: int) -> set[str]:
        return {label for row in self.keyboards.get(chat_id, []) for label in row if "number" in label}

    def typing(self, chat_id: int) -> bool:
        return chat_id in self.busy

    def put(self, chat: int, who: str = "", markup: str = "", **more: Any) -> int:
        """One more message; ``who`` '' is the bot."""
        number = 1 + sum(len(messages) for messages in self.chats.values())
        words = html.unescape(TAGS.sub("", markup)) or None
        message = {
            "message_id": number,
            "from_bot": not who,
            "from_name": who or "Lindenhof Aftercare",
            "date": int(self.now().timestamp()),
            "text": words,
            "html": markup or None,
            "caption": None,
            "photo": None,
            "document": None,
            "inline": [],
            "reply_to": None,
            "edited": False,
            "deleted": False,
            "protected": not who,
            "kind": "photo" if more.get("photo") else "text",
        }
        self.chats.setdefault(chat, []).append({**message, **more})
        self.version += 1
        return number

    def change(self, chat: int, number: int, **more: Any) -> None:
        messages = self.chats[chat]
        place = next(i for i, message in enumerate(messages) if message["message_id"] == number)
        messages[place] = {**messages[place], **more}
        self.version += 1

    def later(self, chat: int, answer: Callable[[], object]) -> None:
        """Answer at once, or after a moment of typing."""
        if not self.pause:
            answer()
            return
        self.busy.add(chat)

        def speak() -> None:
            self.busy.discard(chat)
            answer()

        timer = threading.Timer(self.pause, speak)
        timer.daemon = True
        timer.start()


@dataclass
class FakePerson:
    standin: FakeStandIn
    id: int
    first_name: str

    def _do(self, *what: Any) -> None:
        self.standin.heard.append((what[0], self.first_name, *what[1:]))
        self.standin.listener(self, *what)

    def starts(self, payload: str) -> None:
        self.standin.put(self.id, self.first_name, "/start")
        self._do("starts", payload)

    def says(self, text: str, chat: int | None = None, reply_to: int | None = None) -> None:
        self.standin.put(chat or self.id, self.first_name, html.escape(text), reply_to=reply_to)
        self._do("says", text, chat, reply_to)

    def presses(self, message: int, button: str, chat: int | None = None) -> None:
        self._do("presses", message, button, chat)

    def taps(self, label: str) -> None:
        self.standin.put(self.id, self.first_name, html.escape(label))
        self._do("taps", label)

    def sends(self, kind: str, data: bytes, caption: str = "", chat: int | None = None) -> None:
        url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
        self.standin.put(chat or self.id, self.first_name, photo=url, caption=caption or None)
        self._do("sends", kind, chat)

    def blocks(self) -> None:
        self._do("blocks")

    def unblocks(self) -> None:
        self._do("unblocks")


def keys(*rows: tuple[tuple[str, str], ...]) -> list[list[dict[str, str | None]]]:
    """Inline buttons from rows of (label, data)."""
    return [[{"text": text, "data": data, "url": None} for text, data in row] for row in rows]


class Script:
    """The bot's part: enrolment, a message a day for four weeks, one kind of alarm."""

    def __init__(self, pause: float = 0.0, broken: bool = False) -> None:
        """``broken``: the clock refuses to move."""
        self.time = START
        self.broken = broken
        self.standin = FakeStandIn(lambda: self.time, pause)
        self.standin.listener = self.answer
        self.names: dict[int, str] = {}
        self.plan: list[tuple[datetime, int, int]] = []
        maya = self.standin.person(501, "Maya")
        self.stage = Stage(
            standin=self.standin,
            patient=maya,
            staff=[self.standin.person(901, "Anna"), self.standin.person(902, "Ben")],
            group=FakeGroup(GROUP, "Lindenhof team"),
            clock=lambda: self.time,
            zone=ZONE,
            advance=self.advance,
            next_due=lambda: min((due for due, _, _ in self.plan), default=None),
            plan_end=lambda: START + timedelta(days=28, hours=6) if self.names else None,
            what_next=self.what_next,
            care_day=lambda person: (self.time - START).days if person in self.names else None,
            bot_name="Lindenhof Aftercare",
        )

    def what_next(self) -> str:
        due = min(self.plan, default=None)
        return f"Day {due[1]} message to {self.names[due[2]]}" if due else ""

    async def advance(self, to: datetime) -> None:
        if self.broken:
            raise RuntimeError("stuck")
        while self.plan and min(self.plan)[0] <= to:
            due = min(self.plan)
            self.plan.remove(due)
            self.time = due[0]
            self.care(due[2], due[1])
        self.time = to

    def care(self, chat: int, day: int) -> None:
        self.standin.put(chat, markup=CARE.format(day=day))
        if day % 3 == 1:
            buttons = keys((("Better", "in:better"), ("About the same", "in:same")), (("Worse", "in:worse"),))
            self.standin.put(chat, markup="How is your skin compared with yesterday?", inline=buttons)

    def answer(self, person: FakePerson, what: str, *more: Any) -> None:
        """What the bot does when somebody used a phone."""
        if what == "starts":
            self.standin.later(person.id, lambda: self.welcome(person))
        elif what == "presses":
            self.pressed(person, *more)
        elif what == "says" and more[1] == GROUP:
            self.staff_said(person, more[0], more[2])
        elif what == "says":
            self.standin.later(person.id, lambda: self.patient_said(person, more[0]))
        elif what in ("taps", "sends"):
            self.standin.later(person.id, lambda: self.standin.put(person.id, markup="The team can see it."))

    def welcome(self, person: FakePerson) -> None:
        buttons = keys((("Yes, I agree", "ok:yes"), ("No, thank you", "ok:no")))
        self.standin.put(person.id, markup=WELCOME.format(name=person.first_name), inline=buttons)

    def pressed(self, person: FakePerson, message: int, data: str, chat: int | None) -> None:
        standin = self.standin
        shown = {each["message_id"]: each for each in standin.messages(chat or person.id)}[message]
        if data == "ok:yes":
            words = shown["html"] + "\n\n<b>You agreed.</b>"
            standin.change(person.id, message, inline=[], edited=True, html=words)
            standin.keyboards[person.id] = KEYBOARD
            self.enrolled(person)
        elif data == "take":
            row = keys((("Call Maya", "call"), ("Done", "done")))
            words = f"{shown['html']}\n\n<b>{person.first_name}</b> has it."
            standin.change(GROUP, message, inline=row, edited=True, html=words)
            standin.toasts.append(FakeToast(person.id, "This one is yours now."))
        else:
            words = NO_NUMBER if data == "call" else "Noted, thank you."
            standin.toasts.append(FakeToast(person.id, words, data == "call"))
        standin.version += 1

    def enrolled(self, person: FakePerson) -> None:
        self.names[person.id] = person.first_name
        for day in range(29):
            self.plan.append((START + timedelta(days=day, hours=5, minutes=30), day, person.id))
        self.standin.put(person.id, markup="You are all set. The first message comes <b>today at 16:00</b>.")

    def patient_said(self, person: FakePerson, said: str) -> None:
        if "yellow" not in said and "pus" not in said:
            self.standin.put(person.id, markup="Mineral make-up is fine <b>after 24 hours</b>.")
            return
        self.standin.put(person.id, markup=ALERT)
        day = (self.time - START).days
        card = CARD.format(day=day, name=person.first_name, said=html.escape(said))
        buttons = keys((("I'll take it", "take"),), (("Show the chat", "show"), ("False alarm", "false")))
        self.standin.put(GROUP, markup=card, inline=buttons)

    def staff_said(self, person: FakePerson, said: str, reply_to: int | None) -> None:
        if said == "/enroll":
            self.standin.later(GROUP, self.invite)
        elif reply_to is not None and self.names:
            patient = next(iter(self.names))
            words = f"<b>{person.first_name}, Lindenhof team:</b>\n{html.escape(said)}"
            self.standin.put(patient, markup=words)
            self.standin.put(GROUP, markup="Sent to the patient.", reply_to=reply_to)

    def invite(self) -> None:
        link = f"https://t.me/lindenhof_bot?start={TOKEN}"
        caption = INVITE.format(link=link)
        picture = segno.make(link, error="m").png_data_uri(scale=8, border=3)
        self.standin.put(GROUP, photo=picture, caption=TAGS.sub("", caption), html=caption)


def staged(pause: float = 0.0, broken: bool = False) -> Script:
    """A fresh stage: nobody enrolled, Tuesday 4 March 2025, 10:30 in Berlin."""
    return Script(pause, broken)


class Served:
    """The page's server in a thread of its own, which can go away and come back on the same port."""

    def __init__(self, script: Script, pace: float) -> None:
        self._script = script
        self._pace = pace
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._socket.close()
        self.start()

    def start(self) -> None:
        self._server: PageServer = server(self._script.stage, self.port, pace=self._pace)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@contextmanager
def serving(script: Script, pace: float = 0.0) -> Iterator[Served]:
    served = Served(script, pace)
    try:
        yield served
    finally:
        served.stop()
