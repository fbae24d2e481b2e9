"""The names of all events, each with what it tells; a name that is not here cannot be written."""

from fnmatch import fnmatchcase

HOW_TO_LIST = "docs/howto/events.md lists them"

EVENTS = {
    "task.created": "Somebody made a task.",
    "task.updated": "A task was changed; `changed` names its fields.",
    "task.deleted": "A task was deleted, with its runs.",
    "task.enabled": "A task's schedule goes on, after it was disabled or paused.",
    "task.disabled": "A task has no slots until it is enabled.",
    "task.paused": "A task has no slots until an instant.",
    "job.created": "Somebody made a job.",
    "job.updated": "A job was changed, or the order of its tasks; `changed` names its fields.",
    "job.deleted": "A job was deleted.",
    "job.started": "A pass through a job's order began.",
    "job.progressed": "A pass came to its next step: `index` of `total`.",
    "job.completed": "A pass came to the end of its order.",
    "job.failed": "A pass ended because a step failed for good.",
    "job.cancelled": "A pass ended because a step was cancelled.",
    "store.created": "Somebody made a store.",
    "store.updated": "A store was changed; `changed` names its fields.",
}


def matching(pattern: str) -> list[str]:
    """The names that a pattern such as `run.*` stands for."""
    return [name for name in EVENTS if fnmatchcase(name, pattern)]


def require_known(name: str) -> None:
    """Raise ValueError for an event that is not in the table: that is a bug of whoever writes it."""
    if name not in EVENTS:
        raise ValueError(f"{name!r} is no event: add it to EVENTS in processor/rules/events.py")
