"""A tick that finds nothing to do, beside a Python that does nothing."""

from collections.abc import Sequence

from processor.storage.database import Database
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.programs import installed, prepare_runtime, timed_ms
from tests.benchmarks.setting import PYTHON, SCRIPT, Setting, environment
from tests.benchmarks.stores import Store, prepared
from tests.benchmarks.tasks import require, scalar

NOTHING = (str(PYTHON), "-c", "pass")
ONE_QUERY = """
import os, psycopg
with psycopg.connect(os.environ["PROCESSOR_DATABASE_URL"], autocommit=True) as connection:
    connection.execute("SELECT 1").fetchone()
"""
WARM_UP = 1


def idle_script(setting: Setting) -> list[Pair]:
    """`scripts/process-tasks`, what cron calls, from the shell that starts it to its end."""
    prepare_runtime()
    pair = Pair("idle-script", "sqlite", "whole process", "python -c pass", "ms", Bound("≤ 2.0", most_ratio=2.0))
    return [_measured(setting, setting.stores.sqlite, pair, [str(SCRIPT)], NOTHING)]


def idle_installed(setting: Setting) -> list[Pair]:
    """`process-tasks` as pip installs it from the wheel."""
    prepare_runtime()
    pair = Pair("idle-installed", "sqlite", "whole process", "python -c pass", "ms", Bound("≤ 2.3", most_ratio=2.3))
    command = [str(installed(setting.stores.folder))]
    return [_measured(setting, setting.stores.sqlite, pair, command, NOTHING)]


def idle_postgres(setting: Setting) -> list[Pair]:
    """`scripts/process-tasks` on Postgres, beside the shortest script that asks Postgres anything."""
    prepare_runtime()
    pair = Pair(
        "idle-postgres", "postgresql", "whole process", "psycopg, one query", "ms", Bound("≤ 1.3", most_ratio=1.3)
    )
    store = setting.stores.postgres
    if store is None:
        pair.skipped = "no Postgres"
        return [pair]
    return [_measured(setting, store, pair, [str(SCRIPT)], (str(PYTHON), "-c", ONE_QUERY))]


def _measured(setting: Setting, store: Store, pair: Pair, ours: Sequence[str], theirs: Sequence[str]) -> Pair:
    repeats = setting.of(150, quick=40)
    with prepared(store) as url:
        variables = environment(PROCESSOR_DATABASE_URL=url)
        pair.alternate(repeats, lambda: timed_ms(ours, variables), lambda: timed_ms(theirs, variables))
        _require_heartbeats(url, repeats + WARM_UP)
    return pair


def _require_heartbeats(url: str, count: int) -> None:
    """Each tick found nothing, wrote its heartbeat and nothing else."""
    database = Database(url)
    found = {
        "idle ticks": scalar(database, "SELECT idle_ticks FROM heartbeat"),
        "full ticks": scalar(database, "SELECT count(*) FROM ticks"),
    }
    database.close()
    require(found, {"idle ticks": count, "full ticks": 0})
