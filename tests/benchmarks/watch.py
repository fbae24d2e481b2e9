"""A look at 100,000 files of which none has changed."""

import os
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from processor.storage import watches
from processor.storage.database import Database
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.setting import Setting
from tests.benchmarks.stores import Store, prepared
from tests.benchmarks.tasks import STORE, Incomplete, execute, freeze, require, scalar
from tests.looking import look

FILES_EACH = 1_000
BYTES_EACH = 20
MOST_LOOKS = 10
_TASK = """
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, watch_path, cursor_at, created_at, updated_at)
VALUES ('{id}', '{store}', 'Watch', 'Look.', 'file_watch', '{path}', 0, 0, 0)
"""
_READ = "SELECT path, size_bytes, mtime_ns, inode FROM watched_files ORDER BY path"


def watch(setting: Setting) -> list[Pair]:
    """The look that a tick takes, against a walk that stats each file and a read of as many rows."""
    freeze(setting.stores.folder, os.environ)
    count = setting.of(100_000, quick=20_000)
    folder = setting.stores.folder / "watched"
    _make(folder, count)
    return [_on(setting, store, folder, count) for store in setting.stores.each()]


def _on(setting: Setting, store: Store, folder: Path, count: int) -> Pair:
    bound = Bound("≤ 2.0", most_ratio=2.0)
    pair = Pair("watch", store.name, f"{count:,} unchanged files", "walk, stat and read", "ms", bound)
    with ExitStack() as stack:
        database = Database(stack.enter_context(prepared(store, lambda database: _fill(database, folder, count))))
        stack.callback(database.close)
        pair.alternate(setting.of(15, quick=5), lambda: _look(database, count), lambda: _bare(database, folder, count))
    return pair


def _make(folder: Path, count: int) -> None:
    for part in range(count // FILES_EACH):
        below = folder / f"part {part:04}"
        below.mkdir(parents=True, exist_ok=True)
        for number in range(FILES_EACH):
            (below / f"measurement-{number:05}.csv").write_bytes(b"x" * BYTES_EACH)


def _fill(database: Database, folder: Path, count: int) -> None:
    """The first looks take the files as known and read them."""
    execute(database, _TASK.format(id=uuid.uuid4(), store=STORE, path=f"{folder}/"))
    for _ in range(MOST_LOOKS):
        look(database, "/", _watch(database))
        if scalar(database, "SELECT count(hash) FROM watched_files") == count:
            return
    raise Incomplete("the files were not all read")


def _look(database: Database, count: int) -> float:
    started = time.perf_counter()
    look(database, "/", _watch(database))
    taken = time.perf_counter() - started
    found = {
        "runs": scalar(database, "SELECT count(*) FROM runs"),
        "files": scalar(database, "SELECT count(*) FROM watched_files WHERE differs_since IS NULL"),
    }
    require(found, {"runs": 0, "files": count})
    return taken * 1_000


def _bare(database: Database, folder: Path, count: int) -> float:
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        started = time.perf_counter()
        seen = 0
        for parent, _, names in os.walk(folder):
            for name in names:
                seen += os.stat(os.path.join(parent, name)).st_size > 0  # noqa: PTH116, PTH118 (bare on purpose)
        rows = driver.execute(_READ).fetchall()
        taken = time.perf_counter() - started
        driver.commit()
    require({"files": seen, "rows": len(rows)}, {"files": count, "rows": count})
    return taken * 1_000


def _watch(database: Database) -> watches.Watch:
    with database.reading() as work:
        (found,) = watches.watches(work, None)
    return found
