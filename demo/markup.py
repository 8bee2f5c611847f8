"""Telegram's HTML: read as strictly as the server reads it, and told back for a phone's screen."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import pairwise

from demo.records import Json, RefusalError, Words, bad

ENTITY_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
SHOWN_AS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
CHARACTER = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]+)|#(?P<dec>[0-9]+)|(?P<name>lt|gt|amp|quot)(?![a-zA-Z]));?")
NEEDED = {"a": "href", "code": "class", "span": "class", "tg-emoji": "emoji-id", "tg-time": "unix"}
"""The attribute that a tag's entity is made of."""
SURROGATES = (
    "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
)
START_TAG = re.compile(r"<([^\s>]*)")
END_TAG = re.compile(r"</([^\s>]*)\s*>")
END_OF_TAG = re.compile(r"\s*>")
LARGEST = 0x10FFFF
QUOTES = ("'", '"')
ATTRIBUTE = re.compile(r"""\s*(?P<name>[^\s=>/"']*)\s*(?:(?P<is>=)\s*(?P<value>"[^"]*"|'[^']*'|[A-Za-z0-9.\-]*))?""")
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<url>https?://[^\s<>\"]+)"
    r"|(?P<mention>(?<![\w@])@\w{3,32})"
    r"|(?P<hashtag>(?<!\w)#[^\W\d_]\w*)"
)
LINK = re.compile(r"(?:https?://)?[\w.-]+\.\w{2,}(?:[/?#].*)?$|https?://localhost\b|https?://[\d.]+\b|tg:|mailto:|tel:")


def units(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class _Open:
    tag: str
    argument: str
    at: int
    """UTF-16 offset at which it starts."""


class _Reader:
    """Reads one text; each method moves ``self.at``, the place in the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.plain: list[str] = []
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def read(self) -> Words:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._end_tag()
            elif self.source[self.at] == "<":
                self._start_tag()
            else:
                self._character()
        if self.open:
            raise broken(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.plain), self.entities

    def _character(self) -> None:
        found = CHARACTER.match(self.source, self.at)
        character = _decoded(found) if found else ""
        if found and character:
            self.at = found.end()
        else:
            character = self.source[self.at]
            self.at += 1
        self.plain.append(character)
        self.offset += units(character)

    def _byte(self, place: int) -> int:
        return len(self.source[:place].encode("utf-8", "surrogatepass"))

    def _start_tag(self) -> None:
        begin = self.at
        named = START_TAG.match(self.source, begin)
        if named is None or named.end() == len(self.source):
            raise broken(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = named[1].lower()
        if tag not in ENTITY_OF_TAG:
            raise broken(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        self.at = named.end()
        argument = self._attributes(tag, begin)
        if tag == "span" and argument != "tg-spoiler":
            raise broken(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self.open.append(_Open(tag, argument, self.offset))

    def _attributes(self, tag: str, begin: int) -> str:
        """Up to and with the closing ``>``; what the tag's entity needs of its attributes."""
        kept = ""
        while not END_OF_TAG.match(self.source, self.at):
            found = ATTRIBUTE.match(self.source, self.at)
            if found is None or found.end() == len(self.source):
                raise broken(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
            if not found["name"]:
                words = f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}'
                raise broken(words)
            self.at = found.end()
            if found["is"]:
                self._check_value(found, begin)
            if found["name"] == NEEDED.get(tag) and found["is"]:
                kept = html.unescape(_unquoted(found["value"]))
            elif found["name"] == "expandable" and tag == "blockquote":
                kept = "expandable"
        self.at = self.source.index(">", self.at) + 1
        return kept

    def _check_value(self, found: re.Match[str], begin: int) -> None:
        following = self.source[self.at]
        if not found["value"] and following in QUOTES:
            raise broken(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if found["value"][:1] not in QUOTES and not following.isspace() and following != ">":
            raise broken(f"Unexpected end of name token at byte offset {self._byte(found.start('value'))}")

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise broken(f"Unexpected end tag at byte offset {self._byte(begin)}")
        found = END_TAG.match(self.source, begin)
        if found is None:
            raise broken(f"Unclosed end tag at byte offset {self._byte(begin)}")
        last = self.open.pop()
        if found[1] and found[1].lower() != last.tag:
            names = f'expected "</{last.tag}>", found "</{found[1].lower()}>"'
            raise broken(f"Unmatched end tag at byte offset {self._byte(begin)}, {names}")
        self.at = found.end()
        self._close(last)

    def _close(self, last: _Open) -> None:
        length = self.offset - last.at
        entity: Json = {"type": ENTITY_OF_TAG[last.tag], "offset": last.at, "length": length}
        if last.tag == "a":
            entity["url"] = last.argument or _cut("".join(self.plain), last.at, length)
            if not LINK.match(entity["url"]):
                return
        elif last.tag == "tg-emoji":
            if not last.argument.isdigit():
                raise broken("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = last.argument
        elif last.argument == "expandable":
            entity["type"] = "expandable_blockquote"
        if length:
            self.entities.append(entity)


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in QUOTES else value.lower()


def broken(words: str) -> RefusalError:
    """The server's refusal of markup."""
    return bad(f"can't parse entities: {words}")


def _decoded(found: re.Match[str]) -> str:
    if found["name"]:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[found["name"]]
    code = int(found["hex"], 16) if found["hex"] else int(found["dec"])
    if not 0 < code < LARGEST or len(found[0].rstrip(";")) >= 10:
        return ""
    if 0xD800 <= code <= 0xDFFF:
        raise broken(SURROGATES)
    return chr(code)


def _cut(text: str, offset: int, length: int) -> str:
    wide = text.encode("utf-16-le", "surrogatepass")
    return wide[offset * 2 : (offset + length) * 2].decode("utf-16-le", "surrogatepass")


def read(source: str) -> Words:
    """HTML → plain text and its entities (offsets in UTF-16 units). Raises RefusalError (400) on a fault."""
    return _Reader(source).read()


def trimmed(text: str, entities: list[Json]) -> Words:
    """Without the space around it that the server takes away; entities moved along, empty ones dropped."""
    kept = text.rstrip()
    first = min((entity["offset"] for entity in entities), default=len(kept))
    lead = min(len(kept) - len(kept.lstrip(" \n")), first)
    end = units(kept)
    moved = [
        {**entity, "offset": entity["offset"] - lead, "length": min(entity["length"], end - entity["offset"])}
        for entity in entities
    ]
    return kept[lead:], [entity for entity in moved if entity["length"] > 0]


def found(text: str) -> list[Json]:
    """What the server marks by itself: commands, addresses, mentions, hashtags."""
    return [
        {"type": str(match.lastgroup), "offset": units(text[: match.start()]), "length": units(match[0])}
        for match in FOUND.finditer(text)
    ]


def with_found(text: str, entities: list[Json]) -> list[Json]:
    """``entities`` and whatever the server finds beside them."""
    spans = [(entity["offset"], _end(entity)) for entity in entities]
    more = [
        entity
        for entity in found(text)
        if all(entity["offset"] >= end or _end(entity) <= start for start, end in spans)
    ]
    return sorted([*entities, *more], key=lambda entity: (entity["offset"], -entity["length"]))


def _end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def shown(text: str, entities: list[Json]) -> str:
    """Safe HTML of a text and its entities, for a page."""
    drawn = [entity for entity in entities if entity["type"] in SHOWN_AS or entity["type"] == "text_link"]
    edges = {0, units(text)}
    for entity in drawn:
        edges |= {entity["offset"], _end(entity)}
    pieces: list[str] = []
    for start, end in pairwise(sorted(edges)):
        piece = html.escape(_cut(text, start, end - start), quote=False)
        for entity in reversed(drawn):
            if entity["offset"] <= start and end <= _end(entity):
                piece = _wrapped(piece, entity)
        pieces.append(piece)
    return "".join(pieces)


def _wrapped(piece: str, entity: Json) -> str:
    if entity["type"] == "text_link":
        return f'<a href="{html.escape(entity["url"])}">{piece}</a>'
    tag = SHOWN_AS[entity["type"]]
    return f"<{tag}>{piece}</{tag}>"
