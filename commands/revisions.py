"""A version of the content folder: the folder as it is, another folder, or one that git remembers."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from care.faults import ContentFaults
from care.library import Library, load
from commands.parts import BadContent

LAST = "HEAD"
"""The last commit, as git calls it."""


@contextmanager
def version(wished: str, content: Path) -> Iterator[Library]:
    """The words of a folder or of a git revision of ``content``; BadContent when there are none to be read."""
    folder = Path(wished)
    if (folder / "clinic.yaml").exists():
        yield _read(folder.resolve(), wished)
        return
    with TemporaryDirectory() as place:
        _unpack(wished, content, Path(place))
        yield _read(Path(place), wished)


def _read(folder: Path, name: str) -> Library:
    try:
        return load(folder)
    except ContentFaults as found:
        raise BadContent(
            f"the words of {name} can't be read by this program, so nothing can be compared: {found.faults[0]}"
        ) from None


def _unpack(revision: str, content: Path, place: Path) -> None:
    """Write the content folder of a revision into ``place``."""
    packed = _git(content, "archive", "--format=tar", revision, ".") if not revision.startswith("-") else None
    if packed is None:
        known = _git(content, "rev-parse", "--verify", "HEAD") is not None
        raise BadContent(
            f"{revision} is no folder with a clinic.yaml and no revision of {content.name} that git knows"
            if known
            else f"git remembers nothing of {content}: name the folder with the words of before, such as a backup"
        )
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(place, filter="data")
    if not (place / "clinic.yaml").exists():
        raise BadContent(f"there was no content folder in {revision}: name another revision, or a folder")


def _git(folder: Path, *words: str) -> bytes | None:
    """What git says; None when it is not there, or refuses."""
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
