"""What a call carries: one flat set of fields, however it came over the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import EmailMessage
from urllib.parse import parse_qsl

from demo.files import Upload
from demo.records import Json, bad

ALWAYS_TEXT = frozenset(
    {"text", "caption", "callback_query_id", "url", "secret_token", "file_id", "description", "emoji"}
    | {"short_description", "parse_mode", "language_code", "performer", "action", "ip_address", "title"}
)
"""Fields that stay text in the record of calls even if they look like a number."""
INTEGER = re.compile(r"\s*[+-]?\d+")


class Params:
    """The fields and uploads of one call, read as forgivingly as the server reads them."""

    def __init__(self, fields: Mapping[str, object], uploads: Mapping[str, Upload]) -> None:
        self._fields = {name: value for name, value in fields.items() if value is not None}
        self._uploads = uploads

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str) -> str:
        """A field as text; '' when it was not passed."""
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, otherwise: int = 0) -> int:
        """A field as a number; what is none counts as 0."""
        raw = self.text(name).strip('"')
        if not raw:
            return otherwise
        found = INTEGER.match(raw)
        return int(found[0]) if found else 0

    def flag(self, name: str) -> bool:
        """A field as yes or no."""
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def parsed(self, name: str, complaint: str) -> object:
        """A JSON field; None when it was not passed. Raises RefusalError (400, ``complaint``)."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            value: object = json.loads(raw)
        except ValueError:
            raise bad(complaint) from None
        return value

    def upload(self, name: str) -> Upload | None:
        """The file under a field: its own part, or the part that it points to with ``attach://``."""
        if name in self._uploads:
            return self._uploads[name]
        pointer = self.text(name)
        return self._uploads.get(pointer[len("attach://") :]) if pointer.startswith("attach://") else None

    def record(self) -> Json:
        """For the list of calls: JSON decoded, files by name and size."""
        pointed = {name for name in self._fields if self.upload(name) is not None}
        files = pointed | {name for name in self._uploads if not self._is_pointed_at(name)}
        fields = {name: _decoded(name, value) for name, value in self._fields.items()}
        return fields | {name: _told(self.upload(name)) for name in files}

    def _is_pointed_at(self, part: str) -> bool:
        return f"attach://{part}" in self._fields.values()


def _told(upload: Upload | None) -> Json:
    return {"file_name": upload.file_name, "size": len(upload.data)} if upload else {}


def _decoded(name: str, value: object) -> object:
    if not isinstance(value, str) or name in ALWAYS_TEXT:
        return value
    try:
        decoded: object = json.loads(value)
    except ValueError:
        return value
    return decoded


def read(query: str, content_type: str, body: bytes) -> Params:
    """The fields of a request. Raises RefusalError (400) when a JSON body is none."""
    fields: dict[str, object] = dict(parse_qsl(query, keep_blank_values=True))
    uploads: dict[str, Upload] = {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and body:
        fields |= _from_json(body)
    elif kind == "application/x-www-form-urlencoded":
        fields |= parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    elif kind == "multipart/form-data":
        for name, upload in _parts(content_type, body):
            if isinstance(upload, Upload):
                uploads[name] = upload
            else:
                fields[name] = upload
    return Params(fields, uploads)


def _from_json(body: bytes) -> dict[str, object]:
    try:
        held = json.loads(body)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise bad("can't parse JSON object") from None
    return held


def _header(name: str, value: str) -> EmailMessage:
    message = EmailMessage()
    message[name] = value
    return message


def _parts(content_type: str, body: bytes) -> list[tuple[str, str | Upload]]:
    boundary = _header("content-type", content_type).get_boundary("").encode()
    parts: list[tuple[str, str | Upload]] = []
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, blank, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if blank:
            parts.append(_part(head.decode("utf-8", "replace"), data))
    return parts


def _part(head: str, data: bytes) -> tuple[str, str | Upload]:
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))
    }
    about = _header("content-disposition", headers.get("content-disposition", ""))
    name = str(about.get_param("name", "", "content-disposition"))
    file_name = about.get_filename()
    if file_name is None:
        return name, data.decode("utf-8", "replace")
    return name, Upload(file_name, headers.get("content-type", ""), data)
