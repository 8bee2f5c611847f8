"""Updates posted to the bot's own address, in order, again and again until it takes them."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import threading
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from demo.params import Params
from demo.records import Json, bad, too_many
from demo.updates import WEBHOOK_CAME, Update
from demo.world import World

PORTS = (443, 80, 88, 8443)
SECRET = re.compile(r"[A-Za-z0-9_-]*")
LONGEST_SECRET = 256
LONGEST_RETRY_AFTER = 3600
LONGEST_PAUSE = 60.0
SECONDS_TO_ANSWER = 60.0


@dataclass(frozen=True)
class Outcome:
    """How one post went."""

    error: str = ""
    """'' when the bot took it."""
    retry_after: int = 0
    """Seconds that the bot asked to be left alone; 0 when it did not."""


def loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Webhook:
    """The bot's webhook, if it has set one. A thread of its own posts to it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._generation = 0
        self._secret = ""
        self._most = 40
        self._last_error = ""
        self._last_error_at = 0
        self._next_allowed = 0.0
        self.url = ""
        """'' while none is set."""
        self.plain_loopback = True
        """True: an address on this machine may be plain http and have any port, which the real server
        refuses; without it nothing could be tested here."""
        self.first_pause = 1.0
        """Seconds before the third attempt; doubled for each further one. The second comes at once."""

    def set(self, params: Params) -> str:
        """``setWebhook``; the server's remark. Raises RefusalError (400)."""
        url = params.text("url")
        if not url:
            return self.delete(params)
        self._slow_down()
        kinds = kinds_of(params)
        address = self._checked(url)
        secret = params.text("secret_token")
        if len(secret) > LONGEST_SECRET:
            raise bad("secret token is too long")
        if not SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        self._world.updates.allow(kinds)
        same = (url, secret) == (self.url, self._secret)
        if params.flag("drop_pending_updates"):
            self._world.updates.clear()
        elif same:
            return "Webhook is already set"
        self._world.updates.abort(WEBHOOK_CAME)
        self.url, self._secret, self._last_error = url, secret, ""
        self._most = min(max(params.integer("max_connections", 40), 1), 100)
        self._start(address)
        return "Webhook was set"

    def delete(self, params: Params) -> str:
        """``deleteWebhook``; the server's remark."""
        if params.flag("drop_pending_updates"):
            self._world.updates.clear()
        remark = "Webhook was deleted" if self.url else "Webhook is already deleted"
        self.stop()
        return remark

    def stop(self) -> None:
        """Post nothing more."""
        self.url = self._secret = ""
        self._generation += 1
        self._world.changed.notify_all()

    def info(self) -> Json:
        """``getWebhookInfo``."""
        updates = self._world.updates
        body: Json = {"url": self.url, "has_custom_certificate": False, "pending_update_count": len(updates)}
        if self.url:
            body |= {"max_connections": self._most, "ip_address": "127.0.0.1"}
        if self._last_error:
            body |= {"last_error_date": self._last_error_at, "last_error_message": self._last_error}
        return body | ({"allowed_updates": updates.allowed} if updates.allowed is not None else {})

    def _slow_down(self) -> None:
        now = time.monotonic()
        if self._world.paced and now < self._next_allowed:
            raise too_many(1)
        self._next_allowed = now + 1.0

    def _checked(self, url: str) -> SplitResult:
        address = urlsplit(url if "://" in url else f"https://{url}")
        try:
            host, port = address.hostname or "", address.port
        except ValueError:
            host, port = "", None
        if not host or address.scheme not in ("http", "https"):
            raise bad("invalid webhook URL specified")
        if self.plain_loopback and loopback(host):
            return address
        if address.scheme == "http":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        return address

    def _start(self, address: SplitResult) -> None:
        self._generation += 1
        arguments = (self._generation, address, self._secret)
        threading.Thread(target=self._run, args=arguments, name="webhook", daemon=True).start()

    def _run(self, generation: int, address: SplitResult, secret: str) -> None:
        fails = 0
        while (update := self._next(generation)) is not None:
            outcome = _post(address, secret, update)
            with self._world.lock:
                if generation != self._generation:
                    return
                fails = self._settle(update, outcome, fails)

    def _next(self, generation: int) -> Update | None:
        with self._world.lock:
            while generation == self._generation:
                update = self._world.updates.head()
                if update is not None:
                    return update
                self._world.changed.wait(1.0)
        return None

    def _settle(self, update: Update, outcome: Outcome, fails: int) -> int:
        """Forget the update or wait; how often it has failed by now. The lock is free while waiting."""
        if not outcome.error:
            self._world.updates.confirm(update.id + 1)
            self._world.changed.notify_all()
            return 0
        self._last_error, self._last_error_at = outcome.error, self._world.unix()
        pause = min(self.first_pause * 2 ** (fails - 1), LONGEST_PAUSE) if fails else 0.0
        if outcome.retry_after:
            pause = float(min(outcome.retry_after, LONGEST_RETRY_AFTER))
        generation = self._generation
        self._world.changed.wait_for(lambda: generation != self._generation, pause)
        return fails + 1


def kinds_of(params: Params) -> list[str] | None:
    """``allowed_updates``; None when the call does not say."""
    value = params.parsed("allowed_updates", "can't parse allowed updates JSON object")
    return [str(kind) for kind in value] if isinstance(value, list) else None


def _post(address: SplitResult, secret: str, update: Update) -> Outcome:
    maker = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = maker(address.hostname or "", address.port, timeout=SECONDS_TO_ANSWER)
    headers = {"Content-Type": "application/json"}
    if secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    try:
        connection.request("POST", path, json.dumps(update.wire()).encode(), headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as failure:
        return Outcome(f"Connection failed: {type(failure).__name__}")
    finally:
        connection.close()
    if 200 <= answer.status <= 299:
        return Outcome()
    asked = answer.headers.get("Retry-After", "")
    wait = int(asked) if asked.isdigit() else 0
    return Outcome(f"Wrong response from the webhook: {answer.status} {answer.reason}", wait)
