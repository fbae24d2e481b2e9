"""The life of a run: its states, what it may wait for, who asked for it, and why it failed."""

from enum import StrEnum


class RunState(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"  # claimed, not started
    RUNNING = "running"  # a worker holds its lease
    WAITING = "waiting"  # started, and put aside without a lease; `WaitingFor` says why
    SUCCEEDED = "succeeded"  # ended, and did what it was asked to
    FAILED = "failed"  # ended without; `ErrorClass` says why
    CANCELLED = "cancelled"  # ended because somebody said so


class WaitingFor(StrEnum):
    """What a waiting run waits for."""

    RETRY = "retry"  # the time of its next attempt
    RESUME = "resume"  # any worker: it was handed back by SIGTERM or at the end of a tick
    APPROVAL = "approval"  # somebody's decision about a tool call
    BATCH = "batch"  # the answer to a message batch
    PROVIDER = "provider"  # a rate limit, an outage or a refused key to pass


class Trigger(StrEnum):
    """Who asked for a run; a retry keeps the trigger of the run that it repeats."""

    SCHEDULE = "schedule"  # a slot of the task, on time or caught up
    FILE_WATCH = "file_watch"  # a file that changed
    ADAPTIVE = "adaptive"  # a time that the task's governor chose
    JOB = "job"  # its place in a pass of its job
    MANUAL = "manual"  # a person or a program
    BACKFILL = "backfill"  # a range of slots that somebody wanted to have run


class ErrorClass(StrEnum):
    """Why a run failed."""

    BUDGET_EXCEEDED = "budget_exceeded"  # the next call would have cost more than what is left
    TIMED_OUT = "timed_out"  # it used up its active time
    TURN_LIMIT = "turn_limit"  # it used up its turns or tool calls without finishing
    MAX_TOKENS = "max_tokens"  # the answer was cut off, with a larger limit too
    CONTEXT_WINDOW_EXCEEDED = "context_window_exceeded"  # its history no longer fits the model
    REFUSAL = "refusal"  # the model declined
    STUCK = "stuck"  # the same call with the same result again and again
    TASK_FAILED = "task_failed"  # the agent itself reported that it could not do it
    OUTCOME_NOT_MET = "outcome_not_met"  # it said that it was done, and its outcome contract disagreed
    INVALID_REQUEST = "invalid_request"  # the provider will never answer this request
    PROVIDER_UNAVAILABLE = "provider_unavailable"  # no usable answer, however long it waited
    MODEL_ERROR = "model_error"  # an answer that the loop does not understand
    CRASH_LOOP = "crash_loop"  # too many recoveries: it seems to kill its worker
    INTERNAL = "internal"  # a bug of this program


TERMINAL = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})
"""Runs that ended never change again; to run again makes a new run."""

LIVE = frozenset({RunState.RUNNING, RunState.WAITING})
"""A task has at most one of these."""

OPEN = LIVE | {RunState.QUEUED}
"""What stands in the way of a slot that falls due."""

SUSPECT_RECOVERIES = 2
"""With so many a run is executed alone until it passes a turn after the latest: it may be what kills its workers."""

MOST_RECOVERIES = 5
"""A run whose worker goes silent once more has failed as `crash_loop`. Hand-backs are no recoveries."""

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    # Running to running is the takeover of a lease that ran out.
    RunState.RUNNING: TERMINAL | LIVE,
    # A run can fail while it waits: its provider may not come back, or it may have been recovered too often.
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.FAILED, RunState.CANCELLED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}


def may_become(state: RunState, next_state: RunState) -> bool:
    return next_state in TRANSITIONS[state]
