"""When the clock turns out to have been ahead: what it wrote in the time to come is undone, and nothing runs twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.errors import InvalidSchedule
from processor.log import get_logger
from processor.rules.clock_step import TOLERATED_SECONDS, begun_by
from processor.rules.next_look import next_look
from processor.rules.retry import STANDARD
from processor.rules.schedules import Interval, Schedule, from_columns
from processor.storage import clock_step, when_adaptive
from processor.storage.clock_step import JOBS, TASKS, Move, Owners
from processor.storage.slots import SCHEDULE_COLUMNS
from processor.storage.work import Work


@dataclass(slots=True)
class StepBack:
    """What was set right: tasks, jobs, rows of the ledgers removed and shortened, leases and waits shortened."""

    tasks: int = 0
    jobs: int = 0
    rows_removed: int = 0
    rows_cut: int = 0
    leases: int = 0
    waits: int = 0


def undo_future(work: Work, lease_seconds: int) -> StepBack | None:
    """Set right what a clock that was ahead has left behind; None if the clock has not gone back.

    1. The latest tick, or the latest change of a task or job, lies more than a minute ahead: only then anything else
       can. It is set to now, so that of several processes one does all of this, in one transaction.
    2. Leases, waits and refusals end at the latest when one that began now would.
    3. Jobs and tasks whose cursor lies ahead: rows of slots to come go unless a pass or a run stands for them, a range
       row ends at its last slot that has been, and the cursor goes back to now. The next real slot runs; that of an
       adaptive task is decided anew.
    """
    latest_at = work.now + TOLERATED_SECONDS
    if not clock_step.lower_marks(work, latest_at):
        return None
    done = StepBack()
    # Runs come before jobs and these before tasks in the order of locks, here as everywhere.
    done.leases = clock_step.shorten_leases(work, lease_seconds)
    done.waits = clock_step.shorten_waits(work, STANDARD.cap_seconds)
    done.jobs = sum(_move_back(work, JOBS, page, done) for page in clock_step.ahead(work, JOBS, latest_at))
    done.tasks = sum(_move_back(work, TASKS, page, done) for page in clock_step.ahead(work, TASKS, latest_at))
    clock_step.shorten_refusals(work)
    return done


def _move_back(work: Work, owners: Owners, page: Sequence[Mapping[str, Any]], done: StepBack) -> int:
    schedules: dict[str, Schedule] = {}
    moves = list[Move]()
    for each in page:
        try:
            schedule = from_columns(*(each[name] for name in SCHEDULE_COLUMNS))
            moves.append(_move(each, schedule, work.now))
            schedules[each["id"]] = schedule
        except InvalidSchedule as error:
            what = "task" if owners == TASKS else "job"
            get_logger().error(f"{what}.unschedulable", **{f"{what}_id": each["id"]}, reason=str(error))
    done.rows_cut += clock_step.shorten(work, owners, schedules)
    done.rows_removed += clock_step.forget(work, owners, [*schedules])
    clock_step.move_back(work, owners, moves)
    when_adaptive.moved_back(work, [each["id"] for each in page if each["schedule_type"] == "adaptive"])
    return len(moves)


def _move(each: Mapping[str, Any], schedule: Schedule, now: int) -> Move:
    begun = begun_by(schedule, (each["created_at"], each["updated_at"]), now)
    # A slot that has come to fall on this very moment is still to be accounted for.
    cursor = now - 1 if begun != schedule else now
    at = next_look(begun, cursor, enabled=bool(each["enabled"]), paused_until=each["paused_until"])
    return each["id"], cursor, begun.anchor if isinstance(begun, Interval) else each["anchor_at"], at
