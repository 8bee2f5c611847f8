"""A message in pieces: what is compared, and the way back to the patient's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.text import LONGEST, read, signs


def norms(raw: str) -> list[str]:
    return [piece.norm for piece in read(raw).pieces]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("CAN'T Breathe", ["cant", "breathe"]),
        ("Can’t breathe", ["cant", "breathe"]),
        ("Hinchazón, ¿sí?", ["hinchazon", ",", "sí", "?"]),
        ("feverrrrr 38,5C", ["feverr", "38.5", "c"]),
        ("pu\u200bs", ["pus"]),
        ("pain 9/10", ["pain", "9", "/", "10"]),
        ("my cheek's hot and it's red", ["my", "cheek", "hot", "and", "its", "red"]),
        ("I'll ring", ["iwill", "ring"]),
        ("no pus. fever!", ["no", "pus", "|", "fever", "|"]),
        ("ﬁne", ["fine"]),
    ],
)
def test_a_message_is_cut_into_comparable_pieces(raw: str, expected: list[str]) -> None:
    assert norms(raw) == expected


def test_pieces_lead_back_to_the_words_as_they_were_written() -> None:
    text = read("Hola… me sale PUS\u200b verdé de la mejilla")
    first = next(n for n, piece in enumerate(text.pieces) if piece.norm == "pus")
    assert text.said(first, first + 1) == "PUS\u200b verdé"


def test_a_sentence_ends_with_its_mark() -> None:
    text = read("No pus. Is it hot? Yes")
    assert text.sentences == ((0, 2), (3, 6), (7, 7))
    assert [text.sentence_of(n) for n in (0, 2, 3, 7)] == [0, 0, 1, 2]


def test_signs_are_told_without_skin_tones() -> None:
    assert signs("ok 👍🏽 ❤️") == "👍❤"


def test_no_more_is_read_than_the_limit() -> None:
    assert len(read("x y " * LONGEST).pieces) <= LONGEST


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_every_piece_stands_where_it_says(raw: str) -> None:
    text = read(raw)
    places = [(piece.start, piece.end) for piece in text.pieces]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(raw) for start, end in places)
    assert all(text.piece_at(start) == n for n, start in enumerate(text.starts))
