"""Tools that act outside every database: each sending is a line of a file, with the key that it was sent with."""

import os
from pathlib import Path
from typing import Any

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool

VARIABLE = "LETTERS"
"""Names the file; where it is set, agents have these tools."""
ONCE, SAFELY = "once", "safely"


class Letter(Arguments):
    text: str


async def _send(_: Caller, given: Letter, key: str) -> dict[str, Any]:
    file = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, f"{given.text} {key}\n".encode())
    os.close(file)
    return {"sent": given.text}


SEND_ONCE = Tool("send_once", "Send a letter.", Letter, Effect.AT_MOST_ONCE, _send)
SEND_SAFELY = Tool("send_safely", "Send a letter that is known by its key.", Letter, Effect.IDEMPOTENT, _send)
TOOLS = {
    "send_once": "tests.reliability.letters:SEND_ONCE",
    "send_safely": "tests.reliability.letters:SEND_SAFELY",
}


def sent(path: Path, text: str) -> list[str]:
    """The keys of the letters with this text, in the order of their sending."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [key for said, key in map(str.split, lines) if said == text]
