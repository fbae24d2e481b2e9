"""Shows what a tick did."""

import sys
from collections.abc import Mapping
from typing import Any

from processor.cli.render import brief, say, show_json, show_line, show_table
from processor.errors import Conflict
from processor.tick.report import TickReport

RUN_COLUMNS = {
    "task_name": "TASK",
    "state": "STATE",
    "duration_seconds": "SECONDS",
    "cost_usd": "USD",
    "output": "OUTPUT",
}

LONGEST_OUTPUT = 100


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


def short(run: Mapping[str, Any], longest: int = LONGEST_OUTPUT) -> dict[str, Any]:
    """Return a run with its output in one line of a table; a failed one shows its error there."""
    return {**run, "output": brief(run["error"] or run["output"] or "", longest)}
