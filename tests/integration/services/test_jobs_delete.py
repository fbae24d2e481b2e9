"""A job goes with all that belongs to it, and leaves ledgers and cards; on both databases."""

import json
import threading

import pytest
from sqlmodel import SQLModel

from processor.context import TickContext
from processor.errors import Conflict, NotFound
from processor.models import (
    AuditEntry,
    Card,
    Event,
    Job,
    JobLedgerRow,
    JobRun,
    JobRunStep,
    LedgerRow,
    LlmCall,
    Run,
    RunAttempt,
    RunCard,
    RunLog,
    Task,
    Turn,
)
from processor.rules.run_state import RunState
from processor.services import jobs, reruns, tasks
from processor.storage import passes, runs
from processor.storage.runs import Claim, Ending, Worker
from processor.storage.work import Work
from tests.conftest import Stores
from tests.dump import everything
from tests.rows import add_run
from tests.world import DEFAULT_STORE, World

BELONGS: tuple[type[SQLModel], ...] = (Job, JobRun, JobRunStep, Task, Run, RunAttempt, RunCard, RunLog, Turn, LlmCall)
STAYS: tuple[type[SQLModel], ...] = (LedgerRow, JobLedgerRow, Card)
WORKER = Worker("00000000-0000-4000-8000-0000000000aa", lease_seconds=120)


def begin(world: World, job_id: str) -> str:
    with world.database.writing() as work:
        return passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")


def delete(world: World, job_id: str, *, force: bool = False) -> None:
    with world.database.writing() as work:
        jobs.delete(work, DEFAULT_STORE, job_id, force=force)


def join(world: World, task_id: str, job_id: str) -> None:
    """Make a task with a clock of its own, or one from another job, a member."""
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_id, {"job_id": job_id}, frozenset())


def counted(world: World, models: tuple[type[SQLModel], ...]) -> dict[str, int]:
    return {model.__name__: len(world.rows(model)) for model in models}


def test_tasks_runs_transcripts_and_passes_go_and_ledgers_and_cards_stay(world: World) -> None:
    job_id, _ = world.job(2)
    join(world, world.due_task(name="By the hour"), job_id)
    with world.database.writing() as work:
        jobs.update(work, DEFAULT_STORE, job_id, {"every": "1h", "start": world.clock.now + 60})
    world.clock.advance(60)
    world.tick()
    assert all(counted(world, BELONGS + STAYS).values()), counted(world, BELONGS + STAYS)
    stays = counted(world, STAYS)
    with world.database.reading() as work:
        assert jobs.contents(work, DEFAULT_STORE, job_id) == jobs.Contents(task_count=3, run_count=3, pass_count=1)
    delete(world, job_id)
    assert counted(world, BELONGS) == dict.fromkeys(counted(world, BELONGS), 0)
    assert counted(world, STAYS) == stays
    assert world.broken() == []
    assert len(world.rows(Event, name="job.deleted", subject_id=job_id)) == 1
    assert [entry.after for entry in world.rows(AuditEntry, action="job.deleted")] == [None]


def test_each_task_that_goes_with_its_job_is_told_and_audited(world: World) -> None:
    job_id, task_ids = world.job(2)
    world.job(1)
    delete(world, job_id)
    told = [each.subject_id for each in world.rows(Event, "id", name="task.deleted")]
    audited = [json.loads(entry.before or "") for entry in world.rows(AuditEntry, "id", action="task.deleted")]
    assert told == [before["id"] for before in audited] == task_ids
    assert [before["name"] for before in audited] == ["Step 1", "Step 2"]


def test_tasks_without_the_job_and_other_jobs_stay(world: World, stores: Stores) -> None:
    job_id, _ = world.job(2)
    others = {world.job(1)[0], world.job(1, stores.stranger)[0]}
    loose = world.task(name="Loose")
    delete(world, job_id)
    assert {job.id for job in world.rows(Job)} == others
    assert {task.job_id for task in world.rows(Task)} == {*others, None}
    assert world.row(loose).name == "Loose"


def test_a_task_that_left_the_job_keeps_its_runs(world: World) -> None:
    job_id, (first, second) = world.job(2)
    begin(world, job_id)
    world.tick()
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, first, {"job_id": None}, frozenset())
        repeated = reruns.request(work, DEFAULT_STORE, world.run(first).id)["id"]
    with world.database.reading() as work:
        assert jobs.contents(work, DEFAULT_STORE, job_id) == jobs.Contents(task_count=1, run_count=1, pass_count=1)
    delete(world, job_id)
    assert {(run.state, run.job_run_id) for run in world.runs(first)} == {("succeeded", None), ("queued", None)}
    assert [run.rerun_of for run in world.rows(Run, id=repeated)] == [world.rows(Run, state="succeeded")[0].id]
    assert world.runs(second) == []
    assert world.rows(JobRun) == []
    assert world.broken() == []


def test_a_strangers_job_is_not_found(world: World, stores: Stores) -> None:
    job_id, _ = world.job(2)
    before = everything(world.database)
    for act in (jobs.contents, jobs.require_deletable, jobs.delete):
        with pytest.raises(NotFound, match=job_id), world.database.writing() as work:
            act(work, stores.stranger, job_id)
    assert everything(world.database) == before


def test_while_a_pass_runs_it_is_refused_unless_forced(world: World) -> None:
    job_id, (first, _) = world.job(2)
    begin(world, job_id)
    before = everything(world.database)
    with pytest.raises(Conflict, match="A pass of the job runs") as caught:
        delete(world, job_id)
    assert caught.value.live_run_id == world.run(first).id
    assert everything(world.database) == before
    delete(world, job_id, force=True)
    assert counted(world, BELONGS) == dict.fromkeys(counted(world, BELONGS), 0)


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_while_a_run_of_a_task_is_live_it_is_refused_unless_forced(world: World, state: str) -> None:
    job_id, (first, _) = world.job(2)
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, first, state)
    with pytest.raises(Conflict, match=f"Run {run_id} of a task of the job is {state}"):
        delete(world, job_id)
    delete(world, job_id, force=True)
    assert world.rows(Run) == []


def test_a_queued_run_outside_a_pass_is_not_in_the_way(world: World) -> None:
    job_id, (first, _) = world.job(2)
    with world.database.writing() as work:
        add_run(work, DEFAULT_STORE, first)
    delete(world, job_id)
    assert world.rows(Run) == []


def test_a_worker_that_executes_a_step_finds_it_gone_and_leaves_quietly(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id, (first, _) = world.job(2)
    other = world.due_task(name="Other")
    begin(world, job_id)
    under_way = world.run(first).id

    def delete_when_it_starts(event: str, /, **fields: object) -> None:
        if event == "run.started" and fields["run_id"] == under_way:
            delete(world, job_id, force=True)

    report = world.tick(TickContext(240, delete_when_it_starts))

    told = capsys.readouterr()
    assert "was deleted, with its task or job" in told.out + told.err
    assert "taken over" not in told.out + told.err
    assert report.exit_code == 0
    assert [run.task_id for run in world.rows(Run)] == [other]
    assert world.run(other).state == "succeeded"
    assert world.broken() == []


def test_a_pass_of_another_job_that_loses_its_step_under_way_goes_on(world: World) -> None:
    job_id, (first, second) = world.job(2)
    other, _ = world.job(1)
    pass_id = begin(world, job_id)
    join(world, first, other)
    with pytest.raises(Conflict, match="is running"):
        world.database.write(claimed_then_deleted, other)
    delete(world, other, force=True)
    assert [step.task_id for step in world.rows(JobRunStep, job_run_id=pass_id)] == [second]
    assert [run.state for run in world.runs(second)] == ["queued"]
    world.tick()
    assert [job.status for job in world.rows(Job)] == ["completed"]
    assert world.broken() == []


def claimed_then_deleted(work: Work, job_id: str) -> None:
    runs.claim(work, WORKER, 1)
    jobs.delete(work, DEFAULT_STORE, job_id)


def test_a_pass_that_moves_on_while_its_job_is_deleted_goes_with_it(world: World) -> None:
    job_id, _ = world.job(3)
    begin(world, job_id)
    (claim,) = world.database.write(runs.claim, WORKER, 1)
    deleter = threading.Thread(target=delete, args=(world, job_id), kwargs={"force": True})
    with world.database.writing() as work:
        _finish(work, claim)
        deleter.start()
        deleter.join(timeout=0.5)  # long enough to come as far as the lock of the run
    deleter.join()
    assert counted(world, BELONGS) == dict.fromkeys(counted(world, BELONGS), 0)


def _finish(work: Work, claim: Claim) -> None:
    runs.finish(work, claim, Ending(RunState.SUCCEEDED, "Done"))
