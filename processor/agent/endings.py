"""How a run that left the loop is written down, in one transaction: ended, waiting for a start, or handed back."""

import math
from collections.abc import Callable

from processor.agent import provider
from processor.agent.outcome import Cancelled, Failed, Finished, LeaveLoop
from processor.agent.run_log import RunLog
from processor.rules.retry import next_delay_seconds
from processor.rules.run_state import ErrorClass, RunState, WaitingFor
from processor.rules.storable import storable
from processor.storage import interventions, runs, turns
from processor.storage.interventions import CANCELLED
from processor.storage.runs import Claim, Ending, Spent
from processor.storage.work import Work

WriteEnding = Callable[[Work, Claim, RunLog], RunState]
"""Writes the ending and returns the state that the run is in now."""

PROVIDER_PAUSE_SECONDS = 60
"""Before a run asks a provider again that gave no answer and named no time."""
LONGEST_PROVIDER_WAIT_SECONDS = 86_400


def leave(work: Work, write: WriteEnding, claim: Claim, active_ms: int, log: RunLog) -> RunState:
    """Write an ending, fenced and with the rest of the log; return the state that the run is in now.

    A run that somebody asked to cancel ends as cancelled, whatever it left the loop for.
    """
    cancel_requested = runs.step(work, claim, Spent(active_ms=active_ms))
    lost_nanousd = turns.lose_calls(work, claim.run_id, "its run left while it was under way")
    if lost_nanousd:
        runs.step(work, claim, Spent(cost_nanousd=lost_nanousd))
    return write_down(work, cancelled() if cancel_requested else write, claim, log)


def write_down(work: Work, write: WriteEnding, claim: Claim, log: RunLog) -> RunState:
    """Write an ending in a transaction that is fenced already."""
    state = write(work, claim, log)
    log.write(work)
    return state


def of(leaving: LeaveLoop, chance: float) -> WriteEnding:
    """The ending that a way out of the loop stands for; `chance`, from 0 up to 1, spreads retries."""
    if isinstance(leaving, Finished):
        return succeeded(leaving.output)
    if isinstance(leaving, Failed):
        return failed(leaving, chance)
    if isinstance(leaving, Cancelled):
        return cancelled()
    return handed_back()


def succeeded(output: str) -> WriteEnding:
    """The agent is done."""

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        log.info("run.succeeded")
        runs.end_attempt(work, claim, None, None)
        return _finish(work, claim, Ending(RunState.SUCCEEDED, storable(output)))

    return write


def failed(failure: Failed, chance: float) -> WriteEnding:
    """Start again later if this kind of failure may pass and starts are left; else the run has failed."""

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        policy = runs.retry_settings(work, claim.run_id)
        delay = next_delay_seconds(policy, failure.error_class, claim.attempt, chance)
        message, output = storable(failure.message), failure.output and storable(failure.output)
        interventions.refuse_calls(work, claim.run_id, "The attempt ended before this tool was called")
        runs.end_attempt(work, claim, failure.error_class, message)
        if delay is not None:
            log.warning(
                "run.waiting", waiting_for=WaitingFor.RETRY, error_class=failure.error_class, delay_seconds=delay
            )
            return _wait(work, claim, WaitingFor.RETRY, delay, failure.error_class)
        log.warning("run.failed", error_class=failure.error_class, reason=message)
        ending = Ending(RunState.FAILED, output, failure.error_class, message)
        return _finish(work, claim, ending)

    return write


def cancelled() -> WriteEnding:
    """Somebody asked for it."""

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        log.info("run.cancelled")
        interventions.refuse_calls(work, claim.run_id, CANCELLED)
        runs.end_attempt(work, claim, None, None)
        return _finish(work, claim, Ending(RunState.CANCELLED))

    return write


def handed_back() -> WriteEnding:
    """The next tick goes on at this very turn; no attempt is spent."""

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        log.info("run.waiting", waiting_for=WaitingFor.RESUME)
        return _wait(work, claim, WaitingFor.RESUME, 0)

    return write


def provider_refused(reason: str) -> WriteEnding:
    """The key or the account is refused: the run waits, no attempt is spent, and health can say why."""

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        provider.refuse(work, storable(reason))
        return _wait_for_provider(work, claim, reason, provider.REFUSED_PAUSE_SECONDS, log)

    return write


def provider_unavailable(reason: str, retry_after_seconds: float | None) -> WriteEnding:
    """Rate limit or outage, after all attempts of the call: the run waits, no attempt is spent."""
    pause = PROVIDER_PAUSE_SECONDS if retry_after_seconds is None else int(retry_after_seconds) + 1

    def write(work: Work, claim: Claim, log: RunLog) -> RunState:
        return _wait_for_provider(work, claim, reason, pause, log)

    return write


def _wait_for_provider(work: Work, claim: Claim, reason: str, pause: int, log: RunLog) -> RunState:
    reason = storable(reason)
    since = runs.waiting_since(work, claim.run_id) or work.now
    if work.now - since >= LONGEST_PROVIDER_WAIT_SECONDS:
        log.warning("run.failed", error_class=ErrorClass.PROVIDER_UNAVAILABLE, reason=reason)
        runs.end_attempt(work, claim, ErrorClass.PROVIDER_UNAVAILABLE, reason)
        ending = Ending(RunState.FAILED, None, ErrorClass.PROVIDER_UNAVAILABLE, reason)
        return _finish(work, claim, ending)
    log.warning("run.waiting", waiting_for=WaitingFor.PROVIDER, reason=reason, delay_seconds=pause)
    return _wait(work, claim, WaitingFor.PROVIDER, pause)


def _wait(
    work: Work, claim: Claim, waiting_for: WaitingFor, delay_seconds: float, error_class: ErrorClass | None = None
) -> RunState:
    runs.wait(work, claim, waiting_for, work.now + math.ceil(delay_seconds), error_class)
    return RunState.WAITING


def _finish(work: Work, claim: Claim, ending: Ending) -> RunState:
    runs.finish(work, claim, ending)
    return ending.state
