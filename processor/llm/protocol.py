"""What an agent asks of a model and what it gets, in the shapes of the Messages API."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol, Self


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What stays the same for a whole run: rendered once, kept verbatim in the database, sent with every call.

    Nothing in it may change while a run lives: a returned `thinking` block is valid only after the very same
    system, tools and messages (Messages API, extended thinking).
    """

    model: str
    system: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    effort: str | None = None

    def to_json(self) -> str:
        """Return one line of ASCII JSON, the same for the same request, in the order in which keys were given."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(values, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the request that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; the five kinds do not overlap, each has its own price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    """Written to the cache for five minutes."""
    cache_write_1h_tokens: int = 0
    """Written to the cache for an hour."""
    cache_read_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """All tokens of the prompt, cached or not."""
        return self.input_tokens + self.cache_write_tokens + self.cache_write_1h_tokens + self.cache_read_tokens


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """One usable answer."""

    body: str
    """The provider's message, verbatim: this is what the transcript keeps."""
    content: list[dict[str, Any]]
    """The content blocks, parsed from `body`."""
    stop_reason: str | None
    usage: Usage
    model: str
    """The model that answered, as it calls itself."""
    request_id: str | None = None
    tries: int = 1
    """Attempts that this call took, the successful one included."""
    duration_ms: int = 0
    """From the call to the answer, waits between attempts included."""


class Model(Protocol):
    """Whatever answers: the provider, the rule-based rehearsal, or a script."""

    calls_provider: bool
    """False where no LLM answers; every surface says so."""

    async def respond(
        self,
        request: ModelRequest,
        messages: list[dict[str, Any]],
        *,
        tool_choice: Literal["auto", "none"],
        max_tokens: int,
        timeout_seconds: float,
    ) -> ModelResponse:
        """Return the next answer of the conversation, within `timeout_seconds` all told.

        `max_tokens` limits this call and goes before the request's own. Raises ModelUnavailable (worth another
        attempt later), ProviderRefused (no further call makes sense now) or ModelRejected (this request never will).
        """
        ...

    async def close(self) -> None:
        """Let go of connections; the model answers nothing more."""
        ...


OpenModel = Callable[[int], Model]
"""Makes a model that holds at most so many calls in flight; raises ConfigurationError if it cannot be used here."""
