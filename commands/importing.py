"""`content import`: the clinic's leaflet becomes a file of facts, and drafts of the answers that it touches."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from care.answers import Answer
from care.faq import FaqIndex
from care.language import language_of
from care.library import Library
from commands.conflicts import Conflict, conflicts_of
from commands.documents import BadLeaflet, Watch, read_leaflet
from commands.drafts import Draft, draft_page, name_of_draft, note, put, quoted, today, unmarked
from commands.facts import Facts, facts_of
from commands.figures import figures

MOST_FACTS = 400
TOUCHES_AT = 0.3
"""Score from which a statement is taken to be about a topic."""
DRAFT_AT = 0.5
"""What the scores of a topic's statements must come to together before it is drafted: a draft too many is
crossed out, an answer that contradicts the leaflet and is not drafted stays."""
PART = 0.8
"""Weight of a part of a statement, against the whole: "no sauna, no makeup" is about both."""

_STEM = re.compile(r"[a-z][a-z0-9_]*")
_PARTS = re.compile(r"[,;:/()]|\b(?:and|or|y|e|o|u|ni|nor)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; what is '' is worked out."""

    leaflet: Path
    procedure: str = ""
    lang: str = ""
    id: str = ""
    title: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a leaflet."""

    source: Path
    draft: Path | None
    """None when it touches no answer."""
    facts: Mapping[str, str]
    """Fact id → statement."""
    left_out: tuple[str, ...]
    touched: Mapping[str, tuple[str, ...]]
    """Topic → ids of the facts about it."""
    conflicts: tuple[Conflict, ...]
    lang: str

    @property
    def idle(self) -> tuple[str, ...]:
        """Facts that touch no answer."""
        busy = {id for ids in self.touched.values() for id in ids}
        return tuple(id for id in self.facts if id not in busy)


def import_leaflet(library: Library, wish: Wish, watch: Watch = iter) -> Imported:
    """Write the file of facts and the drafts; BadContent in one sentence when nothing can be made of the leaflet."""
    procedure = _procedure(library, wish)
    pieces = read_leaflet(wish.leaflet, watch)
    found = facts_of(pieces)
    if not found.told or len(found.told) > MOST_FACTS:
        what = f"{len(found.told)} statements, a leaflet at most {MOST_FACTS}" if found.told else "no statement"
        raise BadLeaflet(f"{wish.leaflet.name} holds {what}: take the pages that patients get")
    lang = _language(library, wish, " ".join(found.told))
    found = facts_of(pieces, _common(library, lang))
    stem = _stem(library, wish, procedure)
    facts = {f"{stem}.{number}": text for number, text in enumerate(found.told, start=1)}
    book = library.books[lang].of(procedure)
    answers = {topic: answer for topic, answer in book.answers.items() if answer.rests_on}
    touched = _touched(FaqIndex([book]), facts, lang, answers)
    conflicts = tuple(conflicts_of(answers, facts, touched))
    source = library.root / procedure / "sources" / f"{stem}.md"
    draft = name_of_draft(library, stem, lang) if touched else None
    files = {source: source_page(library.languages, wish, found)}
    if draft:
        drafts = [_draft(library, answers[topic], facts, ids, conflicts) for topic, ids in touched.items()]
        about = f"Drafts from {wish.leaflet.name}, made by machine. Nobody reads them but you: carry over what is right"
        files[draft] = draft_page(drafts, about)
    put(files, wish.replace)
    return Imported(source, draft, facts, tuple(found.left_out), touched, conflicts, lang)


def _procedure(library: Library, wish: Wish) -> str:
    procedure = wish.procedure or next(iter(library.procedures))
    if procedure not in library.procedures:
        raise BadLeaflet(f"procedure “{procedure}” is not offered; use one of: {', '.join(library.procedures)}")
    return procedure


def _language(library: Library, wish: Wish, text: str) -> str:
    lang = wish.lang or language_of(text)[0]
    if lang not in library.languages:
        told = f"language “{lang}” is not offered" if lang else "the language of the leaflet can't be told"
        raise BadLeaflet(f"{told}: name one of {', '.join(library.languages)} with --lang")
    return lang


def _common(library: Library, lang: str) -> frozenset[str]:
    """The frequent words of a language, which are no names."""
    file = library.root / "general" / lang / "common_words.txt"
    return frozenset(file.read_text(encoding="utf-8").lower().split())


def _stem(library: Library, wish: Wish, procedure: str) -> str:
    plain = unicodedata.normalize("NFKD", wish.leaflet.stem.lower()).encode("ascii", "ignore").decode()
    stem = wish.id or re.sub(r"\W+", "_", plain).strip("_")
    if not _STEM.fullmatch(stem):
        raise BadLeaflet(f"“{stem}” is no name for a document: give one with --id, such as our_leaflet")
    known = library.sources.get(stem)
    if known and known.home != procedure:
        raise BadLeaflet(f"{known.file} has that name already: give another one with --id")
    if known and (user := _user(library, stem)):
        raise BadLeaflet(f"{user} rests on {known.file}, which therefore stays: give another name with --id")
    return stem


def _user(library: Library, stem: str) -> str:
    """A text or an answer that rests on a document; '' when none does."""
    for lang in library.written:
        texts = {f"`{text.id}` ({lang})": text.rests_on for text in library.texts(lang)}
        texts |= {f"`{a.topic}` ({lang})": a.rests_on for a in library.books[lang].answers.values()}
        for name, ids in texts.items():
            if any(id.startswith(f"{stem}.") for id in ids):
                return name
    return ""


def _touched(
    index: FaqIndex, facts: Mapping[str, str], lang: str, answers: Mapping[str, Answer]
) -> dict[str, tuple[str, ...]]:
    """Topic → facts about it, in the order of the topics, weak topics left out."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for id, text in facts.items():
        for topic, score in _scores(index, text, lang).items():
            if topic in answers and score >= TOUCHES_AT:
                found[topic][id] = score
    return {
        topic: tuple(found[topic])
        for topic in answers
        if topic in found and 1 - math.prod(1 - score for score in found[topic].values()) >= DRAFT_AT
    }


def _scores(index: FaqIndex, text: str, lang: str) -> dict[str, float]:
    """How much a statement is about each topic, by itself or by one of its parts."""
    head, colon, rest = text.partition(": ")
    # "First 24 hours" would draw everything to what is asked about hours.
    said = rest if colon and rest and figures(head) else text
    for figure in figures(said):
        said = said.replace(figure.said, " ")
    parts = [part for part in _PARTS.split(said) if part.strip()]
    scores: dict[str, float] = {}
    for words, weight in ((said, 1.0), *((part, PART) for part in parts if len(parts) > 1)):
        for topic, score in index.search(words, lang):
            scores[topic] = max(scores.get(topic, 0.0), weight * score)
    return scores


def source_page(languages: Sequence[str], wish: Wish, found: Facts) -> str:
    """The file of facts, in which nobody has checked anything yet."""
    names = (wish.title, found.title, wish.leaflet.stem.replace("_", " "), "Leaflet")
    title = next(name for name in names if unmarked(name).strip())
    titles = "".join(f"  {lang}: {quoted(title)}\n" for lang in languages)
    about = f"Taken from {wish.leaflet.name} by machine. Read each fact against it, then write checked: yes"
    facts = "".join(f"{number}. {text}\n" for number, text in enumerate(found.told, start=1))
    left = "".join(f"- {text}\n" for text in found.left_out)
    told = note(f"Left out as addresses, greetings and the like. Is anything missing?\n{left}".rstrip()) if left else ""
    front = f"kind: clinic\ntitles:\n{titles}checked: no\nversion: 1\nauthor:\nreviewer:\nsigned:\n"
    return f"---\n{front}about: {quoted(about)}\n---\n\n## facts\n{facts}" + (f"\n{told}\n" if told else "")


def _draft(
    library: Library, answer: Answer, facts: Mapping[str, str], ids: Sequence[str], conflicts: Sequence[Conflict]
) -> Draft:
    lines = ["Your leaflet:", *(f"{id}: {facts[id]}" for id in ids)]
    if differing := [str(conflict) for conflict in conflicts if conflict.topic == answer.topic]:
        lines += ["", "It differs. Which one holds is for the clinician:", *differing]
    lines += ["", f"Today's answer rests on {', '.join(answer.rests_on)}."]
    told = "\n".join(lines)
    stretches = today(library, answer)
    return Draft(answer.topic, answer.label, answer.words, tuple(ids), answer.phrasings, told, stretches)


def show_imported(out: Console, done: Imported) -> None:
    """Facts found, topics touched, conflicts, what nothing touches, and the next step."""

    def tell(text: str) -> None:
        out.print(text, markup=False, highlight=False, soft_wrap=True)

    tell(f"Facts found ({done.lang}): {len(done.facts)}, in {done.source}")
    if done.left_out:
        tell(f"Lines left out as addresses, greetings and the like: {len(done.left_out)}; they stand at its end")
    tell(f"Answers touched: {len(done.touched)}" + (f", drafts in {done.draft}" if done.draft else ""))
    for topic, ids in done.touched.items():
        tell(f"  {topic}: {', '.join(ids)}")
    tell(f"Conflicts with today's answers: {len(done.conflicts)}")
    for conflict in done.conflicts:
        tell(f"  {conflict.topic}: {conflict}")
    tell(f"Facts that touch no answer: {len(done.idle)}")
    for id in done.idle:
        tell(f"  {id}: {done.facts[id]}")
    tell("Next: read each fact against the leaflet and mend it. When all are right, write `checked: yes` at the top")
    tell("of the file. Then write the answers in faq.md from the drafts, and run aftercare check.")
