"""From scores on messages that were not learnt from to temperatures, thresholds and figures.

A temperature, found on those messages, makes the probabilities of danger true ones; from which of them on what follows
is fixed, as is the gate of the answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from care.faq import OUT_OF_SCOPE
from care.model import Level
from care.trained import mixed
from training.bank import Example
from training.learn import Labels

HEATS = [0.5 + 0.05 * n for n in range(51)]
TRICKY = "harmless_tricky"
LEVELS = {"emergency": 0.2, "danger": 0.3, "ask": 0.05, "review": 0.45, "calm": 0.12, "certain": 0.025}
"""Probabilities, once they are true ones, from which a message is an emergency, a danger, asked about or for review;
below ``calm`` of being for staff at all it is taken for harmless, below ``certain`` whatever words it uses.
Chosen on the rounds nine to fifteen, after each was measured: a danger missed weighs many times what a needless
question does.
"""
ANSWERS = {"weight": 0.6, "heat": 0.36, "answer": 0.55, "offer": 0.005}
"""How much the model counts beside the words, the temperature at which their mixture is true, and from which
probability a topic is answered and offered. Chosen on the rounds nine to fifteen, which the model that was measured had
not learnt from: the eighth of the bank is easier to confuse, and has other questions than strangers ask.
"""


@dataclass(frozen=True)
class Scored:
    """One message that was held back."""

    example: Example
    levels: Sequence[float]
    """Logits."""
    topics: Sequence[float]
    words: Mapping[str, float]
    """Topic → score by the words that it shares with the FAQ."""


def softmax(logits: Sequence[float], heat: float) -> list[float]:
    """Probabilities at a temperature."""
    top = max(logits)
    powers = [math.exp((x - top) / heat) for x in logits]
    return [power / sum(powers) for power in powers]


def best_heat(rows: Sequence[tuple[Sequence[float], int]]) -> float:
    """The temperature at which the right answers are likeliest: Guo and others 2017, arXiv:1706.04599."""

    def cost(heat: float) -> float:
        return -sum(math.log(max(softmax(logits, heat)[right], 1e-9)) for logits, right in rows)

    return min(HEATS, key=cost)


def thresholds(rows: Sequence[Scored], labels: Labels) -> tuple[dict[str, float], dict[str, float]]:
    """(thresholds, figures on the rows)."""
    spoken = [row for row in rows if row.example.lang in ("en", "es")]
    heat = best_heat([(row.levels, int(row.example.level)) for row in spoken])
    judged = [(row.example, softmax(row.levels, heat)) for row in spoken]
    found = {"level heat": heat, **LEVELS}
    found = {name: round(value, 4) for name, value in (found | ANSWERS).items()}
    figures = _figures(judged, found) | _answered([row for row in spoken if row.example.topic], labels)
    return found, {name: round(value, 4) for name, value in figures.items()}


def _danger(p: Sequence[float]) -> float:
    return p[Level.URGENT] + p[Level.EMERGENCY]


def _flagged(p: Sequence[float]) -> float:
    return 1 - p[Level.NONE]


def _figures(judged: Sequence[tuple[Example, Sequence[float]]], at: Mapping[str, float]) -> dict[str, float]:
    def share(reached: Iterable[bool]) -> float:
        told = list(reached)
        return sum(told) / max(1, len(told))

    return {
        "held back": float(len(judged)),
        "dangers raised": share(_danger(p) >= at["danger"] for one, p in judged if one.level >= Level.URGENT),
        "dangers raised or asked": share(_danger(p) >= at["ask"] for one, p in judged if one.level >= Level.URGENT),
        "emergencies": share(p[3] >= at["emergency"] for one, p in judged if one.level is Level.EMERGENCY),
        "review flagged": share(_flagged(p) >= at["review"] for one, p in judged if one.level is Level.REVIEW),
        "tricky raised": share(_danger(p) >= at["danger"] for one, p in judged if not one.level and TRICKY in one.tags),
        "plain raised": share(
            _danger(p) >= at["danger"] for one, p in judged if not one.level and TRICKY not in one.tags
        ),
    }


def _answered(rows: Sequence[Scored], labels: Labels) -> dict[str, float]:
    """Shares of the questions that are answered rightly and wrongly, and of those out of scope that are answered."""
    right = wrong = anyway = 0
    inside = sum(row.example.topic != OUT_OF_SCOPE for row in rows)
    for row in rows:
        best, share = _mixed(row, labels)[0] if row.words else (OUT_OF_SCOPE, 1.0)
        if best == OUT_OF_SCOPE or share < ANSWERS["answer"]:
            continue
        good = best in (row.example.topic, *row.example.also)
        anyway += row.example.topic == OUT_OF_SCOPE
        right, wrong = right + good, wrong + (not good and row.example.topic != OUT_OF_SCOPE)
    outside = max(1, len(rows) - inside)
    return {
        "answers right": right / max(1, inside),
        "answers wrong": wrong / max(1, inside),
        "answered out of scope": anyway / outside,
    }


def _mixed(row: Scored, labels: Labels) -> Sequence[tuple[str, float]]:
    learnt = dict(zip(labels.topics, softmax(row.topics, 1.0), strict=True))
    return mixed(learnt, row.words, ANSWERS["weight"], ANSWERS["heat"])
