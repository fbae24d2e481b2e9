"""Ways to break one promise of the slots of jobs each."""

from tests.integration.reports.breaks import breaks
from tests.integration.reports.busy import FAR, NOW
from tests.world import DEFAULT_STORE, HOUR

GONE = "00000000-0000-4000-8000-00000000dead"
JOB = "(SELECT id FROM jobs WHERE name = 'Hourly job')"
LEDGER = "processed_job_executions"
FIRST = f"job_id = {JOB} AND scheduled_time = {NOW}"


def row(scheduled_time: int, job: str = f"'{GONE}'", until: str = "NULL", slot_count: int = 1) -> str:
    """A missed slot that was not there."""
    return (
        f"INSERT INTO {LEDGER} (job_id, store_id, scheduled_time, disposition, until_time, slot_count, processed_at)"
        f" VALUES ({job}, '{DEFAULT_STORE}', {scheduled_time}, 'missed', {until}, {slot_count}, {FAR})"
    )


JOB_SLOT_BREAKAGES = {
    "a claim of a job without its pass": breaks(
        "job_claims_have_their_pass", f"UPDATE job_runs SET scheduled_time = NULL, trigger = 'manual' WHERE {FIRST}"
    ),
    "a pass without its claim": breaks(
        "passes_for_slots_have_their_claim",
        f"UPDATE {LEDGER} SET disposition = 'missed', job_run_id = NULL WHERE {FIRST}",
    ),
    "a pass by hand that stands for a slot": breaks(
        "passes_for_slots_say_so", f"UPDATE job_runs SET trigger = 'manual' WHERE {FIRST}"
    ),
    "a row after the cursor of a job": breaks("job_rows_end_at_the_cursor", row(NOW + 8 * HOUR, JOB)),
    "a row before its time at a job": breaks(
        "job_rows_come_after_their_slot", f"UPDATE {LEDGER} SET processed_at = {NOW - 1} WHERE {FIRST}"
    ),
    "a range of a job that counts one": breaks("job_ranges_make_sense", row(NOW, until=str(NOW + HOUR))),
    "a row within a range of a job": breaks(
        "job_ranges_stand_alone", row(NOW, until=str(NOW + HOUR), slot_count=2), row(NOW + 60)
    ),
    "a slot of a job without a row": breaks(
        "job_slots_have_one_row", f"DELETE FROM {LEDGER} WHERE job_id = {JOB} AND scheduled_time = {NOW + HOUR}"
    ),
    "a next time that is no slot of the job": breaks(
        "job_next_times_are_slots", "UPDATE jobs SET next_run_at = next_run_at + 60 WHERE name = 'Hourly job'"
    ),
}
