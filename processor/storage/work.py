"""A transaction under way: named SQL through the bare driver, and a session for SQLModel rows, on one connection."""

import functools
from collections import namedtuple
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from processor.rules.events import Told
from processor.storage.channel import Channel
from processor.storage.faults import explained
from processor.storage.statements import statement

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlmodel import Session

PIPELINED_FROM = 3
SYSTEM = "system"
Row = Any
"""A row whose columns are its attributes."""


class Work:
    """What a transaction offers to those who run in it; `now` is the moment it began, in epoch seconds.

    `actor` is who makes the changes, for the audit trail: this program, until somebody sets it. `heard` are the events
    so far, for those who listen; None if nobody does.
    Named SQL does not pass through SQLAlchemy's execution, which would cost several times what the statement does.
    The session is made when the first row object is asked for.
    """

    def __init__(self, channel: Channel, now: int, *, is_heard: bool = False) -> None:
        self.dialect = channel.dialect
        self.now = now
        self.actor = SYSTEM
        self.heard: list[Told] | None = [] if is_heard else None
        self.cursor = channel.cursor
        self._channel = channel
        self._session: Session | None = None
        self._savepoints: list[bool] = []
        self._waiting: list[tuple[str, dict[str, Any]]] = []

    @property
    def connection(self) -> "Connection":
        """SQLAlchemy's view of this transaction."""
        self._catch_up()
        return self._channel.objects

    @property
    def session(self) -> "Session":
        """SQLModel rows of this transaction."""
        self._catch_up()
        if self._session is None:
            from sqlmodel import Session  # noqa: PLC0415 (a tick needs no row objects, and they cost 0.2 s)

            # Whatever the session undoes is its own: never the transaction that others wrote in, too.
            self._session = Session(
                self._channel.objects, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
        return self._session

    def run(self, name: str, rows: list[dict[str, Any]] | None = None, /, **values: object) -> "Result":
        """Execute the statement `<noun>.<verb>`; with `rows`, once for each of them."""
        text = statement(self.dialect, name).text
        cursor = self.cursor
        try:
            self._catch_up()
            if rows is None:
                cursor.execute(text, values)
            else:
                cursor.executemany(text, rows)
            return Result(cursor)
        except Exception as error:
            self._explain(error)
            raise

    def later(self, name: str, rows: list[dict[str, Any]] | None = None, /, **values: object) -> None:
        """`run` a statement whose result nobody reads; Postgres gets it together with those that follow."""
        if self.dialect == "sqlite":
            self.run(name, rows, **values)
        else:
            text = statement(self.dialect, name).text
            self._waiting += [(text, each) for each in ([values] if rows is None else rows)]

    def all(self, name: str, /, **values: object) -> list[Row]:
        """All rows that the statement gives."""
        return self.run(name, **values).all()

    def first(self, name: str, /, **values: object) -> Row | None:
        """The first row, or None."""
        return self.run(name, **values).first()

    def mapping(self, name: str, /, **values: object) -> dict[str, Any] | None:
        """The first row by column name, or None."""
        return next(iter(self.run(name, **values).mappings()), None)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is written within, and only that, if it fails. It is set before the first statement within."""
        depth, heard = len(self._savepoints), len(self.heard or ())
        self.settle()  # what the session wrote before is not of this savepoint
        self._savepoints.append(False)
        try:
            yield
            self.settle()
        except BaseException:
            self.close()
            self._waiting.clear()
            if self.heard is not None:
                del self.heard[heard:]
            was_set = self._savepoints.pop()
            self._channel.require_transaction()
            if was_set and self._channel.usable:
                self.cursor.execute(f"ROLLBACK TO SAVEPOINT s{depth}")
                self.cursor.execute(f"RELEASE SAVEPOINT s{depth}")
            raise
        if self._savepoints.pop():
            self._waiting.append((f"RELEASE SAVEPOINT s{depth}", {}))
            if self.dialect == "sqlite":
                self._catch_up()

    def _catch_up(self) -> None:
        """Before a statement: the savepoints that are to undo it, and the statements that were to come before it."""
        for depth, is_set in enumerate(self._savepoints):
            if not is_set:
                self.cursor.execute(f"SAVEPOINT s{depth}")
                self._savepoints[depth] = True
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._send(waiting)

    def _send(self, waiting: list[tuple[str, dict[str, Any]]]) -> None:
        try:
            with self._together(len(waiting)):
                for text, values in waiting:
                    self.cursor.execute(text, values)
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        """Raise the error of ours that a driver's stands for; a bug stays what it is."""
        fault = explained(error, self._channel.url)
        if fault is not error:
            raise fault from error

    def _together(self, count: int) -> AbstractContextManager[Any]:
        """One trip to Postgres for so many statements; for one or two it costs more than it saves."""
        pays = self.dialect == "postgresql" and count >= PIPELINED_FROM
        return self._channel.driver.pipeline() if pays else nullcontext()

    def settle(self) -> None:
        """Write what the session still holds, before the transaction ends."""
        if self._session is not None:
            self._session.commit()
        self._catch_up()

    def close(self) -> None:
        """Let go of the session."""
        if self._session is not None:
            self._session.close()
            self._session = None


class Result:
    """The rows that a statement gave, all of them, and how many it changed."""

    __slots__ = ("_names", "rowcount", "rows")

    def __init__(self, cursor: Any) -> None:
        self.rowcount: int = cursor.rowcount
        described = cursor.description
        self._names = tuple([column[0] for column in described]) if described else ()
        self.rows: list[tuple[Any, ...]] = cursor.fetchall() if described else []

    def all(self) -> list[Row]:
        """Every row."""
        return list(self)

    def first(self) -> Row | None:
        """The first row, or None."""
        return _row_type(self._names)._make(self.rows[0]) if self.rows else None

    def mappings(self) -> list[dict[str, Any]]:
        """Every row by column name."""
        return [dict(zip(self._names, row, strict=True)) for row in self.rows]

    def scalar_one(self) -> Any:
        """The one value that there is."""
        ((value,),) = self.rows
        return value

    def __iter__(self) -> Iterator[Row]:
        """Rows, oldest first as the statement orders them."""
        return map(_row_type(self._names)._make, self.rows)


@functools.cache
def _row_type(names: Iterable[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 (the columns are known when the statement has run)
