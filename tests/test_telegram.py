"""Telegram as a channel, against a small Bot API on loopback that answers as each test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import socket
import traceback
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.hear import hear
from bot.letter import plain
from bot.telegram import OtherPoller, Redact, Telegram, WrongToken, quiet_libraries
from care.channel import Incoming, Key, Later, Letter, Refused, Unknown
from demo.serve import Served
from demo.standin import StandIn

TOKEN = "4242:canary-token-of-a-bot"
MARIA = 1001
GROUP = -1002003
DROP = "drop"
GARBAGE = "garbage"
SILENCE = "silence"
FILE_PATH = "photos/one of #2?.jpg"


@dataclass
class Api:
    """A Bot API that writes down every call; ``answers`` says what the next call of a method gets."""

    root: str = ""
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    answers: dict[str, deque[tuple[int, object]]] = field(default_factory=lambda: defaultdict(deque))
    file: bytes = b"picture"

    def next(self, method: str, code: int, answer: object) -> None:
        self.answers[method].append((code, answer))

    def refuse(self, method: str, code: int, description: str, **parameters: int) -> None:
        """The next call of ``method`` fails in Telegram's own form."""
        body: dict[str, object] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            body["parameters"] = parameters
        self.next(method, code, body)

    def result(self, method: str, result: object) -> None:
        self.next(method, 200, {"ok": True, "result": result})

    def fields(self, method: str) -> dict[str, object]:
        """What the last call of ``method`` carried, JSON decoded."""
        return next(fields for name, fields in reversed(self.calls) if name == method)

    async def take(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append((method, {k: _value(v) for k, v in (await request.post()).items()}))
        if not self.answers[method]:
            return web.json_response({"ok": True, "result": _usual(method)})
        code, answer = self.answers[method].popleft()
        if answer == DROP:
            assert request.transport is not None
            request.transport.abort()
        if answer == SILENCE:
            await asyncio.sleep(30)
        if isinstance(answer, str):
            return web.Response(status=code, text=answer)
        return web.json_response(answer, status=code)

    async def give(self, request: web.Request) -> web.Response:
        assert request.match_info["path"] == FILE_PATH
        return web.Response(body=self.file)


def _value(raw: object) -> object:
    if isinstance(raw, web.FileField):
        return (raw.filename, raw.file.read())
    assert isinstance(raw, str)
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _usual(method: str) -> object:
    if method == "getMe":
        return {"id": 4242, "is_bot": True, "first_name": "Aftercare", "username": "AftercareBot"}
    if method.startswith("send") and method != "sendChatAction":
        return {"message_id": 77, "date": 1, "chat": {"id": MARIA, "type": "private"}}
    return True


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application(client_max_size=2**25)
    app.router.add_route("*", f"/bot{TOKEN}/{{method}}", api.take)
    app.router.add_get(f"/file/bot{TOKEN}/{{path:.*}}", api.give)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()


@pytest.fixture
async def telegram(api: Api) -> AsyncIterator[Telegram]:
    channel = Telegram(TOKEN, api_root=api.root, answer_seconds=2)
    await channel.start()
    yield channel
    await channel.stop()


def letter(html: str = "How are <b>you</b>?", chat_id: int = MARIA, **rest: object) -> Letter:
    return Letter(chat_id, html, **rest)  # type: ignore[arg-type]


# What a letter becomes


async def test_a_text_goes_out_as_html_without_preview_and_protected(api: Api, telegram: Telegram) -> None:
    assert await telegram.send(letter()) == 77
    assert api.calls == [
        (
            "sendMessage",
            {
                "chat_id": MARIA,
                "text": "How are <b>you</b>?",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
                "disable_notification": False,
                "protect_content": True,
            },
        )
    ]


async def test_only_private_chats_are_protected_and_only_when_the_letter_says_so(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(protect=False))
    assert api.fields("sendMessage")["protect_content"] is False
    await telegram.send(letter(chat_id=GROUP))
    assert api.fields("sendMessage")["protect_content"] is False


async def test_a_silent_answer_is_sent_even_if_what_it_answers_is_gone(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(reply_to=5, silent=True))
    sent = api.fields("sendMessage")
    assert sent["reply_parameters"] == {"message_id": 5, "allow_sending_without_reply": True}
    assert sent["disable_notification"] is True


async def test_buttons_stand_under_the_message(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(inline=((Key("Yes", "c:1:y"), Key("No", "c:1:n")), (Key("Map", url="https://a.b/"),))))
    assert api.fields("sendMessage")["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Yes", "callback_data": "c:1:y"}, {"text": "No", "callback_data": "c:1:n"}],
            [{"text": "Map", "url": "https://a.b/"}],
        ]
    }


async def test_a_keyboard_stays_and_can_ask_for_the_phone_number(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(keyboard=((Key("My plan"), Key("My number", contact=True)),)))
    assert api.fields("sendMessage")["reply_markup"] == {
        "keyboard": [[{"text": "My plan"}, {"text": "My number", "request_contact": True}]],
        "is_persistent": True,
        "resize_keyboard": True,
    }


async def test_an_empty_keyboard_takes_the_old_one_away(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(keyboard=()))
    assert api.fields("sendMessage")["reply_markup"] == {"remove_keyboard": True}


async def test_a_prompt_opens_the_reply_box(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter(chat_id=GROUP, ask_reply=True))
    assert api.fields("sendMessage")["reply_markup"] == {"force_reply": True}


async def test_a_picture_and_a_document_arrive_byte_for_byte(api: Api, telegram: Telegram) -> None:
    content = bytes(range(256)) * 6000
    assert await telegram.send(letter(photo=content)) == 77
    assert api.fields("sendPhoto")["photo"] == ("picture.png", content)
    assert api.fields("sendPhoto")["caption"] == "How are <b>you</b>?"
    await telegram.send(letter("", document=content, filename='../a"\r\nX: y.csv'))
    assert api.fields("sendDocument")["document"] == (".._a___X: y.csv", content)
    assert "caption" not in api.fields("sendDocument")


@pytest.mark.parametrize("kind", ["photo", "voice", "audio", "video", "document", "sticker"])
async def test_a_file_that_telegram_has_is_sent_again_by_its_id(api: Api, telegram: Telegram, kind: str) -> None:
    words = "" if kind == "sticker" else "From case A-0042"
    assert await telegram.send(letter(words, chat_id=GROUP, copy_file="AgAC", copy_kind=kind)) == 77
    sent = api.fields(f"send{kind.capitalize()}")
    assert sent[kind] == "AgAC"
    assert sent.get("caption", "") == words


async def test_an_edit_changes_words_and_buttons_in_place(api: Api, telegram: Telegram) -> None:
    api.result("editMessageText", {"message_id": 9, "date": 1, "chat": {"id": MARIA, "type": "private"}})
    assert await telegram.send(letter(edits=9, inline=((Key("Done", "d"),),))) == 9
    sent = api.fields("editMessageText")
    assert (sent["message_id"], sent["parse_mode"]) == (9, "HTML")
    assert sent["reply_markup"] == {"inline_keyboard": [[{"text": "Done", "callback_data": "d"}]]}
    await telegram.send(letter(edits=9))
    assert "reply_markup" not in api.fields("editMessageText")


async def test_telegram_counts_what_the_reader_sees(api: Api, telegram: Telegram) -> None:
    await telegram.send(letter("<b>&lt;</b>" * 4096))
    await telegram.send(letter("é" * 1024, photo=b"x"))
    with pytest.raises(ValueError, match="4098 UTF-16 units, Telegram takes 4096"):
        await telegram.send(letter("🌡" * 2049))
    with pytest.raises(ValueError, match="1025 UTF-16 units, Telegram takes 1024"):
        await telegram.send(letter("x" * 1025, document=b"x"))
    assert len(api.calls) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"copy_file": "AgAC", "copy_kind": "poll"},
        {"copy_file": "AgAC", "copy_kind": "sticker"},
        {"edits": 4, "photo": b"x"},
        {"inline": ((Key("a", "b"),),), "keyboard": ()},
        {"inline": ((Key("a", "b"),),), "ask_reply": True},
        {"html": "half \ud83d"},
    ],
)
async def test_a_letter_that_could_never_be_sent_is_not_tried(
    api: Api, telegram: Telegram, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"\w") as told:
        await telegram.send(replace(letter(""), **{"html": "words", **wrong}))  # type: ignore[arg-type]
    assert "half \\ud83d" not in repr(told.value)
    assert api.calls == []


# What became of it

SEND = [
    (400, "Bad Request: chat not found", "gone"),
    (400, "Bad Request: message thread not found", "gone"),
    (400, "Bad Request: PEER_ID_INVALID", "gone"),
    (400, "Bad Request: BUTTON_DATA_INVALID", "bad"),
    (400, "Bad Request: message text is empty", "bad"),
    (403, "Forbidden: bot was blocked by the user", "blocked"),
    (403, "Forbidden: bot can't initiate conversation with a user", "blocked"),
    (403, "Forbidden: user is deactivated", "deactivated"),
    (403, "Forbidden: bot was kicked from the group chat", "kicked"),
    (403, "Forbidden: bot was kicked from the supergroup chat", "kicked"),
    (403, "Forbidden: bot is not a member of the supergroup chat", "kicked"),
    (403, "Forbidden: the group chat was deleted", "gone"),
    (403, "Forbidden: something new", "bad"),
]


@pytest.mark.parametrize(("code", "description", "reason"), SEND)
async def test_a_refusal_is_final_and_says_why(
    api: Api, telegram: Telegram, code: int, description: str, reason: str
) -> None:
    api.refuse("sendMessage", code, description)
    with pytest.raises(Refused) as told:
        await telegram.send(letter())
    assert told.value.reason == reason
    assert len(api.calls) == 1


@pytest.mark.parametrize("description", ["message to edit not found", "message can't be edited"])
async def test_a_message_that_can_no_longer_be_edited_is_gone(api: Api, telegram: Telegram, description: str) -> None:
    api.refuse("editMessageText", 400, f"Bad Request: {description}")
    with pytest.raises(Refused, match="gone"):
        await telegram.send(letter(edits=3))


async def test_a_group_that_became_a_supergroup_tells_its_new_id(api: Api, telegram: Telegram) -> None:
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    api.refuse("sendMessage", 400, text, migrate_to_chat_id=GROUP)
    with pytest.raises(Refused) as told:
        await telegram.send(letter(chat_id=-55))
    assert (told.value.reason, told.value.moved_to) == ("moved", GROUP)


async def test_too_many_requests_are_tried_again_when_telegram_says(api: Api, telegram: Telegram) -> None:
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 31", retry_after=31)
    with pytest.raises(Later) as told:
        await telegram.send(letter())
    assert (told.value.seconds, told.value.limited) == (31, True)


async def test_a_withdrawn_token_loses_no_letter(api: Api, telegram: Telegram) -> None:
    api.refuse("sendMessage", 401, "Unauthorized")
    with pytest.raises(Later) as told:
        await telegram.send(letter())
    assert not told.value.limited


async def test_without_a_connection_a_letter_goes_out_later() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{holder.getsockname()[1]}"
    channel = Telegram(TOKEN, api_root=nobody)
    with pytest.raises(Later):
        await channel.send(letter())
    await channel.start()
    with pytest.raises(Later):
        await channel.send(letter())
    with pytest.raises(Later):
        await channel.updates(0, 0)
    await channel.stop()


AMBIGUOUS: list[tuple[int, object]] = [
    (500, {"ok": False, "description": "Internal Server Error"}),
    (502, {"ok": False, "description": "Bad Gateway"}),
    (504, "<h1>504</h1>"),
    (403, "<h1>a filter on the way</h1>"),
    (200, GARBAGE),
    (200, {"ok": True}),
    (200, {"ok": True, "result": {"no": "message"}}),
    (200, DROP),
]


@pytest.mark.parametrize(("code", "answer"), AMBIGUOUS)
async def test_a_message_that_may_have_been_sent_is_unknown_and_not_repeated(
    api: Api, telegram: Telegram, code: int, answer: object
) -> None:
    api.next("sendMessage", code, answer)
    with pytest.raises(Unknown):
        await telegram.send(letter())
    assert len(api.calls) == 1


@pytest.mark.parametrize(("code", "answer"), [*AMBIGUOUS[:-2], AMBIGUOUS[-1]])
async def test_an_edit_that_may_have_been_made_can_be_made_again(
    api: Api, telegram: Telegram, code: int, answer: object
) -> None:
    api.next("editMessageText", code, answer)
    with pytest.raises(Later):
        await telegram.send(letter(edits=3))


async def test_silence_after_sending_is_unknown_for_a_message_and_later_for_an_edit(api: Api) -> None:
    channel = Telegram(TOKEN, api_root=api.root, answer_seconds=0.1)
    await channel.start()
    api.next("sendMessage", 200, SILENCE)
    with pytest.raises(Unknown):
        await channel.send(letter())
    api.next("editMessageText", 200, SILENCE)
    with pytest.raises(Later):
        await channel.send(letter(edits=3))
    await channel.stop()


async def test_an_edit_that_changes_nothing_counts_as_done(api: Api, telegram: Telegram) -> None:
    same = "message is not modified: specified new message content and reply markup are exactly the same"
    api.refuse("editMessageText", 400, f"Bad Request: {same} as a current content")
    assert await telegram.send(letter(edits=3)) == 3


async def test_markup_that_telegram_cannot_read_is_sent_once_more_as_plain_words(api: Api, telegram: Telegram) -> None:
    broken = "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\""
    api.refuse("sendMessage", 400, broken)
    assert await telegram.send(letter("<b>Pain &amp; 3 < 4</b> <i>today")) == 77
    sent = api.fields("sendMessage")
    assert sent["text"] == "Pain & 3 < 4 today"
    assert "parse_mode" not in sent
    api.refuse("sendMessage", 400, broken)
    api.refuse("sendMessage", 400, broken)
    with pytest.raises(Refused, match="bad"):
        await telegram.send(letter())
    assert len(api.calls) == 4


async def test_a_caption_and_an_edit_survive_broken_markup_too(api: Api, telegram: Telegram) -> None:
    broken = "Bad Request: can't parse entities: Unexpected end of name token"
    api.refuse("sendPhoto", 400, broken)
    await telegram.send(letter("<b>QR</b>", photo=b"png"))
    assert api.fields("sendPhoto")["caption"] == "QR"
    assert api.fields("sendPhoto")["photo"] == ("picture.png", b"png")
    api.refuse("editMessageText", 400, broken)
    assert await telegram.send(letter("<b>Taken</b>", edits=3)) == 3
    assert api.fields("editMessageText")["text"] == "Taken"


def test_plain_words_keep_what_only_looks_like_markup() -> None:
    assert plain("<b>a</b> &lt;b&gt; 1 < 2 > 0 <i>z</i>") == "a <b> 1 < 2 > 0 z"


# Presses and typing


async def test_a_press_is_answered_with_at_most_two_hundred_characters(api: Api, telegram: Telegram) -> None:
    assert await telegram.answer_press("p1", "x" * 300, alert=True)
    assert api.fields("answerCallbackQuery") == {
        "callback_query_id": "p1",
        "text": "x" * 200,
        "show_alert": True,
    }
    assert await telegram.answer_press("p2")
    assert api.fields("answerCallbackQuery") == {"callback_query_id": "p2"}


async def test_a_press_that_is_too_old_counts_as_answered(api: Api, telegram: Telegram) -> None:
    api.refuse(
        "answerCallbackQuery",
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )
    assert await telegram.answer_press("p1")


@pytest.mark.parametrize(
    ("code", "answer"), [*AMBIGUOUS, (429, {"parameters": {"retry_after": 3}}), (400, {"ok": False})]
)
async def test_trouble_with_a_press_or_with_typing_never_reaches_the_handler(
    api: Api, telegram: Telegram, code: int, answer: object
) -> None:
    if code != 200 or isinstance(answer, str):
        api.next("answerCallbackQuery", code, answer)
        assert not await telegram.answer_press("p1")
    api.next("sendChatAction", code, answer)
    await telegram.typing(MARIA)


# Updates


async def test_updates_come_raw_and_waiting_for_them_is_asked_of_telegram(api: Api, telegram: Telegram) -> None:
    strange = [{"update_id": 8, "message": {"broken": True}}, {"update_id": 9, "of_tomorrow": [1]}]
    api.result("getUpdates", strange)
    assert await telegram.updates(8, 25) == strange
    assert api.fields("getUpdates") == {
        "offset": 8,
        "timeout": 25,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }


async def test_a_poll_outlasts_the_time_that_other_answers_may_take(api: Api) -> None:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        return web.json_response({"ok": True, "result": []})

    app = web.Application()
    app.router.add_post(f"/bot{TOKEN}/getUpdates", slow)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    channel = Telegram(TOKEN, api_root=root, answer_seconds=0.05)
    await channel.start()
    assert await channel.updates(0, 1) == []
    await channel.stop()
    await runner.cleanup()


async def test_a_second_poller_and_a_webhook_are_told_apart(api: Api, telegram: Telegram) -> None:
    api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request; make sure that only one")
    with pytest.raises(OtherPoller) as told:
        await telegram.updates(0, 0)
    assert not told.value.webhook
    api.refuse("getUpdates", 409, "Conflict: can't use getUpdates method while webhook is active; use")
    with pytest.raises(OtherPoller) as told:
        await telegram.updates(0, 0)
    assert told.value.webhook


@pytest.mark.parametrize(("code", "description"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_a_wrong_token_is_named_without_showing_it(
    api: Api, telegram: Telegram, code: int, description: str
) -> None:
    for method, call in (("getUpdates", telegram.updates(0, 0)), ("getMe", telegram.me())):
        api.refuse(method, code, description)
        with pytest.raises(WrongToken) as told:
            await call
        assert "canary" not in repr(told.value)


@pytest.mark.parametrize(
    ("code", "answer"),
    [*AMBIGUOUS[:-2], AMBIGUOUS[-1], (200, {"ok": True, "result": 5}), (200, {"ok": True, "result": [5]})],
)
async def test_line_trouble_while_polling_passes(api: Api, telegram: Telegram, code: int, answer: object) -> None:
    api.next("getUpdates", code, answer)
    with pytest.raises(Later):
        await telegram.updates(0, 0)


async def test_polling_too_often_waits_as_long_as_told(api: Api, telegram: Telegram) -> None:
    api.refuse("getUpdates", 429, "Too Many Requests: retry after 4", retry_after=4)
    with pytest.raises(Later) as told:
        await telegram.updates(0, 0)
    assert told.value.seconds == 4


# Facts and settings


async def test_the_bot_knows_itself_and_asks_only_once(api: Api, telegram: Telegram) -> None:
    me = await telegram.me()
    assert (me.id, me.username, me.can_read_all_group_messages) == (4242, "AftercareBot", False)
    await telegram.me()
    assert len(api.calls) == 1


async def test_setting_and_deleting_a_webhook_never_drops_what_waits(api: Api, telegram: Telegram) -> None:
    await telegram.set_webhook("https://clinic.example/in/abc", "s3cret")
    assert api.fields("setWebhook") == {
        "url": "https://clinic.example/in/abc",
        "secret_token": "s3cret",
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }
    await telegram.delete_webhook()
    assert api.fields("deleteWebhook") == {}
    api.result("getWebhookInfo", {"url": "", "pending_update_count": 3})
    assert await telegram.webhook() == {"url": "", "pending_update_count": 3}


async def test_a_refused_webhook_says_so(api: Api, telegram: Telegram) -> None:
    api.refuse("setWebhook", 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    with pytest.raises(Refused, match="bad"):
        await telegram.set_webhook("http://x", "s")


async def test_commands_are_set_for_patients_or_for_one_group(api: Api, telegram: Telegram) -> None:
    await telegram.set_commands([("plan", "What comes when")], "es")
    assert api.fields("setMyCommands") == {
        "commands": [{"command": "plan", "description": "What comes when"}],
        "scope": {"type": "all_private_chats"},
        "language_code": "es",
    }
    await telegram.set_commands([("flags", "Open flags")], group=GROUP)
    assert api.fields("setMyCommands")["scope"] == {"type": "chat", "chat_id": GROUP}
    assert "language_code" not in api.fields("setMyCommands")


@pytest.mark.parametrize(
    ("place", "member", "admin"),
    [
        ({"status": "administrator"}, True, True),
        ({"status": "member"}, True, False),
        ({"status": "restricted", "is_member": True}, True, False),
        ({"status": "restricted", "is_member": False}, False, False),
        ({"status": "left"}, False, False),
        ({"status": "kicked"}, False, False),
    ],
)
async def test_the_place_of_the_bot_in_a_group_is_known(
    api: Api, telegram: Telegram, place: dict[str, object], member: bool, admin: bool
) -> None:
    api.result("getChat", {"id": GROUP, "title": "Front desk", "type": "supergroup"})
    api.result("getChatMember", place)
    group = await telegram.group(GROUP)
    assert (group.id, group.title, group.kind) == (GROUP, "Front desk", "supergroup")
    assert (group.member, group.admin) == (member, admin)
    assert api.fields("getChatMember") == {"chat_id": GROUP, "user_id": 4242}


async def test_a_group_that_does_not_exist_is_gone(api: Api, telegram: Telegram) -> None:
    api.refuse("getChat", 400, "Bad Request: chat not found")
    with pytest.raises(Refused, match="gone"):
        await telegram.group(GROUP)


async def test_a_file_is_fetched_byte_for_byte(api: Api, telegram: Telegram) -> None:
    api.file = bytes(range(256)) * 20_000
    api.result("getFile", {"file_id": "AgAC", "file_size": 5_120_000, "file_path": FILE_PATH})
    assert await telegram.fetch_file("AgAC") == api.file


async def test_a_file_that_is_too_large_or_no_longer_there_is_refused(api: Api, telegram: Telegram) -> None:
    api.refuse("getFile", 400, "Bad Request: file is too big")
    with pytest.raises(Refused, match="bad"):
        await telegram.fetch_file("AgAC")
    api.result("getFile", {"file_size": 20 * 2**20 + 1, "file_path": FILE_PATH})
    with pytest.raises(Refused, match="bad"):
        await telegram.fetch_file("AgAC")
    api.result("getFile", {"file_id": "AgAC"})
    with pytest.raises(Refused, match="gone"):
        await telegram.fetch_file("AgAC")


# With a whole Telegram behind it


NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
async def world() -> AsyncIterator[tuple[StandIn, Telegram]]:
    standin = StandIn(token=TOKEN, username="AftercareBot", now=lambda: NOW)
    with Served(standin.app) as served:
        channel = Telegram(TOKEN, api_root=served.url, answer_seconds=5)
        await channel.start()
        yield standin, channel
        await channel.stop()


async def all_heard(channel: Telegram) -> list[Incoming]:
    return [hear(raw, bot_username="AftercareBot") for raw in await channel.updates(0, 0)]


async def test_a_patient_and_the_bot_hear_each_other(world: tuple[StandIn, Telegram]) -> None:
    standin, channel = world
    maria = standin.person(MARIA, "María", "es")
    maria.starts("invitation")
    sent = await channel.send(letter("Any <b>pus</b> & heat?".replace("&", "&amp;"), inline=((Key("No", "n:1"),),)))
    maria.says("No, nada", reply_to=sent)
    maria.presses(sent, "No")
    maria.sends("photo", b"\x89PNG", caption="mi mejilla")
    maria.sends("voice", b"OggS")
    maria.shares_contact()
    heard = await all_heard(channel)
    assert [one.kind for one in heard] == ["text", "text", "press", "photo", "voice", "contact"]
    assert heard[0].text == "/start invitation"
    assert (heard[1].text, heard[1].reply_to, heard[1].lang) == ("No, nada", sent, "es")
    assert (heard[2].data, heard[2].message_id) == ("n:1", sent)
    assert heard[3].text == "mi mejilla"
    assert heard[5].phone == maria.phone
    assert await channel.fetch_file(heard[3].file_id) == b"\x89PNG"
    assert await channel.answer_press(heard[2].press_id, "Noted")
    assert [toast.text for toast in standin.toasts] == ["Noted"]
    shown = next(one for one in standin.messages(MARIA) if one["message_id"] == sent)
    assert shown["text"] == "Any pus & heat?"


async def test_edits_refusals_and_floods_of_a_strict_server_are_understood(
    world: tuple[StandIn, Telegram],
) -> None:
    standin, channel = world
    maria = standin.person(MARIA, "María", "es")
    with pytest.raises(Refused):
        await channel.send(letter())
    maria.starts()
    sent = await channel.send(letter("one"))
    assert await channel.send(letter("two", edits=sent)) == sent
    assert await channel.send(letter("two", edits=sent)) == sent
    assert await channel.send(letter("<b>open", chat_id=MARIA)) > sent
    with pytest.raises(Refused, match="gone"):
        await channel.send(letter("three", edits=999))
    standin.fail("sendMessage", retry_after=9)
    with pytest.raises(Later) as told:
        await channel.send(letter())
    assert (told.value.seconds, told.value.limited) == (9, True)
    maria.blocks()
    with pytest.raises(Refused, match="blocked"):
        await channel.send(letter())
    assert (await all_heard(channel))[-1].kind == "blocked"
    maria.deactivates()
    with pytest.raises(Refused, match="deactivated"):
        await channel.send(letter())


async def test_an_answer_that_never_came_does_not_say_that_nothing_was_sent(
    world: tuple[StandIn, Telegram],
) -> None:
    standin, channel = world
    standin.person(MARIA, "María").starts()
    standin.drop("sendMessage", executed=True)
    with pytest.raises(Unknown):
        await channel.send(letter("once"))
    assert [one["text"] for one in standin.messages(MARIA) if one.get("text") == "once"] == ["once"]


async def test_the_staff_group_may_move_and_put_the_bot_out(world: tuple[StandIn, Telegram]) -> None:
    standin, channel = world
    nurse = standin.person(2001, "Nadia")
    group = standin.group(-55, "Front desk", [nurse])
    sent = await channel.send(letter("Case A-0042", chat_id=-55, ask_reply=True))
    nurse.says("/plan@AftercareBot A-0042", chat=group, reply_to=sent)
    assert (await all_heard(channel))[-1].text == "/plan A-0042"
    facts = await channel.group(-55)
    assert (facts.title, facts.member, facts.admin) == ("Front desk", True, True)
    group.migrates(-1001234567890)
    with pytest.raises(Refused) as told:
        await channel.send(letter(chat_id=-55))
    assert (told.value.reason, told.value.moved_to) == ("moved", -1001234567890)
    moved = next(one for one in await all_heard(channel) if one.kind == "moved")
    assert (moved.chat_id, moved.moved_to) == (-55, -1001234567890)
    group.kicks_bot()
    with pytest.raises(Refused, match="kicked"):
        await channel.send(letter(chat_id=-1001234567890))


async def test_settings_are_taken_by_a_strict_server(world: tuple[StandIn, Telegram]) -> None:
    _, channel = world
    assert (await channel.me()).username == "AftercareBot"
    await channel.set_commands([("plan", "What comes when")], "es")
    await channel.set_webhook("https://clinic.example/in/abc", "secret-of-the-webhook")
    assert (await channel.webhook())["url"] == "https://clinic.example/in/abc"
    with pytest.raises(OtherPoller) as told:
        await channel.updates(0, 0)
    assert told.value.webhook
    await channel.delete_webhook()
    assert await channel.updates(0, 0) == []


# What is never written down


class Everything(logging.Handler):
    """Formats every record as a file would show it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> object:
    handler, root = Everything(), logging.getLogger()
    loggers = [root, *map(logging.getLogger, ("telegram", "httpx", "httpcore", "aiohttp.access", "apscheduler"))]
    before = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


async def tried(call: Callable[[], Awaitable[object]]) -> str:
    try:
        await call()
    except Exception as trouble:
        parts = traceback.format_exception(trouble)
        return "".join(line for part in parts for line in part.splitlines() if not line.startswith("    "))
    return ""


async def test_neither_token_nor_words_are_logged_or_told_by_errors_whatever_happens(
    written: Everything, api: Api, telegram: Telegram
) -> None:
    told: list[str] = []
    troubles: list[tuple[int, object]] = [
        *AMBIGUOUS,
        (200, f"{TOKEN} canary {api.root}"),
        (200, {"ok": True, "result": {"text": "canary", "message_id": "x"}}),
        (400, {"description": 'Bad Request: can\'t parse entities: Unsupported start tag "canary"'}),
        (400, {"description": "Bad Request: inline keyboard button URL 'canary' is invalid"}),
        (401, {"description": "Unauthorized"}),
        (403, {"description": "Forbidden: canary"}),
        (409, {"description": "Conflict: canary"}),
        (429, {"description": "canary", "parameters": {"retry_after": 1}}),
        (502, "canary"),
    ]
    methods = ("sendMessage", "editMessageText", "getUpdates", "getFile", "answerCallbackQuery", "getMe")
    for code, answer in troubles:
        for method in methods:
            api.answers[method].clear()
            api.next(method, code, answer)
        told.append(await tried(lambda: telegram.send(letter("<b>canary</b> canary"))))
        told.append(await tried(lambda: telegram.send(letter("canary", edits=4))))
        told.append(await tried(lambda: telegram.updates(0, 0)))
        told.append(await tried(lambda: telegram.fetch_file("canary")))
        told.append(await tried(lambda: telegram.answer_press("p", "canary")))
        told.append(await tried(telegram.me))
    told.append(await tried(lambda: telegram.send(letter("canary" * 2000))))
    assert "canary" not in "".join(told)
    assert sum(map(bool, told)) > 60
    assert written.lines
    assert not [line for line in written.lines if "canary" in line or api.root in line]


def test_the_loggers_of_libraries_stay_silent_at_every_level(written: Everything) -> None:
    quiet_libraries()
    for name in ("telegram", "telegram.Bot", "telegram.ext", "httpx", "httpcore.http11", "aiohttp.access"):
        logging.getLogger(name).critical("Received data was canary")
    logging.getLogger("apscheduler.scheduler").info("canary")
    assert written.lines == []
    logging.getLogger("apscheduler.scheduler").warning("a job was missed")
    assert written.lines == ["apscheduler.scheduler a job was missed"]


def redacted(write: Callable[[logging.Logger], None]) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redact(TOKEN))
    log = logging.Logger("any")
    log.addHandler(handler)
    write(log)
    return stream.getvalue()


def test_the_token_is_taken_out_of_messages_arguments_and_traces() -> None:
    assert redacted(lambda log: log.error(f"POST /bot{TOKEN}/x")) == "POST /bot4242:[token]/x\n"
    assert redacted(lambda log: log.error("%s failed %d times", f"bot{TOKEN}", 3)) == "bot4242:[token] failed 3 times\n"
    assert redacted(lambda log: log.error("%s", ValueError("bot4242%3Acanary-token-of-a-bot"))) == "bot4242%3A[token]\n"
    arguments = (TOKEN,)
    assert redacted(lambda log: log.error("two %s %s", *arguments)) == "two %s %s\n"
    assert redacted(lambda log: log.info("plain %s", "words")) == "plain words\n"

    def fail(log: logging.Logger) -> None:
        with contextlib.suppress(ConnectionError):
            try:
                raise OSError(f"no route to {TOKEN}")
            except OSError as trouble:
                try:
                    raise ConnectionError("lost") from trouble
                except ConnectionError:
                    log.exception("line to %s", TOKEN)
                    raise

    shown = redacted(fail)
    assert "canary" not in shown
    assert "no route to 4242:[token]" in shown
    assert "Traceback" in shown
