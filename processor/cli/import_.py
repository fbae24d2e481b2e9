"""`processor import`: brings the database to what a file of definitions says."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

import typer

from processor.agent.toolbox import TOOLS
from processor.cli.access import actor, opened
from processor.cli.options import AsJson, DryRun, alone, verb
from processor.cli.render import brief, say, show_json, show_line
from processor.errors import InvalidInput
from processor.rules.redaction import MASK
from processor.services.definitions import document, importing
from processor.services.definitions.importing import Change
from processor.storage.database import Database
from processor.storage.work import Work

app = alone()
_SIGNS = {"created": "+", "changed": "~"}
_LONGEST = 60


class _OnlyLookedAtError(Exception):
    """Undoes the transaction of a dry run."""


@verb(
    app,
    "import",
    "processor import tasks.yaml --dry-run",
    "processor import tasks.yaml",
    "processor import - < tasks.yaml",
)
def import_definitions(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What 'processor export' wrote; '-' is standard input.")],
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Make what the file names and is not there, and change what differs; nothing is deleted.

    Things are known by their names. Importing the same file again changes nothing. A file with an error changes nothing
    either: the message names the line.
    """
    text, name = _read(file)
    found = document.read(text, name)
    with opened() as database:
        changes = _tried(database, found) if dry_run else _applied(database, found)
    if json:
        show_json({"dry_run": dry_run, "changes": [_as_json(change) for change in changes]})
    else:
        _show(changes, dry_run=dry_run)
    if MASK in text:
        say(f"Where the file has {MASK}, what is there is kept; what is made now needs its secret by hand.")


def _read(file: str) -> tuple[str, str]:
    try:
        if file == "-":
            return sys.stdin.read(), "standard input"
        with open(file, encoding="utf-8") as opened_file:
            return opened_file.read(), file
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror}): give the file of an export") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is no text in UTF-8: give the file of an export") from None


def _applied(database: Database, found: document.Entries) -> list[Change]:
    with database.writing() as work:
        return _apply(work, found)


def _tried(database: Database, found: document.Entries) -> list[Change]:
    """What would be done: all of it is tried with every rule, and undone."""
    changes: list[Change] = []
    with suppress(_OnlyLookedAtError), database.writing() as work:
        changes += _apply(work, found)
        raise _OnlyLookedAtError
    return changes


def _apply(work: Work, found: document.Entries) -> list[Change]:
    work.actor = actor()
    return importing.apply(work, found, TOOLS.keys())


def _as_json(change: Change) -> dict[str, Any]:
    differences = {key: {"old": old, "new": new} for key, (old, new) in change.differences.items()}
    return asdict(change) | {"differences": differences}


def _show(changes: Sequence[Change], *, dry_run: bool) -> None:
    for change in changes:
        if change.action in _SIGNS:
            show_line(f"{_SIGNS[change.action]} {change.noun} {change.path}")
        for key, (old, new) in change.differences.items():
            for name, before, after in _parts(key, old, new):
                show_line(f"    {name}: {_shown(before)} -> {_shown(after)}")
    counts = Counter(change.action for change in changes)
    numbers = ", ".join(f"{counts[action]} {action}" for action in ("created", "changed", "unchanged"))
    show_line(f"{numbers}." + (" Nothing was written." if dry_run else ""))


def _parts(key: str, old: object, new: object) -> list[tuple[str, object, object]]:
    """A difference, or where both sides have the same entries those that differ: a long one ends before it says so."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys() and old != new:
        return [(f"{key}.{name}", old[name], new[name]) for name in old if old[name] != new[name]]
    return [(key, old, new)]


def _shown(value: object) -> str:
    return "none" if value is None else brief(str(value), _LONGEST)
