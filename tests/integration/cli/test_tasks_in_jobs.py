"""Tasks in jobs on the command line."""

import re

import pytest

from tests.integration.cli.conftest import Processor

PROMPT = ["--prompt", "Summarise the board"]
SEQUENTIAL = ["--schedule-type", "sequential"]


def create(processor: Processor, name: str, *options: str) -> str:
    return str(processor("tasks", "create", "--name", name, *PROMPT, *options, "--json").json["id"])


@pytest.fixture
def job_id(processor: Processor) -> str:
    return str(processor("jobs", "create", "--name", "Daily Maintenance", "--json").json["id"])


@pytest.fixture
def step_ids(processor: Processor, job_id: str) -> list[str]:
    """Five steps of the job."""
    return [create(processor, f"Step {number}", "--job-id", job_id, *SEQUENTIAL) for number in range(1, 6)]


def test_a_sequential_task_shows_its_step(processor: Processor, step_ids: list[str]) -> None:
    shown = processor("tasks", "get", step_ids[1]).out
    assert re.search(r"^step +Step 2/5 in Job 'Daily Maintenance'$", shown, re.MULTILINE)
    assert re.search(r"^schedule text +Sequential \(runs in job order\)$", shown, re.MULTILINE)
    assert re.search(r"^retry text +\S", shown, re.MULTILINE)
    as_json = processor("tasks", "get", step_ids[1], "--json").json
    assert (as_json["job_name"], as_json["position"], as_json["step"]) == ("Daily Maintenance", 2, "2/5")


def test_a_list_shows_each_tasks_job(processor: Processor, job_id: str, task_id: str) -> None:
    create(processor, "Member", "--job", job_id, "--every", "4h")
    header, alone, member = processor("tasks", "list").out.splitlines()
    assert " JOB " in header
    assert "(Unassigned)" in alone
    assert "Daily Maintenance" in member


def test_a_list_shows_one_jobs_tasks_or_those_without_one(
    processor: Processor, job_id: str, step_ids: list[str], task_id: str
) -> None:
    of_job = processor("tasks", "list", "--job-id", job_id, "--json").json
    assert [task["id"] for task in of_job] == step_ids
    assert [task["id"] for task in processor("tasks", "list", "--unassigned", "--json").json] == [task_id]
    assert processor("tasks", "list", "--unassigned", "--job", job_id).code == 1


def test_a_task_joins_a_job_and_leaves_it(processor: Processor, job_id: str, task_id: str) -> None:
    joined = processor("tasks", "update", task_id, "--job", job_id, "--json")
    assert (joined.json["job_id"], joined.json["position"], joined.err) == (job_id, None, "")
    assert processor("tasks", "update", task_id, *SEQUENTIAL, "--json").json["step"] == "1/1"
    assert processor("tasks", "update", task_id, "--every", "2h", "--json").json["step"] is None
    left = processor("tasks", "update", task_id, "--no-job", "--json")
    assert (left.json["job_id"], left.json["schedule"]["type"], left.err) == (None, "interval", "")


def test_who_takes_a_sequential_task_out_of_its_job_is_told_what_it_becomes(
    processor: Processor, step_ids: list[str]
) -> None:
    left = processor("tasks", "update", step_ids[0], "--no-job", "--json")
    assert (left.json["job_id"], left.json["schedule"]["type"]) == (None, "manual")
    assert "it is a manual one now" in left.err
    assert processor("tasks", "get", step_ids[1], "--json").json["step"] == "1/4"
    asked = processor("tasks", "update", step_ids[1], "--no-job", "--schedule-type", "manual")
    assert (asked.code, asked.err) == (0, "")


def test_a_sequential_task_has_no_times_to_come_but_a_turn(processor: Processor, step_ids: list[str]) -> None:
    upcoming = processor("tasks", "upcoming", step_ids[0])
    assert (upcoming.code, upcoming.out) == (0, "")
    assert "It runs in job order" in upcoming.err
    explained = processor("tasks", "explain", step_ids[1]).out
    assert "It is step 2/5 in Job 'Daily Maintenance', and no pass runs" in explained


def test_retry_options_go_with_every_schedule(processor: Processor, job_id: str) -> None:
    retries = ["--max-retries", "2", "--retry-delay", "30"]
    for schedule in (["--every", "1h"], ["--job-id", job_id, *SEQUENTIAL]):
        made = processor("tasks", "create", "--name", "Retried", *PROMPT, *schedule, *retries, "--json")
        assert (made.json["max_retries"], made.json["retry_delay_seconds"], made.err) == (2, 30, "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([*SEQUENTIAL], "Sequential schedule requires --job-id to be set"),
        ([*SEQUENTIAL, "--job-id", "JOB", "--every", "1h"], "Sequential schedule runs in job order: leave out --every"),
        ([*SEQUENTIAL, "--job-id", "JOB", "--cron", "0 9 * * *"], "leave out --cron"),
        (["--job-id", "JOB", "--no-job"], "--job-id and --no-job contradict each other"),
        (["--job-id", "JOB", "--name", " "], "name of a task is empty"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    processor: Processor, job_id: str, task_id: str, options: list[str], said: str
) -> None:
    before = processor("tasks", "get", task_id, "--json").json
    given = [job_id if option == "JOB" else option for option in options]
    outcome = processor("tasks", "update", task_id, *given)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert said in outcome.err
    assert processor("tasks", "get", task_id, "--json").json == before
