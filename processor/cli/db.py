"""`processor db`: the schema of the database."""

import os
from contextlib import closing

from processor.cli.options import AsJson, noun, verb
from processor.cli.render import show_json, show_line, show_list
from processor.rules.instants import iso_or_none
from processor.settings import load_settings
from processor.storage.database import Database
from processor.storage.migrate import MigrationState, migrate, migrations, status
from processor.storage.url import masked, sqlite_path

app = noun("Make the database, or bring it up to date.")
COLUMNS = {"version": "VERSION", "name": "NAME", "applied_at": "APPLIED"}


@verb(app, "migrate", "processor db migrate")
def migrate_database(json: AsJson = False) -> None:
    """Make the database if it is not there, and apply every migration that it lacks; safe to repeat."""
    with closing(Database(load_settings().database_url)) as database:
        applied = [f"{each.version:04} {each.name}" for each in migrate(database)]
        url = masked(database.url)
    if json:
        show_json({"database_url": url, "applied": applied})
    else:
        show_line(f"{url}: {', '.join(applied) if applied else 'nothing to do, it'} {_end(applied)}")


@verb(app, "status", "processor db status", "processor db status --json")
def show_status(json: AsJson = False) -> None:
    """List the migrations and when each was applied."""
    with closing(Database(load_settings().database_url)) as database:
        found = status(database) if _exists(database) else _all_pending(database)
    rows = [{"version": each.version, "name": each.name, "applied_at": iso_or_none(each.applied_at)} for each in found]
    shown = rows if json else [row | {"applied_at": row["applied_at"] or "pending"} for row in rows]
    show_list(shown, COLUMNS, as_json=json, empty="There are no migrations.")


def _exists(database: Database) -> bool:
    path = sqlite_path(database.url)
    return path is None or os.path.exists(path)


def _all_pending(database: Database) -> list[MigrationState]:
    return [MigrationState(each.version, each.name, None) for each in migrations(database.dialect)]


def _end(applied: list[str]) -> str:
    return "applied" if applied else "is up to date"
