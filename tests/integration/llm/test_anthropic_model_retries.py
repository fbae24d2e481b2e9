import asyncio
import json
from itertools import islice

import pytest

from processor.errors import ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.anthropic_model import AnthropicModel
from processor.llm.protocol import ModelResponse
from tests.integration.llm.calling import Sleeps, ask, with_model
from tests.integration.llm.fault_server import GREETING, Answer, FaultServer, error_answer

SPEND_LIMIT = json.dumps(
    {
        "type": "error",
        "error": {
            "type": "rate_limit_error",
            "message": "Spend limit reached.",
            "details": {"error_code": "enforced_spend_limit_reached"},
        },
    }
).encode()

PASSING = {
    "408": error_answer(408),
    "409": error_answer(409),
    "429": error_answer(429),
    "500": error_answer(500),
    "503 with HTML": Answer(503, b"<h1>down</h1>", {"content-type": "text/html"}),
    "529": error_answer(529, kind="overloaded_error"),
    "a connection dropped before the answer": Answer(sends="nothing"),
    "a connection dropped in the middle of the body": Answer(sends="half"),
    "half a JSON document": Answer(body=json.dumps(GREETING).encode()[:40]),
    "HTML with 200": Answer(body=b"<h1>Sign in</h1>", headers={"content-type": "text/html"}),
    "a message without content": Answer(body=json.dumps(GREETING | {"content": None}).encode()),
    "a message without usage": Answer(body=json.dumps(GREETING | {"usage": None}).encode()),
    "bytes that are no UTF-8": Answer(body=b'{"content": "\xff"}'),
    "400 with x-should-retry": error_answer(400, x_should_retry="true"),
    "401 with x-should-retry": error_answer(401, x_should_retry="true"),
}

PERMANENT = {
    "400": error_answer(400, "messages.0: text is empty", "invalid_request_error"),
    "404": error_answer(404, "model: no-such-model", "not_found_error"),
    "413": error_answer(413, "request too large"),
    "422": error_answer(422, "cannot be processed"),
}

REFUSED = {
    "401": error_answer(401, "invalid x-api-key", "authentication_error"),
    "402": error_answer(402, "no credit", "billing_error"),
    "403": error_answer(403, "not allowed", "permission_error"),
    "a spend limit told as 429": Answer(429, SPEND_LIMIT),
    "an empty account told as 400": error_answer(
        400, "Your credit balance is too low to access the Anthropic API.", "invalid_request_error"
    ),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_a_passing_fault_is_tried_again_until_an_answer_comes(faults: FaultServer, answer: Answer) -> None:
    faults.answers = [answer, answer, Answer()]

    response = with_model(ask)

    assert response.content == [{"type": "text", "text": "Grüße"}]
    assert response.tries == len(faults.requests) == 3


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_after_five_attempts_a_call_gives_up(faults: FaultServer, answer: Answer) -> None:
    faults.answers = [answer]

    with pytest.raises((ModelUnavailable, ModelRejected, ProviderRefused)):
        with_model(ask)

    assert len(faults.requests) == 5


def test_a_fault_that_lasts_makes_the_model_unavailable(faults: FaultServer) -> None:
    faults.answers = [error_answer(529, "Overloaded", "overloaded_error")]

    with pytest.raises(ModelUnavailable, match="HTTP 529: Overloaded"):
        with_model(ask)


@pytest.mark.parametrize("answer", PERMANENT.values(), ids=PERMANENT.keys())
def test_a_request_that_will_never_be_answered_is_sent_once(faults: FaultServer, answer: Answer) -> None:
    faults.answers = [answer]

    with pytest.raises(ModelRejected) as raised:
        with_model(ask)

    assert json.loads(answer.body)["error"]["message"] in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(faults.requests) == 1


def test_x_should_retry_false_ends_a_call_that_would_be_tried_again(faults: FaultServer) -> None:
    faults.answers = [error_answer(529, x_should_retry="false")]

    with pytest.raises(ModelUnavailable):
        with_model(ask)

    assert len(faults.requests) == 1


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_stops_every_further_call(faults: FaultServer, answer: Answer) -> None:
    faults.answers = [answer, Answer()]

    async def use(model: AnthropicModel) -> None:
        for _ in range(3):
            with pytest.raises(ProviderRefused):
                await ask(model)
        assert model.circuit.reason

    with_model(use)
    assert len(faults.requests) == 1


def test_after_a_refusal_only_the_calls_in_flight_end(faults: FaultServer) -> None:
    faults.answers = [
        error_answer(401, kind="authentication_error"),
        Answer(held=True),
        Answer(held=True),
        Answer(),
    ]

    async def use(model: AnthropicModel) -> list[ModelResponse | BaseException]:
        calls = [asyncio.create_task(ask(model)) for _ in range(10)]
        await asyncio.gather(*islice(asyncio.as_completed(calls), 8), return_exceptions=True)
        faults.released.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = with_model(use, concurrency=3)

    assert len(faults.requests) == 3
    assert sum(isinstance(outcome, ProviderRefused) for outcome in outcomes) == 8
    assert sum(isinstance(outcome, ModelResponse) for outcome in outcomes) == 2


def test_no_more_calls_are_in_flight_than_permitted(faults: FaultServer) -> None:
    async def use(model: AnthropicModel) -> None:
        await asyncio.gather(*(ask(model) for _ in range(12)))

    with_model(use, concurrency=2)

    assert len(faults.requests) == 12
    assert faults.most_in_flight <= 2


def test_a_call_that_waits_to_try_again_holds_no_permit(faults: FaultServer) -> None:
    faults.answers = [error_answer(429), Answer()]

    async def use(model: AnthropicModel) -> list[ModelResponse]:
        first = asyncio.create_task(ask(model))
        await waiting.wait()
        second = await ask(model)
        over.set()
        return [await first, second]

    async def sleep(seconds: float) -> None:
        waiting.set()
        await over.wait()

    waiting, over = asyncio.Event(), asyncio.Event()
    first, second = with_model(use, sleep=sleep, concurrency=1)

    assert (first.tries, second.tries) == (2, 1)


def test_the_waits_grow_and_are_capped(faults: FaultServer) -> None:
    faults.answers = [error_answer(500)]
    sleeps = Sleeps()

    with pytest.raises(ModelUnavailable):
        with_model(ask, sleep=sleeps)

    assert len(sleeps.seconds) == 4
    for seconds, least in zip(sleeps.seconds, (0.5, 1, 2, 4), strict=True):
        assert least <= seconds <= least + 0.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "2500", "retry-after": "7"}, 2.5),
        ({"retry-after": "Mon, 16 Nov 2026 09:00:09 GMT", "date": "Mon, 16 Nov 2026 09:00:00 GMT"}, 9),
    ],
)
def test_the_provider_says_how_long_to_wait(faults: FaultServer, headers: dict[str, str], seconds: float) -> None:
    faults.answers = [Answer(429, b"{}", headers), Answer()]
    sleeps = Sleeps()

    with_model(ask, sleep=sleeps)

    assert sleeps.seconds == [seconds]


def test_a_wait_longer_than_the_time_left_is_not_begun(faults: FaultServer) -> None:
    faults.answers = [error_answer(429, retry_after="3600")]
    sleeps = Sleeps()

    with pytest.raises(ModelUnavailable) as raised:
        with_model(ask, sleep=sleeps)

    assert raised.value.retry_after_seconds == 3600
    assert sleeps.seconds == []
    assert len(faults.requests) == 1
