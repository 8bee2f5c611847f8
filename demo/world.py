"""The state behind the stand-in: who exists, which chats there are, and what was said in them."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from demo.files import Files
from demo.records import NO_WORDS, Call, Chat, Fault, Json, Message, Press, Toast, User, Words
from demo.updates import Updates

NO_MEDIA: Json = {}
SUPERGROUPS = -1_000_000_000_000
"""Ids of supergroups lie below this number."""


def drawn(seed: int, what: str, low: int, high: int) -> int:
    """A number of [low, high) that looks random and follows from ``seed`` alone."""
    digest = hashlib.sha256(f"{seed}/{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low)


class World:
    """One bot and everybody around it. Hold ``lock`` around anything that reads or changes it."""

    def __init__(self, token: str, username: str, now: Callable[[], datetime], seed: int) -> None:
        self.token = token
        self.bot_id = int(token.split(":", maxsplit=1)[0])
        self.username = username
        self.now = now
        self.seed = seed
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.toasts: list[Toast] = []
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.commands: dict[str, list[Json]] = {}
        self.words: dict[str, str] = {}
        """The bot's descriptions, by method name and language."""
        self.files = Files(seed)
        self.paced = False
        """True: also the server's own pacing, which slows hasty polls and hasty changes of the webhook."""
        self.updates = Updates(drawn(seed, "update", 100_000_000, 900_000_000), now)
        self.updates.on_new = self.changed.notify_all
        self._last_message = drawn(seed, "message", 100, 10_000)

    def touch(self) -> None:
        """Something that a phone shows has changed."""
        self.version += 1
        self.changed.notify_all()

    def unix(self) -> int:
        """Now, in Unix seconds."""
        return int(self.now().timestamp())

    def private_chat(self, person_id: int) -> Chat:
        """A person's chat with the bot; made, as never started, when it is new."""
        if person_id not in self.chats:
            name = self.users[person_id].first_name
            self.chats[person_id] = Chat(person_id, "private", name, "left", {person_id: "member"})
        return self.chats[person_id]

    def knows(self, person_id: int) -> bool:
        """Whether the bot has met a person: in a private chat, or in a group of its own."""
        chats = (chat for chat in self.chats.values() if chat.standing != "left" or not chat.private)
        return any(person_id in chat.members for chat in chats)

    def post(self, chat: Chat, sender_id: int, kind: str, words: Words = NO_WORDS, media: Json = NO_MEDIA) -> Message:
        """One more message. Phones show it at once."""
        message = Message(
            message_id=self._number(chat),
            chat_id=chat.id,
            sender_id=sender_id,
            date=self.unix(),
            kind=kind,
            text=words[0],
            entities=words[1],
            media=media,
        )
        chat.messages[message.message_id] = message
        if sender_id == self.bot_id:
            chat.typing_until = 0.0
        self.touch()
        return message

    def _number(self, chat: Chat) -> int:
        # A supergroup numbers its own messages, so the same id stands for different messages in two chats.
        if chat.type == "supergroup":
            chat.last_id += 1
            return chat.last_id
        self._last_message += 1
        return self._last_message

    def tell(self, kind: str, body: Mapping[str, object]) -> None:
        """Queue an update for the bot."""
        self.updates.push(kind, dict(body), self.now())

    def press(self, person_id: int) -> Press:
        """A new press of a button, under an id of its own."""
        number = drawn(self.seed, f"press {len(self.presses)}", 10**17, 10**18)
        press = Press(str(number), person_id, self.now())
        self.presses[press.id] = press
        return press

    def typing(self, chat_id: int) -> bool:
        """Whether the bot shows as typing."""
        chat = self.chats.get(chat_id)
        return chat is not None and time.monotonic() < chat.typing_until
