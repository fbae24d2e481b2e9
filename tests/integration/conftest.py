from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.llm.fault_server import FaultServer


@pytest.fixture
def provider_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without profiles, and no proxy between the tests and this machine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def faults(provider_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """The faulty server, with the environment that leads to it."""
    with FaultServer().running() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-key")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server
