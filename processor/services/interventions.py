"""Interventions: what people do to a run that has not ended."""

from collections.abc import Sequence

from processor.errors import Conflict
from processor.rules.instants import iso
from processor.rules.run_state import TERMINAL, RunState
from processor.services import changes, checks, runs
from processor.services.runs import RunView
from processor.storage import interventions
from processor.storage.interventions import Locked, Standing
from processor.storage.work import Work


def cancel(work: Work, store_id: str, run_id: str) -> RunView:
    """End a run that is queued or waits; one that runs leaves before its next model call or tool call.

    Raises NotFound, and Conflict if the run has ended. Asking twice changes nothing.
    """
    run = _standing(work, store_id, run_id)
    if run.state in TERMINAL:
        raise Conflict(f"Run {run.id} is {run.state} already: only a run that has not ended can be cancelled")
    if run.state != RunState.RUNNING:
        interventions.cancel(work, run)
    elif not interventions.request_cancel(work, run):
        return runs.get(work, store_id, run.id)
    asked = {"cancel_requested_at": iso(work.now)}
    changes.record(work, "run.cancelled", store_id, run.id, before={"state": run.state}, after=asked)
    return runs.get(work, store_id, run.id)


def locked(work: Work, store_id: str, run_id: str | None) -> list[Locked]:
    """Return the runs of this store whose worker went silent, or the one of that id, whatever its worker does.

    Raises NotFound, and Conflict if the run is held by no worker.
    """
    if run_id is None:
        return interventions.locked(work, store_id, None)
    run = runs.get(work, store_id, run_id)
    found = interventions.locked(work, store_id, run["id"])
    if not found:
        raise Conflict(f"Run {run['id']} is {run['state']}: no worker holds it, so there is nothing to unlock")
    return found


def unlock(work: Work, store_id: str, found: Sequence[Locked]) -> list[RunView]:
    """Take runs from their workers and hand them back; no attempt is spent. Return those that were still held so."""
    unlocked = [run.id for run in found if interventions.unlock(work, store_id, run)]
    for run_id in unlocked:
        changes.record(work, "run.unlocked", store_id, run_id, before={"state": RunState.RUNNING})
    return runs.among(work, unlocked)


def _standing(work: Work, store_id: str, run_id: str) -> Standing:
    run = interventions.look_at(work, store_id, checks.known_id(run_id, "run"))
    if run is None:
        raise checks.unknown("run", run_id)
    return run
