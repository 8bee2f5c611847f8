"""From a trained reader to the files that care.classify reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.nn import functional as tf

from care.classify import pack
from care.model import Level
from care.tokens import Tokens
from training.bank import SPOKEN, Example
from training.encoder import Reader
from training.learn import Labels, batch_of
from training.weights import Packed

OPSET = 17
SHOWN = 90
"""Letters of a labelled message that staff can take in at a glance; longer ones are not shown as the nearest."""
FILES = ("reader.onnx", "words.bin", "near.bin", "pieces.txt", "reader.json")


class Served(nn.Module):
    """The reader as it is shipped: the vectors of one text's pieces in, probabilities out."""

    def __init__(self, reader: Reader, heat: float) -> None:
        """``heat``: the temperature at which the level's probabilities are true on unseen messages."""
        super().__init__()
        self.reader, self.heat = reader, heat

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """``words`` (1, length, hidden) → levels, topics, signs and meaning, each (1, n)."""
        level, topic, sign, meaning = self.reader.read(words, torch.ones_like(words[..., 0]))
        return (level / self.heat).softmax(-1), topic.softmax(-1), sign.sigmoid(), tf.normalize(meaning, dim=-1)


def ship(
    reader: Reader, packed: Packed, kept: Sequence[int], tokens: Tokens, examples: Sequence[Example],
    labels: Labels, thresholds: Mapping[str, float], about: Mapping[str, Any], folder: Path,
) -> None:  # fmt: skip
    """Write everything but the vocabulary into ``folder``. ``thresholds["level heat"]`` is built into the model."""
    _export(reader.eval(), thresholds["level heat"], packed.hidden, folder / "reader.onnx")
    packed.blocks("emb.word")[list(kept)].tofile(folder / "words.bin")
    serious = [one for one in examples if one.level > Level.NONE and len(one.text) <= SHOWN and one.lang in SPOKEN]
    pack(_meanings(reader, tokens, serious)).tofile(folder / "near.bin")
    told = {
        "topics": labels.topics,
        "signs": labels.signs,
        "hidden": packed.hidden,
        "thresholds": thresholds,
        "like": [one.text for one in serious],
        **about,
        "sha256": {name: _sha256(folder / name) for name in FILES[:-1]},
    }
    (folder / "reader.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _export(reader: Reader, heat: float, hidden: int, path: Path) -> None:
    """Weights in 8 bits, a scale for each channel."""
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            Served(reader, heat), (torch.zeros(1, 7, hidden),), str(plain),
            input_names=["words"], output_names=["levels", "topics", "signs", "meaning"],
            dynamic_axes={"words": {1: "length"}}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(plain, path, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"])
    onnx.checker.check_model(str(path))


def _meanings(reader: Reader, tokens: Tokens, examples: Sequence[Example]) -> Any:
    with torch.no_grad():
        found = [tf.normalize(reader(*batch_of(tokens, [one]))[3], dim=-1)[0].numpy() for one in examples]
    return np.stack(found)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
