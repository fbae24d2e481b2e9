"""Passes through a job's order: what the endings of steps do to them, on both databases."""

from processor.models import Event, Job, JobRun, JobRunStep, Run, Task
from processor.services import interventions
from processor.storage import passes
from tests.world import DEFAULT_STORE, World, finishes


def begin(world: World, job_id: str, first_position: int = 1) -> str:
    with world.database.writing() as work:
        return passes.begin(work, DEFAULT_STORE, job_id, trigger="manual", first_position=first_position)


def state_of(world: World, job_id: str) -> tuple[str, str, int]:
    (job,) = world.rows(Job, id=job_id)
    newest = world.rows(JobRun, "number", job_id=job_id)[-1]
    return job.status, newest.state, newest.position


def test_a_pass_runs_its_steps_in_order_in_one_tick(world: World) -> None:
    job_id, task_ids = world.job(5)
    pass_id = begin(world, job_id)
    report = world.tick()
    assert report.succeeded == 5
    assert state_of(world, job_id) == ("completed", "succeeded", 5)
    assert [run.task_id for run in world.rows(Run, "position", job_run_id=pass_id)] == task_ids
    names = [event.name for event in world.rows(Event, "id", subject_id=job_id)]
    assert names == ["job.started", *["job.progressed"] * 5, "job.completed"]


def test_a_step_that_fails_ends_the_pass_and_starts_nothing(world: World) -> None:
    job_id, task_ids = world.job(3)
    world.script(finishes("failed", "No."))
    begin(world, job_id)
    world.tick()
    assert state_of(world, job_id) == ("failed", "failed", 1)
    assert world.rows(Run, task_id=task_ids[1]) == []


def test_a_cancelled_step_cancels_the_pass(world: World) -> None:
    job_id, task_ids = world.job(3)
    begin(world, job_id)
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, world.rows(Run, task_id=task_ids[0])[0].id)
    assert state_of(world, job_id) == ("cancelled", "cancelled", 1)


def test_disabled_steps_and_those_that_left_the_job_are_skipped_with_the_reason(world: World) -> None:
    job_id, task_ids = world.job(4)
    pass_id = begin(world, job_id)
    world.change(world.row(task_ids[1]), enabled=False, next_run_at=None)
    world.change(world.row(task_ids[3]), schedule_type="manual", position=None)
    world.tick()
    assert state_of(world, job_id) == ("completed", "succeeded", 3)
    steps = world.rows(JobRunStep, "position", job_run_id=pass_id)
    assert [step.skip_reason for step in steps] == [None, "disabled", None, "left_job"]


def test_a_pass_that_begins_in_the_middle_leaves_out_what_comes_before(world: World) -> None:
    job_id, _ = world.job(4)
    pass_id = begin(world, job_id, first_position=3)
    world.tick()
    assert [run.position for run in world.rows(Run, "position", job_run_id=pass_id)] == [3, 4]
    assert state_of(world, job_id) == ("completed", "succeeded", 4)


def test_a_pass_in_which_nothing_can_run_succeeds_at_once(world: World) -> None:
    job_id, task_ids = world.job(1)
    world.change(world.row(task_ids[0]), enabled=False, next_run_at=None)
    begin(world, job_id)
    assert state_of(world, job_id)[:2] == ("completed", "succeeded")


def test_passes_are_numbered(world: World) -> None:
    job_id, _ = world.job(1)
    for _ in range(2):
        begin(world, job_id)
        world.tick()
    assert [each.number for each in world.rows(JobRun, "number", job_id=job_id)] == [1, 2]
    assert {task.job_id for task in world.rows(Task, job_id=job_id)} == {job_id}
