"""How hard a text is to read, by the formula of its language."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SENTENCE = re.compile(r"(?<=[.!?…])[”»)\"']*\s+|\n+")
"""Where a sentence ends: patients read each line by itself."""
BREATH = re.compile(r"(?<=[.!?…:;])[”»)\"']*\s+|\n+")
"""Where somebody who reads it aloud takes breath."""
BULLET = re.compile(r"^[•✓?–-] +", re.MULTILINE)
_EASY = "day"
"""What a name counts as: one short word."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A formula, and which way it goes."""

    of: Callable[[str], float]
    lang: str
    """What textstat knows the language by; '' leaves it to the text's own."""
    grows: bool
    """Whether a higher figure is harder."""


MEASURES: Mapping[str, Measure] = {
    "flesch_kincaid": Measure(lambda text: _textstat().flesch_kincaid_grade(text), "en_US", grows=True),
    "fernandez_huerta": Measure(lambda text: _textstat().fernandez_huerta(text), "es", grows=False),
    "flesch": Measure(lambda text: _textstat().flesch_reading_ease(text), "", grows=False),
}
"""Name in wording.yaml → formula; `flesch` is fitted to de, es, fr, it, nl and ru."""


def figure(text: str, measure: str, lang: str, names: Iterable[str] = ()) -> float:
    """The figure of a text that has at least one sentence; ``names`` count as one short word each."""
    for name in names:
        text = text.replace(name, _EASY)
    of = MEASURES[measure]
    _textstat().set_lang(of.lang or lang)
    return round(float(of.of(prose(text))), 2)


def too_hard(figure: float, measure: str, hardest: float) -> bool:
    """Whether a figure is beyond what a language allows."""
    return figure > hardest if MEASURES[measure].grows else figure < hardest


def prose(text: str) -> str:
    """The text as it is read aloud: every line and every bullet ends its sentence."""
    lines = (line.strip() for line in BULLET.sub("", text).split("\n"))
    return " ".join(line if line.endswith((".", "?", "!", ":", "…")) else f"{line}." for line in lines if line)


def sentences(text: str) -> list[str]:
    """The sentences of a text, without bullets."""
    return [part.strip() for part in SENTENCE.split(BULLET.sub("", text)) if part.strip()]


def breaths(text: str) -> list[str]:
    """What is read in one breath: sentences, and what stands before and after a colon."""
    return [part.strip() for part in BREATH.split(BULLET.sub("", text)) if part.strip()]


def _textstat() -> Any:
    """Loaded when it is first needed: it takes a second, and only the check needs it."""
    logging.getLogger("nltk").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import textstat  # noqa: PLC0415
    return textstat
