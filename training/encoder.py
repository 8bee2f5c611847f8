"""The encoder as PyTorch knows it, with the packed weights in it and one head for each question we ask."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as tf

from training.weights import Packed

SHARP = 8.0
"""Length of the sentence vector that the heads see."""
POSITIONS = 128


class Layer(nn.Module):
    """One layer of BERT: attention, then two linear maps, each with a residual and a norm."""

    def __init__(self, packed: Packed, number: int) -> None:
        super().__init__()
        hidden, inner = packed.hidden, packed.inner
        self.heads = packed.heads
        shapes = {
            "q": (hidden, hidden), "k": (hidden, hidden), "v": (hidden, hidden),
            "ao": (hidden, hidden), "fi": (inner, hidden), "fo": (hidden, inner),
        }  # fmt: skip
        self.maps = nn.ModuleDict({name: nn.Linear(shape[1], shape[0]) for name, shape in shapes.items()})
        self.norms = nn.ModuleDict({name: nn.LayerNorm(hidden, packed.epsilon) for name in ("aln", "oln")})
        with torch.no_grad():
            for name, shape in shapes.items():
                self.maps[name].weight.copy_(torch.from_numpy(packed.tensor(f"l{number}.{name}.w", *shape)))
                self.maps[name].bias.copy_(torch.from_numpy(packed.tensor(f"l{number}.{name}.b")))
            for name in self.norms:
                self.norms[name].weight.copy_(torch.from_numpy(packed.tensor(f"l{number}.{name}.w")))
                self.norms[name].bias.copy_(torch.from_numpy(packed.tensor(f"l{number}.{name}.b")))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, length, hidden) in and out; ``mask`` is 0 where a piece stands and very negative elsewhere."""
        batch, length, hidden = x.shape
        size = hidden // self.heads
        q, k, v = (self.maps[name](x).view(batch, length, self.heads, size).transpose(1, 2) for name in ("q", "k", "v"))
        weights = (q @ k.transpose(-1, -2) * size**-0.5 + mask).softmax(-1)
        context = (weights @ v).transpose(1, 2).reshape(batch, length, hidden)
        x = self.norms["aln"](x + self.maps["ao"](context))
        return self.norms["oln"](x + self.maps["fo"](tf.gelu(self.maps["fi"](x))))


class Reader(nn.Module):
    """A text's pieces → logits of levels, topics and signs, and the vector from which they are told."""

    def __init__(self, packed: Packed, kept: Sequence[int], topics: int, signs: int) -> None:
        """``kept``: ids of the whole vocabulary that stay, in their new order."""
        super().__init__()
        hidden = packed.hidden
        words = torch.from_numpy(packed.tensor("emb.word").reshape(-1, hidden))[torch.tensor(kept)]
        places = torch.from_numpy(packed.tensor("emb.pos").reshape(-1, hidden))[:POSITIONS]
        # They stay as they were packed: rare words keep their meaning, and the file stays small.
        self.words = nn.Embedding.from_pretrained(words.clone(), freeze=True)
        self.places = nn.Embedding.from_pretrained(places.clone(), freeze=False)
        self.kind = nn.Parameter(torch.from_numpy(packed.tensor("emb.type").reshape(-1, hidden)[0].copy()))
        self.norm = nn.LayerNorm(hidden, packed.epsilon)
        with torch.no_grad():
            self.norm.weight.copy_(torch.from_numpy(packed.tensor("emb.ln.w")))
            self.norm.bias.copy_(torch.from_numpy(packed.tensor("emb.ln.b")))
        self.layers = nn.ModuleList(Layer(packed, number) for number in range(packed.layers))
        self.level = nn.Linear(hidden, 4)
        self.topic = nn.Linear(hidden, topics)
        self.sign = nn.Linear(hidden, signs)

    def forward(self, ids: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """``ids`` (batch, length); ``there`` 1 where a piece stands, 0 where it is padded."""
        return self.read(self.words(ids), there)

    def read(self, words: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The same from the vectors of the pieces, (batch, length, hidden)."""
        x = self.norm(words + self.places(torch.arange(words.shape[1])) + self.kind)
        mask = (1 - there[:, None, None, :].float()) * -1e4
        for layer in self.layers:
            x = layer(x, mask)
        weight = there.float()[..., None]
        mean = tf.normalize((x.float() * weight).sum(1) / weight.sum(1), dim=-1) * SHARP
        return self.level(mean), self.topic(mean), self.sign(mean), mean

    def body(self) -> list[nn.Parameter]:
        """What was learnt elsewhere and is only tuned here."""
        heads = {id(p) for head in (self.level, self.topic, self.sign) for p in head.parameters()}
        return [p for p in self.parameters() if id(p) not in heads]
