"""Jobs from outside: real processes on both databases, one tick after the other and several at once."""

import json
import signal
import time
from typing import Any

import pytest
from sqlmodel import col, select

from processor.agent.toolbox import TOOLS
from processor.models import Job, JobLedgerRow, JobRun, Run
from processor.reports.verify import verify
from processor.services import cards, jobs, tasks
from processor.services.instants import epoch, epoch_or_none
from processor.storage.database import Database
from tests.conftest import RunProgram, StartProgram
from tests.world import DEFAULT_STORE

STEPS = 5
REHEARSAL = {"PROCESSOR_MODEL": "rehearsal"}
PATIENCE_SECONDS = 100
CARDS = [f"Card {number}" for number in range(1, STEPS + 1)]


def due_job(database: Database, steps: int = STEPS) -> tuple[str, list[str]]:
    """A job whose clock says now, with tasks that make a card each; its id and theirs."""
    with database.writing() as work:
        due: Any = {"name": "Daily", "every": "1h", "start": work.now}
        job_id = jobs.create(work, DEFAULT_STORE, due).id
        member: Any = {"job_id": job_id, "schedule_type": "sequential", "max_retries": 0}
        return job_id, [
            tasks.create(
                work,
                DEFAULT_STORE,
                member | {"name": f"Step {number}", "prompt": f"Create a task called 'Card {number}'"},
                TOOLS.keys(),
            ).id
            for number in range(1, steps + 1)
        ]


def shown(database: Database, job_id: str) -> dict[str, Any]:
    with database.reading() as work:
        return jobs.view(work, jobs.get(work, DEFAULT_STORE, job_id))


def made_in_order(database: Database) -> list[str]:
    """The titles of the cards, those made first first."""
    with database.reading() as work:
        return [card.title for card in sorted(cards.list(work, DEFAULT_STORE), key=lambda card: card.id)]


def broken(database: Database) -> list[str]:
    with database.reading() as work:
        return [f"{each.name}: {each.rows}" for each in verify(work) if each.count]


def test_five_processes_that_run_one_task_each_run_a_job_in_order(database: Database, run_program: RunProgram) -> None:
    job_id, task_ids = due_job(database)

    for number in range(1, STEPS + 1):
        ended = run_program("process-tasks", "--max-runs", "1", "--json", env=REHEARSAL)
        (run,) = json.loads(ended.stdout)["runs"]
        assert (ended.returncode, run["task_id"], run["state"]) == (0, task_ids[number - 1], "succeeded")
        assert shown(database, job_id)["progress"] == f"{min(number + 1, STEPS)}/5"

    assert shown(database, job_id)["status"] == "completed"
    assert made_in_order(database) == CARDS
    assert broken(database) == []


def test_a_loop_runs_a_job_by_its_own_clock_to_the_end(database: Database, start_program: StartProgram) -> None:
    job_id, task_ids = due_job(database)
    loop = start_program("process-tasks", "--loop", "--every", "1", env=REHEARSAL)

    until = time.monotonic() + PATIENCE_SECONDS
    while shown(database, job_id)["status"] != "completed" and time.monotonic() < until:
        time.sleep(0.2)
    loop.send_signal(signal.SIGINT)
    loop.communicate(timeout=PATIENCE_SECONDS)

    found = shown(database, job_id)
    assert (found["status"], found["progress"], found["job_run"]["trigger"]) == ("completed", "5/5", "schedule")
    assert made_in_order(database) == CARDS
    with database.reading() as work:
        runs = work.session.exec(select(Run).order_by(col(Run.position))).all()
    assert [run.task_id for run in runs] == task_ids
    assert broken(database) == []


def test_a_job_that_failed_goes_on_at_the_task_that_failed(database: Database, run_program: RunProgram) -> None:
    job_id, task_ids = due_job(database)
    what_nobody_can_do: Any = {"prompt": "Move the card 'Nowhere' to 'Done'"}
    with database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_ids[2], what_nobody_can_do, TOOLS.keys())

    assert run_program("process-tasks", env=REHEARSAL).returncode == 0
    assert (shown(database, job_id)["status"], shown(database, job_id)["progress"]) == ("failed", "3/5")
    mended: Any = {"prompt": "Create a task called 'Card 3'"}
    with database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_ids[2], mended, TOOLS.keys())
    ended = run_program("processor", "jobs", "run", job_id, "--from", "3", env=REHEARSAL)

    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (0, "Completed 5/5")
    assert shown(database, job_id)["status"] == "completed"
    assert made_in_order(database) == CARDS
    assert broken(database) == []


@pytest.mark.parametrize("job_count", [15])
def test_of_five_ticks_at_once_one_begins_each_pass(
    database: Database, start_program: StartProgram, job_count: int
) -> None:
    job_ids = {due_job(database, steps=2)[0] for _ in range(job_count)}

    ticks = [start_program("process-tasks", "--json", env=REHEARSAL) for _ in range(5)]
    reports = [tick.communicate(timeout=PATIENCE_SECONDS) for tick in ticks]

    assert [tick.returncode for tick in ticks] == [0] * 5, [said[-2_000:] for _, said in reports]
    assert sum(json.loads(out)["claimed"] for out, _ in reports) == job_count
    with database.reading() as work:
        ledger = work.session.exec(select(JobLedgerRow)).all()
        passes = work.session.exec(select(JobRun)).all()
        runs = work.session.exec(select(Run)).all()
        slots = {job.id: epoch(job.anchor_at) for job in work.session.exec(select(Job)) if job.anchor_at is not None}
    assert sorted((row.job_id, row.job_run_id or "", row.disposition) for row in ledger) == sorted(
        (each.job_id, each.id, "claimed") for each in passes
    )
    assert {each.job_id: epoch_or_none(each.scheduled_time) for each in passes} == slots
    assert {each.job_id for each in passes} == job_ids
    assert {(each.state, each.number) for each in passes} == {("succeeded", 1)}
    assert [(run.state, run.attempt) for run in runs] == [("succeeded", 1)] * (2 * job_count)
    assert broken(database) == []
