"""Clocks that jump: by an hour, a day and a year, forward and back, between ticks and beside everything else."""

from random import Random
from typing import Any

import pytest

from processor.models import Heartbeat, Run, Task
from processor.reports.verify import verify
from processor.services import jobs
from processor.services.instants import epoch, epoch_or_none
from tests.conftest import RunProgram
from tests.integration.tick.gone_worker import GoneWorker
from tests.reliability.figures import Figures
from tests.reliability.matcher import holding, mismatches
from tests.world import DEFAULT_STORE, HOUR, World, finishes

MINUTE, DAY, YEAR = 60, 24 * HOUR, 365 * 24 * HOUR
SEQUENCES = 50
MOVES = 5
JUMPS = (HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR)
TIMINGS: tuple[dict[str, Any], ...] = (
    {"every": "1m"},
    {"every": "5m"},
    {"every": "1h"},
    {"every": "1d"},
    {"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
    {"cron": "15 */3 * * *", "timezone": "America/New_York"},
    {"cron": "*/20 * * * *", "timezone": "Australia/Lord_Howe"},
)
MISFIRES = (None, "skip", "latest", "all")
OVERLAPS = ("skip", "queue")


def add_tasks(world: World, random: Random) -> None:
    """Three recurring tasks and one that runs once, each with policies of its own, and a job with a clock."""
    for timing in random.sample(TIMINGS, 3):
        start = {"start": world.clock.now + random.choice((0, HOUR, DAY))} if random.random() < 0.5 else {}
        world.task(
            misfire=random.choice(MISFIRES),
            overlap=random.choice(OVERLAPS),
            **timing | (start if "every" in timing else {}),
        )
    world.task(at=world.clock.now + random.choice((MINUTE, HOUR, DAY + HOUR)))
    job: Any = {"name": "Job"} | random.choice(TIMINGS)
    with world.database.writing() as work:
        jobs.create(work, DEFAULT_STORE, job)


def move(world: World, random: Random) -> None:
    """Let the clock jump, and perhaps all the way back; tick wherever it stands, now and then a few times."""
    jump = random.choice(JUMPS)
    for seconds in (jump, -jump) if random.random() < 0.6 else (jump,):
        world.clock.advance(seconds)
        for _ in range(random.choice((1, 1, 3))):
            assert world.tick().exit_code == 0
            world.clock.advance(random.choice((0, 30, 5 * MINUTE, 17 * MINUTE)))


def broken_promises(world: World) -> list[str]:
    with world.database.reading() as work:
        return [f"{each.name}: {row.said}" for each in verify(work) if each.count for row in each.rows]


def left_ahead(world: World) -> list[str]:
    """Tasks that a jump would make wait for a time to come, and tasks that are due still."""
    return [
        f"{task.schedule_type} {task.cron or task.interval_seconds}: cursor {task.cursor_at}, next {task.next_run_at}"
        for task in world.rows(Task)
        if epoch(task.cursor_at) > world.clock.now + MINUTE or (_is_due(task, world.clock.now) and not task.held_slot)
    ]


def _is_due(task: Task, now: int) -> bool:
    next_run_at = epoch_or_none(task.next_run_at)
    return next_run_at is not None and next_run_at <= now


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_whatever_the_clock_does_each_slot_is_accounted_for_once(world: World, figures: Figures, seed: int) -> None:
    random = Random(seed)
    add_tasks(world, random)
    for _ in range(MOVES):
        move(world, random)
    world.tick()

    assert mismatches(world.database.url, stepped_back=True) == []
    assert broken_promises(world) == []
    assert left_ahead(world) == []
    slots = holding(world.database.url).slot_count
    figures.add("clock jumps", world.database.dialect, rounds=1, runs=len(world.rows(Run)), slots_accounted_for=slots)


def test_a_year_ahead_and_back_costs_no_slot_and_runs_none_twice(world: World) -> None:
    task_id, began = world.due_task(), world.clock.now
    world.tick()
    world.clock.advance(YEAR)
    world.tick()
    world.clock.advance(-YEAR)
    for _ in range(3):
        world.tick()
        world.clock.advance(HOUR)

    assert [slot for slot, _, _, _ in world.ledger(task_id)] == [began, began + HOUR, began + 2 * HOUR, began + YEAR]
    assert world.dispositions(task_id) == ["claimed"] * 4
    world.clock.set(began + YEAR)
    report = world.tick()
    assert (report.due, report.claimed, report.succeeded) == (1, 0, 0)
    assert [epoch_or_none(run.scheduled_time) for run in world.runs(task_id)].count(began + YEAR) == 1
    assert (mismatches(world.database.url), broken_promises(world)) == ([], [])


def test_a_worker_that_died_while_the_clock_was_ahead_keeps_its_run_for_one_lease(world: World) -> None:
    task_id, now = world.due_task(), world.clock.now
    world.tick(max_runs=0)
    world.clock.advance(YEAR)
    GoneWorker(world)
    world.tick(max_runs=0)
    world.clock.set(now)

    assert world.tick().recovered == 0
    world.clock.advance(world.settings.lease_seconds + 1)
    assert world.tick().recovered == 1
    assert [run.state for run in world.runs(task_id)] == ["succeeded"]


def test_a_run_that_began_to_wait_while_the_clock_was_ahead_waits_as_long_as_it_should(world: World) -> None:
    world.script(finishes("failed", "No."))
    world.clock.advance(YEAR)
    task_id = world.due_task()
    world.tick()
    (run,) = world.runs(task_id)
    assert run.not_before is not None
    delay = epoch(run.not_before) - world.clock.now
    world.clock.advance(-YEAR)

    world.tick(max_runs=0)

    (run,) = world.runs(task_id)
    assert (epoch_or_none(run.not_before), epoch_or_none(run.waiting_since)) == (
        world.clock.now + delay,
        world.clock.now,
    )


def test_a_heartbeat_that_lies_ahead_is_set_back_by_one_tick(world: World) -> None:
    world.clock.advance(YEAR)
    world.tick()
    world.clock.advance(-YEAR)
    world.tick()

    (heartbeat,) = world.rows(Heartbeat)
    assert heartbeat.ticked_at is not None
    assert epoch(heartbeat.ticked_at) == world.clock.now


def test_with_clocks_that_differ_nothing_is_claimed_and_the_exit_code_says_so(
    world: World, run_program: RunProgram
) -> None:
    if world.database.dialect == "sqlite":
        pytest.skip("SQLite has no clock of its own")
    world.due_task()
    now = world.clock.now
    world.clock.path.write_text(f"{now}\n{now - 301}\n")

    ended = run_program("process-tasks", env={"PROCESSOR_MODEL": "rehearsal"})

    assert ended.returncode == 75
    assert "differ by 301 s" in ended.stderr
    assert holding(world.database.url).ledger == []
