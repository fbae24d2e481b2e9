"""A job as people read it: how far it is in one sentence, and its steps in a table."""

from typing import Any

from processor.cli.render import show_json, show_line, show_object, show_table

STEPS = {"position": "STEP", "id": "ID", "name": "NAME", "schedule_text": "SCHEDULE", "state": "STATE"}
FIRST = ("position", "name", "state", "id")
_ELSEWHERE = {"task_order", "tasks", "schedule", "job_run", "version", "status", "progress"}
_SKIPPED = {"disabled": "its task is disabled", "left_job": "its task is no longer a step of the job"}


def show_job(shown: dict[str, Any], *, as_json: bool) -> None:
    """Print a job with its tasks."""
    if as_json:
        show_json(shown)
        return
    show_object(
        {"id": shown["id"], "status": headline(shown)}
        | {name: value for name, value in shown.items() if name not in _ELSEWHERE},
        as_json=False,
    )
    if shown["tasks"]:
        show_line("")
        show_steps(shown["tasks"])


def show_steps(tasks: list[dict[str, Any]]) -> None:
    """Print the tasks of a job, with what the newest pass did with each."""
    show_table([task | {"state": _state(task)} for task in tasks], STEPS, FIRST)


def headline(shown: dict[str, Any]) -> str:
    """Say how far a job is, and how it goes on where it failed."""
    newest, job_id = shown["job_run"], shown["id"]
    if newest is None or shown["status"] == "pending":
        return f"Pending ({shown['progress']})"
    step = next((task for task in shown["tasks"] if task["step"] == newest["position"]), None)
    where = f"task {shown['progress']}" + (f" ({step['name']})" if step is not None else "")
    if shown["status"] == "in_progress":
        return f"Running {where}"
    if shown["status"] == "completed":
        return f"Completed ({shown['progress']})"
    at = newest["position"] if step is None or step["position"] is None else step["position"]
    how = "Failed" if shown["status"] == "failed" else "Cancelled"
    return f"{how} at {where}: processor jobs run {job_id} --from {at} goes on there"


def _state(task: dict[str, Any]) -> str:
    if task["skip_reason"] is not None:
        return f"skipped: {_SKIPPED[task['skip_reason']]}"
    return task["state"] or ("" if task["enabled"] else "disabled")
