"""Named SQL: `-- name: <verb>` opens a statement in `sql/queries/<noun>.sql`; the dialect's file overrides by name."""

import functools
import os

from sqlalchemy import TextClause, text

from processor.storage.sql_folder import read, sql_folder

_OPENING = "-- name: "


def parse(source: str) -> dict[str, str]:
    """The statements of one file by name; what stands before the first name is a comment on the file."""
    found: dict[str, str] = {}
    for part in ("\n" + source).split("\n" + _OPENING)[1:]:
        name, _, body = part.partition("\n")
        found[name.strip()] = body.strip().removesuffix(";")
    return found


@functools.cache
def statement(dialect: str, name: str) -> TextClause:
    """The statement `<noun>.<verb>` for a dialect, ready to be executed with named parameters."""
    noun, _, verb = name.partition(".")
    return text(_texts(dialect, noun)[verb])


@functools.cache
def _texts(dialect: str, noun: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (f"{noun}.sql", f"{noun}.{dialect}.sql"):
        if os.path.exists(os.path.join(sql_folder(), "queries", name)):
            found |= parse(read("queries", name))
    return found
