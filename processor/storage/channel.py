"""A channel: one connection of the bare driver, and the transaction on it."""

from contextlib import nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from processor.errors import CommitInDoubt, InfrastructureError
from processor.storage.sqlite_library import BUSY_TIMEOUT_MS, sqlite
from processor.storage.url import masked, sqlite_path

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

STATEMENT_TIMEOUT_MS = 30_000
CONNECT_SECONDS = 10
# A server that vanished without a word is given up after half a minute instead of two hours (libpq, our side only).
_SILENCE: dict[str, Any] = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": STATEMENT_TIMEOUT_MS,
}
_PRAGMAS = ("foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY")
_BEGIN_WRITING = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
_BEGIN_READING = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ"}


class Channel:
    """A driver's connection in autocommit: a transaction lasts from `begin` to `commit` or `roll_back`."""

    def __init__(self, url: str, dialect: str) -> None:
        self.url = url
        self.dialect = dialect
        self.driver: Any = _connect_sqlite(url) if dialect == "sqlite" else _connect_postgres(url)
        self.cursor: Any = self.driver.cursor()
        self._cache_kb = 0

    def keep(self, cache_kb: int) -> None:
        """Let SQLite keep so many kilobytes of pages in memory; those that it has beyond that are given back."""
        if self.dialect == "sqlite" and cache_kb != self._cache_kb:
            self.cursor.execute(f"PRAGMA cache_size = -{cache_kb}")
            if cache_kb < self._cache_kb:
                self.cursor.execute("PRAGMA shrink_memory")
            self._cache_kb = cache_kb

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction; one that writes takes the lock of a SQLite file at once."""
        self.cursor.execute((_BEGIN_WRITING if writes else _BEGIN_READING)[self.dialect])

    def commit(self) -> None:
        """Keep what the transaction wrote. Raises CommitInDoubt when the connection is lost before the answer comes."""
        self.require_transaction()
        try:
            self.driver.commit()
        except Exception as error:
            if self.usable:
                raise
            raise CommitInDoubt(
                f"The connection to the database {masked(self.url)} was lost while it saved: "
                "look whether it was done before you ask for it again"
            ) from error

    def roll_back(self) -> None:
        """Undo what the transaction wrote; nothing if the database has done so itself."""
        self.driver.rollback()

    def end(self) -> None:
        """Let the row objects, if there were any, know that the transaction is over."""
        if "objects" in self.__dict__:
            # On a connection that is lost nothing can be ended any more, and whoever lost it has said so.
            with nullcontext() if self.usable else suppress(Exception):
                self.__dict__.pop("objects").close()

    @property
    def in_transaction(self) -> bool:
        """False when the database ended the transaction by itself, as SQLite does when the disk is full."""
        if self.dialect == "sqlite":
            return bool(self.driver.in_transaction)
        return bool(self.driver.info.transaction_status)  # 0 is idle (libpq, PQtransactionStatus)

    def require_transaction(self) -> None:
        """Raise InfrastructureError if the transaction that began is gone: what follows would be kept without it."""
        if self.usable and not self.in_transaction:
            raise InfrastructureError(
                "The database gave up a transaction by itself: the next tick goes on from before it"
            )

    @property
    def usable(self) -> bool:
        """False when the server has hung up."""
        return self.dialect == "sqlite" or not self.driver.closed

    @cached_property
    def objects(self) -> "Connection":
        """SQLAlchemy on this connection, inside the transaction of the moment."""
        connection = self.engine.connect()
        connection.begin()
        return connection

    @cached_property
    def engine(self) -> "Engine":
        """SQLAlchemy on this connection."""
        # It costs a tenth of a second, and a tick needs no row objects.
        from processor.storage.objects import engine_on  # noqa: PLC0415

        return engine_on(self.driver, self.dialect)

    def close(self) -> None:
        """Hang up."""
        self.end()
        self.driver.close()


def _connect_sqlite(url: str) -> Any:
    connection = sqlite.connect(
        sqlite_path(url),
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _connect_postgres(url: str) -> Any:
    """Nothing that pgbouncer in transaction mode would refuse: no start-up options, no prepared statements."""
    import psycopg  # noqa: PLC0415 (costs 130 ms, SQLite users never pay it)
    from psycopg.types.string import TextLoader  # noqa: PLC0415

    connection = psycopg.connect(
        url, autocommit=True, connect_timeout=CONNECT_SECONDS, prepare_threshold=None, **_SILENCE
    )
    connection.adapters.register_loader("uuid", TextLoader)
    connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
    return connection
