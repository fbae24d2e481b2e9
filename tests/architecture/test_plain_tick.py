"""A tick that runs something loads what the run needs, and not what other commands do."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from processor.agent.toolbox import TOOLS
from processor.services import stores, tasks
from processor.storage.database import Database

ROOT = Path(__file__).resolve().parents[2]
FOR_OTHER_COMMANDS = {
    *("typer", "rich.progress", "processor.cli.render", "processor.cli.process_tasks"),
    *("processor.models", "sqlmodel", "sqlalchemy", "psycopg"),
    "processor.storage.adaptive",
}
TICK = """
import atexit, sys
sys.argv = ["process-tasks"]
atexit.register(lambda: print(*sys.modules))
from processor.entry import main
sys.exit(main())
"""


def add_due_task(url: str) -> None:
    with closing(Database(url)) as database, database.writing() as work:
        due = {"every": "1h", "start": work.now}
        (store, *_) = stores.list(work, None)
        tasks.create(work, store.id, {"name": "Due", "prompt": "Write a note: done", **due}, TOOLS.keys())  # type: ignore[typeddict-item]


def test_a_plain_tick_loads_nothing_for_options_tables_or_another_database(sqlite_url: str) -> None:
    add_due_task(sqlite_url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PROCESSOR_DATABASE_URL": sqlite_url,
        "PROCESSOR_MODEL": "rehearsal",
    }
    command = [sys.executable, "-P", "-c", TICK]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "run.succeeded" in done.stderr
    assert "processor.agent.loop" in loaded
    assert loaded & FOR_OTHER_COMMANDS == set()
