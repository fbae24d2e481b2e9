"""What a sequential task is told of its turn."""

import pytest

from processor.models import Task
from processor.reports.explain import Topic, explain
from processor.reports.explain_facts import gather
from processor.services import interventions, jobs
from processor.storage import passes
from tests.world import DEFAULT_STORE, World, finishes


@pytest.fixture
def job(world: World) -> tuple[str, list[str]]:
    """A job with three steps; a job before it would be another's."""
    world.job(1)
    return world.job(3)


def begin(world: World, job_id: str, first_position: int = 1) -> None:
    with world.database.writing() as work:
        passes.begin(work, DEFAULT_STORE, job_id, trigger="manual", first_position=first_position)


def said(world: World, task_id: str, topic: Topic) -> str:
    with world.database.reading() as work:
        facts = gather(work, world.settings, DEFAULT_STORE, task_id)
    told = [sentence.text for sentence in explain(facts) if sentence.topic is topic]
    return "\n".join(text for text in told if "tick" not in text)


def test_without_a_pass_it_says_how_one_begins(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (_, second, _) = job
    assert said(world, second, Topic.SCHEDULE) == "'Step 2' has this schedule: sequential (runs in job order)."
    assert said(world, second, Topic.OBSTACLE) == ""
    assert said(world, second, Topic.NEXT) == (
        f"It is step 2/3 in Job 'Job', and no pass runs: 'processor jobs run {job_id}' begins one."
    )


def test_without_a_pass_it_says_when_the_jobs_clock_begins_one(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (_, second, _) = job
    with world.database.writing() as work:
        jobs.update(work, DEFAULT_STORE, job_id, {"cron": "0 11 * * *", "timezone": "Europe/Berlin"})
    assert said(world, second, Topic.NEXT) == (
        "It is step 2/3 in Job 'Job', and no pass runs: the job's schedule begins one at "
        f"2026-11-16 11:00 Europe/Berlin, and 'processor jobs run {job_id}' begins one now."
    )


def test_a_step_is_not_told_what_becomes_of_slots(world: World, job: tuple[str, list[str]]) -> None:
    policies = said(world, job[1][1], Topic.POLICY)
    assert policies.startswith("A run may take 0.2500 USD, ")
    assert "slot" not in policies


def test_a_step_to_come_names_the_one_that_the_pass_waits_for(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (first, second, _) = job
    begin(world, job_id)
    assert said(world, second, Topic.OBSTACLE) == (
        "Pass 1 of its job waits for step 1/3 ('Step 1'), which comes before it."
    )
    assert said(world, second, Topic.NEXT) == "It is step 2/3 in Job 'Job', of which pass 1 runs."
    assert said(world, first, Topic.OBSTACLE) == ""
    with world.database.reading() as work:
        facts = gather(work, world.settings, DEFAULT_STORE, first)
    assert any("(a step of its job) is queued" in each.text for each in explain(facts))


def test_a_pass_that_failed_before_it_is_told(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (_, second, _) = job
    world.script(finishes("failed", "No."))
    begin(world, job_id)
    world.tick()
    assert said(world, second, Topic.OBSTACLE) == (
        "Pass 1 of its job failed at step 1/3 ('Step 1'), before it came to this task."
    )


def test_a_pass_that_was_cancelled_before_it_is_told(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (first, second, _) = job
    begin(world, job_id)
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, world.run(first).id)
    assert "Pass 1 of its job was cancelled at step 1/3" in said(world, second, Topic.OBSTACLE)


def test_what_passes_went_over_says_why(world: World, job: tuple[str, list[str]]) -> None:
    job_id, (first, second, third) = job
    world.change(world.row(second), enabled=False)
    begin(world, job_id, first_position=2)
    world.tick()
    assert said(world, first, Topic.OBSTACLE) == "Pass 1 of its job began at step 2, after it."
    assert said(world, second, Topic.OBSTACLE) == (
        "It is disabled: passes of its job go over it until 'processor tasks enable', runs by hand work.\n"
        "Pass 1 of its job went over it because it was disabled."
    )
    assert said(world, third, Topic.OBSTACLE) == ""


def test_a_task_that_came_after_the_pass_began_is_not_in_it(world: World, job: tuple[str, list[str]]) -> None:
    job_id, _ = job
    begin(world, job_id)
    late = world.task(name="Late", job_id=job_id, schedule_type="sequential")
    assert "the order that it began with, in which the task is not" in said(world, late, Topic.OBSTACLE)


def test_a_member_with_a_clock_has_no_turn(world: World, job: tuple[str, list[str]]) -> None:
    job_id, _ = job
    hourly = world.task(job_id=job_id)
    begin(world, job_id)
    assert "Pass" not in said(world, hourly, Topic.OBSTACLE)
    assert "runs next at" in said(world, hourly, Topic.NEXT)
    assert world.rows(Task, id=hourly)[0].position is None
