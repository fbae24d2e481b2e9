"""`processor tasks`: prompts with a schedule."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, Unpack

import typer

from processor.agent.toolbox import TOOLS
from processor.cli import task_explain, task_notes, task_proposal, task_run, task_upcoming
from processor.cli import task_options as option
from processor.cli.access import changing, looking
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
from processor.cli.task_show import show_task, tell_watch
from processor.models import Task
from processor.services import naming, tasks
from processor.services.tasks import TaskFields
from processor.settings import load_settings
from processor.storage.work import Work

app = noun("Prompts with a schedule: create, change, run and look at them.")
app.add_typer(task_notes.app, name="notes")
app.add_typer(task_proposal.app, name="proposal")

EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
COLUMNS = {
    "id": "ID",
    "name": "NAME",
    "job_name": "JOB",
    "schedule_text": "SCHEDULE",
    "state": "STATE",
    "next_run_at": "NEXT",
    "paused_until": "PAUSED UNTIL",
    "last_run_at": "LAST",
}
UNASSIGNED = "(Unassigned)"
FIRST = ("id", "name", "state", "next_run_at")
ABOUT_PROMPT = "What the agent is asked to do; '-' reads standard input."


@verb(
    app,
    "create",
    "processor tasks create --name Review --prompt 'Summarise the board' --cron '0 9 * * 1-5' --timezone Europe/Berlin",
    "processor tasks create --name Tidy --prompt 'Summarise the board' --every 4h --budget-usd 0.05",
    "processor tasks create --name Inbox --prompt 'Make a card for each new file' --watch inbox/ --settle 120",
    "processor tasks create --name Plan --prompt 'Make a plan' --job 'Daily maintenance' --schedule-type sequential",
    "processor tasks create --name Later --prompt 'Summarise the board' --schedule-type manual --json",
    "processor tasks create --name Watch --prompt 'Summarise the board' --schedule-type adaptive "
    "--every 1h --min-interval 15m --max-interval 1d",
    "processor tasks create --name Report --prompt - --every 1d < prompt.txt",
)
def create_task(
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    prompt: Annotated[str, typer.Option("--prompt", help=ABOUT_PROMPT)],
    *,
    disabled: Annotated[bool, typer.Option("--disabled", help="Without slots until it is enabled.")] = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
    **options: Unpack[option.TaskOptions],
) -> None:
    """Make a task; say when it runs with one of --every, --cron, --at, --watch or --schedule-type."""
    settings = load_settings()
    with changing(store, settings) as (work, store_id):
        fields = option.fields(name=name, prompt=_read(prompt), enabled=False if disabled else None, **options)
        _name_job(work, store_id, fields)
        made = tasks.create(work, store_id, fields, TOOLS.keys(), retries=settings.retry_defaults)
        shown = tasks.view(work, made)
    show_task(shown, as_json=json)
    tell_watch(shown, settings.root)
    if shown["budget_usd"] is None:
        say(f"The price of model {shown['model']} is not known here, so its runs have no cost budget.")


@verb(
    app,
    "list",
    "processor tasks list",
    "processor tasks list --job Maintenance",
    "processor tasks list --store team --json",
)
def list_tasks(
    job_id: option.OfJob = None,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Only those that belong to no job.")] = False,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """List tasks, the oldest first; those of a job in its order."""
    with looking(store) as (work, store_id):
        job_id = None if job_id is None else naming.job_id(work, store_id, job_id)
        found = tasks.list(work, store_id, cut(limit, show_all), job_id=job_id, unassigned=unassigned)
        rows = tasks.views(work, found)
    shown = rows if json else [row | {"state": _state(row), "job_name": row["job_name"] or UNASSIGNED} for row in rows]
    empty = "No tasks yet: 'processor tasks create --help' shows how to make one."
    show_list(shown, COLUMNS, as_json=json, empty=empty, first=FIRST)


@verb(app, "get", f"processor tasks get {EXAMPLE_ID}", "processor tasks get 'Morning review' --json")
def get_task(task: option.Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show one task."""
    with looking(store) as (work, store_id):
        shown = tasks.view(work, tasks.get(work, store_id, naming.task_id(work, store_id, task)))
    show_task(shown, as_json=json)


@verb(
    app,
    "update",
    f"processor tasks update {EXAMPLE_ID} --every 6h",
    f"processor tasks update {EXAMPLE_ID} --prompt 'Summarise the board' --max-retries 1",
)
def update_task(
    task: option.Which,
    name: Annotated[str | None, typer.Option("--name", help="What people call it.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help=ABOUT_PROMPT)] = None,
    *,
    no_job: option.NoJob = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
    **options: Unpack[option.TaskOptions],
) -> None:
    """Change what is given; another schedule counts from now on."""
    fields = option.fields(**given(name=name, prompt=_read(prompt), no_job=no_job or None, **options))
    settings = load_settings()
    with changing(store, settings) as (work, store_id):
        found = tasks.get(work, store_id, naming.task_id(work, store_id, task))
        was_sequential = found.schedule_type == "sequential"
        _name_job(work, store_id, fields)
        changed = tasks.update(work, store_id, found.id, fields, TOOLS.keys(), retries=settings.retry_defaults)
        shown = tasks.view(work, changed)
    show_task(shown, as_json=json)
    if options.get("watch") is not None:
        tell_watch(shown, settings.root)
    if no_job and was_sequential and options.get("schedule_type") is None and shown["schedule"]["type"] == "manual":
        say("Without its job the task has no order to run in: it is a manual one now, and runs when somebody asks.")


@verb(app, "delete", f"processor tasks delete {EXAMPLE_ID}", f"processor tasks delete {EXAMPLE_ID} --yes")
def delete_task(
    task: option.Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do not ask, and delete it even while it runs.")] = False,
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Delete a task with its runs and their transcripts; the cards they made stay."""
    with looking(store) as (work, store_id):
        found = tasks.get(work, store_id, naming.task_id(work, store_id, task))
    if not dry_run:
        confirm(f"Delete the task '{found.name}' with all its runs?", force=yes or force)
        with changing(store) as (work, store_id):
            tasks.delete(work, store_id, found.id, force=force)
    if json:
        show_json({"id": found.id, "deleted": not dry_run})
    else:
        show_line(f"{'Would delete' if dry_run else 'Deleted'} the task '{found.name}' with its runs.")


@verb(app, "enable", f"processor tasks enable {EXAMPLE_ID}")
def enable_task(task: option.Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Let the schedule go on; this also ends a pause."""
    _show_changed(task, store, json, tasks.enable)


@verb(app, "disable", f"processor tasks disable {EXAMPLE_ID}")
def disable_task(task: option.Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Make no more runs by schedule until the task is enabled; runs by hand still work."""
    _show_changed(task, store, json, tasks.disable)


@verb(
    app,
    "pause",
    f"processor tasks pause {EXAMPLE_ID} --until 2026-12-27T08:00:00Z",
    "processor tasks pause 'Morning review' --until 2d",
)
def pause_task(
    task: option.Which,
    until: Annotated[
        str,
        typer.Option("--until", metavar="DURATION|INSTANT", help="When it goes on by itself: 8h, 2d, or an instant."),
    ],
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Make no runs by schedule for a while."""
    _show_changed(task, store, json, lambda work, store_id, id_: tasks.pause(work, store_id, id_, until))


task_run.add_to(app)
task_explain.add_to(app)
task_upcoming.add_to(app)


def _show_changed(task: str, store: str, as_json: bool, change: Callable[[Work, str, str], Task]) -> None:
    with changing(store) as (work, store_id):
        shown = tasks.view(work, change(work, store_id, naming.task_id(work, store_id, task)))
    show_task(shown, as_json=as_json)


def _name_job(work: Work, store_id: str, fields: TaskFields) -> None:
    """Put the id of the job that it is to join in place of what people call that."""
    if (job := fields.get("job_id")) is not None:
        fields["job_id"] = naming.job_id(work, store_id, job)


def _read(prompt: str | None) -> str | None:
    return sys.stdin.read() if prompt == "-" else prompt


def _state(row: dict[str, Any]) -> str:
    if not row["enabled"]:
        return "disabled"
    return "paused" if row["paused_until"] else "enabled"
