"""People with phones on one side, the Bot API on the other, and failures on demand."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import telegram
from telegram.error import BadRequest, Forbidden, NetworkError

from demo.serve import Served
from demo.standin import StandIn
from tests.schema import complaints
from tests.standin_door import PNG, STAFF, TOKEN, YES_NO, Door, opened


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as fresh:
        yield fresh


@pytest.fixture
async def bot(door: Door) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(
        TOKEN, base_url=f"{door.url}/bot", base_file_url=f"{door.url}/file/bot"
    ) as connected:
        yield connected


def test_a_deep_link_starts_the_bot_with_its_payload(door: Door) -> None:
    door.maya.starts("inv_7f3-A")
    message = door.call("getUpdates")[-1]["message"]
    assert message["text"] == "/start inv_7f3-A"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["from"]["language_code"] == "en"
    assert message["chat"] == {"id": 501, "type": "private", "first_name": "Maya"}
    assert message["date"] == int(door.clock().timestamp())


def test_a_press_reaches_the_bot_with_its_message_and_the_answer_shows_on_the_phone(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)
    press = door.maya.presses(door.shown(), "Yes")
    query = door.call("getUpdates")[-1]["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"]) == (press, "y:1", 501)
    assert query["message"] == sent
    door.call("answerCallbackQuery", callback_query_id=press, text="Noted", show_alert=True)
    toast = door.standin.toasts[-1]
    assert (toast.person_id, toast.text, toast.alert) == (501, "Noted", True)


def test_a_button_is_pressed_by_its_data_too_and_a_wrong_one_names_the_right_ones(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)["message_id"]
    assert door.maya.presses(sent, "n:1")
    with pytest.raises(LookupError, match=r"\['Yes', 'No'\]"):
        door.maya.presses(sent, "Maybe")
    door.call("deleteMessage", chat_id=501, message_id=sent)
    with pytest.raises(LookupError, match="not on the phone"):
        door.maya.presses(sent, "Yes")


def test_a_press_on_an_old_message_carries_no_message(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)["message_id"]
    door.maya.presses(sent, "Yes", old=True)
    message = door.call("getUpdates")[-1]["callback_query"]["message"]
    assert message == {
        "chat": {"id": 501, "type": "private", "first_name": "Maya"},
        "message_id": sent,
        "date": 0,
    }


def test_a_button_that_opens_a_link_tells_the_bot_nothing(door: Door) -> None:
    markup = {"inline_keyboard": [[{"text": "Call", "url": "https://clinic.example"}]]}
    sent = door.call("sendMessage", chat_id=501, text="x", reply_markup=markup)["message_id"]
    assert door.maya.presses(sent, "Call") == ""
    assert door.standin.pending() == 0


def test_the_phone_shows_what_the_bot_sent(door: Door) -> None:
    door.call(
        "sendMessage",
        chat_id=501,
        text="<b>Day 1</b>: sleep &lt; 8 h",
        parse_mode="HTML",
        protect_content=True,
        reply_markup=YES_NO,
        reply_parameters={"message_id": door.standin.messages(501)[0]["message_id"]},
    )
    assert door.shown() == {
        "message_id": door.shown()["message_id"],
        "from_bot": True,
        "from_name": "lindenhof_care_bot",
        "date": int(door.clock().timestamp()),
        "text": "Day 1: sleep < 8 h",
        "html": "<b>Day 1</b>: sleep &lt; 8 h",
        "caption": "",
        "photo": None,
        "document": None,
        "inline": [[{"text": "Yes", "data": "y:1", "url": None}, {"text": "No", "data": "n:1", "url": None}]],
        "reply_to": door.standin.messages(501)[0]["message_id"],
        "edited": False,
        "deleted": False,
        "protected": True,
        "kind": "text",
    }


def test_an_edit_shows_and_is_marked_and_the_page_can_follow(door: Door) -> None:
    sent = door.call("sendMessage", chat_id=501, text="one", reply_markup=YES_NO)["message_id"]
    before = door.standin.version
    door.call("editMessageText", chat_id=501, message_id=sent, text="two")
    assert (door.shown()["text"], door.shown()["edited"], door.shown()["inline"]) == ("two", True, [])
    assert door.standin.version > before


def test_a_person_edits_a_message_and_the_bot_learns_of_it(door: Door) -> None:
    said = door.maya.says("I have fevre")
    door.maya.edits(said, "I have a fever")
    edited = door.call("getUpdates")[-1]["edited_message"]
    assert (edited["message_id"], edited["text"]) == (said["message_id"], "I have a fever")
    assert edited["edit_date"]


def test_the_persistent_keyboard_stays_until_it_is_taken_away(door: Door) -> None:
    keyboard = {"keyboard": [["My plan", "Help"], [{"text": "Share number", "request_contact": True}]]}
    door.call("sendMessage", chat_id=501, text="Hello", reply_markup=keyboard)
    door.call("sendMessage", chat_id=501, text="Better?", reply_markup=YES_NO)
    assert door.standin.keyboard(501) == [["My plan", "Help"], ["Share number"]]
    assert door.standin.contact_keys(501) == {"Share number"}
    door.maya.taps("My plan")
    assert door.call("getUpdates")[-1]["message"]["text"] == "My plan"
    door.maya.taps("Share number")
    contact = door.call("getUpdates")[-1]["message"]["contact"]
    assert contact == {"phone_number": door.maya.phone, "first_name": "Maya", "user_id": 501}
    with pytest.raises(LookupError, match="Help"):
        door.maya.taps("Nothing")
    door.call("sendMessage", chat_id=501, text="Bye", reply_markup={"remove_keyboard": True})
    assert door.standin.keyboard(501) is None


def test_typing_shows_until_the_bot_has_spoken(door: Door) -> None:
    door.call("sendChatAction", chat_id=501, action="typing")
    assert door.standin.typing(501)
    door.call("sendMessage", chat_id=501, text="Hello")
    assert not door.standin.typing(501)


def test_a_persons_photo_comes_in_several_sizes_the_largest_last(door: Door) -> None:
    door.maya.sends("photo", PNG, caption="day 3")
    door.maya.sends("photo")
    sizes = door.call("getUpdates")[-1]["message"]["photo"]
    assert len({size["file_id"] for size in sizes}) == len(sizes) == 4
    assert [size["width"] for size in sizes] == sorted(size["width"] for size in sizes)
    small = door.call("getUpdates")[-2]["message"]
    assert (small["caption"], len(small["photo"])) == ("day 3", 1)
    path = door.call("getFile", file_id=small["photo"][-1]["file_id"])["file_path"]
    assert door.client.get(f"{door.url}/file/bot{TOKEN}/{path}").content == PNG
    assert door.client.get(f"{door.url}/file/bot1:wrong/{path}").status_code == 404


@pytest.mark.parametrize("kind", ["voice", "video", "document", "sticker", "audio"])
def test_other_media_arrive_and_can_be_sent_again_by_their_id(door: Door, kind: str) -> None:
    door.maya.sends(kind, b"some bytes")
    medium = door.call("getUpdates")[-1]["message"][kind]
    again = door.call(f"send{kind.capitalize()}", **{"chat_id": STAFF, kind: medium["file_id"]})
    assert again[kind]["file_id"] == medium["file_id"]
    shown = door.shown(door.staff)
    assert (shown["kind"], shown["document"]["size"]) == (kind, 10)


def test_a_copy_carries_the_content_without_its_sender(door: Door) -> None:
    said = door.maya.sends("photo", PNG, caption="day 3")
    copied = door.call("copyMessage", chat_id=STAFF, from_chat_id=501, message_id=said["message_id"])
    assert copied == {"message_id": door.shown(door.staff)["message_id"]}
    shown = door.shown(door.staff)
    assert (shown["kind"], shown["caption"], shown["from_bot"]) == ("photo", "day 3", True)
    assert shown["photo"] == said["photo"]


def test_a_supergroup_numbers_its_own_messages(door: Door) -> None:
    first = door.call("sendMessage", chat_id=STAFF, text="one")["message_id"]
    door.call("sendMessage", chat_id=501, text="elsewhere")
    assert door.call("sendMessage", chat_id=STAFF, text="two")["message_id"] == first + 1


def test_who_is_who_in_a_group(door: Door) -> None:
    ben = door.standin.person(902, "Ben")
    door.standin.group(STAFF, "Staff", [door.anna, ben])
    chief = door.call("getChatMember", chat_id=STAFF, user_id=901)
    assert (chief["status"], chief["user"]["first_name"]) == ("creator", "Anna")
    assert door.call("getChatMember", chat_id=STAFF, user_id=902)["status"] == "member"
    assert door.call("getChatMember", chat_id=STAFF, user_id=501)["status"] == "left"
    admins = {each["user"]["id"] for each in door.call("getChatAdministrators", chat_id=STAFF)}
    assert admins == {901, 7000000001}
    door.staff.removes(ben)
    with pytest.raises(LookupError, match="Ben is not in chat"):
        ben.says("Hello", chat=door.staff)


def test_people_and_groups_are_the_same_when_asked_for_again(door: Door) -> None:
    assert door.standin.person(501, "Maya") is door.maya
    assert door.standin.group(STAFF, "Staff", []) is door.staff


def test_commands_and_descriptions_are_kept_by_language(door: Door) -> None:
    commands = [{"command": "plan", "description": "Your plan"}]
    door.call("setMyCommands", commands=commands, language_code="en")
    assert door.call("getMyCommands", language_code="en") == commands
    assert door.call("getMyCommands") == []
    door.call("setMyDescription", description="Aftercare")
    door.call("setMyShortDescription", short_description="Care")
    assert door.call("getMyDescription") == {"description": "Aftercare"}
    assert door.call("getMyShortDescription") == {"short_description": "Care"}


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json"])
def test_parameters_may_come_in_four_ways(door: Door, way: str) -> None:
    url = f"{door.url}/bot{TOKEN}/sendMessage"
    fields = {"chat_id": "501", "text": "Grüße & <3 😀"}
    if way == "query":
        answer = door.client.get(url, params=fields)
    elif way == "form":
        answer = door.client.post(url, data=fields)
    elif way == "multipart":
        answer = door.client.post(url, files={name: (None, value) for name, value in fields.items()})
    else:
        answer = door.client.post(url, json=fields)
    assert answer.json()["result"]["text"] == "Grüße & <3 😀"
    assert door.standin.calls[-1].params["text"] == "Grüße & <3 😀"


def test_injected_refusals_come_as_often_as_asked_and_only_there(door: Door) -> None:
    door.standin.fail("sendMessage", times=2, retry_after=7, chat_id=501)
    assert door.call("sendMessage", chat_id=STAFF, text="x")["message_id"]
    for _ in range(2):
        answer = door.ask("sendMessage", chat_id=501, text="x")
        assert (answer["status"], answer["description"]) == (429, "Too Many Requests: retry after 7")
        assert answer["parameters"] == {"retry_after": 7}
    assert door.call("sendMessage", chat_id=501, text="x")["message_id"]
    door.standin.fail("*", code=502)
    assert door.refusal("getMe") == (502, "Bad Gateway")
    door.standin.fail("getMe", times=9, code=400, description="Bad Request: message thread not found")
    assert door.refusal("getMe") == (400, "Bad Request: message thread not found")
    door.standin.heal()
    assert door.call("getMe")["is_bot"]


@pytest.mark.parametrize(("executed", "arrived"), [(True, 1), (False, 0)])
def test_a_dropped_connection_tells_nothing_of_what_was_done(
    door: Door, executed: bool, arrived: int
) -> None:
    before = len(door.standin.messages(501))
    door.standin.drop("sendMessage", executed=executed)
    with pytest.raises(httpx.RemoteProtocolError):
        door.ask("sendMessage", chat_id=501, text="x")
    assert len(door.standin.messages(501)) == before + arrived
    last = door.standin.calls[-1]
    assert (last.ok, last.code, last.description) == (False, 0, "cut after" if executed else "cut before")


def test_calls_are_recorded_as_they_were_made(door: Door) -> None:
    door.call("sendMessage", chat_id=501, text="7", reply_markup=YES_NO)
    door.refusal("sendMessage", chat_id=501)
    sent, refused = door.standin.calls[-2:]
    assert (sent.method, sent.ok, sent.params["text"]) == ("sendMessage", True, "7")
    assert sent.params["reply_markup"] == YES_NO
    assert (refused.ok, refused.code, refused.description) == (
        False,
        400,
        "Bad Request: message text is empty",
    )
    assert sent.at <= refused.at


def test_waiting_for_what_does_not_come_ends_with_no(door: Door) -> None:
    assert not door.standin.wait_for(lambda: False, 0.02)


async def test_a_coroutine_can_wait_too(door: Door) -> None:
    threading.Timer(0.02, lambda: door.maya.says("Hello")).start()
    assert await door.standin.until(lambda: door.standin.pending() == 1, 5)
    assert not await door.standin.until(lambda: False, 0.02)


async def test_python_telegram_bot_can_talk_to_it(door: Door, bot: telegram.Bot) -> None:
    assert (await bot.get_me()).username == "lindenhof_care_bot"
    button = telegram.InlineKeyboardButton("Yes", callback_data="y")
    markup = telegram.InlineKeyboardMarkup([[button]])
    sent = await bot.send_message(
        501, "<b>Hi</b>", parse_mode="HTML", reply_markup=markup, protect_content=True
    )
    assert (sent.text, sent.has_protected_content) == ("Hi", True)
    edited = await sent.edit_text("Bye")
    assert isinstance(edited, telegram.Message)
    assert edited.reply_markup is None
    photo = await bot.send_photo(501, PNG, caption="QR")
    file = await bot.get_file(photo.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == PNG
    await bot.send_document(501, b"a,b", filename="plan.csv")
    assert door.shown()["document"]["file_name"] == "plan.csv"
    assert (await bot.get_chat(501)).first_name == "Maya"
    await bot.set_my_commands([("plan", "Your plan")], scope=telegram.BotCommandScopeAllPrivateChats())
    await bot.send_chat_action(501, "typing")
    assert (await bot.get_chat_administrators(STAFF))[0].user.first_name == "Anna"
    faults = [fault for call in door.standin.calls for fault in complaints(call.method, call.params)]
    assert faults == []


async def test_python_telegram_bot_understands_what_people_do(door: Door, bot: telegram.Bot) -> None:
    sent = await bot.send_message(
        501,
        "?",
        reply_markup=telegram.InlineKeyboardMarkup.de_json(YES_NO, bot),
    )
    door.maya.says("Hello")
    for kind in ("photo", "voice", "video", "document", "sticker", "audio"):
        door.maya.sends(kind)
    door.maya.shares_contact()
    door.maya.presses(sent.message_id, "Yes")
    door.maya.presses(sent.message_id, "No", old=True)
    door.maya.blocks()
    updates = await bot.get_updates()
    assert len(updates) == 11
    assert all(update.effective_user and update.effective_user.id == 501 for update in updates)


async def test_python_telegram_bot_meets_the_errors_of_the_real_server(door: Door, bot: telegram.Bot) -> None:
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(501, "a <b", parse_mode="HTML")
    door.standin.drop("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(501, "x")
    door.maya.blocks()
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(501, "x")


def test_the_server_stops_while_a_poll_is_open_and_frees_its_port() -> None:
    with opened() as door:
        url = f"{door.url}/bot{TOKEN}/getUpdates"

        def poll() -> None:
            try:
                httpx.get(url, params={"timeout": 50}, timeout=60)
            except httpx.TransportError:
                return

        thread = threading.Thread(target=poll)
        thread.start()
        assert door.standin.wait_for(door.standin.someone_polls, 5)
    thread.join(5)
    assert not thread.is_alive()
    with socket.socket() as again, pytest.raises(ConnectionRefusedError):
        again.connect(("127.0.0.1", int(door.url.rsplit(":", 1)[1])))


def test_a_port_that_is_taken_is_an_error() -> None:
    with opened() as door:
        standin = StandIn(token=TOKEN, username="x", now=door.clock)
        with pytest.raises(OSError, match="in use"), Served(standin.app, int(door.url.rsplit(":", 1)[1])):
            pass


async def test_many_calls_at_once_from_many_threads_lose_nothing(door: Door) -> None:
    async with httpx.AsyncClient() as client:
        url = f"{door.url}/bot{TOKEN}/sendMessage"
        said = asyncio.gather(*(asyncio.to_thread(door.maya.says, str(number)) for number in range(50)))
        sent = [client.post(url, json={"chat_id": 501, "text": str(number)}) for number in range(50)]
        answers = await asyncio.gather(*sent)
        await said
    ids = [answer.json()["result"]["message_id"] for answer in answers]
    ids += [update["message"]["message_id"] for update in door.call("getUpdates")]
    assert len(set(ids)) == 100
