"""What is asked of passes, events and the audit trail is found by an index, however many of them there are."""

import json
import re
import uuid
from typing import Any

import pytest
from sqlmodel import SQLModel, insert

from processor.models import Job, JobRun, JobRunStep, Run
from processor.services.instants import moment
from tests.integration.tick.test_cost import add_tasks, plan
from tests.world import DEFAULT_STORE, HOUR, World

JOBS, PASSES, STEPS = 500, 5, 5
RUNNING = 5
EVENTS = 5_000
BIG = "tasks|runs|job_runs|job_run_steps|events|audit_log"
OF_PASS = (
    "passes.running",
    "passes.lock",
    "passes.steps_from",
    "passes.extent",
    "passes.go_to",
    "passes.naming",
    "passes.run_under_way",
    "passes.touching_job",
    "step_results.before",
    "jobs.lock_open_runs",
    "jobs.open_runs",
    "jobs.release_runs",
    "job_slots.standing",
    "job_views.newest_passes",
    "job_views.contents",
    "events.of_subject",
    "audit.of_subject",
)
Row = dict[str, Any]


def add(world: World, model: type[SQLModel], rows: list[Row]) -> list[Row]:
    """Rows by the thousand, past the services."""
    with world.database.writing() as work:
        work.session.connection().execute(insert(model), [row | {"store_id": DEFAULT_STORE} for row in rows])
    return rows


def add_passes(world: World, jobs: list[Row], members: dict[str, list[str]]) -> tuple[list[Row], list[Row]]:
    """Passes of each job, the last one of a few still at its first step; and their runs."""
    at = moment(world.clock.now)
    passes, steps, runs = [], [], []
    for number in range(1, PASSES + 1):
        for index, job in enumerate(jobs):
            runs_still = index < RUNNING and number == PASSES
            state, end = ("running", None) if runs_still else ("succeeded", at)
            begun = {
                "id": str(uuid.uuid4()),
                "job_id": job["id"],
                "number": number,
                "trigger": "manual",
                "state": state,
            }
            passes.append(begun | {"started_at": at, "finished_at": end})
            for position, task_id in enumerate(members[job["id"]], start=1):
                step = {"job_run_id": begun["id"], "position": position, "task_id": task_id}
                steps.append(step)
                if position == 1 or not runs_still:
                    ended = {"state": "queued" if runs_still else state, "queued_at": at, "finished_at": end}
                    runs.append(step | ended | {"id": str(uuid.uuid4()), "trigger": "job"})
    add(world, JobRun, passes)
    add(world, JobRunStep, steps)
    return passes, add(world, Run, runs)


def add_past(world: World, subjects: list[str]) -> None:
    with world.database.writing() as work:
        told: list[Row] = [{"store_id": DEFAULT_STORE, "subject_id": each, "now": work.now} for each in subjects]
        work.run("events.emit", [each | {"name": "run.started", "payload": "{}"} for each in told])
        done = {"actor": "system", "action": "run.cancelled", "before": None, "after": None}
        work.run("audit.write", [each | done for each in told])


@pytest.fixture
def asked(world: World) -> Row:
    """Values for every statement, in a world of many jobs, most of whose passes have ended."""
    at = moment(world.clock.now)
    named = {"name": "Job", "cursor_at": at, "created_at": at, "updated_at": at}
    jobs = add(world, Job, [{"id": str(uuid.uuid4())} | named for _ in range(JOBS)])
    members = {job["id"]: add_tasks(world, STEPS, world.clock.now + HOUR, job_id=job["id"]) for job in jobs}
    passes, runs = add_passes(world, jobs, members)
    subjects = [str(uuid.uuid4()) for _ in range(EVENTS)]
    add_past(world, subjects)
    with world.database.connection() as connection:
        connection.exec_driver_sql("ANALYZE")
    job_id = jobs[0]["id"]
    return {
        "id": passes[-JOBS]["id"],
        "store_id": DEFAULT_STORE,
        "job_id": job_id,
        "task_id": members[job_id][0],
        "run_id": runs[-1]["id"],
        "subject_id": subjects[0],
        "ids": json.dumps([job_id]),
        "position": 1,
        "from_count": 1,
        "only_count": None,
        "floor_count": 0,
        "since_at": None,
        "actor": None,
        "is_named": False,
        "names": "[]",
        "limit": 50,
    }


def detours(world: World, lines: list[str]) -> list[str]:
    """The lines that go through a big table from one end to the other, or all that one store or task has of it."""
    if world.database.dialect == "postgresql":
        return [line for line in lines if re.search(rf"Seq Scan on ({BIG})\b", line)]
    of_owner = re.compile(r"SEARCH (\w+ USING .*\(store_id=\?\)|e USING .*\(task_id=\?\))")
    whole = re.compile(r"SCAN (?!CONSTANT|\w+ VIRTUAL|s\b).*(?<!INDEX runs_open)(?<!INDEX job_runs_live)$")
    by_id = re.compile(r"SEARCH (events|audit_log) USING INTEGER PRIMARY KEY")
    return [line for line in lines if of_owner.match(line) or whole.match(line) or by_id.match(line)]


def test_no_statement_about_passes_goes_through_all_that_a_store_or_a_task_has(world: World, asked: Row) -> None:
    assert len(detours(world, plan(world, "job_views.count_unassigned", asked))) == 1  # one that does is seen

    found = {name: detours(world, plan(world, name, asked)) for name in OF_PASS}

    assert found == {name: [] for name in OF_PASS}
