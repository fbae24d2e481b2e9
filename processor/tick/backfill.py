"""Runs the slots of a plan: one after the other for each task, many tasks at once.

1. A run of the task that is open already goes first, whoever asked for it: it is taken on, or waited for.
2. A slot of the task's own schedule that is due goes before the rest.
3. The next slot of the plan is claimed together with its run, which is executed here.
4. What was claimed is claimed: whoever begins again, or does the same beside us, finds less to do.
"""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from processor.context import Listener, TickContext
from processor.errors import Conflict
from processor.rules.run_state import RunState
from processor.services import backfill as plans
from processor.services import checks as service_checks
from processor.services import runs as run_services
from processor.services.backfill import Plan, TaskPlan
from processor.settings import Settings
from processor.storage import backfill, runs
from processor.storage.backfill import PastTask
from processor.storage.database import Database
from processor.storage.runs import Worker
from processor.storage.work import SYSTEM, Row, Work
from processor.tick import checks, claims
from processor.tick.claims import Claims
from processor.tick.execute import Execution
from processor.tick.materialise import materialise_task
from processor.tick.report import TickReport
from processor.tick.tick import EXIT_BUG, TickRow

PATIENCE_SECONDS = 3_600
"""A run that waits longer than the longest delay between two starts is left to the ticks, with its task."""
LOOK_AGAIN_SECONDS = 1.0
COUNTED_AT_ONCE = 500


@dataclass(slots=True)
class BackfillReport:
    """What became of a plan."""

    ran: TickReport
    left: int = 0
    """Slots that have still to run."""
    obstacles: Sequence[str] = ()
    """Why, for the tasks that somebody else has."""


async def run_backfill(
    database: Database,
    settings: Settings,
    plan: Plan,
    context: TickContext,
    *,
    newest_first: bool = False,
    actor: str = SYSTEM,
) -> BackfillReport:
    """Run what is planned, with as many runs at once as the settings say, until nothing is left or `context` ends.

    `actor` is who wants it, for the audit trail.
    Raises Conflict while everything is stopped, and ConfigurationError without a credential.
    """
    checks.require_usable(database)
    _require_free(database, settings)
    row = TickRow(database, str(uuid.uuid4()))
    database.write(_begin, row, plan, actor)
    line = Line(settings, plan, newest_first=newest_first)
    context.listener = _Counting(context.listener, line)
    row.report.due = len(plan.tasks)
    await row.close_after(_work(database, settings, line, context, row.report), context)
    with database.reading() as work:
        return BackfillReport(row.report, plans.left(work, plan), line.obstacles)


def _begin(work: Work, row: TickRow, plan: Plan, actor: str) -> None:
    work.actor = actor
    row.begin(work)
    plans.note_request(work, plan)


def _require_free(database: Database, settings: Settings) -> None:
    with database.reading() as work:
        stopped = checks.stop_reason(work, settings)
    if stopped is not None:
        raise Conflict(f"Everything is stopped ({stopped}): end the stop first")
    problem = checks.credential_problem(settings)
    if problem is not None:
        raise problem


@dataclass(slots=True)
class _Pending:
    """A task of the plan, and how far we are with it."""

    plan: TaskPlan
    wanted: backfill.Wanted
    is_done: bool = False
    obstacle: str | None = None
    """Why it waits for longer than we do."""

    def move_to(self, slot: int, *, newest_first: bool) -> None:
        """Look no further back than this slot; it stays within, in case that its claim comes to nothing."""
        if newest_first:
            self.wanted = replace(self.wanted, until_at=slot)
        else:
            self.wanted = replace(self.wanted, from_at=slot)


class Line:
    """The tasks that have something left to run."""

    def __init__(self, settings: Settings, plan: Plan, *, newest_first: bool) -> None:
        self._settings = settings
        self._newest_first = newest_first
        self._pending = [_Pending(each, each.wanted) for each in plan.tasks]
        self.run_ids: set[str] = set()
        """The runs that were made for slots of the plan."""

    @property
    def is_finished(self) -> bool:
        """Nothing is left but what waits for longer than we do."""
        return all(each.is_done or each.obstacle is not None for each in self._pending)

    @property
    def obstacles(self) -> list[str]:
        return [each.obstacle for each in self._pending if each.obstacle is not None and not each.is_done]

    def claim(self, work: Work, worker: Worker, limit: int, *, idle: bool) -> Claims:
        """Take up to `limit` runs, one of each task at most; a suspect only if the process is `idle`, and alone."""
        found = Claims()
        for each in self._pending:
            if len(found.to_execute) == limit or any(claim.is_suspect for claim in found.to_execute):
                break
            if not each.is_done:
                taken = self._claim_of(work, worker, each, idle=idle and not found.to_execute)
                found.to_execute += taken.to_execute
                found.ended += taken.ended
        return found

    def _claim_of(self, work: Work, worker: Worker, each: _Pending, *, idle: bool) -> Claims:
        task = backfill.lock(work, each.plan.task_id)
        if task is None:
            each.is_done = backfill.find(work, each.plan.task_id, each.plan.store_id) is None
            return Claims()
        open_run = self._open_run(work, task)
        if open_run is not None:
            found = claims.claim(work, replace(worker, run_id=open_run.id), 1, idle=idle)
            each.obstacle = None if found.to_execute or found.ended else _obstacle(work, task, open_run)
            return found
        run_id = service_checks.new_id()
        slot = backfill.claim_next(work, task, each.wanted, run_id, worker.id, newest_first=self._newest_first)
        each.is_done = slot is None
        if slot is None:
            return Claims()
        each.move_to(slot, newest_first=self._newest_first)
        self.run_ids.add(run_id)
        return Claims(runs.claim(work, replace(worker, run_id=run_id), limit=1))

    def _open_run(self, work: Work, task: PastTask) -> Row | None:
        """The task's open run; that of a slot which is due right now, if there is no other."""
        open_run = backfill.open_run(work, task.id)
        if open_run is None and task.is_due(work.now):
            materialise_task(work, self._settings, task.store_id, task.id)
            open_run = backfill.open_run(work, task.id)
        return open_run


def _obstacle(work: Work, task: PastTask, run: Row) -> str | None:
    """Why the run in the way is not worth waiting for, if it is not."""
    if run.state != RunState.WAITING:
        return None
    if run.not_before is not None and run.not_before <= work.now + PATIENCE_SECONDS:
        return None
    return f"Task '{task.name}' is left alone, because its run {run.id} waits for {run.waiting_for}"


async def _work(database: Database, settings: Settings, line: Line, context: TickContext, report: TickReport) -> None:
    worker = Worker(report.tick_id, settings.lease_seconds)
    run_ids: dict[str, None] = {}
    try:
        while not context.ending:
            execution = Execution(database, settings, context, worker, None, line.claim)
            try:
                await execution.run()
            finally:
                run_ids |= dict.fromkeys(claim.run_id for claim in (*execution.claims, *execution.ended))
                report.recovered += sum(claim.recoveries > 0 for claim in execution.claims)
            if _has_ended(execution, report) or line.is_finished:
                return
            await _look_up(database, settings, context)
    finally:
        report.claimed = len(line.run_ids)
        _count(database, report, list(run_ids))


def _has_ended(execution: Execution, report: TickReport) -> bool:
    """What ends a tick ends a backfill."""
    if execution.faults:
        raise execution.faults[0]
    if execution.bugs:
        report.exit_code = EXIT_BUG
    report.error = execution.refused
    return execution.refused is not None


async def _look_up(database: Database, settings: Settings, context: TickContext) -> None:
    """Others have what is left: wait a little. The emergency stop counts here, too."""
    reason = await database.read_soon(checks.stop_reason, settings)
    if reason is not None:
        context.stop(f"emergency stop: {reason}")
    else:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _count(database: Database, report: TickReport, run_ids: list[str]) -> None:
    """Count what was executed; not all of it is kept in memory at once."""
    for some in _in_parts(run_ids):
        with database.reading() as work:
            report.count_runs(run_services.among(work, some))
    report.runs = []


def _in_parts(run_ids: list[str]) -> Iterator[list[str]]:
    return (run_ids[at : at + COUNTED_AT_ONCE] for at in range(0, len(run_ids), COUNTED_AT_ONCE))


class _Counting:
    """A listener that tells another one when a slot of the plan has had its run."""

    def __init__(self, listener: Listener, line: Line) -> None:
        self._listener = listener
        self._line = line

    def __call__(self, event: str, /, **fields: object) -> None:
        self._listener(event, **fields)
        ended = event.removeprefix("run.") in {"succeeded", "failed", "cancelled"}
        if ended and fields.get("run_id") in self._line.run_ids:
            self._listener("slot.backfilled", run_id=fields["run_id"])
