"""Invitations: a secret that fits into a link and a code, and of which only the hash is kept."""

from __future__ import annotations

import re
import struct

import pytest

from care import invitation
from care.invitation import BORDER, BOX

TOKEN = invitation.token(bytes(range(32)))
LINK = invitation.link("LumenBot", TOKEN)


def test_a_token_is_43_letters_that_a_deep_link_may_carry() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", TOKEN)
    assert invitation.token(bytes([255]) * 32) == "_" * 42 + "8"


def test_a_token_of_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        invitation.token(b"short")


def test_what_is_kept_tells_nothing_of_the_token() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", invitation.digest(TOKEN))
    assert invitation.digest(TOKEN) != invitation.digest(TOKEN[:-1])


def test_a_link_opens_the_bot_with_the_token() -> None:
    assert LINK.removeprefix("https://t.me/LumenBot?start=") == TOKEN


def test_a_code_is_the_same_on_paper_screen_and_terminal() -> None:
    picture = invitation.png(LINK)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    lines = invitation.terminal(LINK).splitlines()
    modules = int(re.findall(r'viewBox="0 0 (\d+) \d+"', invitation.svg(LINK))[0])
    assert width == height == modules * BOX
    assert len(lines) == pytest.approx(modules / 2, abs=1)
    assert modules >= 21 + 2 * BORDER
