"""What happens is told once, in the transaction in which it does."""

import json
from typing import Any

from processor.models import AuditEntry, Event
from processor.services import interventions, runs, tasks
from processor.storage.work import Work
from tests.integration.tick.gone_worker import GoneWorker
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World, finishes


def told(world: World, *names: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    rows = [row for row in world.rows(Event, "id") if not names or row.name in names]
    return [(row.name, row.subject_id, json.loads(row.payload)) for row in rows]


def names(world: World, prefix: str) -> list[str]:
    return [name for name, _, _ in told(world) if name.startswith(prefix)]


def test_a_run_tells_of_its_start_and_of_its_end_with_its_cost(world: World) -> None:
    task_id = world.due_task()
    world.tick()
    run = world.run(task_id)
    about = {"task_id": task_id, "job_run_id": None, "attempt": 1}
    assert told(world, "run.requested", "run.started", "run.succeeded") == [
        ("run.started", run.id, about),
        ("run.succeeded", run.id, about | {"error_class": None, "cost_usd": 0.0}),
    ]


def test_every_attempt_starts_and_the_wait_between_them_says_why(world: World) -> None:
    task_id = world.due_task(max_retries=1)
    world.script(finishes(status="failed", summary="No."))
    world.tick()
    world.clock.advance(2 * HOUR)
    world.tick()
    of_run = [
        (name, about["attempt"], about.get("error_class")) for name, _, about in told(world) if name[:4] == "run."
    ]
    assert of_run[:4] == [
        ("run.started", 1, None),
        ("run.waiting", 1, "task_failed"),
        ("run.started", 2, None),
        ("run.failed", 2, "task_failed"),
    ]
    assert world.runs(task_id)[0].state == "failed"


def test_a_run_that_is_taken_over_is_recovered_and_not_started_again(world: World) -> None:
    world.due_task()
    world.tick(max_runs=0)
    GoneWorker(world)
    world.clock.advance(121)
    world.tick()
    assert names(world, "run.") == ["run.started", "run.recovered", "run.succeeded"]


def test_what_people_do_to_a_run_is_told_once(world: World) -> None:
    task_id = world.task()

    def ask_and_cancel(work: Work) -> None:
        run = runs.request(work, DEFAULT_STORE, task_id)
        interventions.cancel(work, DEFAULT_STORE, run["id"])

    world.database.write(ask_and_cancel)
    assert names(world, "run.") == ["run.requested", "run.cancelled"]


def test_slots_that_do_not_run_are_one_event_for_a_task_and_reason(world: World) -> None:
    late, on_time = world.due_task(every="10m"), world.due_task(every="7d")
    world.tick()
    before = len(told(world))
    world.clock.advance(5 * HOUR + 60)
    world.tick()
    of_slots = [each for each in told(world)[before:] if each[0].startswith("slot.")]
    assert [(name, subject) for name, subject, _ in of_slots] == [("slot.missed", late)]
    missed = sum(count for _, disposition, _, count in world.ledger(late) if disposition == "missed")
    assert of_slots[0][2]["slots"] == missed > 1
    assert of_slots[0][2]["first"] < of_slots[0][2]["last"]
    assert on_time not in {subject for _, subject, _ in of_slots}


def test_a_tick_that_found_nothing_tells_nothing(world: World) -> None:
    world.task()
    before = told(world)
    world.tick()
    assert told(world) == before


def test_a_tick_tells_what_it_did(world: World) -> None:
    world.due_task()
    report = world.tick()
    ((_, subject, about),) = told(world, "tick.finished")
    assert (subject, about["due"], about["succeeded"], about["exit_code"]) == (report.tick_id, 1, 1, 0)


def test_a_clock_that_was_ahead_is_told(world: World) -> None:
    world.due_task()
    world.clock.advance(3 * HOUR)
    world.tick()
    world.clock.advance(-2 * HOUR)
    world.tick()
    ((_, _, about),) = told(world, "clock.stepped_back")
    assert about["tasks"] == 1


def test_every_change_of_a_task_is_told_with_what_changed(world: World) -> None:
    task_id = world.task(name="Tidy")

    def change(work: Work) -> None:
        tasks.update(work, DEFAULT_STORE, task_id, {"prompt": "Water the plants", "enabled": False}, set())
        tasks.enable(work, DEFAULT_STORE, task_id)
        tasks.pause(work, DEFAULT_STORE, task_id, world.clock.now + HOUR)
        tasks.update(work, DEFAULT_STORE, task_id, {"name": "Tidy"}, set())
        tasks.delete(work, DEFAULT_STORE, task_id)

    world.database.write(change)
    assert [(name, about.get("changed")) for name, _, about in told(world)] == [
        ("task.created", None),
        ("task.updated", ["prompt"]),
        ("task.disabled", ["enabled"]),
        ("task.enabled", ["enabled"]),
        ("task.paused", ["paused_until"]),
        ("task.deleted", None),
    ]
    assert "plants" not in str(told(world))


def test_who_asks_to_cancel_a_running_run_twice_is_audited_once(world: World) -> None:
    task_id = world.task()
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, task_id, "running")
    for _ in range(2):
        world.database.write(interventions.cancel, DEFAULT_STORE, run_id)
    assert [row.before for row in world.rows(AuditEntry, action="run.cancelled")] == ['{"state": "running"}']
