"""The package is imported in part, and nobody can tell: neither the provider nor other code in the process."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from tests.integration.llm.calling import REQUEST
from tests.integration.llm.fault_server import GREETING, FaultServer, error_answer

MESSAGES = [
    {"role": "user", "content": [{"type": "text", "text": "Grüße \u2028 🙂"}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "c2ln", "extra": None}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "[1.0]", "is_error": False}]},
]
OURS = f"""
import asyncio
from processor.llm.anthropic_model import AnthropicModel
from processor.llm.protocol import ModelRequest

async def main():
    request = ModelRequest.from_json({REQUEST.to_json()!r})
    model = AnthropicModel(1)
    await model.respond(request, {MESSAGES!r}, tool_choice="auto", max_tokens=500, timeout_seconds=60)
    await model.close()

asyncio.run(main())
"""
THEIRS = f"""
import anthropic, asyncio, httpx2

async def main():
    pool = anthropic.DefaultAsyncHttpxClient(timeout=httpx2.Timeout(120.0, connect=10.0))
    client = anthropic.AsyncAnthropic(max_retries=0, http_client=pool)
    await client.messages.create(
        model={REQUEST.model!r}, system={REQUEST.system!r}, tools={REQUEST.tools!r}, messages={MESSAGES!r},
        max_tokens=500, tool_choice={{"type": "auto"}}, output_config={{"effort": {REQUEST.effort!r}}},
    )
    await client.close()

asyncio.run(main())
"""


def said(code: str, **variables: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def sent(listener: socket.socket, code: str) -> bytes:
    """The request, as it comes over the wire."""
    received: list[bytes] = []

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            head, body = b"", b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            head, _, body = head.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65_536)
            received.append(head + b"\r\n\r\n" + body)
            reply = json.dumps(GREETING).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            connection.sendall(f"content-length: {len(reply)}\r\n\r\n".encode() + reply)

    thread = threading.Thread(target=answer)
    thread.start()
    port = listener.getsockname()[1]
    said(code, ANTHROPIC_API_KEY="sk-ant-test-key", ANTHROPIC_BASE_URL=f"http://127.0.0.1:{port}")
    thread.join()
    return received[0]


def test_requests_are_byte_for_byte_those_of_the_whole_package() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert sent(listener, OURS) == sent(listener, THEIRS)


def test_a_call_loads_none_of_the_types(faults: FaultServer) -> None:
    count = "import sys; print(len([name for name in sys.modules if name.startswith('anthropic.')]))"

    assert int(said(OURS + count)) < 100
    assert len(faults.requests) == 1


def test_the_whole_package_is_there_for_whoever_asks() -> None:
    code = """
from processor.llm import anthropic_model
from anthropic import *
import anthropic
assert [name for name in anthropic.__all__ if name not in globals()] == []
assert anthropic.types.Message.__name__ == "Message"
for name in ("AsyncAnthropic", "AnthropicError", "APIStatusError", "APIConnectionError", "DefaultAsyncHttpxClient"):
    assert getattr(anthropic_model, name) is getattr(anthropic, name), name
client = anthropic.AsyncAnthropic(api_key="none")
print(client.messages.create.__name__, client.beta.messages.create.__name__)
"""
    assert said(code).split() == ["create", "create"]


@pytest.mark.parametrize("status", [400, 401, 413, 429, 500, 529])
def test_errors_are_of_the_same_classes(faults: FaultServer, status: int) -> None:
    faults.answers = [error_answer(status)]
    code = """
import asyncio
from processor.llm.anthropic_model import APIStatusError, _connect

async def main():
    client = _connect()
    try:
        await client.post("/v1/messages", cast_to=object, content=b"{}")
    except APIStatusError as error:
        import anthropic
        anthropic.__all__
        print(type(error).__name__, type(error) is getattr(anthropic, type(error).__name__), error.status_code)
    await client.close()

asyncio.run(main())
"""
    name, is_same, code_seen = said(code).split()

    assert (is_same, code_seen) == ("True", str(status))
    assert name != "APIStatusError"


def test_spans_of_other_clients_are_finished_by_the_real_function(faults: FaultServer) -> None:
    code = """
from processor.llm import anthropic_model
import anthropic
from anthropic import _base_client
assert "anthropic.lib._tracing._api_call" not in __import__("sys").modules
try:
    _base_client.finish_api_call_span()
except TypeError as error:
    print(str(error).partition("(")[0])
"""
    assert said(code).strip() == "finish_api_call_span"
