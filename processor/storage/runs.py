"""A run's life in the database. Every change is compare-and-set on (id, state, fence)."""

from dataclasses import dataclass

from processor.errors import StaleWriter
from processor.rules import retry
from processor.rules.retry import RetryPolicy
from processor.rules.run_state import MOST_RECOVERIES, SUSPECT_RECOVERIES, ErrorClass, RunState, Trigger, WaitingFor
from processor.storage import passes, run_events, when_adaptive
from processor.storage.work import Row, Work


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours as long as its fence is the highest."""

    run_id: str
    store_id: str
    task_id: str
    fence: int
    attempt: int
    recoveries: int
    worker_id: str
    lease_seconds: int
    cancel_requested: bool = False
    is_suspect: bool = False
    """It may be what kills its workers, and is executed alone until it has passed a turn."""

    @property
    def fresh(self) -> bool:
        """Nobody has worked on this run before: there is nothing of it to be found."""
        return self.fence == 1


@dataclass(slots=True)
class Spent:
    """What a step cost; added to the run's row in the transaction of the step."""

    turns: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanousd: int = 0
    active_ms: int = 0
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """Who claims: the id of the tick, how long its silence is borne, and which runs it wants (None: any)."""

    id: str
    lease_seconds: int
    store_id: str | None = None
    run_id: str | None = None
    job_run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends."""

    state: RunState
    output: str | None = None
    error_class: ErrorClass | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run is asked to do, and what it has used so far, in all its attempts."""

    task_id: str
    store_id: str
    name: str
    prompt: str
    model: str
    tools: str | None
    max_turns: int
    timeout_seconds: int
    budget_nanousd: int
    turn_count: int
    tool_call_count: int
    spent_nanousd: int
    active_ms: int
    schedule_type: str
    position: int | None = None
    """The step of a pass that the run stands for; None: it stands for none."""
    trigger: str | None = None

    @property
    def has_earlier_steps(self) -> bool:
        return self.position is not None and self.position > 1

    @property
    def is_adaptive(self) -> bool:
        return self.schedule_type == "adaptive"

    @property
    def has_changes(self) -> bool:
        """Files changed, and the run is told which."""
        return self.trigger == Trigger.FILE_WATCH


def assignment(work: Work, run_id: str) -> Assignment:
    """The assignment of a run that is there."""
    return Assignment(*work.run("runs.assignment", id=run_id).rows[0])


def assignment_to_come(work: Work, task_id: str) -> Assignment:
    """The assignment of a task's next run."""
    return Assignment(*work.run("tasks.assignment", id=task_id).rows[0])


def retry_settings(work: Work, run_id: str) -> RetryPolicy:
    """How the run's task wants to be retried."""
    return retry.from_columns(*work.run("runs.retry_settings", id=run_id).rows[0])


def waiting_since(work: Work, run_id: str) -> int | None:
    """Since when the provider has kept the run waiting, through all its resumptions; epoch seconds."""
    since: int | None = work.run("runs.waiting_since", id=run_id).scalar_one()
    return since


def claim(work: Work, worker: Worker, limit: int, *, suspect: bool | None = None) -> list[Claim]:
    """Take up to `limit` runs: first those that wait no longer, then queued ones, then those of silent workers.

    A run that killed its worker may do so again: what has not begun yet is not to suffer from it a second time.
    `suspect` False leaves out those that are to be executed alone.
    """
    claims: list[Claim] = []
    for name in ("runs.resume", "runs.start", "runs.take_over"):
        if len(claims) < limit:
            claims += _take(work, name, worker, limit=limit - len(claims), is_suspect=suspect, ready_at=work.now)
    return claims


def claim_lost(work: Work, worker: Worker, limit: int, ready_at: int) -> list[Claim]:
    """Take up to `limit` runs, no suspects, whose worker has been silent since `ready_at`, epoch seconds."""
    return _take(work, "runs.take_over", worker, limit=limit, is_suspect=False, ready_at=ready_at)


def claim_suspect(work: Work, worker: Worker, ready_at: int) -> list[Claim]:
    """Take one run that is to be executed alone and has been ready since `ready_at`, epoch seconds, if there is one."""
    wanted = {"limit": 1, "is_suspect": True, "ready_at": ready_at}
    return _take(work, "runs.take_over", worker, **wanted) or _take(work, "runs.resume", worker, **wanted)


def _take(work: Work, name: str, worker: Worker, **wanted: int | None) -> list[Claim]:
    rows = work.all(
        name,
        worker_id=worker.id,
        now=work.now,
        lease_at=work.now + worker.lease_seconds,
        store_id=worker.store_id,
        id=worker.run_id,
        job_run_id=worker.job_run_id,
        suspect_count=SUSPECT_RECOVERIES,
        most_count=MOST_RECOVERIES,
        **wanted,
    )
    if name == "runs.take_over":
        run_events.recovered(work, rows)
    else:
        run_events.started(work, [row for row in rows if row.is_start])
    return [_claim(row, worker, is_suspect=_is_suspect(work, row)) for row in rows]


def _is_suspect(work: Work, row: Row) -> bool:
    return row.recoveries >= SUSPECT_RECOVERIES and not passed_turn(work, row.id)


def _claim(row: Row, worker: Worker, *, is_suspect: bool = False) -> Claim:
    return Claim(
        run_id=row.id,
        store_id=row.store_id,
        task_id=row.task_id,
        fence=row.fence,
        attempt=row.attempt,
        recoveries=row.recoveries,
        worker_id=worker.id,
        lease_seconds=worker.lease_seconds,
        cancel_requested=row.cancel_requested_at is not None,
        is_suspect=is_suspect,
    )


def passed_turn(work: Work, run_id: str) -> bool:
    """Tell whether the run has passed a turn since it was last taken over from a silent worker."""
    return bool(work.run("runs.passed_turn", id=run_id).scalar_one())


def held(work: Work, worker: Worker) -> list[Claim]:
    """The runs that this worker has, also those of which it was never told because the connection was lost."""
    return [_claim(row, worker) for row in work.all("runs.held", worker_id=worker.id)]


def renew(work: Work, worker: Worker) -> int:
    """Keep every run of this worker for another lease; return how many there are."""
    return work.run("runs.renew", worker_id=worker.id, lease_at=work.now + worker.lease_seconds).rowcount


def step(work: Work, claim: Claim, spent: Spent) -> bool:
    """Open a fenced transaction; tell whether somebody has asked to cancel the run.

    Raises StaleWriter when another worker has the run, or it was deleted.
    """
    stepped = work.run(
        "runs.step",
        id=claim.run_id,
        fence=claim.fence,
        lease_at=work.now + claim.lease_seconds,
        turn_count=spent.turns,
        tool_call_count=spent.tool_calls,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost_nanousd=spent.cost_nanousd,
        active_ms=spent.active_ms,
        model=spent.model,
    ).rows
    _require(work, ours=len(stepped) == 1, claim=claim)
    ((cancel_requested_at,),) = stepped
    return cancel_requested_at is not None


def wait(
    work: Work,
    claim: Claim,
    waiting_for: WaitingFor,
    not_before: int | None,
    error_class: ErrorClass | None = None,
) -> None:
    """Give the run back until `not_before` (epoch seconds), because of an error or not. Raises StaleWriter."""
    waiting: Row = work.first(
        "runs.wait",
        id=claim.run_id,
        fence=claim.fence,
        waiting_for=waiting_for,
        not_before=not_before,
        now=work.now,
    )
    _require(work, ours=waiting is not None, claim=claim)
    run_events.waiting(work, waiting, not_before, error_class)


def finish(work: Work, claim: Claim, ending: Ending) -> None:
    """End the run, let its task look at the slot that waited for it, and move its pass on. Raises StaleWriter.

    The next time of an adaptive task is decided anew.
    """
    ended: Row = work.first(
        "runs.finish",
        id=claim.run_id,
        fence=claim.fence,
        state=ending.state,
        output=ending.output,
        error_class=ending.error_class,
        error=ending.error,
        now=work.now,
    )
    _require(work, ours=ended is not None, claim=claim)
    run_events.ended(work, ended, ending.state, ending.error_class)
    if ended.job_run_id is not None:
        passes.run_ended(work, ended.job_run_id, ending.state)
    work.later("runs.release_task", task_id=ended.task_id, started_at=ended.started_at)
    when_adaptive.run_ended(work, ended)


def end_attempt(work: Work, claim: Claim, error_class: str | None, error: str | None) -> None:
    """Close the attempt that is under way, with the error that ended it, if one did."""
    work.later(
        "runs.end_attempt",
        run_id=claim.run_id,
        store_id=claim.store_id,
        attempt=claim.attempt,
        error_class=error_class,
        error=error,
        now=work.now,
    )


def _require(work: Work, *, ours: bool, claim: Claim) -> None:
    if ours:
        return
    if work.first("runs.exists", id=claim.run_id) is None:
        raise StaleWriter(f"Run {claim.run_id} was deleted, with its task or job: nothing is left to write")
    raise StaleWriter(f"Run {claim.run_id} was taken over by another worker: this one writes nothing more")
