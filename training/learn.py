"""Tuning the encoder and its heads on the bank."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as tf

from care.classify import opening
from care.model import Level
from care.tokens import BEGIN, END, PAD, Tokens
from training.bank import OUT_OF_SCOPE, SPOKEN, UNREADABLE, Example, disturbed
from training.encoder import Reader

LONGEST = 100
BODY_RATE, HEAD_RATE = 1e-4, 2e-3
SMOOTHING = 0.05
SIGN_WEIGHT = 4.0
WARM_UP = 0.1
TOPIC_WEIGHT, OUTSIDE = 1.5, 0.5
RAMBLING = 0.15
"""Share of the messages that are learnt in the middle of others."""
ALSO = 0.3
"""Share of the further topics that would answer a message."""


@dataclass(frozen=True)
class Labels:
    """The order of what the heads tell."""

    topics: tuple[str, ...]
    signs: tuple[str, ...]


def prompt(example: Example) -> str:
    """The text as the model reads it."""
    return f"{opening(example.day)} {example.text}"


def batch_of(tokens: Tokens, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """(ids, which are there), padded to the longest."""
    rows = [[BEGIN, *tokens.ids(prompt(one))[:LONGEST], END] for one in examples]
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), PAD, dtype=torch.long)
    there = torch.zeros((len(rows), width))
    for n, row in enumerate(rows):
        ids[n, : len(row)] = torch.tensor(row)
        there[n, : len(row)] = 1
    return ids, there


def loss_of(reader: Reader, tokens: Tokens, examples: Sequence[Example], labels: Labels) -> Tensor:
    """How wrong the reader is about a batch."""
    with torch.autocast("cpu", torch.bfloat16):
        level, topic, sign, _ = (out.float() for out in reader(*batch_of(tokens, examples)))
    loss = tf.cross_entropy(level, torch.tensor([int(one.level) for one in examples]), label_smoothing=SMOOTHING)
    asked = [n for n, one in enumerate(examples) if one.topic in labels.topics]
    if asked:
        wanted = torch.stack([_topics(examples[n], labels) for n in asked])
        # There are ten times as many ways to ask what no document answers as ways to ask about one topic.
        weight = torch.tensor([OUTSIDE if examples[n].topic == OUT_OF_SCOPE else 1.0 for n in asked])
        costs = tf.cross_entropy(topic[asked], wanted, label_smoothing=SMOOTHING, reduction="none")
        loss = loss + TOPIC_WEIGHT * (costs * weight).sum() / len(examples)
    told, known = _signs(examples, labels)
    costs = tf.binary_cross_entropy_with_logits(sign, told, reduction="none")
    return loss + SIGN_WEIGHT * (costs * known).sum() / known.sum()


def _signs(examples: Sequence[Example], labels: Labels) -> tuple[Tensor, Tensor]:
    """(which signs are there, which of them are known to be there or not)."""
    told, known = torch.zeros(len(examples), len(labels.signs)), torch.zeros(len(examples), len(labels.signs))
    for n, one in enumerate(examples):
        if one.signs is not None:
            known[n] = 1
            told[n] = torch.tensor([float(sign in one.signs) for sign in labels.signs])
        # Whether it is written in a language that is read is known of every message.
        known[n, labels.signs.index(UNREADABLE)] = 1
        told[n, labels.signs.index(UNREADABLE)] = float(one.lang not in SPOKEN)
    return told, known


def _topics(example: Example, labels: Labels) -> Tensor:
    """The topic, and what else would answer with a share of it."""
    also = [topic for topic in example.also if topic in labels.topics]
    wanted = torch.zeros(len(labels.topics))
    for topic in also:
        wanted[labels.topics.index(topic)] = ALSO / len(also)
    wanted[labels.topics.index(str(example.topic))] = 1 - ALSO * bool(also)
    return wanted


def batches(examples: Sequence[Example], size: int, chance: random.Random) -> Iterator[list[Example]]:
    """Batches of messages of similar length, in any order."""
    calm = {lang: [one for one in examples if one.lang == lang and _chatter(one)] for lang in SPOKEN}
    rows = [disturbed(_longer(one, calm, chance), chance) for one in examples]
    chance.shuffle(rows)
    made = []
    for start in range(0, len(rows), size * 20):
        near = sorted(rows[start : start + size * 20], key=lambda one: len(one.text))
        made += [near[n : n + size] for n in range(0, len(near), size)]
    chance.shuffle(made)
    yield from made


def _chatter(example: Example) -> bool:
    """Whether it can stand beside any other message and change nothing."""
    return example.level is Level.NONE and example.topic is None and example.signs == ()


def _longer(example: Example, calm: Mapping[str, Sequence[Example]], chance: random.Random) -> Example:
    """Now and then the same message in the middle of others that mean nothing, as people tell it who ramble."""
    others = calm.get(example.lang, ())
    if not others or chance.random() >= RAMBLING:
        return example
    parts = [example.text, *(one.text for one in chance.choices(others, k=chance.choice((1, 1, 2))))]
    chance.shuffle(parts)
    return replace(example, text=" ".join(parts))


def learn(
    reader: Reader, tokens: Tokens, examples: Sequence[Example], labels: Labels, *,
    epochs: int, told: Callable[[int, int, float], None], rate: float = 1.0, size: int = 24, seed: int = 0,
) -> None:  # fmt: skip
    """Tune in place. ``rate``: of the usual speed; ``told(step, steps, loss)`` after each step."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    steps = epochs * math.ceil(len(examples) / size)
    heads = [*reader.level.parameters(), *reader.topic.parameters(), *reader.sign.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": reader.body(), "lr": BODY_RATE * rate}, {"params": heads, "lr": HEAD_RATE * rate}],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min(1.0, n / (WARM_UP * steps)) * max(0.0, 1 - n / steps)
    )
    reader.train()
    step = 0
    for _ in range(epochs):
        for batch in batches(examples, size, chance):
            loss = loss_of(reader, tokens, batch, labels)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            told(step, steps, float(loss.detach()))
    reader.eval()
