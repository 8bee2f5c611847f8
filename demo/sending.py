"""The methods that put something new into a chat."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from demo import access, keyboards, shapes
from demo.files import Upload, picture_size, picture_type
from demo.params import Params
from demo.records import NO_WORDS, Chat, Json, Message, RefusalError, Words, bad
from demo.world import World

LARGEST_PHOTO = 10 << 20
LARGEST_FILE = 50 << 20
TYPING_SECONDS = 5.0
ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
    | {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)


@dataclass
class Content:
    """What is to be said."""

    kind: str
    words: Words
    media: Json


def send_message(world: World, params: Params) -> Json:
    """``sendMessage``."""
    content = Content("text", access.text_of(params), {})
    return shapes.message(world, _say(world, params, content))


def sender_of(kind: str) -> Callable[[World, Params], Json]:
    """``sendPhoto`` and its like, for one kind of medium."""

    def send(world: World, params: Params) -> Json:
        media = _media(world, params, kind)
        words = NO_WORDS if kind == "sticker" else access.caption_of(params)
        return shapes.message(world, _say(world, params, Content(kind, words, media)))

    return send


def copy_message(world: World, params: Params) -> Json:
    """``copyMessage``: the same content, as the bot's own new message."""
    if not params.text("from_chat_id"):
        raise bad('parameter "from_chat_id" is required')
    source = access.chat_to_read(world, params, "from_chat_id")
    original = access.message_of(source, params.integer("message_id"), "message to copy")
    if original.kind == "service":
        raise bad("the message can't be copied")
    words = (original.text, original.entities)
    if "caption" in params and original.kind != "text":
        words = access.caption_of(params)
    said = _say(world, params, Content(original.kind, words, original.media))
    return {"message_id": said.message_id}


def send_chat_action(world: World, params: Params) -> bool:
    """``sendChatAction``: "typing" shows for five seconds, or until the next message."""
    action = params.text("action").lower()
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat = access.chat_to_write(world, params)
    chat.typing_until = time.monotonic() + TYPING_SECONDS
    world.touch()
    return True


def _say(world: World, params: Params, content: Content) -> Message:
    markup = keyboards.read(params)
    chat = access.chat_to_write(world, params)
    keyboards.checked(markup, private=chat.private)
    reply_to = access.answered_message(chat, params)
    _show_keyboard(chat, markup)
    said = world.post(chat, world.bot_id, content.kind, content.words, content.media)
    said.inline, said.fixed, said.reply_to = markup.inline, markup.fixes, reply_to
    said.protected = params.flag("protect_content")
    return said


def _show_keyboard(chat: Chat, markup: keyboards.Markup) -> None:
    if markup.keyboard is not None:
        chat.keyboard = markup.keyboard
    elif markup.removes:
        chat.keyboard = None


def _media(world: World, params: Params, kind: str) -> Json:
    upload = params.upload(kind)
    if upload is not None:
        _check_upload(kind, upload)
        return world.files.keep(kind, upload)
    pointer = params.text(kind)
    if not pointer:
        raise bad(f"there is no {kind} in the request")
    if pointer.startswith(("http://", "https://")):
        # The stand-in has no way out to the network, as a server that cannot reach the address.
        raise bad("failed to get HTTP URL content")
    return world.files.media_of(pointer, kind)


def _check_upload(kind: str, upload: Upload) -> None:
    if not upload.data:
        raise bad("file must be non-empty")
    if len(upload.data) > LARGEST_FILE:
        raise RefusalError(413, "Request Entity Too Large")
    if kind == "photo":
        _check_photo(upload.data)


def _check_photo(data: bytes) -> None:
    if len(data) > LARGEST_PHOTO:
        raise bad("file is too big for a photo")
    if not picture_type(data):
        raise bad("IMAGE_PROCESS_FAILED")
    width, height = picture_size(data) or (1, 1)
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")
