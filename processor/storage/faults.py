"""Driver errors become errors of ours here, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from processor.errors import ConfigurationError, Contended, InfrastructureError, ProcessorError
from processor.storage.sqlite_library import sqlite
from processor.storage.url import masked

_NOT_MIGRATED = ("no such table", "no such column")
_SQLITE_PASSING = ("locked", "busy", "full", "disk i/o", "out of memory")
_POSTGRES_CONFIGURATION = ("28", "3D", "42501", "25006", "42P01", "42703")
_CONTENTION = ("40001", "40P01", "55P03", "57014")
"""Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: authorisation, unknown database,
privilege, read-only transaction, undefined table or column; serialisation, deadlock, lock not available, timeout."""


class BrokenConstraint(Exception):
    """The database refused a row; whoever wrote it knows what that means, and for everybody else it is a bug."""


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what the driver raises about the database itself into one line that says what to do."""
    try:
        yield
    except Exception as error:
        fault = explained(error, url)
        if fault is error:
            raise
        raise fault from error


def explained(error: Exception, url: str) -> Exception:
    """The error of ours that a driver's error stands for, bare or as SQLAlchemy wraps it; itself where it is a bug."""
    said = getattr(error, "orig", None) or error
    if not isinstance(said, sqlite.Error) and not type(said).__module__.startswith("psycopg"):
        return error
    text = " ".join(str(said).split())
    if _is(said, "IntegrityError"):
        return BrokenConstraint(text)
    if url.startswith("sqlite:"):
        return _from_sqlite(error, text, url)
    return _from_postgres(error, said, text, url)


def _is(error: BaseException, kind: str) -> bool:
    """Whether it is of that kind of the DB-API (PEP 249), without importing a driver."""
    return any(each.__name__ == kind for each in type(error).__mro__)


def _from_sqlite(error: Exception, text: str, url: str) -> Exception:
    said = text.lower()
    if "readonly" in said:
        return ConfigurationError(f"The database {url} is read-only: make the file and its folder writable")
    if "not a database" in said or "malformed" in said:
        return ConfigurationError(f"{url} is damaged or no SQLite database ({text}): restore it or name another file")
    if "unable to open" in said:
        return ConfigurationError(
            f"The database {url} cannot be opened: make its file and its folder writable, or run 'processor db migrate'"
        )
    if any(word in said for word in _NOT_MIGRATED):
        return outdated(url)
    if any(word in said for word in _SQLITE_PASSING):
        return InfrastructureError(f"The database {url} cannot be used just now ({text}): the next tick tries again")
    return error


def _from_postgres(error: Exception, said: Exception, text: str, url: str) -> Exception:
    state = getattr(said, "sqlstate", None) or ""
    if state.startswith(("42P01", "42703")):
        return outdated(url)
    if state.startswith(_POSTGRES_CONFIGURATION) or "authentication failed" in text or 'database "' in text:
        return ConfigurationError(f"The database {masked(url)} refuses us ({text}): check PROCESSOR_DATABASE_URL")
    if state in _CONTENTION:
        return Contended(f"Another writer was in the way ({text}): this is tried again")
    if state.startswith(("53", "57", "55", "40", "08")) or _is(said, "OperationalError"):
        return InfrastructureError(
            f"The database {masked(url)} cannot be used just now ({text}): the next tick tries again"
        )
    return error


def outdated(url: str) -> ProcessorError:
    """The schema is not there, or older than the program."""
    return ConfigurationError(f"The database {masked(url)} is not ready for this version: run 'processor db migrate'")
