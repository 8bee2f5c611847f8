"""The updates that wait for the bot, and the one poll that may wait for them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from demo.records import Json, RefusalError

KEPT_FOR = timedelta(hours=24)
KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "message_reaction_count",
)
"""What the stand-in can send, and the three that the real server sends on request only."""
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MOST = 100
LONGEST_WAIT = 50
NEWER = RefusalError(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
)
WEBHOOK_CAME = RefusalError(409, "Conflict: terminated by setWebhook request")


@dataclass(frozen=True, slots=True)
class Update:
    """One update, and until when it is kept."""

    id: int
    kind: str
    body: Json
    expires_at: datetime

    def wire(self) -> Json:
        """As it is handed to the bot."""
        return {"update_id": self.id, self.kind: self.body}


class Poll:
    """One getUpdates that waits; it may be ended from any thread."""

    def __init__(self) -> None:
        """Must be made in the loop that will wait."""
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[RefusalError | None] = self._loop.create_future()

    async def wait(self, seconds: float) -> None:
        """Return when there is something or the time is up. Raises RefusalError (409) when ended."""
        try:
            refusal = await asyncio.wait_for(self._end, seconds)
        except TimeoutError:
            return
        if refusal is not None:
            raise refusal.again()

    def end(self, refusal: RefusalError | None) -> None:
        """Wake the one that waits: with a refusal, or with None because an update came."""
        with contextlib.suppress(RuntimeError):  # the loop is closed when the server has gone meanwhile
            self._loop.call_soon_threadsafe(self._settle, refusal)

    def _settle(self, refusal: RefusalError | None) -> None:
        if not self._end.done():
            self._end.set_result(refusal)


class Updates:
    """The queue. Its owner holds the lock around every call."""

    def __init__(self, first_id: int, now: Callable[[], datetime]) -> None:
        self._next_id = first_id
        self._now = now
        self._queue: deque[Update] = deque()
        self._poll: Poll | None = None
        self._allowed: frozenset[str] = frozenset(KINDS) - ON_REQUEST
        self.on_new: Callable[[], None] = lambda: None
        """Called after each new update: the webhook listens here."""

    def __len__(self) -> int:
        self._expire()
        return len(self._queue)

    def allow(self, kinds: Collection[str] | None) -> None:
        """Which kinds are wanted from now on; none at all stands for the usual ones, None for no change."""
        if kinds is not None:
            self._allowed = frozenset(kinds) if kinds else frozenset(KINDS) - ON_REQUEST

    @property
    def allowed(self) -> list[str] | None:
        """The kinds asked for; None for the usual ones."""
        usual = frozenset(KINDS) - ON_REQUEST
        return None if self._allowed == usual else sorted(self._allowed)

    def push(self, kind: str, body: Json, dated: datetime) -> None:
        """Queue an update of a message or press of ``dated``, if the bot wants its kind."""
        if kind not in self._allowed:
            return
        self._queue.append(Update(self._next_id, kind, body, dated + KEPT_FOR))
        self._next_id += 1
        if self._poll is not None:
            self._poll.end(None)
        self.on_new()

    def take(self, offset: int, limit: int) -> list[Json]:
        """Confirm what lies before ``offset``, and the next ones, at most ``limit``; they stay queued."""
        self._expire()
        if offset < 0:
            while len(self._queue) > -offset:
                self._queue.popleft()
        elif offset <= self._next_id:
            self.confirm(offset)
        return [update.wire() for update in list(self._queue)[:limit]]

    def confirm(self, offset: int) -> None:
        """Forget every update before ``offset``."""
        while self._queue and self._queue[0].id < offset:
            self._queue.popleft()

    def head(self) -> Update | None:
        """The oldest update that waits."""
        self._expire()
        return self._queue[0] if self._queue else None

    def clear(self) -> None:
        """Forget all of them."""
        self._queue.clear()

    def wait(self) -> Poll:
        """A poll that waits from now on; an older one is sent away with a 409."""
        self.abort(NEWER)
        self._poll = Poll()
        return self._poll

    def abort(self, refusal: RefusalError) -> None:
        """Send away whoever waits."""
        if self._poll is not None:
            self._poll.end(refusal)
        self._poll = None

    @property
    def waited_for(self) -> bool:
        """Whether somebody waits now."""
        return self._poll is not None

    def leave(self, poll: Poll) -> None:
        """``poll`` waits no longer."""
        if self._poll is poll:
            self._poll = None

    def _expire(self) -> None:
        now = self._now()
        while self._queue and self._queue[0].expires_at < now:
            self._queue.popleft()
