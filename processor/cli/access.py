"""Opens the database that the settings name, and one transaction on it."""

import os
import pwd
from collections.abc import Iterator
from contextlib import closing, contextmanager

from processor.lazy import load
from processor.settings import Settings, load_settings
from processor.storage.database import Database
from processor.storage.migrate import require_current
from processor.storage.work import Work


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Database]:
    """A database whose schema is up to date; raises ConfigurationError otherwise."""
    settings = settings or load_settings()
    with closing(Database(settings.database_url)) as database:
        require_current(database)
        database.listen(settings.listeners, settings.root)
        yield database


@contextmanager
def looking(store: str) -> Iterator[tuple[Work, str]]:
    """A transaction that only looks, and the id of the store that was named."""
    with opened() as database, database.reading() as work:
        yield work, store_id(work, store)


@contextmanager
def changing(store: str, settings: Settings | None = None) -> Iterator[tuple[Work, str]]:
    """A transaction that may change things, and the id of the store that was named."""
    with opened(settings) as database, writing(database) as work:
        yield work, store_id(work, store)


@contextmanager
def writing(database: Database) -> Iterator[Work]:
    """A transaction that may change things, in the name of whoever is logged in."""
    with database.writing() as work:
        work.actor = actor()
        yield work


def actor() -> str:
    """Who types this command, for the audit trail: `cli:` and the login name, or the number of a user without one."""
    user = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"cli:{user}"


def store_id(work: Work, store: str) -> str:
    """The id of the store of that id or name; raises NotFound."""
    # A tick opens the database here, too, and needs no store's row: what reads it as an object costs 0.2 s.
    return str(load("processor.services.stores:get")(work, store).id)
