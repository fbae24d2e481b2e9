import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.errors import ConfigurationError
from processor.storage import sql_folder
from processor.storage.database import Database
from processor.storage.migrate import migrate, migrations, require_current, status
from tests.conftest import ROOT
from tests.reflection import inspected

PROCESSES = 20

# Forks, so that the imports are paid once; the end of the pipe lets all children go in the same instant.
AT_ONCE = """
import os, sys
from processor.storage.database import Database
from processor.storage.migrate import migrate

start, go = os.pipe()
children = []
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(start, 1)
        database = Database(sys.argv[1])
        os.write(1, f"{len(migrate(database))}\\n".encode())
        database.close()
        os._exit(0)
    children.append(child)
os.close(go)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def test_a_second_call_finds_nothing_to_do(empty: Database) -> None:
    assert [each.version for each in migrate(empty)] == [each.version for each in migrations(empty.dialect)]
    assert migrate(empty) == []
    require_current(empty)


def test_status_tells_applied_from_pending(empty: Database) -> None:
    if empty.dialect == "postgresql":
        assert {each.applied_at for each in status(empty)} == {None}
    migrate(empty)
    assert all(each.applied_at is not None and each.applied_at > 1_700_000_000 for each in status(empty))


def test_a_database_without_its_schema_is_refused_with_what_to_do(empty: Database) -> None:
    with pytest.raises(ConfigurationError, match="run 'processor db migrate'"):
        require_current(empty)


def test_twenty_processes_at_once_apply_it_once(empty_database_url: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", AT_ONCE, empty_database_url, str(PROCESSES)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    database = Database(empty_database_url)
    known = len(migrations(database.dialect))
    assert sorted(map(int, result.stdout.split())) == [0] * (PROCESSES - 1) + [known]
    require_current(database)
    database.close()


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(database: Database) -> None:
    with database.connection() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE schema_migrations SET checksum = 'another' WHERE version = 1")
    with pytest.raises(ConfigurationError, match=r"Migration 0001 \(initial\) was changed after it was applied"):
        migrate(database)


def test_a_newer_schema_than_the_program_is_fine(database: Database) -> None:
    with database.connection() as connection, connection.begin():
        connection.exec_driver_sql(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (9999, 'later', 'x', 1)"
        )
    require_current(database)
    assert migrate(database) == []


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database, tmp_path: Path) -> None:
    (tmp_path / "sql" / "migrations").mkdir(parents=True)
    (tmp_path / "sql" / "queries").symlink_to(Path(sql_folder.sql_folder()) / "queries")
    broken = "CREATE TABLE half (id INTEGER);\nINSERT INTO half VALUES (1);\nINSERT INTO nowhere VALUES (1);\n"
    (tmp_path / "sql" / "migrations" / f"0001_broken.{empty.dialect}.sql").write_text(broken)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_folder, "_PACKAGE", str(tmp_path / "processor"))
        with pytest.raises(ConfigurationError):
            migrate(empty)
    assert inspected(empty.url).get_table_names() == []
    assert migrate(empty)


def test_a_missing_folder_of_the_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/down/processor.db")
    migrate(database)
    require_current(database)
    database.close()


def test_a_folder_that_cannot_be_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    database = Database(f"sqlite:///{tmp_path}/file/processor.db")
    with pytest.raises(ConfigurationError, match="set PROCESSOR_DATABASE_URL"):
        migrate(database)
    database.close()
