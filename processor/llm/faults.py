"""What an answer that is no success means: worth another attempt, refused, or never to be answered."""

import email.utils
import math
import re
from collections.abc import Mapping
from http import HTTPStatus

from processor.errors import ModelError, ModelRejected, ModelUnavailable, ProviderRefused
from processor.rules.storable import storable

LONGEST_RETRY_AFTER_SECONDS = 86_400.0
"""A run waits for its provider for a day at most, so that a longer wish says no more."""

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}
_REFUSED_TYPES = {"authentication_error", "billing_error", "permission_error"}
# Codes of the Messages API that come with 400 and 429 as well.
_REFUSED_CODES = {
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "linked_organization_spend_limit_reached",
    "organization_on_hold",
}
# An empty account and a reached usage limit are told as a plain 400 without a code: only the wording tells.
_REFUSED_WORDS = re.compile(r"credit balance is too low|reached your specified .{0,20}usage limits", re.IGNORECASE)
_SECRET = re.compile(r"sk-[\w-]{8,}|(?<=bearer )\S+", re.IGNORECASE)
_LONGEST_MESSAGE = 300


class Fault(Exception):
    """A failed attempt: what the caller is told if it was the last one, and whether another may follow."""

    def __init__(self, error: ModelError, *, passing: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.passing = passing

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the provider wants us to wait, if it said so."""
        return self.error.retry_after_seconds if isinstance(self.error, ModelUnavailable) else None


def fault_of_answer(status: int, headers: Mapping[str, str], body: object) -> Fault:
    """Return what an HTTP status of 300 or more means; `body` is the parsed JSON, or text.

    The header `x-should-retry` decides about another attempt where it is given, whatever the status
    (anthropic package, `BaseClient._should_retry`).
    """
    error = _error_of_answer(status, headers, body)
    wish = headers.get("x-should-retry")
    passing = wish == "true" or (wish != "false" and isinstance(error, ModelUnavailable))
    return Fault(error, passing=passing)


def connection_fault(reason: str, *, cut: bool = False) -> Fault:
    """Return what a connection that failed or broke means; `cut`: the request was sent, so it may be charged for."""
    return Fault(
        ModelUnavailable(f"the connection to the provider failed ({reason}): check the network, or wait", cut=cut),
        passing=True,
    )


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the wait that an answer asks for, in seconds; None if it names none that can be read.

    `retry-after-ms` (not standard, but honoured by the anthropic package) goes first; `retry-after` is a number of
    seconds or a date (RFC 9110, section 10.2.3). A date is held against the answer's own `date`, so that the two
    clocks need not agree.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    wait = milliseconds / 1000 if milliseconds is not None else _number(headers.get("retry-after"))
    if wait is None:
        wait = _seconds_between(headers.get("date"), headers.get("retry-after"))
    return min(wait, LONGEST_RETRY_AFTER_SECONDS) if wait is not None and wait > 0 else None


def one_line(text: str) -> str:
    """Return somebody else's words as one storable line of bearable length, without anything that looks like a key."""
    line = " ".join(_SECRET.sub("***", storable(text)).split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


def _error_of_answer(status: int, headers: Mapping[str, str], body: object) -> ModelError:
    details = _details(body)
    message = details.get("message")
    words = message if isinstance(message, str) else ""
    told = f"HTTP {status}: {one_line(words)}" if words else f"HTTP {status}"
    if _is_refusal(status, details, words):
        return ProviderRefused(
            f"the provider refuses this key or account ({told}): check the key, its rights and credit"
        )
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ModelUnavailable(
            f"the provider cannot answer now ({told}): try again later", retry_after_seconds(headers)
        )
    return ModelRejected(f"the provider will not answer this request ({told}): change the prompt, model or limits")


def _is_refusal(status: int, details: Mapping[str, object], words: str) -> bool:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    code = details.get("details")
    return (
        status in _REFUSED
        or details.get("type") in _REFUSED_TYPES
        or (isinstance(code, dict) and code.get("error_code") in _REFUSED_CODES)
        or (status == HTTPStatus.BAD_REQUEST and bool(_REFUSED_WORDS.search(words)))
    )


def _details(body: object) -> Mapping[str, object]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds_between(start: str | None, end: str | None) -> float | None:
    if start is None or end is None:
        return None
    try:
        return (email.utils.parsedate_to_datetime(end) - email.utils.parsedate_to_datetime(start)).total_seconds()
    except (ValueError, TypeError):  # no date, or only one of them has a time zone
        return None
