"""The provider's models: the only file that knows the anthropic package, and tenacity around it."""

import asyncio
import json
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
from processor.llm.deferral import import_deferred
from processor.llm.faults import Fault, connection_fault, fault_of_answer, one_line
from processor.llm.message import read_message
from processor.llm.protocol import ModelRequest, ModelResponse

# A call needs fifty of the package's three thousand modules (docs/decisions/0008-the-package-is-imported-in-part.md).
import_deferred(
    "anthropic",
    ("AsyncAnthropic", "DefaultAsyncHttpxClient"),
    packages=r"anthropic(\.types(\..+)?|\.lib\._tracing|\._error_classes)?",
    functions={"anthropic.lib._tracing:finish_api_call_span", "anthropic._error_classes:make_status_error"},
)
# ruff: isort: split
import httpx2  # noqa: E402
from anthropic import (  # noqa: E402
    AnthropicError,
    APIConnectionError,
    APIStatusError,
    AsyncAnthropic,
    DefaultAsyncHttpxClient,
)
from anthropic.lib.credentials import WorkloadIdentityError  # noqa: E402

MOST_OUTPUT_TOKENS = 21_333
"""More could take the provider longer than ten minutes without streaming (anthropic package, long requests)."""

_CONNECT_SECONDS = 10.0
_PATH = "/v1/messages"
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
        _connect()
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
        self._client = _connect()

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
        body = _body(request, messages, tool_choice, max_tokens)
        clock = asyncio.get_running_loop().time
        started = clock()
        retrying = self._retrying(timeout_seconds)
        try:
            async with asyncio.timeout(timeout_seconds):
                response: ModelResponse = await retrying(self._attempt, body)
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

    async def _attempt(self, body: bytes) -> ModelResponse:
        async with self._permits:
            self.circuit.check()
            try:
                return await self._send(body)
            except Fault as fault:
                if isinstance(fault.error, ProviderRefused) and not fault.passing:
                    self.circuit.open(str(fault.error))
                raise

    async def _send(self, body: bytes) -> ModelResponse:
        try:
            async with asyncio.timeout(self._retry.attempt_seconds):
                answer = await self._client.post(_PATH, cast_to=httpx2.Response, content=body)
        except TimeoutError:
            raise connection_fault(f"no answer in {self._retry.attempt_seconds:g} s", cut=True) from None
        except APIStatusError as error:
            raise fault_of_answer(error.status_code, error.response.headers, error.body) from error
        except APIConnectionError as error:
            raise connection_fault(type(error.__cause__ or error).__name__) from error
        except AnthropicError as error:
            raise _credential_fault(error) from error
        return _read(answer)


def _body(
    request: ModelRequest,
    messages: list[dict[str, Any]],
    tool_choice: Literal["auto", "none"],
    max_tokens: int,
) -> bytes:
    """Return the body that `messages.create` sends for these arguments, which it first walks through block by block."""
    # No thinking, temperature, top_p, top_k and no forced tool: each is a 400 on some current model.
    body: dict[str, Any] = {
        "max_tokens": min(max_tokens, MOST_OUTPUT_TOKENS),
        "messages": messages,
        "model": request.model,
    }
    if request.effort:
        body["output_config"] = {"effort": request.effort}
    if request.system:
        body["system"] = request.system
    if request.tools:
        body |= {"tool_choice": {"type": tool_choice}, "tools": request.tools}
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:
        told = "the conversation holds text that is no valid Unicode: correct the prompt or the document"
        raise ModelRejected(told) from None


def _read(response: httpx2.Response) -> ModelResponse:
    try:
        return read_message(response.content.decode(), response.headers.get("request-id"))
    except UnicodeDecodeError:
        raise connection_fault("the answer is not UTF-8") from None
    except ModelUnavailable as error:
        raise Fault(error, passing=True) from None


def _credential_fault(error: AnthropicError) -> Fault:
    # A profile or federation asks for its token in the middle of the first call.
    status = error.status_code if isinstance(error, WorkloadIdentityError) else HTTPStatus.UNAUTHORIZED
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return connection_fault("no token from the identity provider")
    told = f"the provider gives no token for this profile ({one_line(str(error))}): sign in again, or set a key"
    return Fault(ProviderRefused(told), passing=False)


def _connect() -> AsyncAnthropic:
    """Return a client without retries, middleware and telemetry of its own; raises ConfigurationError."""
    try:
        client = AsyncAnthropic(max_retries=0, http_client=_Connections(), open_telemetry=False)
    except (AnthropicError, httpx2.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"the provider's settings are not usable: {one_line(str(error))}") from None
    _check_address(client)
    _check_credential(client)
    return client


class _Connections(DefaultAsyncHttpxClient):
    """A client of HTTP with a pool for each connection, as many as there are requests at once.

    For each request a pool looks at all of its connections, twice, with a system call for each one that is idle. The
    pools share what is costly or has a memory: the context of TLS, and the cookies.
    """

    def __init__(self) -> None:
        self._options: dict[str, Any] = {
            "verify": httpx2.create_ssl_context(),
            "timeout": httpx2.Timeout(RetrySettings().attempt_seconds, connect=_CONNECT_SECONDS),
            "limits": httpx2.Limits(max_connections=1),
        }
        super().__init__(**self._options)
        self._options["cookies"] = self.cookies.jar
        self._pools: list[httpx2.AsyncClient] = []
        self._free: list[httpx2.AsyncClient] = []

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send it through the pool that became free last, whose connection is the least likely to be closed by now."""
        pool = self._free.pop() if self._free else self._another()
        try:
            return await pool.send(request, **options)
        finally:
            self._free.append(pool)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()
        await super().aclose()

    def _another(self) -> httpx2.AsyncClient:
        self._pools.append(DefaultAsyncHttpxClient(**self._options))
        return self._pools[-1]


def _check_address(client: AsyncAnthropic) -> None:
    if client.base_url.scheme not in {"http", "https"} or not client.base_url.host:
        raise ConfigurationError("ANTHROPIC_BASE_URL is no web address: give one that begins with https://")


def _check_credential(client: AsyncAnthropic) -> None:
    # Without this the package raises TypeError, and for a key with a line break the key itself shows in the error.
    headers = {name.lower() for name in client.default_headers}
    if client.credentials is None and not client.api_key and not client.auth_token and not headers & _KEY_HEADERS:
        raise ConfigurationError(
            "no credential for the provider: set ANTHROPIC_API_KEY, or PROCESSOR_MODEL=rehearsal to try without one"
        )
    for name, key in (("ANTHROPIC_API_KEY", client.api_key), ("ANTHROPIC_AUTH_TOKEN", client.auth_token)):
        if key and not (key.isascii() and key.isprintable() and key == key.strip()):
            raise ConfigurationError(f"{name} holds blanks, line breaks or other signs that no key has: set it anew")
