"""`processor backfill` for jobs that have a clock of their own."""

import re
from pathlib import Path

import pytest

from tests.conftest import ClockFile
from tests.integration.cli.conftest import Processor
from tests.integration.cli.test_terminal import Terminal

HOUR, MINUTE = 3_600, 60
RANGE = ("--from", "2026-11-16T09:00", "--to", "2026-11-16T11:00")


@pytest.fixture
def missed(processor: Processor, clock: ClockFile) -> str:
    """A job of two tasks that missed its slots from 09:00 to 12:00."""
    when = ("--every", "1h", "--start", "2026-11-16T09:00")
    job_id = str(processor("jobs", "create", "--name", "Nightly", *when, "--json").json["id"])
    for name in ("First", "Second"):
        made = ("--prompt", "Create a task called 'Card'", "--job-id", job_id, "--schedule-type", "sequential")
        processor("tasks", "create", "--name", name, *made)
    clock.advance(3 * HOUR + 30 * MINUTE)
    assert processor("process").code == 0
    return job_id


def test_a_dry_run_counts_and_changes_nothing(processor: Processor, missed: str) -> None:
    shown = processor("backfill", "--job-id", "Nightly", *RANGE, "--dry-run", "--json").json
    (job,) = shown["jobs"]
    assert (shown["dry_run"], shown["slots"], shown["tasks"]) == (True, 3, [])
    assert (job["job_id"], job["job_name"], job["last"]) == (missed, "Nightly", "2026-11-16T11:00:00Z")
    assert processor("runs", "list", "--json").json == []
    seen = processor("backfill", "--job", missed, *RANGE, "--dry-run").out
    assert "job Nightly" in seen
    assert "3 slots would run; estimated cost: unknown USD" in seen


def test_it_runs_the_range_and_then_finds_nothing(processor: Processor, missed: str) -> None:
    shown = processor("backfill", "--job-id", missed, *RANGE, "--json").json
    assert (shown["slots"], shown["claimed"], shown["succeeded"], shown["left"]) == (3, 3, 6, 0)

    again = processor("backfill", "--job-id", missed, *RANGE)
    assert (again.code, again.out, "nothing to run" in again.err) == (0, "", True)
    assert processor("backfill", "--missed", "--json").json["claimed"] == 1, "that of 12:00"
    assert processor("verify").code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--job-id", "ID", "--from", "2026-11-16"), "--to is missing"),
        (("--job-id", "ID", "--task", "ID", *RANGE), "--task and --job-id contradict each other"),
        (("--job-id", "ID", *RANGE, "--reprocess", "failed"), "--reprocess is for tasks: 'processor jobs run'"),
        (("--missed", "--job-id", "ID"), "--missed goes without --job-id"),
        (("--job-id", "Hourly", *RANGE), "no job"),
        (("--job-id", "ID", "--from", "2026-11-17", "--to", "2026-11-16"), "ends before it begins"),
    ],
)
def test_what_names_no_slots_is_refused_in_one_line(
    processor: Processor, missed: str, given: tuple[str, ...], said: str
) -> None:
    outcome = processor("backfill", *(missed if each == "ID" else each for each in given))
    assert (outcome.code, len(outcome.err.splitlines()), said in outcome.err) == (1, 1, True), outcome.err


def test_more_than_a_thousand_passes_need_consent(processor: Processor, clock: ClockFile, missed: str) -> None:
    clock.advance(1_100 * HOUR)
    processor("process")
    refused = processor("backfill", "--job-id", missed, "--from", "2026-11-16T09:00", "--to", "2027-01-16")
    assert (refused.code, "1,104 slots" in refused.err, "--yes" in refused.err) == (1, True, True), refused.err


def test_a_person_sees_a_bar_of_passes(tmp_path: Path, sqlite_url: str, processor: Processor, missed: str) -> None:
    terminal = Terminal(tmp_path, {"PROCESSOR_DATABASE_URL": sqlite_url})
    code, shown = terminal("processor", "backfill", "--job-id", missed, *RANGE)
    assert code == 0
    assert re.search(r"[123]/3", shown)
    assert "3 of 3 slots claimed; runs: 6 succeeded, 0 failed, 0 waiting" in shown
