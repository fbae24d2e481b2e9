"""Runs that are there and that a tick would take up now, each with the reason."""

import json
from collections.abc import Mapping
from typing import Any

from processor.reports.run_reasons import ReadyRun, Step, why_ready
from processor.services import runs
from processor.storage.work import Work

Planned = dict[str, Any]
_SAME = (
    *("state", "trigger", "queued_at", "attempt", "max_retries", "waiting_for", "waiting_since", "lease_expires_at"),
    *("scheduled_time", "rerun_of", "timezone"),
)


def ready_runs(work: Work, store_id: str | None) -> tuple[list[Planned], list[Planned]]:
    """The runs that would start, in the tick's order, and entries for those behind a run of their task."""
    found = runs.ready(work, store_id)
    rows = work.run("plan.runs", ids=json.dumps([run["id"] for run in found])).mappings() if found else []
    facts = {row["id"]: row for row in rows}
    starting, behind = list[Planned](), list[Planned]()
    for run in found:
        live_id = facts[run["id"]]["live_id"]
        if live_id is None or live_id in facts:
            starting.append({**run, "reason": why_ready(_facts(facts[run["id"]]))})
        else:
            behind.append(_behind(run, facts[run["id"]], live_id))
    return starting, behind


def _facts(row: Mapping[str, Any]) -> ReadyRun:
    step = None
    if row["job_name"] is not None:
        step = Step(row["job_name"], row["pass_number"], row["index_count"], row["total_count"])
    return ReadyRun(**{name: row[name] for name in _SAME}, step=step)


def _behind(run: Mapping[str, Any], row: Mapping[str, Any], live_id: str) -> Planned:
    at = run["scheduled_time"]
    return {
        "store_id": run["store_id"],
        "task_id": run["task_id"],
        "task_name": run["task_name"],
        "job_id": row["job_id"],
        "job_name": row["job_name"],
        "outcome": "behind_run",
        "slots": int(at is not None),
        "first": at,
        "last": at,
        "reason": f"waits: run {live_id} of the task has to end first",
    }
