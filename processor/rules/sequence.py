"""The order of a job: which step of a pass comes next, and which positions an order has after a change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PassState(StrEnum):
    """Where a pass through a job's order is."""

    RUNNING = "running"  # one of its steps has an open run
    SUCCEEDED = "succeeded"  # every step succeeded or was skipped
    FAILED = "failed"  # a step failed, with all its retries
    CANCELLED = "cancelled"  # somebody cancelled the pass or the step that ran


class JobStatus(StrEnum):
    """How a job is doing: what its newest pass says, or `pending` before the first one and when somebody resets it."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


STATUS_OF = {
    PassState.RUNNING: JobStatus.IN_PROGRESS,
    PassState.SUCCEEDED: JobStatus.COMPLETED,
    PassState.FAILED: JobStatus.FAILED,
    PassState.CANCELLED: JobStatus.CANCELLED,
}


class SkipReason(StrEnum):
    """Why a pass goes over a step."""

    DISABLED = "disabled"  # its task is disabled
    LEFT_JOB = "left_job"  # its task is no longer a sequential one of the job


@dataclass(frozen=True, slots=True)
class Step:
    """A place in the order as it was when the pass began, and its task as it is now."""

    position: int
    task_id: str
    is_enabled: bool
    is_member: bool
    """Whether the task still is a sequential one of the job."""

    @property
    def skip_reason(self) -> SkipReason | None:
        if not self.is_member:
            return SkipReason.LEFT_JOB
        return None if self.is_enabled else SkipReason.DISABLED


@dataclass(frozen=True, slots=True)
class Progress:
    """What a pass does next: the steps that it goes over, and the one that it starts; None: it has come to its end."""

    skipped: Sequence[Step]
    next: Step | None


def progress(steps: Iterable[Step]) -> Progress:
    """What comes next, given the steps that are still to come in their order."""
    skipped: list[Step] = []
    for step in steps:
        if step.skip_reason is None:
            return Progress(skipped, step)
        skipped.append(step)
    return Progress(skipped, None)


def moved(order: Sequence[str], id_: str, position: int) -> list[str]:
    """The order after one of its members was put at `position`, 1 being the first."""
    others = [each for each in order if each != id_]
    return [*others[: position - 1], id_, *others[position - 1 :]]
