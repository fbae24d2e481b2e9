"""A database and the processes that work on it, seen from outside: nothing is kept open between two looks."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from processor.agent.toolbox import TOOLS
from processor.services import stores, tasks
from processor.storage.database import Database
from tests.reliability.matcher import mismatches
from tests.reliability.programs import Process, Programs
from tests.world import DEFAULT_STORE, Message, call, calls, finishes

LEASE_SECONDS = 2
CARDS = ("First", "Second")
NOTE = "Both cards are there."
PATIENCE_SECONDS = 120
_PARAMETER = re.compile(r":(\w+)")
_DUE = "SELECT count(*) FROM tasks WHERE next_run_at <= :now"
_LIVE_RUNS = """
SELECT count(*) FROM runs AS r JOIN ticks AS t ON t.id = r.worker_id
WHERE r.state = 'running' AND t.pid = :pid AND t.finished_at IS NULL
"""


def three_turns(delay_seconds: float = 0) -> list[Message]:
    """Two cards, a note, and the end of the run; each answer takes its time."""
    first, second = (call("create_card", title=title) for title in CARDS)
    note = call("write_note", text=NOTE)
    return [
        answer | {"delay_seconds": delay_seconds}
        for answer in (calls(first, note), calls(second), finishes(summary="Two cards."))
    ]


class Scene:
    """Starts ticks in a world of due tasks; `counts` are the figures of the test."""

    def __init__(self, url: str, folder: Path, programs: Programs) -> None:
        folder.mkdir()
        self.store_kind = "sqlite" if url.startswith("sqlite") else "postgresql"
        self.counts: Counter[str] = Counter()
        self.folder = folder
        self.environment = {
            "PROCESSOR_DATABASE_URL": url,
            "PROCESSOR_MODEL": "scripted",
            "PROCESSOR_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._url = url
        self._programs = programs
        self.script(three_turns())

    def script(self, answers: list[Message]) -> None:
        """What the model says from now on."""
        path = self.folder / "script.json"
        path.write_text(json.dumps(answers))
        self.environment["PROCESSOR_SCRIPT"] = str(path)

    def start(
        self, *arguments: str, program: str = "process-tasks", instrument: Mapping[str, Any] | None = None, **how: bool
    ) -> Process:
        """Start a process on this database; by default a tick."""
        return self._programs.start(
            self.folder, self.environment, program, *arguments, instrument=instrument, fresh=how.get("fresh", False)
        )

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database. It is closed before anything else happens, so that no process finds it kept open."""
        database = Database(self._url)
        try:
            yield database
        finally:
            database.close()

    def ask(self, statement: str, **values: object) -> Any:
        """The one value that a statement gives."""
        with self.opened() as database, database.reading() as work:
            given = statement if work.dialect == "sqlite" else _PARAMETER.sub(r"%(\1)s", statement)
            return work.cursor.execute(given, values).fetchone()[0]

    def store(self, name: str) -> str:
        """A new store; its id."""
        with self.opened() as database, database.writing() as work:
            return stores.create(work, name).id

    def due_tasks(self, count: int = 1, store_id: str = DEFAULT_STORE, **fields: Any) -> list[str]:
        """New tasks that are due now, and then every hour; their ids."""
        with self.opened() as database, database.writing() as work:
            given: Any = {"name": "Task", "prompt": "Make two cards", "every": "1h", "start": work.now} | fields
            self.counts["slots_accounted_for"] += count
            return [tasks.create(work, store_id, given, TOOLS.keys()).id for _ in range(count)]

    def live_runs_of(self, process: Process) -> int:
        """How many runs a killed process has left behind."""
        return int(self.ask(_LIVE_RUNS, pid=process.pid))

    def most_recoveries(self) -> int:
        """How often the unluckiest run that has not ended was taken over."""
        return int(self.ask("SELECT coalesce(max(recoveries), 0) FROM runs WHERE state IN ('running', 'waiting')"))

    def unfinished(self) -> int:
        """How many runs have not ended."""
        return int(self.ask("SELECT count(*) FROM runs WHERE state IN ('queued', 'running', 'waiting')"))

    def due(self) -> int:
        """How many tasks have a slot that nobody has looked at."""
        return int(self.ask(_DUE, now=int(time.time())))

    def settle(self, pause_seconds: float = 0.25) -> None:
        """Let undisturbed ticks finish everything, in real time."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.unfinished() or self.due():
            assert time.monotonic() < until, "the runs do not come to an end"
            tick = self.start()
            assert tick.wait() == 0, tick.log.read_text()[-2_000:]
            time.sleep(pause_seconds)

    def findings(self) -> list[str]:
        """What the program's own check and the independent matcher say about the database."""
        verify = self.start("verify", "--json", program="processor")
        verify.wait()
        broken = [f"{check['name']}: {row}" for check in _broken(verify.out) for row in check["rows"]]
        return broken + mismatches(self._url)


def _broken(out: Path) -> list[dict[str, Any]]:
    return [check for check in json.loads(out.read_text())["checks"] if check["count"]]


NewScene = Callable[[str], Scene]
"""Makes a scene with a database of its own; give it a name that no other scene of the test has."""
