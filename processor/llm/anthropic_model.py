"""The provider's models: the only file that knows the anthropic package, and tenacity around it."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from processor.errors import ConfigurationError, ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.circuit import ProviderCircuit
from processor.llm.faults import Fault, connection_fault, fault_of_answer, one_line
from processor.llm.message import read_message
from processor.llm.protocol import ModelRequest, ModelResponse

# Collecting garbage while thousands of classes come into being costs a third of this import.
_collecting = gc.isenabled()
gc.disable()
try:
    import anthropic
    import httpx2
    from anthropic.lib.credentials import WorkloadIdentityError
finally:
    if _collecting:
        gc.enable()

MOST_OUTPUT_TOKENS = 21_333
"""More could take the provider longer than ten minutes without streaming (anthropic package, long requests)."""

_CONNECT_SECONDS = 10.0
_KEY_HEADERS = {"authorization", "x-api-key"}

# At DEBUG these write whole requests, prompts included, and at INFO a line for each attempt.
for _name in ("anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How one call is tried again: waits double from the first to the longest, with jitter."""

    attempts: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 8.0
    attempt_seconds: float = 120.0
    """The longest that a single attempt may take."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def open_model(concurrency: int) -> "AnthropicModel":
    """Return the provider's models for this process; raises ConfigurationError without a usable credential."""
    return AnthropicModel(concurrency)


def credential_problem() -> str | None:
    """Return why no call can be made from here, in one line that says what to do; None if one can.

    The package looks at the environment first, then at profiles and workload identity (`AsyncAnthropic.__init__`).
    Whether the provider accepts what was found shows with the first call only.
    """
    try:
        _connect(concurrency=1)
    except ConfigurationError as error:
        return str(error)
    return None


class AnthropicModel:
    """The Messages API over one client, one connection pool and one circuit; lives as long as its event loop."""

    calls_provider = True

    def __init__(
        self,
        concurrency: int,
        *,
        circuit: ProviderCircuit | None = None,
        retry: RetrySettings | None = None,
    ) -> None:
        self.circuit = circuit or ProviderCircuit()
        self._retry = retry or RetrySettings()
        self._permits = asyncio.Semaphore(concurrency)
        self._client = _connect(concurrency)

    async def respond(
        self,
        request: ModelRequest,
        messages: list[dict[str, Any]],
        *,
        tool_choice: Literal["auto", "none"],
        max_tokens: int,
        timeout_seconds: float,
    ) -> ModelResponse:
        """Return the model's next message; see `Model.respond`.

        1. Nothing is sent once the provider has refused this process.
        2. Each attempt holds a permit; the waits between attempts do not.
        3. An attempt whose wait would outlast `timeout_seconds` is not waited for.
        4. `timeout_seconds` bounds the whole, waits for a permit included.
        """
        arguments = _arguments(request, messages, tool_choice, max_tokens)
        clock = asyncio.get_running_loop().time
        started = clock()
        retrying = self._retrying(timeout_seconds)
        try:
            async with asyncio.timeout(timeout_seconds):
                response: ModelResponse = await retrying(self._attempt, arguments)
        except TimeoutError:
            raise ModelUnavailable(
                f"the provider gave no answer in the {timeout_seconds:g} s that this call had: try again later",
                cut=True,
            ) from None
        except Fault as fault:
            raise fault.error from None
        duration_ms = round((clock() - started) * 1000)
        return replace(response, tries=retrying.statistics["attempt_number"], duration_ms=duration_ms)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _retrying(self, timeout_seconds: float) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._retry.attempts) | stop_before_delay(timeout_seconds),
            wait=self._wait_seconds,
            retry=retry_if_exception(lambda error: isinstance(error, Fault) and error.passing),
            sleep=self._retry.sleep,
            reraise=True,
        )

    def _wait_seconds(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.retry_after_seconds if isinstance(fault, Fault) else None
        if asked is not None:
            return asked
        first = self._retry.first_wait_seconds
        return wait_exponential_jitter(multiplier=first, max=self._retry.longest_wait_seconds, jitter=first)(state)

    async def _attempt(self, arguments: dict[str, Any]) -> ModelResponse:
        async with self._permits:
            self.circuit.check()
            try:
                return await self._send(arguments)
            except Fault as fault:
                if isinstance(fault.error, ProviderRefused) and not fault.passing:
                    self.circuit.open(str(fault.error))
                raise

    async def _send(self, arguments: dict[str, Any]) -> ModelResponse:
        try:
            async with asyncio.timeout(self._retry.attempt_seconds):
                answer = await self._client.messages.with_raw_response.create(**arguments)
        except TimeoutError:
            raise connection_fault(f"no answer in {self._retry.attempt_seconds:g} s", cut=True) from None
        except anthropic.APIStatusError as error:
            raise fault_of_answer(error.status_code, error.response.headers, error.body) from error
        except anthropic.APIConnectionError as error:
            raise connection_fault(type(error.__cause__ or error).__name__) from error
        except anthropic.AnthropicError as error:
            raise _credential_fault(error) from error
        except UnicodeEncodeError:
            told = "the conversation holds text that is no valid Unicode: correct the prompt or the document"
            raise Fault(ModelRejected(told), passing=False) from None
        return _read(answer.http_response, answer.request_id)


def _arguments(
    request: ModelRequest,
    messages: list[dict[str, Any]],
    tool_choice: Literal["auto", "none"],
    max_tokens: int,
) -> dict[str, Any]:
    # No thinking, temperature, top_p, top_k and no forced tool: each is a 400 on some current model.
    arguments: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": min(max_tokens, MOST_OUTPUT_TOKENS),
    }
    if request.system:
        arguments["system"] = request.system
    if request.tools:
        arguments |= {"tools": request.tools, "tool_choice": {"type": tool_choice}}
    if request.effort:
        arguments["output_config"] = {"effort": request.effort}
    return arguments


def _read(response: httpx2.Response, request_id: str | None) -> ModelResponse:
    try:
        return read_message(response.content.decode(), request_id)
    except UnicodeDecodeError:
        raise connection_fault("the answer is not UTF-8") from None
    except ModelUnavailable as error:
        raise Fault(error, passing=True) from None


def _credential_fault(error: anthropic.AnthropicError) -> Fault:
    # A profile or federation asks for its token in the middle of the first call.
    status = error.status_code if isinstance(error, WorkloadIdentityError) else HTTPStatus.UNAUTHORIZED
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return connection_fault("no token from the identity provider")
    told = f"the provider gives no token for this profile ({one_line(str(error))}): sign in again, or set a key"
    return Fault(ProviderRefused(told), passing=False)


def _connect(concurrency: int) -> anthropic.AsyncAnthropic:
    """Return a client without retries, middleware and telemetry of its own; raises ConfigurationError."""
    pool = anthropic.DefaultAsyncHttpxClient(
        limits=httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        timeout=httpx2.Timeout(RetrySettings().attempt_seconds, connect=_CONNECT_SECONDS),
    )
    try:
        client = anthropic.AsyncAnthropic(max_retries=0, http_client=pool, open_telemetry=False)
    except (anthropic.AnthropicError, httpx2.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"the provider's settings are not usable: {one_line(str(error))}") from None
    _check_address(client)
    _check_credential(client)
    return client


def _check_address(client: anthropic.AsyncAnthropic) -> None:
    if client.base_url.scheme not in {"http", "https"} or not client.base_url.host:
        raise ConfigurationError("ANTHROPIC_BASE_URL is no web address: give one that begins with https://")


def _check_credential(client: anthropic.AsyncAnthropic) -> None:
    # Without this the package raises TypeError, and for a key with a line break the key itself shows in the error.
    headers = {name.lower() for name in client.default_headers}
    if client.credentials is None and not client.api_key and not client.auth_token and not headers & _KEY_HEADERS:
        raise ConfigurationError(
            "no credential for the provider: set ANTHROPIC_API_KEY, or PROCESSOR_MODEL=rehearsal to try without one"
        )
    for name, key in (("ANTHROPIC_API_KEY", client.api_key), ("ANTHROPIC_AUTH_TOKEN", client.auth_token)):
        if key and not (key.isascii() and key.isprintable() and key == key.strip()):
            raise ConfigurationError(f"{name} holds blanks, line breaks or other signs that no key has: set it anew")
