"""Tools that act outside the database: what they do is noted here."""

from collections.abc import Callable
from typing import Any

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool

sent: list[tuple[str, str]] = []
"""Each sending: what was said, and its key."""
before_sending: list[Callable[[], None]] = []


class Letter(Arguments):
    text: str


async def _send(_: Caller, given: Letter, key: str) -> dict[str, Any]:
    for look in before_sending:
        look()
    sent.append((given.text, key))
    if given.text == "lost":
        raise ConnectionResetError
    return {"sent": given.text}


SEND_ONCE = Tool("send_once", "Send a letter.", Letter, Effect.AT_MOST_ONCE, _send)
SEND_SAFELY = Tool("send_safely", "Send a letter that is known by its key.", Letter, Effect.IDEMPOTENT, _send)
