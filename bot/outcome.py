"""What became of a call to Telegram, in the three outcomes that care.channel knows, and two of our own."""

from __future__ import annotations

import logging

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bot.transport import Flooded, NotConnected
from care.channel import Later, Letter, Refused, Unknown

log = logging.getLogger("aftercare.telegram")

SOON = 3.0
"""Seconds to wait after trouble that usually passes by itself."""
WHEN_MENDED = 60.0
"""Seconds to wait after trouble that a person has to mend, such as a withdrawn token."""
REASONS = (
    ("blocked by the user", "blocked"),
    ("can't initiate conversation", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot was kicked", "kicked"),
    ("bot is not a member", "kicked"),
    ("group chat was deleted", "gone"),
    ("chat not found", "gone"),
    ("user not found", "gone"),
    ("peer_id_invalid", "gone"),
    ("message to edit not found", "gone"),
    ("message can't be edited", "gone"),
    ("message_id_invalid", "gone"),
    ("message thread not found", "gone"),
)
"""What Telegram's description contains → why it is refused; anything else is ``bad``."""
MISTAKES = (
    "can't parse entities",
    "message text is empty",
    "message is too long",
    "caption is too long",
    "wrong file identifier",
    "wrong type of",
    "file is too big",
    "request entity too large",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "button_",
    "inline keyboard button",
    "bad webhook",
)
"""What may be logged of other descriptions. Never a whole one: it may quote what somebody wrote."""


class WrongToken(Exception):
    """Telegram does not know the token: nothing works until a person mends the settings."""


class OtherPoller(Later):
    """Somebody else receives the updates: a second copy of the bot, or a webhook that is still set."""

    def __init__(self, *, webhook: bool) -> None:
        """``webhook``: it is a webhook, and deleting it helps."""
        super().__init__(SOON)
        self.webhook = webhook


def outcome(letter: Letter, trouble: Exception) -> int:
    """The message id when ``trouble`` counts as done; else raises Refused, Later or Unknown."""
    if letter.edits and "message is not modified" in description(trouble):
        return letter.edits
    told = sure(trouble)
    if told is not None:
        raise told from None
    log.warning("nobody knows whether it was sent: %s", type(trouble).__name__)
    # Saying the same again is harmless for an edit only: a message might be read twice.
    raise Later(SOON) if letter.edits else Unknown() from None


def sure(trouble: Exception) -> Refused | Later | None:
    """What surely was not done, as care.channel names it; None when that can't be told."""
    match trouble:
        case Flooded():
            return Later(trouble.seconds, limited=True)
        case NotConnected():
            return Later(SOON)
        case InvalidToken() | Conflict():
            return Later(WHEN_MENDED)
        case ChatMigrated():
            return Refused("moved", moved_to=trouble.new_chat_id)
        case Forbidden() | BadRequest():  # BadRequest is a NetworkError, too: this must come first
            return Refused(_reason(trouble))
        case _:
            return None


def _reason(trouble: TelegramError) -> str:
    words = description(trouble)
    for fragment, reason in REASONS:
        if fragment in words:
            return reason
    known = [phrase for phrase in MISTAKES if phrase in words]
    log.warning("refused: %s", known[0] if known else type(trouble).__name__)
    return "bad"


def description(trouble: Exception) -> str:
    """Telegram's words for it in lower case; '' when they are not Telegram's. May quote a message."""
    return trouble.message.lower() if isinstance(trouble, TelegramError) else ""
