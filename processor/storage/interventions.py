"""What people do to a run that has not ended, in the database."""

from dataclasses import dataclass

from processor.rules.run_state import RunState
from processor.storage import passes, run_events, turns, when_adaptive
from processor.storage.work import Work

CANCELLED = "The run was cancelled before this tool was called"
"""What stands in the transcript in place of a result."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run as it stands, locked until the transaction ends; instants in epoch seconds."""

    id: str
    store_id: str
    task_id: str
    job_run_id: str | None
    state: str
    attempt: int
    fence: int
    started_at: int | None


@dataclass(frozen=True, slots=True)
class Locked:
    """A run that a worker holds, until when it does (epoch seconds), and whether that is still to come."""

    id: str
    fence: int
    lease_expires_at: int
    is_alive: bool


def look_at(work: Work, store_id: str, run_id: str) -> Standing | None:
    """Lock a run of this store; None if there is none."""
    row = work.mapping("interventions.look_at", id=run_id, store_id=store_id)
    return None if row is None else Standing(**row)


def cancel(work: Work, run: Standing) -> None:
    """End a run that is queued or waits, let its task look at the slot that waited for it, and end its pass.

    The next time of an adaptive task is decided anew.
    """
    cancelled = work.first("interventions.cancel", id=run.id, fence=run.fence, now=work.now)
    run_events.ended(work, cancelled, RunState.CANCELLED)
    refuse_calls(work, run.id, CANCELLED)
    if run.attempt:
        _end_attempt(work, run)
    if run.job_run_id is not None:
        passes.run_ended(work, run.job_run_id, RunState.CANCELLED)
    work.run("runs.release_task", task_id=run.task_id, started_at=run.started_at)
    when_adaptive.run_ended(work, cancelled)
    _log(work, run.id, run.store_id, "run.cancelled")


def request_cancel(work: Work, run: Standing) -> bool:
    """Ask the worker of a running run to leave it; tell whether nobody had asked before."""
    return work.run("interventions.request_cancel", id=run.id, fence=run.fence, now=work.now).rowcount == 1


def locked(work: Work, store_id: str, run_id: str | None) -> list[Locked]:
    """The run of that id if a worker holds it, or all runs whose worker went silent."""
    rows = work.all("interventions.locked", id=run_id, store_id=store_id, now=work.now)
    return [Locked(row.id, row.fence, row.lease_expires_at, bool(row.is_alive)) for row in rows]


def unlock(work: Work, store_id: str, run: Locked) -> bool:
    """Take a run from its worker and hand it back; False if it is no longer the one that was looked at.

    A model call that is under way is booked as lost: its worker cannot say any more what it cost.
    """
    held = work.first("interventions.unlock", id=run.id, store_id=store_id, fence=run.fence, now=work.now)
    if held is None:
        return False
    run_events.unlocked(work, held)
    lost_nanousd = turns.lose_calls(work, run.id, "its run was unlocked while it was under way")
    work.run("interventions.charge", id=run.id, lost_nanousd=lost_nanousd)
    _log(work, run.id, store_id, "run.unlocked")
    return True


def refuse_calls(work: Work, run_id: str, reason: str) -> None:
    """Settle the tool calls of a run that nobody will make any more; `reason` stands in place of their results."""
    work.later("interventions.refuse_calls", run_id=run_id, result=reason, now=work.now)


def _end_attempt(work: Work, run: Standing) -> None:
    work.run(
        "runs.end_attempt",
        run_id=run.id,
        store_id=run.store_id,
        attempt=run.attempt,
        error_class=None,
        error=None,
        now=work.now,
    )


def _log(work: Work, run_id: str, store_id: str, event: str) -> None:
    """Add a line to the log of a run that no worker writes to."""
    position = work.run("turns.last_log", run_id=run_id).scalar_one() + 1
    work.run(
        "turns.log",
        run_id=run_id,
        position=position,
        store_id=store_id,
        now=work.now,
        level="info",
        event=event,
        fields="{}",
    )
