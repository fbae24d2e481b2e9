import json
import re
from pathlib import Path

import pytest

from processor.services.instants import moment
from tests.conftest import ClockFile
from tests.integration.cli.conftest import Processor
from tests.integration.cli.test_terminal import Terminal

HOUR, MINUTE = 3_600, 60
RANGE = ("--from", "2026-11-16T09:00", "--to", "2026-11-16T11:00")


@pytest.fixture
def missed(processor: Processor, clock: ClockFile) -> str:
    """A task that missed its slots from 09:00 to 12:00."""
    made = ("--prompt", "Create a task called 'Card'", "--every", "1h", "--start", "2026-11-16T09:00")
    task_id = str(processor("tasks", "create", "--name", "Hourly", *made, "--json").json["id"])
    clock.advance(3 * HOUR + 30 * MINUTE)
    assert processor("process").code == 0
    return task_id


def test_a_dry_run_counts_and_changes_nothing(processor: Processor, missed: str) -> None:
    shown = processor("backfill", "--task", missed, *RANGE, "--dry-run", "--json").json
    (task,) = shown["tasks"]
    assert (shown["dry_run"], shown["slots"], shown["estimated_cost_usd"]) == (True, 3, None)
    assert (task["first"], task["last"]) == ("2026-11-16T09:00:00Z", "2026-11-16T11:00:00Z")
    assert processor("runs", "list", "--json").json == []
    assert (
        "3 slots would run; estimated cost: unknown USD"
        in processor("backfill", "--task", missed, *RANGE, "--dry-run").out
    )


def test_it_runs_the_range_and_then_finds_nothing(processor: Processor, missed: str) -> None:
    shown = processor("backfill", "--task", missed, *RANGE, "--json").json
    assert (shown["slots"], shown["claimed"], shown["succeeded"], shown["left"]) == (3, 3, 3, 0)
    runs = processor("runs", "list", "--json").json
    assert sorted(run["scheduled_time"] for run in runs) == [f"2026-11-16T{hour}:00:00Z" for hour in ("09", "10", "11")]
    assert {run["trigger"] for run in runs} == {"backfill"}

    again = processor("backfill", "--task", missed, *RANGE)
    assert (again.code, again.out, "nothing to run" in again.err) == (0, "", True)
    assert processor("verify").code == 0


def test_what_was_missed_runs_in_the_stores_that_are_asked_for(processor: Processor, missed: str) -> None:
    processor("stores", "create", "--name", "stranger")
    assert processor("backfill", "--missed", "--store", "stranger", "--json").json["slots"] == 0
    assert processor("backfill", "--missed", "--since", "2h", "--dry-run", "--json").json["slots"] == 2
    shown = processor("backfill", "--missed", "--json").json
    assert (shown["slots"], shown["succeeded"]) == (4, 4)


@pytest.mark.parametrize("stop", [("disable",), ("pause", "--until", "2026-11-17")])
def test_what_a_stopped_task_missed_stays_until_it_is_named(
    processor: Processor, missed: str, stop: tuple[str, ...]
) -> None:
    verb, *options = stop
    assert processor("tasks", verb, missed, *options).code == 0
    assert processor("backfill", "--missed", "--json").json["slots"] == 0
    assert processor("backfill", "--task", missed, *RANGE, "--json").json["succeeded"] == 3


def test_more_than_a_thousand_slots_need_consent(processor: Processor, clock: ClockFile) -> None:
    made = ("--prompt", "Create a task called 'Card'", "--every", "1m")
    task_id = str(processor("tasks", "create", "--name", "Often", *made, "--json").json["id"])
    clock.advance(1_200 * MINUTE)
    processor("process")
    refused = processor("backfill", "--task", task_id, "--from", "2026-11-16T09:00", "--to", "2026-11-17T09:00")
    assert (refused.code, "1,199 slots" in refused.err, "--yes" in refused.err) == (1, True, True)
    dry = processor("backfill", "--task", task_id, "--from", "2026-11-16", "--to", "2026-11-18", "--dry-run", "--json")
    assert dry.json["slots"] == 1_199
    few = processor("backfill", "--task", task_id, "--from", "2026-11-16T09:01", "--to", "2026-11-16T09:02", "--yes")
    assert few.code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "--task is missing"),
        (("--task", "ID", "--from", "2026-11-16"), "--to is missing"),
        (("--missed", "--from", "2026-11-16"), "--missed goes without --from"),
        (("--missed", "--reprocess", "all"), "--missed goes without --reprocess"),
        (("--missed", "--since", "a while"), "Cannot read"),
        (("--task", "ID", *RANGE, "--since", "2h"), "--since says how far back --missed looks"),
        (("--task", "ID", *RANGE, "--reprocess", "some"), "none, failed, all"),
        (("--task", "ID", "--from", "2026-11-17", "--to", "2026-11-16"), "ends before it begins"),
        (("--task", "0198c0de-0000-7000-8000-000000000001", *RANGE), "no task"),
    ],
)
def test_what_names_no_slots_is_refused_in_one_line(
    processor: Processor, missed: str, given: tuple[str, ...], said: str
) -> None:
    outcome = processor("backfill", *(missed if each == "ID" else each for each in given))
    assert (outcome.code, len(outcome.err.splitlines()), said in outcome.err) == (1, 1, True), outcome.err


def test_slots_from_before_the_task_are_refused(processor: Processor, clock: ClockFile) -> None:
    made = ("--prompt", "Create a task called 'Card'", "--cron", "0 * * * *")
    task_id = str(processor("tasks", "create", "--name", "Hourly", *made, "--json").json["id"])
    early = ("--task", task_id, "--from", str(moment(clock.now - HOUR)), "--to", str(moment(clock.now + HOUR)))
    refused = processor("backfill", *early)
    assert (refused.code, "made at 2026-11-16T09:00:00Z" in refused.err) == (1, True)


def test_what_it_may_cost_is_what_the_latest_runs_cost(
    processor: Processor, missed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.json"
    usage = {"input_tokens": 1_000_000, "output_tokens": 0}
    finish = {"type": "tool_use", "id": "toolu_1", "name": "finish_run", "input": {"status": "done", "summary": "Done"}}
    script.write_text(json.dumps([{"content": [finish], "usage": usage}]))
    monkeypatch.setenv("PROCESSOR_MODEL", "scripted")
    monkeypatch.setenv("PROCESSOR_SCRIPT", str(script))
    processor("backfill", "--task", missed, "--from", "2026-11-16T09:00", "--to", "2026-11-16T09:00")
    (run,) = processor("runs", "list", "--json").json
    shown = processor("backfill", "--task", missed, *RANGE, "--dry-run", "--json").json
    assert shown["estimated_cost_usd"] == pytest.approx(2 * run["cost_usd"]) != 0


def test_a_person_sees_a_bar(tmp_path: Path, sqlite_url: str, processor: Processor, missed: str) -> None:
    terminal = Terminal(tmp_path, {"PROCESSOR_DATABASE_URL": sqlite_url})
    code, shown = terminal("processor", "backfill", "--task", missed, *RANGE)
    assert code == 0
    assert re.search(r"[123]/3", shown)
    assert "3 of 3 slots claimed; runs: 3 succeeded, 0 failed, 0 waiting" in shown
