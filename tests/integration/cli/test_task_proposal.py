"""Adaptive tasks on the command line."""

import json
from contextlib import closing

from processor.services import proposals, runs
from processor.storage.database import Database
from tests.integration.cli.conftest import Processor
from tests.world import DEFAULT_STORE

CREATE = ("tasks", "create", "--name", "Watch", "--prompt", "Look", "--schedule-type", "adaptive", "--every", "1h")
BOUNDS = ("--min-interval", "15m", "--max-interval", "1d")


def test_an_adaptive_task_says_its_bounds_and_why_it_runs_then(processor: Processor) -> None:
    made = processor(*CREATE, *BOUNDS, "--fallback", "recent", "--json").json
    assert made["schedule"]["fallback"] == "recent"
    assert made["next_run_text"].endswith("the baseline's next time.")
    assert "the baseline's next time." in processor("tasks", "get", "Watch").out
    explained = processor("tasks", "explain", "Watch").out
    assert "adaptive: every hour, at most every 15 minutes and at least every day" in explained
    assert "Why then: the baseline's next time." in explained
    assert len(json.loads(processor("tasks", "upcoming", "Watch", "--json").out)) == 1


def test_a_proposal_is_shown_and_cleared(processor: Processor, sqlite_url: str) -> None:
    task_id = processor(*CREATE, *BOUNDS, "--json").json["id"]
    assert processor("tasks", "proposal", "get", task_id, "--json").json is None
    assert "Nothing is proposed" in processor("tasks", "proposal", "get", task_id).err
    with closing(Database(sqlite_url)) as database, database.writing() as work:
        run_id = runs.request(work, DEFAULT_STORE, task_id)["id"]
        proposals.propose(work, DEFAULT_STORE, task_id, run_id, reason="The market opens", after="3h")
    assert "The market opens" in processor("tasks", "proposal", "get", "Watch").out
    assert processor("tasks", "proposal", "clear", "Watch", "--json").json["state"] == "cleared"
    assert processor("tasks", "proposal", "clear", "Watch").code == 1
    assert "no open proposal" in processor("tasks", "proposal", "clear", "Watch").err
