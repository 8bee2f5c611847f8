"""The schema check finds what the real server would ignore or refuse."""

from __future__ import annotations

import pytest

from tests.schema import complaints


def keys(**button: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "Yes", **button}]]}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getMe", {}),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_markup": keys(callback_data="y")}),
        ("sendMessage", {"chat_id": "@clinic", "text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_markup": {"force_reply": True}}),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_parameters": {"message_id": 4}}),
        ("sendPhoto", {"chat_id": 5, "photo": {"file_name": "qr.png", "size": 9}, "caption": "x"}),
        ("sendPhoto", {"chat_id": 5, "photo": "AgACAg"}),
        ("getUpdates", {"offset": 7, "limit": 100, "allowed_updates": ["message"]}),
        (
            "setMyCommands",
            {
                "commands": [{"command": "plan", "description": "Your plan"}],
                "scope": {"type": "chat", "chat_id": 4},
            },
        ),
        ("restrictChatMember", {"chat_id": 1, "user_id": 3, "permissions": {}, "until_date": 5}),
    ],
)
def test_a_proper_call_raises_no_complaint(method: str, params: dict[str, object]) -> None:
    assert complaints(method, params) == []


@pytest.mark.parametrize(
    ("method", "params", "fault"),
    [
        ("sendMassage", {}, "no such method"),
        ("sendMessage", {"chat_id": 5}, "text is missing"),
        ("sendMessage", {"chat_id": 5, "text": "x", "colour": "red"}, "colour is unknown"),
        ("sendMessage", {"chat_id": 5, "text": 7}, "text is not of type str"),
        ("sendMessage", {"chat_id": 5, "text": "x" * 4097}, "text has 4097 characters, not 1-4096"),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "protect_content": 1},
            "protect_content is not of type bool",
        ),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "reply_to_message_id": 4},
            "reply_to_message_id is deprecated",
        ),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "reply_markup": keys(callback_data="é" * 33)},
            "reply_markup.inline_keyboard[0][0].callback_data has 66 bytes, not 1-64",
        ),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "reply_markup": keys(callback="y")},
            "reply_markup.inline_keyboard[0][0].callback is unknown",
        ),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1", "text": "x" * 201},
            "text has 201 characters, not 0-200",
        ),
        ("getUpdates", {"limit": 101}, "limit is 101, not 1-100"),
        ("getUpdates", {"allowed_updates": "message"}, "allowed_updates is not of type list"),
        ("sendPhoto", {"chat_id": 5, "photo": {"size": 9}}, "photo is not of type str"),
        (
            "setMyCommands",
            {"commands": [{"command": "plan"}]},
            "commands[0].description is missing",
        ),
    ],
)
def test_each_fault_is_named(method: str, params: dict[str, object], fault: str) -> None:
    assert complaints(method, params) == [f"{method}: {fault}"]
