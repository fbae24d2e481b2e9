"""The audit trail: who changed what."""

import json
from typing import Any

from processor.rules.instants import iso
from processor.services import checks
from processor.services.since import since, subject
from processor.storage.work import Row, Work


def list_all(
    work: Work,
    store_id: str | None = None,
    since_when: str | None = None,
    actor: str | None = None,
    subject_id: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return the last changes, at most `limit`, the latest first; None means all.

    `since_when` is a duration before now or an instant. Raises InvalidInput and InvalidSchedule.
    """
    of_subject = subject(subject_id)
    rows = work.all(
        "audit.latest" if of_subject is None else "audit.of_subject",
        store_id=store_id,
        since_at=since(since_when, work.now),
        actor=actor,
        subject_id=of_subject,
        limit=checks.limit(limit),
    )
    return [_view(row) for row in rows]


def _view(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "store_id": row.store_id,
        "actor": row.actor,
        "action": row.action,
        "subject_id": row.subject_id,
        "before": None if row.before is None else json.loads(row.before),
        "after": None if row.after is None else json.loads(row.after),
        "happened_at": iso(row.happened_at),
    }
