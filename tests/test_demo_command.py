"""The command `aftercare demo`: starts by itself, serves its page, ends with Ctrl-C and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from settings import Settings
from store.sqlite import Sqlite

ROOT = Path(__file__).parent.parent
AFTERCARE = ROOT / ".venv" / "bin" / "aftercare"
SOON, PATIENCE = 10, 60
WRONG = 2


class Demo:
    """A demo that runs in a process of its own."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        self.process = subprocess.Popen(
            [AFTERCARE, "demo", *options],
            cwd=folder,
            env={**kept, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = ""

    def ready(self) -> Demo:
        """Wait for the address."""
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert "http://127.0.0.1:" in first, first + self.process.communicate(timeout=PATIENCE)[1]
        self.address = "http://" + first.split("http://")[1].strip()
        return self

    @contextmanager
    def opens(self, path: str) -> Iterator[http.client.HTTPResponse]:
        """An answer of the page, on a connection that stays open."""
        with closing(http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)) as line:
            line.request("GET", path)
            with line.getresponse() as answer:
                yield answer

    def asks(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        with self.opens(path) as answer:
            return answer.status, answer.read().decode()

    def ends(self, name: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Press Ctrl-C: its exit code and what it complained about."""
        self.process.send_signal(name)
        _, err = self.process.communicate(timeout=SOON)
        return self.process.returncode, err


@contextmanager
def demo(folder: Path, *options: str, **settings: str) -> Iterator[Demo]:
    running = Demo(folder, *options, **settings)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def test_a_demo_starts_serves_its_page_and_ends_with_ctrl_c_leaving_only_its_folder(tmp_path: Path) -> None:
    with demo(tmp_path, "--port", "0") as running:
        running.ready()
        status, page = running.asks("/")
        assert (status, "<html" in page) == (http.client.OK, True)
        assert json.loads(running.asks("/demo/state")[1])
        assert running.ends() == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["demo-data"]
    with socket.socket() as door:
        assert door.connect_ex(("127.0.0.1", urlsplit(running.address).port or 0)) != 0


def test_a_page_that_is_open_in_a_browser_does_not_keep_the_demo_from_ending(tmp_path: Path) -> None:
    with demo(tmp_path, "--port", "0") as running, running.ready().opens("/demo/events") as stream:
        assert stream.status == http.client.OK
        assert stream.readline()
        assert running.ends(signal.SIGTERM) == (0, "")


def test_a_demo_begins_anew_and_leaves_a_real_bots_settings_alone(tmp_path: Path) -> None:
    real = {
        "TELEGRAM_BOT_TOKEN": "7:of-a-real-bot",
        "STAFF_CHAT_ID": "-1009",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'real.sqlite3'}",
        "TELEGRAM_API_ROOT": "http://127.0.0.1:9",
    }
    for _ in range(2):
        with demo(tmp_path, "--port", "0", "--folder", "play", **real) as running:
            assert "of-a-real-bot" not in running.ready().asks("/demo/state")[1]
            assert running.ends() == (0, "")
    store = Sqlite(tmp_path / "play" / "demo.sqlite3")
    members = [row["name"] for row in store.read.rows("SELECT name FROM staff ORDER BY name")]
    store.close_now()
    assert members == ["Anna", "Ben"]
    assert not (tmp_path / "real.sqlite3").exists()


@pytest.mark.parametrize("port", ["taken", "99999", "-1"])
def test_a_port_that_cannot_be_used_is_told_before_anything_is_touched(tmp_path: Path, port: str) -> None:
    (tmp_path / "demo-data").mkdir()
    (tmp_path / "demo-data" / "demo.sqlite3").write_text("of the demo that runs")
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        number = str(door.getsockname()[1]) if port == "taken" else port
        with demo(tmp_path, "--port", number) as running:
            out, err = running.process.communicate(timeout=PATIENCE)
    assert (running.process.returncode, out) == (WRONG, "")
    assert err == f"Port {number} can't be used. Choose another: aftercare demo --port 0\n"
    assert (tmp_path / "demo-data" / "demo.sqlite3").read_text() == "of the demo that runs"


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    Sqlite(tmp_path / "data" / "aftercare.sqlite3").close_now()
    before = sorted(path.name for path in (tmp_path / "data").iterdir())
    with demo(tmp_path, "--port", "0", "--folder", "data") as running:
        out, err = running.process.communicate(timeout=PATIENCE)
    assert (running.process.returncode, out) == (WRONG, "")
    assert "which is not the demo's. Name another one with --folder." in err
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == before


def test_a_second_demo_does_not_take_the_folder_of_one_that_runs(tmp_path: Path) -> None:
    with demo(tmp_path, "--port", "0") as first:
        first.ready()
        with demo(tmp_path, "--port", "0") as second:
            out, err = second.process.communicate(timeout=PATIENCE)
        assert (second.process.returncode, out) == (WRONG, "")
        assert "already running on demo-data" in err
        assert first.asks("/")[0] == http.client.OK
        assert first.ends() == (0, "")
