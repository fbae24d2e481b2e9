"""Passes through a job's order that somebody asks for: begun now, or only planned."""

from typing import Any, TypedDict

from processor.errors import Conflict, InvalidInput
from processor.models import Job
from processor.rules.sequence import SkipReason
from processor.services import changes
from processor.services.jobs.reading import get, locked
from processor.services.jobs.view import view
from processor.storage import passes
from processor.storage.work import Work


class PlannedStep(TypedDict):
    """A step of a pass that has not begun; one with a `skip_reason` would be skipped."""

    position: int
    task_id: str
    task_name: str
    skip_reason: str | None


class PlannedPass(TypedDict):
    """A pass that has not begun; `steps` are those from `first_position` on, of `total` in the whole order."""

    job_id: str
    job_name: str
    first_position: int
    total: int
    steps: list[PlannedStep]


def start(work: Work, store_id: str, job_id: str, first_position: int = 1) -> dict[str, Any]:
    """Begin a pass by hand, at a position of the order; return it as the job object shows it (`job_run`).

    Raises NotFound; Conflict while a pass of the job runs, and where no step could run; InvalidInput for a position
    that the order has not.
    """
    job = locked(work, store_id, job_id)
    _checked_plan(work, job, first_position)
    begun = passes.begin(work, store_id, job.id, trigger="manual", first_position=first_position)
    asked = {"job_run_id": begun, "first_position": first_position}
    changes.record(work, "job.started", store_id, job.id, after=asked)
    work.session.refresh(job)
    shown: dict[str, Any] = view(work, job)["job_run"]
    return shown


def planned(work: Work, store_id: str, job_id: str, first_position: int = 1) -> PlannedPass:
    """Say what `start` would begin; raises what that raises."""
    return _checked_plan(work, get(work, store_id, job_id), first_position)


def outlook(work: Work, store_id: str, job_id: str) -> PlannedPass:
    """Say which steps a pass of the job would have if it began now; raises NotFound alone."""
    return _plan(view(work, get(work, store_id, job_id)), 1)


def _checked_plan(work: Work, job: Job, first_position: int) -> PlannedPass:
    shown = view(work, job)
    _require_no_running_pass(shown)
    plan = _plan(shown, first_position)
    if not plan["total"]:
        raise Conflict(
            f"Job '{job.name}' has no sequential task, so there is nothing to run in order: "
            f"make one with 'processor tasks create --job-id {job.id} --schedule-type sequential'"
        )
    if not 1 <= first_position <= plan["total"]:
        tasks = "1 task" if plan["total"] == 1 else f"{plan['total']} tasks"
        raise InvalidInput(
            f"There is no task {first_position} to begin with, the job has {tasks}: give --from 1 to {plan['total']}"
        )
    if all(step["skip_reason"] is not None for step in plan["steps"]):
        raise Conflict(
            f"Every task of job '{job.name}' from {first_position} on is disabled: "
            f"'processor tasks enable {plan['steps'][0]['task_id']}' brings one back"
        )
    return plan


def _require_no_running_pass(shown: dict[str, Any]) -> None:
    newest = shown["job_run"]
    if newest is not None and newest["state"] == "running":
        raise Conflict(
            f"Job '{shown['name']}' runs already (pass {newest['number']}, task {shown['progress']}): "
            f"wait for it or 'processor jobs cancel {shown['id']}'",
            newest["run_id"],
        )


def _plan(shown: dict[str, Any], first_position: int) -> PlannedPass:
    steps: list[PlannedStep] = [
        {
            "position": task["position"],
            "task_id": task["id"],
            "task_name": task["name"],
            "skip_reason": None if task["enabled"] else SkipReason.DISABLED,
        }
        for task in shown["tasks"]
        if task["position"] is not None and task["position"] >= first_position
    ]
    return {
        "job_id": shown["id"],
        "job_name": shown["name"],
        "first_position": first_position,
        "total": len(shown["task_order"]),
        "steps": steps,
    }
