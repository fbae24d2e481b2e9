"""Named SQL: `-- name: <verb>` opens a statement in `sql/queries/<noun>.sql`; the dialect's file overrides by name.

A line that opens with `-- [postgresql]` (or `-- [sqlite]`) is part of the statement on that database alone.
Parameters get their type from their name, because Postgres takes an untyped one for text wherever it cannot infer it.
"""

import functools
import os
import re
from dataclasses import dataclass

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
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


def parse(source: str) -> dict[str, str]:
    """The statements of one file by name; comments are left out, parameters in them would count."""
    found: dict[str, str] = {}
    for part in ("\n" + source).split("\n" + _OPENING)[1:]:
        name, _, body = part.partition("\n")
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("--")]
        found[name.strip()] = "\n".join(lines).strip().removesuffix(";")
    return found


@dataclass(frozen=True, slots=True)
class Statement:
    """A named statement as a dialect's driver takes it, and the names of its parameters."""

    text: str
    parameters: frozenset[str]


@functools.cache
def statement(dialect: str, name: str) -> Statement:
    """The statement `<noun>.<verb>` for a dialect, ready for its driver."""
    noun, _, verb = name.partition(".")
    text = _texts(dialect, noun)[verb]
    parameters = frozenset(_PARAMETER.findall(text))
    return Statement(text if dialect == "sqlite" else for_psycopg(text), parameters)


def for_psycopg(text: str) -> str:
    """The same text with psycopg's placeholders, each with its type."""
    return _PARAMETER.sub(lambda found: f"%({found[1]})s{_type_of(found[1])}", text.replace("%", "%%"))


def _type_of(parameter: str) -> str:
    if parameter == "id" or parameter.endswith("_id"):
        return "::uuid"
    if parameter.startswith(_FLAGS):
        return "::boolean"
    return "::bigint" if parameter.endswith(_NUMBERS) else ""


@functools.cache
def _texts(dialect: str, noun: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (f"{noun}.sql", f"{noun}.{dialect}.sql"):
        if os.path.exists(os.path.join(sql_folder(), "queries", name)):
            found |= parse(read("queries", name).replace(f"-- [{dialect}] ", ""))
    return found
