"""`process-tasks` with all that it can be told; the idle probe in `entry` found something to do, or was not asked."""

import sys
import time
from typing import Annotated, NoReturn

import typer
from sqlmodel import select

from processor.cli import demo
from processor.cli.access import opened
from processor.cli.guard import leave
from processor.cli.one_tick import Asked, exit_after, leave_with, limits, show, tick_once
from processor.cli.options import Version, alone, verb
from processor.cli.preview import show_plan
from processor.cli.render import say
from processor.cli.reports import show_conflict
from processor.cli.run_now import execute, run_of
from processor.cli.ticking import run_tick
from processor.entry import is_idle
from processor.errors import Conflict, InfrastructureError, InvalidInput
from processor.log import get_logger
from processor.models import Task
from processor.rules.moments import distance, moment
from processor.services import checks, naming, stores
from processor.settings import Settings, load_settings
from processor.storage.database import Database
from processor.tick.plan import Plan
from processor.tick.tick import TickOptions

app = alone()
DEFAULT_EVERY_SECONDS = 30
NOT_TOLD = -1

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would run; write nothing and call no model.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the tick as a JSON object (one line a tick with --loop).")]
Every = Annotated[
    int | None,
    typer.Option("--every", min=1, metavar="SECONDS", help="With --loop: the pause between ticks, by default 30."),
]
OneStore = Annotated[
    str | None, typer.Option("--store", metavar="ID|NAME", help="Look at this store only; by default at all.")
]
MaxRuns = Annotated[int | None, typer.Option("--max-runs", min=0, metavar="N", help="Execute at most so many runs.")]


@verb(
    app,
    "process-tasks",
    "process-tasks",
    "process-tasks --dry-run",
    "process-tasks --task 'Morning review'",
    "process-tasks --loop --every 10",
)
def process_tasks(  # noqa: PLR0917 (typer turns every parameter into an option)
    dry_run: DryRun = False,
    json: AsJson = False,
    store: OneStore = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="ID|NAME", help="Run this task now, whatever its schedule says.")
    ] = None,
    max_runs: MaxRuns = None,
    loop: Annotated[bool, typer.Option("--loop", help="Tick for ever, one tick after the other.")] = False,
    every: Every = None,
    show_demo: Annotated[
        bool, typer.Option("--demo", help="Show it all on a database of its own (data/demo.db); no LLM is called.")
    ] = False,
    version: Version = False,  # noqa: ARG001 (typer answers it before this is called)
) -> None:
    """One tick: find what is due, claim it, run it, write the results back, exit."""
    asked = Asked(store, max_runs, dry_run, json)
    if sum((loop, show_demo, task is not None)) > 1:
        raise InvalidInput("--loop, --demo and --task do not go together: give only one of them")
    if dry_run and (loop or show_demo):
        raise InvalidInput("--dry-run is about one tick: leave out --loop and --demo")
    if every is not None and not loop:
        raise InvalidInput("--every is the pause between the ticks of --loop: give --loop, too, or leave it out")
    if show_demo:
        demo.show(as_json=json)
    elif loop:
        tick_for_ever(asked, DEFAULT_EVERY_SECONDS if every is None else every)
    elif task is not None:
        run_one(asked, task)
    else:
        tick_once(asked)


def main() -> NoReturn:
    """Run `process-tasks` with its arguments and exit with its code."""
    command = typer.main.get_command(app)
    exit_after(lambda: command(sys.argv[1:], prog_name="process-tasks"))


def run_one(asked: Asked, task: str) -> None:
    """Run one task now; nothing is materialised."""
    settings = load_settings()
    with opened(settings) as database:
        task_id, store_id = _meant(database, asked, task)
        try:
            report = execute(database, settings, store_id, run_of(task_id), dry_run=asked.dry_run)
        except Conflict as error:
            show_conflict(error, as_json=asked.as_json)
            raise
    if asked.dry_run:
        show_plan(Plan(report), as_json=asked.as_json)
    else:
        show(report, as_json=asked.as_json)
    leave_with(report)


def tick_for_ever(asked: Asked, every_seconds: int) -> None:
    """Tick until a signal comes; a passing fault is logged, and the next tick tries again."""
    settings = load_settings()
    with opened(settings) as database:
        options = limits(database, asked)
        if sys.stderr.isatty():
            say(f"A tick every {every_seconds} s; Ctrl-C hands back what runs and ends.")
        told: int | None = NOT_TOLD
        while True:
            _tick_in_loop(database, settings, options, asked)
            if sys.stderr.isatty():
                told = _tell_next(database, options.store_id, told)
            time.sleep(every_seconds)


def _tell_next(database: Database, store_id: str | None, told: int | None) -> int | None:
    """Say when something falls due, if that is another instant than the one `told` before; return what is told now."""
    try:
        with database.reading() as work:
            next_at: int | None = work.run("ticks.next_due", store_id=store_id).scalar_one()
            now = work.now
    except InfrastructureError:
        return told  # the next tick meets the fault, and says so
    if next_at is None and told is not None:
        say("No time to come by a clock: each tick looks for runs that wait, and for files that changed.")
    elif next_at is not None and next_at != told:
        say(f"Next: {moment(next_at, None)}, {distance(next_at - now)}.")
    return next_at


def _tick_in_loop(database: Database, settings: Settings, options: TickOptions, asked: Asked) -> None:
    if is_idle():
        return
    try:
        report = run_tick(database, settings, options)
    except InfrastructureError as error:
        get_logger().error("tick.failed", reason=str(error), exit_code=error.exit_code)
        return
    if report.runs or report.missed or report.skipped or report.error:
        show(report, as_json=asked.as_json, compact=True)
    if report.exit_code not in {0, InfrastructureError.exit_code}:
        leave(report.exit_code)


def _meant(database: Database, asked: Asked, task: str) -> tuple[str, str]:
    """The ids of the task and of its store; it may be called by its name, in the store that was named or in all."""
    with database.reading() as work:
        store_id = None if asked.store is None else stores.get(work, asked.store).id
        task_id = naming.task_id(work, store_id, task)
        found = store_id or work.session.exec(select(Task.store_id).where(Task.id == task_id)).first()
    if found is None:
        raise checks.unknown("task", task)
    return task_id, found
