"""Backfill: which slots of the past are to run, how many they are, and what they may cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processor.errors import InvalidInput, InvalidSchedule
from processor.log import get_logger
from processor.rules.backfill_range import Reprocess
from processor.rules.instants import iso
from processor.rules.run_state import Trigger
from processor.rules.schedules import next_after, parse_interval
from processor.services import changes, checks
from processor.services.instants import parse_instant
from processor.storage import backfill
from processor.storage.backfill import PastTask, Wanted
from processor.storage.events import emit
from processor.storage.work import Work

MOST_UNASKED = 1_000
"""More slots than this are run only for somebody who says that he means it."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What is to run of one task; instants are epoch seconds."""

    task_id: str
    store_id: str
    task_name: str
    wanted: Wanted
    slot_count: int
    first: int | None
    last: int | None
    mean_nanousd: int | None
    unknown_count: int
    """Slots of an earlier schedule that share a row: their times are no longer known."""

    @property
    def estimated_usd(self) -> float | None:
        """What it may cost, if the task has a history that tells."""
        return None if self.mean_nanousd is None else checks.usd(self.mean_nanousd * self.slot_count)

    def as_json(self) -> dict[str, Any]:
        return {
            "task_id": self.task_id,
            "store_id": self.store_id,
            "task_name": self.task_name,
            "slots": self.slot_count,
            "first": None if self.first is None else iso(self.first),
            "last": None if self.last is None else iso(self.last),
            "estimated_cost_usd": self.estimated_usd,
            "unknown_slots": self.unknown_count,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run of all tasks, those of high priority first."""

    tasks: Sequence[TaskPlan]

    @property
    def slot_count(self) -> int:
        return sum(task.slot_count for task in self.tasks)

    @property
    def estimated_usd(self) -> float | None:
        """The sum, if it is known for each task."""
        known = [task.estimated_usd for task in self.tasks if task.estimated_usd is not None]
        return sum(known) if len(known) == len(self.tasks) else None

    @property
    def unknown_count(self) -> int:
        return sum(task.unknown_count for task in self.tasks)


def plan_range(
    work: Work,
    task_id: str,
    since: str | int,
    until: str | int,
    reprocess: str = Reprocess.NONE,
    *,
    store_id: str | None = None,
    kept_since: int = 0,
) -> Plan:
    """Plan the slots of one task between two instants, both included.

    Raises NotFound, and InvalidInput where the instants contradict each other, or where the range holds slots from
    before the task's accounting or before `kept_since` (epoch seconds), up to which runs have been pruned.
    """
    task = backfill.find(work, checks.known_id(task_id, "task"), store_id)
    if task is None:
        raise checks.unknown("task", task_id)
    wanted = Wanted(
        from_at=parse_instant(since, "--from"),
        until_at=parse_instant(until, "--to"),
        began_at=work.now,
        reprocess=Reprocess(checks.choice(reprocess, "way to reprocess", [str(each) for each in Reprocess])),
    )
    _require_accounted(task, wanted, kept_since)
    return Plan([_plan(work, task, replace(wanted, until_at=min(wanted.until_at, work.now)))])


def plan_missed(work: Work, since: str = "24h", *, store_id: str | None = None) -> Plan:
    """Plan the slots missed within a duration before now, of one store or of all.

    Tasks that are disabled or paused keep theirs: whoever stopped them did not want them to run.
    """
    from_at = max(0, work.now - parse_interval(since))
    wanted = Wanted(from_at=from_at, until_at=work.now, began_at=work.now, missed_only=True)
    found = (backfill.find(work, id_, store_id) for id_ in backfill.tasks_with_missed(work, from_at, store_id))
    plans = list(_plans(work, [task for task in found if task is not None], wanted))
    return Plan([each for each in plans if each.slot_count or each.unknown_count])


def note_request(work: Work, plan: Plan) -> None:
    """Write that somebody wants the plan to be run: one event for all of its slots."""
    tasks, stores = {each.task_id for each in plan.tasks}, {each.store_id for each in plan.tasks}
    subject_id, store_id = (ids.pop() if len(ids) == 1 else None for ids in (set(tasks), set(stores)))
    requested = {"trigger": Trigger.BACKFILL, "tasks": len(tasks), "slots": plan.slot_count}
    emit(work, "run.requested", store_id, subject_id, **requested)
    changes.record(work, "run.requested", store_id, subject_id, after=requested)


def left(work: Work, plan: Plan) -> int:
    """How many slots of the plan have still to run."""
    count = 0
    for each in plan.tasks:
        task = backfill.find(work, each.task_id, each.store_id)
        count += 0 if task is None else _plan(work, task, each.wanted).slot_count
    return count


def require_consent(plan: Plan, *, given: bool) -> None:
    """Raise InvalidInput for more slots than anybody asks for by mistake."""
    if plan.slot_count > MOST_UNASKED and not given:
        raise InvalidInput(
            f"These are {plan.slot_count:,} slots: see with --dry-run what they may cost, "
            f"and give --yes to run more than {MOST_UNASKED:,}"
        )


def _plans(work: Work, tasks: Sequence[PastTask], wanted: Wanted) -> Iterator[TaskPlan]:
    for task in tasks:
        try:
            yield _plan(work, task, wanted)
        except InvalidSchedule as error:
            get_logger().error("task.unschedulable", task_id=task.id, store_id=task.store_id, reason=str(error))


def _plan(work: Work, task: PastTask, wanted: Wanted) -> TaskPlan:
    found, unknown = backfill.spans(work, task, wanted)
    return TaskPlan(
        task_id=task.id,
        store_id=task.store_id,
        task_name=task.name,
        wanted=wanted,
        slot_count=sum(span.slot_count for span in found),
        first=min((span.first for span in found), default=None),
        last=max((span.last for span in found), default=None),
        mean_nanousd=backfill.mean_nanousd(work, task.id),
        unknown_count=sum(span.slot_count for span in unknown),
    )


def _require_accounted(task: PastTask, wanted: Wanted, kept_since: int) -> None:
    if wanted.from_at > wanted.until_at:
        raise InvalidInput(f"The range ends before it begins ({iso(wanted.until_at)}): exchange --from and --to")
    if wanted.from_at < kept_since:
        raise InvalidInput(
            f"Runs from before {iso(kept_since)} have been pruned: give --from {iso(kept_since)} or later"
        )
    early = next_after(task.schedule, wanted.from_at - 1)
    if early is not None and early < min(task.created_at, wanted.until_at + 1):
        raise InvalidInput(
            f"The task was made at {iso(task.created_at)}, and has no slots before: give --from {iso(task.created_at)} "
            "or later"
        )
