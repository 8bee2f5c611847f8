"""One message through the whole understanding, without a chat: for `chat`, `understand` and tests."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from rich.console import Console

from care.asked import usual_topics
from care.checkin import SAFETY, known, screen
from care.decide import Decision, Situation, decide
from care.library import Library
from care.model import Level, Reading, Say, Why
from care.promise import is_open, promised
from care.understand import Reader

_DAYS = {"expected": "usual until", "past": "past", "from": "counts from", "before": "before"}
"""How the first word of ``Why.days`` is told."""
LAST_DAY = 9999
"""Later than any care; a date that far back can still be told."""


class BadLine(ValueError):
    """A line of input that can't be read; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and what became of it."""

    reading: Reading
    decision: Decision
    reply: str
    """Everything that the patient would read at once, as plain text."""
    source: str | None
    """The document that the answer names; None when it is no answer from one."""
    day: int = 0
    """The day on which it was said."""


class Talk:
    """The running bot's understanding, deciding and wording, for one imagined patient."""

    def __init__(
        self, library: Library, reader: Reader, now: datetime, *, procedure: str = "", types: Sequence[str] = ()
    ) -> None:
        """``procedure``: what the patient had, the clinic's first unless set; ``types``: those of the patient."""
        self._library, self._reader, self._now = library, reader, now
        self._procedure, self._types = library.procedure_of(procedure), tuple(types)

    def hear(self, text: str, day: int, lang: str, *, before: Decision | None = None, turn: int = 0) -> Heard:
        """What the bot would do with ``text`` from a patient on ``day`` who chose ``lang``.

        ``before``: what came of the message before this one; ``turn``: how many there were.
        """
        try:
            reading = self._reader.read(text, day, lang, self._procedure.id)
        except Exception:  # as the running bot: what can't be understood is for a person
            reading = Reading(Level.REVIEW, ("unreadable",), readable=False)
        decision = decide(reading, self._situation(day, before, turn))
        says = list(decision.says)
        if decision.ask_signs:
            says.append(screen(0, SAFETY, known(SAFETY, self._procedure), self._procedure, {}))
        shown = lang if lang in self._library.languages else self._library.clinic.language
        facts = {"day": day, "procedure": self._procedure.id, "types": self._types}
        parts = [self._library.say(say.words, shown, {**facts, **say.facts}).html for say in says]
        return Heard(reading, decision, plain("\n\n".join(parts)), self._source(says, shown), day)

    def _situation(self, day: int, before: Decision | None, turn: int) -> Situation:
        clinic = self._library.clinic
        local = self._now.astimezone(clinic.zone)
        return Situation(
            day=day,
            now=local,
            procedure=self._procedure.id,
            usual=self._procedure.usual,
            clinic_open=is_open(clinic, self._now),
            promise={level: promised(clinic, level, self._now).astimezone(clinic.zone) for level in Level},
            session=local - timedelta(days=day),
            failures=before.failures if before else 0,
            last_topic=before.topic if before else "",
            usual_topics=usual_topics(self._procedure, day),
            turn=turn,
            lines=self._library.lines,
            questions="open" if before and before.ask_signs else "",
        )

    def _source(self, says: list[Say], lang: str) -> str | None:
        topic = next((str(say.facts["topic"]) for say in says if say.words == "faq.answer"), None)
        if not topic:
            return None
        library = self._library
        answers = library.books[lang].of(self._procedure.id).answers
        return answers[topic].source(library.sources, lang, library.clinic.language)


def plain(html: str) -> str:
    """Telegram HTML as the reader sees it."""
    for tag in ("<b>", "</b>", "<i>", "</i>"):
        html = html.replace(tag, "")
    return unescape(html)


def understand_lines(talk: Talk, lines: Iterable[bytes]) -> Iterator[str]:
    """JSON lines in, JSON lines out, in order; BadLine names the first line that can't be read."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        item = read_item(line, number)
        heard = talk.hear(item["text"], item["day"], item["lang"])
        topic = next(iter(heard.decision.answered), None)
        answer = {
            "id": item["id"],
            "level": max(heard.reading.level, heard.decision.level).word,
            "symptoms": list(heard.reading.symptoms),
            "topic": topic,
            "sure": round(heard.reading.sure, 3),
            "asks": heard.decision.ask_signs,
            "reply": heard.reply,
            "source": heard.source,
        }
        yield json.dumps(answer, ensure_ascii=False)


def read_item(line: bytes, number: int) -> dict[str, Any]:
    """A message of one line, its id, lang, day and text checked; BadLine when it can't be read."""
    try:
        item = json.loads(line.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):
        raise BadLine(f"line {number} is not JSON in UTF-8: write one object a line") from None
    if not isinstance(item, dict):
        raise BadLine(f"line {number} must be an object with id, lang, day and text")
    lacking = [name for name in ("id", "lang", "day", "text") if name not in item]
    if lacking:
        raise BadLine(f"line {number} lacks {', '.join(lacking)}")
    if not isinstance(item["text"], str) or not isinstance(item["lang"], str):
        raise BadLine(f"line {number}: text and lang must be strings")
    if isinstance(item["day"], bool) or not isinstance(item["day"], int) or not 0 <= item["day"] <= LAST_DAY:
        raise BadLine(f"line {number}: day must be a whole number from 0, the day of the session, to {LAST_DAY}")
    return item


def show_heard(out: Console, heard: Heard, why: bool) -> None:
    """The reply, and on request what was read."""
    out.print(heard.reply, markup=False, highlight=False)
    if why:
        reading = heard.reading
        out.print(
            f"  level {reading.level.word}, signs {', '.join(reading.symptoms) or '-'}, "
            f"topic {reading.topic or '-'}, sure {reading.sure:.2f}, asks {reading.asks}",
            markup=False,
        )
        for reason in reading.why:
            out.print(f"  {told_why(reason, heard.day)}", markup=False, highlight=False, soft_wrap=True)
    out.print()


def told_why(why: Why, day: int) -> str:
    """A reason in one line: which words, which sign, which rule or example, which days of the table, how sure."""
    words = f"“{why.phrase}” " if why.phrase else ""
    turn, _, last = why.days.partition(" ")
    days = f", day {day}: {_DAYS[turn]} day {last}" if turn else ""
    sure = "" if why.sure is None else f", sure {why.sure:.2f}"
    return f"{words}{f'{why.symptom} ' if why.symptom else ''}({why.rule}{days}): {why.level.word}{sure}"
