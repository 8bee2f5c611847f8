"""The files that went through the stand-in, kept in memory, under ids as Telegram gives them."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from demo.records import Json, bad

PREFIX = {
    "photo": "AgACAg",
    "document": "BQACAg",
    "voice": "AwACAg",
    "video": "BAACAg",
    "audio": "CQACAg",
    "sticker": "CAACAg",
}
FOLDER = {
    "photo": ("photos", ".jpg"),
    "document": ("documents", ""),
    "voice": ("voice", ".oga"),
    "video": ("videos", ".mp4"),
    "audio": ("music", ".mp3"),
    "sticker": ("stickers", ".webp"),
}
MIME = {
    "photo": "image/jpeg",
    "document": "application/octet-stream",
    "voice": "audio/ogg",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "sticker": "image/webp",
}
SIDES = (90, 320, 800, 1280)
"""Longest side in pixels of the sizes that a photo is kept in."""
SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
    b"BM": "image/bmp",
}
LARGEST_DOWNLOAD = 20 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a multipart body."""

    file_name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that Telegram holds: one size of a photo, or any other medium."""

    kind: str
    file_id: str
    file_unique_id: str
    file_path: str
    file_name: str
    mime_type: str
    data: bytes
    media: Json
    """The fields of the wire of the whole medium that this file is a part of."""


def picture_type(data: bytes) -> str:
    """The image's MIME type by its first bytes; '' when these are no image."""
    return next((mime for signature, mime in SIGNATURES.items() if data.startswith(signature)), "")


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG or JPEG; None when they cannot be told."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


class Files:
    """Gives ids to files and finds them again."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._by_id: dict[str, Stored] = {}
        self._by_path: dict[str, Stored] = {}
        self._addresses: dict[str, str] = {}

    def keep(self, kind: str, upload: Upload) -> Json:
        """Keep a file; the fields of the wire that tell about it, such as ``{"photo": [sizes]}``."""
        return self._keep_photo(upload) if kind == "photo" else self._keep_other(kind, upload)

    def by_id(self, file_id: str) -> Stored | None:
        """The file under an id."""
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> Stored | None:
        """The file under a path of ``getFile``."""
        return self._by_path.get(path)

    def media_of(self, file_id: str, kind: str) -> Json:
        """The medium behind an id, to send it again as ``kind``. Raises RefusalError (400)."""
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            names = {"voice": "VoiceNote"}
            held, asked = (names.get(each, each.capitalize()) for each in (stored.kind, kind))
            raise bad(f"can't use file of type {held} as {asked}")
        return stored.media

    def data_url(self, file_id: str) -> str:
        """The file as a ``data:`` address, for a page."""
        if file_id not in self._addresses:
            stored = self._by_id[file_id]
            coded = base64.b64encode(stored.data).decode()
            self._addresses[file_id] = f"data:{stored.mime_type};base64,{coded}"
        return self._addresses[file_id]

    def _keep_photo(self, upload: Upload) -> Json:
        width, height = picture_size(upload.data) or (SIDES[-1], SIDES[-1] * 3 // 4)
        longest = max(width, height, 1)
        sides = [side for side in SIDES[:-1] if side < longest] + [min(longest, SIDES[-1])]
        sizes: list[Json] = []
        media: Json = {"photo": sizes}
        for side in sides:
            stored = self._store("photo", upload, media)
            sizes.append(
                {
                    "file_id": stored.file_id,
                    "file_unique_id": stored.file_unique_id,
                    "width": max(1, width * side // longest),
                    "height": max(1, height * side // longest),
                    # The small ones hold the whole picture too, but tell a size of their own.
                    "file_size": max(1, len(upload.data) * side // sides[-1]),
                }
            )
        return media

    def _keep_other(self, kind: str, upload: Upload) -> Json:
        media: Json = {}
        stored = self._store(kind, upload, media)
        about: Json = {
            "file_id": stored.file_id,
            "file_unique_id": stored.file_unique_id,
            "file_size": len(upload.data),
        }
        if kind != "sticker":
            about["mime_type"] = stored.mime_type
        if kind in ("document", "video", "audio") and upload.file_name:
            about["file_name"] = upload.file_name
        if kind in ("voice", "video", "audio"):
            about["duration"] = 3
        if kind in ("video", "sticker"):
            about |= {"width": 512, "height": 512}
        if kind == "sticker":
            about |= {"type": "regular", "is_animated": False, "is_video": False}
        media[kind] = about
        return media

    def _store(self, kind: str, upload: Upload, media: Json) -> Stored:
        number = len(self._by_id)
        digest = hashlib.sha256(f"{self._seed}/{kind}/{number}".encode()).digest()
        name = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        folder, suffix = FOLDER[kind]
        if kind == "document" and "." in upload.file_name:
            suffix = "." + upload.file_name.rsplit(".", 1)[1]
        path = f"{folder}/file_{number}{suffix}"
        mime = picture_type(upload.data) or upload.mime_type or MIME[kind]
        file_id = PREFIX[kind] + name
        stored = Stored(kind, file_id, name[:15], path, upload.file_name, mime, upload.data, media)
        self._by_id[stored.file_id] = self._by_path[path] = stored
        return stored
