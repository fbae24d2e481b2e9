"""A signal while an agent waits for its model: the run is handed back, and the exit code says what ended it."""

import json
import signal
from collections.abc import Iterator
from threading import Event

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from processor.services import runs
from processor.storage.database import Database
from tests.conftest import StartProgram, Stores
from tests.integration.cli.due import due_now, make_task

PATIENCE_SECONDS = 60


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def asked(httpserver: HTTPServer) -> Iterator[Event]:
    """A provider that answers nobody before the test is over; set as soon as it was asked."""
    asked, over = Event(), Event()

    def wait(_: Request) -> Response:
        asked.set()
        over.wait(PATIENCE_SECONDS)
        return Response("{}", 500)

    httpserver.expect_request("/v1/messages").respond_with_handler(wait)
    yield asked
    over.set()


@pytest.fixture
def provider(httpserver: HTTPServer) -> dict[str, str]:
    return {"ANTHROPIC_BASE_URL": httpserver.url_for(""), "ANTHROPIC_API_KEY": "sk-ant-api03-made-up"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("program", ["a tick", "the loop", "a run by hand"])
def test_a_signal_hands_back_what_runs(
    database: Database,
    stores: Stores,
    start_program: StartProgram,
    asked: Event,
    provider: dict[str, str],
    program: str,
    number: signal.Signals,
    code: int,
) -> None:
    task_id = make_task(database, stores.mine) if program == "a run by hand" else due_now(database, stores.mine)
    commands = {
        "a tick": ("process-tasks", "--json"),
        "the loop": ("process-tasks", "--loop", "--json"),
        "a run by hand": ("processor", "tasks", "run", task_id, "--store", "mine"),
    }
    process = start_program(*commands[program], env=provider)
    assert asked.wait(PATIENCE_SECONDS)
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    if program != "a run by hand":
        assert json.loads(out)["handed_back"] == 1
    with database.reading() as work:
        (run,) = runs.list_all(work, stores.mine)
    assert (run["state"], run["waiting_for"], run["attempt"]) == ("waiting", "resume", 1)
