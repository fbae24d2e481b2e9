"""Runs ticks and single runs from the command line: signals and progress."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from processor.cli import guard
from processor.cli.progress import shown_live
from processor.context import TickContext
from processor.errors import Conflict
from processor.lazy import load
from processor.rules.instants import iso
from processor.rules.run_state import Trigger
from processor.services import runs
from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.checks import stop_reason
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions, run_task, tick

Work = Callable[[TickContext], Coroutine[Any, Any, TickReport]]


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
        task = load("processor.services.tasks:get")(work, store_id, task_id)
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
