"""Backfill: which slots of the past are to run, how many they are, and what they may cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processor.errors import Conflict, InvalidInput, InvalidSchedule
from processor.log import get_logger
from processor.rules.backfill_range import Reprocess
from processor.rules.instants import iso
from processor.rules.run_state import Trigger
from processor.rules.schedules import next_after, parse_interval
from processor.services import changes, checks
from processor.services.instants import parse_instant
from processor.storage import backfill
from processor.storage.backfill import JOBS, TASKS, Owners, Past, Wanted
from processor.storage.events import emit
from processor.storage.work import Work

MOST_UNASKED = 1_000
"""More slots than this are run only for somebody who says that he means it."""


_NOUN: dict[Owners, str] = {TASKS: "task", JOBS: "job"}
_WITHOUT_TIMES = ("manual", "sequential", "file_watch")


@dataclass(frozen=True, slots=True)
class Part:
    """What is to run of one task or job; instants are epoch seconds."""

    owners: Owners
    id: str
    store_id: str
    name: str
    wanted: Wanted
    slot_count: int
    first: int | None
    last: int | None
    mean_nanousd: int | None
    unknown_count: int
    """Slots of an earlier schedule that share a row: their times are no longer known."""

    @property
    def noun(self) -> str:
        return _NOUN[self.owners]

    @property
    def estimated_usd(self) -> float | None:
        """What it may cost, if there is a history that tells."""
        return None if self.mean_nanousd is None else checks.usd(self.mean_nanousd * self.slot_count)

    def as_json(self) -> dict[str, Any]:
        return {
            f"{self.noun}_id": self.id,
            "store_id": self.store_id,
            f"{self.noun}_name": self.name,
            "slots": self.slot_count,
            "first": None if self.first is None else iso(self.first),
            "last": None if self.last is None else iso(self.last),
            "estimated_cost_usd": self.estimated_usd,
            "unknown_slots": self.unknown_count,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run: of tasks, those of high priority first, then of jobs."""

    parts: Sequence[Part]

    @property
    def tasks(self) -> Sequence[Part]:
        return [each for each in self.parts if each.owners == TASKS]

    @property
    def jobs(self) -> Sequence[Part]:
        return [each for each in self.parts if each.owners == JOBS]

    @property
    def slot_count(self) -> int:
        return sum(each.slot_count for each in self.parts)

    @property
    def estimated_usd(self) -> float | None:
        """The sum, if it is known for each."""
        known = [each.estimated_usd for each in self.parts if each.estimated_usd is not None]
        return sum(known) if len(known) == len(self.parts) else None

    @property
    def unknown_count(self) -> int:
        return sum(each.unknown_count for each in self.parts)


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

    Raises NotFound, Conflict where the task has no times of its own, and InvalidInput where the instants contradict
    each other, or where the range holds slots from before the task's accounting or before `kept_since` (epoch seconds),
    up to which runs have been pruned.
    """
    asked = Reprocess(checks.choice(reprocess, "way to reprocess", [str(each) for each in Reprocess]))
    task = _found(work, TASKS, task_id, store_id)
    return _range(work, task, replace(_wanted(work, since, until), reprocess=asked), kept_since)


def plan_job_range(
    work: Work, job_id: str, since: str | int, until: str | int, *, store_id: str | None = None, kept_since: int = 0
) -> Plan:
    """Plan a pass for each slot of one job between two instants; otherwise as `plan_range`.

    Raises Conflict where a pass would run nothing.
    """
    job = _found(work, JOBS, job_id, store_id)
    if not backfill.has_steps(work, job.id):
        raise Conflict(
            f"Job '{job.name}' has no task that would run in a pass: 'processor jobs tasks {job.id}' lists them"
        )
    return _range(work, job, _wanted(work, since, until), kept_since)


def plan_missed(work: Work, since: str = "24h", *, store_id: str | None = None) -> Plan:
    """Plan the slots that tasks and jobs missed within a duration before now, of one store or of all.

    Tasks that are disabled or paused keep theirs: whoever stopped them did not want them to run. So do jobs whose
    passes would run nothing.
    """
    from_at = max(0, work.now - parse_interval(since))
    wanted = Wanted(from_at=from_at, until_at=work.now, began_at=work.now, missed_only=True)
    parts = [each for owners in (TASKS, JOBS) for each in _parts(work, owners, wanted, store_id)]
    return Plan([each for each in parts if each.slot_count or each.unknown_count])


def note_request(work: Work, plan: Plan) -> None:
    """Write that somebody wants the plan to be run: one event for all of its slots."""
    subject_id, store_id = (
        ids.pop() if len(ids) == 1 else None
        for ids in ({each.id for each in plan.parts}, {each.store_id for each in plan.parts})
    )
    owners = {"tasks": len(plan.tasks), "jobs": len(plan.jobs)}
    requested = {"trigger": Trigger.BACKFILL, **owners, "slots": plan.slot_count}
    emit(work, "run.requested", store_id, subject_id, **requested)
    changes.record(work, "run.requested", store_id, subject_id, after=requested)


def left(work: Work, plan: Plan) -> int:
    """How many slots of the plan have still to run."""
    count = 0
    for each in plan.parts:
        past = backfill.find(work, each.owners, each.id, each.store_id)
        count += 0 if past is None else _part(work, past, each.wanted).slot_count
    return count


def require_consent(plan: Plan, *, given: bool) -> None:
    """Raise InvalidInput for more slots than anybody asks for by mistake."""
    if plan.slot_count > MOST_UNASKED and not given:
        raise InvalidInput(
            f"These are {plan.slot_count:,} slots: see with --dry-run what they may cost, "
            f"and give --yes to run more than {MOST_UNASKED:,}"
        )


def _found(work: Work, owners: Owners, id_: str, store_id: str | None) -> Past:
    noun = _NOUN[owners]
    past = backfill.find(work, owners, checks.known_id(id_, noun), store_id)
    if past is None:
        raise checks.unknown(noun, id_)
    return past


def _wanted(work: Work, since: str | int, until: str | int) -> Wanted:
    return Wanted(parse_instant(since, "--from"), parse_instant(until, "--to"), began_at=work.now)


def _range(work: Work, past: Past, wanted: Wanted, kept_since: int) -> Plan:
    _require_accounted(past, wanted, kept_since)
    part = _part(work, past, replace(wanted, until_at=min(wanted.until_at, work.now)))
    if past.schedule_type in _WITHOUT_TIMES and not part.slot_count and not part.unknown_count:
        noun = _NOUN[past.owners]
        raise Conflict(
            f"{noun.capitalize()} '{past.name}' has no times of its own, so it has missed none: "
            f"'processor {noun}s run {past.id}' runs it now"
        )
    return Plan([part])


def _parts(work: Work, owners: Owners, wanted: Wanted, store_id: str | None) -> Iterator[Part]:
    for id_ in backfill.with_missed(work, owners, wanted.from_at, store_id):
        try:
            past = backfill.find(work, owners, id_, store_id)
            if past is not None:
                yield _part(work, past, wanted)
        except InvalidSchedule as error:
            noun = _NOUN[owners]
            get_logger().error(f"{noun}.unschedulable", **{f"{noun}_id": id_}, reason=str(error))


def _part(work: Work, past: Past, wanted: Wanted) -> Part:
    found, unknown = backfill.spans(work, past, wanted)
    return Part(
        owners=past.owners,
        id=past.id,
        store_id=past.store_id,
        name=past.name,
        wanted=wanted,
        slot_count=sum(span.slot_count for span in found),
        first=min((span.first for span in found), default=None),
        last=max((span.last for span in found), default=None),
        mean_nanousd=backfill.mean_nanousd(work, past),
        unknown_count=sum(span.slot_count for span in unknown),
    )


def _require_accounted(past: Past, wanted: Wanted, kept_since: int) -> None:
    if wanted.from_at > wanted.until_at:
        raise InvalidInput(f"The range ends before it begins ({iso(wanted.until_at)}): exchange --from and --to")
    if wanted.from_at < kept_since:
        raise InvalidInput(
            f"Runs from before {iso(kept_since)} have been pruned: give --from {iso(kept_since)} or later"
        )
    early = next_after(past.schedule, wanted.from_at - 1)
    if early is not None and early < min(past.created_at, wanted.until_at + 1):
        raise InvalidInput(
            f"The {_NOUN[past.owners]} was made at {iso(past.created_at)}, and has no slots before: "
            f"give --from {iso(past.created_at)} or later"
        )
