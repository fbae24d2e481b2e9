"""Ways to break one promise each, in plain SQL past all constraints."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from processor.storage.channel import Channel
from processor.storage.database import Database
from processor.storage.work import Work
from tests.integration.reports.adaptive_breakage import ADAPTIVE_BREAKAGES
from tests.integration.reports.breaks import Breakage, breaks
from tests.integration.reports.busy import FAR, LATER, NOW
from tests.integration.reports.job_slot_breakage import JOB_SLOT_BREAKAGES
from tests.integration.reports.pass_breakage import PASS_BREAKAGES
from tests.world import HOUR

HOURLY = "(SELECT id FROM tasks WHERE name = 'Hourly')"
FIRST = f"(SELECT id FROM runs WHERE task_id = {HOURLY} AND scheduled_time = {NOW} AND rerun_of IS NULL)"
FAILED = "(SELECT id FROM runs WHERE state = 'failed' AND job_run_id IS NULL)"
HANDED_BACK = "(SELECT id FROM runs WHERE state = 'waiting')"
STRANGER = "(SELECT id FROM stores WHERE name = 'stranger')"
GONE = "task_id NOT IN (SELECT id FROM tasks)"
NEW_ID = "00000000-0000-4000-8000-00000000abcd"
UNDONE = "state = 'intended', result = NULL, finished_at = NULL"
LEDGER = "processed_task_executions"
LEDGER_COLUMNS = (
    f"{LEDGER} (task_id, scheduled_time, store_id, disposition, until_time, slot_count, batch_id, processed_at)"
)
CALL_COLUMNS = "llm_calls (id, store_id, run_id, turn, fence, model, state, started_at)"


def row(scheduled_time: int, task: str = HOURLY, until: str = "NULL", slot_count: int = 1) -> str:
    """A missed slot that was not there."""
    return (
        f"INSERT INTO {LEDGER_COLUMNS} SELECT t.task_id, {scheduled_time}, t.store_id, 'missed', {until}, {slot_count},"
        f" t.batch_id, {FAR} FROM {LEDGER} AS t WHERE t.task_id = {task} AND t.scheduled_time = {NOW}"
    )


DELETED = f"(SELECT task_id FROM {LEDGER} WHERE {GONE})"

BREAKAGES = {
    "a claim without its run": breaks(
        "claims_have_their_run",
        "DELETE FROM runs WHERE task_id = (SELECT id FROM tasks WHERE name = 'Once')",
        cascades=True,
    ),
    "a run without its claim": breaks(
        "first_runs_have_their_claim",
        f"UPDATE {LEDGER} SET disposition = 'missed', run_id = NULL"
        f" WHERE task_id = {HOURLY} AND scheduled_time = {NOW}",
    ),
    "a second first run": breaks(
        "slots_run_once",
        "DROP INDEX runs_slot",
        "INSERT INTO runs (id, store_id, task_id, trigger, scheduled_time, state, queued_at)"
        f" SELECT '{NEW_ID}', store_id, task_id, 'schedule', scheduled_time, 'queued', {LATER}"
        f" FROM runs WHERE id = {FIRST}",
        also=("first_runs_have_their_claim",),
    ),
    "a repetition of something else": breaks(
        "repetitions_repeat", f"UPDATE runs SET rerun_of = {FAILED} WHERE rerun_of IS NOT NULL"
    ),
    "a row after the cursor": breaks("rows_end_at_the_cursor", row(NOW + 8 * HOUR)),
    "a row before its time": breaks(
        "rows_come_after_their_slot",
        f"UPDATE {LEDGER} SET processed_at = {NOW - 1} WHERE task_id = {HOURLY} AND scheduled_time = {NOW}",
    ),
    "a count without a range": breaks("range_rows_make_sense", f"UPDATE {LEDGER} SET slot_count = 5 WHERE {GONE}"),
    "a row within a range": breaks("ranges_stand_alone", row(NOW - HOUR, DELETED, str(NOW), 2)),
    "a claim that names no run": breaks("claims_name_a_run", f"UPDATE {LEDGER} SET run_id = NULL WHERE {GONE}"),
    "a slot that waits though it is accounted for": breaks(
        "held_tasks_wait_for_a_run", "UPDATE tasks SET held_slot = cursor_at WHERE held"
    ),
    "a slot that waits for nobody": breaks(
        "held_tasks_wait_for_a_run", "UPDATE tasks SET held = true, held_slot = next_run_at WHERE name = 'Daily'"
    ),
    "a disabled task that is paused": breaks(
        "disabled_tasks_rest", f"UPDATE tasks SET paused_until = {FAR} WHERE name = 'Disabled'"
    ),
    "a slot without a row": breaks(
        "slots_have_one_row", f"DELETE FROM {LEDGER} WHERE task_id = {HOURLY} AND scheduled_time = {NOW + HOUR}"
    ),
    "the last slot without a row": breaks(
        "slots_have_one_row",
        f"UPDATE tasks SET cursor_at = {NOW + 4 * HOUR}, next_run_at = {NOW + 5 * HOUR} WHERE name = 'Hourly'",
    ),
    "a row without a slot": breaks("slots_have_one_row", row(NOW + HOUR + 60)),
    "a range that lost a slot": breaks(
        "slots_have_one_row", f"UPDATE {LEDGER} SET slot_count = slot_count - 1 WHERE until_time IS NOT NULL"
    ),
    "a next time that is no slot": breaks(
        "next_times_are_slots", "UPDATE tasks SET next_run_at = next_run_at + 60 WHERE name = 'Hourly'"
    ),
    "a next time that was forgotten": breaks(
        "next_times_are_slots", "UPDATE tasks SET next_run_at = NULL WHERE name = 'Daily'"
    ),
    "a zone that is not there": breaks(
        "next_times_are_slots", "UPDATE tasks SET timezone = 'Mars/Olympus' WHERE name = 'Daily'"
    ),
    "a second live run": breaks(
        "tasks_have_one_live_run",
        "DROP INDEX runs_live",
        "INSERT INTO runs (id, store_id, task_id, trigger, state, waiting_for, waiting_since, not_before, attempt,"
        f" fence, queued_at, started_at) SELECT '{NEW_ID}', store_id, task_id, 'manual', 'waiting', 'resume', {LATER},"
        f" {FAR}, 1, 1, {LATER}, {LATER} FROM runs WHERE id = {HANDED_BACK}",
    ),
    "a lease without a worker": breaks(
        "running_means_leased", "UPDATE runs SET worker_id = NULL WHERE state = 'running'"
    ),
    "a wait without an end": breaks(
        "waiting_runs_say_for_what", f"UPDATE runs SET not_before = NULL WHERE id = {HANDED_BACK}"
    ),
    "a cancel that was not heard": breaks(
        "cancelled_means_asked_for", f"UPDATE runs SET cancel_requested_at = {LATER} WHERE id = {FIRST}"
    ),
    "a cancel that nobody wanted": breaks(
        "cancelled_means_asked_for", "UPDATE runs SET cancel_requested_at = NULL WHERE state = 'cancelled'"
    ),
    "a failure without a class": breaks(
        "ended_runs_are_closed", "UPDATE runs SET error_class = NULL WHERE state = 'failed'"
    ),
    "an end that is missing": breaks(
        "ended_runs_are_closed", "UPDATE runs SET finished_at = NULL WHERE state = 'failed'"
    ),
    "a start that is missing": breaks(
        "started_runs_have_a_start", "UPDATE runs SET started_at = NULL WHERE state = 'failed'"
    ),
    "a fence that stood still": breaks("fences_count_claims", "UPDATE runs SET fence = 1 WHERE state = 'failed'"),
    "a call by a higher fence": breaks(
        "fences_count_claims", f"UPDATE llm_calls SET fence = 9 WHERE run_id = {FIRST} AND turn = 1"
    ),
    "attempts that are missing": breaks(
        "attempts_are_numbered", "UPDATE runs SET attempt = 4, fence = 4 WHERE state = 'failed'"
    ),
    "an attempt left open": breaks(
        "attempts_end_with_their_run",
        f"UPDATE run_attempts SET finished_at = NULL WHERE run_id = {FAILED} AND attempt = 2",
    ),
    "an attempt closed too early": breaks(
        "attempts_end_with_their_run", f"UPDATE run_attempts SET finished_at = {NOW} WHERE run_id = {HANDED_BACK}"
    ),
    "an attempt that failed for nothing": breaks(
        "failed_attempts_say_why", f"UPDATE run_attempts SET error_class = NULL WHERE run_id = {FAILED} AND attempt = 1"
    ),
    "a change that nobody was told of": breaks("changed_files_are_told", "DELETE FROM run_changes"),
    "a change of another store": breaks("stores_are_apart", f"UPDATE run_changes SET store_id = {STRANGER}"),
    "a file of another store": breaks("stores_are_apart", f"UPDATE watched_files SET store_id = {STRANGER}"),
    "a watch of another store": breaks(
        "stores_are_apart", f"UPDATE file_watches SET store_id = {STRANGER} WHERE look_count > 1"
    ),
    "a request that was lost": breaks("requests_are_frozen", f"DELETE FROM run_requests WHERE run_id = {FIRST}"),
    "a log line that was lost": breaks(
        "logs_are_numbered", f"DELETE FROM run_logs WHERE run_id = {FIRST} AND position = 2"
    ),
    "a turn too many": breaks("turns_are_numbered", f"UPDATE runs SET turns = turns + 1 WHERE id = {FIRST}"),
    "a turn of no attempt": breaks(
        "turns_belong_to_attempts", f"UPDATE turns SET attempt = 7 WHERE run_id = {FAILED} AND turn = 1"
    ),
    "a turn without its reply": breaks(
        "tool_turns_are_replied_to", f"UPDATE turns SET reply = NULL WHERE run_id = {FIRST} AND turn = 1"
    ),
    "a reply without a result": breaks(
        "replies_follow_all_results", f"UPDATE tool_calls SET {UNDONE} WHERE run_id = {HANDED_BACK}"
    ),
    "a tool call too many": breaks(
        "tool_calls_are_counted", f"UPDATE runs SET tool_calls = tool_calls + 1 WHERE id = {FIRST}"
    ),
    "a tool call that was lost": breaks(
        "tool_calls_are_numbered", f"UPDATE tool_calls SET position = 9 WHERE run_id = {FIRST} AND position = 2"
    ),
    "a tool call left half done": breaks(
        "tool_calls_are_settled",
        f"UPDATE turns SET reply = NULL WHERE run_id = {FAILED} AND turn = 2",
        f"UPDATE tool_calls SET {UNDONE} WHERE run_id = {FAILED} AND turn = 2",
    ),
    "a tool call without a result": breaks(
        "settled_means_answered", f"UPDATE tool_calls SET result = NULL WHERE run_id = {FIRST} AND position = 2"
    ),
    "a card that nobody recorded": breaks(
        "effects_are_on_record",
        f"UPDATE tool_calls SET state = 'failed' WHERE run_id = {FIRST} AND name = 'create_card'",
    ),
    "a model call left open": breaks(
        "calls_are_open_while_running",
        f"INSERT INTO {CALL_COLUMNS}"
        f" SELECT '{NEW_ID}', store_id, id, 9, 1, 'm', 'open', {LATER} FROM runs WHERE id = {FIRST}",
    ),
    "a turn that nobody paid for": breaks(
        "turns_have_one_answer", f"UPDATE llm_calls SET state = 'failed' WHERE run_id = {FIRST} AND turn = 1"
    ),
    "an answer without its turn": breaks(
        "turns_have_one_answer",
        f"INSERT INTO {CALL_COLUMNS}"
        f" SELECT '{NEW_ID}', store_id, id, 9, 1, 'm', 'answered', {LATER} FROM runs WHERE id = {FIRST}",
    ),
    "a cost of nothing": breaks("usage_adds_up", f"UPDATE runs SET cost_nanousd = cost_nanousd + 1 WHERE id = {FIRST}"),
    "tokens of nothing": breaks("usage_adds_up", f"UPDATE runs SET input_tokens = input_tokens + 1 WHERE id = {FIRST}"),
    "cards without a first": breaks(
        "cards_are_numbered", f"UPDATE cards SET position = position + 1 WHERE store_id = {STRANGER}"
    ),
    "a log line of another store": breaks(
        "stores_are_apart", f"UPDATE run_logs SET store_id = {STRANGER} WHERE run_id = {FIRST} AND position = 1"
    ),
    "a project that is not there": breaks(
        "stores_are_apart", f"UPDATE tasks SET project_id = '{NEW_ID}' WHERE name = 'Hourly'"
    ),
    "no heartbeat": breaks("heart_beats_once", "DELETE FROM heartbeat"),
    "a tick without a code": breaks("ticks_end_with_a_code", "UPDATE ticks SET exit_code = NULL"),
    **ADAPTIVE_BREAKAGES,
    **JOB_SLOT_BREAKAGES,
    **PASS_BREAKAGES,
}


@contextmanager
def broken(database: Database, breakage: Breakage) -> Iterator[Work]:
    """A transaction in which the promise is broken, whatever constraints there are; undone at the end."""
    with database.transaction(writes=False) as channel:
        _let_go(channel, breakage)
        channel.begin(writes=True)
        _execute(channel, breakage.statements)
        yield Work(channel, database.clock.now())


def commit(database: Database, *breakages: Breakage) -> None:
    """Break promises for good."""
    for breakage in breakages:
        with database.transaction(writes=True) as channel:
            _let_go(channel, breakage)
            channel.begin(writes=True)
            _execute(channel, breakage.statements)


def _let_go(channel: Channel, breakage: Breakage) -> None:
    """No checks any more, and foreign keys only where they are wanted."""
    channel.roll_back()
    wanted = breakage.cascades
    if channel.dialect == "sqlite":
        _execute(channel, [f"PRAGMA foreign_keys = {wanted}", "PRAGMA ignore_check_constraints = ON"])
    else:
        _execute(channel, [f"SET session_replication_role = {'origin' if wanted else 'replica'}"])
        _execute(channel, [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name in _checks(channel)])


def _checks(channel: Channel) -> list[tuple[str, str]]:
    channel.cursor.execute(
        "SELECT table_name, constraint_name FROM information_schema.table_constraints"
        " WHERE constraint_type = 'CHECK' AND table_schema = 'public' AND constraint_name NOT LIKE '%not_null'"
    )
    return list(channel.cursor.fetchall())


def _execute(channel: Channel, statements: Iterable[str]) -> None:
    for statement in statements:
        channel.cursor.execute(statement)
