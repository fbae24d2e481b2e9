"""A test for each constraint of the schema, and one that it can fail: without the constraint the statement is done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import scalar_row

from processor.storage.sql_folder import sql_folder
from processor.storage.sqlite_library import sqlite
from processor.storage.statements import statement
from tests.integration.storage import sqlite_schema
from tests.integration.storage.refusals import NUMBERED, ONLY_REFERRED_TO, TWINS, WITHOUT_A_PROGRAM, furnishing, refused
from tests.postgres import PostgresServer

REFUSED = refused()
ONLY_ON_SQLITE = {"tasks_enabled_check", "tasks_held_check", "tasks_retry_jitter_check", "file_watches_is_folder_check"}
"""Booleans, which Postgres has as a type."""
NAMES = """
    SELECT conname FROM pg_constraint WHERE contype <> 'n' AND connamespace = 'public'::regnamespace
    UNION
    SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module")
def furnished(postgres_server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a furnished Postgres database whose every transaction is undone."""
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), row_factory=scalar_row) as connection:
        connection.execute(furnishing().encode())
        connection.commit()
        yield connection
        connection.rollback()
    postgres_server.drop(name)


@pytest.fixture(autouse=True)
def nothing_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "furnished" in request.fixturenames:
        request.getfixturevalue("furnished").rollback()


def sqlite_text() -> str:
    paths = sorted(Path(sql_folder(), "migrations").glob("*.sqlite.sql"))
    texts = [statement("sqlite", "migrations.create").text + ";\n", *(path.read_text() for path in paths)]
    return sqlite_schema.plain("".join(texts))


def furnished_sqlite(*dropped: str) -> Any:
    """A connection to a furnished SQLite database in memory, without some of its constraints."""
    connection = sqlite.connect(":memory:", isolation_level=None)
    connection.executescript(sqlite_schema.without(sqlite_text(), *dropped))
    connection.execute("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1, 'x', 'x', 1)")
    connection.executescript(furnishing())
    # What a dropped key was referred to by is dropped with it, as CASCADE does.
    connection.execute(f"PRAGMA foreign_keys = {'OFF' if any(name.endswith('_pkey') for name in dropped) else 'ON'}")
    return connection


def with_twin(name: str) -> list[str]:
    return [each for each in (name, TWINS.get(name)) if each is not None]


def wanted(names: set[str]) -> set[str]:
    return {
        name
        for name in names - set(TWINS.values())
        if not name.startswith(WITHOUT_A_PROGRAM) and not name.endswith((*ONLY_REFERRED_TO, *NUMBERED))
    }


def test_postgres_has_no_constraint_without_its_refusal(furnished: psycopg.Connection[Any]) -> None:
    assert wanted(set(furnished.execute(NAMES).fetchall())) == set(REFUSED)


def test_sqlite_has_no_constraint_without_its_refusal() -> None:
    names = {each.name for each in sqlite_schema.constraints(sqlite_text())}
    assert wanted(names) - ONLY_ON_SQLITE == set(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_postgres_refuses_what_breaks_it_until_it_is_dropped(furnished: psycopg.Connection[Any], name: str) -> None:
    with pytest.raises(psycopg.IntegrityError) as refusal, furnished.transaction():
        furnished.execute(REFUSED[name].encode())
    assert refusal.value.diag.constraint_name in with_twin(name)
    for each in with_twin(name):
        drop(furnished, refusal.value.diag.table_name, each)
    assert furnished.execute(REFUSED[name].encode()).rowcount > 0


def drop(connection: psycopg.Connection[Any], table: str | None, name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name]).fetchone():
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE".encode())
    else:
        connection.execute(f"DROP INDEX {name}".encode())


@pytest.mark.parametrize("name", REFUSED)
def test_sqlite_refuses_what_breaks_it_until_it_is_dropped(name: str) -> None:
    connection = furnished_sqlite()
    with pytest.raises(sqlite.IntegrityError):
        connection.execute(REFUSED[name])
    connection.close()
    without_it = furnished_sqlite(*with_twin(name))
    assert without_it.execute(REFUSED[name]).rowcount > 0
    without_it.close()
