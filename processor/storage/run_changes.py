"""The changed files that runs of file watches are told of."""

from dataclasses import dataclass

from processor.storage.work import Work


@dataclass(frozen=True, slots=True)
class Told:
    """A change as a run is told of it: the path in full, the size in bytes (None: the file is gone)."""

    path: str
    change: str
    size_bytes: int | None


def told(work: Work, store_id: str, run_id: str, limit: int, skipped: int = 0) -> list[Told]:
    """What a run of a store was told, by path; a run that repeats another was told the same."""
    rows = work.all("watches.changes", store_id=store_id, run_id=run_id, limit=limit, skipped_count=skipped)
    return [Told(row.path, row.change, row.size_bytes) for row in rows]


def count(work: Work, store_id: str, run_id: str) -> int:
    """How many changes a run was told of."""
    found: int = work.run("watches.changes_count", store_id=store_id, run_id=run_id).scalar_one()
    return found
