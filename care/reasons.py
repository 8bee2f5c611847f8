"""Why a message was read as it was: the few lines of a staff card, as facts for its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from care.checkin import WORSE_TWICE
from care.model import HINT, LIKE, TOGETHER, TRAINED, Level

MOST = 3
"""Lines of a card: it is read on a phone, and the whole stands in the record."""
LONGEST = 70
"""Characters of the patient's words, or of an example, in one of them."""
TASKS = ("unreachable", "delivery")
"""Kinds of flag about our sending, which are explained by a rule alone."""
Reason = Mapping[str, Any]


def reasons(why: Sequence[Reason], kind: str) -> list[dict[str, Any]]:
    """The most serious reasons of a flag, at most ``MOST``, each filled in for ``staff.card``:

    ``kind`` (phrase, together, like, answer, worse_twice, hint, task), ``symptom``, ``phrase``, ``rule`` (always ''),
    ``beside`` (other symptoms), ``like`` (an example), ``level``, ``sure`` (percent or None), ``turn`` (past, from,
    before or '') and ``turn_day``. ``why``: reasons as the record keeps them; older ones lack some keys.
    """
    counted = [one for one in why if _shown(one, kind)]
    serious = [one for one in counted if one["level"] != Level.NONE.word]
    told = list(_grouped(sorted(serious or counted, key=lambda one: -Level.of(one["level"]))))
    return [one for number, one in enumerate(told) if not _said_already(one, told, number)][:MOST]


def _shown(one: Reason, kind: str) -> bool:
    """Whether a reason tells something that stands nowhere else on the card, and counted."""
    if (kind, one["symptom"]) == ("unreadable", "unreadable"):
        return False
    if one["level"] == Level.NONE.word:  # what was set aside, or is usual, is no reason
        return str(one["rule"]).startswith((HINT, LIKE, TRAINED))
    return bool(one["phrase"] or one["symptom"] or one["rule"] == WORSE_TWICE) or kind in TASKS


def _grouped(why: Sequence[Reason]) -> Iterator[dict[str, Any]]:
    """One line for all signs that a rule takes together."""
    done: set[str] = set()
    for one in why:
        rule = one["rule"]
        if rule.startswith(TOGETHER):
            if rule in done:
                continue
            done.add(rule)
            beside = [other["symptom"] for other in why if other["rule"] == rule and other["symptom"] != one["symptom"]]
            yield {**_line(one), "beside": list(dict.fromkeys(beside))}
        else:
            yield _line(one)


def _line(one: Reason) -> dict[str, Any]:
    kind, rule = _kind(one), one["rule"]
    turn, _, turn_day = (one.get("days") or "").partition(" ")
    sure = one.get("sure")
    phrase = "" if kind == "like" else rule if kind == "task" else one["phrase"]
    return {
        "kind": kind,
        "symptom": one["symptom"],
        "phrase": shortened(phrase),
        "rule": "",
        "beside": [],
        "like": shortened(rule.removeprefix(LIKE)) if rule.startswith(LIKE) else "",
        "level": one["level"],
        "sure": None if sure is None else round(100 * sure),
        "turn": turn,
        "turn_day": int(turn_day or 0),
    }


def _kind(one: Reason) -> str:
    rule = one["rule"]
    begins = {TOGETHER: "together", LIKE: "like", TRAINED: "like", HINT: "hint", WORSE_TWICE: "worse_twice"}
    for beginning, kind in begins.items():
        if rule.startswith(beginning):
            return kind
    if one["phrase"]:
        return "phrase"
    return "answer" if one["symptom"] else "task"


def shortened(text: str) -> str:
    """Words on one line, cut off where they are long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _said_already(one: Reason, told: Sequence[Reason], number: int) -> bool:
    """Whether another line says the same of the same words, or of more of them; or tells of the sign beside others."""
    return any(
        other["symptom"] == one["symptom"]
        and one["kind"] != "like"
        and (other["kind"] == "together" or one["phrase"] in other["phrase"])
        and (one["phrase"] != other["phrase"] or n < number)
        for n, other in enumerate(told)
        if n != number
    )
