"""What the next tick would run, found out without writing anything or calling any model."""

from collections.abc import Mapping
from typing import Any

from processor.cli.render import show_json, show_line, show_list
from processor.rules.disposition import Decision, Disposition
from processor.rules.instants import iso
from processor.rules.run_state import Trigger
from processor.services import jobs, runs
from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.checks import require_usable
from processor.tick.materialise import preview
from processor.tick.materialise_jobs import PlannedPass, preview_jobs
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
        passes, counts = preview_jobs(work, settings, options.store_id)
        planned = runs.planned(work, {task: _claimed(decision) for task, decision in decisions.items()})
        first_steps = [step for each in passes if (step := _first_step(work, each)) is not None]
        ready = runs.ready(work, options.store_id)
        report = TickReport("", iso(work.now))
    counts.due += len(decisions)
    for decision in decisions.values():
        counts.claimed += len(_claimed(decision))
        counts.add(decision)
    report.due, report.claimed, report.missed, report.skipped = (
        counts.due,
        counts.claimed,
        counts.missed,
        counts.skipped,
    )
    report.runs = [dict(run) for run in (*ready, *planned, *first_steps)][: options.max_runs]
    return report


def _first_step(work: Work, planned: PlannedPass) -> dict[str, Any] | None:
    """The run with which the pass would begin; without an id, as nothing of it is there."""
    order = jobs.outlook(work, planned.store_id, planned.job_id)
    step = next((step for step in order["steps"] if step["skip_reason"] is None), None)
    if step is None:
        return None
    (run,) = runs.planned(work, {step["task_id"]: [planned.scheduled_time]})
    place = {"job_id": planned.job_id, "job_name": planned.job_name, "step": f"{step['position']}/{order['total']}"}
    return run | {"trigger": Trigger.JOB, "scheduled_time": None} | place


def show_preview(database: Database, settings: Settings, options: TickOptions, *, as_json: bool) -> None:
    """Print what would run; the JSON is the tick's object, without an id because there is no tick."""
    show_plan(previewed(database, settings, options), as_json=as_json)


def show_plan(report: TickReport, *, as_json: bool) -> None:
    """Print the report of something that did not take place."""
    if as_json:
        show_json(report.as_json() | {"tick_id": None, "dry_run": True})
        return
    show_list([_named(run) for run in report.runs], COLUMNS, as_json=False, empty="Nothing is due.")
    if report.due or report.runs:
        show_line(
            f"Would run {len(report.runs)}; {report.missed} missed, {report.skipped} skipped. Nothing was written."
        )


def _named(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run, called also by the job that it would begin."""
    if "job_name" not in run:
        return run
    return {**run, "task_name": f"{run['task_name']} (task {run['step']} of job '{run['job_name']}')"}


def _claimed(decision: Decision) -> list[int]:
    return [entry.scheduled_time for entry in decision.entries if entry.disposition is Disposition.CLAIMED]
