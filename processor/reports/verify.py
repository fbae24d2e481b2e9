"""Whether the database keeps its promises: each check finds the rows that break one of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from processor.reports import verify_adaptive, verify_schedules
from processor.reports.finding import Finding, Findings, Scope
from processor.rules.instants import iso
from processor.storage.work import Work

MOST_SHOWN = 20
"""Rows shown of each check; the count is always of all."""
_INSTANT = re.compile(r"@(-?\d{1,12})")


@dataclass(frozen=True, slots=True)
class Check:
    """A promise, and what finds the rows that break it."""

    name: str
    promise: str
    find: Callable[[Work, Scope], Findings]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: how many rows break the promise, and the first of them."""

    name: str
    promise: str
    count: int
    rows: Sequence[Finding]


def verify(
    work: Work, store_id: str | None = None, *, most_shown: int = MOST_SHOWN, kept_since: int = 0
) -> list[Verdict]:
    """Every check's verdict on one store or on all, in the snapshot that `work` looks at.

    Runs may have been removed for slots earlier than `kept_since`, epoch seconds: nobody misses them.
    """
    scope = Scope(store_id, most_shown, kept_since)
    return [_verdict(check, check.find(work, scope)) for check in CHECKS]


def _verdict(check: Check, found: Findings) -> Verdict:
    return Verdict(check.name, check.promise, found.count, [_in_words(row) for row in found.rows])


def _in_words(row: Finding) -> Finding:
    return Finding(row.id, row.store_id, _INSTANT.sub(lambda found: iso(int(found[1])), row.said))


def _by_statement(statement: str, work: Work, scope: Scope) -> Findings:
    rows: list[dict[str, Any]] = work.run(
        statement, store_id=scope.store_id, limit=scope.most_shown, kept_since=scope.kept_since, now=work.now
    ).mappings()
    found = [Finding(row["id"], row["store_id"], row["said"]) for row in rows]
    return Findings(rows[0]["total"] if rows else 0, found)


def _sql(noun: str, promises: dict[str, str]) -> list[Check]:
    return [Check(name, promise, partial(_by_statement, f"{noun}.{name}")) for name, promise in promises.items()]


CHECKS: Sequence[Check] = [
    *_sql(
        "verify_slots",
        {
            "claims_have_their_run": "Each claimed slot of a task that is there has its first run.",
            "first_runs_have_their_claim": "Each first run for a slot is the one that the slot was claimed for.",
            "slots_run_once": "A slot has one first run at most.",
            "repetitions_repeat": "A repetition is of the same task and slot as the run that it repeats.",
            "rows_end_at_the_cursor": "No slot after a task's cursor has a ledger row without a run.",
            "rows_come_after_their_slot": "No slot is accounted for before its time.",
            "range_rows_make_sense": "A range row has an end and a count that fit together, and claims nothing.",
            "ranges_stand_alone": "No other row lies within a range row.",
            "claims_name_a_run": "A ledger row names a run where it is a claim, and nowhere else.",
            "held_tasks_wait_for_a_run": "A task that waits with a slot waits for a run that has not ended.",
            "disabled_tasks_rest": "A disabled task is not due, does not wait, and is not paused.",
        },
    ),
    Check(
        "slots_have_one_row",
        "Each slot of a task's schedule up to its cursor has one ledger row, and no other time has one.",
        partial(verify_schedules.slots_have_one_row, verify_schedules.OF_TASKS),
    ),
    Check(
        "next_times_are_slots",
        "A task looks next at the first slot after its cursor, or after its pause.",
        partial(verify_schedules.next_times_are_slots, verify_schedules.OF_TASKS),
    ),
    *_sql(
        "verify_adaptive",
        {
            "adaptive_tasks_go_on": "An adaptive task that is enabled looks next at the time that was decided.",
            "adaptive_slots_were_decided": "Each slot of an adaptive task is a time that was decided.",
        },
    ),
    Check(
        "decisions_can_be_made_again",
        "Each next time of an adaptive task follows from what is stored with it, within its bounds.",
        verify_adaptive.decisions_can_be_made_again,
    ),
    *_sql(
        "verify_job_slots",
        {
            "job_claims_have_their_pass": "Each claimed slot of a job that is there has its pass.",
            "passes_for_slots_have_their_claim": "Each pass for a slot is the one that the slot was claimed for.",
            "passes_for_slots_say_so": "A pass stands for a slot if its job's clock began it, and only then.",
            "job_rows_end_at_the_cursor": "No slot after a job's cursor has a ledger row without a pass.",
            "job_rows_come_after_their_slot": "No slot of a job is accounted for before its time.",
            "job_ranges_make_sense": "A range row of a job has an end and a count that fit together.",
            "job_ranges_stand_alone": "No other row lies within a range row of a job.",
        },
    ),
    Check(
        "job_slots_have_one_row",
        "Each slot of a job's schedule up to its cursor has one ledger row, and no other time has one.",
        partial(verify_schedules.slots_have_one_row, verify_schedules.OF_JOBS),
    ),
    Check(
        "job_next_times_are_slots",
        "A job looks next at the first slot after its cursor.",
        partial(verify_schedules.next_times_are_slots, verify_schedules.OF_JOBS),
    ),
    *_sql(
        "verify_runs",
        {
            "tasks_have_one_live_run": "A task has one run at most that is running or waiting.",
            "running_means_leased": "A run has a worker and a lease while it is running, and only then.",
            "waiting_runs_say_for_what": "A waiting run says for what, since when, and until when where that is known.",
            "cancelled_means_asked_for": "A run that has ended is cancelled if somebody asked for that, and only then.",
            "ended_runs_are_closed": "A run has an end if it has ended, and a class of error if it failed.",
            "started_runs_have_a_start": "A run that was started says when, and how often; a queued one was not.",
            "fences_count_claims": "A fence grows with every claim, and nobody writes with a higher one.",
            "attempts_are_numbered": "The attempts of a run are on record from the first to the latest.",
            "attempts_end_with_their_run": "An attempt is open while its run goes on with it, and only then.",
            "failed_attempts_say_why": "An attempt that failed says why.",
            "requests_are_frozen": "A run that began a conversation keeps the request that it began with.",
            "changed_files_are_told": "A run that files have started was told which, unless it repeats another.",
            "logs_are_numbered": "The log lines of a run are numbered without a gap.",
        },
    ),
    *_sql(
        "verify_turns",
        {
            "turns_are_numbered": "The turns of a run are numbered without a gap, as many as it counts.",
            "turns_belong_to_attempts": "Each turn belongs to an attempt on record, in their order.",
            "tool_turns_are_replied_to": "A run goes on after tool calls only with their reply.",
            "replies_follow_all_results": "A reply is written when every tool call of its turn has a result.",
            "tool_calls_are_counted": "A run has as many tool calls as it counts.",
            "tool_calls_are_numbered": "The tool calls of a turn are numbered without a gap.",
            "tool_calls_are_settled": "A run that has ended left no tool call half done.",
            "settled_means_answered": "A tool call has a result and an end when it is settled, and only then.",
            "effects_are_on_record": "A run made no more cards than its recorded calls say.",
            "calls_are_open_while_running": "A model call is open only while its run is running.",
            "turns_have_one_answer": "Each turn is the answer to one model call, and each answered call has its turn.",
            "usage_adds_up": "A run's tokens and cost are those of its model calls.",
        },
    ),
    *_sql(
        "verify_passes",
        {
            "sequential_tasks_have_a_place": "A sequential task has a position in a job, and no other task has one.",
            "orders_have_no_gap": "The sequential tasks of a job have the positions 1, 2, 3, … one each.",
            "passes_are_numbered": "The passes of a job are numbered without a gap.",
            "jobs_have_one_running_pass": "A job has one pass at most that is running.",
            "jobs_show_their_newest_pass": "A job's status is that of its newest pass, or pending while none runs.",
            "running_passes_have_one_open_run": "A running pass has one run that has not ended: that of its step.",
            "ended_passes_rest": "A pass that has ended says when, and none of its runs goes on.",
            "passes_leave_no_step_out": "A pass goes on from a step that succeeded or was skipped, and from no other.",
            "passes_end_as_their_step_did": "A pass is failed or cancelled as the run of its last step is.",
            "steps_run_on_the_way": "The runs of a pass are those of its steps, as far as it came.",
            "steps_follow_each_other": "A step begins when the one before it ends.",
            "skipped_steps_did_not_run": "A skipped step lies on the way of its pass, and has no run.",
            "orders_name_each_task_once": "The order of a pass names a task once.",
        },
    ),
    *_sql("verify_board", {"cards_are_numbered": "The cards of a column have the places 1, 2, 3, … one each."}),
    *_sql("verify_stores", {"stores_are_apart": "No row refers to a row of another store, or to none."}),
    *_sql(
        "verify_board",
        {
            "heart_beats_once": "There is one heartbeat.",
            "ticks_end_with_a_code": "A tick that ended says with which exit code.",
        },
    ),
]
