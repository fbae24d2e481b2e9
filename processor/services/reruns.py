"""Reruns: what has ended is run again, as a new run for the same nominal time."""

import json
from collections.abc import Mapping
from typing import Any

from processor.errors import Conflict
from processor.rules.run_state import TERMINAL
from processor.services import checks, runs
from processor.services.runs import RunView
from processor.storage.work import Work


def request(work: Work, store_id: str, run_id: str) -> RunView:
    """Queue a run that repeats one that has ended; it keeps its trigger and its slot.

    Raises NotFound, and Conflict while the run has not ended or its task has another open run.
    """
    repeated = _ended(work, store_id, run_id)
    if work.first("tasks.lock", store_id=store_id, id=repeated["task_id"]) is None:
        raise checks.unknown("run", run_id)
    runs.require_no_open_run(work, repeated["task_id"])
    return runs.queue(
        work,
        store_id,
        repeated["task_id"],
        trigger=repeated["trigger"],
        scheduled_time=repeated["scheduled_time"],
        rerun_of=repeated["id"],
    )


def planned(work: Work, store_id: str, run_id: str) -> dict[str, Any]:
    """Return the run that `request` would queue, without an id; raises what that raises."""
    repeated = runs.get(work, store_id, _ended(work, store_id, run_id)["id"])
    kept = {name: repeated[name] for name in ("trigger", "scheduled_time")}
    return runs.planned_request(work, store_id, repeated["task_id"]) | kept | {"rerun_of": repeated["id"]}


def _ended(work: Work, store_id: str, run_id: str) -> Mapping[str, Any]:
    row = work.mapping("run_views.among", ids=json.dumps([checks.known_id(run_id, "run")]), store_id=store_id)
    if row is None:
        raise checks.unknown("run", run_id)
    if row["state"] not in TERMINAL:
        raise Conflict(
            f"Run {row['id']} is {row['state']}: only a run that has ended is run again; cancel it, or wait", row["id"]
        )
    return row
