import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processor.errors import ConfigurationError, InfrastructureError
from processor.services import stores as service
from processor.storage import channel
from processor.storage.database import Database
from processor.storage.migrate import migrate, require_current
from tests.conftest import ROOT
from tests.postgres import PostgresServer

WRITE = """
import sys
from processor.errors import ProcessorError
from processor.services import stores
from processor.storage.database import Database

database = Database(sys.argv[1])
try:
    database.write(stores.create, "new")
except ProcessorError as error:
    print(type(error).__name__, error.exit_code, error)
database.close()
"""


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at" * 40, b"\0" * 8192])
def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "processor.db").write_bytes(content)
    with (
        opened(f"sqlite:///{tmp_path}/processor.db") as database,
        pytest.raises(ConfigurationError, match="damaged or no"),
    ):
        migrate(database)
    assert (tmp_path / "processor.db").read_bytes() == content


def test_a_damaged_database_is_named_as_such(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with opened(sqlite_url) as database, pytest.raises(ConfigurationError, match="damaged"):
        database.write(service.create, "new")


def test_no_database_yet_is_a_matter_of_configuration_and_makes_none(tmp_path: Path) -> None:
    with (
        opened(f"sqlite:///{tmp_path}/processor.db") as database,
        pytest.raises(ConfigurationError, match="db migrate"),
    ):
        require_current(database)
    assert not (tmp_path / "processor.db").exists()


def test_a_read_only_database_is_a_matter_of_configuration(sqlite_template: Path, tmp_path: Path) -> None:
    folder = tmp_path / "still"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "processor.db")
    url = f"sqlite:///{folder}/processor.db"
    result = subprocess.run(
        [*_in_read_only(folder), sys.executable, "-c", WRITE, url],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    folder.chmod(0o755)
    assert result.stderr == ""
    assert result.stdout.startswith("ConfigurationError 78 The database ")
    with opened(url) as database, database.reading() as work:
        assert [store.name for store in service.list(work)] == ["default"]


def _in_read_only(folder: Path) -> list[str]:
    """What to put before a command so that the folder is read-only for it; permissions do not stop root."""
    if os.geteuid() != 0:
        (folder / "processor.db").chmod(0o444)
        folder.chmod(0o555)
        return []
    mount = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
    prefix = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("neither permissions nor a mount can make a folder read-only for root here")
    return prefix


def test_a_database_that_stays_locked_is_a_passing_fault(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "BUSY_TIMEOUT_MS", 20)
    with opened(sqlite_url) as one, opened(sqlite_url) as other, one.writing() as work:
        service.create(work, "first")
        with pytest.raises(InfrastructureError, match="locked"):
            other.write(service.create, "second")


def test_readers_go_on_while_somebody_writes(sqlite_url: str) -> None:
    with opened(sqlite_url) as one, opened(sqlite_url) as other, one.writing() as work:
        service.create(work, "new")
        with other.reading() as look:
            assert [store.name for store in service.list(look)] == ["default"]


def test_an_unreachable_server_is_a_passing_fault_and_hides_the_password() -> None:
    with (
        opened("postgresql://someone:hush@127.0.0.1:1/nowhere") as database,
        pytest.raises(InfrastructureError, match="cannot be used just now") as failed,
        database.reading(),
    ):
        pass
    assert "hush" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_an_unknown_database_or_user_is_a_matter_of_configuration(postgres_server: PostgresServer) -> None:
    unknown = postgres_server.url("nowhere")
    with (
        opened(unknown) as database,
        pytest.raises(ConfigurationError, match="check PROCESSOR_DATABASE_URL"),
        database.reading(),
    ):
        pass


def test_a_statement_on_a_missing_table_says_to_migrate(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        Path(empty_database_url.removeprefix("sqlite:///")).parent.mkdir()
    with opened(empty_database_url) as database, pytest.raises(ConfigurationError, match="run 'processor db migrate'"):
        database.write(service.create, "new")
