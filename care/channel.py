"""What a channel carries in and out, and the three ways in which sending can fail.

A channel (Telegram, and whatever comes after it) is one file under ``bot/`` that turns its wire format
into :class:`Incoming` and a :class:`Letter` into a sent message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of the channel, in our words."""

    update_id: int
    kind: str
    """``text`` · ``press`` (a button) · ``photo`` ``voice`` ``audio`` ``video`` ``document`` ``sticker``
    ``location`` (media; ``file_id`` names the file) · ``contact`` (a shared phone number) ·
    ``blocked`` / ``unblocked`` (the person shut or reopened the chat) · ``moved`` (the group has a new
    id) · ``nothing`` (service messages, edits of a group, anything that asks for no answer)."""
    chat_id: int
    private: bool
    """True: a person's own chat with the bot; False: a group."""
    person_id: int
    """Who wrote or pressed; 0 when nobody did."""
    first_name: str
    """The person's first name as the channel tells it; '' when unknown."""
    lang: str
    """Language of the person's app (``en``); '' when unknown."""
    at: datetime
    """UTC, when the channel got it."""
    message_id: int = 0
    """Of the message itself, or of the message whose button was pressed."""
    text: str = ""
    """The words, or the caption of a medium, exactly as written."""
    reply_to: int = 0
    """Message id that it answers; 0 for none."""
    data: str = ""
    """What a pressed button carries."""
    press_id: str = ""
    """To acknowledge a press with."""
    file_id: str = ""
    """Of the medium at its full size."""
    phone: str = ""
    """Of a shared contact, only if it is the person's own."""
    moved_to: int = 0
    """The group's new id, for ``moved``."""
    edited: bool = False
    """True: an earlier message was changed; the words are the new ones."""


@dataclass(frozen=True, slots=True)
class Key:
    """A button with its label in words."""

    label: str
    data: str = ""
    """1-64 bytes, sent back on a press (inline); '' on a keyboard button."""
    url: str = ""
    contact: bool = False


Keys = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way to one chat, all words final."""

    chat_id: int
    html: str
    """Text or caption: Telegram HTML with <b> and <i> only."""
    inline: Keys = ()
    """Buttons under the message."""
    keyboard: Keys | None = None
    """Persistent keyboard; () removes it; None leaves it. Never together with ``inline``."""
    edits: int = 0
    """Message id to change instead of sending a new one; 0 for a new one."""
    reply_to: int = 0
    """Message id that it answers; sent all the same if that message is gone."""
    ask_reply: bool = False
    """Opens the reply box for the reader."""
    photo: bytes = b""
    """PNG to send with ``html`` as its caption."""
    copy_file: str = ""
    """File id that the channel already has, to be sent again …"""
    copy_kind: str = ""
    """… as ``photo`` ``voice`` ``audio`` ``video`` ``document`` or ``sticker``."""
    document: bytes = b""
    """File to send with ``html`` as its caption …"""
    filename: str = ""
    """… under this name."""
    protect: bool = True
    """The reader's app forbids forwarding and saving."""
    silent: bool = False


class Refused(Exception):
    """The channel will never take this letter. Not sent, and trying again is of no use."""

    def __init__(self, reason: str, *, moved_to: int = 0) -> None:
        """``reason``: ``blocked`` ``deactivated`` ``gone`` (chat or message) ``kicked`` ``moved``
        ``bad`` (anything else); ``moved_to`` the group's new id for ``moved``."""
        super().__init__(reason)
        self.reason = reason
        self.moved_to = moved_to


class Later(Exception):
    """Surely not sent; may be tried again after ``seconds``."""

    def __init__(self, seconds: float, *, limited: bool = False) -> None:
        """``limited``: the channel itself asked for the wait (429), for this chat."""
        super().__init__(f"again in {seconds:g} s")
        self.seconds = seconds
        self.limited = limited


class Unknown(Exception):
    """The line broke after the letter was handed over: it may or may not have been sent."""


class Channel(Protocol):
    """What the outbox asks of a channel."""

    async def send(self, letter: Letter) -> int:
        """Send, or edit; the channel's message id. Raises Refused, Later or Unknown.

        An edit that changes nothing counts as done.
        """
        ...
