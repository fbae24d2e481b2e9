"""Slots of random expressions against a second opinion: a scan of every minute by the rules of Debian's cron.

The rules are those of cron(8) and crontab(5) in Debian and of `cron.c` and `entry.c` behind them. A job whose minute or
hour begins with a star is looked up for every minute that really passes. Every other job is looked up for every minute
that the wall clock shows for the first time, and when the clock jumps, for the minutes that it jumped over as well.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.errors import InvalidSchedule
from processor.rules.schedules import Calendar, count, newest, next_after, next_two, slots, slots_backwards

MINUTE = 60
DAY = 86_400
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

# In each zone the days around clock changes of many kinds, a leap day and an ordinary month's end.
DAYS = {
    "UTC": ("2028-02-29", "2026-12-31"),
    "Europe/Berlin": ("2026-03-29", "2026-10-25", "2028-02-29"),
    "America/New_York": ("2026-03-08", "2026-11-01", "2027-01-31"),
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),  # half an hour
    "America/Sao_Paulo": ("2017-10-15", "2018-02-18"),  # at midnight
    "America/St_Johns": ("2010-03-14", "2010-11-07"),  # a minute past midnight
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),  # back first, for Ramadan
    "Asia/Kolkata": ("2026-04-30",),
}


class Wall(NamedTuple):
    minute: int
    hour: int
    day: int
    month: int
    weekday: int  # 0 is Sunday


@dataclass(frozen=True)
class Minute:
    instant: int
    shown: Wall
    shown_first: tuple[Wall, ...]
    """The wall times that this minute shows, or has jumped over, for the first time."""


def wall(seconds: int) -> Wall:
    at = datetime.fromtimestamp(seconds, UTC)
    return Wall(at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)


@cache
def minutes_around(timezone: str, day: str) -> tuple[Minute, ...]:
    middle = int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp())
    zone, scanned, latest = ZoneInfo(timezone), [], None
    for instant in range(middle - 2 * DAY, middle + 3 * DAY, MINUTE):
        shown = int(datetime.fromtimestamp(instant, zone).replace(tzinfo=UTC).timestamp())
        first = range(shown if latest is None else latest + MINUTE, shown + MINUTE, MINUTE)
        scanned.append(Minute(instant, wall(shown), tuple(wall(seconds) for seconds in first)))
        latest = max(shown, latest or shown)
    return tuple(scanned)


def named(field: str, low: int, high: int) -> frozenset[int]:
    """Read one field: a list of stars, numbers and ranges, the last with or without a step."""
    values: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        values.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return frozenset(values)


class CronJob:
    def __init__(self, expression: str) -> None:
        fields = expression.split()
        values = [named(field, *bounds) for field, bounds in zip(fields, BOUNDS, strict=True)]
        self.minutes, self.hours, self.days, self.months, weekdays = values
        self.weekdays = frozenset(weekday % 7 for weekday in weekdays)
        self.wild = fields[0].startswith("*") or fields[1].startswith("*")
        self.both_days = fields[2].startswith("*") or fields[4].startswith("*")

    def names(self, at: Wall) -> bool:
        if at.minute not in self.minutes or at.hour not in self.hours or at.month not in self.months:
            return False
        day, weekday = at.day in self.days, at.weekday in self.weekdays
        return (day and weekday) if self.both_days else (day or weekday)

    def runs_at(self, minute: Minute) -> bool:
        return self.names(minute.shown) if self.wild else any(map(self.names, minute.shown_first))


def field_texts(low: int, high: int, stars: float) -> list[str]:
    """Make a few hundred fields up, the plain ones first; each is a plain star as often as `stars` says."""
    random = Random(high)
    texts = [",".join(item_text(random, low, high) for _ in range(random.randint(1, 3))) for _ in range(300)]
    return ["*"] * int(300 * stars / (1 - stars)) + sorted(texts, key=len)


def item_text(random: Random, low: int, high: int) -> str:
    first, last = sorted((random.randint(low, high), random.randint(low, high)))
    step = random.randint(1, high)
    weights = {f"{first}": 5, f"{first}-{last}": 2, f"{first}-{last}/{step}": 1, f"*/{step}": 2}
    return random.choices(list(weights), list(weights.values()))[0]


STARS = (0.2, 0.4, 0.6, 0.8, 0.6)
expressions = st.tuples(
    *(st.sampled_from(field_texts(*bounds, stars)) for bounds, stars in zip(BOUNDS, STARS, strict=True))
).map(" ".join)
places = st.sampled_from([(timezone, day) for timezone, days in DAYS.items() for day in days])


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, derandomize=True, database=None)
@given(expression=expressions, place=places, begin=st.integers(0, 3 * DAY), length=st.integers(0, DAY))
def test_slots_are_the_minutes_at_which_cron_would_run_the_job(
    expression: str, place: tuple[str, str], begin: int, length: int
) -> None:
    scanned = minutes_around(*place)
    after = scanned[0].instant + DAY // 2 + begin
    until = after + length
    job, schedule = CronJob(expression), Calendar(expression, place[0])
    first = (after - scanned[0].instant) // MINUTE + 1
    last = (until - scanned[0].instant) // MINUTE
    expected = [minute.instant for minute in scanned[first : last + 1] if job.runs_at(minute)]

    try:
        found = list(slots(schedule, after, until))
    except InvalidSchedule:
        assert not any(month_has(month, day) for month in job.months for day in job.days)
        return
    assert found == expected
    assert list(slots_backwards(schedule, after, until)) == expected[::-1]
    assert count(schedule, after, until) == len(expected)
    assert newest(schedule, after, until) == (expected[-1] if expected else None)
    if expected:
        assert next_after(schedule, after) == expected[0]
        assert next_two(schedule, after) == (expected[0], next_after(schedule, expected[0]))


def month_has(month: int, day: int) -> bool:
    return day <= (29 if month == 2 else 30 if month in {4, 6, 9, 11} else 31)
