"""`aftercare content recall`: who got words that were wrong, a correction for each of them, and who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from care.library import Library
from care.passages import answers
from care.signing import GENERAL, place_of
from commands.parts import SPOKEN, BadContent, fingerprint, open_library, open_store, out
from settings import Settings
from store import audit, people, recalls, wordings
from store.recalls import Recall, Standing, standing
from store.seam import Reads, Row, moment
from store.sqlite import Sqlite
from store.wordings import Sending

ANSWER = "faq."
TO_DO = {
    Standing.LOST: "call them",
    Standing.SILENT: "call them if it can't wait",
    Standing.WAITS: "",
    Standing.WROTE: "see what they wrote",
    Standing.READ: "",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who got the words."""

    patient: Row
    sendings: tuple[Sending, ...]
    """Every time that they got them, oldest first."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The words that are recalled."""

    home: str
    """The procedure that they belong to; '' for those of general/ and for answers."""
    id: str
    version: str

    @property
    def words(self) -> str:
        """As the database has them."""
        return f"{self.home}/{self.id}" if self.home else self.id


class Recalling:
    """One recall, from what the database remembers."""

    def __init__(self, library: Library, read: Reads, words: str, version: str) -> None:
        """BadContent when nobody got these words, or several words have this id."""
        self._library, self._read = library, read
        home, _, id = words.rpartition("/")
        all_of_it = wordings.sendings(read, id)
        if not all_of_it:
            raise BadContent(f"nobody was ever sent `{words}`; aftercare content log shows what was sent")
        homes = sorted({self._home(id, sending.procedure) for sending in all_of_it})
        if not home and len(homes) > 1:
            ways = " or ".join(f"{one or GENERAL}/{id}" for one in homes)
            raise BadContent(f"several words are called `{id}`: write {ways}")
        self.wrong = Wrong("" if home == GENERAL else home or homes[0], id, version)
        own = [one for one in all_of_it if self._home(id, one.procedure) == self.wrong.home]
        self.reached = self._reached([one for one in own if one.version == version])
        if not self.reached:
            known = ", ".join(sorted({one.version for one in own})) or "none"
            raise BadContent(f"nobody was sent version {version} of `{words}`; versions that were sent: {known}")

    def _home(self, id: str, procedure: str) -> str:
        """The procedure whose own words somebody in its care was told; '' when they were those of general/."""
        own = self._library.clinic.language
        if not id.startswith(ANSWER):
            return procedure if (procedure, id) in self._library.ids(own) else ""
        answer = self._library.books[own].of(procedure).answers.get(id.removeprefix(ANSWER))
        return _home_of(answer.file) if answer else ""

    def _reached(self, sendings: Sequence[Sending]) -> list[Reached]:
        by_patient: dict[int, list[Sending]] = {}
        for sending in sendings:
            by_patient.setdefault(sending.patient_id, []).append(sending)
        found = ((people.by_id(self._read, id), own) for id, own in by_patient.items())
        known = [Reached(patient, tuple(own)) for patient, own in found if patient is not None]
        return sorted(known, key=lambda one: str(one.patient["case_number"]))

    @property
    def still_said(self) -> bool:
        """Whether this version still stands in content/, so that more patients will get it."""
        wrong, library = self.wrong, self._library
        said = {(w.home, w.id, w.version) for lang in library.complete for w in library.texts(lang)}
        for lang in library.complete:
            said |= {(_home_of(a.file), f"{ANSWER}{a.topic}", a.version) for a in answers(library, lang)}
        return (wrong.home, wrong.id, wrong.version) in said

    def recall(self, correction: str) -> Recall:
        """What is sent, after everything was looked at that speaks against it; BadContent says what does.

        ``correction``: '' goes on with the one that was sent before.
        """
        begun = {row["correction"] for row in recalls.begun(self._read, self.wrong.words, self.wrong.version)}
        if not correction and not begun:
            raise BadContent("write --words with the id of the correction, such as --words correction.makeup")
        if correction and begun and correction not in begun:
            raise BadContent(f"this recall was begun with {min(begun)}: go on with that, without --words")
        correction = correction or min(begun)
        self._look_at(correction)
        return Recall(self.wrong.words, self.wrong.version, correction)

    def _look_at(self, correction: str) -> None:
        spoken = sorted({str(one.patient["lang"]) for one in self.reached})
        lacking = [lang for lang in spoken if not self._written(correction, lang)]
        if lacking:
            raise BadContent(
                f"`{correction}` has no words in {', '.join(lacking)}, which some of those who got it read:"
                f" write them below `## {correction}` in {self.wrong.home or GENERAL}/{lacking[0]}/corrections.md"
            )
        if not correction.startswith("correction."):
            raise BadContent(f"`{correction}` is no correction: its id must begin with `correction.`")
        running = audit.recall(self._read, SPOKEN)
        if running and running != fingerprint(self._library):
            raise BadContent(
                "The bot was started with other words than stand in content/ now. Restart it, so that it stops saying"
                " what is wrong and knows the correction; then run this again."
            )

    def _written(self, correction: str, lang: str) -> bool:
        return bool({("", correction), (self.wrong.home, correction)} & self._library.ids(lang))

    def drafts(self, correction: str) -> list[str]:
        """Files with the correction that are no more than drafts."""
        langs = {str(one.patient["lang"]) for one in self.reached}
        files = {self._library.place(correction, lang, self.wrong.home)[0] for lang in langs}
        return sorted(files & self._library.drafts.keys())

    def left(self) -> list[Reached]:
        """Who got the words and was sent no correction yet."""
        done = {row["patient_id"] for row in recalls.begun(self._read, self.wrong.words, self.wrong.version)}
        return [one for one in self.reached if one.patient["id"] not in done]

    def listing(self) -> Table:
        """Who got it, when, in which message and language; nothing that a patient wrote."""
        zone = self._library.clinic.zone
        head = f"{self._title}: who got it"
        table = Table("case", "language", "first", "last", "in", title=head, title_justify="left")
        for one in self.reached:
            first, last = (_clock(sending.at, zone) for sending in (one.sendings[0], one.sendings[-1]))
            messages = ", ".join(dict.fromkeys(s.message for s in one.sendings))
            langs = ", ".join(dict.fromkeys(s.lang for s in one.sendings))
            table.add_row(one.patient["case_number"], langs, first, last, messages)
        return table

    @property
    def _title(self) -> str:
        return escape(f"{self.wrong.words} version {self.wrong.version}")

    def remarks(self) -> list[str]:
        """What must be known besides."""
        found = []
        if self.still_said:
            found.append("This version still stands in content/: until it is mended, more patients get it.")
        if unknown := wordings.before_they_were_kept(self._read):
            found.append(
                f"{unknown} messages went out before it was kept what is said inside of a message;"
                " who got the words inside of one of those is not listed."
            )
        return found

    def status(self) -> Table:
        """What became of the correction; whom to call stands first."""
        zone = self._library.clinic.zone
        rows = recalls.begun(self._read, self.wrong.words, self.wrong.version)
        head = f"{self._title}: the correction"
        table = Table("case", "language", "sent", "", "what to do", title=head, title_justify="left")
        for row in sorted(rows, key=lambda row: list(Standing).index(standing(row))):
            table.add_row(row["case_number"], row["lang"], _clock(row["sent_at"], zone), *_told(row, zone))
        for one in self.left():
            table.add_row(one.patient["case_number"], one.patient["lang"], "", "was sent no correction", "send it")
        return table

    def question(self, correction: str) -> str:
        """What is asked before anything is sent."""
        left = self.left()
        parts = [f"{_patients(len(left))} will be sent {correction}."]
        if stopped := sum(bool(one.patient["stopped"]) for one in left):
            parts.append(
                f"{stopped} of them asked for silence with /stop: they are sent it all the same,"
                " because it is about their safety."
            )
        if gone := sum(bool(one.patient["unreachable"]) for one in left):
            parts.append(f"{gone} could not be reached of late: where it can't be delivered, staff get a task.")
        return " ".join([*parts, "Send it?"])


def send_all(store: Sqlite, recalling: Recalling, recall: Recall, by: str, now: datetime) -> int:
    """A correction for everybody who has none yet, each in a transaction of its own; how many.

    Cut off in the middle, it goes on where it was when it is run again.
    """
    return sum(
        store.write_now(partial(recalls.send, recall=recall, patient_id=id, got_at=got_at, by=by, now=now))
        for id, got_at in [(one.patient["id"], one.sendings[-1].at) for one in recalling.left()]
    )


def run_recall(
    settings: Settings,
    words: str,
    version: str,
    correction: str,
    now: datetime,
    *,
    send: bool,
    status: bool,
    by: str,
    yes: bool,
) -> None:
    """The whole command. BadContent says what speaks against it."""
    library, store = open_library(settings), open_store(settings)
    try:
        recalling = Recalling(library, store.read, words, version)
        out.print(recalling.status() if status else recalling.listing())
        for remark in recalling.remarks():
            out.print(remark, highlight=False, markup=False, soft_wrap=True)
        if send:
            recall = recalling.recall(correction)
            _may_be_said(recalling, recall, settings)
            if recalling.left() and not yes:
                typer.confirm(recalling.question(recall.correction), abort=True)
            count = send_all(store, recalling, recall, by, now)
            told = f"{_patients(count)} will get it: a running bot sends it within a minute."
            told = told if count else "Everybody who got that version was sent the correction before."
            out.print(f"{told} See what became of it with --status.", highlight=False, markup=False, soft_wrap=True)
    finally:
        store.close_now()


def _may_be_said(recalling: Recalling, recall: Recall, settings: Settings) -> None:
    drafts = recalling.drafts(recall.correction)
    if drafts and not settings.allow_unsigned:
        raise BadContent(
            f"{', '.join(drafts)}: no clinician has signed the correction as it stands."
            " Have it signed with: aftercare content sign FILE --reviewer NAME"
        )


def _home_of(file: str) -> str:
    home, _ = place_of(file)
    return "" if home == GENERAL else home


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"


def _clock(stored: int | None, zone: ZoneInfo) -> str:
    return f"{moment(stored).astimezone(zone):%Y-%m-%d %H:%M}" if stored else ""


def _told(row: Row, zone: ZoneInfo) -> tuple[str, str]:
    now = standing(row)
    when = {Standing.READ: row["read_at"], Standing.WROTE: row["wrote_at"]}.get(now)
    reason = f" ({row['reason']})" if now is Standing.LOST and row["reason"] else ""
    return f"{now.value}{reason} {_clock(when, zone)}".strip(), TO_DO[now]
