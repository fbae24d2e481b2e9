"""Instants in words: ISO 8601 in UTC, whole seconds, with `Z`."""

from datetime import UTC, datetime


def iso(epoch_seconds: int) -> str:
    """`2026-01-02T03:04:05Z`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(epoch_seconds: int | None) -> str | None:
    """The same, where there may be nothing to say."""
    return None if epoch_seconds is None else iso(epoch_seconds)
