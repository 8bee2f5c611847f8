"""`content propose`: a question that staff answered becomes a draft of an answer that the chat can give itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rapidfuzz import fuzz
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from care.answers import WAYS, Answer
from care.library import Library
from commands.drafts import Draft, draft_page, name_of_draft, put, today
from commands.parts import BadContent
from commands.personal import marks, without_personal
from store import questions
from store.questions import Answered
from store.seam import Reads
from store.sqlite import Sqlite

LIKE = 50
"""Likeness of what is not said in every message, of 100, from which two questions may ask the same."""
FREQUENT = 150
"""The first words of common_words.txt stand in nearly every message."""
MOST_ALIKE = 20
SHOWN = 90
"""Characters of a question and an answer in the list."""
SPELT = 80
"""Likeness of two words from which one may be the other, misspelt or with another ending."""
OURS = "our_answers"
"""Document in which answers of the team are kept as facts, unless the clinic has another."""

_TOPIC = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a question."""

    draft: Path
    topic: str
    ways: int
    """Ways of asking that stand in it."""
    marks: int
    """Marks in place of what told who somebody is."""
    new: bool
    """False: the topic has an answer today."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    number: str
    """Of the question in the list, or the patient's case."""
    topic: str
    """A new one, or one that has an answer today."""
    lang: str = ""
    """'' for the patient's."""
    replace: bool = False


_BEGINNING = (
    "A patient asked, the chat had no answer, and the team gave one.",
    "Read every word: names and numbers were taken out where a program knew them, a person must find the rest.",
)


class Proposing:
    """Questions of patients that staff answered, and drafts of them."""

    def __init__(self, library: Library, read: Reads) -> None:
        self.library, self._read = library, read
        self._known = questions.names(read)

    def waiting(self, lang: str = "") -> list[tuple[str, Answered]]:
        """(number, question) of those that nobody has proposed, newest first."""
        found = [one for one in questions.answered(self._read) if lang in ("", one.lang)]
        often = [one.flag_id for one in found]
        return [
            (str(one.flag_id) if often.count(one.flag_id) == 1 else f"{one.flag_id}-{one.id}", one) for one in found
        ]

    def find(self, wanted: str) -> Answered:
        """The question of this number or case; BadContent when there is none or more than one."""
        waiting = self.waiting()
        here = [(number, one) for number, one in waiting if wanted in (number, str(one.flag_id), one.case_number)]
        if not here:
            raise BadContent(f"no answered question “{wanted}” waits: aftercare content propose --list shows them")
        if len(here) > 1:
            numbers = ", ".join(number for number, _ in here)
            raise BadContent(f"“{wanted}” has several answered questions: name one of {numbers}")
        return here[0][1]

    def clean(self, text: str, one: Answered | None, lang: str) -> str:
        """A text without what tells who somebody is, on one line."""
        ordinary = _ordinary(self.library, lang)
        return " ".join(without_personal(text, one.names if one else (), self._known, ordinary).split())

    def draft(self, one: Answered, topic: str, lang: str) -> Draft:
        """The draft of an answer; BadContent when topic or language can't be used."""
        if lang not in self.library.languages:
            offered = ", ".join(self.library.languages)
            raise BadContent(f"language “{lang}” is not offered: name one of {offered} with --lang")
        if not _TOPIC.fullmatch(topic):
            raise BadContent(f"“{topic}” is no name for a topic: write small letters and _, such as swimming_cap")
        procedure = one.procedure if one.procedure in self.library.procedures else next(iter(self.library.procedures))
        now = self.library.books[lang].of(procedure).answers.get(topic)
        ways = self._ways(one, lang)
        lines = [line for text in one.answers for line in text.split("\n") if line.strip()]
        answer = "\n".join(self.clean(line, one, lang) for line in lines)
        carried = self._carried(answer, procedure)
        if now is not None:
            return _further(self.library, now, ways, answer, carried)
        note = [*_BEGINNING, *_lacking(ways), *carried]
        return Draft(topic, ways=tuple(ways[:WAYS]), note="\n".join(note), answers=(("Any day", "", answer),))

    def _ways(self, one: Answered, lang: str) -> list[str]:
        """The question, and what other patients asked like it."""
        others = [text for text in questions.asked(self._read, lang) if text not in one.questions]
        alike = _alike(one.questions[0], others, _common(self.library, lang))
        cleaned = [self.clean(text, one, lang) for text in (*one.questions, *alike)]
        return list(dict.fromkeys(way.lstrip("-• ") for way in cleaned))

    def _carried(self, answer: str, procedure: str) -> list[str]:
        """The fact that would carry the answer, as a line to be taken over."""
        document = self.library.sources.get(OURS)
        number = len(document.facts) + 1 if document else 1
        file = document.file if document else f"{procedure}/sources/{OURS}.md"
        return [
            "A fact must carry the answer. Does it hold for every patient? Then this line may go below `## facts`",
            f"of a document of the clinic's own, such as {file} (kind: clinic):",
            f"{number}. {' '.join(answer.split())}",
            f"and its id behind `rests on:` here: {OURS}.{number}",
        ]


def propose(proposing: Proposing, store: Sqlite, wish: Wish, now: datetime) -> Proposed:
    """Write the draft and remember that it was made; BadContent in one sentence when it can't be."""
    one = proposing.find(wish.number)
    lang = wish.lang or one.lang
    draft = proposing.draft(one, wish.topic, lang)
    file = name_of_draft(proposing.library, wish.topic, lang)
    text = draft_page([draft], "Draft from a patient's question and the team's answer. Nobody reads it but you")
    put({file: text}, wish.replace)
    store.write_now(lambda tx: questions.proposed(tx, one, wish.topic, now))
    return Proposed(file, wish.topic, len(draft.ways), marks(text), not draft.label)


def _lacking(ways: Sequence[str]) -> Iterator[str]:
    if len(ways) < WAYS:
        yield f"{WAYS - len(ways)} of {WAYS} ways of asking are missing. Write a label, too: it becomes a button."
    else:
        yield "Write a label: it becomes a button."
    if len(ways) > WAYS:
        yield f"Patients also asked: {' / '.join(ways[WAYS:])}"


def _further(library: Library, now: Answer, ways: Sequence[str], answer: str, carried: Sequence[str]) -> Draft:
    """The draft for a topic that has an answer today."""
    fresh = [f"- {way}" for way in ways if way not in now.phrasings]
    rests = f"Today's answer rests on {', '.join(now.rests_on) or 'no fact'}."
    lines = [*_BEGINNING, "They asked like this, which was not found. Put it in place of one of the eight:", *fresh]
    lines += ["The team answered:", answer, rests, *carried]
    return Draft(now.topic, now.label, now.words, (), now.phrasings, "\n".join(lines), today(library, now))


def _common(library: Library, lang: str) -> list[str]:
    """Frequent words of a language, the most frequent first."""
    file = library.root / "general" / lang / "common_words.txt"
    lines = file.read_text(encoding="utf-8").lower().split("\n")
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _ordinary(library: Library, lang: str) -> frozenset[str]:
    """Words that patients use and that are names, too, such as mark."""
    asked = [way for a in library.books[lang].answers.values() for way in (*a.phrasings, *a.words)]
    return frozenset([*_common(library, lang), *(word for way in asked for word in _words(way))])


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower().replace("'", "").replace("’", ""))


def _alike(question: str, others: Sequence[str], common: Sequence[str]) -> list[str]:
    """Those that may ask the same, the most alike first: they share one of its less frequent words."""
    frequent = frozenset(common[:FREQUENT])

    def telling(text: str) -> list[str]:
        return [word for word in _words(text) if word not in frequent]

    wanted = telling(question)
    rare = [word for word in wanted if word not in frozenset(common)] or wanted
    likeness = {text: fuzz.token_set_ratio(" ".join(wanted), " ".join(telling(text))) for text in others}
    near = [text for text in others if likeness[text] >= LIKE and _shares(rare, telling(text))]
    return sorted(near, key=lambda text: -likeness[text])[:MOST_ALIKE]


def _shares(rare: Sequence[str], words: Sequence[str]) -> bool:
    return any(fuzz.ratio(one, other) >= SPELT for one in rare for other in words)


def waiting_table(proposing: Proposing, lang: str) -> Table:
    """Questions that staff answered and nobody has proposed, newest first; no names."""
    table = Table("number", "case", "day", "question", "answer", title="Answered by the team", title_justify="left")
    for number, one in proposing.waiting(lang):
        asked, told = (proposing.clean(" / ".join(texts), one, one.lang) for texts in (one.questions, one.answers))
        table.add_row(number, one.case_number, f"{one.at:%Y-%m-%d}", escape(_short(asked)), escape(_short(told)))
    return table


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def show_proposed(out: Console, done: Proposed) -> None:
    """Where the draft stands, what it lacks, and what a person must do before it goes anywhere."""
    today = "" if done.new else " The topic has an answer today; it stands beside."
    told = [
        f"Draft: {done.draft}",
        f"Ways of asking: {done.ways} of {WAYS}.{today}",
        f"Names, numbers and the like that were replaced by a mark: {done.marks}.",
        "A patient's words stand in it. Read all of it before it goes anywhere: what a program does not know as a",
        "name stays. Then write the answer into faq.md with the fact behind it, and delete the draft.",
    ]
    for line in told:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
