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
from tests.integration.cli.due import due_now, in_a_job, make_task

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
@pytest.mark.parametrize("program", ["a tick", "the loop", "a run by hand", "a pass by hand"])
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
    by_hand = program.endswith("by hand")
    task_id = make_task(database, stores.mine) if by_hand else due_now(database, stores.mine)
    job_id = in_a_job(database, stores.mine, task_id) if by_hand else ""
    commands = {
        "a tick": ("process-tasks", "--json"),
        "the loop": ("process-tasks", "--loop", "--json"),
        "a run by hand": ("processor", "tasks", "run", task_id, "--store", "mine"),
        "a pass by hand": ("processor", "jobs", "run", job_id, "--store", "mine"),
    }
    process = start_program(*commands[program], env=provider)
    assert asked.wait(PATIENCE_SECONDS)
    process.send_signal(number)
    out, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    assert ("was handed back: the next tick goes on with it" in said) == (program == "a pass by hand")
    if not by_hand:
        assert json.loads(out)["handed_back"] == 1
    with database.reading() as work:
        (run,) = runs.list_all(work, stores.mine)
    assert (run["state"], run["waiting_for"], run["attempt"]) == ("waiting", "resume", 1)
