"""The stand-in says no where the real server says no, and in its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.standin_door import PNG, STAFF, YES_NO, Door, opened

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


@pytest.fixture(scope="module")
def shared() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as fresh:
        yield fresh


def keys(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Open", **button}]]}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "message text is empty"),
        ({"text": ""}, "message text is empty"),
        ({"text": "  \n "}, "text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x" * 32769}, "text is too long"),
        ({"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"),
        ({"text": "x", "chat_id": None}, "chat_id is empty"),
        ({"text": "x", "chat_id": 4711}, "chat not found"),
        ({"text": "x", "chat_id": "nobody"}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"text": "x", "reply_parameters": "no"}, "can't parse reply parameters JSON object"),
        ({"text": "x", "reply_parameters": [1]}, "object expected as reply parameters"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": [1]}, "object expected as reply markup"),
        ({"text": "x", "reply_markup": keys(callback_data="x" * 65)}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keys(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "reply_markup": keys()},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": ["row"]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            {"text": "x", "reply_markup": {"keyboard": ["row"]}},
            'field "keyboard" must be an Array of Arrays',
        ),
        (
            {"text": "x", "reply_markup": {"keyboard": [[7]]}},
            "can't parse keyboard button: KeyboardButton must be a String or an Object",
        ),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "a"}]]}},
            "inline keyboard button text must be non-empty",
        ),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a"}] * 101]}},
            "reply markup is too long",
        ),
        (
            {
                "text": "x",
                "chat_id": STAFF,
                "reply_markup": {"keyboard": [[{"text": "Call me", "request_contact": True}]]},
            },
            "phone number can be requested in private chats only",
        ),
    ],
)
def test_a_faulty_message_is_refused_in_the_servers_words(
    shared: Door, params: dict[str, Any], words: str
) -> None:
    before = len(shared.standin.messages(501))
    assert shared.refusal("sendMessage", **{"chat_id": 501} | params) == (400, f"Bad Request: {words}")
    assert len(shared.standin.messages(501)) == before


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 2048, "<b>" + "x" * 4096 + "</b>"])
def test_a_message_may_be_as_long_as_its_plain_text_allows(shared: Door, text: str) -> None:
    assert shared.call("sendMessage", chat_id=501, text=text, parse_mode="HTML")["message_id"]


def test_callback_data_of_64_bytes_is_taken(shared: Door) -> None:
    shared.call("sendMessage", chat_id=501, text="x", reply_markup=keys(callback_data="x" * 64))
    assert shared.shown()["inline"][0][0]["data"] == "x" * 64


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Photo", "there is no photo in the request"),
        ("Document", "there is no document in the request"),
        ("Voice", "there is no voice in the request"),
        ("Video", "there is no video in the request"),
        ("Audio", "there is no audio in the request"),
        ("Sticker", "there is no sticker in the request"),
    ],
)
def test_a_medium_must_be_there(shared: Door, kind: str, words: str) -> None:
    assert shared.refusal(f"send{kind}", chat_id=501) == (400, f"Bad Request: {words}")


def test_a_caption_may_have_1024_units_and_no_more(shared: Door) -> None:
    sent = shared.call("sendPhoto", files={"photo": PNG}, chat_id=501, caption="x" * 1024)
    assert len(sent["caption"]) == 1024
    answer = shared.refusal("sendPhoto", files={"photo": PNG}, chat_id=501, caption="x" * 1025)
    assert answer == (400, "Bad Request: message caption is too long")


def test_a_photo_must_be_an_image_and_a_file_not_empty(shared: Door) -> None:
    broken = shared.refusal("sendPhoto", files={"photo": b"no image"}, chat_id=501)
    assert broken == (400, "Bad Request: IMAGE_PROCESS_FAILED")
    empty = shared.refusal("sendDocument", files={"document": b""}, chat_id=501)
    assert empty == (400, "Bad Request: file must be non-empty")


def test_a_file_id_must_be_known_and_of_the_right_kind(shared: Door) -> None:
    unknown = shared.refusal("sendPhoto", chat_id=501, photo="AgACAgnothing")
    assert unknown == (400, "Bad Request: wrong file identifier/HTTP URL specified")
    photo = shared.call("sendPhoto", files={"photo": PNG}, chat_id=501)["photo"][-1]["file_id"]
    wrong = shared.refusal("sendVoice", chat_id=501, voice=photo)
    assert wrong == (400, "Bad Request: can't use file of type Photo as VoiceNote")
    assert shared.refusal("getFile", file_id="nothing") == (400, "Bad Request: invalid file_id")
    assert shared.refusal("getFile") == (400, "Bad Request: file_id not specified")


def test_a_wrong_token_is_unauthorized(shared: Door) -> None:
    assert shared.refusal("getMe", token="7000000001:wrong") == (401, "Unauthorized")
    assert shared.refusal("getMe", token="wrong") == (401, "Unauthorized: invalid token specified")


def test_an_unknown_method_is_not_found_and_the_case_of_a_known_one_does_not_matter(shared: Door) -> None:
    assert shared.refusal("sendMassage") == (404, "Not Found: method not found")
    assert shared.call("GETME")["username"] == "lindenhof_care_bot"


def test_anything_beside_the_api_is_not_found(shared: Door) -> None:
    answer = shared.client.get(f"{shared.url}/elsewhere")
    assert (answer.status_code, answer.json()["description"]) == (404, "Not Found")


def test_an_unchanged_edit_is_refused_but_new_buttons_are_a_change(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="<b>Day 1</b>", parse_mode="HTML", reply_markup=YES_NO)
    same = {"chat_id": 501, "message_id": sent["message_id"], "reply_markup": YES_NO}
    refusal = door.refusal("editMessageText", text="<b>Day 1</b>", parse_mode="HTML", **same)
    assert refusal == (400, NOT_MODIFIED)
    assert door.refusal("editMessageReplyMarkup", **same) == (400, NOT_MODIFIED)
    del same["reply_markup"]
    assert "reply_markup" not in door.call("editMessageText", text="Day 1", **same)
    assert door.shown()["inline"] == []


def test_only_a_message_of_the_bot_that_still_stands_can_be_edited(door: Door) -> None:
    said = door.maya.says("Hello")
    theirs = {"chat_id": 501, "message_id": said["message_id"], "text": "Hi"}
    assert door.refusal("editMessageText", **theirs) == (400, "Bad Request: message can't be edited")
    unknown = door.refusal("editMessageText", chat_id=501, message_id=1, text="Hi")
    assert unknown == (400, "Bad Request: message to edit not found")
    none = door.refusal("editMessageText", text="Hi")
    assert none == (400, "Bad Request: message identifier is not specified")
    own = door.call("sendMessage", chat_id=501, text="Bye")["message_id"]
    door.call("deleteMessage", chat_id=501, message_id=own)
    gone = door.refusal("editMessageText", chat_id=501, message_id=own, text="Hi")
    assert gone == (400, "Bad Request: message to edit not found")


def test_text_and_caption_are_edited_by_their_own_methods(door: Door) -> None:
    photo = door.call("sendPhoto", files={"photo": PNG}, chat_id=501, caption="one")["message_id"]
    text = door.call("sendMessage", chat_id=501, text="one")["message_id"]
    assert door.refusal("editMessageText", chat_id=501, message_id=photo, text="two") == (
        400,
        "Bad Request: there is no text in the message to edit",
    )
    assert door.refusal("editMessageCaption", chat_id=501, message_id=text, caption="two") == (
        400,
        "Bad Request: there is no caption in the message to edit",
    )
    assert door.call("editMessageCaption", chat_id=501, message_id=photo, caption="two")["caption"] == "two"


def test_a_message_that_carried_a_reply_keyboard_can_never_be_edited(door: Door) -> None:
    markup = {"keyboard": [["Plan"]]}
    sent = door.call("sendMessage", chat_id=501, text="one", reply_markup=markup)["message_id"]
    refusal = door.refusal("editMessageText", chat_id=501, message_id=sent, text="two")
    assert refusal == (400, "Bad Request: message can't be edited")


def test_an_edit_takes_inline_buttons_only(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="one")["message_id"]
    markup = {"keyboard": [["Plan"]]}
    refusal = door.refusal("editMessageText", chat_id=501, message_id=sent, text="two", reply_markup=markup)
    assert refusal == (400, "Bad Request: inline keyboard expected")


def test_a_press_is_answered_once_and_in_time(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)["message_id"]
    assert door.refusal("answerCallbackQuery", callback_query_id="123") == (400, TOO_OLD)
    assert door.refusal("answerCallbackQuery") == (400, TOO_OLD)
    first = door.maya.presses(sent, "Yes")
    assert door.call("answerCallbackQuery", callback_query_id=first) is True
    assert door.refusal("answerCallbackQuery", callback_query_id=first) == (400, TOO_OLD)
    late = door.maya.presses(sent, "No")
    door.clock.passes(minutes=5)
    assert door.refusal("answerCallbackQuery", callback_query_id=late) == (400, TOO_OLD)


def test_an_answer_to_a_press_has_at_most_200_characters(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)["message_id"]
    press = door.maya.presses(sent, "Yes")
    refusal = door.refusal("answerCallbackQuery", callback_query_id=press, text="x" * 201)
    assert refusal == (400, "Bad Request: MESSAGE_TOO_LONG")
    assert door.standin.toasts == []


def test_a_blocked_bot_is_told_so_until_it_is_let_in_again(door: Door) -> None:
    door.maya.blocks()
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert door.refusal("sendMessage", chat_id=501, text="Hello") == blocked
    assert door.refusal("sendChatAction", chat_id=501, action="typing") == blocked
    with pytest.raises(LookupError, match="blocked"):
        door.maya.says("Hello")
    door.maya.unblocks()
    assert door.call("sendMessage", chat_id=501, text="Hello")["text"] == "Hello"


def test_a_deactivated_account_is_told_as_such(door: Door) -> None:
    door.maya.deactivates()
    assert door.refusal("sendMessage", chat_id=501, text="x") == (403, "Forbidden: user is deactivated")


def test_the_bot_cannot_open_a_chat_itself(door: Door) -> None:
    refusal = door.refusal("sendMessage", chat_id=door.anna.id, text="Hello")
    assert refusal == (403, "Forbidden: bot can't initiate conversation with a user")
    stranger = door.standin.person(777, "Sam")
    assert door.refusal("sendMessage", chat_id=stranger.id, text="x") == (400, "Bad Request: chat not found")
    stranger.starts()
    assert door.call("sendMessage", chat_id=stranger.id, text="Hello")["message_id"]


def test_a_group_that_put_the_bot_out_refuses_it(door: Door) -> None:
    door.staff.kicks_bot()
    kicked = (403, "Forbidden: bot was kicked from the supergroup chat")
    assert door.refusal("sendMessage", chat_id=STAFF, text="x") == kicked
    assert door.refusal("getChat", chat_id=STAFF) == kicked
    door.staff.readmits_bot()
    assert door.call("sendMessage", chat_id=STAFF, text="x")["message_id"]
    assert door.call("leaveChat", chat_id=STAFF) is True
    left = (403, "Forbidden: bot is not a member of the supergroup chat")
    assert door.refusal("sendMessage", chat_id=STAFF, text="x") == left


def test_a_group_that_became_a_supergroup_tells_its_new_id(door: Door) -> None:
    small = door.standin.group(-4001, "Small", [door.anna])
    door.call("sendMessage", chat_id=-4001, text="x")
    small.migrates(-1_001_000_000_002)
    answer = door.ask("sendMessage", chat_id=-4001, text="x")
    assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer["parameters"] == {"migrate_to_chat_id": -1_001_000_000_002}
    assert door.call("sendMessage", chat_id=small.id, text="x")["chat"]["type"] == "supergroup"
    told = [update["message"] for update in door.call("getUpdates")]
    assert told[0]["migrate_to_chat_id"] == small.id
    assert told[1]["migrate_from_chat_id"] == -4001


def test_a_message_is_deleted_once_and_not_after_two_days(door: Door) -> None:
    none = door.refusal("deleteMessage", chat_id=501, message_id=1)
    assert none == (400, "Bad Request: message to delete not found")
    old = door.call("sendMessage", chat_id=501, text="x")["message_id"]
    door.clock.passes(hours=48)
    new = door.call("sendMessage", chat_id=501, text="x")["message_id"]
    late = door.refusal("deleteMessage", chat_id=501, message_id=old)
    assert late == (400, "Bad Request: message can't be deleted for everyone")
    assert door.call("deleteMessage", chat_id=501, message_id=new) is True
    again = door.refusal("deleteMessage", chat_id=501, message_id=new)
    assert again == (400, "Bad Request: message to delete not found")
    assert door.shown()["deleted"]
    assert door.shown()["text"] == ""


def test_a_copy_needs_a_message_to_copy(door: Door) -> None:
    refusal = door.refusal("copyMessage", chat_id=501, from_chat_id=501, message_id=1)
    assert refusal == (400, "Bad Request: message to copy not found")
    refusal = door.refusal("copyMessage", chat_id=501, message_id=1)
    assert refusal == (400, 'Bad Request: parameter "from_chat_id" is required')


def test_a_chat_action_must_be_one_of_the_known(door: Door) -> None:
    refusal = door.refusal("sendChatAction", chat_id=501, action="thinking")
    assert refusal == (400, "Bad Request: wrong parameter action in request")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"command": "Plan B", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "plan", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "plan"}, "can't parse BotCommand: Can't find field \"description\""),
        ("plan", "can't parse BotCommand: expected an Object"),
    ],
)
def test_commands_are_checked(shared: Door, command: object, words: str) -> None:
    assert shared.refusal("setMyCommands", commands=[command]) == (400, f"Bad Request: {words}")


def test_a_body_that_is_no_json_object_is_refused(shared: Door) -> None:
    url = f"{shared.url}/bot{shared.standin.token}/getMe"
    answer = shared.client.post(url, content=b"[1", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
