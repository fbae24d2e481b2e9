"""What people do to runs from the command line."""

import json
from contextlib import closing

import pytest

from processor.storage.database import Database
from tests.integration.cli.conftest import Processor
from tests.rows import add_run
from tests.world import DEFAULT_STORE


@pytest.fixture
def queued_id(processor: Processor, task_id: str) -> str:
    return str(processor("tasks", "run", task_id, "--queue", "--json").json["id"])


def test_a_queued_run_is_cancelled(processor: Processor, queued_id: str) -> None:
    run = processor("runs", "cancel", queued_id, "--json").json
    assert (run["id"], run["state"], run["started_at"]) == (queued_id, "cancelled", None)
    assert processor("runs", "get", queued_id, "--json").json == run | {"attempts": []}
    assert [line["event"] for line in processor("runs", "logs", queued_id, "--json").json] == ["run.cancelled"]
    assert processor("process", "--json").json["runs"] == []
    assert processor("verify").code == 0


def test_a_running_run_is_asked_to_stop(processor: Processor, task_id: str, sqlite_url: str) -> None:
    run_id = running(sqlite_url, task_id)
    outcome = processor("runs", "cancel", run_id)
    assert (outcome.code, "running" in outcome.out) == (0, True)
    assert "The run stops before its next call or tool" in outcome.err
    asked = processor("runs", "cancel", run_id, "--json").json
    assert asked["cancel_requested_at"] is not None


def test_a_run_that_has_ended_cannot_be_cancelled(processor: Processor, queued_id: str) -> None:
    processor("runs", "cancel", queued_id)
    outcome = processor("runs", "cancel", queued_id)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (f"Run {queued_id} is cancelled already: only a run that has not ended can be cancelled\n")


def test_a_run_that_has_ended_is_run_again_at_once(processor: Processor, queued_id: str) -> None:
    processor("process")
    run = processor("runs", "retry", queued_id, "--json").json
    assert (run["state"], run["trigger"], run["rerun_of"]) == ("succeeded", "manual", queued_id)
    assert len(processor("cards", "list", "--json").json) == 2
    assert processor("verify").code == 0


def test_it_can_be_left_to_the_next_tick(processor: Processor, queued_id: str) -> None:
    processor("runs", "cancel", queued_id)
    run = processor("runs", "retry", queued_id, "--queue", "--json").json
    assert (run["state"], run["rerun_of"]) == ("queued", queued_id)
    assert [each["id"] for each in processor("process", "--json").json["runs"]] == [run["id"]]


@pytest.mark.parametrize("options", [[], ["--queue"]])
def test_a_dry_run_of_a_repetition_runs_nothing(processor: Processor, queued_id: str, options: list[str]) -> None:
    processor("process")
    planned = processor("runs", "retry", queued_id, "--dry-run", "--json", *options).json
    assert (planned["id"], planned["rerun_of"], planned["state"]) == (None, queued_id, "queued")
    assert len(processor("runs", "list", "--json").json) == 1


@pytest.mark.parametrize("options", [[], ["--queue"], ["--dry-run"]])
def test_what_has_not_ended_is_a_conflict_that_names_it(
    processor: Processor, queued_id: str, options: list[str]
) -> None:
    outcome = processor("runs", "retry", queued_id, "--json", *options)
    assert (outcome.code, json.loads(outcome.out)["live_run_id"]) == (1, queued_id)
    assert outcome.err.count("\n") == 1
    assert len(processor("runs", "list", "--json").json) == 1


@pytest.mark.parametrize("verb", ["cancel", "retry"])
@pytest.mark.parametrize("which", ["mine", "00000000-0000-4000-8000-00000000abcd", "no-id", ""])
def test_a_run_that_is_not_there_is_one_line(processor: Processor, queued_id: str, which: str, verb: str) -> None:
    processor("stores", "create", "--name", "stranger")
    outcome = processor("runs", verb, queued_id if which == "mine" else which, "--store", "stranger")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "There is no run" in outcome.err
    assert processor("runs", "get", queued_id, "--json").json["state"] == "queued"


def running(sqlite_url: str, task_id: str, **columns: object) -> str:
    """A run of the task that another process is at."""
    with closing(Database(sqlite_url)) as database, database.writing() as work:
        return add_run(work, DEFAULT_STORE, task_id, "running", attempt=1, fence=1, **columns)
