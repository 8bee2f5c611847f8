"""The command `aftercare` as people use it: what it does, and the one sentence that says what to mend."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import segno

from aftercare import main
from bot.telegram import Telegram
from care.invitation import digest
from commands.doctor import Doctor, Finding
from commands.enrol import BadRow, Enrolling, read_list
from commands.talk import BadLine, Talk, understand_lines
from demo.people import Group
from demo.serve import Served
from demo.standin import StandIn
from settings import Settings, read_settings
from store import invitations, people
from store.sqlite import Sqlite
from tests.town import GROUP, TOKEN, Town, shared_library, shared_reader

ROOT = Path(__file__).parent.parent
AFTERCARE = ROOT / ".venv" / "bin" / "aftercare"
USERNAME = "DeskBot"
LINK = re.compile(rf"https://t\.me/{USERNAME}\?start=([\w-]{{43}})")
SECRET = "a-secret-of-sixteen"
WRONG = 2
KEYS = ["id", "level", "symptoms", "topic", "sure", "asks", "reply", "source"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refuses(self, *words: str) -> None:
        """One sentence on standard error, and the code for what a user can mend."""
        assert self.code == WRONG, self
        assert "Traceback" not in self.err
        assert len(self.err.strip().split("\n")) == 1, self.err
        for word in words:
            assert word in self.err, self.err


@dataclass
class Desk:
    """A folder, an environment and the command."""

    folder: Path
    environment: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    group: Group | None = None
    line: StandIn | None = field(default=None, repr=False)

    @property
    def database(self) -> Path:
        return self.folder / "desk.sqlite3"

    def __call__(self, *words: str, stdin: str | bytes = "", **settings: str) -> Ended:
        """Run the command in this process, with other settings for this once."""
        with self.monkeypatch.context() as once:
            once.chdir(self.folder)
            for name in Settings.model_fields:
                once.delenv(name.upper(), raising=False)
            for name, value in {**self.environment, **settings}.items():
                once.setenv(name, value)
            raw = stdin.encode() if isinstance(stdin, str) else stdin
            once.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
            once.setattr(sys, "argv", ["aftercare", *words])
            code: object = 0
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
        told = self.capsys.readouterr()
        assert isinstance(code, int)
        return Ended(code, told.out, told.err)

    def spawn(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Start the real command in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        return subprocess.Popen(
            [AFTERCARE, *words],
            cwd=self.folder,
            env={**kept, **self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def real(self, *words: str, **settings: str) -> Ended:
        """As calling it, in a process of its own."""
        with self.spawn(*words, **settings) as process:
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)

    def opened(self) -> Sqlite:
        return Sqlite(self.database, alone=False)

    def counted(self, table: str) -> int:
        with closing_store(self.opened()) as store:
            row = store.read.one(f"SELECT count(*) AS n FROM {table}")
        assert row is not None
        return int(row["n"])


class closing_store:  # noqa: N801 - reads as the sentence "with closing_store(…)"
    """Close a store at the end."""

    def __init__(self, store: Sqlite) -> None:
        self._store = store

    def __enter__(self) -> Sqlite:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close_now()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Without a token: nothing leads to a network."""
    folder = tmp_path / "desk"
    folder.mkdir()
    database = f"sqlite:///{folder / 'desk.sqlite3'}"
    told = {"DATABASE_URL": database, "COLUMNS": "120", "ALLOW_UNSIGNED": "1"}
    return Desk(folder, told, capsys, monkeypatch)


@pytest.fixture
def live(desk: Desk) -> Iterator[Desk]:
    """With a token that a Telegram of our own knows, and a staff group."""
    desk.line = StandIn(token=TOKEN, username=USERNAME, now=lambda: datetime.now(UTC))
    anna = desk.line.person(601, "Anna")
    desk.group = desk.line.group(GROUP, "Lumen: staff", [anna])
    with Served(desk.line.app) as served:
        more = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_ROOT": served.url, "STAFF_CHAT_ID": str(GROUP)}
        desk.environment |= more
        yield desk
    desk.line.close()


def copied_content(desk: Desk, file: str, old: str, new: str) -> str:
    """A content of one's own with one thing changed; where it is."""
    root = desk.folder / "content"
    if not root.exists():
        shutil.copytree(ROOT / "content", root)
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(root)


def in_days(days: int) -> str:
    return f"{datetime.now(ZoneInfo('Europe/London')) + timedelta(days=days):%Y-%m-%d}"


# Wrong settings


def test_without_a_token_the_bot_says_where_to_get_one(desk: Desk) -> None:
    desk.real("run").refuses("TELEGRAM_BOT_TOKEN is not set", "@BotFather", ".env")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"TELEGRAM_BOT_TOKEN": "half-a-token"}, "TELEGRAM_BOT_TOKEN must look like"),
        ({"BOT_MODE": "webhook", "WEBHOOK_URL": "http://example.org"}, "WEBHOOK_URL must be the https address"),
        ({"CONTENT_DIR": "/"}, "CONTENT_DIR must name the folder that holds clinic.yaml"),
        ({"DATABASE_URL": "postgresql://localhost/x"}, "DATABASE_URL must name an SQLite file"),
        ({"TZ": "Mars/Crater"}, "TZ must be a time zone"),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["status"], ["check"], ["backup", "x"]])
def test_a_wrong_setting_is_told_by_every_command(
    desk: Desk, command: list[str], settings: Mapping[str, str], told: str
) -> None:
    desk(*command, **settings).refuses(told)


def test_an_address_that_nobody_answers_is_told(desk: Desk) -> None:
    ended = desk.real("run", TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_ROOT="http://127.0.0.1:9")
    ended.refuses("Telegram can't be reached", "TELEGRAM_API_ROOT")
    assert TOKEN.partition(":")[2] not in ended.err


def test_a_token_that_telegram_refuses_is_told_and_not_shown(live: Desk) -> None:
    ended = live.real("run", TELEGRAM_BOT_TOKEN="7:of-somebody-else")
    ended.refuses("Telegram refuses TELEGRAM_BOT_TOKEN", "@BotFather")
    assert "of-somebody-else" not in ended.err


def test_a_database_that_is_a_text_file_is_told_by_every_command_that_opens_it(desk: Desk) -> None:
    desk.database.write_text("Dear diary")
    for words in (["status"], ["staff", "list"], ["staff", "add", "7", "Anna"], ["backup", "b.sqlite3"]):
        desk(*words).refuses("can't be read", "aftercare restore FILE")
    desk.real("run", TELEGRAM_BOT_TOKEN=TOKEN).refuses("can't be read", "aftercare restore FILE")
    assert desk.database.read_text() == "Dear diary"


def test_content_that_cannot_be_used_is_told_with_file_and_line(desk: Desk) -> None:
    content = copied_content(desk, "clinic.yaml", "zone: Europe/London", "zone: Mars/Crater")
    for words in (["clinic"], ["status"], ["chat"]):
        desk(*words, CONTENT_DIR=content).refuses("clinic.yaml:", "`zone` is no time zone")


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        ["run", "--fast"],
        ["staff", "add", "Anna", "7"],
        ["staff", "add", "7", "Anna", "--role", "cleaner"],
        ["staff", "add", "0", "Anna"],
        ["chat", "--day", "-1"],
        ["backup"],
        ["demo", "--port", "none"],
    ],
)
def test_a_word_that_the_command_does_not_know_is_told_without_a_traceback(desk: Desk, words: list[str]) -> None:
    ended = desk(*words)
    assert ended.code == WRONG
    assert "Error" in ended.err
    assert "Traceback" not in ended.err


def test_help_names_every_command(desk: Desk) -> None:
    told = desk("--help").out
    for word in (
        "run",
        "demo",
        "check",
        "doctor",
        "chat",
        "understand",
        "evaluate",
        "clinic",
        "enrol",
        "status",
        "backup",
        "staff",
    ):
        assert f" {word} " in told


# The running bot


def ready(process: subprocess.Popen[str]) -> str:
    """Wait until the bot runs; what it logged up to there."""
    assert process.stderr is not None
    logged = ""
    for line in process.stderr:
        logged += line
        if "ready: @" in line:
            return logged
    raise AssertionError(logged)


def test_one_bot_runs_on_a_database_while_backups_are_made_and_nothing_is_restored(live: Desk) -> None:
    with live.spawn("run") as bot:
        try:
            logged = ready(bot)
            live.real("run").refuses("Another aftercare is already running on", "Stop it first")
            assert live("backup", "night.sqlite3").code == 0
            live("restore", "night.sqlite3").refuses("already running", "Stop it first")
            assert "bot last alive" in live("status").out
        finally:
            bot.send_signal(signal.SIGINT)
            logged += bot.communicate(timeout=30)[1]
    assert bot.returncode == 0
    assert TOKEN.partition(":")[2] not in logged
    restored = live("restore", "night.sqlite3")
    assert restored.code == 0
    assert "desk.sqlite3.before-restore" in restored.out


def test_a_bot_is_stopped_by_sigterm_as_well(live: Desk) -> None:
    with live.spawn("run") as bot:
        ready(bot)
        bot.send_signal(signal.SIGTERM)
        bot.communicate(timeout=30)
    assert bot.returncode == 0


# Backups


def test_a_backup_is_written_and_put_back(desk: Desk) -> None:
    desk("staff", "add", "7", "Anna")
    assert desk("backup", "night.sqlite3").out == "Written: night.sqlite3\n"
    desk("staff", "add", "8", "Ben")
    ended = desk("restore", "night.sqlite3")
    assert ended.out.startswith("Restored: ")
    assert "Anna" in desk("staff", "list").out
    assert "Ben" not in desk("staff", "list").out


def test_a_backup_is_put_back_on_a_new_machine(desk: Desk) -> None:
    desk("staff", "add", "7", "Anna")
    desk("backup", "night.sqlite3")
    elsewhere = {"DATABASE_URL": f"sqlite:///{desk.folder / 'new' / 'machine.sqlite3'}"}
    ended = desk("restore", "night.sqlite3", **elsewhere)
    assert (ended.code, "kept as" in ended.out) == (0, False)
    assert "Anna" in desk("staff", "list", **elsewhere).out


def test_there_is_nothing_to_back_up_before_the_first_start(desk: Desk) -> None:
    desk("backup", "night.sqlite3").refuses("There is no database", "nothing to back up")


def test_a_backup_into_a_folder_that_is_not_there_is_told(desk: Desk) -> None:
    desk("staff", "list")
    desk("backup", "no/such/night.sqlite3").refuses("can't be written", "Name a file in a folder that is there")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "not a backup of aftercare"), (b"Dear diary " * 999, "damaged, or no backup"), (None, "There is no file")],
)
def test_what_is_no_backup_is_not_restored(desk: Desk, content: bytes | None, told: str) -> None:
    if content is not None:
        (desk.folder / "night.sqlite3").write_bytes(content)
    desk("restore", "night.sqlite3").refuses(told)
    assert not desk.database.exists()


def test_a_damaged_backup_is_not_restored(desk: Desk) -> None:
    desk("staff", "add", "7", "Anna")
    desk("backup", "night.sqlite3")
    pages = bytearray((desk.folder / "night.sqlite3").read_bytes())
    pages[4096:20480] = b"\xff" * 16384
    (desk.folder / "night.sqlite3").write_bytes(pages)
    desk("restore", "night.sqlite3").refuses("damaged", "Try an older one")
    assert "Anna" in desk("staff", "list").out


# Staff


def test_staff_are_registered_changed_listed_and_dismissed(desk: Desk) -> None:
    assert desk("staff", "list").code == 0
    desk("staff", "add", "7", "Anna")
    changed = desk("staff", "add", "7", "Anna B.", "--role", "doctor", "--on-call")
    assert re.search(r"7\s*│ Anna B\.\s*│ doctor\s*│ yes\s*│ yes", changed.out), changed.out
    assert desk.counted("staff") == 1
    removed = desk("staff", "remove", "7")
    assert re.search(r"7\s*│ Anna B\.\s*│ doctor\s*│\s*│ no", removed.out), removed.out
    assert desk.counted("audit") == 3


def test_who_is_not_registered_cannot_be_dismissed(desk: Desk) -> None:
    desk("staff", "remove", "7").refuses("nobody active has the Telegram id 7")


def test_a_name_of_nothing_is_refused_and_one_with_brackets_is_not(desk: Desk) -> None:
    desk("staff", "add", "7", " ").refuses("the name is empty")
    assert "Anna [/b] [red]" in desk("staff", "add", "7", "Anna [/b] [red]").out


# Looking


def test_status_of_a_new_database_says_how_to_begin(desk: Desk) -> None:
    assert "never: start it with aftercare run" in desk("status").out


def test_the_clinics_page_shows_its_hours_and_what_it_promises(desk: Desk) -> None:
    told = desk("clinic").out
    assert "Lumen Skin Clinic" in told
    assert re.search(r"hours Sun\s*│ closed", told)
    assert re.search(r"urgent flagged now is answered by", told)
    assert "Europe/London" in told


def test_tz_overrides_the_clinics_zone_in_every_command(desk: Desk) -> None:
    assert "Asia/Kolkata" in desk("clinic", TZ="Asia/Kolkata").out


def test_check_passes_on_what_stands_in_content(desk: Desk) -> None:
    ended = desk("check")
    assert ended.code == 0
    assert ended.out.endswith("0 faults\n")


def test_check_names_file_and_line_of_a_fault_and_ends_with_2(desk: Desk) -> None:
    content = copied_content(desk, "general/en/service.md", "## small.hello\n", "## small.hello\n{{ nickname }}\n")
    ended = desk("check", CONTENT_DIR=content)
    line = (Path(content) / "general/en/service.md").read_text().split("\n").index("{{ nickname }}") + 1
    assert ended.code == WRONG
    assert f"general/en/service.md:{line}: " in ended.out
    # The Spanish words, which do not ask for it, are the other one.
    assert ended.out.endswith("2 faults\n")


# Talking


def test_a_chat_in_the_terminal_answers_each_line_and_ends_with_the_input(desk: Desk) -> None:
    ended = desk("chat", "--day", "3", "--why", stdin="I can't breathe\n\nthank you\n")
    assert ended.code == 0
    assert shared_library().clinic.emergency_number in ended.out
    assert "level emergency, signs breathing" in ended.out
    assert ended.out.count("you> ") == 4


def test_a_chat_speaks_only_languages_that_are_offered(desk: Desk) -> None:
    desk("chat", "--lang", "fr").refuses("language 'fr' is not offered", "en")


MESSAGES = [
    ("1", 1, "My throat is swelling and I can't breathe"),
    ("b", 4, "there is yellow pus on my cheek"),
    ("3", 12, "I have new dark patches on my forehead"),
    ("4", 2, "when can I wear makeup again?"),
    ("5", 2, "what is the meaning of life"),
    ("6", 2, "Bonjour, est-ce que je peux venir demain à la clinique ?"),
    ("7", 2, "thank you so much!"),
    ("8", 1, ""),
    ("9", 0, "¿Cuándo puedo maquillarme?"),
    ("10", 9999, "👍"),
]


def jsonl(lines: list[tuple[str, int, str]] = MESSAGES) -> str:
    return "".join(json.dumps({"id": i, "lang": "en", "day": d, "text": t}) + "\n" for i, d, t in lines)


def answers(ended: Ended) -> list[dict[str, object]]:
    assert ended.code == 0, ended.err
    return [json.loads(line) for line in ended.out.split("\n") if line]


def test_lines_are_answered_in_their_order_with_exactly_these_keys(desk: Desk) -> None:
    told = answers(desk("understand", "--jsonl", stdin=jsonl()))
    assert [line["id"] for line in told] == [id for id, _, _ in MESSAGES]
    assert all(list(line) == KEYS for line in told)
    assert [line["level"] for line in told][:3] == ["emergency", "urgent", "review"]
    makeup = told[3]
    assert makeup["topic"] == "makeup"
    assert makeup["source"]
    assert str(makeup["source"]) in str(makeup["reply"])
    for line in told:
        assert isinstance(line["symptoms"], list)
        assert isinstance(line["asks"], bool)
        assert isinstance(line["sure"], float)
        assert 0 <= line["sure"] <= 1
        assert line["reply"]
        assert "<b>" not in str(line["reply"])
        assert (line["source"] is None) == (line["topic"] is None)


def test_the_real_command_answers_lines_in_any_terminal(desk: Desk) -> None:
    lines = b"\xef\xbb\xbf" + jsonl().encode()
    done = subprocess.run(
        [AFTERCARE, "understand", "--jsonl"],
        input=lines,
        capture_output=True,
        cwd=desk.folder,
        env={"LANG": "en_US.ISO-8859-1", "PYTHONIOENCODING": "latin-1", "PATH": os.environ["PATH"]},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.decode("utf-8").strip().split("\n")) == len(MESSAGES)


def test_an_empty_input_gives_an_empty_answer(desk: Desk) -> None:
    assert answers(desk("understand", "--jsonl", stdin="\n\n")) == []


def test_lines_are_not_understood_without_the_option_that_says_what_they_are(desk: Desk) -> None:
    desk("understand", stdin=jsonl()).refuses("aftercare understand --jsonl < FILE")


GOOD = '{"id": 1, "lang": "en", "day": 1, "text": "hello"}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hello", "line 2 is not JSON"),
        ('"hello"', "line 2 must be an object"),
        ("[1]", "line 2 must be an object"),
        ('{"id": 1, "text": "hello"}', "line 2 lacks lang, day"),
        ('{"id": 1, "lang": "en", "day": 1, "text": null}', "line 2: text and lang must be strings"),
        ('{"id": 1, "lang": "en", "day": "1", "text": "hello"}', "line 2: day must be a whole number"),
        ('{"id": 1, "lang": "en", "day": -1, "text": "hello"}', "line 2: day must be a whole number"),
        ('{"id": 1, "lang": "en", "day": true, "text": "hello"}', "line 2: day must be a whole number"),
        ('{"id": 1, "lang": "en", "day": 1e3, "text": "hello"}', "line 2: day must be a whole number"),
        ('{"id": 1, "lang": "en", "day": 99999999, "text": "hello"}', "line 2: day must be a whole number"),
        ("[" * 100_000, "line 2 is not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(line: str, told: str) -> None:
    talk = Talk(shared_library(), shared_reader(), datetime.now(UTC))
    given = understand_lines(talk, [GOOD.encode(), line.encode(), GOOD.encode()])
    assert next(given)
    with pytest.raises(BadLine, match=re.escape(told)):
        next(given)


def test_what_came_before_a_line_that_is_not_utf_8_is_answered(desk: Desk) -> None:
    ended = desk("understand", "--jsonl", stdin=GOOD.encode() + b'\n{"id": "\xff"}\n')
    ended.refuses("line 2 is not JSON in UTF-8")
    assert len(ended.out.strip().split("\n")) == 1


def test_what_no_patient_would_write_is_answered_as_well(desk: Desk) -> None:
    odd = ["\x00", "\ud800", "a" * 20_000, "🙂" * 500, "<b>&amp;</b>", "{{ 7 * 7 }}", "\u202e\u200b", "٣"]
    told = answers(desk("understand", "--jsonl", stdin=jsonl([(text[:5], 1, text) for text in odd])))
    assert len(told) == len(odd)
    assert all("49" not in str(line["reply"]) for line in told)


SAID = {
    "maya": [
        "hello",
        "when can I wear makeup again?",
        "how long will the redness last",
        "can i go swimming",
        "thank you so much",
        "what is the capital of France",
        "thanks",
        "Bonjour, est-ce que je peux venir demain à la clinique ?",
    ],
    "nora": ["I have some new dark patches on my forehead"],
    "omar": ["there is yellow pus coming out of my cheek"],
    "pia": ["my throat is swelling and I can't breathe"],
}


async def test_understand_says_what_the_running_bot_says(place: Town) -> None:
    talk = Talk(shared_library(), shared_reader(), place.clock())
    for name, texts in SAID.items():
        await place.enrol(name)
        turn = 0
        for text in texts:
            before = len(place.texts(name))
            await place.says(name, text)
            sent = "\n\n".join(place.texts(name)[before:]).replace(f", {name.capitalize()}", "")
            heard = talk.hear(text, 0, "en", turn=turn)
            turn += bool(heard.reading.small_talk)
            # Questions that an earlier message opened are recalled below the answer.
            assert sent.startswith(heard.reply), f"{name}: {text}"


# Invitations


def drawn(link: str) -> list[list[bool]]:
    """The modules of a link's QR code."""
    return [[bool(module) for module in row] for row in segno.make(link, error="m", micro=False).matrix]


def read_blocks(text: str) -> list[list[bool]]:
    """The modules that half blocks show on a dark terminal, without the border."""
    rows: list[list[bool]] = []
    for line in [line for line in text.split("\n") if any(sign in line for sign in "▀▄█")]:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        rows.append([sign not in "▀█" for sign in plain])
        rows.append([sign not in "▄█" for sign in plain])
    return rows


def test_an_invitation_is_shown_as_link_and_qr_and_written_as_files(live: Desk) -> None:
    ended = live("enrol", "--reference", "A17")
    assert ended.code == 0, ended.err
    link = LINK.search(ended.out)
    assert link is not None
    files = {path.suffix: path for path in (live.folder / "invitations").iterdir()}
    assert set(files) == {".png", ".svg", ".html"}
    assert all(path.name in ended.out for path in files.values())
    assert files[".png"].read_bytes().startswith(b"\x89PNG")
    assert ElementTree.fromstring(files[".svg"].read_text()).tag.endswith("svg")
    assert (live.folder / "invitations").stat().st_mode & 0o077 == 0


def test_the_qr_in_the_terminal_is_the_links(live: Desk) -> None:
    ended = live("enrol")
    link = LINK.search(ended.out)
    assert link is not None
    shown, wanted = read_blocks(ended.out), drawn(link[0])
    size = len(wanted)
    inner = [row[4 : 4 + size] for row in shown[4 : 4 + size]]
    assert inner == wanted or [[not module for module in row] for row in inner] == wanted


def test_the_card_to_print_says_nothing_about_the_patient(live: Desk) -> None:
    live("enrol", "--reference", "A17 <b>", "--session", f"{in_days(-3)} 06:07", "--next-session", in_days(28))
    card = next((live.folder / "invitations").glob("*.html")).read_text(encoding="utf-8")
    assert "<svg" in card
    assert "A17 &lt;b&gt;" in card
    for word in ("icroneedling", in_days(28), in_days(-3), "06:07", "patient"):
        assert word not in re.sub(r"<svg.*?</svg>", "", card, flags=re.DOTALL).split("</style>")[1]


def test_the_token_of_an_invitation_stands_nowhere_in_the_database(live: Desk) -> None:
    ended = live("enrol")
    link = LINK.search(ended.out)
    assert link is not None
    with closing_store(live.opened()) as store:
        assert invitations.find(store.read, digest(link[1])) is not None
    for file in live.folder.glob("desk.sqlite3*"):
        assert link[1].encode() not in file.read_bytes()


async def test_a_link_from_the_command_line_opens_the_running_bot(place: Town, tmp_path: Path) -> None:
    assert place.house is not None
    settings = place.house.settings
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_ROOT": settings.telegram_api_root,
        "DATABASE_URL": settings.database_url,
        "ALLOW_UNSIGNED": "1",
        "PATH": os.environ["PATH"],
    }
    desk = await asyncio.create_subprocess_exec(
        AFTERCARE, "enrol", env=environment, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    shown = (await desk.communicate())[0].decode()
    assert desk.returncode == 0
    token = shown.split("?start=")[1].split()[0]
    place.clock.set(datetime.now(UTC) + timedelta(minutes=1))
    place.person("maya").starts(token)
    await place.settle()
    if len(place.library.languages) > 1:
        await place.press("maya", "English")
    await place.press("maya", "Yes, I agree")
    assert people.by_chat(place.house.store.read, place.chat("maya")) is not None
    row = invitations.find(place.house.store.read, digest(token))
    assert row is not None
    assert row["used_at"]


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"session": "0001-01-01T00:00+14:00"}, "can't be read; write it as"),
        ({"session": "2026-02-30 10:00"}, "can't be read; write it as"),
        ({"session": "{ahead} 10:00"}, "is still to come; invite the patient after it"),
        ({"session": "{long_ago} 10:00"}, "was more than 30 days ago"),
        ({"next_session": "soon"}, "next_session 'soon' can't be read; write it as 2026-04-01"),
        ({"next_session": "{lately}"}, "is not after the session"),
        ({"session": "{lately} 10:00", "next_session": "{lately}"}, "is not after the session"),
        ({"procedure": "botox"}, "procedure 'botox' is not offered; use one of: microneedling"),
        ({"language": "fr"}, "language 'fr' is not offered; use one of: en"),
        (
            {"types": "scalp, hair"},
            "type 'hair' is not known for microneedling; use any of: dark_skin, radiofrequency, scalp, cold_sores",
        ),
    ],
)
def test_an_invitation_that_cannot_be_made_is_told(wish: dict[str, str], told: str) -> None:
    enrolling = Enrolling(shared_library(), USERNAME, datetime.now(UTC), os.urandom, "command")
    days = {"ahead": in_days(2), "lately": in_days(-3), "long_ago": in_days(-40)}
    with pytest.raises(BadRow, match=re.escape(told)):
        enrolling.wish({name: text.format(**days) for name, text in wish.items()})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--session", "yesterday"], "session 'yesterday' can't be read; write it as 2026-03-04 15:30"),
        (["--procedure", "botox"], "procedure 'botox' is not offered; use one of: microneedling"),
        (["--lang", "fr"], "language 'fr' is not offered; use one of: en"),
        (["--type", "scalp", "--type", "hair"], "type 'hair' is not known for microneedling; use any of: dark_skin"),
        (["--csv", "nobody.csv"], "there is no readable file nobody.csv"),
        (["--csv", "."], "there is no readable file ."),
    ],
)
def test_a_command_that_cannot_invite_leaves_no_invitation(live: Desk, options: list[str], told: str) -> None:
    live("enrol", *options).refuses(told)
    assert live.counted("invitation") == 0


def test_a_folder_that_cannot_be_written_into_is_told_after_the_link_was_shown(live: Desk) -> None:
    (live.folder / "invitations").write_text("in the way")
    ended = live("enrol")
    ended.refuses("the folder invitations can't be written into", "name another one")
    assert LINK.search(ended.out)


def test_nobody_is_enrolled_without_telegram(desk: Desk, live: Desk) -> None:
    live("enrol", TELEGRAM_BOT_TOKEN="").refuses("TELEGRAM_BOT_TOKEN is not set")
    live("enrol", TELEGRAM_BOT_TOKEN="7:other").refuses("Telegram refuses TELEGRAM_BOT_TOKEN")
    live("enrol", TELEGRAM_API_ROOT="http://127.0.0.1:9").refuses("Telegram can't be reached")


def kept_types(live: Desk) -> list[tuple[str, ...]]:
    with closing_store(live.opened()) as store:
        return [people.types_of(row) for row in store.read.rows("SELECT * FROM invitation ORDER BY id")]


def test_a_patient_can_be_of_several_types(live: Desk) -> None:
    assert live("enrol", "--type", "cold_sores", "--type", "scalp").code == 0
    assert live("enrol").code == 0
    assert kept_types(live) == [("scalp", "cold_sores"), ()]


# Lists of patients


def listed(live: Desk, text: str | bytes, *options: str) -> Ended:
    (live.folder / "list.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return live("enrol", "--csv", "list.csv", *options)


def links(live: Desk) -> list[dict[str, str]]:
    with (live.folder / "invitations" / "links.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def session() -> str:
    return f"{in_days(-1)} 15:30"


def test_a_list_invites_everybody_on_it(live: Desk) -> None:
    ended = listed(live, f"reference,session,language\nA17,{session()},en\nA18,{session()},\n")
    assert ended.code == 0, ended.err
    assert "2 invited" in ended.out
    assert [row["reference"] for row in links(live)] == ["A17", "A18"]
    for row in links(live):
        assert LINK.fullmatch(row["link"])
        assert (live.folder / "invitations" / row["card"]).exists()
    assert live.counted("invitation") == 2


@pytest.mark.parametrize("name", ["types", "variant"])
@pytest.mark.parametrize("between", [" ", "+", ", ", " ; "])
def test_a_list_names_the_types_of_its_patients(live: Desk, name: str, between: str) -> None:
    several = f'"Scalp{between}cold_sores"'
    rows = [f"A17,{session()},{several}", f"A18,{session()},", f"A19,{session()},scalp"]
    ended = listed(live, "\n".join([f"reference,session,{name}", *rows]))
    assert ended.code == 0, ended.err
    assert kept_types(live) == [("scalp", "cold_sores"), (), ("scalp",)]


def test_a_type_on_a_list_that_nobody_knows_is_told_with_its_line(live: Desk) -> None:
    ended = listed(live, f"session,types\n{session()},scalp\n{session()},beard\n")
    ended.refuses("1 row was not used")
    assert "line 3: type 'beard' is not known for microneedling; use any of: dark_skin, radiofrequency" in ended.out
    assert kept_types(live) == [("scalp",)]


def test_a_list_with_the_types_under_both_names_is_refused(live: Desk) -> None:
    ended = listed(live, f"session,types,variant\n{session()},scalp,scalp\n")
    ended.refuses("the first line must name the columns", "can't be used: types")


def test_good_rows_are_used_and_bad_ones_are_told_with_their_line(live: Desk) -> None:
    text = (
        "reference,session,language,next_session\n"  # 1
        f"A1,{session()},en,\n"  # 2
        f"A2,yesterday,en,\n"  # 3
        "\n"  # 4
        f'"A3\nof two lines",{session()},en,\n'  # 5 and 6
        f"A4,{session()},fr,\n"  # 7
        f'"A5\n\n",soon,en,\n'  # 8 to 10
        f"A6,{session()},en\n"  # 11
        f"A7,{session()},en,{in_days(-20)}\n"  # 12
        " , , , \n"  # 13
        f"A8,{session()},en,{in_days(20)}\n"  # 14
    )
    ended = listed(live, text)
    ended.refuses("5 rows were not used; correct what is told above")
    told = [line for line in ended.out.split("\n") if line.startswith("line ")]
    assert [int(line.split()[1].rstrip(":")) for line in told] == [3, 7, 8, 11, 12]
    assert "it has 3 fields where the first line has 4" in told[3]
    assert [row["reference"] for row in links(live)] == ["A1", "A3\nof two lines", "A8"]


@pytest.mark.parametrize("dress", ["bom", "semicolons", "crlf", "capitals and spaces"])
def test_a_list_is_read_as_spreadsheets_write_it(live: Desk, dress: str) -> None:
    text = f"reference,session,language\nA17,{session()},en\n"
    changes: dict[str, Callable[[str], bytes]] = {
        "bom": lambda t: b"\xef\xbb\xbf" + t.encode(),
        "semicolons": lambda t: t.replace(",", ";").encode(),
        "crlf": lambda t: t.replace("\n", "\r\n").encode(),
        "capitals and spaces": lambda t: t.replace("reference,session", "Reference, Session ").encode(),
    }
    ended = listed(live, changes[dress](text))
    assert ended.code == 0, ended.err
    assert [row["reference"] for row in links(live)] == ["A17"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "the first line must name the columns"),
        (b"reference,language\nA17,en\n", "session is required"),
        (b"session,name\nnow,Maya\n", "can't be used: name"),
        (b"session,session\nnow,now\n", "can't be used: session"),
        (b"session,\nnow,\n", "can't be used: (no name)"),
        ("session,reference\nnow,Zoë\n".encode("latin-1"), "is not UTF-8 text; save it as “CSV UTF-8”"),
        ("session,reference\nnow,Zoë\n".encode("utf-16"), "is not UTF-8 text"),
        (b'session\n"' + b"x" * 200_000 + b'"\n', "can't be read from line 2 on"),
    ],
)
def test_a_list_that_is_none_is_told(tmp_path: Path, text: bytes, told: str) -> None:
    (tmp_path / "list.csv").write_bytes(text)
    enrolling = Enrolling(shared_library(), USERNAME, datetime.now(UTC), os.urandom, "command")
    with pytest.raises(BadRow, match=re.escape(told)):
        read_list(tmp_path / "list.csv", enrolling)


def test_a_list_that_is_none_invites_nobody(live: Desk) -> None:
    listed(live, f"session,name\n{session()},Maya\n").refuses("can't be used: name")
    assert live.counted("invitation") == 0


def test_one_list_after_the_other_leaves_every_card_in_its_place(live: Desk) -> None:
    listed(live, f"reference,session\nA1,{session()}\nA2,{session()}\n")
    before = {path.name: path.read_bytes() for path in (live.folder / "invitations").glob("*.html")}
    listed(live, f"reference,session\nB1,{session()}\n")
    assert [row["reference"] for row in links(live)] == ["A1", "A2", "B1"]
    assert len({row["card"] for row in links(live)}) == 3
    assert all((live.folder / "invitations" / name).read_bytes() == card for name, card in before.items())


# Going live


def findings(ended: Ended) -> dict[str, tuple[bool, str]]:
    """What was looked at → whether it is right, and what was told."""
    found = re.findall(r"^([✓✗]) (\w+)\s+(.*)$", ended.out, re.MULTILINE)
    return {what: (mark == "✓", told) for mark, what, told in found}


def test_the_doctor_is_content_when_everything_is_right(live: Desk) -> None:
    live("staff", "add", "601", "Anna", "--on-call")
    ended = live("doctor")
    found = findings(ended)
    assert ended.code == 0, ended.out
    assert list(found) == ["content", "database", "zone", "numbers", "token", "clock", "group", "staff", "updates"]
    assert all(good for good, _ in found.values())
    assert f"@{USERNAME}" in found["token"][1]
    assert "Europe/London, from clinic.yaml" in found["zone"][1]
    assert found["numbers"][1] == "999 / 112; Samaritans, 116 123; NHS 111, for GB. Are they right?"
    assert TOKEN.partition(":")[2] not in ended.out


def test_the_doctor_tells_a_number_that_is_not_the_countrys_and_lets_it_stand(desk: Desk) -> None:
    content = copied_content(desk, "clinic.yaml", "Samaritans, 116 123", "Our own line, 020 7946 0999")
    good, told = findings(desk("doctor", CONTENT_DIR=content))["numbers"]
    assert good
    assert "`crisis_line` is “Our own line, 020 7946 0999”" in told
    assert "has “Samaritans, 116 123” for GB" in told


def sick(ended: Ended) -> dict[str, str]:
    """What is wrong → what to do."""
    assert ended.code == WRONG
    assert ended.err == ""
    return {what: told for what, (good, told) in findings(ended).items() if not good}


def test_the_doctor_of_an_empty_house_names_everything_that_is_missing(desk: Desk) -> None:
    wrong = sick(desk("doctor"))
    assert list(wrong) == ["token", "clock", "group", "staff", "updates"]
    assert "@BotFather" in wrong["token"]
    assert "STAFF_CHAT_ID is not set" in wrong["group"]
    assert "aftercare staff add" in wrong["staff"]


def test_the_doctor_tells_a_token_that_is_refused_and_a_server_that_is_silent(live: Desk) -> None:
    refused = sick(live("doctor", TELEGRAM_BOT_TOKEN="7:other"))
    assert "copy it again, whole, from @BotFather" in refused["token"]
    silent = sick(live("doctor", TELEGRAM_API_ROOT="http://127.0.0.1:9"))
    assert "look at the network and TELEGRAM_API_ROOT" in silent["token"]


def test_the_doctor_tells_what_is_wrong_with_group_and_staff_and_where_the_zone_comes_from(live: Desk) -> None:
    assert live.line is not None
    assert live.group is not None
    live("staff", "add", "601", "Anna")
    wrong = sick(live("doctor", STAFF_CHAT_ID="-1009999"))
    assert wrong["group"].startswith("the bot can't see it")
    assert "nobody is on call" in wrong["staff"]
    live("staff", "add", "601", "Anna", "--on-call")
    live.line.group(GROUP - 1, "No rights", [], bot_is_admin=False)
    assert "make the bot an administrator" in sick(live("doctor", STAFF_CHAT_ID=str(GROUP - 1)))["group"]
    live.group.kicks_bot()
    ended = live("doctor", TZ="Asia/Kolkata")
    assert list(sick(ended)) == ["group"]
    assert "Asia/Kolkata, from TZ" in findings(ended)["zone"][1]


def test_the_doctor_tells_a_database_and_a_content_that_cannot_be_opened_beside_all_else(live: Desk) -> None:
    live.database.write_text("Dear diary")
    content = copied_content(live, "clinic.yaml", "zone: Europe/London", "zone: Mars/Crater")
    wrong = sick(live("doctor", CONTENT_DIR=content))
    assert list(wrong) == ["content", "database", "zone", "numbers", "staff"]
    assert "aftercare check" in wrong["content"]
    assert "aftercare status" in wrong["database"]


async def examined(live: Desk, later: timedelta = timedelta(), **more: str) -> dict[str, Finding]:
    settings = read_settings(
        telegram_bot_token=TOKEN, telegram_api_root=live.environment["TELEGRAM_API_ROOT"], staff_chat_id=GROUP, **more
    )
    telegram = Telegram(TOKEN, api_root=settings.telegram_api_root)
    await telegram.start()
    try:
        found = await Doctor(settings, shared_library(), None, telegram, datetime.now(UTC) + later).look()
    finally:
        await telegram.stop()
    return {finding.what: finding for finding in found}


async def test_the_doctor_compares_the_clock_with_the_servers(live: Desk) -> None:
    clock = (await examined(live, timedelta(minutes=10)))["clock"]
    assert not clock.good
    assert "NTP" in clock.told


async def test_the_doctor_tells_a_webhook_that_telegram_cannot_reach(live: Desk) -> None:
    assert live.line is not None
    telegram = Telegram(TOKEN, api_root=live.environment["TELEGRAM_API_ROOT"])
    await telegram.start()
    await telegram.set_webhook("http://127.0.0.1:9/nobody", SECRET)
    live.line.person(700, "Maya").starts()
    await live.line.until(lambda: bool(live.line and live.line.webhook.info().get("last_error_message")), 10)
    await telegram.stop()
    hook = (await examined(live, bot_mode="webhook", webhook_url="http://127.0.0.1:9", webhook_secret=SECRET))[
        "updates"
    ]
    assert not hook.good
    assert "check WEBHOOK_URL and its https proxy" in hook.told
    polling = (await examined(live))["updates"]
    assert polling.good
    assert "taken away at the start" in polling.told
