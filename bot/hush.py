"""What must never be written down: the bot's token, addresses that hold it, and other people's loggers."""

from __future__ import annotations

import logging


def quiet_libraries() -> None:
    """Silence the loggers that would write tokens, addresses or whole messages, at whatever level."""
    for name in ("telegram", "httpx", "httpcore", "aiohttp.access", "aiohttp.server", "aiohttp.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Redact(logging.Filter):
    """Takes the bot's token out of whatever is logged. Put it on handlers: loggers don't share filters."""

    def __init__(self, token: str) -> None:
        """``token``: whole; the part behind the colon is the secret and is replaced wherever it stands."""
        super().__init__()
        self._secret = token.partition(":")[2] or token

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; message, arguments and exception texts are rewritten where they hold the token."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that don't fit: logging would print them as they are
            message, record.args = str(record.msg), None
        if self._secret in message:
            record.msg, record.args = self._clean(message), None
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text and self._secret in record.exc_text:
            # Formatters other than the standard one format the exception again: it has to go.
            record.exc_text, record.exc_info = self._clean(record.exc_text), None
        return True

    def _clean(self, text: str) -> str:
        return text.replace(self._secret, "[token]")
