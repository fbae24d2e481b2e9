"""Domain events: dotted names in the past tense, written in the transaction of what they tell."""

import json
from typing import Any

from processor.rules.events import require_known
from processor.storage.work import Work


def emit(work: Work, name: str, store_id: str | None, subject_id: str | None, /, **payload: Any) -> None:
    """Write an event about one thing of a store; `store_id` None is about the whole."""
    require_known(name)
    work.later(
        "events.emit",
        store_id=store_id,
        name=name,
        subject_id=subject_id,
        payload=json.dumps(payload, ensure_ascii=False),
        now=work.now,
    )
