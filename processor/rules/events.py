"""The names of all events, each with what it tells; a name that is not here cannot be written."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from processor.rules.instants import iso

HOW_TO_LIST = "docs/reference/events.md lists them"

EVENTS = {
    "task.created": "Somebody made a task.",
    "task.updated": "A task was changed; `changed` names its fields.",
    "task.deleted": "A task was deleted, with its runs.",
    "task.enabled": "A task's schedule goes on, after it was disabled or paused.",
    "task.disabled": "A task has no slots until it is enabled.",
    "task.paused": "A task has no slots until an instant.",
    "files.changed": "Watched files changed, and a run was queued that is told of all `changes`.",
    "run.requested": "Somebody asked for a run, for a repetition, or for the slots of a backfill.",
    "run.started": "An attempt began.",
    "run.recovered": "A worker went silent, and another one took its run over.",
    "run.waiting": "A run was handed back until `not_before`; `waiting_for` says why.",
    "run.succeeded": "A run came to its end.",
    "run.failed": "A run failed for good; `error_class` says how.",
    "run.cancelled": "A run ended because somebody asked for it.",
    "run.unlocked": "Somebody took a run from its worker.",
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
    "project.created": "Somebody made a project.",
    "project.updated": "A project was changed; `changed` names its fields.",
    "endpoint.created": "Somebody made an endpoint of a job.",
    "endpoint.updated": "An endpoint was changed; `changed` names its fields.",
    "card.created": "A person or an agent made a card.",
    "card.updated": "The text of a card was changed.",
    "card.moved": "A card stands in another place.",
    "card.commented": "Somebody added a remark to a card.",
    "card.deleted": "A card was deleted.",
    "note.written": "The note that a task's agent leaves for its next run was changed.",
    "slot.missed": "Slots of a task do not run, because they were found too late: `slots` from `first` to `last`.",
    "slot.skipped": "Slots of a task do not run, because of what `disposition` says: `slots` from `first` to `last`.",
    "tick.finished": "A tick that had something to do ended.",
    "clock.stepped_back": "The clock turned out to have been ahead; what it wrote there was undone.",
}


def matching(pattern: str) -> list[str]:
    """The names that a pattern such as `run.*` stands for."""
    return [name for name in EVENTS if fnmatchcase(name, pattern)]


def require_known(name: str) -> None:
    """Raise ValueError for an event that is not in the table: that is a bug of whoever writes it."""
    if name not in EVENTS:
        raise ValueError(f"{name!r} is no event: add it to EVENTS in processor/rules/events.py")


class Event(NamedTuple):
    """What happened to one thing of a store; `store_id` None is about the whole."""

    name: str
    store_id: str | None
    subject_id: str | None
    payload: Mapping[str, Any]


class Told(NamedTuple):
    """An event with its moment, epoch seconds; the payload is JSON, `id` is not known before the row is read."""

    name: str
    store_id: str | None
    subject_id: str | None
    payload: str
    occurred_at: int
    id: int | None = None


def event_object(told: Told) -> dict[str, Any]:
    """The event as listeners get it and `processor events --json` prints it."""
    known = {} if told.id is None else {"id": told.id}
    return known | {
        "store_id": told.store_id,
        "name": told.name,
        "subject_id": told.subject_id,
        "payload": json.loads(told.payload),
        "occurred_at": iso(told.occurred_at),
    }
