"""What was measured, for programs and for people: as JSON, and as one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from care.calibration import Calibration
from care.evaluation import TOGETHER, Evaluation, Row
from care.measured import READ_AS, Measured
from care.misses import label_of, misses, read_of, shortened, why_of
from care.model import Level
from care.shares import Reached, Share

LAYOUT = "evaluation.html"
P50, P99 = 0.5, 0.99


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation with what it was made from."""

    files: tuple[str, ...]
    day: date
    evaluation: Evaluation


def as_json(report: Report) -> str:
    """Everything that the terminal shows, and each missed message in full length.

    Shares are objects of ``hits``, ``of``, and ``percent``, ``low``, ``high`` (0..100); a probability that nobody
    told is null.
    """
    of = report.evaluation
    told = {
        "files": list(report.files),
        "day": report.day.isoformat(),
        "messages": {**{column: len(of.of(column)) for column in of.columns}, "other": len(of.foreign)},
        "figures": [_figure(row) for row in (*of.own_rows(), *of.foreign_rows())],
        "causes": [
            {"cause": one.name, **{key: _shares(getattr(one, key)) for key in ("emergency", "raised", "caught")}}
            for one in of.causes()
        ],
        "milliseconds": {"p50": round(of.milliseconds(P50), 2), "p99": round(of.milliseconds(P99), 2)},
        "confusion": {
            column: {level.word: dict(read) for level, read in of.confusion(column).items()} for column in of.columns
        },
        "calibration": {"danger": _bins(of.danger_calibration()), "answer": _bins(of.answer_calibration())},
        "misses": {kind.id: [_missed(one) for one in kind.missed] for kind in misses(of)},
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def as_page(report: Report) -> str:
    """The same as HTML without outside resources."""
    of = report.evaluation
    layout = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(LAYOUT)
    own = of.own_rows()
    return layout.render(
        report=report,
        of=of,
        own=own,
        foreign=of.foreign_rows() if of.foreign else (),
        misses=misses(of),
        plots={"danger": of.danger_calibration(), "answer": of.answer_calibration()},
        levels=tuple(Level),
        read_as=READ_AS,
        together=TOGETHER,
        musts={column: _musts(own, column) for column in of.languages},
        p50=of.milliseconds(P50),
        p99=of.milliseconds(P99),
        label_of=label_of,
        read_of=read_of,
        why_of=why_of,
        shortened=shortened,
    )


def _musts(rows: Sequence[Row], column: str) -> Share:
    """How many of the musts that a column has anything to count for are reached."""
    stand = [reached for row in rows if (reached := row.reached(column)) is not Reached.NOTHING]
    return Share(sum(one is not Reached.MISSED for one in stand), len(stand))


def _figure(row: Row) -> dict[str, Any]:
    goal = row.figure.goal
    return {
        "id": row.figure.id,
        "name": row.figure.name,
        "must": goal.must,
        "stretch": goal.stretch,
        "at_most": goal.at_most,
        "shares": {
            column: {**_share(share), "reached": row.reached(column).name.lower()}
            for column, share in row.shares.items()
        },
    }


def _shares(shares: Mapping[str, Share]) -> dict[str, Any]:
    return {column: _share(share) for column, share in shares.items()}


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval
    return {
        "hits": share.hits,
        "of": share.of,
        "percent": round(share.percent, 2),
        "low": round(low, 2),
        "high": round(high, 2),
    }


def _bins(told: Calibration | None) -> dict[str, Any] | None:
    if told is None:
        return None
    bins = [
        {"low": bin.low, "high": bin.high, "predicted": round(bin.predicted, 4), **_share(bin.observed)}
        for bin in told.bins
    ]
    return {"error": round(told.error, 4), "bins": bins}


def _missed(one: Measured) -> dict[str, Any]:
    label = one.label
    return {
        "id": label.id,
        "place": label.place,
        "lang": label.lang,
        "day": label.day,
        "text": label.text,
        "level": label.level.word,
        "symptoms": list(label.symptoms),
        "topic": label.topic,
        "read_as": one.read_as,
        "read_symptoms": list(one.reading.symptoms),
        "answered": list(one.decision.answered),
        "offered": list(one.decision.offered),
        "why": why_of(one),
    }
