"""`process-tasks`: the idle probe first, then the full program.

Most ticks of a cron job find nothing to do. They are answered here with the bare database driver: one query, one
heartbeat, exit. Nothing heavy may be imported on this way; a test looks at `sys.modules`.
Whatever is unusual (arguments, a missing file, an error) takes the full path, which knows what to say about it.
"""

import os
import sys
import time

MAX_SKEW_SECONDS = 300
CONNECT_SECONDS = 10
CONFIGURATION = "processor.yaml"
DEFAULT_URL = "sqlite:///data/processor.db"
FULL_PATH = ("PROCESSOR_CONFIG", "PROCESSOR_CLOCK_FILE")
"""With one of these set, more than the environment decides."""


def main() -> None:
    """Run `process-tasks` and exit with its code."""
    if len(sys.argv) == 1 and is_idle():
        sys.exit(0)
    from processor.lazy import load

    load("processor.cli.one_tick:main" if len(sys.argv) == 1 else "processor.cli.process_tasks:main")()


def is_idle() -> bool:
    """Whether there is nothing to do; if so, the heartbeat is recorded."""
    url = plain_url()
    if url is None:
        return False
    try:
        if url.startswith("sqlite:///"):
            return _sqlite_is_idle(_absolute(url.removeprefix("sqlite:///")))
        return _postgres_is_idle(url)
    except Exception:  # noqa: BLE001 (the full program meets the same fault and explains it)
        return False


def plain_url() -> str | None:
    """The database's URL, where nothing but the environment decides about it; None takes the full path."""
    if any(name in os.environ for name in FULL_PATH):
        return None
    url = os.environ.get("PROCESSOR_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not url:
        return None if os.path.exists(_absolute(CONFIGURATION)) else DEFAULT_URL
    return None if url.startswith("sqlite:") and "RENDER" in os.environ else url


def _absolute(path: str) -> str:
    return os.path.join(os.environ.get("PROCESSOR_ROOT", ""), path)


def _sqlite_is_idle(path: str) -> bool:
    from processor.storage.sqlite_library import BUSY_TIMEOUT_MS, sqlite

    if not os.path.exists(path):
        return False
    connection = sqlite.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        now = int(time.time())
        if connection.execute(_probe(), {"now": now, "schema_version": _schema_version("sqlite")}).fetchone()[0]:
            return False
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_heartbeat(), {"now": now})
        return True
    finally:
        connection.close()


def _postgres_is_idle(url: str) -> bool:
    import psycopg

    with psycopg.connect(
        url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True, connect_timeout=CONNECT_SECONDS
    ) as connection:
        row = connection.execute(_statement("clock.postgresql.sql")).fetchone()
        now = int(row[0]) if row else 0
        if abs(now - time.time()) > MAX_SKEW_SECONDS:
            return False
        values = {"now": now, "schema_version": _schema_version("postgresql")}
        found = connection.execute(_for_psycopg(_probe()), values).fetchone()
        if found is None or found[0]:
            return False
        connection.execute(_for_psycopg(_heartbeat()), values)
        return True


def _probe() -> str:
    return _statement("probe.sql")


def _heartbeat() -> str:
    return _statement("heartbeat.sql")


def _statement(name: str) -> str:
    """The only statement of a file; comments stay in, the driver skips them."""
    from processor.storage.sql_folder import read

    return read("queries", name)


def _schema_version(dialect: str) -> int:
    from processor.storage.sql_folder import sql_folder

    names = os.listdir(os.path.join(sql_folder(), "migrations"))
    return max(int(name[:4]) for name in names if name.endswith(f".{dialect}.sql"))


def _for_psycopg(text: str) -> str:
    return text.replace(":now", "%(now)s").replace(":schema_version", "%(schema_version)s")
