"""A server of the Messages API that this project did not write, in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RULES = {
    "version": 1,
    "rules": [
        {
            "name": "creates a card",
            "when": {"messages_contain": "Test Task", "turn": 1},
            "respond": {
                "content": "I create it.",
                "tool_calls": [{"name": "create_card", "arguments": {"title": "Test Task"}}],
            },
        },
        {
            "name": "sums up",
            "when": {"tool_result_contains": "Test Task"},
            "respond": {"content": "The card is there."},
        },
        {"name": "busy", "when": {"messages_contain": "busy"}, "respond": {"status": 429, "error": "slow down"}},
        {"name": "overloaded", "when": {"messages_contain": "overload"}, "respond": {"status": 529}},
        {"name": "no key", "when": {"messages_contain": "no key"}, "respond": {"status": 401, "error": "bad key"}},
        {"name": "wrong", "when": {"messages_contain": "wrong"}, "respond": {"status": 400, "error": "bad request"}},
    ],
}


@contextmanager
def running_fakellm(folder: Path) -> Iterator[str]:
    """The server's address; `folder` takes its rules."""
    rules = folder / "fakellm.yaml"
    rules.write_text(json.dumps(RULES))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", "uvicorn", "fakellm.server:app", "--fd", str(listener.fileno())]
        server = subprocess.Popen(
            [*command, "--log-level", "error"],
            env=os.environ | {"FAKELLM_CONFIG": str(rules)},
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
        )
        try:
            call(f"{url}/_fakellm/stats")  # the socket listens already: this waits until the server reads from it
            yield url
        finally:
            server.terminate()
            server.communicate(timeout=20)


def call(url: str, method: str = "GET") -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
