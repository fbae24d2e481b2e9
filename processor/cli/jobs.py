"""`processor jobs`: groups of tasks, and the order in which they run."""

from typing import Annotated

import typer

from processor.cli import job_options as option
from processor.cli import task_options
from processor.cli.access import changing, looking
from processor.cli.job_options import EXAMPLE_ID, Which
from processor.cli.job_show import show_job
from processor.cli.options import DEFAULT_LIMIT, DEFAULT_STORE, All, AsJson, Limit, Store, cut, noun, verb
from processor.cli.render import show_line, show_list
from processor.services import jobs

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
    schedule_type: task_options.ScheduleType = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Make a job; without --every, --cron or --at it runs when somebody asks."""
    fields = option.fields(**{key: value for key, value in locals().items() if key not in {"store", "json"}})
    with changing(store) as (work, store_id):
        shown = jobs.view(work, jobs.create(work, store_id, fields))
    show_job(shown, as_json=json)


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
        show_line(f"(Unassigned): {unassigned} task{'s' if unassigned > 1 else ''}")


@verb(app, "get", f"processor jobs get {EXAMPLE_ID}", f"processor jobs get {EXAMPLE_ID} --json")
def get_job(job: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show one job: how far it is, and its tasks in their order."""
    with looking(store) as (work, store_id):
        shown = jobs.view(work, jobs.get(work, store_id, job))
    show_job(shown, as_json=json)
