"""The schema of SQLite without one of its constraints: SQLite itself can drop none.

Constraints get the names that Postgres makes up where nobody gives one, so that one table of names does for both.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\)[^;]*;", re.DOTALL)
_ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN ([^;]*);")
_DROPPED = re.compile(r"ALTER TABLE (\w+) DROP COLUMN (\w+);")
_COMMENT = re.compile(r"--[^\n]*")
_CLAUSE = re.compile(r"\b(CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|REFERENCES)\b")
_UNIQUE_INDEX = re.compile(r"CREATE UNIQUE INDEX (\w+) [^;]*;")


@dataclass(frozen=True)
class Constraint:
    """A clause of the schema; `start` and `end` are where it stands in the text."""

    name: str
    start: int
    end: int


def plain(text: str) -> str:
    """The schema without its comments, and with the rows in a place of their own: a table can be without a key then."""
    return _COMMENT.sub("", text).replace(", WITHOUT ROWID", "")


def without(text: str, *names: str) -> str:
    """The schema without these constraints. Raises KeyError for one that is not there."""
    known = {each.name: each for each in constraints(text)}
    for each in sorted((known[name] for name in names), key=lambda each: -each.start):
        text = text[: each.start].rstrip(", \n") + " " + text[each.end :]
    return text


def constraints(text: str) -> list[Constraint]:
    """The constraints of a plain schema."""
    found = [Constraint(index[1], index.start(), index.end()) for index in _UNIQUE_INDEX.finditer(text)]
    for table in (*_TABLE.finditer(text), *_ADDED.finditer(text)):
        found += _of_table(table[1], table[2], table.start(2))
    gone = {f"{table}_{column}_check" for table, column in _DROPPED.findall(text)}
    return [each for each in found if each.name not in gone]


def _of_table(table: str, body: str, offset: int) -> list[Constraint]:
    items = _items(body)
    columns = [words[0] for start, end in items if (words := body[start:end].split()) and not _CLAUSE.match(words[0])]
    found: list[Constraint] = []
    taken: set[str] = set()
    for start, end in items:
        item = body[start:end]
        of_column = "" if _CLAUSE.match(item) else item.split()[0]
        for clause in _clauses(item):
            name = _name(table, item[clause[0] : clause[1]], of_column, columns, taken)
            taken.add(name)
            found.append(Constraint(name, offset + start + clause[0], offset + start + clause[1]))
    return found


def _items(body: str) -> list[tuple[int, int]]:
    """Where columns and constraints stand in the body of a table: between the commas outside all brackets."""
    cuts, depth = [-1], 0
    for position, sign in enumerate(body):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            cuts.append(position)
    return [_stripped(body, start + 1, end) for start, end in pairwise([*cuts, len(body)])]


def _stripped(body: str, start: int, end: int) -> tuple[int, int]:
    while body[start].isspace():
        start += 1
    return start, end


def _clauses(item: str) -> list[tuple[int, int]]:
    """Where constraints stand in one item; one of the table is all of the item."""
    if _CLAUSE.match(item):
        return [(0, len(item))]
    starts = [found.start() for found in _CLAUSE.finditer(item)]
    return list(pairwise([*starts, len(item)]))


def _name(table: str, clause: str, of_column: str, columns: list[str], taken: set[str]) -> str:
    if clause.startswith("PRIMARY KEY"):
        return f"{table}_pkey"
    if clause.startswith("CHECK"):
        words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", clause)))
        used = [column for column in columns if column in words]
        name = f"{table}_{used[0]}_check" if len(used) == 1 else f"{table}_check"
        return next(each for each in (name, *(f"{name}{number}" for number in range(1, 99))) if each not in taken)
    inside = re.match(r"(?:UNIQUE|FOREIGN KEY) \(([^)]*)\)", clause)
    names = inside[1].split(", ") if inside else [of_column]
    return f"{table}_{'_'.join(names)}_{'key' if clause.startswith('UNIQUE') else 'fkey'}"
