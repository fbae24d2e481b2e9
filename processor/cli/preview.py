"""What the next tick would run, shown without writing anything or calling any model."""

from collections.abc import Mapping
from typing import Any

from processor.cli.render import say, show_json, show_line, show_table
from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.plan import Plan, plan_tick
from processor.tick.tick import TickOptions

RUNS = {"task_name": "TASK", "for": "FOR", "reason": "WHY", "expected_cost_usd": "EXPECTED USD"}
NOT_RUN = {"task_name": "WILL NOT RUN", "for": "FOR", "reason": "WHY"}


def show_preview(database: Database, settings: Settings, options: TickOptions, *, as_json: bool) -> None:
    """Print what would run; the JSON is the tick's object, without an id because there is no tick."""
    show_plan(plan_tick(database, settings, options), as_json=as_json)


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Print what does not take place."""
    if as_json:
        show_json(plan.as_json())
        return
    if plan.report.runs:
        show_table([_run(run) for run in plan.report.runs], RUNS, first=("task_name", "reason"))
    if plan.not_run:
        show_table([_not_run(each) for each in plan.not_run], NOT_RUN, first=("task_name", "reason"))
    if plan.report.due or plan.report.runs or plan.not_run:
        show_line(_summary(plan))
    else:
        say("Nothing is due.")


def cost_in_words(expected_usd: float, without_history: int) -> str:
    """`expected 0.0120 USD, 1 without history`."""
    unknown = f", {without_history} without history" if without_history else ""
    return f"expected {expected_usd:.4f} USD{unknown}"


def _summary(plan: Plan) -> str:
    report = plan.report
    cost = f" ({cost_in_words(plan.expected_cost_usd, plan.without_history)})" if report.runs else ""
    return f"Would run {len(report.runs)}{cost}; {report.missed} missed, {report.skipped} skipped. Nothing was written."


def _run(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run, called also by the job that it would begin."""
    named = f"{run['task_name']} (task {run['step']} of job '{run['job_name']}')" if "step" in run else run["task_name"]
    return {**run, "task_name": named, "for": run["scheduled_time"]}


def _not_run(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    named = f"job '{entry['job_name']}'" if entry["task_name"] is None else entry["task_name"]
    several = entry["slots"] > 1
    span = f"{entry['slots']} slots, {entry['first']} to {entry['last']}" if several else entry["first"]
    return {"task_name": named, "for": span, "reason": entry["reason"]}
