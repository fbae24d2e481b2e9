"""`processor jobs`: groups of tasks, and the order in which they run."""

from collections.abc import Callable
from typing import Annotated

import typer

from processor.cli import job_options as option
from processor.cli import job_order, job_run, task_options
from processor.cli.access import changing, looking
from processor.cli.job_options import EXAMPLE_ID, Which
from processor.cli.job_show import show_job
from processor.cli.options import (
    DEFAULT_LIMIT,
    DEFAULT_STORE,
    All,
    AsJson,
    DryRun,
    Limit,
    Store,
    cut,
    given,
    noun,
    verb,
)
from processor.cli.render import confirm, say, show_json, show_line, show_list
from processor.models import Job
from processor.services import jobs, naming, tasks
from processor.storage.work import Work

app = noun("Groups of tasks, and the order in which they run.")

COLUMNS = {
    "id": "ID",
    "name": "NAME",
    "status": "STATUS",
    "progress": "PROGRESS",
    "schedule_text": "SCHEDULE",
    "next_run_at": "NEXT",
}
FIRST = ("id", "name", "status", "progress")
TASK_COLUMNS = {
    "position": "STEP",
    "id": "ID",
    "name": "NAME",
    "schedule_text": "SCHEDULE",
    "enabled": "ENABLED",
    "next_run_at": "NEXT",
    "last_run_at": "LAST",
}
FIRST_OF_TASK = ("position", "id", "name")


@verb(
    app,
    "create",
    "processor jobs create --name 'Daily maintenance'",
    "processor jobs create --name 'Daily maintenance' --cron '0 6 * * *' --timezone Europe/Berlin --json",
)
def create_job(  # noqa: PLR0917 (typer turns every parameter into an option)
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    description: option.Description = None,
    every: task_options.Every = None,
    start: task_options.Start = None,
    cron: task_options.Cron = None,
    timezone: task_options.Timezone = None,
    at: option.At = None,
    schedule_type: option.ScheduleType = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Make a job; without --every, --cron or --at it runs when somebody asks."""
    fields = option.fields(**{key: value for key, value in locals().items() if key not in {"store", "json"}})
    with changing(store) as (work, store_id):
        shown = jobs.view(work, jobs.create(work, store_id, fields))
    show_job(shown, as_json=json, store=store)


@verb(app, "list", "processor jobs list", "processor jobs list --store team --json")
def list_jobs(
    limit: Limit = DEFAULT_LIMIT, show_all: All = False, store: Store = DEFAULT_STORE, json: AsJson = False
) -> None:
    """List jobs, the oldest first, and say how many tasks belong to none."""
    with looking(store) as (work, store_id):
        rows = jobs.views(work, jobs.list(work, store_id, cut(limit, show_all)))
        unassigned = jobs.count_unassigned(work, store_id)
    empty = "No jobs yet: 'processor jobs create --name NAME' makes one."
    show_list(rows, COLUMNS, as_json=json, empty=empty, first=FIRST)
    if unassigned and not json:
        show_line(f"(Unassigned): {_count(unassigned, 'task')}")


@verb(app, "get", f"processor jobs get {EXAMPLE_ID}", "processor jobs get 'Daily maintenance' --json")
def get_job(job: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show one job: how far it is, and its tasks in their order."""
    with looking(store) as (work, store_id):
        shown = jobs.view(work, jobs.get(work, store_id, naming.job_id(work, store_id, job)))
    show_job(shown, as_json=json, store=store)


@verb(
    app,
    "update",
    f"processor jobs update {EXAMPLE_ID} --name 'Nightly maintenance' --every 1d",
    f"processor jobs update {EXAMPLE_ID} --schedule-type manual",
    f"processor jobs update {EXAMPLE_ID} --status pending",
)
def update_job(  # noqa: PLR0917 (typer turns every parameter into an option)
    job: Which,
    name: Annotated[str | None, typer.Option("--name", help="What people call it.")] = None,
    description: option.Description = None,
    every: task_options.Every = None,
    start: task_options.Start = None,
    cron: task_options.Cron = None,
    timezone: task_options.Timezone = None,
    at: option.At = None,
    schedule_type: option.ScheduleType = None,
    status: option.Status = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Change what is given; another schedule counts from now on."""
    options = {key: value for key, value in locals().items() if key not in {"job", "store", "json"}}
    fields = option.fields(**given(**options))
    _show_changed(
        store, json, lambda work, store_id: jobs.update(work, store_id, naming.job_id(work, store_id, job), fields)
    )


@verb(
    app,
    "delete",
    f"processor jobs delete {EXAMPLE_ID}",
    f"processor jobs delete {EXAMPLE_ID} --dry-run --json",
    f"processor jobs delete {EXAMPLE_ID} --force",
)
def delete_job(
    job: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do not ask, and delete it even while it runs.")] = False,
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Delete a job with its tasks, their runs and transcripts; the cards that they made stay."""
    with looking(store) as (work, store_id):
        found = jobs.get(work, store_id, naming.job_id(work, store_id, job))
        going = jobs.contents(work, store_id, found.id)
        if not force:
            jobs.require_deletable(work, store_id, found.id)
    what = f"the job '{found.name}' with {_count(going.task_count, 'task')} and {_count(going.run_count, 'run')}"
    if not dry_run:
        confirm(f"Delete {what}?", force=yes or force)
        with changing(store) as (work, store_id):
            jobs.delete(work, store_id, found.id, force=force)
    if json:
        counts = {"tasks": going.task_count, "runs": going.run_count, "job_runs": going.pass_count}
        show_json({"id": found.id, "deleted": not dry_run} | counts)
    else:
        show_line(f"{'Would delete' if dry_run else 'Deleted'} {what}.")


@verb(app, "tasks", f"processor jobs tasks {EXAMPLE_ID}", f"processor jobs tasks {EXAMPLE_ID} --json")
def list_tasks(
    job: Which,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """List the tasks of a job: the sequential ones in their order, then those with a schedule of their own."""
    with looking(store) as (work, store_id):
        found = tasks.list(work, store_id, cut(limit, show_all), job_id=naming.job_id(work, store_id, job))
        rows = tasks.views(work, found)
    empty = f"No tasks yet: 'processor tasks create --job-id {job} --schedule-type sequential …' adds one."
    show_list(rows, TASK_COLUMNS, as_json=json, empty=empty, first=FIRST_OF_TASK)


@verb(app, "cancel", f"processor jobs cancel {EXAMPLE_ID}")
def cancel_job(job: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """End the pass that runs: at once, or when the worker of its step has left."""
    with changing(store) as (work, store_id):
        shown = jobs.view(work, jobs.cancel(work, store_id, naming.job_id(work, store_id, job)))
    show_job(shown, as_json=json, store=store)
    if shown["status"] == "in_progress":
        say("A worker is at this task: the pass ends when it leaves, before its next call of the model or of a tool.")


job_order.add_to(app)
job_run.add_to(app)


def _show_changed(store: str, as_json: bool, change: Callable[[Work, str], Job]) -> None:
    with changing(store) as (work, store_id):
        shown = jobs.view(work, change(work, store_id))
    show_job(shown, as_json=as_json, store=store)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
