"""What a check of the database is asked about, and what it found."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One store or all, how many rows are wanted of each check, and since when runs are kept (epoch seconds)."""

    store_id: str | None
    most_shown: int
    kept_since: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that breaks a promise; `said` says how."""

    id: str | None
    store_id: str | None
    said: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All rows that break a promise, counted, and the first of them."""

    count: int
    rows: Sequence[Finding]
