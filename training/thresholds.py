"""From scores on messages that were not learnt from to temperatures, thresholds and figures.

A temperature makes the probabilities of danger true ones; from which of them what follows is fixed. The gate of the
answers is found: as many right ones as the share of wrong ones allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from care.faq import OUT_OF_SCOPE
from care.model import Level
from care.trained import mixed
from training.bank import Example
from training.learn import Labels

HEATS = [0.5 + 0.05 * n for n in range(51)]
TRICKY = "harmless_tricky"
LEVELS = {"emergency": 0.4, "danger": 0.55, "ask": 0.15, "review": 0.6, "calm": 0.12}
"""Probabilities, once they are true ones, from which a message is an emergency, a danger, asked about or for review;
below ``calm`` of being for staff at all it is taken for harmless. Chosen on the rounds up to the ninth, after each was
measured: a danger missed weighs many times what a needless question does.
"""
WRONG, ANYWAY = 0.04, 0.03
"""Share of wrong answers, and of answers to what is out of scope, that the gate may let through."""
OFFERED_FROM = 0.02


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
    answers, figures = _gate([row for row in spoken if row.example.topic and not row.example.level], labels)
    found = {name: round(value, 4) for name, value in (found | answers).items()}
    return found, {name: round(value, 4) for name, value in (_figures(judged, found) | figures).items()}


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


def _gate(rows: Sequence[Scored], labels: Labels) -> tuple[dict[str, float], dict[str, float]]:
    """How much the model and the words count, and from which probability a topic is answered."""
    best: tuple[dict[str, float], dict[str, float]] | None = None
    for weight, heat in product((0.3, 0.4, 0.5, 0.6, 0.7), (0.5, 0.7, 1.0)):
        found = [(row.example, _mixed(row, labels, weight, heat)) for row in rows]
        tried = (_judged(found, 0.02 * n) for n in range(5, 48))
        allowed = (told for told in tried if told[2] <= WRONG and told[3] <= ANYWAY)
        at, right, wrong, anyway = next(allowed, _judged(found, 0.95))
        if best is None or right > best[1]["answers right"]:
            figures = {"answers right": right, "answers wrong": wrong, "answered out of scope": anyway}
            gate = {"weight": weight, "heat": heat, "answer": at, "offer": OFFERED_FROM}
            best = gate, figures
    if best is None:
        raise ValueError("the bank holds no questions")
    return best


def _mixed(row: Scored, labels: Labels, weight: float, heat: float) -> dict[str, float]:
    learnt = dict(zip(labels.topics, softmax(row.topics, 1.0), strict=True))
    return dict(mixed(learnt, row.words, weight, heat))


def _judged(found: Sequence[tuple[Example, Mapping[str, float]]], at: float) -> tuple[float, float, float, float]:
    """(at, right, wrong, out of scope answered) as shares."""
    right = wrong = anyway = inside = 0
    for one, shares in found:
        best = max(shares, key=lambda topic: shares[topic], default=OUT_OF_SCOPE)
        answered = best != OUT_OF_SCOPE and shares[best] >= at
        inside += one.topic != OUT_OF_SCOPE
        if one.topic == OUT_OF_SCOPE:
            anyway += answered
        elif answered:
            good = best in (one.topic, *one.also)
            right, wrong = right + good, wrong + (not good)
    return at, right / max(1, inside), wrong / max(1, inside), anyway / max(1, len(found) - inside)
