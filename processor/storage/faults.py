"""Driver errors become errors of ours here, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from processor.errors import ConfigurationError, InfrastructureError, ProcessorError
from processor.storage.url import masked

_NOT_MIGRATED = ("no such table", "no such column")
_SQLITE_PASSING = ("locked", "busy", "full", "disk i/o", "out of memory")
_POSTGRES_CONFIGURATION = ("28", "3D", "42501", "25006", "42P01", "42703")
"""Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: authorisation, unknown database,
privilege, read-only transaction, undefined table or column."""


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what the driver raises about the database itself into one line that says what to do.

    A broken constraint stays an `IntegrityError`: whoever caused it knows what it means.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise explained(error, url) from error


def explained(error: DBAPIError, url: str) -> Exception:
    """The error of ours that a driver error stands for; itself where it is a bug."""
    text = " ".join(str(error.orig).split())
    if url.startswith("sqlite:"):
        return _from_sqlite(error, text, url)
    return _from_postgres(error, text, url)


def _from_sqlite(error: DBAPIError, text: str, url: str) -> Exception:
    said = text.lower()
    if "readonly" in said:
        return ConfigurationError(f"The database {url} is read-only: make the file and its folder writable")
    if "not a database" in said or "malformed" in said:
        return ConfigurationError(f"{url} is damaged or no SQLite database ({text}): restore it or name another file")
    if "unable to open" in said:
        return ConfigurationError(
            f"The database {url} cannot be opened: check path and permissions, or run 'processor db migrate'"
        )
    if any(word in said for word in _NOT_MIGRATED):
        return outdated(url)
    if any(word in said for word in _SQLITE_PASSING):
        return InfrastructureError(f"The database {url} cannot be used just now ({text}): the next tick tries again")
    return error


def _from_postgres(error: DBAPIError, text: str, url: str) -> Exception:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state.startswith(("42P01", "42703")):
        return outdated(url)
    if state.startswith(_POSTGRES_CONFIGURATION) or "authentication failed" in text or 'database "' in text:
        return ConfigurationError(f"The database {masked(url)} refuses us ({text}): check PROCESSOR_DATABASE_URL")
    if state.startswith(("53", "57", "55", "40", "08")) or isinstance(error, OperationalError):
        return InfrastructureError(
            f"The database {masked(url)} cannot be used just now ({text}): the next tick tries again"
        )
    return error


def outdated(url: str) -> ProcessorError:
    """The schema is not there, or older than the program."""
    return ConfigurationError(f"The database {masked(url)} is not ready for this version: run 'processor db migrate'")
