"""SQLAlchemy on a connection that is already there, for those who want rows as SQLModel objects."""

import functools
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.pool import StaticPool

from processor.storage.sqlite_library import sqlite


def engine_on(driver: Any, dialect: str) -> Engine:
    """An engine that knows this one connection, and neither begins nor ends its transactions on its own."""
    made = _dialect(dialect)
    pool = StaticPool(lambda: driver, reset_on_return=None, dialect=made)
    return Engine(pool, made, make_url("sqlite://" if dialect == "sqlite" else "postgresql+psycopg://"))


@functools.cache
def _dialect(name: str) -> Dialect:
    if name == "sqlite":
        return SQLiteDialect_pysqlite(dbapi=sqlite)
    import psycopg  # noqa: PLC0415 (SQLite users never pay for these two)
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # noqa: PLC0415

    return PGDialect_psycopg(dbapi=psycopg, use_native_hstore=False)  # type: ignore[no-untyped-call]
