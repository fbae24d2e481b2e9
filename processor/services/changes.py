"""Changes that somebody made: for each an event and a row of the audit trail, in the transaction of the change."""

import json
from collections.abc import Mapping
from typing import Any

from processor.rules.redaction import redacted_throughout
from processor.storage.events import emit
from processor.storage.work import Work

Values = Mapping[str, Any]

_BOOKKEEPING = frozenset({"updated_at", "version"})
"""They follow from any change, and are none by themselves."""
_CALLED = ("name", "title")


def note(
    work: Work, name: str, store_id: str | None, subject_id: str | None, *, before: Values | None, after: Values | None
) -> None:
    """Write the event `name` and its audit row, by `work.actor`; `before` and `after` are JSON objects, None if absent.

    Of an update both keep only the keys that differ, and one that changed nothing writes nothing. Whatever looks like
    a secret is masked before it is written. The event tells what the thing is called and which keys changed, never
    their values.
    """
    changed = _changed(before, after)
    if not changed:
        return
    was, became = _kept(before, changed), _kept(after, changed)
    thing = after if after is not None else before or {}
    called = {key: thing[key] for key in _CALLED if key in thing}
    keys = {} if before is None or after is None else {"changed": changed}
    emit(work, name, store_id, subject_id, **redacted_throughout(called), **keys)
    record(work, name, store_id, subject_id, before=was, after=became)


def record(
    work: Work,
    action: str,
    store_id: str | None,
    subject_id: str | None,
    *,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Write an audit row alone, of something whose event is written elsewhere; secrets are masked."""
    work.later(
        "audit.write",
        store_id=store_id,
        actor=work.actor,
        action=action,
        subject_id=subject_id,
        before=_written(before),
        after=_written(after),
        now=work.now,
    )


def _changed(before: Values | None, after: Values | None) -> list[str]:
    """The keys that differ; of what was made or deleted all of them."""
    one, other = before or {}, after or {}
    keys = [*one, *(key for key in other if key not in one)]
    if before is None or after is None:
        return keys
    return [
        key
        for key in keys
        if key not in _BOOKKEEPING and (key not in one or key not in other or one[key] != other[key])
    ]


def _kept(values: Values | None, keys: list[str]) -> dict[str, Any] | None:
    return None if values is None else {key: values[key] for key in keys if key in values}


def _written(values: Values | None) -> str | None:
    return None if values is None else json.dumps(redacted_throughout(dict(values)), ensure_ascii=False)
