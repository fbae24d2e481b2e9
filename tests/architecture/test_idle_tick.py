"""A tick with nothing to do loads next to nothing: that is what makes it cheap enough to run every minute."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from processor.storage.sqlite_library import sqlite
from processor.storage.url import sqlite_path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    *("anthropic", "sqlmodel", "sqlalchemy", "pydantic", "pydantic_settings", "typer", "rich", "structlog", "tenacity"),
    *("yaml", "fastapi", "nicegui"),
}
# Each of these costs a fifth of what an idle tick may take; psycopg needs some of them, the driver of SQLite none.
DEAR_IN_THE_STANDARD_LIBRARY = {"re", "json", "uuid", "argparse", "pathlib", "asyncio", "logging"}
TICK = """
import atexit, sys
sys.argv = ["process-tasks"]
atexit.register(lambda: print(*sys.modules))
from processor.entry import main
sys.exit(main())
"""


def modules_after_a_tick(url: str) -> set[str]:
    """Tick once in a process of its own, without the measuring of coverage, which loads much itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "PROCESSOR_DATABASE_URL": url}
    command = [sys.executable, "-P", "-c", TICK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_an_idle_tick_loads_no_heavy_library(database_url: str) -> None:
    loaded = modules_after_a_tick(database_url)
    assert "processor.entry" in loaded
    assert loaded & HEAVY == set()


def test_an_idle_tick_on_sqlite_loads_only_what_it_needs(sqlite_url: str) -> None:
    assert modules_after_a_tick(sqlite_url) & DEAR_IN_THE_STANDARD_LIBRARY == set()


def test_a_tick_on_an_empty_database_is_an_idle_one(sqlite_url: str) -> None:
    modules_after_a_tick(sqlite_url)
    path = sqlite_path(sqlite_url)
    assert path is not None
    with closing(sqlite.connect(path)) as connection:
        assert connection.execute("SELECT idle_ticks FROM heartbeat").fetchall() == [(1,)]


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import processor; print(*set(sys.modules) - before)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["processor"]
