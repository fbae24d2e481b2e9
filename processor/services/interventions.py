"""Interventions: what people do to a run that has not ended."""

from processor.errors import Conflict
from processor.rules.run_state import TERMINAL, RunState
from processor.services import checks, runs
from processor.services.runs import RunView
from processor.storage import interventions
from processor.storage.interventions import Standing
from processor.storage.work import Work


def cancel(work: Work, store_id: str, run_id: str) -> RunView:
    """End a run that is queued or waits; one that runs leaves before its next model call or tool call.

    Raises NotFound, and Conflict if the run has ended. Asking twice changes nothing.
    """
    run = _standing(work, store_id, run_id)
    if run.state in TERMINAL:
        raise Conflict(f"Run {run.id} is {run.state} already: only a run that has not ended can be cancelled")
    if run.state == RunState.RUNNING:
        interventions.request_cancel(work, run)
    else:
        interventions.cancel(work, run)
    return runs.get(work, store_id, run.id)


def _standing(work: Work, store_id: str, run_id: str) -> Standing:
    run = interventions.look_at(work, store_id, checks.known_id(run_id, "run"))
    if run is None:
        raise checks.unknown("run", run_id)
    return run
