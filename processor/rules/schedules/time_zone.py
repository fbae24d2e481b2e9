"""The stretches of time in which the clocks of a zone keep one offset from UTC."""

import difflib
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from processor.errors import InvalidSchedule

DAY = 86_400

# Entries of the zone database that mean something else on each host, or nothing.
_NO_ZONES = {"Factory", "localtime"}


class Stretch(NamedTuple):
    """From `start` up to, not including, `end` (epoch seconds), wall time is UTC plus `offset` seconds."""

    start: int
    end: int
    offset: int
    offset_before: int
    """The offset just before `start`: smaller when the clocks jump forward there, larger when they go back."""


def stretches(timezone: str, first: int, last: int) -> Iterator[Stretch]:
    """Yield the stretches that hold any instant from `first` to `last`, both included, oldest first."""
    for year in range(_year(first), _year(last) + 1):
        for stretch in _stretches_of_year(timezone, year):
            if stretch.end > first and stretch.start <= last:
                yield stretch


def stretches_backwards(timezone: str, first: int, last: int) -> Iterator[Stretch]:
    """Yield what `stretches` yields, newest first."""
    for year in range(_year(last), _year(first) - 1, -1):
        for stretch in reversed(_stretches_of_year(timezone, year)):
            if stretch.end > first and stretch.start <= last:
                yield stretch


def checked_name(timezone: str) -> str:
    """Return the name as it came, if it is an IANA time zone.

    Raises:
        InvalidSchedule: there is no such zone; the message names the ones that are spelt alike.

    """
    if timezone in _names():
        return timezone
    alike = _spelt_alike(timezone)
    advice = f"did you mean {' or '.join(alike)}?" if alike else "use an IANA name such as Europe/Berlin or UTC"
    raise InvalidSchedule(f"Unknown time zone {timezone[:60]!r}: {advice}")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


def _spelt_alike(timezone: str) -> list[str]:
    wanted = timezone[:60].strip().replace(" ", "_").lower()
    by_lower = {name.lower(): name for name in sorted(_names())}
    by_lower |= {name.lower().rpartition("/")[2]: name for name in sorted(_names()) if "/" in name} | by_lower
    near = difflib.get_close_matches(wanted, by_lower, n=1 if wanted in by_lower else 3, cutoff=0.7)
    return list(dict.fromkeys(by_lower[name] for name in near))


@lru_cache(maxsize=8_192)
def _stretches_of_year(timezone: str, year: int) -> tuple[Stretch, ...]:
    """Find the changes of a UTC year by looking at each of its days; no zone changes its clocks twice in one."""
    zone = _zone(timezone)
    first, end = _new_year(year), _new_year(year + 1)
    days = range(first, end, DAY)
    changes = [_change(zone, day, day + DAY) for day in days if _offset(zone, day) != _offset(zone, day + DAY)]
    edges = [first, *(change for change in changes if change < end)]
    return tuple(
        Stretch(start, stop, _offset(zone, start), _offset(zone, start - 1))
        for start, stop in zip(edges, [*edges[1:], end], strict=True)
    )


def _change(zone: zoneinfo.ZoneInfo, before: int, after: int) -> int:
    """Find by halving the first second of the new offset."""
    old = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _zone(timezone: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidSchedule(f"Unknown time zone {timezone[:60]!r}: use an IANA name such as Europe/Berlin") from error


def _offset(zone: zoneinfo.ZoneInfo, instant: int) -> int:
    wall = datetime.fromtimestamp(instant, zone).replace(tzinfo=UTC)
    return int(wall.timestamp()) - instant


def _year(instant: int) -> int:
    return datetime.fromtimestamp(instant, UTC).year


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
