"""One database: engine, pragmas, and whole transactions, in this thread or in the executor.

Every writing transaction on SQLite begins IMMEDIATE: a deferred one that turns into a writer fails at once,
whatever the busy timeout. On Postgres READ COMMITTED and compare-and-set do the work.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import ConnectionPoolEntry

from processor.clock import Clock, database_clock, host_clock
from processor.storage.faults import translated
from processor.storage.sqlite_library import BUSY_TIMEOUT_MS, sqlite
from processor.storage.statements import statement
from processor.storage.url import normalise, refuse_ephemeral, sqlite_path
from processor.storage.work import Work

P = ParamSpec("P")
T = TypeVar("T")

STATEMENT_TIMEOUT_MS = 30_000
_POSTGRES_THREADS = 4
"""Each holds a connection: twenty processes at once stay below the hundred that a Postgres server allows by default."""


_ONE_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}


class Database:
    """A SQLite file or a Postgres database. Services and executors get it; nothing else opens connections."""

    def __init__(self, url: str) -> None:
        self.url = normalise(url)
        refuse_ephemeral(self.url)
        self.dialect = "sqlite" if self.url.startswith("sqlite:") else "postgresql"
        self._reader = _sqlite_engine(self.url) if self.dialect == "sqlite" else _postgres_engine(self.url)
        self._writer = self._reader.execution_options(writes=True)
        self._looker = self._reader if self.dialect == "sqlite" else self._reader.execution_options(**_ONE_SNAPSHOT)
        self._executor = ThreadPoolExecutor(1 if self.dialect == "sqlite" else _POSTGRES_THREADS, "database")
        self._clock: Clock | None = None

    @property
    def clock(self) -> Clock:
        """The host's time on SQLite, the database's on Postgres."""
        if self._clock is None:
            self._clock = host_clock() if self.dialect == "sqlite" else self._read_clock()
        return self._clock

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """One whole transaction that may write."""
        clock = self.clock
        with translated(self.url), self._writer.connect() as connection, connection.begin():
            # Begun, and on SQLite locked, before now is read: now is no older than the lock.
            work = Work(connection, self.dialect, clock.now())
            try:
                yield work
                work.settle()
            finally:
                work.close()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """One transaction that only looks, at one state of the database; whatever it wrote is undone."""
        clock = self.clock
        with translated(self.url), self._looker.connect() as connection:
            look = connection.begin()
            work = Work(connection, self.dialect, clock.now())
            try:
                yield work
            finally:
                work.close()
                look.rollback()

    def write(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` with a writing transaction of its own."""
        with self.writing() as work:
            return function(work, *args, **kwargs)

    async def write_soon(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` in the executor, so that a locked database never stalls the event loop.

        A write that is asked for is done: cancelled meanwhile, the caller gets its result all the same, and is
        cancelled at its next await. Otherwise nobody would know what the database holds.
        """
        return await self._soon(lambda: self.write(function, *args, **kwargs))

    async def read_soon(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` with a transaction that only looks, in the executor."""

        def read() -> T:
            with self.reading() as work:
                return function(work, *args, **kwargs)

        return await self._soon(read)

    async def _soon(self, function: Callable[[], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._executor, function)
        cancelled = False
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                cancelled = True
        task = asyncio.current_task()
        if cancelled and task is not None:
            task.cancel()
        return future.result()

    def connection(self) -> Connection:
        """A bare connection outside any transaction of ours, for migrations and checks."""
        with translated(self.url):
            return self._reader.connect()

    def read_clock_again(self) -> None:
        """A process that ticks for long asks for the time anew: a suspended machine's monotonic clock stood still."""
        self._clock = None

    def close(self) -> None:
        """Give every connection back."""
        self._executor.shutdown(wait=True)
        self._reader.dispose()

    def _read_clock(self) -> Clock:
        with translated(self.url), self._reader.connect() as connection:
            epoch = connection.exec_driver_sql(statement(self.dialect, "clock.now").text).scalar_one()
        return database_clock(float(epoch))


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{sqlite_path(url)}",
        module=sqlite,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_pragmas(connection: Any, _: ConnectionPoolEntry) -> None:
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "cache_size = -65536", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(url: str) -> Engine:
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=_POSTGRES_THREADS,
        max_overflow=1,
        connect_args={"connect_timeout": 10, "prepare_threshold": None},
    )
    event.listen(engine, "connect", _set_up_postgres)
    return engine


def _set_up_postgres(connection: Any, _: ConnectionPoolEntry) -> None:
    """Nothing that pgbouncer in transaction mode would refuse: no start-up options, no prepared statements."""
    from psycopg.types.string import TextLoader  # noqa: PLC0415 (psycopg costs 130 ms, SQLite users never pay it)

    connection.adapters.register_loader("uuid", TextLoader)
    connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
    connection.commit()
