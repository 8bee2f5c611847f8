"""Settings: read once, a wrong value refused by its name in one sentence, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from aftercare import House
from commands.parts import open_library
from settings import Settings, WrongSetting, read_settings
from tests.town import shared_reader

TOKEN = "123456:a-token-that-nobody-may-see"
CONTENT = Path(__file__).parent.parent / "content"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without .env, and none of our settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def refused(**values: object) -> str:
    with pytest.raises(WrongSetting) as told:
        read_settings(**values)
    return str(told.value)


def test_everything_has_a_default_but_the_token() -> None:
    settings = read_settings()
    assert settings.content_dir == CONTENT
    assert settings.database == Path("data/aftercare.sqlite3")
    with pytest.raises(WrongSetting, match="TELEGRAM_BOT_TOKEN is not set"):
        assert settings.token


def test_settings_come_from_the_environment_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\nSTAFF_CHAT_ID=-1001\nLOG_LEVEL=\n")
    monkeypatch.setenv("STAFF_CHAT_ID", "-1002")
    settings = read_settings()
    assert (settings.token, settings.staff_chat_id, settings.log_level) == (TOKEN, -1002, "INFO")


def test_nobody_changes_a_setting_once_it_is_read() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError):
        settings.tz = "Europe/Madrid"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"telegram_bot_token": "abc"}, "TELEGRAM_BOT_TOKEN must look like 123456:ABC"),
        ({"telegram_bot_token": "123456:"}, "TELEGRAM_BOT_TOKEN must look like 123456:ABC"),
        ({"telegram_bot_token": "bot:secret"}, "TELEGRAM_BOT_TOKEN must look like 123456:ABC"),
        ({"telegram_api_root": "api.telegram.org"}, "TELEGRAM_API_ROOT must be an address such as https://"),
        ({"telegram_api_root": "ftp://127.0.0.1"}, "TELEGRAM_API_ROOT must be an address such as https://"),
        ({"staff_chat_id": "our group"}, "STAFF_CHAT_ID must be a whole number"),
        ({"database_url": "postgresql://localhost/aftercare"}, "DATABASE_URL must name an SQLite file"),
        ({"database_url": "data/aftercare.sqlite3"}, "DATABASE_URL must name an SQLite file"),
        ({"database_url": "sqlite:///"}, "DATABASE_URL must name an SQLite file"),
        ({"database_url": "sqlite:///data/"}, "DATABASE_URL must name an SQLite file"),
        ({"database_url": "sqlite:///:memory:"}, "DATABASE_URL must name an SQLite file"),
        ({"bot_mode": "push"}, "BOT_MODE must be polling or webhook"),
        ({"bot_mode": "webhook"}, "WEBHOOK_URL must be the https address"),
        ({"bot_mode": "webhook", "webhook_url": "http://example.org"}, "WEBHOOK_URL must be the https address"),
        ({"bot_mode": "webhook", "webhook_url": "https://example.org"}, "WEBHOOK_SECRET must be 16 to 256"),
        (
            {"bot_mode": "webhook", "webhook_url": "https://example.org", "webhook_secret": "sixteen letters!"},
            "WEBHOOK_SECRET must be 16 to 256",
        ),
        ({"webhook_port": "http"}, "WEBHOOK_PORT must be a whole number"),
        ({"webhook_port": 70000}, "WEBHOOK_PORT must be a number from 0 to 65535"),
        ({"content_dir": "/"}, "CONTENT_DIR must name the folder that holds clinic.yaml"),
        ({"tz": "Mars/Crater"}, "TZ must be a time zone such as Europe/Madrid"),
        ({"tz": "Europe"}, "TZ must be a time zone such as Europe/Madrid"),
        ({"tz": "../../etc/localtime"}, "TZ must be a time zone such as Europe/Madrid"),
        ({"log_level": "loud"}, "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(values: dict[str, object], told: str) -> None:
    assert refused(**values).startswith(told)


def test_a_refusal_is_one_line_that_says_where_to_correct_it_and_names_every_wrong_setting() -> None:
    told = refused(telegram_bot_token="secret-but-wrong", log_level="loud", tz="Mars")
    assert told.endswith("Correct it in .env or the environment.")
    assert "\n" not in told
    assert all(name in told for name in ("TELEGRAM_BOT_TOKEN", "LOG_LEVEL", "TZ"))
    assert "secret-but-wrong" not in told


@pytest.mark.parametrize("content", [b"LOG_LEVEL=\xff\xfe", "LOG_LEVEL=INFO".encode("utf-16")])
def test_a_settings_file_that_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert ".env can't be read" in refused()


def test_a_webhook_on_this_machine_needs_no_https() -> None:
    settings = read_settings(bot_mode="webhook", webhook_url="http://127.0.0.1:9", webhook_secret="a" * 16)
    assert settings.bot_mode == "webhook"


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = read_settings(telegram_bot_token=TOKEN, webhook_secret="0123456789abcdef")
    assert TOKEN not in f"{settings!r} {settings}"
    assert "0123456789abcdef" not in f"{settings!r} {settings}"


# The zone


def test_the_zone_is_the_clinics_unless_one_is_set() -> None:
    assert open_library(read_settings()).clinic.zone.key == "Europe/London"


def test_tz_overrides_the_zone_of_the_clinics_file() -> None:
    library = open_library(read_settings(tz="America/New_York"))
    assert library.clinic.zone.key == "America/New_York"
    assert library.clinic.name == open_library(read_settings()).clinic.name


def test_the_running_bot_keeps_to_tz(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'town.sqlite3'}"
    house = House(
        read_settings(telegram_bot_token=TOKEN, database_url=place, allow_unsigned=True, tz="Asia/Kolkata"),
        reader=shared_reader(),
    )
    house.store.close_now()
    assert house.library.clinic.zone.key == "Asia/Kolkata"
