"""Runs the slots of a plan, those of one task or job in a line, until nothing is left."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processor.context import Listener, TickContext
from processor.errors import Conflict
from processor.services import backfill as plans
from processor.services import runs as run_services
from processor.services.backfill import Plan
from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.runs import Worker
from processor.storage.work import SYSTEM, Work
from processor.tick import checks
from processor.tick.backfill_line import Line
from processor.tick.execute import Execution
from processor.tick.report import TickReport
from processor.tick.tick import EXIT_BUG, TickRow

LOOK_AGAIN_SECONDS = 1.0
COUNTED_AT_ONCE = 500


@dataclass(slots=True)
class BackfillReport:
    """What became of a plan."""

    ran: TickReport
    left: int = 0
    """Slots that have still to run."""
    obstacles: Sequence[str] = ()
    """Why, for the tasks and jobs that somebody else has."""


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
    line = Line(settings, plan, context.listener, newest_first=newest_first)
    context.listener = _Counting(context.listener, line)
    row.report.due = len(plan.parts)
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
        report.claimed = line.claimed_count
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
