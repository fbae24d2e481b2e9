"""Debian's own cron daemon starts the program, minute after minute."""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from processor.storage.sqlite_library import sqlite

ROOT = Path(__file__).resolve().parents[2]
CRON = shutil.which("cron", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
CRON_FOLDER = Path("/etc/cron.d")
CRON_PID = Path("/var/run/crond.pid")
MINUTE_SECONDS = 60
TICKS = 3
SET_UP_SECONDS = 300
ROOM_SECONDS = 25  # what is needed before the first minute: a task is made, the daemon is started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CRON is None, reason="Debian's cron is not installed (apt-get install cron)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may add to /etc/cron.d and start the daemon"),
]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"PROCESSOR_DATABASE_URL": f"sqlite:///{tmp_path / 'cron.db'}", "PROCESSOR_MODEL": "rehearsal"}


@pytest.fixture
def processor(settings: dict[str, str]) -> Callable[..., str]:
    """Runs scripts/processor; the first call may have to set the environment up."""

    def run(*arguments: str) -> str:
        command = [str(ROOT / "scripts" / "processor"), *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SET_UP_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def daemon() -> Iterator[None]:
    """The cron daemon of this machine; one of our own where none is running."""
    if is_running():
        yield
        return
    assert CRON is not None
    with subprocess.Popen([CRON, "-f"], stdin=subprocess.DEVNULL, start_new_session=True) as process:
        yield
        process.terminate()


def is_running() -> bool:
    try:
        return Path("/proc", CRON_PID.read_text().strip(), "comm").read_text().strip() == "cron"
    except OSError:
        return False


@pytest.fixture
def crontab(settings: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Adds scripts/process-tasks to the machine's crontabs, every minute; what happens to the test, it is taken out."""
    path = CRON_FOLDER / f"process-tasks-test-{uuid.uuid4().hex}"
    lines = [f'{name}="{value}"' for name, value in {**settings, "MAILTO": ""}.items()]
    command = f"'{ROOT}/scripts/process-tasks' >>'{tmp_path}/cron.log' 2>&1"
    lines.append(f"* * * * * root {command}")

    def install() -> None:
        path.write_text("\n".join([*lines, ""]))

    yield install
    path.unlink(missing_ok=True)


def first_minute() -> int:
    """Return the next full minute that leaves enough time before it; waits for the minute before if it has to."""
    left = MINUTE_SECONDS - time.time() % MINUTE_SECONDS
    if left < ROOM_SECONDS:
        time.sleep(left + 3)
    return int(time.time()) // MINUTE_SECONDS * MINUTE_SECONDS + MINUTE_SECONDS


@pytest.mark.usefixtures("daemon")
def test_cron_runs_every_slot_of_a_task_once(
    processor: Callable[..., str], crontab: Callable[[], None], tmp_path: Path
) -> None:
    processor("db", "migrate")
    start = first_minute()
    minutes = [start + MINUTE_SECONDS * number for number in range(TICKS)]
    begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
    task = create_task(processor, begin)
    crontab()

    time.sleep(minutes[-1] + 2 - time.time())
    while len(runs := finished_runs(processor, task)) < TICKS and time.time() < minutes[-1] + MINUTE_SECONDS - 10:
        time.sleep(1)

    log = (tmp_path / "cron.log").read_text()
    assert [run["state"] for run in runs] == ["succeeded"] * TICKS, log
    assert ledger(tmp_path / "cron.db", task) == [(minute, "claimed", 1) for minute in minutes], log


def create_task(processor: Callable[..., str], begin: str) -> str:
    what = ("--name", "Minute", "--prompt", "Create a task called 'Tick'")
    made = processor("tasks", "create", *what, "--every", "1m", "--start", begin, "--json")
    return str(json.loads(made)["id"])


def finished_runs(processor: Callable[..., str], task: str) -> list[dict[str, Any]]:
    runs = json.loads(processor("runs", "list", "--task", task, "--json"))
    return [run for run in runs if run["finished_at"]]


def ledger(path: Path, task: str) -> list[tuple[int, str, int]]:
    """List slot, disposition and number of runs of each ledger row."""
    query = """
        SELECT slots.scheduled_time, slots.disposition, count(runs.id)
        FROM processed_task_executions AS slots
        LEFT JOIN runs ON runs.task_id = slots.task_id AND runs.scheduled_time = slots.scheduled_time
        WHERE slots.task_id = ?
        GROUP BY slots.scheduled_time, slots.disposition
        ORDER BY slots.scheduled_time
    """
    with closing(sqlite.connect(path)) as connection:
        return list(connection.execute(query, (task,)))
