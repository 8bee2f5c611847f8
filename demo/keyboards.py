"""Reply markup, read as strictly as the server reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from demo.params import Params
from demo.records import Json, bad

CALLBACK_BYTES = 64
MOST_BUTTONS = 100
TYPES = (
    "url",
    "callback_data",
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
)
"""What an inline button may do; it must do one of them."""
ADDRESS = re.compile(r"(?:(?:https?|tg|ton)://)?[^\s/?#]+\.?[^\s]*$")
ASKS_FOR = {
    "request_contact": "phone number",
    "request_location": "location",
    "request_poll": "poll",
    "request_users": "users",
    "request_chat": "chats",
}
"""What a keyboard button may ask for, and what the server calls it; in private chats only."""


@dataclass
class Markup:
    """What came of ``reply_markup``: at most one of these."""

    inline: list[list[Json]] = field(default_factory=list)
    keyboard: Json | None = None
    removes: bool = False
    opens_reply: bool = False

    @property
    def fixes(self) -> bool:
        """True: the server will never let the message be edited."""
        return self.keyboard is not None or self.removes or self.opens_reply


def read(params: Params) -> Markup:
    """The call's reply markup. Raises RefusalError (400) as the server would before it looks at the chat."""
    value = params.parsed("reply_markup", "can't parse reply keyboard markup JSON object")
    if value is None:
        return Markup()
    if not isinstance(value, dict):
        raise bad("object expected as reply markup")
    rows = _rows(value, "keyboard", 'field "keyboard" must be an Array of Arrays', _key)
    complaint = 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
    inline = _rows(value, "inline_keyboard", complaint, _inline_key)
    if rows:
        return Markup(keyboard={**value, "keyboard": rows})
    if inline:
        return Markup(inline=inline)
    if value.get("remove_keyboard"):
        return Markup(removes=True)
    return Markup(opens_reply=bool(value.get("force_reply")))


def checked(markup: Markup, *, private: bool) -> Markup:
    """The same, after the checks that the server makes once it knows the chat."""
    for button in (button for row in markup.inline for button in row):
        _check_inline(button)
    if sum(len(row) for row in markup.inline) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    for button in (button for row in (markup.keyboard or {}).get("keyboard", []) for button in row):
        _check_key(button, private=private)
    return markup


def _rows(value: Json, name: str, complaint: str, button: Callable[[object], Json]) -> list[list[Json]]:
    held = value.get(name)
    if held is None:
        return []
    if not isinstance(held, list):
        raise bad(f'field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in held):
        raise bad(complaint)
    rows = [[button(each) for each in row] for row in held]
    return [row for row in rows if row]


def _key(button: object) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict):
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    if "text" not in button:
        raise bad("can't parse keyboard button: Can't find field \"text\"")
    return button


def _inline_key(button: object) -> Json:
    prefix = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad(prefix + "InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise bad(prefix + 'Can\'t find field "text"')
    empty_ones = ("url", "callback_data")
    if not any(button.get(name) if name in empty_ones else name in button for name in TYPES):
        raise bad(prefix + "Text buttons are unallowed in the inline keyboard")
    return button


def _check_inline(button: Json) -> None:
    if not str(button["text"]).strip():
        raise bad("inline keyboard button text must be non-empty")
    address = button.get("url")
    if address:
        if not ADDRESS.match(address):
            raise bad(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")
    elif len(str(button.get("callback_data", "")).encode()) > CALLBACK_BYTES:
        raise bad("BUTTON_DATA_INVALID")


def _check_key(button: Json, *, private: bool) -> None:
    if not str(button["text"]).strip():
        raise bad("keyboard button text must be non-empty")
    for name, thing in ASKS_FOR.items():
        if button.get(name) and not private:
            raise bad(f"{thing} can be requested in private chats only")
