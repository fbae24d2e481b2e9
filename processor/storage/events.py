"""Domain events: dotted names in the past tense, written in the transaction of what they tell."""

import json
from collections.abc import Sequence
from typing import Any

from processor.rules.events import Event, Told, require_known
from processor.storage.work import Work

__all__ = ["Event", "emit", "emit_all"]


def emit(work: Work, name: str, store_id: str | None, subject_id: str | None, /, **payload: Any) -> None:
    """Write an event about one thing of a store; `store_id` None is about the whole."""
    require_known(name)
    told = Told(name, store_id, subject_id, json.dumps(payload, ensure_ascii=False), work.now)
    values = {"store_id": store_id, "name": name, "subject_id": subject_id, "payload": told.payload, "now": work.now}
    work.later("events.emit", **values)
    _hear(work, [told])


def emit_all(work: Work, events: Sequence[Event]) -> None:
    """Write many events in one statement, in their order."""
    if not events:
        return
    for name in {event.name for event in events}:
        require_known(name)
    work.later("events.emit_all", events=json.dumps(events, ensure_ascii=False), now=work.now)
    if work.heard is not None:
        _hear(work, [Told(*event[:3], json.dumps(event.payload, ensure_ascii=False), work.now) for event in events])


def _hear(work: Work, events: Sequence[Told]) -> None:
    """Keep them for the listeners, until the transaction is committed."""
    if work.heard is not None:
        work.heard += events
