"""The tasks and jobs of a backfill, each with its slots in a line.

1. A run of the task that is open already goes first, whoever asked for it: it is taken on, or waited for. Of a job that
   is what is in the way of the pass that runs: the run of its step, or another one of the step's task.
2. A slot of its own schedule that is due goes before the rest.
3. The next slot of the plan is claimed together with its run, or the pass that it begins, which is executed here.
4. What was claimed is claimed: whoever begins again, or does the same beside us, finds less to do.
"""

from dataclasses import dataclass, replace

from processor.context import Listener
from processor.rules.run_state import RunState
from processor.services import checks
from processor.services.backfill import Part, Plan
from processor.settings import Settings
from processor.storage import backfill, runs
from processor.storage.backfill import JOBS, Past
from processor.storage.runs import Worker
from processor.storage.work import Row, Work
from processor.tick import claims
from processor.tick.claims import Claims
from processor.tick.materialise import materialise_task
from processor.tick.materialise_jobs import materialise_job

PATIENCE_SECONDS = 3_600
"""A run that waits longer than the longest delay between two starts is left to the ticks, with its task or job."""


@dataclass(slots=True)
class _Pending:
    """A task or job of the plan, and how far we are with it."""

    part: Part
    wanted: backfill.Wanted
    is_done: bool = False
    pass_id: str | None = None
    """The pass of the plan that runs."""
    obstacle: str | None = None
    """Why it waits for longer than we do."""

    def move_to(self, slot: int, *, newest_first: bool) -> None:
        """Look no further back than this slot; it stays within, in case that its claim comes to nothing."""
        if newest_first:
            self.wanted = replace(self.wanted, until_at=slot)
        else:
            self.wanted = replace(self.wanted, from_at=slot)


class Line:
    """The tasks and jobs that have something left to run."""

    def __init__(self, settings: Settings, plan: Plan, listener: Listener, *, newest_first: bool) -> None:
        """`listener` is told of passes that have ended."""
        self._settings = settings
        self._listener = listener
        self._newest_first = newest_first
        self._pending = [_Pending(each, each.wanted) for each in plan.parts]
        self._pass_ids: set[str] = set()
        self.run_ids: set[str] = set()
        """The runs that were made for slots of the plan."""

    @property
    def claimed_count(self) -> int:
        """How many slots were claimed."""
        return len(self.run_ids) + len(self._pass_ids)

    @property
    def is_finished(self) -> bool:
        """Nothing is left but what waits for longer than we do."""
        return all(each.is_done or each.obstacle is not None for each in self._pending)

    @property
    def obstacles(self) -> list[str]:
        return [each.obstacle for each in self._pending if each.obstacle is not None and not each.is_done]

    def claim(self, work: Work, worker: Worker, limit: int, *, idle: bool) -> Claims:
        """Take up to `limit` runs, one of each task or job at most; a suspect only if `idle`, and alone."""
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
        # Of a job it is looked for before the lock, too: who holds a run, and moves its pass on, never waits for us.
        open_run = self._step_in_the_way(work, each)
        past = None if open_run is not None else backfill.lock(work, each.part.owners, each.part.id)
        if past is not None:
            open_run = self._open_run(work, each, past)
        if open_run is not None:
            found = claims.claim(work, replace(worker, run_id=open_run.id), 1, idle=idle)
            each.obstacle = None if found.to_execute or found.ended else _obstacle(work, each.part, open_run)
            return found
        if past is None:
            each.is_done = backfill.find(work, each.part.owners, each.part.id, each.part.store_id) is None
            return Claims()
        return self._claim_slot(work, worker, each, past)

    def _claim_slot(self, work: Work, worker: Worker, each: _Pending, past: Past) -> Claims:
        id_ = checks.new_id()
        slot = backfill.claim_next(work, past, each.wanted, id_, worker.id, newest_first=self._newest_first)
        each.is_done = slot is None
        if slot is None:
            return Claims()
        each.move_to(slot, newest_first=self._newest_first)
        if past.owners == JOBS:
            each.pass_id = id_
            self._pass_ids.add(id_)
            return Claims(runs.claim(work, replace(worker, job_run_id=id_), limit=1))
        self.run_ids.add(id_)
        return Claims(runs.claim(work, replace(worker, run_id=id_), limit=1))

    def _open_run(self, work: Work, each: _Pending, past: Past) -> Row | None:
        """The run in the way; that of a slot which is due right now, if there is no other."""
        if past.owners == JOBS:
            open_run = self._step_in_the_way(work, each)
            if open_run is None and past.is_due(work.now):
                materialise_job(work, self._settings, past.id)
                open_run = self._step_in_the_way(work, each)
            return open_run
        open_run = backfill.open_run(work, past.id)
        if open_run is None and past.is_due(work.now):
            materialise_task(work, self._settings, past.store_id, past.id)
            open_run = backfill.open_run(work, past.id)
        return open_run

    def _step_in_the_way(self, work: Work, each: _Pending) -> Row | None:
        """What keeps the next pass of a job from beginning; None for a task."""
        if each.part.owners != JOBS:
            return None
        under_way = backfill.pass_under_way(work, each.part.id)
        if each.pass_id is not None and (under_way is None or under_way.id != each.pass_id):
            each.pass_id = None
            self._listener("slot.backfilled", job_id=each.part.id)
        return None if under_way is None else backfill.open_run(work, under_way.task_id)


def _obstacle(work: Work, part: Part, run: Row) -> str | None:
    """Why the run in the way is not worth waiting for, if it is not."""
    if run.state != RunState.WAITING:
        return None
    if run.not_before is not None and run.not_before <= work.now + PATIENCE_SECONDS:
        return None
    return f"{part.noun.capitalize()} '{part.name}' is left alone, because run {run.id} waits for {run.waiting_for}"
