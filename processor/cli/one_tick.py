"""One tick from the command line, for which nothing is loaded that parses options or draws on terminals."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from processor.cli.access import opened, store_id
from processor.cli.guard import guarded, leave
from processor.cli.progress import configure_log
from processor.cli.ticking import run_tick, terminable
from processor.lazy import load
from processor.settings import load_settings
from processor.storage.database import Database
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions


@dataclass(frozen=True, slots=True)
class Asked:
    """What one invocation was told."""

    store: str | None = None
    max_runs: int | None = None
    dry_run: bool = False
    as_json: bool = False


def main() -> NoReturn:
    """Run one tick, as if there were no options, and exit with its code."""
    exit_after(lambda: tick_once(Asked()))


def exit_after(command: Callable[[], object]) -> NoReturn:
    """Exit with the code of `process-tasks` for what `command` does."""
    configure_log()
    with terminable():
        code = guarded(command, refused=2, logged=not sys.stderr.isatty())
    sys.exit(code)


def tick_once(asked: Asked) -> None:
    """One tick, or a look at what it would do; leaves with the tick's exit code."""
    settings = load_settings()
    with opened(settings) as database:
        options = limits(database, asked)
        if asked.dry_run:
            load("processor.cli.preview:show_preview")(database, settings, options, as_json=asked.as_json)
            return
        report = run_tick(database, settings, options)
    show(report, as_json=asked.as_json)
    leave_with(report)


def limits(database: Database, asked: Asked) -> TickOptions:
    """What a tick is limited to; raises NotFound."""
    if asked.store is None:
        return TickOptions(None, asked.max_runs)
    with database.reading() as work:
        return TickOptions(store_id(work, asked.store), asked.max_runs)


def show(report: TickReport, *, as_json: bool, compact: bool = False) -> None:
    """Show what a tick did, if anybody looks."""
    if as_json or sys.stdout.isatty() or sys.stderr.isatty():
        load("processor.cli.reports:show_report")(report, as_json=as_json, compact=compact)


def leave_with(report: TickReport) -> None:
    """End the command with the tick's own code."""
    if report.exit_code:
        leave(report.exit_code)
