"""Ways to break one promise of adaptive tasks each."""

from tests.integration.reports.breaks import breaks

MARKET = "(SELECT id FROM tasks WHERE name = 'Market')"
LATEST_SLOT = f"(SELECT max(scheduled_time) FROM processed_task_executions WHERE task_id = {MARKET})"

ADAPTIVE_BREAKAGES = {
    "a next time that nobody decided": breaks(
        "adaptive_tasks_go_on", "UPDATE tasks SET next_run_at = next_run_at + 1 WHERE name = 'Market'"
    ),
    "a slot that nobody decided": breaks(
        "adaptive_slots_were_decided",
        f"DELETE FROM schedule_decisions WHERE task_id = {MARKET} AND next_run_at = {LATEST_SLOT}",
    ),
    "a decision that does not say of what it was made": breaks(
        "decisions_can_be_made_again",
        "UPDATE schedule_decisions SET inputs = '{}' WHERE id = (SELECT min(id) FROM schedule_decisions)",
    ),
}
