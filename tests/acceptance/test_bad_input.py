"""What cannot be is refused in one line that says what to do, with the documented exit code, and changes nothing."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from processor.models import Event
from processor.services import stores
from processor.storage import passes
from processor.storage.database import Database
from tests.conftest import ClockFile, RunProgram, Stores
from tests.dump import everything
from tests.rows import add_run
from tests.world import DEFAULT_STORE, World

Done = subprocess.CompletedProcess[str]
REHEARSAL = {"PROCESSOR_MODEL": "rehearsal"}
CREATE = ("tasks", "create", "--name", "Test", "--prompt", "Do it")
UNKNOWN = "00000000-0000-4000-8000-0000000000aa"


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A task is due, so that every tick has a reason to claim something."""
    monkeypatch.setenv("HOME", str(tmp_path))
    world = World(database, clock, tmp_path, monkeypatch)
    world.due_task()
    return world


def told(done: Done, code: int, *words: str) -> None:
    """One line on standard error with these words in it, and nothing on standard output."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert all(word in line for word in words), line
    assert "Traceback" not in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cron", "0 9 * * *", "--timezone", "Mars/Olympus"), ("Mars/Olympus", "Europe/Berlin")),
        (("--cron", "0 0 30 2 *"), ("0 0 30 2 *", "never")),
        (("--cron", "61 * * * *"), ("61 * * * *",)),
        (("--every", "59s"), ("59s", "minute", "1m")),
        (("--every", "soon"), ("soon", "30m")),
        (("--every", "1h", "--tool", "launch_rocket"), ("launch_rocket", "create_card")),
        (("--every", "1h", "--cron", "0 9 * * *"), ("--every", "--cron")),
        (("--at", "2020-01-01T00:00:00Z"), ("2020",)),
        ((), ("--every", "--cron")),
        (("--schedule-type", "sequential"), ("Sequential schedule requires --job-id to be set",)),
        (("--schedule-type", "sequential", "--job-id", UNKNOWN, "--every", "1h"), ("leave out --every",)),
        (("--schedule-type", "sequential", "--job-id", UNKNOWN), (f"no job '{UNKNOWN}' in this store", "list")),
        (("--every", "1h", "--job", "nonsense"), ("no job 'nonsense' in this store", "list")),
    ],
    ids=lambda value: " ".join(value) or "no schedule",
)
def test_a_task_that_cannot_be_is_not_made(
    world: World, run_program: RunProgram, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = everything(world.database)

    told(run_program("processor", *CREATE, *options), 1, *words)

    assert everything(world.database) == before


@pytest.mark.parametrize(
    ("program", "arguments", "code"),
    [
        ("process-tasks", ("--task", UNKNOWN), 2),
        ("process-tasks", ("--task", "nonsense"), 2),
        ("process-tasks", ("--store", "nowhere"), 2),
        ("processor", ("tasks", "get", UNKNOWN), 1),
        ("processor", ("tasks", "run", UNKNOWN), 1),
        ("processor", ("tasks", "list", "--store", "nowhere"), 1),
        ("processor", ("tasks", "list", "--job-id", UNKNOWN), 1),
        ("processor", ("process", "--store", "nowhere"), 1),
        ("processor", ("runs", "get", UNKNOWN), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_does_not_exist_is_not_found(
    world: World, run_program: RunProgram, program: str, arguments: tuple[str, ...], code: int
) -> None:
    before = everything(world.database)

    told(run_program(program, *arguments, env=REHEARSAL), code, f"'{arguments[-1]}'", "list")

    assert everything(world.database) == before


def test_another_stores_job_takes_no_task_of_this_one(world: World, run_program: RunProgram) -> None:
    with world.database.writing() as work:
        stranger = stores.create(work, "stranger").id
    theirs, _ = world.job(1, stranger)
    mine, (task_id,) = world.job(1)
    before = everything(world.database)

    sequential = ("--schedule-type", "sequential")
    told(run_program("processor", *CREATE, "--job-id", theirs, *sequential), 1, f"'{theirs}'", "list")
    told(run_program("processor", "tasks", "update", task_id, "--job-id", theirs), 1, f"'{theirs}'", "list")
    told(run_program("processor", "tasks", "list", "--job-id", mine, "--store", "stranger"), 1, f"'{mine}'", "list")

    assert everything(world.database) == before


@pytest.mark.parametrize("arguments", [("--max-runs", "many"), ("--frobnicate",), ("--task", UNKNOWN, "--loop")])
def test_bad_usage_is_told(world: World, run_program: RunProgram, arguments: tuple[str, ...]) -> None:
    before = everything(world.database)

    done = run_program("process-tasks", *arguments, env=REHEARSAL)

    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr
    assert everything(world.database) == before


def test_a_missing_key_claims_nothing(world: World, run_program: RunProgram) -> None:
    before = everything(world.database, "ticks", "heartbeat", "events")

    told(run_program("process-tasks"), 78, "ANTHROPIC_API_KEY", "PROCESSOR_MODEL=rehearsal")

    assert everything(world.database, "ticks", "heartbeat", "events") == before
    assert [event.name for event in world.rows(Event, "id")] == ["task.created", "tick.finished"]


def test_a_task_with_an_open_run_is_a_conflict(world: World, run_program: RunProgram) -> None:
    task_id = world.task()
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, task_id)
    before = everything(world.database)

    told(run_program("process-tasks", "--task", task_id, env=REHEARSAL), 2, run_id)
    told(run_program("processor", "tasks", "run", task_id, env=REHEARSAL), 1, run_id)

    assert everything(world.database) == before


@pytest.fixture
def of_jobs(world: World, stores: Stores) -> dict[str, str]:
    """A job with two steps, one that runs, a stranger's, and a task of another job."""
    job_id, (first, second) = world.job(2)
    running, (other,) = world.job(1)
    with world.database.writing() as work:
        passes.begin(work, DEFAULT_STORE, running, trigger="manual")
    theirs, _ = world.job(1, stores.stranger)
    return {"job": job_id, "first": first, "second": second, "running": running, "other": other, "theirs": theirs}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("get {theirs}", ("{theirs}", "list")),
        ("reorder {theirs} {first} {second}", ("{theirs}", "list")),
        ("reorder {job} {second} {first} {other}", ("{other}", "belongs to the job 'Job'", "leave it out")),
        ("reorder {job} {first} {second} {first}", ("{first}", "named twice")),
        ("reorder {job} {second}", ("{first}", "leaves out", "name every")),
        ("reorder {job} {first} {second} nonsense", ("'nonsense'", "list")),
        ("move {job} {first} 3", ("position", "1 to 2")),
        ("delete {running} --yes", ("jobs cancel {running}", "--force")),
        ("delete {theirs} --force", ("{theirs}", "list")),
        ("update {running} --status pending", ("jobs cancel {running}",)),
        ("update {job} --status completed", ("completed", "pending", "cancelled")),
        ("update {job} --timezone Europe/Berlin", ("--timezone", "--cron")),
        ("cancel {job}", ("No pass", "jobs run {job}")),
        ("create --name Job --schedule-type sequential", ("sequential", "manual")),
        ("create --name Job --every 1h --at 2030-01-01", ("--every", "--at")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_to_a_job(
    world: World, run_program: RunProgram, of_jobs: dict[str, str], command: str, words: tuple[str, ...]
) -> None:
    before = everything(world.database)

    done = run_program("processor", "jobs", *(word.format(**of_jobs) for word in command.split()))

    told(done, 1, *(word.format(**of_jobs) for word in words))
    assert everything(world.database) == before


@pytest.mark.parametrize("program", [("process-tasks",), ("processor", "tasks", "list")], ids=" ".join)
class TestWithoutAUsableDatabase:
    """Faults of the database, met by a tick and by a command."""

    def test_an_unreachable_server(self, run_program: RunProgram, program: tuple[str, ...]) -> None:
        url = "postgresql://somebody:s3cret-word@127.0.0.1:1/none"

        done = run_program(*program, env=REHEARSAL | {"PROCESSOR_DATABASE_URL": url})

        told(done, 75, "127.0.0.1", "next tick tries again" if program[0] == "process-tasks" else "")
        assert "s3cret-word" not in done.stderr

    def test_no_database_yet(self, run_program: RunProgram, program: tuple[str, ...], tmp_path: Path) -> None:
        path = tmp_path / "none" / "processor.db"

        told(run_program(*program, env=at(path)), 78, str(path), "processor db migrate")

        assert not path.parent.exists()

    def test_a_database_without_a_schema(
        self, run_program: RunProgram, program: tuple[str, ...], empty_database_url: str, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / "processor.db").touch()

        done = run_program(*program, env=REHEARSAL | {"PROCESSOR_DATABASE_URL": empty_database_url})

        told(done, 78, "processor db migrate")

    def test_a_file_that_is_no_database(
        self, run_program: RunProgram, program: tuple[str, ...], tmp_path: Path
    ) -> None:
        path = tmp_path / "letter.db"
        path.write_text("Dear database, " * 1_000)

        told(run_program(*program, env=at(path)), 78, str(path), "no SQLite database", "restore")

        assert path.read_text() == "Dear database, " * 1_000

    @pytest.mark.parametrize(
        "text",
        ["model: [rehearsal", "- a\n- list\n", "model: telepathy\n", "modell: rehearsal\n", "tick_seconds: soon\n"],
        ids=["no YAML", "a list", "a wrong value", "an unknown name", "no number"],
    )
    def test_a_corrupt_configuration(
        self, world: World, run_program: RunProgram, program: tuple[str, ...], tmp_path: Path, text: str
    ) -> None:
        (tmp_path / "processor.yaml").write_text(text)
        before = everything(world.database)

        done = run_program(*program, env={"PROCESSOR_CONFIG": str(tmp_path / "processor.yaml")})

        told(done, 78, str(tmp_path / "processor.yaml"), "line 1")
        assert everything(world.database) == before

    def test_sqlite_on_render(self, sqlite_url: str, run_program: RunProgram, program: tuple[str, ...]) -> None:
        done = run_program(*program, env=REHEARSAL | {"PROCESSOR_DATABASE_URL": sqlite_url, "RENDER": "true"})

        told(done, 78, "SQLite on Render", "DATABASE_URL")


def at(path: Path) -> dict[str, str]:
    return REHEARSAL | {"PROCESSOR_DATABASE_URL": f"sqlite:///{path}"}


def test_a_read_only_database(world: World, run_program: RunProgram, database_url: str) -> None:
    make_read_only(world.database, database_url)
    before = everything(world.database)

    what_to_do = "make the file" if world.database.dialect == "sqlite" else "check PROCESSOR_DATABASE_URL"
    told(run_program("process-tasks", env=REHEARSAL), 78, "read-only", what_to_do)
    told(run_program("processor", *CREATE, "--every", "1h", env=REHEARSAL), 78, "read-only", what_to_do)

    assert everything(world.database) == before


def make_read_only(database: Database, url: str) -> None:
    """In a way that holds for root as well: files of a later format SQLite reads and does not write."""
    if database.dialect == "sqlite":
        database.close()
        with Path(url.removeprefix("sqlite:///")).open("r+b") as file:
            file.seek(
                18
            )  # the format's write version, https://www.sqlite.org/fileformat.html#file_format_version_numbers
            file.write(b"\3")
        return
    with database.writing() as work:
        name = urlsplit(url).path.removeprefix("/")
        work.connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
