"""A five-field cron expression, matched against the wall clock without any time zone.

cronsim reads the fields and says which dates match. The walk is ours, because cronsim's own loses slots around some
clock changes (those of half an hour, and those at midnight) and reads the text again for each new question.

Wall time is counted in seconds as if the wall clock showed UTC, so it is an int like an instant; the two must not mix.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from cronsim import CronSim, CronSimError

from processor.errors import InvalidSchedule

DAY = 86_400
FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
LONGEST_TEXT = 200

_HINTS = {
    "minute": "use 0-59",
    "hour": "use 0-23",
    "day-of-month": "use 1-31, or L for the last day",
    "month": "use 1-12 or JAN-DEC",
    "day-of-week": "use 0-7 (0 and 7 are Sunday) or SUN-SAT",
}
# cronsim says "21th".
_ORDINALS = {"21th": "21st", "22th": "22nd", "23th": "23rd", "31th": "31st"}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")

# To cron, a day of the month and a weekday are two ways to be due, which "and" does not say. A whole week is every day.
_BETTER = {
    "on Monday through Friday": "on weekdays",
    "on Sunday through Saturday": "every day",
    "on Monday through Sunday": "every day",
    " and on ": ", and also on ",
}
_STEP = re.compile(r"\*/([1-9][0-9]?)")

# cronsim takes 5-5/2 for 5/2, which goes on to the end; to cron it is 5.
_ONE_TO_ITSELF = re.compile(r"\b(\w+)-\1/0*[1-9][0-9]*")

# cronsim wants a moment to start from; we use its fields and its matching of dates, which do not depend on it.
_ANY_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - wall time has no zone
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Weekdays and leap years repeat after 400 years, so a date that is not in these will never be.
_FIRST_OF_CYCLE = date(2000, 1, 1).toordinal() - _EPOCH_DAY
_LAST_OF_CYCLE = date(2399, 12, 31).toordinal() - _EPOCH_DAY


@dataclass(frozen=True, slots=True)
class Expression:
    """The times of day and the dates that an expression names."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    matches_date: Callable[[date], bool]
    fixed: bool
    """Neither minute nor hour starts with a star: Debian cron then runs each wall time once, whatever the clocks do."""

    def walls(self, first: int, last: int) -> Iterator[int]:
        """Yield the matching wall times from `first` to `last`, both included."""
        for day in self._days(first // DAY, last // DAY):
            midnight = day * DAY
            for second in self._times(first - midnight, last - midnight):
                yield midnight + second

    def walls_backwards(self, first: int, last: int) -> Iterator[int]:
        """Yield what `walls` yields, newest first."""
        for day in self._days_backwards(first // DAY, last // DAY):
            midnight = day * DAY
            for second in self._times_backwards(first - midnight, last - midnight):
                yield midnight + second

    def count(self, first: int, last: int) -> int:
        """Count what `walls` yields, a day at a time."""
        if first > last:
            return 0
        return sum(
            self._times_up_to(last - day * DAY) - self._times_up_to(first - 1 - day * DAY)
            for day in self._days(first // DAY, last // DAY)
        )

    def names_any(self, first: int, last: int) -> bool:
        return next(self.walls(first, last), None) is not None

    def ever_matches(self) -> bool:
        return next(self._days(_FIRST_OF_CYCLE, _LAST_OF_CYCLE), None) is not None

    def _days(self, day: int, last: int) -> Iterator[int]:
        """Yield the matching days from the first to the last, counted from 1970-01-01."""
        while day <= last:
            when = date.fromordinal(_EPOCH_DAY + day)
            if when.month not in self.months:
                day += _days_left_in_month(when)
                continue
            if self.matches_date(when):
                yield day
            day += 1

    def _days_backwards(self, first: int, day: int) -> Iterator[int]:
        while day >= first:
            when = date.fromordinal(_EPOCH_DAY + day)
            if when.month not in self.months:
                day -= when.day
                continue
            if self.matches_date(when):
                yield day
            day -= 1

    def _times(self, earliest: int, latest: int) -> Iterator[int]:
        """Yield the matching seconds of a day within the bounds, which may lie outside the day."""
        for hour in self.hours[bisect_left(self.hours, max(0, earliest) // 3600) :]:
            for minute in self.minutes:
                second = hour * 3600 + minute * 60
                if second > latest:
                    return
                if second >= earliest:
                    yield second

    def _times_backwards(self, earliest: int, latest: int) -> Iterator[int]:
        for hour in reversed(self.hours[: bisect_right(self.hours, latest // 3600)]):
            for minute in reversed(self.minutes):
                second = hour * 3600 + minute * 60
                if second < earliest:
                    return
                if second <= latest:
                    yield second

    def _times_up_to(self, second: int) -> int:
        """Count the matching times of a day up to the second, which may lie outside the day."""
        if not 0 <= second < DAY:
            return 0 if second < 0 else len(self.hours) * len(self.minutes)
        hour, rest = divmod(second, 3600)
        whole = bisect_left(self.hours, hour)
        begun = bisect_right(self.minutes, rest // 60) if hour in self.hours else 0
        return whole * len(self.minutes) + begun


@lru_cache(maxsize=16_384)
def read(text: str) -> Expression:
    """Read a five-field expression as Debian's cron does; each distinct text is read once.

    Raises:
        InvalidSchedule: it has another number of fields, a field that cannot be read, or no date in 400 years.

    """
    fields = text.split()
    if len(fields) != len(FIELDS) or len(text) > LONGEST_TEXT:
        raise InvalidSchedule(_wrong_shape(text, len(fields)))
    try:
        parsed = CronSim(_ONE_TO_ITSELF.sub(r"\1", text.upper()), _ANY_MOMENT)
    except CronSimError as error:
        raise InvalidSchedule(_complaint(fields, str(error))) from error
    expression = Expression(
        minutes=tuple(sorted(parsed.minutes)),
        hours=tuple(sorted(parsed.hours)),
        months=frozenset(parsed.months),
        matches_date=parsed.match_day,
        fixed=not fields[0].startswith("*") and not fields[1].startswith("*"),
    )
    if not expression.ever_matches():
        raise InvalidSchedule(_never(text))
    return expression


def in_words(text: str) -> str:
    """Say an expression that `read` accepts in English, for example "At 09:00 on weekdays" or "Every 5 minutes"."""
    even = _evenly(*text.split())
    if even is not None:
        return even
    words = CronSim(text, _ANY_MOMENT).explain()
    words = _ORDINAL.sub(lambda match: _ORDINALS[match[0]], words)
    for said, better in _BETTER.items():
        words = words.replace(said, better)
    return words


def _evenly(minute: str, hour: str, *date_fields: str) -> str | None:
    """Say a step that parts the hour or the day evenly as people count it; cronsim says "every fifth minute"."""
    if date_fields != ("*", "*", "*"):
        return None
    minutes, hours = _STEP.fullmatch(minute), _STEP.fullmatch(hour)
    if minutes and hour == "*" and 60 % int(minutes[1]) == 0 and minutes[1] not in {"1", "60"}:
        return f"Every {minutes[1]} minutes"
    if hours and minute.isdecimal() and 24 % int(hours[1]) == 0 and hours[1] not in {"1", "24"}:
        return f"Every {hours[1]} hours from 00:{int(minute):02}"
    return None


def _wrong_shape(text: str, fields: int) -> str:
    if len(text) > LONGEST_TEXT:
        return f"The cron expression {text[:40]!r}… is longer than {LONGEST_TEXT} characters: use ranges and steps"
    has = f"{fields} field" if fields == 1 else f"{fields} fields"
    hint = ", leave out the seconds" if fields > len(FIELDS) else ""
    return (
        f'The cron expression {text[:40]!r} has {has}{hint}: write five ({" ".join(FIELDS)}), for example "0 9 * * 1-5"'
    )


def _complaint(fields: list[str], error: str) -> str:
    """Say what cronsim found; it also refuses dates that no month has, with the same words as an unreadable field."""
    text = " ".join(fields)
    name = error.removeprefix("Bad ")
    field = fields[FIELDS.index(name)]
    if name == "day-of-month" and _readable_alone(field):
        return _never(text)
    return f'Cannot read the {name} field {field!r} of the cron expression "{text}": {_HINTS[name]}'


def _readable_alone(day_of_month: str) -> bool:
    try:
        CronSim(f"0 0 {day_of_month} * *", _ANY_MOMENT)
    except CronSimError:
        return False
    return True


def _never(text: str) -> str:
    return f'The cron expression "{text}" never runs, because no year has such a date: change the day or the month'


def _days_left_in_month(when: date) -> int:
    """Count the days from this one to the first of the next month."""
    next_month = (when.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (next_month - when).days
