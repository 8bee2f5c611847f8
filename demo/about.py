"""The methods about the bot itself, its chats and its files."""

from __future__ import annotations

import json
import re

from demo import access, shapes
from demo.files import LARGEST_DOWNLOAD
from demo.params import Params
from demo.records import Json, bad
from demo.world import World

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LONGEST_COMMAND_TEXT = 256
MOST_COMMANDS = 100
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def get_me(world: World, _params: Params) -> Json:
    """``getMe``."""
    return shapes.bot(world) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: World, params: Params) -> Json:
    """``getChat``."""
    chat = access.chat_to_read(world, params)
    return shapes.chat(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }


def get_chat_member(world: World, params: Params) -> Json:
    """``getChatMember``."""
    person_id = params.integer("user_id")
    if person_id <= 0:
        raise bad("invalid user_id specified")
    chat = access.chat_to_read(world, params)
    if person_id == world.bot_id:
        return shapes.member(world, chat, person_id, chat.standing)
    if person_id not in world.users:
        raise bad("user not found" if chat.private else "PARTICIPANT_ID_INVALID")
    return shapes.member(world, chat, person_id, chat.members.get(person_id, "left"))


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """``getChatAdministrators``."""
    chat = access.chat_to_read(world, params)
    if chat.private:
        raise bad("there are no administrators in the private chat")
    everybody = chat.members | {world.bot_id: chat.standing}
    return [
        shapes.member(world, chat, person_id, status)
        for person_id, status in everybody.items()
        if status in ("creator", "administrator")
    ]


def get_chat_member_count(world: World, params: Params) -> int:
    """``getChatMemberCount``."""
    chat = access.chat_to_read(world, params)
    return len(chat.members) + 1


def leave_chat(world: World, params: Params) -> bool:
    """``leaveChat``."""
    chat = access.chat_to_read(world, params)
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    chat.standing = "left"
    world.touch()
    return True


def set_my_commands(world: World, params: Params) -> bool:
    """``setMyCommands``."""
    commands = params.parsed("commands", "can't parse commands JSON object")
    if not isinstance(commands, list):
        raise bad("expected an Array of BotCommand")
    if len(commands) > MOST_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        _check_command(command)
    world.commands[_audience(params)] = commands
    return True


def _check_command(command: object) -> None:
    if not isinstance(command, dict):
        raise bad("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if name not in command:
            raise bad(f"can't parse BotCommand: Can't find field \"{name}\"")
    if not COMMAND.fullmatch(str(command["command"]).removeprefix("/")):
        raise bad("BOT_COMMAND_INVALID")
    if not 0 < len(str(command["description"])) <= LONGEST_COMMAND_TEXT:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")


def get_my_commands(world: World, params: Params) -> list[Json]:
    """``getMyCommands``."""
    return world.commands.get(_audience(params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """``deleteMyCommands``."""
    world.commands.pop(_audience(params), None)
    return True


def _audience(params: Params) -> str:
    scope = params.parsed("scope", "can't parse BotCommandScope JSON object") or {"type": "default"}
    return json.dumps([scope, params.text("language_code")], sort_keys=True)


def set_my_description(world: World, params: Params) -> bool:
    """``setMyDescription``."""
    world.words[f"description {params.text('language_code')}"] = params.text("description")
    return True


def get_my_description(world: World, params: Params) -> Json:
    """``getMyDescription``."""
    return {"description": world.words.get(f"description {params.text('language_code')}", "")}


def set_my_short_description(world: World, params: Params) -> bool:
    """``setMyShortDescription``."""
    world.words[f"short {params.text('language_code')}"] = params.text("short_description")
    return True


def get_my_short_description(world: World, params: Params) -> Json:
    """``getMyShortDescription``."""
    return {"short_description": world.words.get(f"short {params.text('language_code')}", "")}


def get_file(world: World, params: Params) -> Json:
    """``getFile``."""
    if not params.text("file_id"):
        raise bad("file_id not specified")
    stored = world.files.by_id(params.text("file_id"))
    if stored is None:
        raise bad("invalid file_id")
    if len(stored.data) > LARGEST_DOWNLOAD:
        raise bad("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_unique_id,
        "file_size": len(stored.data),
        "file_path": stored.file_path,
    }
