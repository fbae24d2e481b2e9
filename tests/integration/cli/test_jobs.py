from contextlib import closing

import pytest

from processor.storage import passes, runs
from processor.storage.database import Database
from processor.storage.runs import Worker
from tests.integration.cli.conftest import Processor
from tests.world import DEFAULT_STORE


def test_no_jobs_say_what_to_do_next(processor: Processor) -> None:
    outcome = processor("jobs", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "processor jobs create" in outcome.err


def test_a_job_is_made_listed_and_shown(processor: Processor, task_id: str) -> None:
    made = processor("jobs", "create", "--name", "Maintenance", "--every", "4h", "--json").json
    assert processor("jobs", "list", "--json").json == [made]
    assert processor("jobs", "get", made["id"], "--json").json == made
    table = processor("jobs", "list").out
    assert made["id"] in table
    assert "Every 4 hours" in table
    assert table.endswith("(Unassigned): 1 task\n")
    assert task_id not in table
    assert "Pending (0/0)" in processor("jobs", "get", made["id"]).out


def step(processor: Processor, job_id: str, name: str, *options: str) -> str:
    how = options or ("--schedule-type", "sequential")
    made = processor("tasks", "create", "--name", name, "--prompt", "Tidy", "--job-id", job_id, *how, "--json")
    return str(made.json["id"])


@pytest.fixture
def job(processor: Processor) -> tuple[str, list[str]]:
    """A job with three steps."""
    job_id = processor("jobs", "create", "--name", "Maintenance", "--json").json["id"]
    return job_id, [step(processor, job_id, name) for name in ("Fetch", "Clean", "Report")]


def begin(sqlite_url: str, job_id: str) -> None:
    with closing(Database(sqlite_url)) as database, database.writing() as work:
        passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")


def test_a_job_is_changed(processor: Processor, job: tuple[str, list[str]]) -> None:
    job_id, _ = job
    changed = processor("jobs", "update", job_id, "--name", "Nightly", "--cron", "0 3 * * *", "--json").json
    assert (changed["name"], changed["schedule"]["type"]) == ("Nightly", "calendar")
    off = processor("jobs", "update", job_id, "--schedule-type", "manual", "--json").json
    assert (off["schedule"], off["next_run_at"]) == ({"type": "manual"}, None)
    assert processor("jobs", "update", job_id).code == 1


def test_the_steps_are_shown_in_their_order_and_reordered(processor: Processor, job: tuple[str, list[str]]) -> None:
    job_id, (fetch, clean, report) = job
    hourly = step(processor, job_id, "Hourly", "--every", "1h")
    listed = processor("jobs", "tasks", job_id, "--json").json
    assert [task["id"] for task in listed] == [fetch, clean, report, hourly]
    assert processor("jobs", "reorder", job_id, report, fetch, clean, "--json").json["task_order"] == [
        report,
        fetch,
        clean,
    ]
    assert processor("jobs", "move", job_id, clean, "1", "--json").json["task_order"] == [clean, report, fetch]
    lines = processor("jobs", "get", job_id).out.splitlines()
    shown = [line.split()[2] for line in lines if "Sequential" in line]
    assert shown == ["Clean", "Report", "Fetch"]


@pytest.mark.parametrize("verb", ["reorder", "move"])
def test_a_dry_run_shows_the_order_and_keeps_the_one_that_there_is(
    processor: Processor, job: tuple[str, list[str]], verb: str
) -> None:
    job_id, (fetch, clean, report) = job
    wanted = [report, fetch, clean]
    change = [job_id, *wanted] if verb == "reorder" else [job_id, report, "1"]
    planned = processor("jobs", verb, *change, "--dry-run", "--json").json
    assert planned["task_order"] == wanted
    assert [(task["id"], task["position"]) for task in planned["tasks"]] == [(report, 1), (fetch, 2), (clean, 3)]
    assert processor("jobs", "get", job_id, "--json").json["task_order"] == [fetch, clean, report]


def test_a_pass_is_told_in_one_sentence(processor: Processor, job: tuple[str, list[str]], sqlite_url: str) -> None:
    job_id, (_, clean, _) = job
    begin(sqlite_url, job_id)
    assert "Running task 1/3 (Fetch)" in processor("jobs", "get", job_id).out
    processor("tasks", "disable", clean)
    shown = processor("jobs", "cancel", job_id).out
    assert f"Cancelled at task 1/3 (Fetch): processor jobs run {job_id} --from 1 goes on there" in shown
    again = processor("jobs", "cancel", job_id)
    assert (again.code, again.out) == (1, "")
    assert "No pass of the job runs" in again.err
    begin(sqlite_url, job_id)
    processor("process")
    shown = processor("jobs", "get", job_id).out
    assert "Completed (3/3)" in shown
    assert "skipped: its task is disabled" in shown
    assert processor("jobs", "update", job_id, "--status", "pending", "--json").json["progress"] == "0/3"


def test_cancelling_a_step_that_a_worker_has_says_when_the_pass_ends(
    processor: Processor, job: tuple[str, list[str]], sqlite_url: str
) -> None:
    job_id, _ = job
    begin(sqlite_url, job_id)
    with closing(Database(sqlite_url)) as database:
        database.write(runs.claim, Worker("00000000-0000-4000-8000-0000000000aa", lease_seconds=120), 1)
    asked = processor("jobs", "cancel", job_id)
    assert (asked.code, "Running task 1/3" in asked.out) == (0, True)
    assert "the pass ends when it leaves" in asked.err


def test_deleting_asks_and_says_how_much_goes(processor: Processor, job: tuple[str, list[str]]) -> None:
    job_id, _ = job
    asked = processor("jobs", "delete", job_id)
    assert asked.code == 1
    assert "Delete the job 'Maintenance' with 3 tasks and 0 runs?" in asked.err
    planned = processor("jobs", "delete", job_id, "--dry-run", "--json").json
    assert planned == {"id": job_id, "deleted": False, "tasks": 3, "runs": 0, "job_runs": 0}
    assert len(processor("tasks", "list", "--json").json) == 3
    assert (
        processor("jobs", "delete", job_id, "--yes").out == "Deleted the job 'Maintenance' with 3 tasks and 0 runs.\n"
    )
    assert processor("tasks", "list", "--json").json == processor("jobs", "list", "--json").json == []


def test_a_job_that_runs_is_deleted_by_force_alone(
    processor: Processor, job: tuple[str, list[str]], sqlite_url: str
) -> None:
    job_id, _ = job
    begin(sqlite_url, job_id)
    for option in ("--yes", "--dry-run"):
        refused = processor("jobs", "delete", job_id, option)
        assert (refused.code, refused.out) == (1, "")
        assert "--force" in refused.err
    assert processor("jobs", "delete", job_id, "--force", "--json").json == {
        "id": job_id,
        "deleted": True,
        "tasks": 3,
        "runs": 1,
        "job_runs": 1,
    }


def test_a_stranger_can_do_nothing_with_my_job(processor: Processor, job: tuple[str, list[str]]) -> None:
    job_id, (fetch, clean, report) = job
    processor("stores", "create", "--name", "stranger")
    before = processor("jobs", "get", job_id, "--json").json
    assert processor("jobs", "list", "--store", "stranger", "--json").json == []
    verbs = [
        *(["get"], ["tasks"], ["cancel"], ["update", "--name", "x"], ["delete", "--force"], ["delete", "--dry-run"]),
        *(["reorder", report, clean, fetch], ["move", report, "1"]),
    ]
    for verb, *options in verbs:
        outcome = processor("jobs", verb, job_id, *options, "--store", "stranger")
        assert (outcome.code, outcome.out) == (1, ""), verb
        assert job_id in outcome.err
    assert processor("jobs", "get", job_id, "--json").json == before


def test_a_name_commands_no_terminal_and_programs_get_it_as_it_is(processor: Processor) -> None:
    name = "Red \x1b[31malert\x9b2J\x7f"
    made = processor("jobs", "create", "--name", name, "--json")
    shown = [processor(*command) for command in (("jobs", "list"), ("jobs", "get", made.json["id"]), ("events",))]
    shown.append(processor("jobs", "delete", made.json["id"]))
    assert all("Red \N{REPLACEMENT CHARACTER}[31malert" in each.out + each.err for each in shown)
    assert not any(set(each.out + each.err) & {"\x1b", "\x9b", "\x7f"} for each in [*shown, made])
    assert made.json["name"] == name
