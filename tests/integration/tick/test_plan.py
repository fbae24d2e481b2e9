"""What a dry run says a tick would do, on both databases."""

from typing import Any

import pytest

from processor.services import runs
from processor.services.instants import moment
from processor.tick.plan import Plan, plan_tick
from processor.tick.tick import TickOptions
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.tick import clocked_jobs
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World

MINUTE = 60


def plan(world: World, **options: Any) -> Plan:
    """A plan, which has written nothing."""
    before = everything(world.database)
    made = plan_tick(world.database, world.settings, TickOptions(**options))
    assert everything(world.database) == before
    return made


def add(world: World, task_id: str, state: str = "queued", **columns: Any) -> str:
    with world.database.writing() as work:
        return add_run(work, DEFAULT_STORE, task_id, state, **columns)


def reasons(made: Plan) -> dict[str, str]:
    return {run["task_name"]: run["reason"] for run in made.report.runs}


def outcomes(made: Plan) -> list[tuple[str | None, str, int]]:
    return [(each["task_name"] or each["job_name"], each["outcome"], each["slots"]) for each in made.not_run]


def test_each_run_says_why_it_would_start(world: World) -> None:
    world.due_task(name="Due")
    world.task(name="Late", every="1h", start=world.clock.now - 5 * MINUTE + HOUR)
    hand, retried, silent, held = (
        world.task(name=name, schedule_type="manual") for name in ("Hand", "Retried", "Silent", "Back")
    )
    add(world, hand)
    add(world, retried, "waiting", attempt=1)
    add(world, silent, "running", attempt=1, lease_expires_at=moment(world.clock.now - 1))
    add(world, held, "waiting", attempt=1, waiting_for="resume")
    assert reasons(plan(world)) == {
        "Retried": "retry 1 of 3 is due",
        "Back": "handed back at 2026-11-16 09:00 UTC, at the end of a tick or by a signal",
        "Hand": "asked for by hand",
        "Silent": "its worker went silent at 2026-11-16 08:59:59 UTC",
        "Due": "its slot 2026-11-16 09:00 UTC is due",
    }
    world.clock.advance(HOUR)
    late = reasons(plan(world))["Late"]
    assert late == "its slot 2026-11-16 09:55 UTC is 5 min late, still on time"


def test_what_a_plan_says_is_what_the_tick_then_does(world: World) -> None:
    world.due_task(name="Skips", misfire="skip")
    world.due_task(name="Catches up", misfire="latest")
    world.due_task(name="Due now", start=world.clock.now + 30 * MINUTE)
    clocked_jobs.job(world, steps=2)
    world.clock.advance(30 * MINUTE)
    made = plan(world)
    done = world.tick()
    assert (made.report.due, made.report.claimed) == (done.due, done.claimed)
    assert (made.report.missed, made.report.skipped) == (done.missed, done.skipped)
    assert {run["task_name"] for run in made.report.runs} == {run["task_name"] for run in done.runs} - {"Step 2"}


def test_what_is_missed_or_skipped_is_told_with_its_reason(world: World) -> None:
    world.due_task(name="Missed", every="10m", start=world.clock.now)
    busy = world.due_task(name="Busy")
    waiting = world.due_task(name="Waiting", overlap="queue")
    clocked_jobs.job(world, steps=1)
    for task_id in (busy, waiting):
        add(world, task_id, "running", lease_expires_at=moment(world.clock.now + 9 * HOUR))
    assert sorted(outcomes(plan(world))) == [("Busy", "skipped_overlap", 1), ("Waiting", "waiting", 1)]
    world.clock.advance(45 * MINUTE)
    found = {each["task_name"] or each["job_name"]: each for each in plan(world).not_run}
    assert found["Missed"] == {
        "store_id": DEFAULT_STORE,
        "task_id": found["Missed"]["task_id"],
        "task_name": "Missed",
        "job_id": None,
        "job_name": None,
        "outcome": "missed",
        "slots": 4,
        "first": "2026-11-16T09:00:00Z",
        "last": "2026-11-16T09:30:00Z",
        "reason": "missed: 15 min late, on time is 10 min; late slots are let go (misfire skip)",
    }
    assert (found["Job"]["task_id"], found["Job"]["outcome"], found["Job"]["slots"]) == (None, "missed", 1)


def test_a_job_says_which_step_is_next_and_why(world: World) -> None:
    job_id = clocked_jobs.job(world, steps=2)
    made = plan(world)
    assert reasons(made) == {"Step 1": "first step of job 'Job', whose slot 2026-11-16 09:00 UTC is due"}
    assert made.report.runs[0]["job_id"] == job_id
    world.tick(max_runs=1)
    made = plan(world)
    assert reasons(made) == {"Step 2": "step 2/2 of pass 1 of job 'Job'"}


def test_a_job_without_a_step_that_could_run_is_named(world: World) -> None:
    clocked_jobs.job(world, steps=0)
    made = plan(world)
    assert (made.report.runs, made.report.claimed) == ([], 1)
    assert outcomes(made) == [("Job", "no_step", 1)]


def test_a_cost_is_expected_where_a_task_has_succeeded(world: World) -> None:
    known, unknown = world.due_task(name="Known"), world.due_task(name="Unknown")
    for cost in (4_000_000, 8_000_000):
        add(world, known, "succeeded", cost_nanousd=cost)
    add(world, known, "failed", cost_nanousd=900_000_000)
    add(world, unknown, "failed", cost_nanousd=900_000_000)
    made = plan(world)
    assert {run["task_name"]: run["expected_cost_usd"] for run in made.report.runs} == {"Known": 0.006, "Unknown": None}
    assert (made.expected_cost_usd, made.without_history) == (0.006, 1)


def test_under_the_emergency_stop_nothing_would_run(world: World) -> None:
    task_id = world.due_task(name="Due")
    world.set(stop="1")
    made = plan(world)
    assert (made.report.runs, made.report.claimed, made.expected_cost_usd) == ([], 1, 0)
    (entry,) = made.not_run
    assert (entry["task_id"], entry["outcome"], entry["slots"]) == (task_id, "stopped", 1)
    assert entry["reason"].startswith("everything is stopped: ")


@pytest.mark.usefixtures("provider_environment")
def test_without_a_credential_nothing_would_run_or_be_claimed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    world.due_task(name="Due")
    clocked_jobs.job(world, steps=1)
    world.set(model="anthropic")
    made = plan(world)
    assert (made.report.runs, made.report.due, made.report.claimed) == ([], 2, 0)
    assert {each["outcome"] for each in made.not_run} == {"no_credential"}
    assert {each["task_name"] for each in made.not_run} == {"Due", "Step 1"}


def test_what_is_beyond_the_limit_is_left_to_the_next_tick(world: World) -> None:
    for name in ("First", "Second"):
        world.due_task(name=name)
    made = plan(world, max_runs=1)
    assert (len(made.report.runs), made.report.claimed) == (1, 2)
    assert [outcome for _, outcome, _ in outcomes(made)] == ["beyond_max_runs"]


def test_a_run_behind_another_one_of_its_task_does_not_start(world: World) -> None:
    task_id = world.task(name="Busy", schedule_type="manual")
    live = add(world, task_id, "running", lease_expires_at=moment(world.clock.now + HOUR))
    add(world, task_id)
    made = plan(world)
    assert made.report.runs == []
    assert [(each["outcome"], each["reason"]) for each in made.not_run] == [
        ("behind_run", f"waits: run {live} of the task has to end first")
    ]


def test_one_store_is_planned_alone(world: World, stores: Stores) -> None:
    world.due_task(stores.mine, name="Mine")
    stranger = world.task(stores.stranger, name="Stranger's", schedule_type="manual")
    with world.database.writing() as work:
        runs.request(work, stores.stranger, stranger)
    assert set(reasons(plan(world, store_id=stores.mine))) == {"Mine"}
