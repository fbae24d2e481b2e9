"""Outages from a minute to a month: what becomes of each slot, against an oracle that shares nothing with the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from processor.services import stores as stores_service
from processor.tick.materialise import materialise
from tests.conftest import RunProgram, Stores
from tests.integration.tick.test_cost import counted_statements
from tests.reliability.figures import Figures
from tests.reliability.matcher import LedgerRow, TaskRow, holding, mismatches
from tests.rows import add_run
from tests.world import HOUR, World

MINUTE, DAY = 60, 24 * HOUR
WINDOW, HORIZON, CAUGHT_UP = 10 * MINUTE, DAY, 100
BEFORE_CLOCKS_CHANGE = int(datetime(2026, 10, 20, 9, 3, tzinfo=UTC).timestamp())
OUTAGES = {
    "1 min": MINUTE,
    "9 min": 9 * MINUTE,
    "11 min": 11 * MINUTE,
    "1 h": HOUR,
    "23 h": 23 * HOUR,
    "25 h": 25 * HOUR,
    "3 d": 3 * DAY,
    "30 d": 30 * DAY,
}
TIMINGS: tuple[dict[str, Any], ...] = (
    {"every": "1m"},
    {"every": "5m"},
    {"every": "1h"},
    {"every": "1d"},
    {"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
    {"cron": "*/15 * * * 1-5", "timezone": "America/New_York"},
)
POLICIES = (("mine", None), ("mine", "latest"), ("mine", "all"), ("stranger", None), ("stranger", "skip"))
DEFAULTS = {"mine": "skip", "stranger": "latest"}
"""The misfire policy of each store."""


@dataclass(frozen=True)
class Case:
    """A task, and what stands in its way when the outage ends."""

    misfire: str
    overlap: str
    is_busy: bool


def oracle(slots: Sequence[int], now: int, case: Case) -> dict[int, str]:
    """What becomes of the slots of an outage that ends at `now`, once nothing waits any more."""
    on_time = [slot for slot in slots if now - slot <= WINDOW]
    late = [slot for slot in slots if WINDOW < now - slot <= HORIZON]
    fates = dict.fromkeys(slots, "missed") | dict.fromkeys(on_time, "skipped_overlap")
    caught_up = late[-CAUGHT_UP:] if case.misfire == "all" else []
    runs = on_time[-1:] or (late[-1:] if case.misfire == "latest" else [])
    waits = case.overlap == "queue" or bool(caught_up)
    fates |= dict.fromkeys(runs, "claimed" if waits or not case.is_busy else "skipped_overlap")
    return fates | dict.fromkeys(caught_up, "claimed")


def found(slots: Sequence[int], rows: list[LedgerRow]) -> dict[int, str]:
    """What the ledger says of each slot."""
    fates: dict[int, str] = {row.first: row.disposition for row in rows}
    for row in rows:
        if row.until is not None:
            fates |= dict.fromkeys((slot for slot in slots if row.first <= slot <= row.until), row.disposition)
    return fates


@pytest.fixture
def many(world: World, stores: Stores) -> dict[str, Case]:
    """A task for each schedule and policy, with a run in its way and without."""
    world.clock.set(BEFORE_CLOCKS_CHANGE)
    with world.database.writing() as work:
        stores_service.update(work, stores.stranger, {"misfire": "latest"})
    return dict(_made(world, stores))


def _made(world: World, stores: Stores) -> Iterator[tuple[str, Case]]:
    for timing, (store, misfire), overlap, is_busy in product(TIMINGS, POLICIES, ("skip", "queue"), (False, True)):
        store_id = getattr(stores, store)
        task_id = world.task(store_id, misfire=misfire, overlap=overlap, **timing)
        if is_busy:
            with world.database.writing() as work:
                add_run(work, store_id, task_id, "running")
        yield task_id, Case(misfire or DEFAULTS[store], overlap, is_busy)


def settle(world: World) -> None:
    """End what runs, and look again, until nothing waits any more; time stands still meanwhile."""
    for _ in range(CAUGHT_UP + 2):
        with world.database.writing() as work:
            driver = work.session.connection()
            ended = "worker_id = NULL, lease_expires_at = NULL, state = 'succeeded', finished_at = queued_at"
            driver.exec_driver_sql(f"UPDATE runs SET {ended} WHERE state <> 'succeeded'")
            driver.exec_driver_sql("UPDATE tasks SET held = false")
        if materialise(world.database, world.settings, None, with_model=True).due == 0:
            return
    raise AssertionError("Something waits for ever")


@pytest.mark.parametrize("outage", OUTAGES)
def test_each_slot_of_an_outage_becomes_what_the_policies_say(
    world: World, many: dict[str, Case], figures: Figures, outage: str
) -> None:
    world.clock.advance(OUTAGES[outage])
    materialise(world.database, world.settings, None, with_model=True)
    settle(world)

    held = holding(world.database.url)
    differing = {}
    for task in held.tasks:
        slots = task.slots(BEFORE_CLOCKS_CHANGE, world.clock.now)
        rows = [row for row in held.ledger if row.task_id == task.id]
        expected, actual = oracle(slots, world.clock.now, many[task.id]), found(slots, rows)
        if expected != actual:
            differing[_told(task, many[task.id])] = sorted(expected.items() ^ actual.items())[:6]
    assert differing == {}
    assert mismatches(world.database.url) == []
    figures.add("outages", world.database.dialect, rounds=len(many), slots_accounted_for=held.slot_count)


def _told(task: TaskRow, case: Case) -> str:
    return f"{task.cron or task.interval_seconds} {case}"


@pytest.mark.parametrize("misfire", ["skip", "latest", "all"])
def test_a_month_of_missed_minutes_takes_as_many_statements_as_two_days_of_them(world: World, misfire: str) -> None:
    hours, month = _missed(world, 2 * DAY, misfire), _missed(world, 30 * DAY, misfire)

    assert month.missed > 43_200 - 1_500
    assert hours.statements == month.statements
    # Two of them write and count what is told of the slots that were missed.
    assert len(month.statements) < 14


@dataclass(frozen=True)
class Missed:
    missed: int
    statements: list[str]


def _missed(world: World, outage: int, misfire: str) -> Missed:
    """What it takes to account for the outage of a task that should have run every minute."""
    with world.database.writing() as work:
        work.session.connection().exec_driver_sql("DELETE FROM tasks")
    world.task(every="1m", misfire=misfire)
    world.clock.advance(outage)
    with counted_statements(world) as statements:
        counts = materialise(world.database, world.settings, None, with_model=True)
    return Missed(counts.missed, [sql for sql in statements if not sql.startswith("BEGIN")])


def test_the_default_of_a_store_holds_for_tasks_that_say_nothing_themselves(
    world: World, run_program: RunProgram
) -> None:
    silent, outspoken = world.task(), world.task(misfire="skip")
    changed = run_program("processor", "stores", "update", "default", "--misfire", "latest")
    assert changed.returncode == 0, changed.stderr
    world.clock.advance(3 * HOUR + 30 * MINUTE)

    ticked = run_program("process-tasks", "--json", env={"PROCESSOR_MODEL": "rehearsal"})

    assert ticked.returncode == 0, ticked.stderr
    assert world.dispositions(silent) == ["missed", "missed", "claimed"]
    assert world.dispositions(outspoken) == ["missed"] * 3
