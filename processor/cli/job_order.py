"""`processor jobs reorder` and `processor jobs move`: the order of a job's sequential tasks."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from processor.cli.access import changing, looking
from processor.cli.job_options import EXAMPLE_ID, EXAMPLE_TASKS, Which
from processor.cli.job_show import show_job
from processor.cli.options import DEFAULT_STORE, AsJson, DryRun, Store, verb
from processor.cli.render import say
from processor.models import Job
from processor.services import jobs, naming
from processor.storage.work import Work

Plan = Callable[[Work, Job], list[str]]
"""Tells which order a job would have."""
Change = Callable[[Work, Job], Job]
"""Changes the order of a job that is still the one that was looked at."""


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the app of the noun."""
    one, other = EXAMPLE_TASKS
    verb(
        app,
        "reorder",
        f"processor jobs reorder {EXAMPLE_ID} {other} {one}",
        "processor jobs reorder 'Daily maintenance' Clean Fetch",
    )(reorder_tasks)
    verb(
        app, "move", f"processor jobs move {EXAMPLE_ID} {other} 1", "processor jobs move 'Daily maintenance' Report 1"
    )(move_task)


def reorder_tasks(
    job: Which,
    task: Annotated[
        list[str], typer.Argument(metavar="TASK...", help="Every sequential task by id or name, in the new order.")
    ],
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Give the sequential tasks of a job another order; a pass that runs keeps its own."""

    def named(work: Work, seen: Job) -> list[str]:
        return [_named(work, seen, each) for each in task]

    def plan(work: Work, seen: Job) -> list[str]:
        return jobs.order_as_named(work, seen, named(work, seen))

    def change(work: Work, seen: Job) -> Job:
        return jobs.reorder(work, seen.store_id, seen.id, named(work, seen), seen.version)

    _do(job, store, plan, None if dry_run else change, as_json=json)


def move_task(
    job: Which,
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task: its id or name.")],
    position: Annotated[int, typer.Argument(metavar="POSITION", help="1 is the first.")],
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Put one sequential task of a job at another position; a pass that runs keeps its own order."""

    def plan(work: Work, seen: Job) -> list[str]:
        return jobs.order_after_move(work, seen, _named(work, seen, task), position)

    def change(work: Work, seen: Job) -> Job:
        return jobs.move(work, seen.store_id, seen.id, _named(work, seen, task), position, seen.version)

    _do(job, store, plan, None if dry_run else change, as_json=json)


def _do(job: str, store: str, plan: Plan, change: Change | None, *, as_json: bool) -> None:
    with looking(store) as (work, store_id):
        seen = jobs.get(work, store_id, naming.job_id(work, store_id, job))
        shown = _planned(jobs.view(work, seen), plan(work, seen))
    if change is not None:
        with changing(store) as (work, _):
            shown = jobs.view(work, change(work, seen))
    show_job(shown, as_json=as_json, store=store)
    if change is None:
        say("This is the order that it would have: nothing was changed.")


def _named(work: Work, seen: Job, task: str) -> str:
    """The id of a task that is called so, rather of this job than of another one."""
    return naming.task_id(work, seen.store_id, task, seen.id)


def _planned(shown: dict[str, Any], order: list[str]) -> dict[str, Any]:
    """The job as it would be."""
    place = {id_: position for position, id_ in enumerate(order, start=1)}
    tasks = [task | {"position": place.get(task["id"])} for task in shown["tasks"]]
    tasks.sort(key=lambda task: (task["position"] is None, task["position"]))
    return shown | {"task_order": order, "tasks": tasks}
