"""Due slots become ledger rows, runs and a moved cursor: for all stores, before anything is executed."""

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from processor.errors import InvalidSchedule
from processor.log import get_logger
from processor.rules.disposition import Decision, Misfire, Overlap, decide, resume_after_pause
from processor.rules.lone_claim import lone_claim
from processor.rules.schedules import Schedule
from processor.settings import Settings
from processor.storage import job_slots, slots
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.materialise_jobs import materialise_jobs
from processor.tick.slot_counts import SlotCounts


def materialise(database: Database, settings: Settings, store_id: str | None, *, with_model: bool) -> SlotCounts:
    """Account for every due slot.

    1. Interval tasks with one due slot, on time and with nothing in the way: three statements for all of them.
    2. Everything else page by page: read, decide by the rules, write compare-and-set, one transaction a page. On
       Postgres the next page is read and decided while one is being written.
    3. Jobs with a clock of their own; where there is no model they wait, because their steps need one.
    """
    counts = SlotCounts()
    with database.many_rows(), _uncollected():
        claimed, due_jobs = database.write(_begin, settings, store_id, with_model=with_model)
        counts.due += claimed
        counts.claimed += claimed
        _materialise_pages(database, settings, counts, _pages(database, store_id, with_model=with_model))
        materialise_jobs(database, settings, store_id, due_jobs, counts)
    return counts


def _begin(work: Work, settings: Settings, store_id: str | None, *, with_model: bool) -> tuple[int, job_slots.Page]:
    """The short way, and a look at the jobs: where none is due, that one statement is all they cost."""
    claimed = slots.claim_interval(work, settings.window_seconds, store_id, with_model=with_model)
    return claimed, job_slots.due(work, store_id) if with_model else job_slots.NOTHING


def _materialise_pages(
    database: Database, settings: Settings, counts: SlotCounts, pages: Iterable[tuple[slots.Tasks, int]]
) -> None:
    under_way: deque[_Written] = deque()
    for tasks, now in pages:
        decisions = _decide_all(tasks, settings, now)
        counts.due += len(tasks)
        under_way.append(_Written(decisions, database.write_beside(slots.record, decisions, tasks)))
        while len(under_way) > database.spare_writers:
            under_way.popleft().count(counts)
    for written in under_way:
        written.count(counts)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the collector: rows and decisions make no cycles, and looking through pages of them takes a tenth."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Written:
    """A page on its way into the database."""

    decisions: Mapping[str, Decision]
    recorded: Future[slots.Recorded]

    def count(self, counts: SlotCounts) -> None:
        """Wait until it is there, and count what was not overtaken by somebody else's change."""
        recorded = self.recorded.result()
        counts.claimed += recorded.claimed
        for task_id in recorded.moved:
            counts.add(self.decisions[task_id])


def _pages(database: Database, store_id: str | None, *, with_model: bool) -> Iterator[tuple[slots.Tasks, int]]:
    """Due tasks, each page with the moment at which it was read.

    A page that is read while the last is being written shows no task of that again: it begins after them.
    """
    page = slots.Page([], slots.FIRST)
    while not page.last or page.after == slots.FIRST:
        with database.reading() as work:
            page = slots.due(work, store_id, page.after, with_model=with_model)
            now = work.now
        if not page.tasks:
            return
        yield page.tasks, now


def materialise_task(work: Work, settings: Settings, store_id: str, task_id: str) -> None:
    """Account for the due slots of one task, if it has any. The caller holds the task's row."""
    page = slots.due(work, store_id, task_id=task_id)
    slots.record(work, _decide_all(page.tasks, settings, work.now), page.tasks)


def preview(
    database: Database, settings: Settings, store_id: str | None, *, with_model: bool = True
) -> list[tuple[Mapping[str, Any], Decision]]:
    """Each task that is due now, and what `materialise` would decide for it; writes nothing."""
    found = list[tuple[Mapping[str, Any], Decision]]()
    page = slots.Page([], slots.FIRST)
    with database.reading() as work:
        while not page.last or page.after == slots.FIRST:
            page = slots.due(work, store_id, page.after, with_model=with_model)
            if not page.tasks:
                break
            decisions = _decide_all(page.tasks, settings, work.now)
            found += [(task, decisions[task["id"]]) for task in page.tasks if task["id"] in decisions]
    return found


def _decide_all(tasks: slots.Tasks, settings: Settings, now: int) -> dict[str, Decision]:
    decisions = {}
    for task in tasks:
        try:
            decisions[task["id"]] = _decide(task, settings, now)
        except InvalidSchedule as error:
            get_logger().error("task.unschedulable", task_id=task["id"], store_id=task["store_id"], reason=str(error))
    return decisions


def _decide(task: Mapping[str, Any], settings: Settings, now: int) -> Decision:
    """The rules' decision; a pause that has ended first becomes one row of its own."""
    schedule = slots.schedule_of(task)
    cursor, pause = task["cursor_at"], None
    if task["paused_until"] is not None:
        pause = resume_after_pause(schedule, cursor, task["paused_until"])
        cursor = max(cursor, task["paused_until"])
    decision = _rule(schedule, cursor, task, settings, now)
    return decision if pause is None else replace(decision, entries=(pause, *decision.entries))


def _rule(schedule: Schedule, cursor: int, task: Mapping[str, Any], settings: Settings, now: int) -> Decision:
    has_open_run, held_slot = bool(task["has_open_run"]), task["held_slot"]
    return lone_claim(
        schedule,
        cursor=cursor,
        now=now,
        window_seconds=settings.window_seconds,
        has_open_run=has_open_run,
        held_slot=held_slot,
    ) or decide(
        schedule,
        cursor=cursor,
        now=now,
        window_seconds=settings.window_seconds,
        horizon_seconds=settings.horizon_seconds,
        misfire=Misfire(task["misfire"]),
        overlap=Overlap(task["overlap"]),
        has_open_run=has_open_run,
        held_slot=held_slot,
        busy_until=task["busy_until"],
        open_run_is_backfill=bool(task["open_run_is_backfill"]),
    )
