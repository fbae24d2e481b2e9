"""The first tick after a month without one: 43,200 slots that nobody ran get their rows."""

import os
import time
import uuid

from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.materialise import materialise
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.setting import Setting
from tests.benchmarks.stores import Store, copied, prepared
from tests.benchmarks.tasks import MONDAY_MORNING, STORE, execute, freeze, require, scalar

MONTH_SECONDS = 30 * 86_400
MISSED = 43_200
_TASKS = """
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, interval_seconds, anchor_at, cursor_at, next_run_at,
    created_at, updated_at)
VALUES ('{id}', '{store}', 'Task', 'Look.', 'interval', {every}, {anchor}, {anchor}, {anchor} + {every},
    {anchor}, {anchor})
"""
_ROW = """
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, batch_id, processed_at)
VALUES ({mark}, {mark}, {mark}, 'missed', {mark}, {mark})
"""


def outage(setting: Setting) -> list[Pair]:
    """43,200 missed slots of one task, and of sixty, against as many rows through the bare driver."""
    freeze(setting.stores.folder, os.environ)
    return [_outage(setting, store, tasks) for store in setting.stores.each() for tasks in (1, 60)]


def _outage(setting: Setting, store: Store, tasks: int) -> Pair:
    figure = f"{MISSED:,} missed slots of {tasks} task{'s' * (tasks > 1)}"
    pair = Pair("outage", store.name, figure, "a row for each slot", "ms", Bound("≤ 5,000 ms", most_ours=5_000))
    with prepared(store, lambda database: _add(database, tasks)) as url:
        repeats = setting.of(5, quick=2)
        pair.alternate(repeats, lambda: _ours(store, url), lambda: _bare(store, url, tasks), warm_up=False)
    return pair


def _add(database: Database, tasks: int) -> None:
    """Tasks that were looked at last a month and eleven minutes ago; those minutes make the month's slots late."""
    every, anchor = 60 * tasks, MONDAY_MORNING - MONTH_SECONDS - 660
    for _ in range(tasks):
        execute(database, _TASKS.format(id=uuid.uuid4(), store=STORE, every=every, anchor=anchor))


def _ours(store: Store, url: str) -> float:
    with copied(store, url) as database:
        settings = Settings(database_url=database.url)
        with database.reading() as work:
            work.first("ticks.stopped")  # the connection is there
        started = time.perf_counter()
        materialise(database, settings, None, with_model=True)
        took = time.perf_counter() - started
        missed = "SELECT sum(slot_count) FROM processed_task_executions WHERE disposition = 'missed'"
        require({"missed slots": int(scalar(database, missed))}, {"missed slots": MISSED})
    return took * 1_000


def _bare(store: Store, url: str, tasks: int) -> float:
    """The same slots, each a row of its own, in one transaction of the driver."""
    batch, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(tasks)]
    rows = [(ids[n % tasks], n, STORE, batch, n) for n in range(MISSED)]
    with copied(store, url) as database, database.transaction(writes=True) as channel:
        text = _ROW.format(mark="?" if database.dialect == "sqlite" else "%s")
        started = time.perf_counter()
        channel.cursor.executemany(text, rows)
        channel.commit()
        return (time.perf_counter() - started) * 1_000
