"""An ASGI application on a loopback port, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp

START_SECONDS = 10.0


class Served:
    """``with Served(app) as served: served.url`` → ``http://127.0.0.1:<port>``; port 0 takes a free one."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._port = port
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            # Open long polls are cut at once, as a server that goes away cuts them.
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="served", daemon=True)
        self._socket: socket.socket | None = None
        self.url = ""

    def __enter__(self) -> Served:
        """Serve; returns when connections are taken. Raises OSError when the port is not free."""
        self._socket = _bound(self._port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                raise OSError("the server did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; returns when the port is free again."""
        self._server.should_exit = True
        self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket] if self._socket else None)


def _bound(port: int) -> socket.socket:
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms longer.
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port that was served a moment ago is free again at once.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
    except OSError:
        taken.close()
        raise
    return taken
