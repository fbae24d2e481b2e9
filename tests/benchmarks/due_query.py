"""What is due among 10 million tasks costs what it costs among 10,000."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from processor.settings import Settings
from processor.storage import slots
from processor.storage.database import Database
from processor.storage.sql_folder import read
from tests.benchmarks.measurement import Bound, Pair, Progress
from tests.benchmarks.setting import Setting
from tests.benchmarks.stores import Store, prepared
from tests.benchmarks.tasks import MONDAY_MORNING, add_many, execute, freeze, require

DUE = 100
SMALL = 10_000
PART = 1_000_000
BYTES_EACH = 600
"""Room for a narrow task with its indexes, and for what the database needs besides while it is filled."""

Ask = Callable[[Database], int]
"""Asks what is due and returns how many tasks it is told of."""


def due_query(setting: Setting) -> list[Pair]:
    """The page of due tasks that a tick reads, their claim, and the probe an hour earlier."""
    freeze(setting.stores.folder, os.environ)
    count = setting.of(10_000_000, quick=1_000_000)
    return [pair for store in setting.stores.each() for pair in _on(setting, store, count)]


def _on(setting: Setting, store: Store, count: int) -> list[Pair]:
    bound = Bound("≤ 2.0", most_ratio=2.0)
    asked: dict[str, Ask] = {"due query": _page, "claim": _claim, "probe that finds nothing": _probe}
    pairs = {
        ask: Pair("due-query", store.name, f"{figure}, {count:,} tasks, {DUE} due", f"at {SMALL:,}", "ms", bound)
        for figure, ask in asked.items()
    }
    free = shutil.disk_usage(setting.stores.folder).free
    if free < count * BYTES_EACH:
        for pair in pairs.values():
            pair.skipped = f"needs {count * BYTES_EACH / 1e9:.0f} GB of disk, {free / 1e9:.0f} are free"
        return list(pairs.values())
    with ExitStack() as stack:
        large = _opened(stack, store, count)
        small = _opened(stack, store, SMALL)
        for ask, pair in pairs.items():
            pair.alternate(setting.of(50, quick=20), lambda: _ask(large, ask), lambda: _ask(small, ask))  # noqa: B023 (called within this round)
    return list(pairs.values())


def _opened(stack: ExitStack, store: Store, count: int) -> Database:
    database = Database(stack.enter_context(prepared(store, lambda database: _fill(database, count))))
    stack.callback(database.close)
    return database


def _fill(database: Database, count: int) -> None:
    """In parts, unlogged and with the plain indexes made at the end: one file, of which nothing is kept."""
    progress = Progress(f"due-query · filling {count:,} tasks · {database.dialect}", count)
    indexes = _plain_indexes(database)
    if database.dialect == "sqlite":
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            execute(database, f"PRAGMA {pragma}")
    for name in indexes:
        execute(database, f"DROP INDEX {name}")
    for first in range(1, count + 1, PART):
        last = min(first + PART - 1, count)
        add_many(database, first, last, DUE, MONDAY_MORNING)
        progress.show(last)
    for definition in indexes.values():
        execute(database, definition)
    if database.dialect == "postgresql":
        execute(database, "CHECKPOINT")
    else:
        execute(database, "PRAGMA journal_mode = WAL")


def _plain_indexes(database: Database) -> dict[str, str]:
    catalogue = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'tasks' AND sql IS NOT NULL",
        "postgresql": """
            SELECT i.indexname, i.indexdef FROM pg_indexes AS i
            WHERE i.tablename = 'tasks' AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conname = i.indexname)
        """,
    }
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        return dict(driver.execute(catalogue[database.dialect]).fetchall())


def _ask(database: Database, ask: Ask) -> float:
    started = time.perf_counter()
    found = ask(database)
    taken_ms = (time.perf_counter() - started) * 1000
    require({"due": found}, {"due": DUE})
    return taken_ms


def _page(database: Database) -> int:
    with database.reading() as work:
        return len(slots.due(work, None).tasks)


class _TakenBack(Exception):
    """Leaves a transaction so that nothing of it stays."""


def _claim(database: Database) -> int:
    """The three statements of a claim, taken back."""
    window_seconds, claimed = Settings(database_url=database.url).window_seconds, 0
    with contextlib.suppress(_TakenBack), database.writing() as work:
        claimed = slots.claim_interval(work, window_seconds, None, with_model=True)
        raise _TakenBack
    return claimed


def _probe(database: Database) -> int:
    """An hour before anything is due: every branch has to look."""
    text = read("queries", "probe.sql")
    if database.dialect == "postgresql":
        text = text.replace(":now", "%(now)s").replace(":schema_version", "%(schema_version)s")
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        found = driver.execute(text, {"now": MONDAY_MORNING - 3_600, "schema_version": 1}).fetchone()[0]
        driver.rollback()
        return 0 if found else DUE
