"""Telegram's HTML is read as strictly as the server reads it."""

from __future__ import annotations

import contextlib
import html as stdlib_html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import markup
from demo.records import Json, RefusalError


def faulty(source: str) -> str:
    with pytest.raises(RefusalError) as caught:
        markup.read(source)
    assert caught.value.code == 400
    return caught.value.description.removeprefix("Bad Request: can't parse entities: ")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<br>a", 'Unsupported start tag "br" at byte offset 0'),
        ("<b/>", 'Unsupported start tag "b/" at byte offset 0'),
        ("é<p>a</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("😀<p>a</p>", 'Unsupported start tag "p" at byte offset 4'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>a</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=x_y>a</a>", "Unexpected end of name token at byte offset 8"),
        ("<b =x>a</b>", 'Empty attribute name in the tag "b" at byte offset 0'),
        ("<b x", 'Unclosed start tag "b" at byte offset 0'),
        ("<tg-emoji>a</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)
def test_broken_markup_is_refused_with_the_place_in_bytes(source: str, words: str) -> None:
    assert faulty(source) == words


def test_half_a_character_is_refused() -> None:
    assert faulty("&#xd83d;").startswith("Text contains invalid Unicode characters")


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("Tom &amp; Ana &lt;3", "Tom & Ana <3"),
        ("&quot;Hi&quot; &#39;you&#x27;", "\"Hi\" 'you'"),
        ("Tom & Ana &copy; &nbsp;", "Tom & Ana &copy; &nbsp;"),
        ("<B>loud</B>", "loud"),
        ("a > b", "a > b"),
    ],
)
def test_characters_are_decoded_as_the_server_decodes_them(source: str, plain: str) -> None:
    assert markup.read(source)[0] == plain


def test_entities_count_utf_16_units_and_may_nest() -> None:
    text, entities = markup.read("😀 <b>bold <i>both</i></b> <a href='https://t.me/x'>link</a>")
    assert text == "😀 bold both link"
    assert entities == [
        {"type": "bold", "offset": 3, "length": 9},
        {"type": "italic", "offset": 8, "length": 4},
        {"type": "text_link", "offset": 13, "length": 4, "url": "https://t.me/x"},
    ]


def test_space_around_a_text_is_taken_away_and_entities_move_along() -> None:
    assert markup.trimmed(*markup.read("\n  Day <b>1 </b>\n")) == (
        "Day 1",
        [{"type": "bold", "offset": 4, "length": 1}],
    )


def test_commands_and_addresses_are_marked_where_no_other_mark_is() -> None:
    text = "/start@care_bot or https://t.me/care_bot"
    assert [entity["type"] for entity in markup.with_found(text, [])] == ["bot_command", "url"]
    bold = {"type": "bold", "offset": 0, "length": 15}
    assert [entity["type"] for entity in markup.with_found(text, [bold])] == ["bold", "url"]


def test_a_page_shows_marks_and_nothing_else_as_html() -> None:
    text, entities = markup.read("<b>Redness</b> &lt;script&gt; <i>is <u>usual</u></i>")
    assert markup.shown(text, entities) == "<b>Redness</b> &lt;script&gt; <i>is </i><i><u>usual</u></i>"


@given(st.text())
def test_escaped_text_always_arrives_as_it_was(text: str) -> None:
    assert markup.read(stdlib_html.escape(text)) == (text, [])


@given(st.lists(st.sampled_from([*"ab </>&;='\"", "<b>", "</b>", "<a href=", "&lt;", "😀"])))
def test_whatever_is_sent_is_either_read_or_refused(pieces: list[str]) -> None:
    text = ""
    entities: list[Json] = []
    with contextlib.suppress(RefusalError):
        text, entities = markup.read("".join(pieces))
    length = markup.units(text)
    assert all(0 <= entity["offset"] < entity["offset"] + entity["length"] <= length for entity in entities)
    assert "<" not in markup.shown(text, [])
