"""Ways to break one promise of jobs and passes each."""

from tests.integration.reports.breaks import breaks
from tests.integration.reports.busy import LATER

NEW_ID = "00000000-0000-4000-8000-00000000bcde"
UNDER_WAY = "(SELECT id FROM job_runs WHERE state = 'running')"
STOPPED = "(SELECT id FROM job_runs WHERE state = 'failed')"
CANCELLED = "(SELECT id FROM job_runs WHERE state = 'cancelled')"


def newest(job: str) -> str:
    """The newest pass of the job of that name."""
    return (
        f"(SELECT p.id FROM job_runs AS p JOIN jobs AS j ON j.id = p.job_id WHERE j.name = '{job}'"
        " ORDER BY p.number DESC LIMIT 1)"
    )


STRAIGHT, TWICE = newest("Straight"), newest("Twice")
PASS_BREAKAGES = {
    "a place for a task that is not sequential": breaks(
        "sequential_tasks_have_a_place", "UPDATE tasks SET position = 1 WHERE name = 'Daily'"
    ),
    "a sequential task without a place": breaks(
        "sequential_tasks_have_a_place",
        "UPDATE tasks SET position = NULL WHERE job_id = (SELECT id FROM jobs WHERE name = 'Stopped') AND position = 2",
    ),
    "an order without a first": breaks(
        "orders_have_no_gap",
        "UPDATE tasks SET position = position + 9 WHERE job_id = (SELECT id FROM jobs WHERE name = 'Straight')",
    ),
    "an order with a gap": breaks(
        "orders_have_no_gap",
        "UPDATE tasks SET position = 9 WHERE job_id = (SELECT id FROM jobs WHERE name = 'Straight') AND position = 2",
    ),
    "a pass that nobody counted": breaks("passes_are_numbered", f"UPDATE job_runs SET number = 9 WHERE id = {TWICE}"),
    "two passes at once": breaks(
        "jobs_have_one_running_pass",
        "DROP INDEX job_runs_live",
        "INSERT INTO job_runs (id, store_id, job_id, number, trigger, state, position, started_at)"
        f" SELECT '{NEW_ID}', store_id, job_id, 2, 'manual', 'running', 1, {LATER}"
        f" FROM job_runs WHERE id = {UNDER_WAY}",
        also=("running_passes_have_one_open_run",),
    ),
    "a job that says more than its pass": breaks(
        "jobs_show_their_newest_pass", "UPDATE jobs SET status = 'completed' WHERE name = 'Stopped'"
    ),
    "a job at work without a pass": breaks(
        "jobs_show_their_newest_pass", "UPDATE jobs SET status = 'in_progress' WHERE name = 'Straight'"
    ),
    "a job that is reset while its pass runs": breaks(
        "jobs_show_their_newest_pass", "UPDATE jobs SET status = 'pending' WHERE name = 'Under way'"
    ),
    "a step that nobody will run": breaks(
        "running_passes_have_one_open_run", f"DELETE FROM runs WHERE job_run_id = {UNDER_WAY} AND state = 'queued'"
    ),
    "a pass at another step than its run": breaks(
        "running_passes_have_one_open_run",
        f"UPDATE job_runs SET position = 3 WHERE id = {UNDER_WAY}",
        also=("passes_leave_no_step_out",),
    ),
    "a pass without an end": breaks(
        "ended_passes_rest", f"UPDATE job_runs SET finished_at = NULL WHERE id = {STRAIGHT}"
    ),
    "a run that outlives its pass": breaks(
        "ended_passes_rest",
        f"UPDATE runs SET state = 'queued', attempt = 0, fence = 0, started_at = NULL, finished_at = NULL,"
        f" cancel_requested_at = NULL WHERE job_run_id = {CANCELLED} AND state = 'cancelled'",
        also=("passes_end_as_their_step_did",),
    ),
    "a pass that did not wait for its step": breaks(
        "passes_leave_no_step_out", f"UPDATE job_run_steps SET skip_reason = NULL WHERE job_run_id = {TWICE}"
    ),
    "a pass that ended too early": breaks(
        "passes_leave_no_step_out",
        f"UPDATE job_runs SET state = 'succeeded' WHERE id = {STOPPED}",
        "UPDATE jobs SET status = 'completed' WHERE name = 'Stopped'",
    ),
    "a pass that was cancelled by a failure": breaks(
        "passes_end_as_their_step_did",
        f"UPDATE job_runs SET state = 'cancelled' WHERE id = {STOPPED}",
        "UPDATE jobs SET status = 'cancelled' WHERE name = 'Stopped'",
    ),
    "a run of a step that is not there": breaks(
        "steps_run_on_the_way", f"DELETE FROM job_run_steps WHERE job_run_id = {STRAIGHT} AND position = 2"
    ),
    "a run of another step's task": breaks(
        "steps_run_on_the_way",
        "UPDATE job_run_steps SET task_id = (SELECT id FROM tasks WHERE name = 'Daily')"
        f" WHERE job_run_id = {STRAIGHT} AND position = 2",
    ),
    "a run ahead of its pass": breaks(
        "steps_run_on_the_way",
        f"UPDATE job_runs SET position = 2 WHERE id = {STRAIGHT}",
    ),
    "a step that began too early": breaks(
        "steps_follow_each_other",
        f"UPDATE runs SET queued_at = queued_at - 1 WHERE job_run_id = {STRAIGHT} AND position = 2",
    ),
    "a pass that began at once and ran late": breaks(
        "steps_follow_each_other", f"UPDATE job_runs SET started_at = started_at - 1 WHERE id = {STRAIGHT}"
    ),
    "a skipped step that ran": breaks(
        "skipped_steps_did_not_run",
        f"UPDATE job_run_steps SET skip_reason = 'disabled' WHERE job_run_id = {STRAIGHT} AND position = 2",
    ),
    "a skipped step that was not reached": breaks(
        "skipped_steps_did_not_run",
        f"UPDATE job_run_steps SET skip_reason = 'disabled' WHERE job_run_id = {UNDER_WAY} AND position = 3",
    ),
    "a task that comes twice": breaks(
        "orders_name_each_task_once",
        "INSERT INTO job_run_steps (job_run_id, position, store_id, task_id) SELECT job_run_id, 9, store_id, task_id"
        f" FROM job_run_steps WHERE job_run_id = {STOPPED} AND position = 1",
    ),
}
