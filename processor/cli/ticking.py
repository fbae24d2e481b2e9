"""Runs ticks and single runs from the command line: signals and progress."""

import asyncio
import math
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from processor.cli import guard
from processor.cli.progress import shown_live
from processor.context import Listener, TickContext
from processor.errors import Conflict
from processor.settings import Settings
from processor.storage import work as storage
from processor.storage.database import Database
from processor.tick.checks import stop_reason
from processor.tick.report import TickReport
from processor.tick.tick import Request, TickOptions, run_pass, run_requested, tick

Ended = TypeVar("Ended")
Work = Callable[[TickContext], Coroutine[Any, Any, TickReport]]


def run_tick(database: Database, settings: Settings, options: TickOptions) -> TickReport:
    """One tick, with progress; a signal hands back what runs and decides the report's exit code."""
    return _executed(settings, lambda context: tick(database, settings, options, context=context))


def execute_requested(database: Database, settings: Settings, store_id: str, request: Request) -> TickReport:
    """Execute the run that is requested, with progress; raises what the request raises."""
    return _executed(settings, lambda context: run_requested(database, settings, store_id, request, context))


def execute_pass(
    database: Database,
    settings: Settings,
    store_id: str,
    begin: Callable[[storage.Work], str],
    heard: Callable[[Listener], Listener],
) -> TickReport:
    """Execute the pass that is begun, to its end if it can be; `heard` hears what is shown. Has no deadline."""
    with shown_live() as listener:
        context = TickContext(math.inf, heard(listener))
        return asyncio.run(stoppable(context, lambda context: run_pass(database, settings, store_id, begin, context)))


def require_going(database: Database, settings: Settings) -> None:
    """Raise Conflict under the emergency stop."""
    with database.reading() as work:
        stopped = stop_reason(work, settings)
    if stopped is not None:
        raise Conflict(
            f"Everything is stopped ({stopped}): end the stop first, or leave the run to a tick with --queue"
        )


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


def _executed(settings: Settings, work: Work) -> TickReport:
    with shown_live() as listener:
        context = TickContext(settings.tick_seconds, listener)
        return asyncio.run(stoppable(context, work))


async def stoppable(context: TickContext, work: Callable[[TickContext], Coroutine[Any, Any, Ended]]) -> Ended:
    """Ctrl-C and SIGTERM hand runs back. After that Ctrl-C does not wait, because a person asks for it.

    Another SIGTERM changes nothing: whoever stops a group of processes may send it twice, and runs that nobody handed
    back would wait for their lease to run out.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: signal.Signals) -> None:
        context.stop(number.name)
        loop.remove_signal_handler(signal.SIGINT)

    for number in before:
        loop.add_signal_handler(number, stop, number)
    try:
        return await work(context)
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
