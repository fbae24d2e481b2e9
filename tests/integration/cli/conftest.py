"""The command line within the process of the tests; what only another process shows is in tests/acceptance."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from processor.cli.main import main
from tests.loggers import loggers_left_as_found


@dataclass(frozen=True)
class Outcome:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Processor(Protocol):
    def __call__(self, *arguments: str) -> Outcome: ...


@pytest.fixture(autouse=True)
def _logging_left_as_found() -> Iterator[None]:
    with loggers_left_as_found():
        yield


@pytest.fixture
def processor(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> Processor:
    """`processor("tasks", "list", "--json").json`, on a fresh SQLite database with the rehearsal model."""
    monkeypatch.setenv("PROCESSOR_ROOT", str(tmp_path))
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("PROCESSOR_MODEL", "rehearsal")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def task_id(processor: Processor) -> str:
    """A task in the store `default` that makes a card."""
    prompt = "Create a task called 'Test Task'"
    made = processor("tasks", "create", "--name", "Standup", "--prompt", prompt, "--every", "4h", "--json")
    return str(made.json["id"])
