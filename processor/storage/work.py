"""A transaction under way: named SQL through the bare driver, and a session for SQLModel rows, on one connection."""

import functools
from collections import namedtuple
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from processor.storage.statements import Statement, statement

Row = Any
"""A row whose columns are its attributes."""


class Work:
    """What a transaction offers to those who run in it; `now` is the moment it began, in epoch seconds.

    Named SQL does not pass through SQLAlchemy's execution, which would cost several times what the statement does.
    The session is made when the first row object is asked for.
    """

    def __init__(self, connection: Connection, dialect: str, now: int) -> None:
        self.connection = connection
        self.dialect = dialect
        self.now = now
        self._cursor: Any = connection.connection.cursor()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """SQLModel rows of this transaction."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def run(self, name: str, rows: list[dict[str, Any]] | None = None, /, **values: object) -> "Result":
        """Execute the statement `<noun>.<verb>`; with `rows`, once for each of them."""
        prepared = statement(self.dialect, name)
        try:
            if rows is None:
                self._cursor.execute(prepared.text, values)
            else:
                self._cursor.executemany(prepared.text, rows)
            return Result(self._cursor)
        except self._driver_error as error:
            raise self._explained(prepared, error) from error

    def all(self, name: str, /, **values: object) -> list[Row]:
        """All rows that the statement gives."""
        return self.run(name, **values).all()

    def first(self, name: str, /, **values: object) -> Row | None:
        """The first row, or None."""
        return self.run(name, **values).first()

    def mapping(self, name: str, /, **values: object) -> dict[str, Any] | None:
        """The first row by column name, or None."""
        return next(iter(self.run(name, **values).mappings()), None)

    def settle(self) -> None:
        """Write what the session still holds, before the transaction ends."""
        if self._session is not None:
            self._session.commit()

    def close(self) -> None:
        """Let go of the session and the cursor."""
        if self._session is not None:
            self._session.close()
        self._cursor.close()

    @property
    def _driver_error(self) -> type[Exception]:
        error: type[Exception] = self.connection.dialect.loaded_dbapi.Error
        return error

    def _explained(self, prepared: Statement, error: Exception) -> BaseException:
        """The driver's error as SQLAlchemy would raise it; a connection that is gone does not go back to the pool."""
        driver: Any = self.connection.connection.driver_connection
        gone = self.connection.dialect.is_disconnect(error, driver, self._cursor)  # type: ignore[arg-type]
        if gone:
            self.connection.invalidate(error)
        return DBAPIError.instance(
            prepared.text, None, error, self._driver_error, connection_invalidated=gone, dialect=self.connection.dialect
        )


class Result:
    """The rows that a statement gave, all of them, and how many it changed."""

    __slots__ = ("_names", "_rows", "rowcount")

    def __init__(self, cursor: Any) -> None:
        self.rowcount: int = cursor.rowcount
        self._names = tuple(column[0] for column in cursor.description or ())
        self._rows: list[tuple[Any, ...]] = cursor.fetchall() if self._names else []

    def all(self) -> list[Row]:
        """Every row."""
        return list(self)

    def first(self) -> Row | None:
        """The first row, or None."""
        return next(iter(self), None)

    def mappings(self) -> list[dict[str, Any]]:
        """Every row by column name."""
        return [dict(zip(self._names, row, strict=True)) for row in self._rows]

    def scalar_one(self) -> Any:
        """The one value that there is."""
        ((value,),) = self._rows
        return value

    def __iter__(self) -> Iterator[Row]:
        """Rows, oldest first as the statement orders them."""
        return map(_row_type(self._names)._make, self._rows)


@functools.cache
def _row_type(names: Iterable[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 (the columns are known when the statement has run)
