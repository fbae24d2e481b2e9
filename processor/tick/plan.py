"""What a tick would begin with now, why and at what cost, and what it would pass over; nothing is written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from processor.reports.run_reasons import DueSlot, why_by_hand, why_claimed, why_first_step, why_passed_over
from processor.rules.disposition import Decision, Disposition
from processor.rules.instants import iso, iso_or_none
from processor.rules.run_state import Trigger
from processor.rules.schedules import count, from_columns, newest
from processor.services import jobs, runs
from processor.services.expected_cost import expected_usd
from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.slots import TASK_COLUMNS
from processor.storage.watches import Look, Watch
from processor.storage.work import Work
from processor.tick import checks
from processor.tick.looks import changed
from processor.tick.materialise import preview
from processor.tick.materialise_jobs import preview_jobs
from processor.tick.ready_runs import ready_runs
from processor.tick.report import TickReport
from processor.tick.slot_counts import SlotCounts
from processor.tick.tick import TickOptions

Due = tuple[Mapping[str, Any], Decision]
"""A task or job that is due, as its row says, and what the rules decide for its slots."""
Planned = dict[str, Any]


@dataclass(slots=True)
class Plan:
    """A tick that does not take place; each run of the report has a `reason` and an `expected_cost_usd`."""

    report: TickReport
    not_run: list[Planned] = field(default_factory=list)
    """What is due and would not start, and why; some entries stand for several slots of a task or job."""

    @property
    def expected_cost_usd(self) -> float:
        """What the runs are expected to cost, as far as their tasks have a history."""
        return round(sum(run["expected_cost_usd"] or 0 for run in self.report.runs), 9)

    @property
    def without_history(self) -> int:
        """How many runs nothing is known of."""
        return sum(run["expected_cost_usd"] is None for run in self.report.runs)

    def as_json(self) -> dict[str, Any]:
        """The tick's object, without an id because there is no tick."""
        return self.report.as_json() | {
            "tick_id": None,
            "dry_run": True,
            "expected_cost_usd": self.expected_cost_usd,
            "without_history": self.without_history,
            "not_run": self.not_run,
        }


def plan_tick(database: Database, settings: Settings, options: TickOptions) -> Plan:
    """Find out what a tick would do now; raises what a tick that cannot begin raises."""
    checks.require_usable(database)
    watching = changed(database, settings, options.store_id)
    keyless = checks.missing_credential(database, settings, options.store_id)
    if watching and keyless is None:
        keyless = checks.credential_problem(settings)
    due = preview(database, settings, options.store_id)
    settled = due if keyless is None else preview(database, settings, options.store_id, with_model=False)
    with database.reading() as work:
        due_jobs = preview_jobs(work, settings, options.store_id)
        settled_jobs = due_jobs if keyless is None else []
        found, behind = ready_runs(work, options.store_id)
        found += _claimed(work, settings, due)
        found += [step for each in due_jobs for step in _first_step(work, settings, each)]
        found += [_of_files(work, each, look) for each, look in watching]
        stopped = checks.stop_reason(work, settings)
        report = _report(work, len(due) + len(due_jobs) + len(watching), [*settled, *settled_jobs])
        report.claimed += len(watching) if keyless is None else 0
        passed_over = [
            *_passed_over(work, settings, settled, "task"),
            *_passed_over(work, settings, settled_jobs, "job"),
        ]
        passed_over += _without_step(work, settled_jobs)
        with_cost(work, found)
    report.runs, blocked = _divided(found, options, None if keyless is None else str(keyless), stopped)
    return Plan(report, [*blocked, *behind, *passed_over])


def by_hand(work: Work, run: Planned) -> Planned:
    """A planned run that somebody asks for, with its reason and cost."""
    return with_cost(work, [run | {"reason": why_by_hand(run["rerun_of"])}])[0]


def with_cost(work: Work, found: list[Planned]) -> list[Planned]:
    """Add to each what its task's latest runs cost in the mean; None without a history."""
    costs = expected_usd(work, {each["task_id"] for each in found})
    for each in found:
        each["expected_cost_usd"] = costs.get(each["task_id"])
    return found


def _report(work: Work, due_count: int, settled: Iterable[Due]) -> TickReport:
    counts = SlotCounts()
    for _, decision in settled:
        counts.claimed += len(_claims(decision))
        counts.add(decision)
    return TickReport(
        "", iso(work.now), due=due_count, claimed=counts.claimed, missed=counts.missed, skipped=counts.skipped
    )


def _claimed(work: Work, settings: Settings, due: list[Due]) -> list[Planned]:
    """The runs that would be made of slots, in the order of their priorities."""
    slots = {row["id"]: _claims(decision) for row, decision in due}
    rows = {row["id"]: row for row, _ in due}
    reasons = {
        (task_id, iso(at)): why_claimed(_slot(work, settings, rows[task_id], at))
        for task_id in slots
        for at in slots[task_id]
    }
    return [run | {"reason": reasons[run["task_id"], run["scheduled_time"]]} for run in runs.planned(work, slots)]


def _first_step(work: Work, settings: Settings, due: Due) -> Iterator[Planned]:
    """The run with which the pass would begin; without an id, as nothing of it is there."""
    job, decision = due
    for at in _claims(decision):
        order = jobs.outlook(work, job["store_id"], job["id"])
        step = next((step for step in order["steps"] if step["skip_reason"] is None), None)
        if step is not None:
            (run,) = runs.planned(work, {step["task_id"]: [at]})
            place = {"job_id": job["id"], "job_name": job["name"], "step": f"{step['position']}/{order['total']}"}
            reason = why_first_step(job["name"], _slot(work, settings, job, at))
            yield run | {"trigger": Trigger.JOB, "scheduled_time": None} | place | {"reason": reason}


def _of_files(work: Work, watch: Watch, look: Look) -> Planned:
    """The run that would be told of changed files."""
    (run,) = runs.planned(work, {watch.task_id: [work.now]})
    count = len(look.changes)
    told = {"change_count": count, "reason": "a file changed" if count == 1 else f"{count:,} files changed"}
    return run | {"trigger": Trigger.FILE_WATCH, "scheduled_time": None} | told


def _without_step(work: Work, due_jobs: list[Due]) -> Iterator[Planned]:
    for job, decision in due_jobs:
        for at in _claims(decision):
            order = jobs.outlook(work, job["store_id"], job["id"])
            if all(step["skip_reason"] is not None for step in order["steps"]):
                yield _entry(job, "job", "no_step", "its pass has no step that could run", (at, at, 1))


def _passed_over(work: Work, settings: Settings, settled: list[Due], kind: str) -> Iterator[Planned]:
    """What becomes of slots without a run: an entry for each task or job and each fate."""
    for row, decision in settled:
        for disposition in Disposition:
            entries = [entry for entry in decision.entries if entry.disposition is disposition]
            if disposition is Disposition.CLAIMED or not entries:
                continue
            last = entries[-1].until_time or entries[-1].scheduled_time
            reason = why_passed_over(disposition, _slot(work, settings, row, last))
            span = entries[0].scheduled_time, last, sum(entry.slot_count for entry in entries)
            yield _entry(row, kind, disposition, reason, span)
        yield from _waiting(work, row, decision, kind)


def _waiting(work: Work, row: Mapping[str, Any], decision: Decision, kind: str) -> Iterator[Planned]:
    """The slots that keep the cursor before them."""
    known: dict[str, Any] = {"next_run_at": None, **row}  # a job has none here, and is never adaptive
    schedule = from_columns(*(known[name] for name in TASK_COLUMNS))
    last = newest(schedule, decision.cursor, work.now)
    if decision.next_run_at is not None and last is not None:
        reason = "waits: a run of the task has to end first"
        span = decision.next_run_at, last, count(schedule, decision.cursor, work.now)
        yield _entry(row, kind, "waiting", reason, span)


def _divided(
    found: list[Planned], options: TickOptions, keyless: str | None, stopped: str | None
) -> tuple[list[Planned], list[Planned]]:
    """The runs that would start, and those that something keeps from it."""
    if keyless is not None:
        return [], [_blocked(run, "no_credential", f"no model can be called: {keyless}") for run in found]
    if stopped is not None:
        return [], [_blocked(run, "stopped", f"everything is stopped: {stopped}") for run in found]
    first = len(found) if options.max_runs is None else options.max_runs
    reason = f"--max-runs {options.max_runs} leaves it to the next tick"
    return found[:first], [_blocked(run, "beyond_max_runs", reason) for run in found[first:]]


def _blocked(run: Planned, outcome: str, reason: str) -> Planned:
    at = run["scheduled_time"]
    kept = {name: run.get(name) for name in ("store_id", "task_id", "task_name", "job_id", "job_name")}
    return kept | {"outcome": outcome, "slots": int(at is not None), "first": at, "last": at, "reason": reason}


def _entry(
    row: Mapping[str, Any], kind: str, outcome: str, reason: str, span: tuple[int | None, int | None, int]
) -> Planned:
    first, last, slot_count = span
    named = dict.fromkeys(("task_id", "task_name", "job_id", "job_name"))
    return (
        {"store_id": row["store_id"]}
        | named
        | {f"{kind}_id": row["id"], f"{kind}_name": row["name"]}
        | {"outcome": str(outcome), "slots": slot_count}
        | {"first": iso_or_none(first), "last": iso_or_none(last), "reason": reason}
    )


def _slot(work: Work, settings: Settings, row: Mapping[str, Any], at: int) -> DueSlot:
    window = settings.window_seconds
    return DueSlot(at, work.now, window, row["misfire"], row["timezone"], row.get("held_slot"))


def _claims(decision: Decision) -> list[int]:
    return [entry.scheduled_time for entry in decision.entries if entry.disposition is Disposition.CLAIMED]
