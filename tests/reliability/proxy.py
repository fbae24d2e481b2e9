"""A proxy before Postgres that cuts connections: before a message, amid it, or once the server has obeyed it.

It reads the messages that a client sends (https://www.postgresql.org/docs/current/protocol-message-formats.html), so
that it can forward a COMMIT, wait until the server is ready again, and keep that to itself.
"""

import contextlib
import select
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import urlsplit

import psycopg.conninfo

PATIENCE_SECONDS = 10
HEADER = 5
_STATEMENTS = (b"Q", b"P")
_ENDS_A_REQUEST = (b"Q", b"S")
_READY = b"Z"


class Cut(StrEnum):
    """Where a connection is cut."""

    BEFORE = "before"  # the server never hears of it
    AMID = "amid"  # the server gets half of it
    AFTER = "after"  # the server obeys, and its reply is swallowed


Choose = Callable[[bytes], Cut | None]
"""Given a whole message of a client, whether and where to cut; an AFTER is for messages that hold a statement."""


class CuttingProxy:
    """Listens on this machine; `choose` is asked about every message, in any of the connections' threads."""

    def __init__(self, url: str) -> None:
        self._server = psycopg.conninfo.conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.choose: Choose = lambda _: None
        self.cuts: Counter[Cut] = Counter()
        port, path = self._listener.getsockname()[1], urlsplit(url).path
        self.url = f"postgresql://postgres@127.0.0.1:{port}{path}?sslmode=disable&gssencmode=disable"

    @contextmanager
    def running(self) -> Iterator["CuttingProxy"]:
        """Accept connections meanwhile."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._connected() as server:
            _Connection(self, client, server).pump()

    def _connected(self) -> socket.socket:
        host, port = str(self._server["host"]), self._server.get("port") or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def chosen(self, message: bytes) -> Cut | None:
        """What is to be done about a message; counted when a connection is cut."""
        with self._lock:
            cut = self.choose(message)
            if cut is not None:
                self.cuts[cut] += 1
            return cut


class _Connection:
    """One client with its connection to the server."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._unread = b""
        self._begun = False

    def pump(self) -> None:
        """Forward both ways until somebody hangs up, or it is cut."""
        while True:
            readable, _, _ = select.select([self._client, self._server], [], [])
            if self._server in readable:
                answer = self._server.recv(65_536)
                if not answer:
                    return
                self._client.sendall(answer)
            if self._client in readable:
                said = self._client.recv(65_536)
                if not said:
                    return
                self._unread += said
                if not self._forward():
                    return

    def _forward(self) -> bool:
        """Send on what is whole; False once the connection is cut."""
        for message in self._messages():
            cut = self._proxy.chosen(message) if message[:1] in _STATEMENTS else None
            if cut is Cut.AMID:
                self._server.sendall(message[: len(message) // 2])
            if cut is Cut.AFTER:
                self._obey(message)
            if cut is not None:
                return False
            self._server.sendall(message)
        return True

    def _messages(self) -> Iterator[bytes]:
        while True:
            start = HEADER - 4 if self._begun else 0  # only the first message has no letter
            if len(self._unread) < start + 4:
                return
            length = start + int.from_bytes(self._unread[start : start + 4])
            if len(self._unread) < length:
                return
            message, self._unread = self._unread[:length], self._unread[length:]
            if not self._begun:
                self._begun = True
                self._server.sendall(message)
            else:
                yield message

    def _obey(self, message: bytes) -> None:
        """Send the whole request on, and wait until the server has done it."""
        self._server.settimeout(PATIENCE_SECONDS)
        self._server.sendall(message)
        while message[:1] not in _ENDS_A_REQUEST:
            message = self._next_message()
            self._server.sendall(message)
        answer = b""
        while True:
            while len(answer) >= HEADER and len(answer) > (length := int.from_bytes(answer[1:HEADER])):
                if answer[:1] == _READY:
                    return
                answer = answer[1 + length :]
            answer += self._server.recv(65_536)

    def _next_message(self) -> bytes:
        while True:
            for message in self._messages():
                return message
            said = self._client.recv(65_536)
            if not said:
                raise ConnectionResetError
            self._unread += said
