"""Cancels the pass of a job that runs."""

from processor.errors import Conflict, NotFound
from processor.models import Job
from processor.services import changes, interventions
from processor.services.jobs.reading import get
from processor.storage.work import Work


def cancel(work: Work, store_id: str, job_id: str) -> Job:
    """Cancel the run of the step under way; the pass ends with it, at once or when its worker has left it.

    The run is locked before its pass and its job. Raises NotFound, and Conflict if no pass runs.
    """
    job_id = get(work, store_id, job_id).id
    while True:
        run = work.first("passes.run_under_way", store_id=store_id, job_id=job_id)
        if run is None:
            raise Conflict(f"No pass of the job runs: 'processor jobs run {job_id}' starts one")
        try:
            with work.savepoint():
                interventions.cancel(work, store_id, run.id)
        except (Conflict, NotFound):
            continue  # the pass has moved on to another run, or has ended
        if run.cancel_requested_at is None:
            changes.record(work, "job.cancelled", store_id, job_id, after={"run_id": run.id})
        job = get(work, store_id, job_id)
        work.session.refresh(job)
        return job
