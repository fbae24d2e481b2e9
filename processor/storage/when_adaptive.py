"""What ticks do for adaptive tasks alone: without such tasks they do not even load the rules for it."""

from collections.abc import Sequence

from processor.lazy import load
from processor.storage.work import Row, Work

_ADAPTIVE = "processor.storage.adaptive"


def slots_taken(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of these adaptive tasks; the caller has just accounted for their slots."""
    if task_ids:
        load(f"{_ADAPTIVE}:slot_taken")(work, task_ids)


def run_ended(work: Work, ended: Row) -> None:
    """Decide anew after a run, if it was of an adaptive task; the caller has just ended it, and moved its pass on."""
    if ended.is_adaptive:
        load(f"{_ADAPTIVE}:run_ended")(work, ended.task_id, ended.id)


def moved_back(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of these adaptive tasks, which a clock that was ahead had decided."""
    if task_ids:
        load(f"{_ADAPTIVE}:redecide")(work, task_ids)
