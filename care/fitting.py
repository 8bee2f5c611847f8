"""Whether every text can be filled in for every patient, and then fits a phone, a button, or Telegram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import TemplateError

from care.faults import Fault
from care.library import BOLD
from care.passages import PLAIN, Passage
from care.samples import ALWAYS, Samples, given
from care.template import asks, failure_in_words

LONGEST_PLAN = 700
LONGEST_PLAN_OF_TYPES = 1000
"""With the lines that patients of some type read besides."""
LONGEST_CATCH_UP = 1400
"""A day's message and a line for each that was late."""
LONGEST_CATCH_UP_OF_TYPES = 1700
LONGEST_TEXT = 4096
LONGEST_LABEL = 40
LONGEST_NOTICE = 200
LABELS = ("button.", "keyboard.", "sign.", "outcome.", "language.")
NOTICES = ("toast.", "recall.toast")
FILES = ("mydata.file",)
"""What is sent as a file, of any length."""
UNFILLED = (TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What words raise that can't be filled in."""
_NONE = re.compile(r"\bNone\b")


def fitting(samples: Samples, passage: Passage) -> tuple[list[Fault], tuple[str, ...]]:
    """What is wrong with a text, and all that patients can read of it, each once."""
    if passage.id.startswith(PLAIN):
        return [], ()
    faults = [*_asked(samples, passage), *_signs_left(passage)]
    texts: dict[str, None] = {}
    try:
        for facts, text in samples.filled(passage) if not faults else ():
            texts[text] = None
            faults += [passage.fault(what) for what in _unfit(passage, text, types=bool(facts.get("types")))]
    except UNFILLED as error:
        faults.append(passage.fault(f"can't be filled in: {failure_in_words(error)}"))
    return list(dict.fromkeys(faults)), tuple(texts)


def _asked(samples: Samples, passage: Passage) -> Iterator[Fault]:
    """Names that nobody gives, ids that nobody has written, words that say themselves."""
    reached, may = samples.reach(passage), (*ALWAYS, *given(passage))
    lines = asks(passage.source).names
    for name, of in reached.names.items():
        if name in may or name in reached.maybe:
            continue
        if of:
            yield passage.fault(f"says `{of}`, which needs `{name}`: that is not known here, so say other words")
        else:
            what = f"asks for `{name}`, a name that this text can't use; it can use: {', '.join(may)}"
            yield passage.fault_on(lines[name], what)
    for id, line in reached.lost.items():
        yield passage.fault_on(line, f"says `{id}`, and no such words are written: mend the id, or write them")
    if reached.round:
        yield passage.fault(f"can't be filled in: `{reached.round}` says itself, round and round; take one `say` out")


def _signs_left(passage: Passage) -> Iterator[Fault]:
    """Stars and brackets that belong to no pair, so that patients would read them, and signs that mean code."""
    words = BOLD.sub(lambda bold: f"  {bold[1]}  ", passage.words())
    for sign in re.finditer(r"[<>]|&(?!\w+;)", words):
        yield passage.fault(f"holds {sign[0]}, which Telegram does not take: write a word instead", sign.start())
    for left in re.finditer(r"[*{}]+|__+|\]\(", words):
        what = f"shows the patient {left[0]}: write two stars, or a whole pair of curly brackets, on each side"
        yield passage.fault(what, left.start())


def _unfit(passage: Passage, text: str, *, types: bool) -> Iterator[str]:
    most, kind = _most(passage, types=types)
    if not text:
        yield "is empty: write its words"
    if len(text) > most:
        yield f"has {len(text)} characters; {kind} may have {most}: shorten it"
    if "\n" in text and kind == "a button":
        yield "is a button: keep it on one line"
    if re.search("^#", text, re.MULTILINE):
        yield "holds a line that begins with #: a heading is two #, a space and one id"
    if _NONE.search(text) and not _NONE.search(passage.source) and not asks(passage.source).says:
        yield "reads “None” while something is not known: write {% if … is not none %} before it and {% endif %} after"


def _most(passage: Passage, *, types: bool) -> tuple[int, str]:
    if passage.answer is not None or passage.id in FILES:
        return (LONGEST_TEXT, "a message") if passage.answer is not None else (10**6, "a file")
    if passage.id.startswith(LABELS):
        return LONGEST_LABEL, "a button"
    if passage.id.startswith(NOTICES):
        return LONGEST_NOTICE, "a notice"
    with_types = " with the lines of a type of patient" if types else ""
    if passage.id == "catch_up":
        return LONGEST_CATCH_UP_OF_TYPES if types else LONGEST_CATCH_UP, f"a catch-up{with_types}"
    if passage.home and "." not in passage.id:
        return LONGEST_PLAN_OF_TYPES if types else LONGEST_PLAN, f"a message of the plan{with_types}"
    return LONGEST_TEXT, "a message"
