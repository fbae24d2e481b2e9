"""How requests reach the provider: over few connections, through proxies, with one context of TLS and one memory."""

import asyncio

import pytest

from processor.llm.anthropic_model import AnthropicModel, _connect
from tests.integration.llm.calling import ask, with_model
from tests.integration.llm.fault_server import Answer, FaultServer, error_answer


async def arrived(faults: FaultServer, count: int) -> None:
    for _ in range(count):
        assert await asyncio.to_thread(faults.arrivals.acquire, timeout=20)


def test_one_call_after_the_other_goes_over_one_connection(faults: FaultServer) -> None:
    faults.answers = [Answer(), error_answer(429), Answer()]

    async def use(model: AnthropicModel) -> None:
        for _ in range(5):
            await ask(model)

    with_model(use)

    assert len(faults.requests) == 6
    assert len(faults.connections) == 1


def test_calls_at_once_have_a_connection_each_and_keep_it(faults: FaultServer) -> None:
    faults.answers = [Answer(held=True)] * 3 + [Answer()]

    async def use(model: AnthropicModel) -> None:
        calls = [asyncio.create_task(ask(model)) for _ in range(3)]
        await arrived(faults, 3)
        faults.released.set()
        await asyncio.gather(*calls)
        await asyncio.gather(*(ask(model) for _ in range(9)))

    with_model(use, concurrency=3)

    assert len(faults.requests) == 12
    assert len(faults.connections) == 3


def test_a_cookie_is_sent_back_whichever_connection_it_came_over(faults: FaultServer) -> None:
    faults.answers = [Answer(headers={"set-cookie": "place=3; Path=/"}), Answer(held=True), Answer(held=True)]

    async def use(model: AnthropicModel) -> None:
        await ask(model)
        calls = [asyncio.create_task(ask(model)) for _ in range(2)]
        await arrived(faults, 3)
        faults.released.set()
        await asyncio.gather(*calls)

    with_model(use)

    assert [headers.get("cookie") for headers in faults.headers] == [None, "place=3", "place=3"]


def test_the_proxy_of_the_environment_is_used(faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", faults.url)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://provider.invalid")
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)

    with_model(ask)

    assert faults.headers[0]["host"] == "provider.invalid"


def test_all_connections_share_one_context_of_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-key")
    connections = _connect()._client
    pools = [connections._another() for _ in range(2)]  # type: ignore[attr-defined]

    assert len({id(client._transport._pool._ssl_context) for client in (connections, *pools)}) == 1
