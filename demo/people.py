"""People with phones, and the groups that they share with the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from demo import markup, shapes
from demo.files import Upload
from demo.records import Chat, Json, Message, User
from demo.world import SUPERGROUPS, World

SEVERAL_BYTES = b"\xff\xd8\xff\xe0 a stand-in's file"


class Person:
    """Somebody with a phone. ``chat`` is a group or its id; without it, their own chat with the bot."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self._user = user

    @property
    def id(self) -> int:
        """Telegram's id of the person, and of their chat with the bot."""
        return self._user.id

    @property
    def first_name(self) -> str:
        """As their profile tells it."""
        return self._user.first_name

    @property
    def phone(self) -> str:
        """What sharing their contact tells."""
        return self._user.phone

    def starts(self, payload: str = "") -> Json:
        """Press Start, as a deep link with ``payload`` does; reopens a chat that was blocked."""
        with self._world.lock:
            if self._own().standing == "kicked":
                self.unblocks()
            return self.says(f"/start {payload}".strip())

    def says(self, text: str, chat: int | Group | None = None, reply_to: int | None = None) -> Json:
        """Write; the message as the phone shows it. Raises LookupError for a chat that is not theirs."""
        with self._world.lock:
            there = self._chat(chat)
            said = self._world.post(there, self.id, "text", (text, markup.found(text)))
            said.reply_to = reply_to
            return self._heard(there, said)

    def presses(
        self,
        message: Mapping[str, object] | int,
        button: str,
        chat: int | Group | None = None,
        *,
        old: bool = False,
    ) -> str:
        """Press an inline button by its label or data; the press's id, '' for a button that opens a link.

        ``old``: the bot is told of it as of a message that it can no longer see. Raises LookupError.
        """
        number = message if isinstance(message, int) else int(str(message["message_id"]))
        with self._world.lock:
            there = self._chat(chat)
            said = there.messages.get(number)
            if said is None or said.deleted:
                raise LookupError(f"message {number} is not on the phone")
            return self._pressed(there, said, _button(said, button), old=old)

    def taps(self, label: str) -> Json:
        """Tap the persistent keyboard: sends the label, or the contact if that is what it asks for."""
        with self._world.lock:
            there = self._own()
            keys = [key for row in (there.keyboard or {}).get("keyboard", []) for key in row]
            found = next((key for key in keys if key["text"] == label), None)
            if found is None:
                raise LookupError(f"no key {label!r} among {[key['text'] for key in keys]}")
            if (there.keyboard or {}).get("one_time_keyboard"):
                there.keyboard = None
            return self.shares_contact() if found.get("request_contact") else self.says(label)

    def shares_contact(self) -> Json:
        """Send their own contact."""
        with self._world.lock:
            there = self._chat(None)
            contact = {"phone_number": self.phone, "first_name": self.first_name, "user_id": self.id}
            said = self._world.post(there, self.id, "contact", media={"contact": contact})
            return self._heard(there, said)

    def sends(self, kind: str, data: bytes = SEVERAL_BYTES, caption: str = "", chat: int | Group | None = None) -> Json:
        """Send a ``photo``, ``voice``, ``video``, ``document``, ``sticker`` or ``audio``."""
        with self._world.lock:
            there = self._chat(chat)
            name = "report.pdf" if kind == "document" else ""
            media = self._world.files.keep(kind, Upload(name, "application/pdf" if name else "", data))
            said = self._world.post(there, self.id, kind, (caption, markup.found(caption)), media)
            return self._heard(there, said)

    def edits(self, message: Mapping[str, object] | int, text: str, chat: int | Group | None = None) -> Json:
        """Change what they wrote. Raises LookupError for a message that is not theirs."""
        number = message if isinstance(message, int) else int(str(message["message_id"]))
        with self._world.lock:
            there = self._chat(chat)
            said = there.messages.get(number)
            if said is None or said.sender_id != self.id:
                raise LookupError(f"message {number} is not theirs")
            said.text, said.entities, said.edit_date = text, markup.found(text), self._world.unix()
            self._world.touch()
            return self._heard(there, said, "edited_message")

    def blocks(self) -> None:
        """Shut the chat with the bot, which learns of it."""
        self._stand("kicked")

    def unblocks(self) -> None:
        """Reopen the chat with the bot, which learns of it."""
        self._stand("member")

    def deactivates(self) -> None:
        """Delete the account; the bot learns of it only when it writes."""
        with self._world.lock:
            self._user.deactivated = True
            self._world.touch()

    def _stand(self, standing: str) -> None:
        with self._world.lock:
            there = self._own()
            before, there.standing = there.standing, standing
            if before != standing:
                body = shapes.standing_changed(self._world, there, self.id, before)
                self._world.tell("my_chat_member", body)
            self._world.touch()

    def _own(self) -> Chat:
        return self._world.private_chat(self.id)

    def _chat(self, chat: int | Group | None) -> Chat:
        number = self.id if chat is None else chat if isinstance(chat, int) else chat.id
        if number == self.id:
            there = self._own()
            if there.standing == "kicked":
                raise LookupError(f"{self.first_name} has blocked the bot")
            there.standing = "member"
            return there
        there = self._world.chats[number]
        if self.id not in there.members:
            raise LookupError(f"{self.first_name} is not in chat {number}")
        return there

    def _pressed(self, there: Chat, said: Message, button: Json, *, old: bool) -> str:
        if "callback_data" not in button:
            return ""
        press = self._world.press(self.id)
        reached = shapes.out_of_reach(there, said.message_id) if old else shapes.message(self._world, said)
        body = {"id": press.id, "from": shapes.user(self._user), "message": reached}
        body |= {"chat_instance": str(there.id), "data": button["callback_data"]}
        self._world.tell("callback_query", body)
        self._world.touch()
        return press.id

    def _heard(self, there: Chat, said: Message, kind: str = "message") -> Json:
        if _bot_hears(self._world, there, said):
            self._world.tell(kind, shapes.message(self._world, said))
        return shapes.on_phone(self._world, said)


def _button(said: Message, wanted: str) -> Json:
    buttons = [button for row in said.inline for button in row]
    for button in buttons:
        if wanted in (button["text"], button.get("callback_data")):
            return button
    raise LookupError(f"no button {wanted!r} among {[button['text'] for button in buttons]}")


def _bot_hears(world: World, there: Chat, said: Message) -> bool:
    """Privacy mode: without being an administrator, the bot hears commands, mentions and replies to it."""
    if there.private or there.standing == "administrator":
        return True
    if there.standing != "member":
        return False
    answered = there.messages.get(said.reply_to or 0)
    if said.kind == "service" or (answered is not None and answered.sender_id == world.bot_id):
        return True
    command, _, addressee = (said.text.split() or [""])[0].partition("@")
    called = command.startswith("/") and addressee.lower() in ("", world.username.lower())
    return called or f"@{world.username}".lower() in said.text.lower()


class Group:
    """A group of people with the bot in it."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat

    @property
    def id(self) -> int:
        """The chat's id; another one after it has moved."""
        return self._chat.id

    @property
    def title(self) -> str:
        """The group's name."""
        return self._chat.title

    def gathers(self, people: Sequence[Person]) -> None:
        """Take in those who are not members yet; the first member of all owns the group."""
        with self._world.lock:
            for person in people:
                standing = "member" if self._chat.members else "creator"
                self._chat.members.setdefault(person.id, standing)
            self._world.touch()

    def adds(self, person: Person, status: str = "member") -> None:
        """Take somebody in, or give them another ``status``: ``member`` or ``administrator``."""
        with self._world.lock:
            self._chat.members[person.id] = status
            self._world.touch()

    def removes(self, person: Person) -> None:
        """Put somebody out."""
        with self._world.lock:
            self._chat.members.pop(person.id, None)
            self._world.touch()

    def kicks_bot(self) -> None:
        """Put the bot out, which learns of it."""
        self._stand("kicked")

    def readmits_bot(self, *, as_admin: bool = True) -> None:
        """Take the bot in again, which learns of it."""
        self._stand("administrator" if as_admin else "member")

    def migrates(self, new_id: int) -> None:
        """Become a supergroup: this group answers under ``new_id`` from now on, the old id refuses."""
        with self._world.lock:
            old = self._chat
            members = dict(old.members)
            self._chat = Chat(new_id, "supergroup", old.title, old.standing, members, keyboard=old.keyboard)
            self._world.chats[new_id] = self._chat
            self._tell_of(old, {"migrate_to_chat_id": new_id})
            self._tell_of(self._chat, {"migrate_from_chat_id": old.id})
            old.moved_to = new_id

    def _tell_of(self, chat: Chat, service: Json) -> None:
        said = self._world.post(chat, self._owner(), "service", media=service)
        self._world.tell("message", shapes.message(self._world, said))

    def _owner(self) -> int:
        return next(iter(self._chat.members), self._world.bot_id)

    def _stand(self, standing: str) -> None:
        with self._world.lock:
            before, self._chat.standing = self._chat.standing, standing
            body = shapes.standing_changed(self._world, self._chat, self._owner(), before)
            self._world.tell("my_chat_member", body)
            self._world.touch()


def new_group(world: World, number: int, title: str, *, admin: bool) -> Group:
    """A group without anybody but the bot yet."""
    kind = "supergroup" if number < SUPERGROUPS else "group"
    chat = world.chats[number] = Chat(number, kind, title, "administrator" if admin else "member")
    return Group(world, chat)
