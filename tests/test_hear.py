"""What the raw updates of Telegram say, in our words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hear import Unparseable, hear
from care.channel import Incoming

BOT = "AftercareBot"
SENT = 1_760_000_000
AT = datetime.fromtimestamp(SENT, UTC)
MARIA = {"id": 1001, "is_bot": False, "first_name": "María", "language_code": "es-MX"}
CHAT = {"id": 1001, "type": "private", "first_name": "María"}
GROUP = {"id": -1002003, "type": "supergroup", "title": "Front desk"}
FILE = {"file_unique_id": "u", "file_size": 10}


def message(chat: dict[str, object] = CHAT, **rest: object) -> dict[str, object]:
    return {"message_id": 7, "date": SENT, "chat": chat, "from": MARIA, **rest}


def heard(kind: str = "message", chat: dict[str, object] = CHAT, **rest: object) -> Incoming:
    return saying({**rest}, chat, kind)


def saying(content: dict[str, object], chat: dict[str, object] = CHAT, kind: str = "message") -> Incoming:
    return hear({"update_id": 31, kind: {**message(chat), **content}}, bot_username=BOT)


def test_a_text_tells_who_wrote_what_and_when() -> None:
    assert heard(text="  It hurts. \n") == Incoming(
        update_id=31,
        kind="text",
        chat_id=1001,
        private=True,
        person_id=1001,
        first_name="María",
        lang="es",
        at=AT,
        message_id=7,
        text="  It hurts. \n",
    )


def test_an_answer_names_the_message_that_it_answers() -> None:
    assert heard(text="yes", reply_to_message={**message(), "message_id": 5}).reply_to == 5


def test_an_edited_message_is_heard_with_its_new_words_and_the_time_of_the_change() -> None:
    edited = heard("edited_message", text="It bleeds", edit_date=SENT + 60)
    assert (edited.kind, edited.text, edited.edited) == ("text", "It bleeds", True)
    assert (edited.at - AT).total_seconds() == 60


def test_an_edit_in_a_group_and_the_moves_of_a_live_location_are_nothing() -> None:
    assert heard("edited_message", chat=GROUP, text="x").kind == "nothing"
    place = {"longitude": 1.0, "latitude": 2.0}
    assert heard(location=place).kind == "location"
    assert heard("edited_message", location=place).kind == "nothing"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("/start abc-_1", "/start abc-_1"),
        ("/start@AftercareBot abc", "/start abc"),
        ("/plan@aftercarebot", "/plan"),
        ("/help@AftercareBot\nplease", "/help\nplease"),
        ("mail a/b@AftercareBot", "mail a/b@AftercareBot"),
    ],
)
def test_a_command_loses_our_own_name_and_nothing_else(written: str, text: str) -> None:
    for chat in (CHAT, GROUP):
        got = heard(chat=chat, text=written)
        assert (got.kind, got.text) == ("text", text)


def test_a_command_for_another_bot_is_nothing_in_a_group_and_words_in_private() -> None:
    assert heard(chat=GROUP, text="/help@WeatherBot").kind == "nothing"
    alone = heard(text="/help@WeatherBot I can't breathe")
    assert (alone.kind, alone.text) == ("text", "/help@WeatherBot I can't breathe")


def test_a_photo_is_heard_at_its_largest_with_its_caption() -> None:
    sizes = [
        {"file_id": "small", "width": 90, "height": 60, **FILE},
        {"file_id": "large", "width": 1280, "height": 900, **FILE},
        {"file_id": "middle", "width": 320, "height": 200, **FILE},
    ]
    photo = heard(photo=sizes, caption="My cheek")
    assert (photo.kind, photo.file_id, photo.text) == ("photo", "large", "My cheek")


CLIP = {"file_id": "F", "width": 3, "height": 3, "duration": 2, **FILE}
MEDIA = [
    ({"voice": {"file_id": "F", "duration": 3, **FILE}}, "voice"),
    ({"audio": {"file_id": "F", "duration": 3, **FILE}}, "audio"),
    ({"video": CLIP}, "video"),
    ({"video_note": {"file_id": "F", "length": 3, "duration": 2, **FILE}}, "video"),
    ({"animation": CLIP, "document": {"file_id": "D", **FILE}}, "video"),
    ({"document": {"file_id": "F", **FILE}}, "document"),
    (
        {
            "sticker": {
                "file_id": "F",
                "type": "regular",
                "width": 3,
                "height": 3,
                "is_animated": False,
                "is_video": False,
                **FILE,
            }
        },
        "sticker",
    ),
]


@pytest.mark.parametrize(("content", "kind"), MEDIA)
def test_a_medium_keeps_its_kind_its_file_and_its_words(content: dict[str, object], kind: str) -> None:
    got = saying({**content, "caption": "look"})
    assert (got.kind, got.file_id, got.text) == (kind, "F", "look")


def test_a_place_is_a_location_with_or_without_a_name() -> None:
    place = {"longitude": 1.0, "latitude": 2.0}
    venue = {"location": place, "title": "Clinic", "address": "Main Street 1"}
    assert heard(location=place).kind == "location"
    assert heard(location=place, venue=venue).kind == "location"


def test_only_ones_own_phone_number_is_a_contact() -> None:
    own = {"phone_number": "+4912345", "first_name": "María", "user_id": 1001}
    assert (heard(contact=own).kind, heard(contact=own).phone) == ("contact", "+4912345")
    for other in ({**own, "user_id": 2002}, {"phone_number": "+4912345", "first_name": "Ana"}):
        got = heard(contact=other)
        assert (got.kind, got.phone, got.file_id) == ("document", "", "")


POLL = {
    "id": "1",
    "question": "Is this usual?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": True,
    "members_only": False,
}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"poll": POLL}, "Is this usual?"),
        ({"dice": {"value": 3, "emoji": "🎲"}}, ""),
        ({"story": {"chat": CHAT, "id": 4}}, ""),
        ({"something_of_next_year": {"a": 1}, "caption": "look"}, "look"),
        ({}, ""),
    ],
)
def test_whatever_else_a_person_sends_reaches_a_person(content: dict[str, object], text: str) -> None:
    got = saying(content)
    assert (got.kind, got.file_id, got.text) == ("document", "", text)


@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_members": [MARIA]},
        {"left_chat_member": MARIA},
        {"new_chat_title": "Desk"},
        {"pinned_message": message(text="x")},
        {"group_chat_created": True},
        {"migrate_from_chat_id": -55},
        {"video_chat_started": {}},
    ],
)
def test_what_telegram_writes_about_a_chat_is_nothing(content: dict[str, object]) -> None:
    assert saying(content, GROUP).kind == "nothing"


def test_a_group_that_became_a_supergroup_has_moved() -> None:
    moved = heard(chat={"id": -55, "type": "group", "title": "Desk"}, migrate_to_chat_id=-1002003)
    assert (moved.kind, moved.chat_id, moved.moved_to) == ("moved", -55, -1002003)


def press(under: dict[str, object] | None, **rest: object) -> dict[str, object]:
    query: dict[str, object] = {"id": "p9", "from": MARIA, "chat_instance": "1", "data": "c:1:yes", **rest}
    if under is not None:
        query["message"] = under
    return {"update_id": 32, "callback_query": query}


def test_a_press_tells_the_button_and_the_message_that_it_stands_under() -> None:
    bot = {"id": 4242, "is_bot": True, "first_name": "Aftercare"}
    got = hear(press({**message(text="Any pus?"), "from": bot}), bot_username=BOT)
    assert (got.kind, got.data, got.press_id) == ("press", "c:1:yes", "p9")
    assert (got.chat_id, got.message_id, got.person_id, got.private) == (1001, 7, 1001, True)
    assert got.text == ""


def test_a_press_under_a_message_out_of_reach_still_knows_chat_and_message() -> None:
    got = hear(press({"chat": GROUP, "message_id": 7, "date": 0}), bot_username=BOT)
    assert (got.kind, got.chat_id, got.message_id, got.private) == ("press", -1002003, 7, False)


def test_the_time_of_a_press_is_when_it_was_received() -> None:
    late = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for under in (message(text="x"), {"chat": CHAT, "message_id": 7, "date": 0}):
        assert hear(press(under), bot_username=BOT, heard_at=late).at == late
    assert hear(press(message(text="x")), bot_username=BOT).at == AT


def test_a_press_without_a_message_is_nothing_but_can_be_answered() -> None:
    got = hear(press(None, inline_message_id="i"), bot_username=BOT)
    assert (got.kind, got.press_id, got.chat_id) == ("nothing", "p9", 0)


def standing(status: str, chat: dict[str, object] = CHAT) -> Incoming:
    bot = {"id": 4242, "is_bot": True, "first_name": "Aftercare"}
    new: dict[str, object] = {"user": bot, "status": status}
    if status == "kicked":
        new["until_date"] = 0
    change = {
        "chat": chat,
        "from": MARIA,
        "date": SENT,
        "old_chat_member": {"user": bot, "status": "left"},
        "new_chat_member": new,
    }
    return hear({"update_id": 33, "my_chat_member": change}, bot_username=BOT)


def test_a_person_can_shut_and_reopen_the_chat() -> None:
    assert (standing("kicked").kind, standing("kicked").chat_id) == ("blocked", 1001)
    assert standing("member").kind == "unblocked"
    assert standing("left").kind == "nothing"


def test_the_bots_place_in_a_group_is_no_answer_of_a_person() -> None:
    assert standing("kicked", GROUP).kind == "nothing"
    assert standing("member", GROUP).kind == "nothing"


def test_an_update_of_a_kind_not_asked_for_is_nothing() -> None:
    assert hear({"update_id": 34}, bot_username=BOT).kind == "nothing"
    assert hear({"update_id": 34, "of_next_year": {"x": 1}}, bot_username=BOT).kind == "nothing"
    post = {"message_id": 1, "date": SENT, "chat": {"id": -9, "type": "channel", "title": "c"}, "text": "x"}
    assert hear({"update_id": 34, "channel_post": post}, bot_username=BOT).kind == "nothing"


def test_a_message_in_the_name_of_the_group_has_its_words() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    update = {
        "update_id": 35,
        "message": {**message(chat=GROUP, text="/flags"), "from": anonymous, "sender_chat": GROUP},
    }
    assert hear(update, bot_username=BOT).text == "/flags"
    del update["message"]["from"]  # type: ignore[attr-defined]
    assert hear(update, bot_username=BOT).person_id == 0


@pytest.mark.parametrize(
    "beside",
    [
        {"entities": [{"kind": "unheard of"}]},
        {"reply_to_message": {"nothing": "known"}},
        {"reply_markup": {"inline_keyboard": [[{"url": 5}]]}},
        {"forward_origin": {"type": "user"}},
        {"reply_to_message": {**message(), "message_id": "seven"}},
    ],
)
def test_words_are_heard_even_beside_a_part_that_cannot_be_read(beside: dict[str, object]) -> None:
    got = saying({"text": "I can't breathe", **beside})
    assert (got.kind, got.text, got.chat_id) == ("text", "I can't breathe", 1001)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"message": message(text="canary")},
        {"update_id": "canary", "message": message(text="canary")},
        {"update_id": 36, "message": {"text": "canary"}},
        {"update_id": 36, "message": {**message(text="canary"), "chat": {"id": "canary", "type": "private"}}},
        {"update_id": 36, "message": {**message(text="canary"), "date": "canary"}},
        {"update_id": 36, "message": message(text=["canary"])},
        {"update_id": 36, "callback_query": {"id": "canary"}},
        {"update_id": 36, "message": "canary"},
    ],
)
def test_a_broken_update_is_refused_without_telling_what_it_holds(broken: dict[str, object]) -> None:
    with pytest.raises(Unparseable) as told:
        hear(broken, bot_username=BOT)
    assert "canary" not in repr(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_the_raw_update_is_left_as_it_was() -> None:
    raw = {"update_id": 37, "message": message(text="/help@AftercareBot", entities=[])}
    hear(raw, bot_username=BOT)
    assert raw == {"update_id": 37, "message": message(text="/help@AftercareBot", entities=[])}


def test_half_characters_are_mended_so_that_words_can_be_kept() -> None:
    assert heard(text="hot \ud83c\udf21 and \ud83d red").text == "hot 🌡 and � red"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["text", "chat", "from", "date", "photo", "voice", "caption", "contact", "entities"])


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_any_message_is_heard_or_refused_and_never_breaks_the_inbox(parts: dict[str, object]) -> None:
    raw = {"update_id": 38, "message": {**message(text="hello"), **parts}}
    try:
        got = hear(raw, bot_username=BOT)
    except Unparseable:
        return
    got.text.encode()
    assert got.update_id == 38
