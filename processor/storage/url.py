"""The database URL: what people write, made into what the drivers take."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from processor.errors import ConfigurationError

DEFAULT_URL = "sqlite:///data/processor.db"
_POSTGRES_SCHEMES = ("postgres://", "postgresql://", "postgresql+psycopg://")


def normalise(url: str, root: str | None = None) -> str:
    """`sqlite:///absolute/path` or `postgresql://…`; a relative path counts from `root` (default: the working folder).

    Render hands out `postgres://`, which SQLAlchemy does not take.
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return f"sqlite:///{os.path.abspath(os.path.join(root or os.getcwd(), url.removeprefix('sqlite:///')))}"
    for scheme in _POSTGRES_SCHEMES:
        if url.startswith(scheme) and len(url) > len(scheme):
            return "postgresql://" + url.removeprefix(scheme)
    message = (
        f"The database URL '{masked(url)}' is not understood: use sqlite:///path/to/file.db "
        "or postgresql://user:password@host/name in PROCESSOR_DATABASE_URL"
    )
    raise ConfigurationError(message)


def refuse_ephemeral(url: str, environment: Mapping[str, str] = os.environ) -> None:
    """Cron jobs on Render have no disk: SQLite would start empty at each run and run every slot twice."""
    if environment.get("RENDER") and url.startswith("sqlite:"):
        message = (
            "SQLite on Render starts empty at every run, so slots would run twice: "
            "set DATABASE_URL to the connection string of a Postgres database (render.yaml does)"
        )
        raise ConfigurationError(message)


def sqlite_path(url: str) -> str | None:
    """The file of a normalised SQLite URL; None for Postgres."""
    return url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else None


def masked(url: str) -> str:
    """The URL without its password, for people's eyes."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return "(unreadable)"
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{password}@", ":***@"))) if password else url
