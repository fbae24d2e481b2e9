"""The events of slots that do not run: one for each task or job and each reason, whatever the number of slots."""

from collections.abc import Iterable
from dataclasses import dataclass

from processor.rules.disposition import Disposition
from processor.rules.instants import iso
from processor.storage.events import Event, emit_all
from processor.storage.work import Row, Work


@dataclass(slots=True)
class _Span:
    """Slots of one owner with one disposition; instants in epoch seconds."""

    first: int
    last: int
    slot_count: int = 0

    def include(self, row: Row) -> None:
        self.first = min(self.first, row.scheduled_time)
        self.last = max(self.last, _last(row))
        self.slot_count += row.slot_count


def passed_over(work: Work, owner: str, rows: Iterable[Row]) -> None:
    """Tell of ledger rows that were really written; `owner` is `task_id` or `job_id`, the column that says whose."""
    spans: dict[tuple[str, str, str], _Span] = {}
    for row in rows:
        if row.disposition != Disposition.CLAIMED:
            key = (getattr(row, owner), row.store_id, row.disposition)
            spans.setdefault(key, _Span(row.scheduled_time, _last(row))).include(row)
    emit_all(work, [_event(owner, *key, span) for key, span in spans.items()])


def _event(owner: str, id_: str, store_id: str, disposition: str, span: _Span) -> Event:
    told = {owner: id_, "slots": span.slot_count, "first": iso(span.first), "last": iso(span.last)}
    if disposition == Disposition.MISSED:
        return Event("slot.missed", store_id, id_, told)
    return Event("slot.skipped", store_id, id_, told | {"disposition": disposition})


def _last(row: Row) -> int:
    return int(row.scheduled_time if row.until_time is None else row.until_time)
