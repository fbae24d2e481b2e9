"""Everything that is in a database, to compare before with after."""

from typing import Any

import processor.models
from processor.storage.database import Database

TABLES = {
    model.__tablename__: model.__table__
    for model in (getattr(processor.models, name) for name in processor.models.__all__)
}


def everything(database: Database, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all tables but those named, in an order of their own."""
    with database.reading() as work:
        connection = work.session.connection()
        rows = {name: connection.execute(table.select()).all() for name, table in TABLES.items() if name not in without}
    return {name: sorted((tuple(row) for row in found), key=repr) for name, found in rows.items()}
