"""What `process-tasks` says to people and programs; it does not depend on the kind of database."""

import json

import pytest

from processor import __version__
from processor.services import runs, tasks
from processor.storage.database import Database
from tests.conftest import RunProgram, Stores
from tests.integration.cli.due import REHEARSAL, due_now, make_task


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_in_cron_a_tick_logs_json_lines_and_prints_nothing(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    due_now(database, stores.mine)
    ended = run_program("process-tasks", env=REHEARSAL)
    assert (ended.returncode, ended.stdout) == (0, "")
    events = [json.loads(line)["event"] for line in ended.stderr.splitlines()]
    assert {"run.started", "run.succeeded", "tick.finished"} <= set(events)


def test_it_tells_its_version_without_a_database(run_program: RunProgram) -> None:
    ended = run_program("process-tasks", "--version")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"process-tasks {__version__}\n", "")


@pytest.mark.parametrize("options", [["--task"], ["--dry-run", "--task"], ["--store", "stranger", "--task"]])
def test_an_unknown_task_is_bad_usage(
    database: Database, stores: Stores, run_program: RunProgram, options: list[str]
) -> None:
    unknown = make_task(database, stores.mine) if "stranger" in options else "00000000-0000-4000-8000-00000000ffff"
    ended = run_program("process-tasks", *options, unknown, env=REHEARSAL)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "There is no task" in json.loads(ended.stderr)["error"]


def test_a_conflict_is_bad_usage_and_names_the_run(database: Database, stores: Stores, run_program: RunProgram) -> None:
    task_id = make_task(database, stores.mine)
    with database.writing() as work:
        run = runs.request(work, stores.mine, task_id)
    ended = run_program("process-tasks", "--task", task_id, "--json", env=REHEARSAL)
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["live_run_id"] == run["id"]


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--nope"], ["--max-runs", "x"], ["--every", "5"], ["--every", "5", "--dry-run"]),
        *(["--loop", "--demo"], ["--loop", "--dry-run"], ["--store", "nobody"]),
    ],
)
def test_bad_usage_is_2(database: Database, run_program: RunProgram, arguments: list[str]) -> None:
    ended = run_program("process-tasks", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr


def test_bad_settings_are_78_in_one_line(database: Database, run_program: RunProgram) -> None:
    ended = run_program("process-tasks", "--json", env={"PROCESSOR_LEASE_SECONDS": "soon"})
    assert (ended.returncode, ended.stdout) == (78, "")
    (line,) = ended.stderr.splitlines()
    assert "PROCESSOR_LEASE_SECONDS must be a whole number" in json.loads(line)["error"]


def test_a_task_that_needs_a_key_is_78_and_says_which(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    due_now(database, stores.mine)
    ended = run_program("process-tasks")
    assert ended.returncode == 78
    assert "ANTHROPIC_API_KEY" in ended.stderr


def test_a_task_is_run_by_its_name_in_whatever_store_it_is(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    task_id = make_task(database, stores.mine)
    with database.reading() as work:
        name = tasks.get(work, stores.mine, task_id).name
    ended = run_program("process-tasks", "--task", name, "--json", env=REHEARSAL)
    assert [run["task_id"] for run in json.loads(ended.stdout)["runs"]] == [task_id]
    make_task(database, stores.stranger)
    ended = run_program("process-tasks", "--task", name, "--json", env=REHEARSAL)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "may be 2 tasks" in json.loads(ended.stderr)["error"]
