"""Each file of content/ read by itself, so that one which can't be read hides nothing that is wrong in the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from care.answers import read_faq
from care.clinic import load_clinic, load_procedure, load_safety
from care.faults import ContentFaults, Fault
from care.filing import offered
from care.lexicon import load_lexicons
from care.pages import page, words_files
from care.sources import load_sources
from care.symptoms import load_symptoms
from care.wording import load_wording


def singly(root: Path) -> Iterator[Fault]:
    """What is wrong with the form of the files of what is offered, whatever the others say."""
    for look in _looks(root):
        try:
            look()
        except ContentFaults as found:
            yield from found.faults


def _looks(root: Path) -> Iterator[Callable[[], object]]:
    languages, procedures = offered(root)
    yield partial(load_clinic, root)
    yield partial(load_safety, root)
    yield partial(load_sources, root, procedures)
    yield partial(_phrases, root, languages)
    yield from (partial(load_procedure, root / id, root) for id in procedures)
    yield from (partial(load_wording, root, lang) for lang in languages)
    yield partial(_answers, root, procedures, languages)
    for folder in [root / home / lang for home in ("general", *procedures) for lang in languages]:
        yield from (partial(page, path, root) for path in words_files(folder))


def _answers(root: Path, procedures: Sequence[str], languages: Sequence[str]) -> None:
    sources = load_sources(root, procedures)
    faults: list[Fault] = []
    for lang in languages:
        faults += read_faq([root / home / lang for home in ("general", *procedures)], lang, sources)[1]
    if faults:
        raise ContentFaults(faults)


def _phrases(root: Path, languages: Collection[str]) -> object:
    general = root / "general"
    table = load_symptoms(general / "symptoms.yaml", root)
    making = [path.name for path in general.iterdir() if path.name not in languages]
    return load_lexicons(general, table.symptoms, making)
