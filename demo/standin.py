"""A Telegram of our own: the Bot API for one bot, and the phones of the people who talk to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.applications import Starlette

from demo import shapes
from demo.http import Api
from demo.people import Group, Person, new_group
from demo.records import STATUS_WORDS, Call, Fault, Json, RefusalError, Toast, User, too_many
from demo.webhook import Webhook
from demo.world import World, drawn

LOOK_SECONDS = 0.01
"""How often a condition is looked at that is not only about the stand-in."""


class StandIn:
    """Everything here may be called from any thread while ``app`` is served from another."""

    def __init__(self, *, token: str, username: str, now: Callable[[], datetime], seed: int = 1) -> None:
        """``token`` is ``<digits>:<secret>``; ``now`` gives an aware datetime; ids follow from ``seed``."""
        self._world = World(token, username, now, seed)
        self._webhook = Webhook(self._world)
        self._people: dict[int, Person] = {}
        self._groups: list[Group] = []
        self.app: Starlette = Api(self._world, self._webhook).app()

    @property
    def token(self) -> str:
        """The bot's token."""
        return self._world.token

    @property
    def username(self) -> str:
        """The bot's name, without the @."""
        return self._world.username

    @property
    def webhook(self) -> Webhook:
        """The bot's webhook, with the switches for tests."""
        return self._webhook

    @property
    def paced(self) -> bool:
        """True: the server's own pacing holds too. The same offset asked for again within half a second
        gives one update, within three it waits for three; the webhook changes once a second."""
        return self._world.paced

    @paced.setter
    def paced(self, on: bool) -> None:
        self._world.paced = on

    @property
    def version(self) -> int:
        """Grows with every visible change."""
        return self._world.version

    @property
    def calls(self) -> list[Call]:
        """Every call of the bot, oldest first; getUpdates counts when it is answered."""
        return self._world.calls

    @property
    def toasts(self) -> list[Toast]:
        """What phones showed after presses, oldest first."""
        return self._world.toasts

    def person(self, id: int, first_name: str, language_code: str = "en") -> Person:
        """The person under ``id``, made when new; another name or language replaces the old one."""
        with self._world.lock:
            user = self._world.users.get(id)
            if user is None:
                phone = f"+4930{drawn(self._world.seed, f'phone {id}', 10**6, 10**7)}"
                user = self._world.users[id] = User(id, first_name, language_code, phone)
            user.first_name, user.language_code = first_name, language_code
            return self._people.setdefault(id, Person(self._world, user))

    def group(self, id: int, title: str, members: Sequence[Person], bot_is_admin: bool = True) -> Group:
        """The group under ``id``, made when new: a supergroup below -1000000000000, else a basic one."""
        with self._world.lock:
            known = next((group for group in self._groups if group.id == id), None)
            if known is None:
                known = new_group(self._world, id, title, admin=bot_is_admin)
                self._groups.append(known)
            known.gathers(members)
            return known

    def messages(self, chat_id: int) -> list[Json]:
        """What a phone shows of a chat, in order; a deleted message stays as a mark without content."""
        with self._world.lock:
            chat = self._world.chats.get(chat_id)
            return [shapes.on_phone(self._world, said) for said in (chat.messages.values() if chat else ())]

    def keyboard(self, chat_id: int) -> list[list[str]] | None:
        """The labels of the persistent keyboard; None while none shows."""
        rows = self._keys(chat_id)
        return [[str(key["text"]) for key in row] for row in rows] if rows else None

    def contact_keys(self, chat_id: int) -> set[str]:
        """The labels of those keys that share a contact."""
        return {str(key["text"]) for row in self._keys(chat_id) for key in row if key.get("request_contact")}

    def typing(self, chat_id: int) -> bool:
        """Whether the bot shows as typing."""
        with self._world.lock:
            return self._world.typing(chat_id)

    def fail(
        self,
        method: str,
        *,
        times: int = 1,
        code: int = 429,
        retry_after: int | None = None,
        description: str = "",
        chat_id: int | None = None,
    ) -> None:
        """Refuse the next ``times`` calls of ``method`` (``*``: of any), of one chat or of all."""
        refusal = too_many(retry_after or 1)
        if code != refusal.code or description:
            words = description or STATUS_WORDS.get(code, "Error")
            refusal = RefusalError(code, words, {"retry_after": retry_after} if retry_after else None)
        with self._world.lock:
            self._world.faults.append(Fault(method, times, refusal, chat_id=chat_id))

    def drop(self, method: str, *, times: int = 1, executed: bool = True) -> None:
        """Cut the connection of the next ``times`` calls, after they took effect or before."""
        with self._world.lock:
            self._world.faults.append(Fault(method, times, None, executed))

    def heal(self) -> None:
        """Forget every failure that still waits."""
        with self._world.lock:
            self._world.faults.clear()

    def pending(self) -> int:
        """How many updates the bot has not confirmed."""
        with self._world.lock:
            return len(self._world.updates)

    def someone_polls(self) -> bool:
        """Whether a getUpdates is waiting now."""
        with self._world.lock:
            return self._world.updates.waited_for

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Block until ``condition`` holds; False when it did not within ``seconds``."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._world.lock:
                self._world.changed.wait(min(LOOK_SECONDS, left))
        return True

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """As ``wait_for``, for a coroutine."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    def close(self) -> None:
        """Stop posting to a webhook."""
        with self._world.lock:
            self._webhook.stop()

    def _keys(self, chat_id: int) -> list[list[Json]]:
        with self._world.lock:
            chat = self._world.chats.get(chat_id)
            rows: list[list[Json]] = (chat.keyboard or {}).get("keyboard", []) if chat else []
            return rows
