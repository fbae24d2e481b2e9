"""One tick.

1. Check: schema, database, clocks; a credential, if a task that needs a model is due. If the clock has been set back
   since the latest tick, undo first what it wrote while it was ahead.
2. Materialise the due slots of all stores, and begin to look at watched files.
3. Take over, resume and start runs, and execute them, many at once. Under the emergency stop nothing is executed.
4. Write the tick's row. A failed run is data; what stops a tick is its exit code.
"""

import json
import os
import platform
import resource
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from processor.context import Listener, TickContext, unheard
from processor.errors import CommitInDoubt, ProcessorError
from processor.lazy import load
from processor.log import get_logger
from processor.rules.instants import iso
from processor.services.runs import RunView
from processor.settings import Settings
from processor.storage import runs, ticks
from processor.storage.database import Database
from processor.storage.events import emit
from processor.storage.runs import Claim, Worker
from processor.storage.ticks import TickEnd
from processor.storage.work import Work
from processor.tick import checks
from processor.tick.clock_step import StepBack, undo_future
from processor.tick.execute import Execution
from processor.tick.materialise import materialise
from processor.tick.report import TickReport

if TYPE_CHECKING:
    from processor.tick.looks import Looks

Request = Callable[[Work], RunView]
"""Queues a run in the transaction that claims it."""

Asking = Callable[[Work, Worker], Worker]
"""Queues something in the transaction that claims it; gives back the worker, which wants that alone."""

LOOKS = "processor.tick.looks:Looks"
"""Loaded where something is watched."""

EXIT_BUG = 70
SECONDS_BETWEEN_GLANCES = 0.5
"""At the signal to stop, while nothing is waited for but looks at files."""
EXIT_CODES_OF_SIGNALS = {"SIGINT": 130, "SIGTERM": 143}


@dataclass(frozen=True, slots=True)
class TickOptions:
    """What this tick is limited to; None: everything."""

    store_id: str | None = None
    max_runs: int | None = None


async def tick(
    database: Database,
    settings: Settings,
    options: TickOptions | None = None,
    listener: Listener = unheard,
    context: TickContext | None = None,
) -> TickReport:
    """Run one tick and return what it did. Raises ProcessorError when it could not even begin."""
    options = options or TickOptions()
    context = context or TickContext(settings.tick_seconds, listener)
    checks.require_usable(database)
    row = TickRow(database, str(uuid.uuid4()))
    stepped_back = database.write(_begin, row, settings.lease_seconds)
    if stepped_back is not None:
        get_logger().warning("clock.stepped_back", **asdict(stepped_back))
    return await row.close_after(_work(database, settings, options, context, row.report), context)


async def run_requested(
    database: Database, settings: Settings, store_id: str, request: Request, context: TickContext
) -> TickReport:
    """Execute the run that is requested: request and claim in one transaction, so that no tick comes between.

    Raises what the request raises; a run that fails is data.
    """

    def ask(work: Work, worker: Worker) -> Worker:
        return replace(worker, run_id=request(work)["id"])

    return await _asked(database, settings, store_id, ask, context, max_runs=0)


async def run_pass(
    database: Database, settings: Settings, store_id: str, begin: Callable[[Work], str], context: TickContext
) -> TickReport:
    """Execute the pass that is begun (`begin` returns its id), step after step, until none of its runs is ready.

    It ends, or has a run that waits for something; a tick goes on with that. Raises what `begin` raises.
    """

    def ask(work: Work, worker: Worker) -> Worker:
        return replace(worker, job_run_id=begin(work))

    return await _asked(database, settings, store_id, ask, context, max_runs=None)


async def _asked(
    database: Database, settings: Settings, store_id: str, ask: Asking, context: TickContext, *, max_runs: int | None
) -> TickReport:
    checks.require_usable(database)
    problem = checks.credential_problem(settings)
    if problem is not None:
        raise problem
    row = TickRow(database, str(uuid.uuid4()))
    worker = Worker(row.report.tick_id, settings.lease_seconds, store_id)
    claims, narrowed = _claims_of_request(database, row, worker, ask)
    execution = Execution(database, settings, context, narrowed, max_runs)
    return await row.close_after(_execute(execution, claims, row.report), context)


def _begin(work: Work, row: "TickRow", lease_seconds: int) -> StepBack | None:
    stepped_back = undo_future(work, lease_seconds)
    if stepped_back is not None:
        emit(work, "clock.stepped_back", None, None, **asdict(stepped_back))
    row.begin(work)
    return stepped_back


def _claims_of_request(database: Database, row: "TickRow", worker: Worker, ask: Asking) -> tuple[list[Claim], Worker]:
    """Request and claim; where the answer to COMMIT was lost, the claim that is there or is not tells."""
    narrowed = worker

    def request_and_claim(work: Work) -> list[Claim]:
        nonlocal narrowed
        narrowed = ask(work, worker)
        row.begin(work)
        return runs.claim(work, narrowed, limit=1)

    try:
        return database.write(request_and_claim), narrowed
    except CommitInDoubt:
        claims = database.write(runs.held, worker)
        if not claims:
            raise
        return claims, narrowed


async def _work(
    database: Database, settings: Settings, options: TickOptions, context: TickContext, report: TickReport
) -> None:
    keyless = checks.missing_credential(database, settings, options.store_id)
    counts = materialise(database, settings, options.store_id, with_model=keyless is None)
    report.due, report.claimed, report.missed, report.skipped = (
        counts.due,
        counts.claimed,
        counts.missed,
        counts.skipped,
    )
    context.listener("slots.materialised", due=counts.due, claimed=counts.claimed, missed=counts.missed)
    if counts.missed or counts.skipped:
        get_logger().warning("slot.missed", missed=counts.missed, skipped=counts.skipped)
    if keyless is not None:
        raise keyless
    with database.reading() as work:
        stopped, is_watching = checks.stop_reason(work, settings), checks.is_watching(work, options.store_id)
    looks: Looks | None = load(LOOKS)(database, settings, options.store_id) if is_watching else None
    async with looks or nullcontext():
        if stopped is not None:
            get_logger().warning("scheduler.stopped", reason=stopped)
            while looks is not None and not context.ending and await looks.under_way(SECONDS_BETWEEN_GLANCES):
                pass
        else:
            worker = Worker(report.tick_id, settings.lease_seconds, options.store_id)
            execution = Execution(database, settings, context, worker, options.max_runs, beside=looks)
            await _execute(execution, [], report)
    if looks is not None:
        report.due, report.claimed = report.due + looks.runs, report.claimed + looks.runs
        report.exit_code = EXIT_BUG if looks.bugs else report.exit_code
        looks.require_credential()


async def _execute(execution: Execution, first: list[Claim], report: TickReport) -> None:
    try:
        await execution.run(first)
    finally:
        report.count_runs(execution.run_objects())
        report.recovered = sum(claim.recoveries > 0 for claim in execution.claims)
    if execution.faults:
        raise execution.faults[0]
    if execution.refused is not None:
        report.error = execution.refused
    if execution.bugs:
        report.exit_code = EXIT_BUG


class TickRow:
    """The tick's row, from its beginning to its end, with what the process used."""

    def __init__(self, database: Database, tick_id: str) -> None:
        self._database = database
        self._started = time.monotonic()
        self._cpu_started = time.process_time()
        self.report = TickReport(tick_id, iso(database.clock.now()))

    def begin(self, work: Work) -> None:
        """Write the row; this also shows that the database can be written."""
        ticks.begin(work, self.report.tick_id, platform.node(), os.getpid())

    async def close_after(self, working: Awaitable[None], context: TickContext) -> TickReport:
        """Wait for the tick's work and close the row, however that ends. A bug goes on to whoever called."""
        try:
            await working
        except ProcessorError as error:
            self._end(error.exit_code, str(error))
        except Exception as bug:
            self._end(EXIT_BUG, f"a bug of process-tasks ended the tick ({type(bug).__name__}): see its log")
            raise
        finally:
            signalled = EXIT_CODES_OF_SIGNALS.get(context.stop_reason or "")
            if signalled is not None:
                self.report.exit_code = signalled
            self._close()
        return self.report

    def _end(self, exit_code: int, error: str) -> None:
        self.report.exit_code, self.report.error = exit_code, error

    def _close(self) -> None:
        """Write the row; a database that cannot be written any more does not hide what was wrong before."""
        report = self.report
        end = TickEnd(
            exit_code=report.exit_code,
            error=report.error,
            counts=report.counts(),
            duration_ms=round((time.monotonic() - self._started) * 1000),
            cpu_ms=round((time.process_time() - self._cpu_started) * 1000),
            memory_bytes=_peak_memory_bytes(),
        )
        try:
            report.finished_at = iso(self._database.clock.now())
            self._database.write(_finish, report, end)
        except ProcessorError as error:
            report.exit_code = report.exit_code or error.exit_code
            report.error = report.error or str(error)
        _log(report)


def _finish(work: Work, report: TickReport, end: TickEnd) -> None:
    """Close the row; a tick that found nothing to do tells nothing."""
    if not report.idle:
        told = json.loads(end.counts) | {"runs": len(report.runs), "exit_code": end.exit_code}
        emit(work, "tick.finished", None, report.tick_id, **told)
    ticks.finish(work, report.tick_id, end)


def _log(report: TickReport) -> None:
    """One line about the tick, whatever became of it; a tick that found nothing to do is silent."""
    fields = {key: value for key, value in report.as_json().items() if key != "runs"}
    if report.error is None:
        (get_logger().debug if report.idle else get_logger().info)("tick.finished", **fields)
    else:
        log = get_logger().error if report.exit_code else get_logger().warning
        log("tick.finished", exit_code=report.exit_code, error=report.error, **fields)


def _peak_memory_bytes() -> int:
    """The most this process ever held; on Linux from /proc, because getrusage there tells of the parent, too."""
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
