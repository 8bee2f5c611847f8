"""A message as each language reads it: repaired, searched for its phrases, and with what sets them aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from care.folder import Label
from care.lexicon import Lexicon
from care.phrases import Found
from care.scope import Scope
from care.text import Text


@dataclass(frozen=True)
class Heard:
    """A message as one language reads it."""

    lexicon: Lexicon
    text: Text
    """Its typing errors repaired with this language's words."""
    found: tuple[Found[Label], ...]
    scope: Scope
    languages: tuple[str, ...]
    """Language that most words of each sentence belong to; '' when they are even."""

    def span(self, found: Found[Label]) -> tuple[int, int]:
        """Where a phrase begins and ends in the message as written."""
        return self.text.pieces[found.first].start, self.text.pieces[found.last].end


def hear(text: Text, lexicons: Sequence[Lexicon], *, repair: bool = True) -> tuple[Heard, ...]:
    """Read a message in every language. ``repair`` False leaves typing errors: for foreign messages."""
    languages = _sentence_languages(text, lexicons)
    return tuple(_hear(text, lexicon, languages, repair=repair) for lexicon in lexicons)


def _hear(text: Text, lexicon: Lexicon, languages: tuple[str, ...], *, repair: bool) -> Heard:
    if repair:
        ours = {n for n, language in enumerate(languages) if language in ("", lexicon.language)}
        text = lexicon.speller.repair(text, ours)
    found = lexicon.book.find(text)
    scope = Scope(text, (f for f in found if isinstance(f.label, str)))
    return Heard(lexicon, text, tuple(found), scope, languages)


def _sentence_languages(text: Text, lexicons: Sequence[Lexicon]) -> tuple[str, ...]:
    return tuple(
        _main_language([piece.norm for piece in text.pieces[first : last + 1]], lexicons)
        for first, last in text.sentences
    )


def _main_language(words: Sequence[str], lexicons: Sequence[Lexicon]) -> str:
    counts = {lexicon.language: sum(word in lexicon.words for word in words) for lexicon in lexicons}
    best = max(counts.values(), default=0)
    winners = [language for language, count in counts.items() if count == best]
    return winners[0] if len(winners) == 1 else ""
