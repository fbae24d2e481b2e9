"""`processor jobs run`: a whole pass from the command line."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from processor.llm.scripted import SCRIPT_VARIABLE
from processor.storage.database import Database
from tests.integration.cli.conftest import Processor
from tests.rows import add_run
from tests.world import DEFAULT_STORE, finishes

STEPS = 5


@pytest.fixture
def job_id(processor: Processor) -> str:
    """A job with five sequential tasks that make a card each."""
    made = str(processor("jobs", "create", "--name", "Daily", "--json").json["id"])
    for number in range(1, STEPS + 1):
        prompt = f"Create a task called 'Card {number}'"
        options = ("--job-id", made, "--schedule-type", "sequential", "--max-retries", "0", "--json")
        processor("tasks", "create", "--name", f"Step {number}", "--prompt", prompt, *options)
    return made


@pytest.fixture
def no_luck(processor: Processor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every task fails."""
    del processor  # it came first, because it sets another model
    script = tmp_path / "script.json"
    script.write_text(json.dumps([finishes("failed", "No luck.")]))
    monkeypatch.setenv(SCRIPT_VARIABLE, str(script))
    monkeypatch.setenv("PROCESSOR_MODEL", "scripted")


def titles(processor: Processor) -> list[str]:
    return sorted(card["title"] for card in processor("cards", "list", "--json").json)


def test_the_whole_pass_runs_in_order_and_says_so(processor: Processor, job_id: str) -> None:
    outcome = processor("jobs", "run", job_id)
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        *[f"Task {number}/5 'Step {number}' …" for number in range(1, 6)],
        "Completed 5/5",
    ]
    assert "Completed (5/5)" in outcome.out
    assert titles(processor) == [f"Card {number}" for number in range(1, 6)]
    assert processor("verify").code == 0


def test_json_is_the_job_with_its_pass(processor: Processor, job_id: str) -> None:
    shown = processor("jobs", "run", job_id, "--from", "4", "--json").json
    assert (shown["status"], shown["progress"], shown["job_run"]["state"]) == ("completed", "5/5", "succeeded")
    assert shown == processor("jobs", "get", job_id, "--json").json
    assert titles(processor) == ["Card 4", "Card 5"]


@pytest.mark.usefixtures("no_luck")
def test_a_failure_exits_0_and_says_where_and_how_to_go_on(processor: Processor, job_id: str) -> None:
    outcome = processor("jobs", "run", job_id, "--from", "3")
    assert outcome.code == 0
    assert [line for line in outcome.err.splitlines() if not line.startswith("{")] == [
        "Task 3/5 'Step 3' …",
        f"Failed at task 3/5 ('Step 3'): No luck. 'processor jobs run {job_id} --from 3' goes on there",
    ]
    assert processor("jobs", "get", job_id, "--json").json["status"] == "failed"


@pytest.mark.usefixtures("no_luck")
def test_who_goes_on_is_told_the_store_too(processor: Processor) -> None:
    processor("stores", "create", "--name", "My team")
    here = ("--store", "My team")
    job_id = processor("jobs", "create", "--name", "Daily", "--json", *here).json["id"]
    step = ("--name", "Step", "--prompt", "Try", "--job-id", job_id, "--schedule-type", "sequential")
    processor("tasks", "create", *step, *here)
    outcome = processor("jobs", "run", job_id, *here)
    goes_on = f"processor jobs run {job_id} --from 1 --store 'My team'"
    assert f"Failed at task 1/1 ('Step'): No luck. '{goes_on}' goes on there" in outcome.err
    assert f"Failed at task 1/1 (Step): {goes_on} goes on there" in outcome.out


@pytest.mark.usefixtures("no_luck")
def test_where_the_step_that_failed_is_gone_the_next_one_goes_on(processor: Processor, job_id: str) -> None:
    order = processor("jobs", "get", job_id, "--json").json["task_order"]
    processor("jobs", "run", job_id, "--from", "4")
    processor("tasks", "delete", order[3], "--yes")
    assert f"processor jobs run {job_id} --from 4 goes on there" in processor("jobs", "get", job_id).out
    processor("tasks", "delete", order[4], "--yes")
    told = processor("jobs", "get", job_id).out
    assert "Failed at task" in told
    assert "--from" not in told


@pytest.mark.usefixtures("no_luck")
def test_a_retry_that_waits_is_left_to_the_ticks(processor: Processor, job_id: str) -> None:
    first = processor("jobs", "get", job_id, "--json").json["task_order"][0]
    processor("tasks", "update", first, "--max-retries", "5", "--retry-delay", "3600")
    outcome = processor("jobs", "run", job_id)
    assert outcome.code == 0
    assert "Task 1/5 ('Step 1') waits (retry) until" in outcome.err
    assert processor("jobs", "get", job_id, "--json").json["progress"] == "1/5"


def test_a_pass_is_left_to_the_next_tick(processor: Processor, job_id: str) -> None:
    outcome = processor("jobs", "run", job_id, "--from", "2", "--queue", "--json")
    assert outcome.json["progress"] == "2/5"
    assert "The next tick begins with task 2/5" in outcome.err
    assert len(processor("process", "--json").json["runs"]) == 4
    assert processor("jobs", "get", job_id, "--json").json["status"] == "completed"


def test_other_runs_are_left_alone(processor: Processor, job_id: str, task_id: str) -> None:
    queued = processor("tasks", "run", task_id, "--queue", "--json").json["id"]
    processor("jobs", "run", job_id)
    assert processor("runs", "get", queued, "--json").json["state"] == "queued"


def test_a_step_with_another_run_in_its_way_is_left_to_the_ticks(
    processor: Processor, job_id: str, sqlite_url: str
) -> None:
    first = processor("jobs", "get", job_id, "--json").json["task_order"][0]
    with closing(Database(sqlite_url)) as database, database.writing() as work:
        add_run(work, DEFAULT_STORE, first, "running", attempt=1, fence=1)
    outcome = processor("jobs", "run", job_id)
    assert outcome.code == 0
    assert "Task 1/5 ('Step 1') has another run in its way" in outcome.err


@pytest.mark.parametrize("options", [[], ["--queue"], ["--dry-run"]])
def test_a_pass_that_runs_is_a_conflict_that_names_it(processor: Processor, job_id: str, options: list[str]) -> None:
    begun = processor("jobs", "run", job_id, "--queue", "--json").json["job_run"]
    outcome = processor("jobs", "run", job_id, "--json", *options)
    assert (outcome.code, json.loads(outcome.out)["live_run_id"]) == (1, begun["run_id"])
    assert (
        f"Job 'Daily' runs already (pass 1, task 1/5): wait for it or 'processor jobs cancel {job_id}'" in outcome.err
    )


def test_a_dry_run_names_the_steps_and_runs_nothing(processor: Processor, job_id: str) -> None:
    plan = processor("jobs", "run", job_id, "--from", "4", "--dry-run", "--json").json
    assert [step["task_name"] for step in plan["steps"]] == ["Step 4", "Step 5"]
    assert [step["expected_cost_usd"] for step in plan["steps"]] == [None, None]
    assert (plan["expected_cost_usd"], plan["without_history"]) == (0, 2)
    shown = processor("jobs", "run", job_id, "--from", "4", "--dry-run").out
    assert "Would run 2 of 5 tasks of job 'Daily' (expected 0.0000 USD, 2 without history)." in shown
    assert processor("runs", "list", "--json").json == []


@pytest.mark.parametrize("first", ["0", "6"])
def test_a_place_that_is_not_in_the_order_is_one_line(processor: Processor, job_id: str, first: str) -> None:
    outcome = processor("jobs", "run", job_id, "--from", first)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "the job has 5 tasks" in outcome.err


def test_under_the_emergency_stop_nothing_begins(
    processor: Processor, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSOR_STOP", "1")
    outcome = processor("jobs", "run", job_id)
    assert (outcome.code, "Everything is stopped" in outcome.err) == (1, True)
    assert processor("jobs", "get", job_id, "--json").json["job_run"] is None


@pytest.mark.parametrize("options", [[], ["--queue"], ["--dry-run"]])
def test_a_strangers_job_is_one_line(processor: Processor, job_id: str, options: list[str]) -> None:
    processor("stores", "create", "--name", "stranger")
    outcome = processor("jobs", "run", job_id, "--store", "stranger", *options)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "There is no job" in outcome.err
