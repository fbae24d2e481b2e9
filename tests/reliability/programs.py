"""Starts the program's processes for tests that end them: by forking from a warm parent, or afresh."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.003
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ")
FRESH = {
    "process-tasks": "import sys; sys.argv[0] = 'process-tasks'; from processor.entry import main; sys.exit(main())",
    "processor": "import sys; sys.argv[0] = 'processor'; from processor.cli.main import main; sys.exit(main())",
}


@dataclass
class Process:
    """A started program; `code` is known once it has ended, below zero if by a signal."""

    pid: int
    out: Path
    log: Path
    look: Callable[[], int | None]
    code: int | None = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; the process may be over by then, which its code tells."""
        os.kill(self.pid, number)

    def ended(self, seconds: float = 0) -> bool:
        """Whether it has ended, or does so within so many seconds."""
        until = time.monotonic() + seconds
        while self.code is None:
            self.code = self.look()
            if self.code is None and time.monotonic() >= until:
                return False
            if self.code is None:
                time.sleep(POLL_SECONDS)
        return True

    def wait(self, seconds: float = 60) -> int:
        """The exit code; fails when the process takes longer."""
        assert self.ended(seconds), f"still running after {seconds} s: {self.log.read_text()[-2_000:]}"
        assert self.code is not None
        return self.code

    def events(self, name: str) -> int:
        """How often it logged an event."""
        logged = self.log.read_text() if self.log.exists() else ""  # some are killed before they open it
        return logged.count(f'"event": "{name}"')


class Programs:
    """The warm parent of this session, and who was started how."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders = orders
        self._answers = answers
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def start(
        self,
        folder: Path,
        environment: Mapping[str, str],
        program: str = "process-tasks",
        *arguments: str,
        instrument: Mapping[str, Any] | None = None,
        fresh: bool = False,
    ) -> Process:
        """Start a program in a folder, which also takes what it says; `fresh` means by a new interpreter."""
        number = next(self._numbers)
        out, log = folder / f"{number}.out", folder / f"{number}.log"
        environment = {**_bare_environment(), **environment}
        if fresh:
            return _start_afresh(folder, environment, program, arguments, out, log)
        pid = self._ask(
            start={
                "program": program,
                "arguments": arguments,
                "folder": str(folder),
                "environment": environment,
                "out": str(out),
                "log": str(log),
                "instrument": instrument,
            }
        )
        return Process(pid, out, log, lambda: self._ask(look=pid))

    def _ask(self, **order: Any) -> Any:
        with self._lock:
            self._orders.write(f"{json.dumps(order)}\n")
            self._orders.flush()
            return json.loads(self._answers.readline())


@contextmanager
def warm_parent() -> Iterator[Programs]:
    """A warm parent; whatever it started is gone when it goes."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("warm_parent.py"))]
    with subprocess.Popen(
        command, env=_bare_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Programs(process.stdin, process.stdout)
        process.stdin.close()


def _bare_environment() -> dict[str, str]:
    """No more than a program needs; nothing that measures coverage, which would slow it down between two kills."""
    return {name: value for name, value in os.environ.items() if name in KEPT} | {"PYTHONPATH": str(ROOT)}


def _start_afresh(
    folder: Path, environment: Mapping[str, str], program: str, arguments: tuple[str, ...], out: Path, log: Path
) -> Process:
    with out.open("w") as said, log.open("w") as logged:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", FRESH[program], *arguments],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=logged,
        )

    return Process(process.pid, out, log, process.poll)
