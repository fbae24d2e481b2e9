"""Passes through the order of a job: begun, moved on by the endings of their steps' runs, and ended.

1. A pass begins with a copy of the order and the run of its first step.
2. A step's run that succeeds starts the next step, in the same transaction; steps that cannot run are skipped, and
   the pass says why.
3. A step's run that fails for good, or is cancelled, ends the pass; after the last step it has succeeded.

So a running pass always has exactly one open run, whatever crashes. The job's status is written with every change.
"""

import uuid
from dataclasses import dataclass

from processor.rules.run_state import RunState
from processor.rules.sequence import STATUS_OF, PassState, Step, progress
from processor.storage.events import emit
from processor.storage.work import Work

_ENDED_BY = {RunState.FAILED: PassState.FAILED, RunState.CANCELLED: PassState.CANCELLED}
_EVENT_OF = {
    PassState.SUCCEEDED: "job.completed",
    PassState.FAILED: "job.failed",
    PassState.CANCELLED: "job.cancelled",
}


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that runs and that nobody else moves on before this transaction ends."""

    id: str
    store_id: str
    job_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a pass is: `index` of `total` steps, the step under way included."""

    index: int
    total: int


def begin(
    work: Work,
    store_id: str,
    job_id: str,
    *,
    trigger: str,
    scheduled_time: int | None = None,
    first_position: int = 1,
    job_run_id: str | None = None,
) -> str:
    """Begin a pass at a position of the order and queue its first run; return the pass's id.

    The caller holds the job's row and knows that no pass of it runs. One in which no step can run succeeds at once.
    `job_run_id` is the pass's id where somebody has named it already.
    """
    id_ = job_run_id or str(uuid.uuid4())
    work.run(
        "passes.begin",
        id=id_,
        job_id=job_id,
        trigger=trigger,
        scheduled_time=scheduled_time,
        first_count=first_position,
        now=work.now,
    )
    work.run("passes.copy_order", id=id_, job_id=job_id)
    begun = Pass(id_, store_id, job_id, first_position)
    work.run("passes.show_status", job_id=job_id, status=STATUS_OF[PassState.RUNNING])
    emit(work, "job.started", store_id, job_id, job_run_id=id_, trigger=trigger, total=extent(work, id_).total)
    _start_from(work, begun, first_position)
    return id_


def run_ended(work: Work, job_run_id: str, state: RunState) -> None:
    """Move the pass on after the run of its step under way has ended; the caller holds that run."""
    held = lock(work, job_run_id)
    if held is None:
        return
    if state == RunState.SUCCEEDED:
        _start_from(work, held, held.position + 1)
    else:
        end(work, held, _ENDED_BY[state])


def lock(work: Work, job_run_id: str) -> Pass | None:
    """Hold a pass until the transaction ends; None if it does not run."""
    row = work.mapping("passes.lock", id=job_run_id)
    return None if row is None else Pass(**row)


def go_on(work: Work, held: Pass) -> None:
    """Start what comes after the step under way, whose run and task are gone."""
    _start_from(work, held, held.position + 1)


def end(work: Work, held: Pass, state: PassState) -> None:
    """End a pass that runs, and show it in the status of its job."""
    work.run("passes.end", id=held.id, state=state, now=work.now)
    work.run("passes.show_status", job_id=held.job_id, status=STATUS_OF[state])
    reached = extent(work, held.id)
    emit(
        work,
        _EVENT_OF[state],
        held.store_id,
        held.job_id,
        job_run_id=held.id,
        index=reached.index,
        total=reached.total,
    )


def extent(work: Work, job_run_id: str) -> Extent:
    """How far a pass is."""
    row = work.run("passes.extent", id=job_run_id).mappings()[0]
    return Extent(row["index_count"], row["total_count"])


def _start_from(work: Work, held: Pass, position: int) -> None:
    coming = progress(_steps_from(work, held.id, position))
    for step in coming.skipped:
        work.run("passes.skip", id=held.id, position=step.position, reason=step.skip_reason)
    if coming.next is None:
        end(work, held, PassState.SUCCEEDED)
    else:
        _start(work, held, coming.next)


def _start(work: Work, held: Pass, step: Step) -> None:
    run_id = str(uuid.uuid4())
    work.run("passes.go_to", id=held.id, position=step.position)
    work.run(
        "passes.queue",
        id=run_id,
        task_id=step.task_id,
        job_run_id=held.id,
        position=step.position,
        now=work.now,
    )
    reached = extent(work, held.id)
    emit(
        work,
        "job.progressed",
        held.store_id,
        held.job_id,
        job_run_id=held.id,
        task_id=step.task_id,
        run_id=run_id,
        index=reached.index,
        total=reached.total,
    )


def _steps_from(work: Work, job_run_id: str, position: int) -> list[Step]:
    return [
        Step(row.position, row.task_id, bool(row.enabled), bool(row.is_member))
        for row in work.all("passes.steps_from", id=job_run_id, from_count=position)
    ]
