"""A server that speaks the Messages API badly on purpose."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

GREETING: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": "Grüße"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 3},
}


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: bytes = json.dumps(GREETING).encode()
    headers: dict[str, str] = field(default_factory=dict)
    sends: Literal["all", "half", "nothing"] = "all"
    held: bool = False
    """Answered only when the test lets go."""


def error_answer(status: int, message: str = "as asked", kind: str = "api_error", **headers: str) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": message}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body).encode(), named)


class FaultServer:
    """Gives its answers in turn, the last one for ever; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer()]
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[tuple[str, int]] = set()
        self.in_flight = 0
        self.most_in_flight = 0
        self.asked = threading.Event()
        self.arrivals = threading.Semaphore(0)
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def begin(self, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        with self._lock:
            position = min(len(self.requests), len(self.answers) - 1)
            self.requests.append(body)
            self.headers.append(headers)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.asked.set()
            self.arrivals.release()
            return self.answers[position]

    def end(self) -> None:
        with self._lock:
            self.in_flight -= 1

    @contextmanager
    def running(self) -> Iterator["FaultServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _server(faults: FaultServer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            faults.connections.add(self.client_address)
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = faults.begin(body, {name.lower(): value for name, value in self.headers.items()})
            try:
                if answer.held:
                    faults.released.wait(timeout=30)
                self._answer(answer)
            except ConnectionError:
                self.close_connection = True  # the client has hung up, as some tests make it
            finally:
                faults.end()

        def _answer(self, answer: Answer) -> None:
            if answer.sends == "nothing":
                self._hang_up()
                return
            self.send_response_only(answer.status)  # without a date of its own
            named = {"content-type": "application/json", "request-id": "req_1"} | answer.headers
            for name, value in named.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body if answer.sends == "all" else answer.body[: len(answer.body) // 2])
            if answer.sends == "half":
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server
