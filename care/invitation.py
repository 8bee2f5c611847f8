"""What a patient scans: a secret of 256 bits in a link that opens the chat. Only its hash is kept."""

from __future__ import annotations

import base64
import hashlib
import io

import segno

RANDOM_BYTES = 32
"""Bytes of chance behind a token."""
BORDER = 4
"""White modules around the code, as the standard asks."""
BOX = 12
"""Pixels of a module: a phone reads it from a screen at arm's length."""


def token(random: bytes) -> str:
    """43 characters of base64url for 32 bytes of chance; ValueError for another number of bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"a token is made of {RANDOM_BYTES} bytes of chance, not {len(random)}")
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")


def digest(token: str) -> str:
    """What is kept of a token: its SHA-256 in 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def link(username: str, token: str) -> str:
    """The address that opens the bot's chat and hands it the token; ``username`` without the @."""
    return f"https://t.me/{username}?start={token}"


def png(link: str) -> bytes:
    """The link as a QR code: a PNG file."""
    picture = io.BytesIO()
    _code(link).save(picture, kind="png", scale=BOX, border=BORDER)
    return picture.getvalue()


def svg(link: str) -> str:
    """The link as a QR code for a web page: one ``<svg>`` element that scales with its place."""
    return str(_code(link).svg_inline(border=BORDER, omitsize=True, light="white"))


def terminal(link: str) -> str:
    """The link as a QR code of block characters, for a terminal."""
    picture = io.StringIO()
    _code(link).terminal(out=picture, border=BORDER, compact=True)
    return picture.getvalue()


def _code(link: str) -> segno.QRCode:
    return segno.make(link, error="m", micro=False)
