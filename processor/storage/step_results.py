"""What the earlier steps of a pass came to, as far as the run of a later step may know it."""

from dataclasses import dataclass

from processor.rules.sequence import SkipReason
from processor.storage.work import Work


@dataclass(frozen=True, slots=True)
class StepResult:
    """An earlier step of a pass."""

    position: int
    task_name: str
    skip_reason: SkipReason | None
    """Why the pass went over it; None: it did not."""
    output: str | None
    """What its task said; None: it said nothing, or has not run."""
    has_run: bool
    """Its task succeeded in this pass, or in the one that `pass_number` names."""
    pass_number: int | None
    """The earlier pass that this is from, because this one began after the step; None: from this one."""


def position(work: Work, store_id: str, run_id: str) -> int | None:
    """The step of a pass that a run stands for, 1 being the first; None: it stands for none."""
    row = work.first("step_results.place", store_id=store_id, run_id=run_id)
    return None if row is None else row.position


def before(work: Work, store_id: str, run_id: str, only: int | None = None) -> list[StepResult]:
    """The steps before the one that a run stands for in their order, or the one of them at a position."""
    return [
        StepResult(
            position=row.position,
            task_name=row.task_name,
            skip_reason=None if row.skip_reason is None else SkipReason(row.skip_reason),
            output=row.output,
            has_run=bool(row.has_run),
            pass_number=row.pass_number,
        )
        for row in work.all("step_results.before", store_id=store_id, run_id=run_id, only_count=only)
    ]
