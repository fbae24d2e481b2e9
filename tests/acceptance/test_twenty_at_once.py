"""Twenty processes start at the same instant on a thousand due tasks."""

import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import insert, select

from processor.models import LedgerRow, Run, RunCard, Task
from processor.services.instants import epoch_or_none, moment
from processor.storage.database import Database

PROCESSES, TASKS = 20, 1_000
ROOT = Path(__file__).resolve().parents[2]
DEFAULT_STORE = "00000000-0000-4000-8000-000000000001"
HOUR = 3_600
# Everything is imported before the gate opens, so that all of them reach the database at once.
PROGRAM = """
import os, sys
import processor.agent.executor, processor.cli.process_tasks, processor.llm.rehearsal
from processor.entry import main
print("ready", flush=True)
os.read(int(sys.argv.pop()), 1)
sys.exit(main())
"""

pytestmark = pytest.mark.slow


@contextmanager
def processes_behind_a_gate(url: str, folder: Path) -> Iterator[list["subprocess.Popen[str]"]]:
    """All of them wait at one pipe, and go when its other end is closed; `folder` takes what they log."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    environment = kept | {"PYTHONPATH": str(ROOT), "PROCESSOR_DATABASE_URL": url, "PROCESSOR_MODEL": "rehearsal"}
    gate, opener = os.pipe()
    started = []
    for number in range(PROCESSES):
        with (folder / f"{number}.log").open("w") as log:
            command = [sys.executable, "-P", "-c", PROGRAM, str(gate)]
            piped = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": log, "text": True}
            started.append(subprocess.Popen(command, env=environment, cwd=folder, pass_fds=[gate], **piped))  # type: ignore[call-overload]
    os.close(gate)
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        os.close(opener)
        yield started
    finally:
        for process in started:
            with process:
                process.kill()


def add_due_tasks(database: Database, slot: int) -> list[str]:
    common: dict[str, Any] = {"store_id": DEFAULT_STORE, "prompt": "Create a task called 'Card'"}
    common |= {"schedule_type": "interval", "interval_seconds": HOUR, "anchor_at": moment(slot)}
    common |= {"cursor_at": moment(slot - 1), "next_run_at": moment(slot)}
    common |= {"created_at": moment(slot - 1), "updated_at": moment(slot - 1)}
    rows = [{"id": str(uuid.uuid4()), "name": f"Task {number}", **common} for number in range(TASKS)]
    with database.writing() as work:
        work.session.connection().execute(insert(Task), rows)
    return [row["id"] for row in rows]


def test_each_slot_runs_once(database: Database, database_url: str, tmp_path: Path) -> None:
    slot = int(time.time()) - 60
    ids = add_due_tasks(database, slot)

    with processes_behind_a_gate(database_url, tmp_path) as processes:
        codes = [process.wait(timeout=200) for process in processes]

    said = [path.read_text() for path in sorted(tmp_path.glob("*.log"))]
    assert codes == [0] * PROCESSES, [text[-2_000:] for text in said]
    assert not any("locked" in text or "Traceback" in text for text in said)
    with database.reading() as work:
        ledger = work.session.exec(select(LedgerRow)).all()
        runs = work.session.exec(select(Run)).all()
        made = work.session.exec(select(RunCard)).all()
    assert sorted(row.task_id for row in ledger) == sorted(ids)
    assert {(epoch_or_none(row.scheduled_time), row.disposition) for row in ledger} == {(slot, "claimed")}
    assert {row.run_id for row in ledger} == {run.id for run in runs}
    assert Counter((run.state, run.attempt, run.fence, run.recoveries) for run in runs) == {
        ("succeeded", 1, 1, 0): TASKS
    }
    assert sorted(each.run_id for each in made) == sorted(run.id for run in runs)
    assert len({each.card_id for each in made}) == TASKS
    assert len({run.worker_id for run in runs}) == 1, "no run keeps a worker after its end"
