"""Makes calls of a model the way an agent's loop does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from processor.llm.anthropic_model import AnthropicModel, RetrySettings
from processor.llm.protocol import ModelRequest, ModelResponse

Result = TypeVar("Result")

REQUEST = ModelRequest(
    model="claude-haiku-5-5",
    system=[{"type": "text", "text": "You keep a board."}],
    tools=[{"name": "list_cards", "description": "Lists cards.", "input_schema": {"type": "object", "properties": {}}}],
    max_tokens=8000,
    effort="medium",
)
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


class Sleeps:
    """Notes the waits between attempts instead of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def with_model(
    use: Callable[[AnthropicModel], Awaitable[Result]],
    *,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    concurrency: int = 5,
    attempt_seconds: float = 20,
) -> Result:
    async def main() -> Result:
        retry = RetrySettings(sleep=sleep or Sleeps(), attempt_seconds=attempt_seconds)
        model = AnthropicModel(concurrency, retry=retry)
        try:
            return await use(model)
        finally:
            await model.close()

    return asyncio.run(main())


async def ask(model: AnthropicModel, timeout_seconds: float = 60, max_tokens: int = 500) -> ModelResponse:
    return await model.respond(
        REQUEST, HELLO, tool_choice="auto", max_tokens=max_tokens, timeout_seconds=timeout_seconds
    )
