"""Applies `sql/migrations` in order, under a lock, each with its checksum; safe when many processes start at once."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from processor.errors import ConfigurationError
from processor.storage.database import Database
from processor.storage.faults import translated
from processor.storage.sql_folder import read, sql_folder
from processor.storage.sqlite_library import sqlite
from processor.storage.url import sqlite_path
from processor.storage.work import Work


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations` for one dialect."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, as hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A migration, and when it was applied (epoch seconds; None: it is pending)."""

    version: int
    name: str
    applied_at: int | None


def migrations(dialect: str) -> list[Migration]:
    """All migrations for a dialect in order. Files are named `0001_initial.sqlite.sql`."""
    ending = f".{dialect}.sql"
    names = sorted(name for name in os.listdir(os.path.join(sql_folder(), "migrations")) if name.endswith(ending))
    return [Migration(int(name[:4]), name[5:].removesuffix(ending), read("migrations", name)) for name in names]


def migrate(database: Database) -> list[Migration]:
    """Bring the schema up to date; return what was applied now. A second caller waits, then finds nothing to do.

    Raises ConfigurationError where an applied migration has changed since.
    """
    _make_sqlite_file(database)
    if database.dialect == "sqlite":
        _use_wal(database)
    return database.write(_migrate)


def _migrate(work: Work) -> list[Migration]:
    _lock(work)
    work.run("migrations.create")
    fresh = _pending(work)
    for migration in fresh:
        _apply(work, migration)
    return fresh


def status(database: Database) -> list[MigrationState]:
    """Every migration of this version of the program, and whether the database has it."""
    applied = _applied_if_any(database)
    return [
        MigrationState(each.version, each.name, applied[each.version][1] if each.version in applied else None)
        for each in migrations(database.dialect)
    ]


def require_current(database: Database) -> None:
    """Raise ConfigurationError unless every migration of this program is applied.

    A newer schema is fine: migrations expand before they contract, so that a deploy lets the old code finish.
    """
    path = sqlite_path(database.url)
    if path is not None and not os.path.exists(path):
        raise ConfigurationError(f"There is no database at {path} yet: run 'processor db migrate'")
    pending = [each.name for each in status(database) if each.applied_at is None]
    if pending:
        raise ConfigurationError(
            f"The database lacks {len(pending)} migration(s) of this version ({pending[0]}): run 'processor db migrate'"
        )


def _make_sqlite_file(database: Database) -> None:
    path = sqlite_path(database.url)
    if path is None:
        return
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder of the database {path} cannot be made ({error.strerror}): set PROCESSOR_DATABASE_URL"
        ) from None


def _use_wal(database: Database) -> None:
    """Switch the file to WAL, which lasts. Past SQLAlchemy, because it cannot be done within a transaction."""
    with translated(database.url), database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA journal_mode = WAL")


def _lock(work: Work) -> None:
    """On SQLite the transaction itself is the lock; on Postgres one that ends with it, as pgbouncer needs."""
    if work.dialect == "postgresql":
        work.run("migrations.lock")


def _pending(work: Work) -> list[Migration]:
    applied = {row.version: row.checksum for row in work.all("migrations.applied")}
    known = migrations(work.dialect)
    for migration in known:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise ConfigurationError(
                f"Migration {migration.version:04} ({migration.name}) was changed after it was applied: "
                "restore its file, and put changes into a new migration"
            )
    return [migration for migration in known if migration.version not in applied]


def _apply(work: Work, migration: Migration) -> None:
    for part in _parts(migration.text, work.dialect):
        work.connection.exec_driver_sql(part)
    work.run(
        "migrations.record",
        version=migration.version,
        name=migration.name,
        checksum=migration.checksum,
        now=work.now,
    )


def _parts(text: str, dialect: str) -> Iterator[str]:
    """What the driver takes in one call: psycopg a whole file, SQLite one statement (executescript would commit)."""
    if dialect == "postgresql":
        yield text
        return
    part = ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite.complete_statement(part):
            yield part
            part = ""


def _applied_if_any(database: Database) -> dict[int, tuple[str, int]]:
    with database.reading() as work:
        if work.first("migrations.exists") is None:
            return {}
        return {row.version: (row.checksum, row.applied_at) for row in work.all("migrations.applied")}
