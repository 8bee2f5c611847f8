"""Every setting, read once from the environment and `.env`, in the order of `.env.example`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

HERE = Path(__file__).resolve().parent
SECRETS = Path("/run/secrets")


class WrongSetting(Exception):
    """A setting that can't be used; the text names it and says what to do."""


def _http(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be an address such as https://api.telegram.org")
    return value.rstrip("/")


def _sqlite(value: str) -> str:
    file = value.removeprefix("sqlite:///")
    if file in ("", ":memory:", value) or file.endswith("/"):
        raise ValueError("must name an SQLite file, such as sqlite:///data/aftercare.sqlite3")
    return value


class Settings(BaseSettings):
    """One frozen object; a wrong value is refused by name."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    telegram_bot_token: SecretStr = SecretStr("")
    telegram_api_root: Annotated[str, AfterValidator(_http)] = "https://api.telegram.org"
    staff_chat_id: int = 0
    database_url: Annotated[str, AfterValidator(_sqlite)] = "sqlite:///data/aftercare.sqlite3"
    bot_mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = ""
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8443, ge=0, le=65535)
    webhook_secret: SecretStr = SecretStr("")
    content_dir: Path = HERE / "content"
    allow_unsigned: bool = False
    tz: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("telegram_bot_token")
    @classmethod
    def _token(cls, token: SecretStr) -> SecretStr:
        number, _, rest = token.get_secret_value().partition(":")
        if token.get_secret_value() and not (number.isdigit() and rest):
            raise ValueError("must look like 123456:ABC…; copy it whole from @BotFather")
        return token

    @field_validator("tz")
    @classmethod
    def _zone(cls, zone: str) -> str:
        try:
            if zone:
                ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("must be a time zone such as Europe/Madrid") from None
        return zone

    @field_validator("content_dir")
    @classmethod
    def _content(cls, folder: Path) -> Path:
        if not (folder / "clinic.yaml").exists():
            raise ValueError("must name the folder that holds clinic.yaml")
        return folder.resolve()

    @model_validator(mode="after")
    def _webhook(self) -> Self:
        if self.bot_mode != "webhook":
            return self
        local = urlsplit(self.webhook_url).hostname in ("127.0.0.1", "localhost")
        if not self.webhook_url.startswith("https://") and not local:
            raise ValueError("WEBHOOK_URL must be the https address under which Telegram reaches this machine")
        secret = self.webhook_secret.get_secret_value()
        if not 16 <= len(secret) <= 256 or not secret.replace("_", "a").replace("-", "a").isalnum():
            raise ValueError("WEBHOOK_SECRET must be 16 to 256 of the characters A-Z a-z 0-9 _ and -")
        return self

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def token(self) -> str:
        """The bot's token in clear; WrongSetting when there is none."""
        token = self.telegram_bot_token.get_secret_value()
        if not token:
            raise WrongSetting(
                "TELEGRAM_BOT_TOKEN is not set. Get one from @BotFather in Telegram and put it into .env"
                " (see .env.example)."
            )
        return token


def read_settings(**override: object) -> Settings:
    """The settings; WrongSetting names every one that can't be used."""
    try:
        return Settings(**override)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0]).upper() if problem["loc"] else ""
            lines.append(f"{name} {_what_is_wrong(problem)}".strip())
        raise WrongSetting("; ".join(lines) + ". Correct it in .env or the environment.") from None
    except (OSError, UnicodeDecodeError):
        raise WrongSetting(".env can't be read. Save it as UTF-8 text that this user may read.") from None


def _what_is_wrong(problem: ErrorDetails) -> str:
    """One misfit in our words: pydantic's own tell a programmer what failed, not a user what to write."""
    limits = problem.get("ctx", {})
    match problem["type"].partition("_")[0]:
        case "int":
            return "must be a whole number"
        case "bool":
            return "must be 0 or 1"
        case "literal":
            return f"must be {limits['expected'].replace(chr(39), '')}"
        case "greater" | "less":
            return "must be a number from 0 to 65535"
    return problem["msg"].removeprefix("Value error, ")
