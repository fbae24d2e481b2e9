"""What a run of a task is expected to cost, by the history of the task."""

from collections.abc import Collection

from processor.services import checks
from processor.storage import backfill
from processor.storage.work import Work


def expected_usd(work: Work, task_ids: Collection[str]) -> dict[str, float | None]:
    """The mean of each task's latest succeeded runs in USD, None without any; one statement for all of them."""
    if not task_ids:
        return {}
    means = backfill.mean_costs(work, task_ids)
    return {task_id: None if mean is None else checks.usd(mean) for task_id, mean in means.items()}
