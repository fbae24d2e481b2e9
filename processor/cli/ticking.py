"""Runs ticks and single runs from the command line: signals, progress, and what to show at the end."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from processor.cli import guard
from processor.cli.progress import shown_live
from processor.cli.render import say, show_json, show_line, show_table
from processor.cli.runs import short
from processor.context import TickContext
from processor.errors import Conflict
from processor.rules.instants import iso
from processor.rules.run_state import Trigger
from processor.services import runs, tasks
from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.checks import stop_reason
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions, run_task, tick

Work = Callable[[TickContext], Coroutine[Any, Any, TickReport]]

RUN_COLUMNS = {
    "task_name": "TASK",
    "state": "STATE",
    "duration_seconds": "SECONDS",
    "cost_usd": "USD",
    "output": "OUTPUT",
}


def run_tick(database: Database, settings: Settings, options: TickOptions) -> TickReport:
    """One tick, with progress; a signal hands back what runs and decides the report's exit code."""
    return _executed(settings, lambda context: tick(database, settings, options, context=context))


def run_now(
    database: Database, settings: Settings, store_id: str, task_id: str, *, dry_run: bool = False
) -> TickReport:
    """Run one task at once; raises Conflict while it has an open run, or while everything is stopped."""
    with database.reading() as work:
        stopped = stop_reason(work, settings)
    if stopped is not None:
        raise Conflict(
            f"Everything is stopped ({stopped}): end the stop first, or leave the run to a tick with --queue"
        )
    if dry_run:
        return _planned(database, store_id, task_id)
    return _executed(settings, lambda context: run_task(database, settings, store_id, task_id, context=context))


def show_report(report: TickReport, *, as_json: bool, compact: bool = False) -> None:
    """Print the tick's object; or for people its runs and a summary, and nothing where no person looks.

    What went wrong is for people, too: on a terminal the log does not tell it.
    """
    if as_json:
        show_json(report.as_json(), compact=compact)
    elif (report.runs or not report.error) and (sys.stdout.isatty() or sys.stderr.isatty()):
        show_runs(report)
    if report.error and sys.stderr.isatty():
        say(" ".join(report.error.split()))


def show_runs(report: TickReport) -> None:
    """Print a table of runs and one line about the tick."""
    if report.runs:
        show_table([short(run, 88) for run in report.runs], RUN_COLUMNS)
    show_line(summary(report))


def show_conflict(error: Conflict, *, as_json: bool) -> None:
    """Give programs the id of the run that is in the way."""
    if as_json:
        show_json({"error": str(error), "live_run_id": error.live_run_id})


def summary(report: TickReport) -> str:
    """Return one line that says what a tick did."""
    names = ("due", "succeeded", "failed", "waiting", "missed", "skipped", "recovered")
    counts = ", ".join(f"{getattr(report, name)} {name}" for name in names if getattr(report, name) or name == "due")
    return f"{counts}; {report.cost_usd:.4f} USD" if report.runs else f"{counts}; nothing was run"


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the process with its exit code wherever no tick is there to hand runs back."""

    def end(_: int, __: object) -> None:
        guard.leave(guard.TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _planned(database: Database, store_id: str, task_id: str) -> TickReport:
    """The run that would be asked for."""
    with database.reading() as work:
        task = tasks.get(work, store_id, task_id)
        runs.require_no_open_run(work, task.id)
        (run,) = runs.planned(work, {task.id: [0]})
        return TickReport("", iso(work.now), runs=[run | {"trigger": Trigger.MANUAL, "scheduled_time": None}])


def _executed(settings: Settings, work: Work) -> TickReport:
    with shown_live() as listener:
        context = TickContext(settings.tick_seconds, listener)
        return asyncio.run(_stoppable(context, work))


async def _stoppable(context: TickContext, work: Work) -> TickReport:
    """The first Ctrl-C or SIGTERM hands runs back; the second one is the default, which does not wait."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: signal.Signals) -> None:
        context.stop(number.name)
        loop.remove_signal_handler(number)

    for number in before:
        loop.add_signal_handler(number, stop, number)
    try:
        return await work(context)
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
