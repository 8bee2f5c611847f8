"""Which version of which words went out to whom: the words of a message, and all that was said inside of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from care.model import Part
from store.seam import Reads, Row, Writes, packed

MAY_HAVE_ARRIVED = "state IN ('sent', 'unknown', 'handed')"


@dataclass(frozen=True, slots=True)
class Sending:
    """One time that words went out to a patient."""

    patient_id: int
    version: str
    hash: str
    at: int
    """Stamp at which they went out, or were to."""
    lang: str
    procedure: str
    """Whose care it belonged to; '' when to none."""
    message: str
    """Id of the message in which they were said."""


def kept(tx: Writes, parts: Sequence[Part]) -> int:
    """The id of this list of parts. Few lists are ever said, so a sent row keeps a number and not the list."""
    text = packed([[part.words, part.version, part.hash] for part in parts])
    known = tx.one("SELECT id FROM inside WHERE parts = ?", (text,))
    if known is None:
        tx.run("INSERT INTO inside (id, parts) SELECT coalesce(max(id), 0) + 1, ? FROM inside", (text,))
        known = tx.one("SELECT id FROM inside WHERE parts = ?", (text,))
        assert known is not None
    return int(known["id"])


def sendings(read: Reads, words: str) -> list[Sending]:
    """Every time that these words went out to a patient, oldest first; for an answer, ``faq.<topic>``."""
    inside = _inside(read, words)
    lists = (0, *inside)  # no list has the id 0; an empty one is no SQL
    marks = ",".join("?" * len(lists))
    rows = read.rows(
        "SELECT o.patient_id, o.words, o.version, o.hash, o.inside, o.lang, coalesce(o.sent_at, o.due_at) AS at,"
        " coalesce(e.procedure, '') AS procedure"
        " FROM outgoing o LEFT JOIN episode e ON e.id = o.episode_id"
        f" WHERE o.patient_id IS NOT NULL AND o.{MAY_HAVE_ARRIVED} AND (o.words = ? OR o.inside IN ({marks}))"
        " ORDER BY at, o.id",
        (words, *lists),
    )
    return [_sending(row, words, inside) for row in rows]


def _inside(read: Reads, words: str) -> dict[int, tuple[str, str]]:
    """Id of a list of parts -> version and hash that these words have in it."""
    found = {}
    for row in read.rows("SELECT id, parts FROM inside"):
        for id, version, digest in json.loads(row["parts"]):
            if id == words:
                found[int(row["id"])] = (version, digest)
    return found


def _sending(row: Row, words: str, inside: dict[int, tuple[str, str]]) -> Sending:
    own = row["words"] == words
    version, digest = (row["version"], row["hash"]) if own else inside[row["inside"]]
    return Sending(row["patient_id"], version, digest, row["at"], row["lang"], row["procedure"], row["words"])


def before_they_were_kept(read: Reads) -> int:
    """How many messages went out while it was not kept yet what was said inside of them."""
    row = read.one(
        f"SELECT count(*) AS n FROM outgoing WHERE patient_id IS NOT NULL AND inside IS NULL AND {MAY_HAVE_ARRIVED}"
    )
    return int(row["n"]) if row else 0
