"""The two checks that need the rules of schedules: the ledger has no gap, and the next time is the right one.

Both are asked of tasks and of jobs.

The database does not say since when a schedule counts. A task that nobody has changed counts from its creation, any
other at the latest from its latest change: slots before that are held only to what needs no schedule. Rows at the very
second from which a schedule counts may be there or not, because `--start` makes it a slot.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from processor.errors import InvalidSchedule
from processor.reports.finding import Finding, Findings, Scope
from processor.rules.schedules import Schedule, count, from_columns, newest, next_after
from processor.storage.work import Work

PAGE = 1_000
"""Tasks, or rows of one task's ledger, read at once."""
OF_TASKS, OF_JOBS = "verify_slots", "verify_job_slots"
"""The nouns of the statements that read schedules and ledgers."""
_FIRST = "00000000-0000-0000-0000-000000000000"
_COLUMNS = ("schedule_type", "interval_seconds", "anchor_at", "cron", "timezone", "once_at")
_GOVERNED = "adaptive"
"""Its slots are what its governor chose: no rule tells them."""

Task = Mapping[str, Any]
"""A task, or a job with a clock of its own."""
Row = tuple[int, int, int]
"""First slot, last slot, how many."""


def slots_have_one_row(noun: str, work: Work, scope: Scope) -> Findings:
    """Walk the ledger beside the schedule."""

    def broken(task: Task, schedule: Schedule) -> Iterator[str]:
        begin = max(counts_from(task), scope.kept_since - 1)
        return gaps(schedule, begin, task["cursor_at"], _ledger(noun, work, task, begin))

    return _of_each(noun, work, scope, broken)


def next_times_are_slots(noun: str, work: Work, scope: Scope) -> Findings:
    """Compare `next_run_at` with what the schedule says."""

    def broken(task: Task, schedule: Schedule) -> Iterator[str]:
        expected = _next_look(task, schedule)
        if task["next_run_at"] != expected:
            yield f"looks next at {_shown(task['next_run_at'])}, by its schedule it is {_shown(expected)}"

    return _of_each(noun, work, scope, broken)


def counts_from(task: Task) -> int:
    """The moment after which every slot of the present schedule must have its row, once the cursor has passed it."""
    if task["version"] > 1:
        return int(task["updated_at"])
    begins_with_a_slot = task["schedule_type"] == "once" or task["anchor_at"] not in (None, task["created_at"])
    return int(task["created_at"]) - begins_with_a_slot


def gaps(schedule: Schedule, begin: int, cursor: int, rows: Iterable[Row]) -> Iterator[str]:
    """What is wrong with ledger rows that should cover each slot after `begin` up to `cursor` once, oldest first.

    A row may begin before `begin`: then it is a range, of which only the count is looked at.
    """
    covered = begin
    for first, last, slot_count in rows:
        if first > covered:
            yield from _before(schedule, covered, first)
        if last > first:
            yield from _within(schedule, first, last, slot_count)
        covered = max(covered, last)
    missing = count(schedule, covered, cursor)
    if missing:
        yield _missing(missing, next_after(schedule, covered))


def _before(schedule: Schedule, covered: int, first: int) -> Iterator[str]:
    expected = next_after(schedule, covered)
    if expected == first:
        return
    if expected is not None and expected < first:
        yield _missing(count(schedule, covered, first - 1), expected)
    if count(schedule, first - 1, first) == 0:
        yield f"there is a row for @{first}, which is no slot"


def _within(schedule: Schedule, first: int, last: int, slot_count: int) -> Iterator[str]:
    slots = count(schedule, first - 1, last)
    if slots != slot_count or newest(schedule, first - 1, last) != last:
        yield f"the range @{first} to @{last} counts {slot_count} slots, its schedule {slots}"


def _missing(slots: int, first: int | None) -> str:
    return f"slots without a row: {slots}, the first is @{first}"


def _next_look(task: Task, schedule: Schedule) -> int | None:
    """The first slot after the cursor; one that a pause covers waits for the first after the pause, or for its end."""
    slot = next_after(schedule, task["cursor_at"]) if task["enabled"] else None
    paused_until: int | None = task["paused_until"]
    if slot is None or paused_until is None or slot > paused_until:
        return slot
    after = next_after(schedule, paused_until)
    return paused_until if after is None else after


def _shown(at: int | None) -> str:
    return "no time" if at is None else f"@{at}"


def _of_each(noun: str, work: Work, scope: Scope, broken: Callable[[Task, Schedule], Iterable[str]]) -> Findings:
    found, total = list[Finding](), 0
    for task in _owners(noun, work, scope):
        try:
            said = [*broken(task, from_columns(*(task[name] for name in _COLUMNS)))]
        except InvalidSchedule as error:
            said = [str(error)]
        total += len(said)
        room = scope.most_shown - len(found)
        found += [Finding(task["id"], task["store_id"], each) for each in islice(said, room)]
    return Findings(total, found)


def _ledger(noun: str, work: Work, task: Task, begin: int) -> Iterator[Row]:
    after, last_page = -1, False
    while not last_page:
        page = work.run(
            f"{noun}.ledger",
            id=task["id"],
            store_id=task["store_id"],
            begin_at=begin,
            cursor_at=task["cursor_at"],
            after_time=after,
            limit=PAGE,
        ).mappings()
        yield from ((row["scheduled_time"], row["until_time"], row["slot_count"]) for row in page)
        last_page = len(page) < PAGE
        after = page[-1]["scheduled_time"] if page else after


def _owners(noun: str, work: Work, scope: Scope) -> Iterator[Task]:
    after = _FIRST
    while page := work.run(f"{noun}.owners", store_id=scope.store_id, after_id=after, limit=PAGE).mappings():
        yield from (task for task in page if task["schedule_type"] != _GOVERNED)
        after = page[-1]["id"]
