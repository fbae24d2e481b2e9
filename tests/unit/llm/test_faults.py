import pytest

from processor.errors import ModelError, ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.faults import LONGEST_RETRY_AFTER_SECONDS, fault_of_answer, one_line, retry_after_seconds


def error_body(message: str, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message, "details": {"error_code": code}}}


@pytest.mark.parametrize(
    ("status", "error", "passing"),
    [
        *((status, ModelUnavailable, True) for status in (408, 409, 429, 500, 501, 502, 503, 504, 529)),
        *((status, ModelRejected, False) for status in (304, 400, 404, 405, 412, 413, 422, 431, 499)),
        *((status, ProviderRefused, False) for status in (401, 402, 403)),
    ],
)
def test_the_status_says_what_a_failure_means(status: int, error: type[ModelError], passing: bool) -> None:  # noqa: FBT001
    fault = fault_of_answer(status, {}, None)

    assert type(fault.error) is error
    assert fault.passing is passing


@pytest.mark.parametrize("status", [400, 401, 404, 413, 429, 500])
def test_the_header_decides_about_another_attempt_and_not_about_the_meaning(status: int) -> None:
    again = fault_of_answer(status, {"x-should-retry": "true"}, None)
    never = fault_of_answer(status, {"x-should-retry": "false"}, None)

    assert again.passing
    assert not never.passing
    assert type(again.error) is type(never.error) is type(fault_of_answer(status, {}, None).error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, error_body("x", "rate_limit_error", "enforced_spend_limit_reached")),
        (429, error_body("x", "rate_limit_error", "contract_spend_limit_reached")),
        (400, error_body("x", code="organization_on_hold")),
        (400, error_body("x", kind="billing_error")),
        (400, error_body("Your credit balance is too low to access the Anthropic API.")),
        (400, error_body("You have reached your specified API usage limits. You will regain access on 2026-12-01.")),
        (404, error_body("x", kind="authentication_error")),
    ],
)
def test_a_spend_limit_is_a_refusal_whatever_its_status(status: int, body: object) -> None:
    fault = fault_of_answer(status, {}, body)

    assert type(fault.error) is ProviderRefused
    assert not fault.passing


@pytest.mark.parametrize("code", ["ramp_limit_exceeded", None, "credit balance is too low"])
def test_any_other_429_passes(code: str | None) -> None:
    fault = fault_of_answer(429, {}, error_body("x", "rate_limit_error", code))

    assert type(fault.error) is ModelUnavailable
    assert fault.passing


@pytest.mark.parametrize("body", [None, "<html>busy</html>", [], {"error": "busy"}, {"error": {"message": 7}}])
def test_a_body_of_any_shape_is_borne(body: object) -> None:
    assert "HTTP 503" in str(fault_of_answer(503, {}, body).error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "30"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "30"}, 30),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e300"}, LONGEST_RETRY_AFTER_SECONDS),
        ({"retry-after": "Mon, 16 Nov 2026 09:01:00 GMT", "date": "Mon, 16 Nov 2026 09:00:00 GMT"}, 60),
        ({"retry-after": "Mon, 16 Nov 2026 09:01:00 GMT", "date": "Mon, 16 Nov 2026 09:02:00 GMT"}, None),
        ({"retry-after": "Mon, 16 Nov 2026 09:01:00 GMT"}, None),
        ({"retry-after": "Mon, 16 Nov 2026 09:01:00 GMT", "date": "today"}, None),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_the_wait_travels_with_the_error() -> None:
    fault = fault_of_answer(529, {"retry-after": "30"}, None)

    assert isinstance(fault.error, ModelUnavailable)
    assert fault.error.retry_after_seconds == fault.retry_after_seconds == 30


def test_the_words_of_others_become_one_short_line_without_keys() -> None:
    words = "bad\nkey sk-ant-api03-abc_DEF-123\r\n and Authorization: Bearer abc.def.ghi " + "x" * 900

    line = one_line(words)

    assert line.startswith("bad key *** and Authorization: Bearer *** x")
    assert "\n" not in line
    assert len(line) < 310


def test_the_words_of_others_can_be_stored() -> None:
    assert one_line("bad\0 key \ud800 sk-ant-\0api03-abc") == "bad key ? ***"
