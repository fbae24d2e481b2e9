"""A second opinion on slots, runs and passes: what the schedules say, laid beside what the database holds.

Nothing here is taken from the program, neither statements nor rules nor models: rows are read with the SQL below
through the bare drivers, interval slots are counted out, and calendars are asked of cronsim and zoneinfo directly. (The
SQLite library is the program's: two copies of it open on one file in one process would lose rows.)
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from cronsim import CronSim

from processor.storage.sqlite_library import sqlite
from tests.reliability import pass_matcher

CHUNK_SECONDS = 64 * 86_400
_TASKS = """
SELECT id, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, cursor_at, created_at, updated_at,
    version
FROM tasks
"""
_LEDGER = """
SELECT task_id, scheduled_time, until_time, slot_count, disposition, run_id, store_id
FROM processed_task_executions ORDER BY task_id, scheduled_time
"""
_RUNS = "SELECT id, task_id, scheduled_time, store_id, rerun_of, state FROM runs"
_CARDS_MADE = "SELECT run_id, count(*) FROM run_cards GROUP BY run_id"
_CARDS_RECORDED = """
SELECT run_id, count(*) FROM tool_calls WHERE name = 'create_card' AND state = 'succeeded' GROUP BY run_id
"""


@dataclass(frozen=True)
class TaskRow:
    id: str
    schedule_type: str
    interval_seconds: int | None
    anchor_at: int | None
    cron: str | None
    timezone: str | None
    once_at: int | None
    cursor_at: int
    created_at: int
    updated_at: int
    version: int

    def slots(self, after: int, until: int) -> Sequence[int]:
        """The slots later than `after`, up to and including `until`, epoch seconds, oldest first."""
        if self.interval_seconds is not None and self.anchor_at is not None:
            first = max(0, (after - self.anchor_at) // self.interval_seconds + 1)
            return range(self.anchor_at + first * self.interval_seconds, until + 1, self.interval_seconds)
        if self.cron is not None and self.timezone is not None:
            chunks = range(after // CHUNK_SECONDS, until // CHUNK_SECONDS + 1)
            found = [slot for number in chunks for slot in _chunk(self.cron, self.timezone, number)]
            return found[bisect_right(found, after) : bisect_right(found, until)]
        return [self.once_at] if self.once_at is not None and after < self.once_at <= until else []

    @property
    def counts_from(self) -> int:
        """Slots later than this must be accounted for; of a task that was changed, only those since the change."""
        if self.version > 1:
            return max(self.updated_at, self.created_at)
        first_is_a_slot = self.schedule_type == "once" or self.anchor_at not in (None, self.created_at)
        return self.created_at - first_is_a_slot


@dataclass(frozen=True)
class LedgerRow:
    task_id: str
    first: int
    until: int | None
    slot_count: int
    disposition: str
    run_id: str | None
    store_id: str

    @property
    def last(self) -> int:
        return self.first if self.until is None else self.until


@dataclass(frozen=True)
class RunRow:
    id: str
    task_id: str
    slot: int | None
    store_id: str
    rerun_of: str | None
    state: str


@dataclass(frozen=True)
class Holding:
    """All that a database holds about slots, runs and passes."""

    tasks: list[TaskRow]
    ledger: list[LedgerRow]
    runs: list[RunRow]
    cards_made: dict[str, int]
    cards_recorded: dict[str, int]
    jobs: pass_matcher.Jobs

    @property
    def slot_count(self) -> int:
        """How many slots are accounted for."""
        return sum(row.slot_count for row in self.ledger)


def mismatches(url: str, *, since: Mapping[str, int] | None = None, stepped_back: bool = False) -> list[str]:
    """Everything that does not fit, in words; nothing, if all is well.

    `since` says of tasks that were changed from when on their present schedule counts: without it only slots later than
    the latest change are looked for. With `stepped_back` claims may lie ahead of a cursor that the clock's correction
    has moved back.
    """
    held = holding(url)
    return [
        *_slots_and_rows(held, since or {}, stepped_back=stepped_back),
        *_claims_and_runs(held),
        *_cards(held),
        *pass_matcher.mismatches(held.jobs),
    ]


def holding(url: str) -> Holding:
    """Read a database, all of it in one snapshot."""
    with closing(_open(url)) as connection:
        rows = {text: [*connection.execute(text)] for text in (_TASKS, _LEDGER, _RUNS, _CARDS_MADE, _CARDS_RECORDED)}
        of_jobs = {name: [*connection.execute(text)] for name, text in pass_matcher.STATEMENTS.items()}
    return Holding(
        tasks=[TaskRow(str(row[0]), *row[1:]) for row in rows[_TASKS]],
        ledger=[_ledger_row(*row) for row in rows[_LEDGER]],
        runs=[RunRow(str(row[0]), str(row[1]), row[2], str(row[3]), _id(row[4]), row[5]) for row in rows[_RUNS]],
        cards_made={str(run_id): count for run_id, count in rows[_CARDS_MADE]},
        cards_recorded={str(run_id): count for run_id, count in rows[_CARDS_RECORDED]},
        jobs=pass_matcher.read(of_jobs),
    )


def _open(url: str) -> Any:
    if url.startswith("sqlite:///"):
        connection = sqlite.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        connection.execute("BEGIN")
        return connection
    postgres = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
    postgres.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return postgres


def _ledger_row(task_id: Any, first: int, until: int | None, *rest: Any) -> LedgerRow:
    slot_count, disposition, run_id, store_id = rest
    return LedgerRow(str(task_id), first, until, slot_count, disposition, _id(run_id), str(store_id))


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


@lru_cache(maxsize=4_096)
def _chunk(expression: str, timezone: str, number: int) -> tuple[int, ...]:
    """The slots of a calendar within one stretch of the time line, as cronsim lists them."""
    begin, end = number * CHUNK_SECONDS, (number + 1) * CHUNK_SECONDS
    found = set()
    for moment in CronSim(expression, datetime.fromtimestamp(begin - 1, ZoneInfo(timezone))):
        if moment.timestamp() >= end:
            break
        found.add(int(moment.timestamp()))
    return tuple(sorted(found))


def _slots_and_rows(held: Holding, since: Mapping[str, int], *, stepped_back: bool) -> Iterator[str]:
    of_task = defaultdict[str, list[LedgerRow]](list)
    for row in held.ledger:
        of_task[row.task_id].append(row)
    for task in held.tasks:
        rows = of_task[task.id]
        begin = since.get(task.id, task.counts_from)
        passed = [row for row in rows if begin < row.last and row.first <= task.cursor_at]
        yield from (f"task {task.id}: {said}" for said in _walk(task.slots(begin, task.cursor_at), passed, begin))
        ahead = (row for row in rows if row.last > task.cursor_at)
        for row in ahead:
            if not (stepped_back and row.disposition == "claimed"):
                yield f"task {task.id}: the {row.disposition} row {row.first} lies ahead of the cursor {task.cursor_at}"


def _walk(slots: Sequence[int], rows: list[LedgerRow], begin: int) -> Iterator[str]:
    """Lay the rows over the slots: each slot once, and nothing else."""
    place = 0
    for row in rows:
        first, end = bisect_left(slots, row.first), bisect_right(slots, row.last)
        if first > place:
            yield f"{first - place} slots from {slots[place]} on have no row"
        elif first < place:
            yield f"the row {row.first} to {row.last} repeats {place - first} slots"
        if row.first > begin and (
            end - first != row.slot_count or (slots[first], slots[end - 1]) != (row.first, row.last)
        ):
            yield f"the row {row.first} to {row.last} counts {row.slot_count} slots, its schedule says {end - first}"
        place = max(place, end)
    if place < len(slots):
        yield f"{len(slots) - place} slots from {slots[place]} on have no row"


def _claims_and_runs(held: Holding) -> Iterator[str]:
    tasks = {task.id for task in held.tasks}
    first_runs = defaultdict[tuple[str, int, str], list[str]](list)
    for run in held.runs:
        if run.slot is not None and run.rerun_of is None:
            first_runs[run.task_id, run.slot, run.store_id].append(run.id)
    claims = {(row.task_id, row.first, row.store_id): row.run_id for row in held.ledger if row.disposition == "claimed"}
    for key, run_id in claims.items():
        found = first_runs.get(key, [])
        if key[0] in tasks and found != [run_id]:
            yield f"task {key[0]}: slot {key[1]} is claimed for run {run_id}, and its first runs are {found}"
    for key, run_ids in first_runs.items():
        if key not in claims:
            yield f"task {key[0]}: runs {run_ids} stand for slot {key[1]}, which nobody claimed"
    live = Counter(run.task_id for run in held.runs if run.state in ("running", "waiting"))
    yield from (f"task {task_id}: {count} runs are live at once" for task_id, count in live.items() if count > 1)


def _cards(held: Holding) -> Iterator[str]:
    for run_id in sorted(held.cards_made.keys() | held.cards_recorded.keys()):
        made, recorded = held.cards_made.get(run_id, 0), held.cards_recorded.get(run_id, 0)
        if made != recorded:
            yield f"run {run_id}: made {made} cards, and recorded {recorded}"
