"""Slots of 100,000 due tasks become ledger rows, runs and moved cursors."""

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.statements import statement
from processor.tick.materialise import materialise
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.setting import Setting
from tests.benchmarks.stores import Store, copied, prepared
from tests.benchmarks.tasks import (
    LATE_SECONDS,
    MONDAY_MORNING,
    Timetable,
    add_due_calendars,
    add_due_intervals,
    freeze,
    require_claimed,
    timetables,
)

STATEMENTS = ("slots.claim_interval", "slots.queue_claimed", "slots.advance_interval")


def intervals(setting: Setting) -> list[Pair]:
    """The three statements that the tick executes, against the same texts through the bare driver."""
    freeze(setting.stores.folder, os.environ)
    count = setting.of(100_000, quick=20_000)
    return [_intervals(setting, store, count) for store in setting.stores.each()]


def calendars(setting: Setting) -> list[Pair]:
    """Read, decided and written in pages, against cronsim finding the next slot of as many tasks."""
    freeze(setting.stores.folder, os.environ)
    each = setting.of(100, quick=10)
    return [_calendars(setting, store, each) for store in setting.stores.each()]


def _intervals(setting: Setting, store: Store, count: int) -> Pair:
    bound = Bound("≥ 0.8", least_ratio=0.8)
    pair = Pair("materialise-interval", store.name, f"{count:,} tasks", "bare driver", "/s", bound)
    with prepared(store, lambda database: add_due_intervals(database, count, MONDAY_MORNING - LATE_SECONDS)) as url:
        take = _Take(store, url, count)
        pair.alternate(setting.of(5, quick=3), lambda: take(_materialise), lambda: take(_bare), warm_up=False)
    return pair


def _calendars(setting: Setting, store: Store, each: int) -> Pair:
    bound = Bound("≥ 0.5, or ≥ 20,000/s", least_ratio=0.5, enough_ours=20_000)
    schedules = timetables(MONDAY_MORNING)
    count = each * len(schedules)
    figure = f"{count:,} tasks, {len(schedules):,} schedules"
    pair = Pair("materialise-calendar", store.name, figure, "cronsim's next slot", "/s", bound)
    with prepared(store, lambda database: add_due_calendars(database, schedules, each)) as url:
        take = _Take(store, url, count)
        pair.alternate(
            setting.of(2, quick=2), lambda: take(_materialise), lambda: _cronsim(schedules, each), warm_up=False
        )
    return pair


@dataclass(frozen=True, slots=True)
class _Take:
    """Does the work on a fresh copy, checks that all of it was done, and returns tasks a second."""

    store: Store
    template: str
    count: int

    def __call__(self, work: Callable[[Database], float]) -> float:
        with copied(self.store, self.template) as database:
            seconds = work(database)
            require_claimed(database, self.count, MONDAY_MORNING)
        return self.count / seconds


def _materialise(database: Database) -> float:
    settings = Settings(database_url=database.url)
    with database.reading() as work:
        work.first("ticks.stopped")  # the connection is there
    started = time.perf_counter()
    materialise(database, settings, None, with_model=True)
    return time.perf_counter() - started


def _bare(database: Database) -> float:
    """The same texts and pragmas, in one transaction of the driver."""
    values = {
        "batch_id": str(uuid.uuid4()),
        "now": MONDAY_MORNING,
        "window_seconds": Settings(database_url=database.url).window_seconds,
        "store_id": None,
        "with_model": True,
    }
    with database.connection() as connection:
        texts = [statement(database.dialect, name).text for name in STATEMENTS]
        driver: Any = connection.connection.driver_connection
        started = time.perf_counter()
        if database.dialect == "sqlite":
            driver.execute("BEGIN IMMEDIATE")
        for text in texts:
            driver.execute(text, values)
        driver.commit()
        return time.perf_counter() - started


def _cronsim(schedules: list[Timetable], each: int) -> float:
    started = time.perf_counter()
    for _ in range(each):
        for schedule in schedules:
            next(CronSim(schedule.expression, datetime.fromtimestamp(schedule.slot, ZoneInfo(schedule.zone))))
    return each * len(schedules) / (time.perf_counter() - started)
