"""Instants between people, columns and rules: ISO 8601 text, aware datetimes, epoch seconds."""

from datetime import UTC, datetime

from processor.errors import InvalidInput
from processor.rules.instants import iso

LATEST = 253_370_764_799
"""The end of the year 9998: later instants do not survive a change of time zone."""


def moment(at: int) -> datetime:
    """The column value of an epoch second."""
    return datetime.fromtimestamp(at, UTC)


def moment_or_none(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def epoch(instant: datetime) -> int:
    """The epoch second of a column value."""
    return int(instant.timestamp())


def epoch_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else epoch(instant)


def shown(instant: datetime) -> str:
    """A column value as people read it: `2026-11-16T09:00:00Z`."""
    return iso(epoch(instant))


def shown_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else shown(instant)


def parse_instant(given: str | int, name: str) -> int:
    """Epoch seconds of ISO 8601 text; without an offset it is UTC, parts of a second are dropped.

    Raises InvalidInput, which calls the value by `name`.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        return _within_range(given, str(given), name)
    text = str(given)  # a file may hold anything in its place
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(
            f"Cannot read {name} {text[:40]!r}: write an instant like 2026-12-24T18:00:00Z or 2026-12-24T19:00+01:00"
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return _within_range(int(instant.timestamp()), text, name)


def _within_range(at: int, given: str, name: str) -> int:
    if not 0 <= at <= LATEST:
        raise InvalidInput(f"The instant of {name}, {given[:40]!r}, is out of range: use a year from 1970 to 9998")
    return at
