"""What a database says of its own schema, through an engine that SQLAlchemy made by itself."""

from sqlalchemy import Inspector, create_engine, inspect
from sqlalchemy.pool import NullPool

from processor.storage.sqlite_library import sqlite


def inspected(url: str) -> Inspector:
    """The schema of a database."""
    if url.startswith("sqlite:"):
        return inspect(create_engine(url, module=sqlite, poolclass=NullPool))
    return inspect(create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool))
