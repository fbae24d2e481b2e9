"""Instants and durations in words, for those who read a report."""

import zoneinfo
from datetime import UTC, datetime, tzinfo

_MINUTE = 60
_UNITS = (("d", 86_400), ("h", 3_600), ("min", _MINUTE), ("s", 1))


def moment(at: int, timezone: str | None) -> str:
    """`2026-11-17 09:00 Europe/Berlin`; in UTC where there is no such zone."""
    name, zone = _zone(timezone)
    local = datetime.fromtimestamp(at, zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {name}" if local.second else f"{local:%Y-%m-%d %H:%M} {name}"


def span(seconds: int) -> str:
    """The two largest units: `3 h 20 min`."""
    parts, rest = list[str](), abs(seconds)
    for unit, length in _UNITS:
        number, rest = divmod(rest, length)
        if number or parts or unit == "s":
            parts.append(f"{number} {unit}" if number or not parts else "")
    return " ".join(part for part in parts[:2] if part)


def distance(seconds: int) -> str:
    """How far away something is: `in 3 h 20 min`, `now`, or for what is over a minute late `since 5 min`."""
    if seconds > 0:
        return f"in {span(seconds)}"
    return "now" if seconds > -_MINUTE else f"since {span(seconds)}"


def _zone(timezone: str | None) -> tuple[str, tzinfo]:
    try:
        return (timezone, zoneinfo.ZoneInfo(timezone)) if timezone else ("UTC", UTC)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return "UTC", UTC
