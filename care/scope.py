"""Whether a sign that a message mentions is one that the patient has now.

Denied, asked about in general, imagined, long past, over, or somebody else's: such a sign is set aside, and
only that one. The rules read the phrases of scope.yaml; when in doubt the sign stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from care.folder import Label, Meaning
from care.model import Level
from care.people import someone_else
from care.phrases import Found
from care.text import HARD, MARKS, QUESTION, SOFT, Text

_REACH = 6
"""A denial reaches over so many words …"""
_LIST_REACH = 14
"""… or so many when "or" makes them a list."""
_SEGMENT = 6
"""Parts of a list with "or" between commas are no longer than this …"""
_SHORT = 2
"""… and those of a list without, which must be three."""

Cue = Found[Label]


class Scope:
    """The cues of one message, and what they set aside."""

    def __init__(self, text: Text, cues: Iterable[Cue]) -> None:
        self._text = text
        by_kind: dict[str, list[Cue]] = {}
        for cue in cues:
            by_kind.setdefault(str(cue.label), []).append(cue)
        self._by_kind = by_kind
        pseudo = self._all("not_denials")
        self._denials = [c for c in self._all("denials") if not any(_touch(c, p) for p in pseudo)]
        self._denials_after = [c for c in self._all("denials_after") if not any(_touch(c, p) for p in pseudo)]
        self._stops = sorted((*self._all("but"), *self._all("new_start")), key=lambda c: c.first)

    def begins(self, kind: str) -> bool:
        """Does a phrase under this heading begin the message, or a sentence of it?"""
        starts = {first for first, _ in self._text.sentences}
        return any(cue.first in starts for cue in self._all(kind))

    def has(self, kind: str) -> bool:
        """Does any phrase under this heading of scope.yaml stand in the message?"""
        return kind in self._by_kind

    def broken(self, found: Cue) -> bool:
        """The phrase only came together across a "but": it was never said."""
        return any(
            first <= cue.first and cue.last <= last for first, last in found.gaps for cue in self._all("but")
        )

    def set_aside(
        self, found: Cue, level: Level, *, stays: bool = False, for_life: bool = False, meant: bool = False
    ) -> str:
        """Why the sign doesn't count: the heading of scope.yaml; '' when it does.

        ``stays``: being over it doesn't settle the sign; ``for_life``: being long ago doesn't either;
        ``meant``: being imagined or asked about doesn't.
        """
        if self._idiom(found):
            return "idioms"
        if self._denied(found) or self._denied_after(found):
            return "denials"
        if not meant and self._imagined(found):
            return "what_ifs"
        if not meant and self._asked(found):
            return "asking"
        if not for_life and self._long_ago(found):
            return "long_ago"
        if not stays and self._gone(found):
            return "gone"
        return someone_else(self._text, self._by_kind, found, level)

    def _all(self, kind: str) -> Sequence[Cue]:
        return self._by_kind.get(kind, ())

    def _sentence(self, found: Cue) -> tuple[int, int]:
        return self._text.sentences[self._text.sentence_of(found.first)]

    def _in_sentence(self, kind: str, found: Cue) -> list[Cue]:
        first, last = self._sentence(found)
        return [cue for cue in self._all(kind) if first <= cue.first <= last]

    def _idiom(self, found: Cue) -> bool:
        own_no = any(own.first == found.first for own in self._all("own_no"))
        return any(
            _touch(found, cue) and not _within_gap(found, cue) and not (own_no and found.first < cue.first)
            for cue in self._all("idioms")
        )

    def _reaches(self, cue: Cue, target: int, *, reach: int, stops: Sequence[Cue]) -> bool:
        """Does a cue's force carry from its end up to the piece ``target``?"""
        if target - cue.last - 1 > max(reach, _LIST_REACH):  # before anything is looked at that lies between
            return False
        if any(cue.last < stop.first and stop.last < target for stop in stops):
            return False
        between = [piece.norm for piece in self._text.pieces[cue.last + 1 : target]]
        if HARD in between or QUESTION in between:
            return False
        listed = any(cue.last < c.first < target for c in self._all("or_words"))
        if len(between) > (_LIST_REACH if listed else reach):
            return False
        if SOFT not in between:
            return True
        return between[0] != SOFT and self._is_list(cue)

    def _is_list(self, cue: Cue) -> bool:
        """Is what follows a list of signs with commas? Its parts are short, and it has three, or an "or"."""
        _, end = self._sentence(cue)
        end = min([end + 1, *(stop.first for stop in self._stops if stop.first > cue.last)])
        parts = [0]
        for piece in self._text.pieces[cue.last + 1 : end]:
            if piece.norm in MARKS:
                parts.append(0)
            else:
                parts[-1] += 1
        parts = [length for length in parts if length]
        if any(cue.last < c.first < end for c in self._all("or_words")):
            return max(parts, default=0) <= _SEGMENT
        return len(parts) > 2 and max(parts) <= _SHORT

    def _is_short(self, found: Cue) -> bool:
        """Are there no more than a few words between the marks around a phrase?"""
        pieces, start, stop = self._text.pieces, found.first, found.last
        while stop - start < _SHORT and start and pieces[start - 1].norm not in MARKS:
            start -= 1
        while stop - start < _SHORT and stop + 1 < len(pieces) and pieces[stop + 1].norm not in MARKS:
            stop += 1
        return stop - start < _SHORT

    def _denied(self, found: Cue) -> bool:
        if any(own.first == found.first for own in self._all("own_no")):
            return False
        if any(turn.first > found.last for turn in self._all("after_all")):
            return False
        for cue in self._denials:
            if cue.first < found.first <= cue.last:
                return True
            if cue.last < found.first:
                if self._reaches(cue, found.first, reach=_REACH, stops=self._stops):
                    return True
            elif _within_gap(found, cue):
                return True
        return False

    def _denied_after(self, found: Cue) -> bool:
        for cue in self._denials_after:
            if not found.last < cue.first <= found.last + 2:
                continue
            between = [p.norm for p in self._text.pieces[found.last + 1 : cue.first]]
            if between not in ([], [SOFT], [QUESTION]):
                continue
            if self._closes(cue) or (not between and cue.last > cue.first):
                return True
        return False

    def _closes(self, cue: Cue) -> bool:
        """Does nothing that the cue could deny instead follow it?"""
        after = cue.last + 1
        if after >= len(self._text.pieces) or self._text.pieces[after].norm in MARKS:
            return True
        return any(stop.first == after for stop in (*self._all("but"), *self._all("or_words")))

    def _imagined(self, found: Cue) -> bool:
        really = self._in_sentence("really", found)
        for cue in self._in_sentence("what_ifs", found):
            before = cue.first <= found.first and (
                cue.last >= found.first
                or self._reaches(cue, found.first, reach=_LIST_REACH, stops=self._all("but"))
            )
            if (before or _within_gap(found, cue)) and not any(r.last > cue.first for r in really):
                return True
        return False

    def _asked(self, found: Cue) -> bool:
        if self._in_sentence("really", found):
            return False
        for cue in self._in_sentence("asking", found):
            low, high = sorted((cue, found), key=lambda c: c.first)
            if self._reaches(low, high.first, reach=_LIST_REACH, stops=self._all("but")):
                return True
            mine = any(cue.last < me.first <= found.last for me in self._all("me"))
            if low is cue and not mine and self._is_short(found):
                return True
        return False

    def _long_ago(self, found: Cue) -> bool:
        ago = self._in_sentence("long_ago", found)
        return bool(ago) and not self._in_sentence("again", found) and not self._in_sentence("lately", found)

    def _gone(self, found: Cue) -> bool:
        if self._in_sentence("again", found):
            return False
        if any(cue.first > found.last and self._closes(cue) for cue in self._in_sentence("all_gone", found)):
            return True
        if any(
            cue.last < found.first and self._reaches(cue, found.first, reach=2, stops=self._stops)
            for cue in self._in_sentence("gone_before", found)
        ):
            return True
        for cue in self._in_sentence("gone", found):
            if (_touch(found, cue) and not _within_gap(found, cue)) or self._negated(cue):
                continue
            low, high = min(cue.last, found.last), max(cue.first, found.first)
            near = high - low <= _REACH and SOFT not in [p.norm for p in self._text.pieces[low + 1 : high]]
            if near and cue.first > found.first and not any(low < s.first < high for s in self._stops):
                return True
        return False

    def _negated(self, cue: Cue) -> bool:
        """Does a "won't" or "not" stand right before a cue, or in it?"""
        noes = (*self._all("denials"), *self._all("not_denials"), *self._all("own_no"))
        return any(no.first <= cue.last and cue.first - 1 <= no.last and no.first <= cue.first for no in noes)


def meanings(found: Iterable[Cue]) -> list[tuple[Cue, Meaning]]:
    """The phrases that name signs, with what they mean."""
    return [(f, f.label) for f in found if isinstance(f.label, Meaning)]


def _touch(one: Cue, other: Cue) -> bool:
    return one.first <= other.last and other.first <= one.last


def _within_gap(found: Cue, cue: Cue) -> bool:
    return any(first <= cue.first and cue.last <= last for first, last in found.gaps)
