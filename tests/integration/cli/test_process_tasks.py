"""`process-tasks` as a process of its own, on both databases."""

import json
import re
import signal

import pytest

from processor.services import jobs, runs
from processor.storage.database import Database
from tests.conftest import ClockFile, RunProgram, StartProgram, Stores
from tests.integration.cli.due import REHEARSAL, due_now, in_a_job, make_task, ticks, titles

PATIENCE_SECONDS = 60


def test_a_tick_runs_what_is_due_and_prints_its_object(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    due_now(database, stores.mine)
    due_now(database, stores.stranger, "Another")
    ended = run_program("process-tasks", "--json", env=REHEARSAL)
    assert ended.returncode == 0
    shown = json.loads(ended.stdout)
    assert list(shown) == [
        *("tick_id", "started_at", "finished_at", "due", "claimed", "succeeded", "failed", "waiting", "missed"),
        *("skipped", "recovered", "handed_back", "cost_usd", "input_tokens", "output_tokens", "runs"),
    ]
    assert (shown["due"], shown["claimed"], shown["succeeded"]) == (2, 2, 2)
    assert {run["store_id"] for run in shown["runs"]} == {stores.mine, stores.stranger}
    with database.reading() as work:
        assert [run["id"] for run in runs.list_all(work, stores.mine)] == [
            run["id"] for run in shown["runs"] if run["store_id"] == stores.mine
        ]
    assert titles(database, stores.mine) == ["Test Task"]


def test_an_idle_tick_is_silent(database: Database, run_program: RunProgram) -> None:
    ended = run_program("process-tasks")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_one_store_can_be_asked_for_by_name(database: Database, stores: Stores, run_program: RunProgram) -> None:
    due_now(database, stores.mine)
    due_now(database, stores.stranger)
    shown = json.loads(run_program("process-tasks", "--store", "mine", "--json", env=REHEARSAL).stdout)
    assert [run["store_id"] for run in shown["runs"]] == [stores.mine]
    assert titles(database, stores.stranger) == []


def test_what_is_executed_can_be_limited(database: Database, stores: Stores, run_program: RunProgram) -> None:
    for name in ("First", "Second", "Third"):
        due_now(database, stores.mine, name)
    shown = json.loads(run_program("process-tasks", "--max-runs", "2", "--json", env=REHEARSAL).stdout)
    assert (shown["claimed"], len(shown["runs"])) == (3, 2)


def test_a_dry_run_shows_what_would_run_and_writes_nothing(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    task_id = due_now(database, stores.mine)
    queued = make_task(database, stores.stranger, "By hand")
    with database.writing() as work:
        runs.request(work, stores.stranger, queued)
    shown = json.loads(run_program("process-tasks", "--dry-run", "--json", env=REHEARSAL).stdout)
    assert (shown["dry_run"], shown["tick_id"], shown["due"], shown["claimed"]) == (True, None, 1, 1)
    assert [(run["task_id"], run["state"]) for run in shown["runs"]] == [(queued, "queued"), (task_id, "queued")]
    people = run_program("process-tasks", "--dry-run", env=REHEARSAL)
    header, *_ = people.stdout.splitlines()
    assert re.split(r" {2,}", header) == ["TASK", "FOR", "WHY", "EXPECTED USD"]
    assert "Would run 2 (expected 0.0000 USD, 2 without history); 0 missed, 0 skipped. Nothing was w" in people.stdout
    assert (shown["expected_cost_usd"], shown["without_history"], shown["not_run"]) == (0, 2, [])
    assert shown["runs"][0]["reason"] == "asked for by hand"
    assert ticks(database) == []
    with database.reading() as work:
        assert runs.list_all(work, stores.mine) == []


def test_a_dry_run_shows_jobs_that_would_begin_with_their_first_task(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    tasks_in_order = [make_task(database, stores.mine, name) for name in ("Fetch", "Send")]
    job_id = in_a_job(database, stores.mine, *tasks_in_order, every="1h", start=database.clock.now())
    in_a_job(database, stores.stranger, every="1h", start=database.clock.now())
    shown = json.loads(run_program("process-tasks", "--dry-run", "--json", env=REHEARSAL).stdout)
    assert (shown["due"], shown["claimed"]) == (2, 2)
    (run,) = shown["runs"]
    assert (run["task_id"], run["task_name"], run["trigger"]) == (tasks_in_order[0], "Fetch", "job")
    assert (run["job_id"], run["step"], run["scheduled_time"]) == (job_id, "1/2", None)
    assert "Fetch (task 1/2 of job 'Test job')" in run_program("process-tasks", "--dry-run", env=REHEARSAL).stdout
    with database.reading() as work:
        assert jobs.view(work, jobs.get(work, stores.mine, job_id))["job_run"] is None


def test_a_dry_run_names_what_would_not_run(
    database: Database, stores: Stores, clock: ClockFile, run_program: RunProgram
) -> None:
    due_now(database, stores.mine, "Hourly")
    in_a_job(database, stores.mine, make_task(database, stores.mine), every="1h", start=database.clock.now())
    clock.advance(2700)
    _, *rows, last = run_program("process-tasks", "--dry-run", env=REHEARSAL).stdout.splitlines()
    assert [re.split(r" {2,}", row)[:2] for row in rows] == [
        ["Hourly", "2026-11-16T09:00:00Z"],
        ["job 'Test job'", "2026-11-16T09:00:00Z"],
    ]
    assert all("missed: 45 min late" in row for row in rows)
    assert last == "Would run 0; 2 missed, 0 skipped. Nothing was written."


def test_a_task_by_hand_can_be_tried_dry(database: Database, stores: Stores, run_program: RunProgram) -> None:
    task_id = make_task(database, stores.mine)
    shown = json.loads(run_program("process-tasks", "--task", task_id, "--dry-run", "--json", env=REHEARSAL).stdout)
    (run,) = shown["runs"]
    assert (run["reason"], run["expected_cost_usd"], shown["without_history"]) == ("asked for by hand", None, 1)
    assert ticks(database) == []


def test_one_task_can_be_run_whatever_its_schedule_says(
    database: Database, stores: Stores, run_program: RunProgram
) -> None:
    task_id = make_task(database, stores.mine)
    due_now(database, stores.stranger)
    shown = json.loads(run_program("process-tasks", "--task", task_id, "--json", env=REHEARSAL).stdout)
    assert [(run["task_id"], run["trigger"], run["state"]) for run in shown["runs"]] == [
        (task_id, "manual", "succeeded")
    ]
    assert titles(database, stores.stranger) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_loop_ticks_until_a_signal_ends_it(
    database: Database, stores: Stores, start_program: StartProgram, number: signal.Signals, code: int
) -> None:
    process = start_program("process-tasks", "--loop", "--every", "1", "--json", env=REHEARSAL)
    for name in ("First", "Second"):
        due_now(database, stores.mine, name)
        assert process.stdout is not None
        assert [run["task_name"] for run in json.loads(process.stdout.readline())["runs"]] == [name]
    process.send_signal(number)
    assert process.wait(PATIENCE_SECONDS) == code


def test_start_is_the_loop(database: Database, stores: Stores, start_program: StartProgram) -> None:
    due_now(database, stores.mine)
    process = start_program("processor", "start", "--every", "1", "--json", env=REHEARSAL)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["succeeded"] == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 143


def test_the_loop_goes_on_by_the_clock(
    database: Database, stores: Stores, clock: ClockFile, start_program: StartProgram
) -> None:
    due_now(database, stores.mine)
    process = start_program("process-tasks", "--loop", "--every", "1", "--json", env=REHEARSAL)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())["runs"][0]["scheduled_time"]
    clock.advance(3_600)
    second = json.loads(process.stdout.readline())["runs"][0]["scheduled_time"]
    assert (first, second) == ("2026-11-16T09:00:00Z", "2026-11-16T10:00:00Z")
