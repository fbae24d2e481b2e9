"""Agent runs in number: a server that answers, our tick and the bare package in turn, and what must be left behind."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processor.reports.verify import verify
from processor.storage.database import Database
from tests.benchmarks.message_server import TURNS
from tests.benchmarks.setting import ROOT, environment
from tests.benchmarks.stores import Store
from tests.benchmarks.tasks import LATE_SECONDS, add_due_intervals, require, scalar

LONGEST_SECONDS = 600
_KEPT = {
    "ledger rows": "SELECT count(*) FROM processed_task_executions WHERE disposition = 'claimed'",
    "cursors moved": "SELECT count(*) FROM tasks WHERE next_run_at > cursor_at AND last_run_at IS NOT NULL",
    "succeeded runs": "SELECT count(*) FROM runs WHERE state = 'succeeded' AND output IS NOT NULL AND cost_nanousd > 0",
    "frozen requests": "SELECT count(*) FROM run_requests",
    "finished attempts": "SELECT count(*) FROM run_attempts WHERE finished_at IS NOT NULL",
    "answered turns": "SELECT count(*) FROM turns WHERE reply IS NOT NULL",
    "answered model calls": "SELECT count(*) FROM llm_calls WHERE state = 'answered' AND cost_nanousd > 0",
    "tool results": "SELECT count(*) FROM tool_calls WHERE state = 'succeeded' AND result IS NOT NULL",
    "cards of runs": "SELECT count(*) FROM run_cards AS r JOIN cards AS c ON c.id = r.card_id",
    "notes": "SELECT count(*) FROM task_notes",
}
_EACH_TURN = ("answered turns", "answered model calls", "tool results")
_RECORDING = """
SELECT q.request, a.opening FROM run_requests AS q JOIN run_attempts AS a ON a.run_id = q.run_id
"""


@dataclass(frozen=True, slots=True)
class Server:
    """The Messages API of this run."""

    port: int

    @property
    def variables(self) -> dict[str, str]:
        """What leads the anthropic package there."""
        return {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.port}", "ANTHROPIC_API_KEY": "none-needed-here"}

    def take_calls(self) -> dict[str, Any]:
        """How many `calls` came since the last question, and `first_at` (monotonic seconds) the first one did."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/calls") as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@contextmanager
def serving(latency_seconds: float = 0.0) -> Iterator[Server]:
    """A server in a process of its own, which lets each call wait for so long."""
    command = [sys.executable, "-P", "-m", "tests.benchmarks.message_server", str(latency_seconds)]
    with subprocess.Popen(command, env=environment(PYTHONPATH=str(ROOT)), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.terminate()


def ours(server: Server, url: str, *, ticks: int = 1, concurrency: int, max_runs: int) -> list[dict[str, Any]]:
    """Tick in a process of its own; what each tick measured."""
    variables = {**server.variables, "PROCESSOR_DATABASE_URL": url}
    return _child(["tests.benchmarks.durable_runs", str(ticks), str(concurrency), str(max_runs)], variables)


def bare(server: Server, recording: Path, *, runs: int, concurrency: int) -> dict[str, Any]:
    """The same conversations through the bare package in a process of its own."""
    command = ["tests.benchmarks.bare_runs", str(recording), str(runs), str(concurrency)]
    (told,) = _child(command, server.variables)
    require(told | server.take_calls(), {"turns": runs * TURNS, "calls": runs * TURNS})
    return told


def due_now(store: Store, count: int) -> str:
    """The URL of a new database with so many tasks, due by the real clock."""
    return store.create(lambda database: add_due_intervals(database, count, int(time.time()) - LATE_SECONDS))


def require_kept(server: Server, url: str, runs: int, calls: int | None = None) -> None:
    """Raise Incomplete unless ledger, runs, transcripts and effects are all there, and no call was made twice.

    `calls` is how many came, where somebody has asked the server already.
    """
    database = Database(url)
    try:
        found = {what: scalar(database, text) for what, text in _KEPT.items()}
        with database.reading() as work:
            broken = [verdict.name for verdict in verify(work) if verdict.count]
    finally:
        database.close()
    wanted = {what: runs * (TURNS if what in _EACH_TURN else 1) for what in _KEPT}
    made = server.take_calls()["calls"] if calls is None else calls
    require(found | {"calls": made, "broken": broken}, wanted | {"calls": runs * TURNS, "broken": []})


def record(server: Server, store: Store, folder: Path) -> Path:
    """Run one task and keep what was sent, for the bare package to send the same."""
    url = due_now(store, 1)
    ours(server, url, concurrency=1, max_runs=1)
    require_kept(server, url, 1)
    path = folder / f"recording-{store.name}.json"
    path.write_text(json.dumps(_recorded(url)))
    store.drop(url)
    return path


def _recorded(url: str) -> dict[str, Any]:
    database = Database(url)
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        request, opening = driver.execute(_RECORDING).fetchone()
        replies = driver.execute("SELECT reply FROM turns ORDER BY turn").fetchall()
    database.close()
    asked = json.loads(request)
    effort = asked.pop("effort")
    asked |= {"tool_choice": {"type": "auto"}, "output_config": {"effort": effort}}
    return {"request": asked, "opening": json.loads(opening), "replies": [json.loads(reply) for (reply,) in replies]}


def _child(command: list[str], variables: dict[str, str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        env=environment(PYTHONPATH=str(ROOT), **variables),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4_000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]
