"""Tasks and jobs called by their names, in every command that takes one."""

import json

import pytest

from tests.integration.cli.conftest import Processor

PROMPT = ["--prompt", "Summarise the board"]
SEQUENTIAL = ["--schedule-type", "sequential"]


def order(processor: Processor, job: str) -> list[str]:
    return [task["name"] for task in processor("jobs", "get", job, "--json").json["tasks"]]


@pytest.fixture
def maintenance(processor: Processor) -> str:
    """The name of a job of three steps."""
    processor("jobs", "create", "--name", "Maintenance")
    for name in ("Fetch", "Clean", "Report"):
        made = processor("tasks", "create", "--name", name, *PROMPT, "--job", "Maintenance", *SEQUENTIAL)
        assert made.code == 0, made.err
    return "Maintenance"


@pytest.mark.parametrize(
    "command",
    [
        ["tasks", "get", "Standup"],
        ["tasks", "update", "Standup", "--every", "6h"],
        ["tasks", "enable", "Standup"],
        ["tasks", "disable", "Standup"],
        ["tasks", "pause", "Standup", "--until", "2099-01-01"],
        ["tasks", "upcoming", "Standup"],
        ["tasks", "explain", "Standup"],
        ["tasks", "prompt", "Standup"],
        ["tasks", "notes", "set", "Standup", "--text", "Ada is away"],
        ["tasks", "notes", "get", "Standup"],
        ["tasks", "run", "Standup", "--dry-run"],
        ["tasks", "run", "Standup", "--queue"],
        ["tasks", "run", "Standup"],
        ["runs", "list", "--task", "Standup"],
        ["backfill", "--task", "Standup", "--from", "2099-01-01", "--to", "2099-01-02"],
        ["tasks", "delete", "Standup", "--dry-run"],
        ["tasks", "delete", "Standup", "--yes"],
    ],
)
def test_a_task_goes_by_its_name(processor: Processor, task_id: str, command: list[str]) -> None:
    named = processor(*command, "--json")
    assert named.code == 0, named.err
    unknown = processor(*("Nobody" if word == "Standup" else word for word in command), "--json")
    assert (unknown.code, unknown.out) == (1, "")
    assert "There is no task 'Nobody'" in unknown.err


@pytest.mark.parametrize(
    "command",
    [
        ["jobs", "get", "Maintenance"],
        ["jobs", "tasks", "Maintenance"],
        ["jobs", "update", "Maintenance", "--every", "1d"],
        ["jobs", "run", "Maintenance", "--dry-run"],
        ["jobs", "run", "Maintenance", "--queue"],
        ["jobs", "run", "Maintenance"],
        ["jobs", "move", "Maintenance", "Fetch", "3"],
        ["jobs", "reorder", "Maintenance", "Report", "Fetch", "Clean"],
        ["tasks", "list", "--job", "Maintenance"],
        ["jobs", "delete", "Maintenance", "--dry-run"],
        ["jobs", "delete", "Maintenance", "--yes"],
    ],
)
def test_a_job_goes_by_its_name(processor: Processor, maintenance: str, command: list[str]) -> None:
    named = processor(*command, "--json")
    assert named.code == 0, named.err
    unknown = processor(*("Nobody" if word == maintenance else word for word in command), "--json")
    assert (unknown.code, unknown.out) == (1, "")
    assert "There is no job 'Nobody'" in unknown.err


def test_a_pass_that_runs_is_cancelled_by_the_name_of_its_job(processor: Processor, maintenance: str) -> None:
    processor("jobs", "run", maintenance, "--queue")
    assert processor("jobs", "cancel", maintenance, "--json").json["status"] == "cancelled"


def test_tasks_are_ordered_by_their_names(processor: Processor, maintenance: str) -> None:
    processor("jobs", "move", maintenance, "Fetch", "3")
    assert order(processor, maintenance) == ["Clean", "Report", "Fetch"]
    processor("jobs", "reorder", maintenance, "Report", "Fetch", "Clean")
    assert order(processor, maintenance) == ["Report", "Fetch", "Clean"]


def test_in_the_order_of_a_job_a_name_means_a_task_of_it(processor: Processor, maintenance: str) -> None:
    processor("tasks", "create", "--name", "Fetch", *PROMPT, "--every", "4h")
    refused = processor("tasks", "get", "Fetch")
    assert (refused.code, refused.out) == (1, "")
    assert "'Fetch' may be 2 tasks: give the id of one" in refused.err
    assert processor("jobs", "move", maintenance, "Fetch", "2").code == 0
    assert order(processor, maintenance) == ["Clean", "Fetch", "Report"]


def test_a_task_joins_a_job_by_its_name(processor: Processor, maintenance: str, task_id: str) -> None:
    joined = processor("tasks", "update", task_id[:-1], "--job", maintenance, *SEQUENTIAL, "--json").json
    assert (joined["job_name"], joined["position"]) == (maintenance, 4)
    note = processor("tasks", "notes", "get", "Standup", "--json")
    assert json.loads(note.out)["task_id"] == task_id
