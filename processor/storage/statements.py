"""Named SQL: `-- name: <verb>` opens a statement in `sql/queries/<noun>.sql`; the dialect's file overrides by name.

A line that opens with `-- [postgresql]` (or `-- [sqlite]`) is part of the statement on that database alone.
Parameters get their type from their name, because Postgres takes an untyped one for text wherever it cannot infer it.
"""

import functools
import os
from typing import Any

from sqlalchemy import BigInteger, Boolean, TextClause, bindparam, text
from sqlalchemy.types import TypeEngine

from processor.models.columns import Id
from processor.storage.sql_folder import read, sql_folder

_OPENING = "-- name: "
_NUMBERS = (
    "now",
    "_at",
    "_time",
    "_since",
    "_before",
    "_seconds",
    "_ms",
    "_nanousd",
    "_tokens",
    "_count",
    "limit",
    "fence",
)
_FLAGS = ("is_", "with_")


def parse(source: str) -> dict[str, str]:
    """The statements of one file by name; comments are left out, parameters in them would count."""
    found: dict[str, str] = {}
    for part in ("\n" + source).split("\n" + _OPENING)[1:]:
        name, _, body = part.partition("\n")
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("--")]
        found[name.strip()] = "\n".join(lines).strip().removesuffix(";")
    return found


@functools.cache
def statement(dialect: str, name: str) -> TextClause:
    """The statement `<noun>.<verb>` for a dialect, ready to be executed with named parameters."""
    noun, _, verb = name.partition(".")
    clause = text(_texts(dialect, noun)[verb])
    typed = {parameter: _type_of(parameter) for parameter in clause._bindparams}  # noqa: SLF001 (the only list of them)
    return clause.bindparams(*(bindparam(key, type_=type_) for key, type_ in typed.items() if type_ is not None))


def _type_of(parameter: str) -> TypeEngine[Any] | None:
    if parameter == "id" or parameter.endswith("_id"):
        return Id()
    if parameter.startswith(_FLAGS):
        return Boolean()
    return BigInteger() if parameter.endswith(_NUMBERS) else None


@functools.cache
def _texts(dialect: str, noun: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (f"{noun}.sql", f"{noun}.{dialect}.sql"):
        if os.path.exists(os.path.join(sql_folder(), "queries", name)):
            found |= parse(read("queries", name).replace(f"-- [{dialect}] ", ""))
    return found
