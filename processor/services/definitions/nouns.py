"""What a definition says of each noun, in which order, and what it leaves out because it is what everybody gets."""

from collections.abc import Mapping
from typing import Any

from processor.models import Endpoint, Task
from processor.rules import retry
from processor.rules.disposition import Misfire
from processor.rules.retry import SHIPPED_DEFAULTS, RetryPolicy

Definition = dict[str, Any]
"""All keys of one thing that can be defined, each with its value."""

STORE_DEFAULTS: Definition = {"misfire": "skip"}
PROJECT_DEFAULTS: Definition = {"description": ""}
JOB_DEFAULTS: Definition = {"description": "", "schedule": "manual"}
ENDPOINT_DEFAULTS: Definition = {
    "description": "",
    "method": None,
    "url": None,
    "headers": {},
    "body": None,
    "risk": Endpoint.model_fields["risk"].default,
    "timeout_seconds": Endpoint.model_fields["timeout_seconds"].default,
}
_TASK_COLUMNS = ("kind", "overlap", "misfire", "priority", "model", "delivery", "tools", "max_turns", "timeout_seconds")
TASK_DEFAULTS: Definition = {
    "description": "",
    "prompt": None,
    "schedule": None,
    "enabled": True,
    "project": None,
    "budget_usd": 0.25,
} | {name: Task.model_fields[name].default for name in _TASK_COLUMNS}
RETRIES = retry.COLUMNS

STORE_KEYS = ("name", *STORE_DEFAULTS, "projects", "jobs", "tasks")
PROJECT_KEYS = ("name", *PROJECT_DEFAULTS)
JOB_KEYS = ("name", *JOB_DEFAULTS, "endpoints", "tasks")
ENDPOINT_KEYS = ("name", *ENDPOINT_DEFAULTS)
TASK_KEYS = ("name", *TASK_DEFAULTS, *RETRIES)
TYPE_OF_WAY = {"every": "interval", "cron": "calendar", "at": "once", "watch": "file_watch"}
"""What a schedule's first key says of it."""


def of_store(shown: Mapping[str, Any]) -> Definition:
    """The definition of a store object, without what is in it."""
    return _picked(shown, STORE_DEFAULTS)


def of_project(shown: Mapping[str, Any]) -> Definition:
    """The definition of a project object."""
    return _picked(shown, PROJECT_DEFAULTS)


def of_job(shown: Mapping[str, Any]) -> Definition:
    """The definition of a job object, without its tasks and endpoints."""
    return _picked({**shown, "schedule": schedule_in(shown)}, JOB_DEFAULTS)


def of_endpoint(shown: Mapping[str, Any]) -> Definition:
    """The definition of an endpoint object."""
    return _picked(shown, ENDPOINT_DEFAULTS)


def of_task(shown: Mapping[str, Any], project: str | None) -> Definition:
    """The definition of a task object; `project` is the name of its project."""
    said = {**shown, "schedule": schedule_in(shown), "project": project}
    return _picked(said, task_defaults(shown["kind"], shown["schedule"]["type"]))


def task_defaults(kind: str, schedule_type: str) -> Definition:
    """What a definition means that says nothing: what the program ships, whatever the configuration here says."""
    misfire = Misfire.LATEST if schedule_type == "once" else None
    return TASK_DEFAULTS | {"misfire": misfire} | _retries(SHIPPED_DEFAULTS.of(kind, schedule_type))


def shortened(definition: Definition, defaults: Definition) -> Definition:
    """The definition without what is the default."""
    said = {key: value for key, value in definition.items() if key not in defaults or value != defaults[key]}
    return {key: said[key] for key in ("name", *defaults) if key in said}


def type_of(schedule: Any) -> str:
    """The type of a schedule as a definition has it."""
    if isinstance(schedule, str):
        return schedule
    if "type" in schedule:
        return str(schedule["type"])
    return next(type_ for way, type_ in TYPE_OF_WAY.items() if way in schedule)


def schedule_in(shown: Mapping[str, Any]) -> Any:
    """The schedule of an object as it is written: one word, or what the command line takes."""
    schedule = shown["schedule"]
    match schedule["type"]:
        case "interval":
            return {"every": in_short(schedule["every_seconds"]), "start": schedule["anchor_at"]}
        case "calendar":
            return {"cron": schedule["cron"], "timezone": schedule["timezone"]}
        case "once":
            return {"at": schedule["at"]}
        case "adaptive":
            return _adaptive(schedule)
        case "file_watch":
            return {"watch": schedule["path"], "settle_seconds": schedule["settle_seconds"]}
        case other:
            return other


def _picked(shown: Mapping[str, Any], defaults: Definition) -> Definition:
    return {"name": shown["name"]} | {key: shown[key] for key in defaults}


def _adaptive(schedule: Mapping[str, Any]) -> Definition:
    if "cron" in schedule:
        repeats = {"cron": schedule["cron"], "timezone": schedule["timezone"]}
    else:
        repeats = {"every": in_short(schedule["every_seconds"])}
    bounds = {name: in_short(schedule[f"{name}_seconds"]) for name in ("min_interval", "max_interval")}
    return {"type": "adaptive"} | repeats | bounds | {"fallback": schedule["fallback"]}


_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


def _retries(policy: RetryPolicy) -> Definition:
    values = (
        policy.max_retries,
        policy.delay_seconds,
        policy.multiplier,
        policy.cap_seconds,
        policy.jitter,
        sorted(policy.retry_on),
    )
    return dict(zip(RETRIES, values, strict=True))


def in_short(seconds: int) -> str:
    """`4h`, `90m`: the largest unit that needs no second one."""
    return next(f"{seconds // length}{unit}" for unit, length in _UNITS if not seconds % length)
