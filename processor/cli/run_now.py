"""A run that is asked for by hand: executed at once in this process, or left to the next tick."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from processor.cli.access import actor, opened, store_id, writing
from processor.cli.guard import leave
from processor.cli.progress import configure_log
from processor.cli.render import say, show_object
from processor.cli.reports import show_conflict
from processor.cli.ticking import execute_requested, require_going, terminable
from processor.errors import Conflict, NotFound
from processor.rules.instants import iso
from processor.services import naming, reruns, runs
from processor.services.runs import RunView
from processor.settings import Settings, load_settings
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.plan import by_hand
from processor.tick.report import TickReport


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that somebody wants: how it is asked for, and what it would be; both take a store's id."""

    request: Callable[[Work, str], RunView]
    plan: Callable[[Work, str], dict[str, Any]]

    def asked(self, work: Work, store: str) -> RunView:
        """Ask for it in the name of whoever is logged in."""
        work.actor = actor()
        return self.request(work, store)


def run_of(task: str) -> Wanted:
    """A run of a task, called by its id or its name."""
    return Wanted(
        lambda work, store: runs.request(work, store, naming.task_id(work, store, task)),
        lambda work, store: runs.planned_request(work, store, naming.task_id(work, store, task)),
    )


def repetition_of(run_id: str) -> Wanted:
    """A run that repeats one that has ended."""
    return Wanted(
        lambda work, store: reruns.request(work, store, run_id),
        lambda work, store: reruns.planned(work, store, run_id),
    )


def execute(database: Database, settings: Settings, store: str, wanted: Wanted, *, dry_run: bool) -> TickReport:
    """Execute the run at once, or say what it would be; `store` is an id. Raises Conflict if another is in its way."""
    require_going(database, settings)
    if not dry_run:
        return execute_requested(database, settings, store, lambda work: wanted.asked(work, store))
    with database.reading() as work:
        return TickReport("", iso(work.now), runs=[by_hand(work, wanted.plan(work, store))])


def show_run(wanted: Wanted, store: str, *, queue: bool, dry_run: bool, as_json: bool) -> None:
    """Have the run made, and show it."""
    try:
        shown = _queued(wanted, store) if queue and not dry_run else _executed(wanted, store, dry_run=dry_run)
    except Conflict as error:
        show_conflict(error, as_json=as_json)
        raise
    show_object(shown, as_json=as_json)
    if not as_json and shown["state"] == "waiting":
        say(f"The run waits ({shown['waiting_for']}) until {shown['not_before']}; a tick after that goes on with it.")


def _executed(wanted: Wanted, store: str, *, dry_run: bool) -> dict[str, Any]:
    settings = load_settings()
    configure_log(quiet=True)
    with opened(settings) as database, terminable():
        with database.reading() as work:
            found_id = store_id(work, store)
        report = execute(database, settings, found_id, wanted, dry_run=dry_run)
    if report.error:
        say(report.error)
    if report.exit_code:
        leave(report.exit_code)
    if not report.runs:
        raise NotFound("The task was deleted while it ran: nothing of the run is left")
    return dict(report.runs[0])


def _queued(wanted: Wanted, store: str) -> dict[str, Any]:
    with opened() as database, writing(database) as work:
        return dict(wanted.request(work, store_id(work, store)))
