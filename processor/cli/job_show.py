"""A job as people read it: how far it is in one sentence, and its steps in a table."""

from typing import Any

from processor.cli.options import DEFAULT_STORE, of_store
from processor.cli.render import show_json, show_line, show_object, show_table

STEPS = {"position": "STEP", "id": "ID", "name": "NAME", "schedule_text": "SCHEDULE", "state": "STATE"}
FIRST = ("position", "name", "state", "id")
_ELSEWHERE = {"task_order", "tasks", "schedule", "job_run", "version", "status", "progress"}
_SKIPPED = {"disabled": "its task is disabled", "left_job": "its task is no longer a step of the job"}


def show_job(shown: dict[str, Any], *, as_json: bool, store: str = DEFAULT_STORE) -> None:
    """Print a job with its tasks; `store` is how the person calls its store."""
    if as_json:
        show_json(shown)
        return
    show_object(
        {"id": shown["id"], "status": headline(shown, store)}
        | {name: value for name, value in shown.items() if name not in _ELSEWHERE},
        as_json=False,
    )
    if shown["tasks"]:
        show_line("")
        show_steps(shown["tasks"])


def show_steps(tasks: list[dict[str, Any]]) -> None:
    """Print the tasks of a job, with what the newest pass did with each."""
    show_table([task | {"state": _state(task)} for task in tasks], STEPS, FIRST)


def headline(shown: dict[str, Any], store: str = DEFAULT_STORE) -> str:
    """Say how far a job is, and how it goes on where it failed."""
    newest = shown["job_run"]
    if newest is None or shown["status"] == "pending":
        return f"Pending ({shown['progress']})"
    step = next((task for task in shown["tasks"] if task["step"] == newest["position"]), None)
    where = f"task {shown['progress']}" + (f" ({step['name']})" if step is not None else "")
    if shown["status"] == "in_progress":
        return f"Running {where}"
    if shown["status"] == "completed":
        return f"Completed ({shown['progress']})"
    how = "Failed" if shown["status"] == "failed" else "Cancelled"
    command = way_on(shown, store)
    return f"{how} at {where}" + ("" if command is None else f": {command} goes on there")


def way_on(shown: dict[str, Any], store: str) -> str | None:
    """The command that begins a pass where the newest one ended, or with the first step after that which is still one.

    None if the order has no such step any more.
    """
    reached = shown["job_run"]["position"]
    left = [task for task in shown["tasks"] if task["position"] is not None and (task["step"] or 0) >= reached]
    if not left:
        return None
    at = min(left, key=lambda task: int(task["step"]))["position"]
    return f"processor jobs run {shown['id']} --from {at}{of_store(store)}"


def _state(task: dict[str, Any]) -> str:
    if task["skip_reason"] is not None:
        return f"skipped: {_SKIPPED[task['skip_reason']]}"
    return task["state"] or ("" if task["enabled"] else "disabled")
