"""The coverage gate: every example is read and decided about, and nothing that was right may become wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from care.decide import Decision, Situation, decide
from care.examples import LADDERS, Example
from care.faults import Fault
from care.model import Level, Procedure, Reading
from care.understand import Reader


@dataclass(frozen=True, slots=True)
class Judged:
    """One example, and what comes of it today."""

    example: Example
    now: str
    """A word of the example's ladder."""
    detail: str = ""
    """Which topic answers it, or how serious it is taken to be."""

    @property
    def better(self) -> bool:
        """More comes of it than was known."""
        return bool(self.example.known) and self._step(self.now) > self._step(self.example.known)

    @property
    def best(self) -> bool:
        """Nothing better could come of it."""
        return self._step(self.now) == max(LADDERS[self.example.kind].values())

    @property
    def changed(self) -> bool:
        """Something else comes of it than was known, or nothing was known."""
        return self.now != self.example.known

    @property
    def telling(self) -> bool:
        """Worth a row among the changes; what is new and right is only counted."""
        return self.changed and (bool(self.example.known) or not self.best)

    @property
    def fails(self) -> bool:
        """It must not pass: a danger is read less well, an answer is lost, or one is given that is wrong.

        A danger that is new must be read from the start.
        """
        example = self.example
        if not example.known:
            return example.kind == "danger" and self.now == "missed"
        if self._step(self.now) >= self._step(example.known):
            return False
        return example.kind in ("danger", "review") or example.known == "answered" or self.now == "wrong"

    @property
    def told(self) -> str:
        """What comes of it now, with its detail."""
        return f"{self.now} ({self.detail})" if self.detail else self.now

    def _step(self, word: str) -> int:
        return LADDERS[self.example.kind][word]


@dataclass(frozen=True, slots=True)
class Gate:
    """What comes of all examples today."""

    judged: tuple[Judged, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Why the gate stays shut; empty when it is open."""
        return tuple(_fault(one) for one in self.judged if one.fails)

    @property
    def changed(self) -> tuple[Judged, ...]:
        """What is not as it was known, those that fail first."""
        return tuple(sorted((one for one in self.judged if one.telling), key=lambda one: not one.fails))

    @property
    def acceptable(self) -> tuple[Judged, ...]:
        """What is new, better or merely different, and can be written down as known."""
        return tuple(one for one in self.judged if one.changed and not one.fails)

    @property
    def missed(self) -> tuple[Judged, ...]:
        """Dangers that get an ordinary answer."""
        return tuple(one for one in self.judged if one.now == "missed" and one.example.kind == "danger")

    def counts(self, lang: str) -> Counter[tuple[str, str]]:
        """(what was expected, what comes of it) → how many examples of that language."""
        return Counter((one.example.kind, one.now) for one in self.judged if one.example.lang == lang)

    def notes(self) -> list[str]:
        """What is no fault and should be known: what is better or new, and the dangers that are still missed."""
        found = []
        if better := sum(one.better for one in self.acceptable):
            found.append(f"examples: {better} better: run `aftercare content examples --accept`")
        if new := sum(not one.example.known for one in self.acceptable):
            found.append(f"examples: {new} new: run `aftercare content examples --accept`")
        if louder := [one for one in self.acceptable if one.example.known == "quiet" and one.now != "quiet"]:
            found.append(
                f"examples: harmless messages that are flagged or asked about now: {len(louder)} ({_ids(louder)})"
            )
        if self.missed:
            found.append(f"examples: dangers that are not recognised yet: {len(self.missed)} ({_ids(self.missed)})")
        return found


def judge(example: Example, reader: Reader, procedure: Procedure) -> Judged:
    """What comes of one example today, for a patient of ``procedure`` of whom nothing else is known."""
    reading = reader.read(example.text, example.day, example.lang, procedure.id)
    decision = decide(reading, Situation(day=example.day, procedure=procedure.id, usual=procedure.usual))
    level = max(reading.level, decision.level)
    if example.level is None:
        return Judged(example, *_answered(example, decision, level))
    return Judged(example, *_weighed(example, example.level, reading, decision))


def judge_all(examples: Iterable[Example], reader: Reader, procedure: Procedure) -> Gate:
    """What comes of every example today."""
    return Gate(tuple(judge(example, reader, procedure) for example in examples))


def _answered(example: Example, decision: Decision, level: Level) -> tuple[str, str]:
    right = {example.expect, *example.also_ok}
    if topic := _topic(decision):
        return ("answered" if topic in right else "wrong"), topic
    if decision.ask_signs:
        return "asked", ""
    if level >= Level.URGENT:
        return "flagged", level.word
    offered = decision.offered
    if offered and (example.kind == "out_of_scope" or right.intersection(offered)):
        return "offered", ", ".join(offered)
    if any(say.words.startswith("small.") for say in decision.says):
        return "small_talk", ""
    return "passed_on", ""


def _weighed(example: Example, needed: Level, reading: Reading, decision: Decision) -> tuple[str, str]:
    level = max(reading.level, decision.level)
    if needed is Level.NONE:
        # A question that we can't answer is passed on, too; only signs make a harmless message loud.
        return ("asked", "") if decision.ask_signs else ("flagged", level.word) if reading.level else ("quiet", "")
    if level >= needed:
        return "flagged", level.word
    if decision.ask_signs:
        return "asked", ""
    if example.kind == "danger" and level > Level.NONE:
        return "lower", level.word
    return "missed", _topic(decision) or decision.says[0].words


def _topic(decision: Decision) -> str:
    return next(iter(decision.answered), "")


def _fault(one: Judged) -> Fault:
    example = one.example
    said = f"`{example.id}` (day {example.day}) “{example.text}”"
    if not example.known:
        what = (
            f"{said} is a danger and gets an ordinary answer, {one.detail}: add its words to the phrases of its sign. "
            'Can they not be told apart yet? Write "known": "missed" on this line'
        )
    else:
        what = (
            f"{said} was {example.known} and is now {one.told}: mend the words that did it. Is it meant? "
            f'Write "known": "{one.now}" on this line, so that somebody looks at it'
        )
    return Fault(example.file, example.line, what)


def _ids(found: Sequence[Judged]) -> str:
    return ", ".join(one.example.id for one in found)
