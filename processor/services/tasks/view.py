"""The task object of the command line, REST and the console."""

import json
from collections.abc import Sequence
from typing import Any

from processor.models import Job, Task
from processor.rules import retry
from processor.rules.instants import iso
from processor.rules.schedules import Calendar, Interval, Manual, Once, Schedule, describe
from processor.rules.schedules.file_watch import FileWatch
from processor.services import checks
from processor.services.instants import shown, shown_or_none
from processor.services.tasks.adapting import adaptive_of, is_adaptive
from processor.services.tasks.retrying import policy_of
from processor.services.tasks.timing import schedule_of
from processor.storage import adaptive
from processor.storage.work import Row, Work

_IN_WORDS = {
    "file_watch": "When a watched file changes",
    "adaptive": "Adaptive",
}
_FOLLOWS = {"schedule_text", "watch_warning", "last_run_at", "next_run_at", "next_run_text"}
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def view(work: Work, task: Task) -> dict[str, Any]:
    """Every key that `tasks get --json` shows; instants are ISO 8601 in UTC, money is in USD."""
    return views(work, [task])[0]


def views(work: Work, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """`view` of several tasks, with as many statements as of one."""
    job_ids = {task.job_id for task in tasks if task.job_id is not None}
    rows = work.all("jobs.lengths", ids=json.dumps(sorted(job_ids))) if job_ids else []
    jobs = {row.id: row for row in rows}
    said = _said(work, tasks)
    warnings = _warnings(work, tasks)
    return [
        _view(task, None if task.job_id is None else jobs[task.job_id], warnings.get(task.id), said.get(task.id))
        for task in tasks
    ]


def _said(work: Work, tasks: Sequence[Task]) -> dict[str, str]:
    governed = [task.id for task in tasks if is_adaptive(task)]
    return adaptive.said(work, governed) if governed else {}


def _warnings(work: Work, tasks: Sequence[Task]) -> dict[str, str | None]:
    watching = sorted(task.id for task in tasks if task.watch_path is not None)
    return (
        {row.task_id: row.warning for row in work.all("watches.warnings", ids=json.dumps(watching))} if watching else {}
    )


def _view(task: Task, job: Row | None, watch_warning: str | None, said: str | None) -> dict[str, Any]:
    retries = policy_of(task)
    return {
        "id": task.id,
        "store_id": task.store_id,
        "job_id": task.job_id,
        "job_name": None if job is None else job.name,
        "position": task.position,
        "step": None if job is None or task.position is None else f"{task.position}/{job.steps}",
        "project_id": task.project_id,
        "name": task.name,
        "description": task.description,
        "kind": task.kind,
        "prompt": task.prompt,
        "schedule": schedule_view(task),
        "schedule_text": text_of(task),
        "watch_warning": watch_warning,
        "timezone": task.timezone,
        "enabled": task.enabled,
        "paused_until": shown_or_none(task.paused_until),
        "last_run_at": shown_or_none(task.last_run_at),
        "next_run_at": shown_or_none(task.next_run_at),
        "next_run_text": said,
        "max_retries": task.max_retries,
        "retry_delay_seconds": task.retry_delay_seconds,
        "retry_multiplier": task.retry_multiplier,
        "retry_cap_seconds": task.retry_cap_seconds,
        "retry_jitter": task.retry_jitter,
        "retry_on": sorted(retries.retry_on),
        "retry_text": retry.in_words(retries),
        "misfire": task.misfire,
        "overlap": task.overlap,
        "priority": task.priority,
        "sender": task.sender,
        "deadline": _deadline(task),
        "model": task.model,
        "delivery": task.delivery,
        "tools": None if task.tools is None else json.loads(task.tools),
        "budget_usd": checks.usd(task.budget_nanousd) if task.budget_nanousd else None,
        "max_turns": task.max_turns,
        "timeout_seconds": task.timeout_seconds,
        "created_at": shown(task.created_at),
        "updated_at": shown(task.updated_at),
        "version": task.version,
    }


def audited(work: Work, task: Task) -> dict[str, Any]:
    """What the audit trail keeps of a task: what people set, and nothing that follows from it."""
    return all_audited(work, [task])[0]


def all_audited(work: Work, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """`audited` of several tasks, with as many statements as of one."""
    return [{key: value for key, value in shown.items() if key not in _FOLLOWS} for shown in views(work, tasks)]


def in_words(schedule_type: str, schedule: Schedule) -> str:
    """A schedule as people say it; one whose columns are not at hand is known by its type alone."""
    return (_IN_WORDS.get(schedule_type) if type(schedule) is Manual else None) or describe(schedule)


def text_of(task: Task) -> str:
    """The schedule of a task as people say it."""
    governed = adaptive_of(task)
    return in_words(task.schedule_type, schedule_of(task)) if governed is None else governed.describe()


def schedule_view(task: Task | Job) -> dict[str, Any]:
    """The schedule's type, and what its type needs."""
    governed = adaptive_of(task)
    schedule = schedule_of(task) if governed is None else governed.baseline
    details: dict[str, Any] = {}
    if isinstance(schedule, Interval):
        details = {"every_seconds": schedule.every_seconds, "anchor_at": iso(schedule.anchor)}
    elif isinstance(schedule, Calendar):
        details = {"cron": schedule.expression, "timezone": schedule.timezone}
    elif isinstance(schedule, Once):
        details = {"at": iso(schedule.at)}
    elif isinstance(schedule, FileWatch):
        details = {"path": schedule.path, "settle_seconds": schedule.settle_seconds}
    if governed is not None:
        details |= {
            "min_interval_seconds": governed.min_seconds,
            "max_interval_seconds": governed.max_seconds,
            "fallback": governed.fallback.value,
        }
    return {"type": task.schedule_type} | details


def _deadline(task: Task) -> str | None:
    """As `--deadline` takes it: an instant, or a duration like `1h30m`."""
    if task.deadline_seconds is None:
        return shown_or_none(task.deadline_at)
    text, rest = "", task.deadline_seconds
    for unit, length in _UNITS:
        number, rest = divmod(rest, length)
        text += f"{number}{unit}" if number else ""
    return text
