"""`processor unlock` on the command line."""

from collections.abc import Callable
from contextlib import closing

import pytest

from processor.services.instants import moment
from processor.storage.database import Database
from tests.integration.cli.conftest import Processor
from tests.rows import add_run
from tests.world import DEFAULT_STORE

Hold = Callable[..., str]


@pytest.fixture
def hold(sqlite_url: str, task_id: str) -> Hold:
    """A run of the task that a worker holds for another so many seconds; its id."""

    def hold(seconds: int) -> str:
        with closing(Database(sqlite_url)) as database, database.writing() as work:
            lease = {"lease_expires_at": moment(work.now + seconds)}
            return add_run(work, DEFAULT_STORE, task_id, "running", attempt=1, fence=1, **lease)

    return hold


def state(processor: Processor, run_id: str) -> str:
    return str(processor("runs", "get", run_id, "--json").json["state"])


def test_all_silent_runs_are_unlocked_and_the_next_tick_goes_on(processor: Processor, hold: Hold) -> None:
    run_id = hold(-1)
    (shown,) = processor("unlock", "--yes", "--json").json
    assert (shown["id"], shown["state"], shown["waiting_for"], shown["attempt"]) == (run_id, "waiting", "resume", 1)
    assert [line["event"] for line in processor("runs", "logs", run_id, "--json").json] == ["run.unlocked"]
    tick = processor("process", "--json").json
    assert (tick["succeeded"], tick["recovered"]) == (1, 0)
    assert processor("verify").code == 0


def test_a_silent_run_that_is_named_is_unlocked_without_a_question(processor: Processor, hold: Hold) -> None:
    run_id = hold(-1)
    outcome = processor("unlock", run_id)
    assert (outcome.code, outcome.err) == (0, "")
    assert run_id in outcome.out
    assert "Unlocked 1: the next tick goes on" in outcome.out
    assert state(processor, run_id) == "waiting"


@pytest.mark.parametrize("named", [True, False])
def test_where_nobody_can_answer_it_is_refused(processor: Processor, hold: Hold, *, named: bool) -> None:
    run_id = hold(60 if named else -1)
    outcome = processor("unlock", *([run_id] if named else []))
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "--yes" in outcome.err
    assert ("may be alive" in outcome.err) == named
    assert state(processor, run_id) == "running"


def test_a_run_whose_worker_may_be_alive_is_unlocked_if_one_insists(processor: Processor, hold: Hold) -> None:
    run_id = hold(60)
    assert processor("unlock", "--yes").err.startswith("No run of this store")
    assert processor("unlock", run_id, "--yes").code == 0
    assert state(processor, run_id) == "waiting"


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_a_dry_run_shows_them_and_unlocks_nothing(processor: Processor, hold: Hold, options: list[str]) -> None:
    run_id = hold(-1)
    outcome = processor("unlock", "--dry-run", *options)
    assert (outcome.code, outcome.err) == (0, "")
    assert run_id in outcome.out
    assert "Would unlock 1. Nothing was written." in outcome.out
    assert [run["id"] for run in processor("unlock", "--dry-run", "--json", *options).json] == [run_id]
    assert state(processor, run_id) == "running"


def test_nothing_to_unlock_is_no_question(processor: Processor, task_id: str) -> None:
    outcome = processor("unlock")
    assert (outcome.code, outcome.out) == (0, "")
    assert "No run of this store" in outcome.err
    assert processor("unlock", "--json").json == []
    assert task_id


def test_a_run_that_nobody_holds_is_one_line(processor: Processor, task_id: str) -> None:
    run_id = processor("tasks", "run", task_id, "--queue", "--json").json["id"]
    outcome = processor("unlock", run_id, "--yes")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "is queued: no worker holds it" in outcome.err


def test_a_stranger_finds_nothing_of_mine(processor: Processor, hold: Hold) -> None:
    run_id = hold(-1)
    processor("stores", "create", "--name", "stranger")
    assert processor("unlock", "--store", "stranger", "--yes", "--json").json == []
    for which in (run_id, "no-id", ""):
        outcome = processor("unlock", which, "--store", "stranger", "--yes")
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert state(processor, run_id) == "running"
