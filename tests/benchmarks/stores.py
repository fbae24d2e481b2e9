"""Databases to measure on: a prepared one is filled once and copied for each repeat, on SQLite and on Postgres."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from processor.storage.database import Database
from processor.storage.migrate import migrate
from tests.postgres import PostgresServer, running_postgres

Fill = Callable[[Database], None]


class Store(Protocol):
    """One kind of database."""

    name: str

    def create(self, fill: Fill | None = None) -> str:
        """The URL of a new migrated database, filled and with fresh statistics."""

    def copy(self, url: str) -> str:
        """The URL of a copy that may be spoilt."""

    def drop(self, url: str) -> None:
        """Give the space back."""


class SqliteStore:
    """Files in a folder of this run."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, fill: Fill | None = None) -> str:
        url = self._fresh()
        database = Database(url)
        migrate(database)
        _fill(database, fill)
        return url

    def copy(self, url: str) -> str:
        fresh = self._fresh()
        shutil.copy(_path(url), _path(fresh))
        return fresh

    def drop(self, url: str) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(_path(url) + ending).unlink(missing_ok=True)

    def _fresh(self) -> str:
        return f"sqlite:///{self._folder / uuid.uuid4().hex}.db"


class PostgresStore:
    """Databases of one server."""

    name = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def create(self, fill: Fill | None = None) -> str:
        url = self._server.url(self._server.create())
        _fill(Database(url), fill)
        return url

    def copy(self, url: str) -> str:
        name = f"bench_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_name(url)}")
        return self._server.url(name)

    def drop(self, url: str) -> None:
        self._server.drop(_name(url))

    def execute(self, command: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(command.encode())


class Stores:
    """Both kinds; the server is started by whoever first asks for it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._postgres: PostgresStore | None = None
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))

    @property
    def sqlite(self) -> SqliteStore:
        return SqliteStore(self.folder)

    @property
    def postgres(self) -> PostgresStore | None:
        """None where no server is to be had."""
        if self._postgres is None:
            try:
                server = self._stack.enter_context(running_postgres())
            except pytest.skip.Exception:
                return None
            self._postgres = PostgresStore(server)
            # The server of the tests does without; commits are part of what is measured here.
            self._postgres.execute("ALTER SYSTEM SET fsync = on")
            self._postgres.execute("SELECT pg_reload_conf()")
        return self._postgres

    def each(self) -> list[Store]:
        postgres = self.postgres
        return [self.sqlite] if postgres is None else [self.sqlite, postgres]

    def close(self) -> None:
        self._stack.close()


@contextmanager
def copied(store: Store, template: str) -> Iterator[Database]:
    """An open copy of a prepared database, gone afterwards."""
    url = store.copy(template)
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
        store.drop(url)


@contextmanager
def prepared(store: Store, fill: Fill | None = None) -> Iterator[str]:
    """A database that stays for as long as it is measured on."""
    url = store.create(fill)
    try:
        yield url
    finally:
        store.drop(url)


def _fill(database: Database, fill: Fill | None) -> None:
    if fill is not None:
        fill(database)
        with database.connection() as connection:
            driver = connection.connection.driver_connection
            driver.execute("ANALYZE")  # type: ignore[union-attr]
            driver.commit()  # type: ignore[union-attr]
    database.close()


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _name(url: str) -> str:
    return url.split("?", maxsplit=1)[0].rpartition("/")[2]
