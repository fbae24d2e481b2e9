"""What ticks do for adaptive tasks alone: without such tasks they do not even load the rules for it."""

from collections.abc import Sequence

from processor.errors import InvalidSchedule
from processor.lazy import load
from processor.log import get_logger
from processor.storage.work import Row, Work

_ADAPTIVE = "processor.storage.adaptive"


def slots_taken(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of these adaptive tasks; the caller has just accounted for their slots."""
    if task_ids:
        load(f"{_ADAPTIVE}:slot_taken")(work, task_ids)


def run_ended(work: Work, ended: Row) -> None:
    """Decide anew after a run, if it was of an adaptive task; the caller has just ended it, and moved its pass on.

    A baseline that can no longer be read (its zone is gone) does not keep the run from its end.
    """
    if ended.is_adaptive:
        try:
            load(f"{_ADAPTIVE}:run_ended")(work, ended.task_id, ended.id)
        except InvalidSchedule as error:
            _log_unschedulable(ended.task_id, error)


def moved_back(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of these adaptive tasks, which a clock that was ahead had decided."""
    for task_id in task_ids:
        try:
            load(f"{_ADAPTIVE}:redecide")(work, [task_id])
        except InvalidSchedule as error:
            _log_unschedulable(task_id, error)


def _log_unschedulable(task_id: str, error: InvalidSchedule) -> None:
    get_logger().error("task.unschedulable", task_id=task_id, reason=str(error))
