from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.storage.database import Database
from tests.conftest import ClockFile
from tests.integration.llm.fault_server import FaultServer
from tests.world import World


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of both kinds of database in turn, at Monday morning, with the rehearsal model."""
    return World(database, clock, tmp_path, monkeypatch)


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
