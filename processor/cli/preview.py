"""What the next tick would run, found out without writing anything or calling any model."""

from processor.cli.render import show_json, show_line, show_list
from processor.rules.disposition import Decision, Disposition
from processor.rules.instants import iso
from processor.services import runs
from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.checks import require_usable
from processor.tick.materialise import preview
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions

COLUMNS = {
    "task_name": "TASK",
    "trigger": "TRIGGER",
    "scheduled_time": "FOR",
    "state": "STATE",
    "attempt": "ATTEMPT",
    "task_id": "TASK ID",
}


def previewed(database: Database, settings: Settings, options: TickOptions) -> TickReport:
    """A report of a tick that does not take place: `runs` are those that it would begin with."""
    require_usable(database)
    decisions = preview(database, settings, options.store_id)
    with database.reading() as work:
        report = TickReport("", iso(work.now), due=len(decisions))
        planned = runs.planned(work, {task: _claimed(decision) for task, decision in decisions.items()})
        ready = runs.ready(work, options.store_id)
    for decision in decisions.values():
        _count(report, decision)
    report.runs = [dict(run) for run in (*ready, *planned)][: options.max_runs]
    return report


def show_preview(database: Database, settings: Settings, options: TickOptions, *, as_json: bool) -> None:
    """Print what would run; the JSON is the tick's object, without an id because there is no tick."""
    show_plan(previewed(database, settings, options), as_json=as_json)


def show_plan(report: TickReport, *, as_json: bool) -> None:
    """Print the report of something that did not take place."""
    if as_json:
        show_json(report.as_json() | {"tick_id": None, "dry_run": True})
        return
    show_list(report.runs, COLUMNS, as_json=False, empty="Nothing is due.")
    if report.due or report.runs:
        show_line(
            f"Would run {len(report.runs)}; {report.missed} missed, {report.skipped} skipped. Nothing was written."
        )


def _claimed(decision: Decision) -> list[int]:
    return [entry.scheduled_time for entry in decision.entries if entry.disposition is Disposition.CLAIMED]


def _count(report: TickReport, decision: Decision) -> None:
    for entry in decision.entries:
        if entry.disposition is Disposition.CLAIMED:
            report.claimed += 1
        elif entry.disposition is Disposition.MISSED:
            report.missed += entry.slot_count
        else:
            report.skipped += entry.slot_count
