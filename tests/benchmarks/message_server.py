"""A small Messages API in a process of its own: `python -m tests.benchmarks.message_server LATENCY_SECONDS`.

Prints its port. Answers each conversation by how many turns it has had: writes a note, makes a card, looks at earlier
runs, finishes. `GET /calls` tells how many calls came and when the first one did, and begins to count anew.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any

MODEL = "claude-haiku-5-5"
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("write_note", {"text": "The board was looked at; one card was missing and is there now. " * 4}),
    ("create_card", {"title": "Order more coffee", "description": "The last bag was opened on Monday. " * 8}),
    ("list_recent_runs", {"limit": 3}),
    ("finish_run", {"status": "done", "summary": "One card was missing and is on the board now."}),
)
TURNS = len(STEPS)
_WORDS = "I have looked at what the board holds and at what the task asks for, and this is what comes next. " * 3
_USAGE = {
    "input_tokens": 2_100,
    "output_tokens": 140,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "service_tier": "standard",
}
_END_OF_HEAD = b"\r\n\r\n"
_ASSISTANT = b'"role":"assistant"'


class Calls:
    """What has come since somebody last asked."""

    def __init__(self) -> None:
        self.count = 0
        self.first_at: float | None = None

    def add(self) -> None:
        self.first_at = self.first_at or time.monotonic()
        self.count += 1

    def take(self) -> bytes:
        told = {"calls": self.count, "first_at": self.first_at}
        self.count, self.first_at = 0, None
        return json.dumps(told).encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as the package uses it: one request after the other, with a length."""

    _numbers = itertools.count(1)

    def __init__(self, calls: Calls, latency_seconds: float) -> None:
        self._calls = calls
        self._latency_seconds = latency_seconds
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(_END_OF_HEAD)
        if not found:
            return
        length = _length(head)
        if len(rest) >= length:
            self._received = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /calls"):
            self._send(self._calls.take())
            return
        self._calls.add()
        answer = message(body.replace(b'": "', b'":"').count(_ASSISTANT), next(self._numbers))
        if self._latency_seconds:
            asyncio.get_running_loop().call_later(self._latency_seconds, self._send, answer)
        else:
            self._send(answer)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


def message(turn: int, number: int) -> bytes:
    """The answer of a conversation that has had so many turns."""
    name, arguments = STEPS[min(turn, TURNS - 1)]
    content = [
        {"type": "text", "text": _WORDS},
        {"type": "tool_use", "id": f"toolu_{number:024x}", "name": name, "input": arguments},
    ]
    told = {"id": f"msg_{number:024x}", "type": "message", "role": "assistant", "model": MODEL, "content": content}
    return json.dumps(told | {"stop_reason": "tool_use", "stop_sequence": None, "usage": _USAGE}).encode()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(latency_seconds: float) -> None:
    """Answer until the process is ended."""
    calls = Calls()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(calls, latency_seconds), "127.0.0.1", 0, backlog=1_000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
