"""The changed files that a run was told of."""

from typing import TypedDict

from processor.services import checks, runs
from processor.storage import run_changes
from processor.storage.work import Work


class ChangedFile(TypedDict):
    """A file of which a run was told; a file that is gone has no size."""

    path: str
    change: str
    size_bytes: int | None


def of_run(work: Work, store_id: str, run_id: str, limit: int | None = None) -> tuple[list[ChangedFile], int]:
    """Return the changes by path, `limit` at most, and how many they are; raises NotFound."""
    run_id = runs.get(work, store_id, run_id)["id"]
    found = run_changes.told(work, store_id, run_id, checks.limit(limit))
    told: list[ChangedFile] = [
        {"path": each.path, "change": each.change, "size_bytes": each.size_bytes} for each in found
    ]
    return told, run_changes.count(work, store_id, run_id)
