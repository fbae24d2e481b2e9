"""`processor backfill`: slots of the past that nobody ran get their run."""

import asyncio
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from processor.cli.access import actor, opened
from processor.cli.guard import leave
from processor.cli.options import AsJson, DryRun, alone, verb
from processor.cli.progress import configure_log
from processor.cli.progress_bar import slots_bar
from processor.cli.render import say, show_json, show_line, show_table
from processor.cli.ticking import stoppable, terminable
from processor.context import Listener, TickContext, unheard
from processor.errors import InvalidInput
from processor.rules.backfill_range import Reprocess
from processor.services import backfill, naming, stores
from processor.services.backfill import Part, Plan
from processor.settings import Settings, load_settings
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.backfill import BackfillReport, run_backfill

app = alone()
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
DEFAULT_SINCE = "24h"
COLUMNS = {
    "of": "OF",
    "slots": "SLOTS",
    "first": "FIRST",
    "last": "LAST",
    "estimated_cost_usd": "ESTIMATED USD",
}
COUNTS = ("claimed", "succeeded", "failed", "waiting", "handed_back", "cost_usd", "input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which slots one invocation names, in one of two ways: a range of one task or job, or what was missed."""

    task: str | None
    job: str | None
    since: str | None
    until: str | None
    reprocess: str | None
    missed_since: str | None
    store: str | None

    def require_one_way(self, *, missed: bool) -> None:
        """Raise InvalidInput for both ways at once, and for half of one."""
        if self.task is not None and self.job is not None:
            raise InvalidInput("--task and --job-id contradict each other: give one of them")
        whose = "--task" if self.job is None else "--job-id"
        of_range = {whose: self.task or self.job, "--from": self.since, "--to": self.until}
        if missed:
            stray = [name for name, value in (of_range | {"--reprocess": self.reprocess}).items() if value is not None]
            if stray:
                raise InvalidInput(f"--missed goes without {stray[0]}: name the slots in one of the two ways")
            return
        missing = [name for name, value in of_range.items() if value is None]
        if missing:
            raise InvalidInput(
                f"{missing[0]} is missing: name slots with --task or --job-id, --from and --to, or with --missed"
            )
        if self.job is not None and self.reprocess is not None:
            raise InvalidInput("--reprocess is for tasks: 'processor jobs run' runs the tasks of a job once more")
        if self.missed_since is not None:
            raise InvalidInput("--since says how far back --missed looks: give --missed, too, or leave it out")

    def plan(self, work: Work) -> Plan:
        store_id = None if self.store is None else stores.get(work, self.store).id
        if self.since is None or self.until is None:
            return backfill.plan_missed(work, self.missed_since or DEFAULT_SINCE, store_id=store_id)
        if self.job is not None:
            job_id = naming.job_id(work, store_id, self.job)
            return backfill.plan_job_range(work, job_id, self.since, self.until, store_id=store_id)
        reprocess = self.reprocess or Reprocess.NONE
        task_id = naming.task_id(work, store_id, str(self.task))
        return backfill.plan_range(work, task_id, self.since, self.until, reprocess, store_id=store_id)


@verb(
    app,
    "backfill",
    f"processor backfill --task {EXAMPLE_ID} --from 2026-11-01 --to 2026-11-08 --dry-run",
    "processor backfill --task 'Morning review' --from 2026-11-01 --to 2026-11-08 --reprocess failed",
    "processor backfill --job-id 'Daily maintenance' --from 2026-11-01 --to 2026-11-08",
    "processor backfill --missed --since 7d --max-active 3",
)
def backfill_slots(  # noqa: PLR0917 (typer turns every parameter into an option)
    task: Annotated[
        str | None, typer.Option("--task", metavar="ID|NAME", help="The task whose slots are to run.")
    ] = None,
    job: Annotated[
        str | None,
        typer.Option("--job-id", "--job", metavar="ID|NAME", help="The job with a clock whose slots get their passes."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="The first instant of the range, included.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="The last instant of the range, included.")
    ] = None,
    missed: Annotated[
        bool,
        typer.Option(
            "--missed", help="The missed slots of all jobs, and of all tasks that are neither disabled nor paused."
        ),
    ] = False,
    missed_since: Annotated[
        str | None, typer.Option("--since", metavar="DURATION", help="With --missed: how far back; 24h by default.")
    ] = None,
    reprocess: Annotated[
        str | None,
        typer.Option("--reprocess", metavar="none|failed|all", help="Also run again what failed, or all that ran."),
    ] = None,
    newest_first: Annotated[bool, typer.Option("--newest-first", help="Begin with the latest slot.")] = False,
    max_active: Annotated[
        int | None, typer.Option("--max-active", min=1, max=1_000, metavar="N", help="Run so many tasks at once.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Run even more than 1,000 slots.")] = False,
    dry_run: DryRun = False,
    store: Annotated[
        str | None, typer.Option("--store", metavar="ID|NAME", help="Only this store; otherwise all.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Run slots of the past that nobody ran, one after the other for each task or job; the schedule stays as it is.

    Begun again it goes on where it stopped. Exit 1 if slots are left in the end.
    """
    settings = _limited(load_settings(), max_active)
    configure_log()
    asked = _Asked(task, job, since, until, reprocess, missed_since, store)
    asked.require_one_way(missed=missed)
    with opened(settings) as database, terminable():
        with database.reading() as work:
            plan = asked.plan(work)
        if dry_run or not plan.slot_count:
            _show_plan(plan, as_json=json, dry_run=dry_run)
            return
        backfill.require_consent(plan, given=yes)
        report = _executed(database, settings, plan, newest_first=newest_first)
    _show_report(plan, report, as_json=json)
    if report.ran.exit_code or report.left:
        leave(report.ran.exit_code or 1)


def _limited(settings: Settings, max_active: int | None) -> Settings:
    return settings if max_active is None else settings.model_copy(update={"max_concurrency": max_active})


def _executed(database: Database, settings: Settings, plan: Plan, *, newest_first: bool) -> BackfillReport:
    """A backfill has no deadline; a signal hands back what runs."""
    with _shown(plan) as listener:
        context = TickContext(math.inf, listener)
        working = stoppable(
            context,
            lambda context: run_backfill(database, settings, plan, context, newest_first=newest_first, actor=actor()),
        )
        return asyncio.run(working)


@contextmanager
def _shown(plan: Plan) -> Iterator[Listener]:
    if not sys.stderr.isatty():
        yield unheard
        return
    with slots_bar(plan.slot_count) as listener:
        yield listener


def _show_plan(plan: Plan, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        show_json(_view(plan, dry_run=dry_run))
        return
    _tell_unknown(plan)
    if not plan.slot_count:
        say("No slots: there is nothing to run.")
        return
    show_table([_row(each) for each in plan.parts], COLUMNS)
    show_line(f"{plan.slot_count:,} slots would run; estimated cost: {_cost(plan.estimated_usd)} USD")


def _show_report(plan: Plan, report: BackfillReport, *, as_json: bool) -> None:
    ran = report.ran
    if as_json:
        counts = {name: getattr(ran, name) for name in COUNTS}
        show_json(_view(plan, dry_run=False) | counts | {"left": report.left})
    else:
        _tell_unknown(plan)
        states = ", ".join(f"{getattr(ran, name)} {name}" for name in ("succeeded", "failed", "waiting"))
        show_line(f"{ran.claimed:,} of {plan.slot_count:,} slots claimed; runs: {states}; {ran.cost_usd:.4f} USD")
    for line in (ran.error, *report.obstacles):
        if line is not None:
            say(" ".join(line.split()))
    if report.left:
        say(f"Left to run: {report.left:,} slots. The same command goes on with them.")


def _tell_unknown(plan: Plan) -> None:
    if plan.unknown_count:
        say(
            f"Left out: {plan.unknown_count:,} slots that fell due under an earlier schedule of their task or job; "
            "only how many they were is known, not their times."
        )


def _view(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "slots": plan.slot_count,
        "estimated_cost_usd": plan.estimated_usd,
        "tasks": [each.as_json() for each in plan.tasks],
        "jobs": [each.as_json() for each in plan.jobs],
    }


def _row(part: Part) -> dict[str, Any]:
    return part.as_json() | {"of": f"{part.noun} {part.name}", "estimated_cost_usd": _cost(part.estimated_usd)}


def _cost(estimated_usd: float | None) -> str:
    return "unknown" if estimated_usd is None else f"{estimated_usd:.4f}"
