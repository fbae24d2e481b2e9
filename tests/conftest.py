"""Fresh databases of both kinds, two stores, real programs, and no way out to the network."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from processor.services import stores as services_stores
from processor.storage.database import Database
from processor.storage.migrate import migrate
from tests.parts import pytest_terminal_summary  # noqa: F401 (a hook of pytest's)
from tests.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).resolve().parent.parent
MONDAY_MORNING = int(datetime(2026, 11, 16, 9, tzinfo=UTC).timestamp())
PROGRAM_TIMEOUT_SECONDS = 120
_OURS = ("PROCESSOR_", "ANTHROPIC_", "DATABASE_URL", "RENDER")
_LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections of this process reach this machine only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
            raise RuntimeError(f"A test tried to reach {address[0]}: tests use this machine only")
        return connect(self, address)

    return guarded


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has set for the program does not reach the tests."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)


@pytest.fixture
def frozen() -> Iterator[FrozenDateTimeFactory]:
    """Frozen time that leaves asyncio its own clock, without which it hangs."""
    with freeze_time(datetime.fromtimestamp(MONDAY_MORNING, UTC), real_asyncio=True) as factory:
        assert isinstance(factory, FrozenDateTimeFactory)
        yield factory


class ClockFile:
    """The clock of every process of a test, on both databases."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0
        self.set(MONDAY_MORNING)

    def set(self, now: int) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{now}\n")
        fresh.replace(self.path)
        self.now = now

    def advance(self, seconds: int) -> None:
        self.set(self.now + seconds)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClockFile:
    """Time that stands at Monday 2026-11-16 09:00 UTC until the test moves it; also for the programs it starts."""
    clock = ClockFile(tmp_path / "clock")
    monkeypatch.setenv("PROCESSOR_CLOCK_FILE", str(clock.path))
    return clock


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "processor.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh migrated SQLite database."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'processor.db')}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh migrated Postgres database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, of both kinds in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema, of both kinds in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty' / 'processor.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_empty()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """A fresh migrated database, open; by the test's own clock if it asks for `clock`."""
    if "clock" in request.fixturenames:
        request.getfixturevalue("clock")
    database = Database(database_url)
    yield database
    database.close()


@dataclass(frozen=True)
class Stores:
    """The ids of two stores beside `default`: whatever is done to one, the stranger keeps out of it."""

    mine: str
    stranger: str


@pytest.fixture
def stores(database: Database) -> Stores:
    with database.writing() as work:
        return Stores(services_stores.create(work, "mine").id, services_stores.create(work, "stranger").id)


class RunProgram(Protocol):
    def __call__(
        self, program: str, *arguments: str, env: Mapping[str, str] | None = None, timeout_seconds: float = ...
    ) -> subprocess.CompletedProcess[str]: ...


class StartProgram(Protocol):
    def __call__(
        self, program: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]": ...


_PROGRAMS = {
    "process-tasks": "import sys; sys.argv[0] = 'process-tasks'; from processor.entry import main; sys.exit(main())",
    "processor": "import sys; sys.argv[0] = 'processor'; from processor.cli.main import main; sys.exit(main())",
}


def _command(program: str, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-P", "-c", _PROGRAMS[program], *arguments]


def _environment(given: Mapping[str, str] | None, url: str) -> dict[str, str]:
    """No more than a program needs, what the test itself set for ours, and what measures coverage."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "COVERAGE_", *_OURS)
    environment = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    return environment | {"PYTHONPATH": str(ROOT), "PROCESSOR_DATABASE_URL": url} | dict(given or {})


@pytest.fixture
def run_program(database_url: str, tmp_path: Path) -> RunProgram:
    """Runs `process-tasks` or `processor` as a process of its own on the test's database, in an empty folder.

    `run_program("processor", "tasks", "list", env={"NAME": "value"})`; the result has `returncode`, `stdout`, `stderr`.
    """

    def run(
        program: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = PROGRAM_TIMEOUT_SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(program, arguments),
            env=_environment(env, database_url),
            cwd=_working_folder(tmp_path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    return run


@pytest.fixture
def start_program(database_url: str, tmp_path: Path) -> Iterator[StartProgram]:
    """Like `run_program`, but returns the running process; what still runs when the test ends is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            _command(program, arguments),
            env=_environment(env, database_url),
            cwd=_working_folder(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_interruptible,  # noqa: PLW1509 (sets one signal and takes no lock)
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:  # closes its pipes and waits
            process.kill()


def _interruptible() -> None:
    """A shell that runs the tests in the background has them, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _working_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    return folder
