"""Many tasks at once, put there by set-based inserts; and the check that each of their slots became what it should."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from processor.rules.schedules.calendar import Calendar
from processor.storage.database import Database

MONDAY_MORNING = int(datetime(2026, 11, 16, 9, tzinfo=UTC).timestamp())
STORE = "00000000-0000-4000-8000-000000000001"
LATE_SECONDS = 30
PROMPT = "Look at the board, put a card for what is missing on it, and leave a note for next time."
ZONES = (
    *("Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Moscow", "America/New_York", "America/Chicago"),
    *("America/Sao_Paulo", "America/St_Johns", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Asia/Shanghai", "Asia/Dubai", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Cairo"),
    *("Africa/Lagos", "UTC"),
)
EXPRESSIONS_PER_ZONE = 50

_RANDOM_ID = {
    "sqlite": "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'"
    " || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
    "postgresql": "gen_random_uuid()",
}
# A file of millions of random ids would take hours to fill; these go to the end of each index.
_RISING_ID = {
    "sqlite": "printf('%08x-0000-4000-8000-%012x', n, n)",
    "postgresql": "CAST(lpad(to_hex(n), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n), 12, '0') AS uuid)",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})",
    "postgresql": "WITH numbers (n) AS (SELECT generate_series({first}, {last}))",
}
_COLUMNS = """
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, interval_seconds, anchor_at, cron, timezone, cursor_at,
    next_run_at, created_at, updated_at)
"""
_INTERVALS = """
SELECT {id}, '{store}', 'Task ' || n, '{prompt}', 'interval', 3600, {next}, NULL, NULL, {next} - 1, {next}, 0, 0
FROM numbers ORDER BY n
"""
_CALENDARS = {
    "sqlite": """
SELECT {id}, '{store}', 'Task ' || n, '{prompt}', 'calendar', NULL, NULL, value ->> 0, value ->> 1, (value ->> 2) - 1,
    value ->> 2, 0, 0
FROM numbers, json_each('{schedules}')
""",
    "postgresql": """
SELECT {id}, '{store}', 'Task ' || n, '{prompt}', 'calendar', NULL, NULL, value ->> 0, value ->> 1,
    CAST(value ->> 2 AS bigint) - 1, CAST(value ->> 2 AS bigint), 0, 0
FROM numbers, jsonb_array_elements('{schedules}') AS value
""",
}
_COUNTS = {
    "ledger rows": "SELECT count(*) FROM processed_task_executions WHERE disposition = 'claimed' AND slot_count = 1",
    "runs": """
SELECT count(*) FROM runs AS r JOIN processed_task_executions AS l ON l.run_id = r.id AND l.task_id = r.task_id
    AND l.scheduled_time = r.scheduled_time
""",
    "cursors": "SELECT count(*) FROM tasks WHERE cursor_at = {now} AND next_run_at > {now}",
    "tasks": "SELECT count(*) FROM tasks",
}


class Incomplete(Exception):
    """The work that was measured was not all done, so its time says nothing."""


def add_due_intervals(database: Database, count: int, due_at: int) -> None:
    """Hourly tasks whose first slot is `due_at` (epoch seconds)."""
    text = _INTERVALS.format(id=_RANDOM_ID[database.dialect], store=STORE, prompt=PROMPT, next=due_at)
    execute(database, _COLUMNS + _numbers(database, 1, count) + text)


def add_many(database: Database, first: int, last: int, due: int, now: int) -> None:
    """Tasks number `first` to `last`: up to number `due` they are due now, all others within the coming month."""
    when = f"CASE WHEN n <= {due} THEN {now - LATE_SECONDS} ELSE {now} + 60 + n % 2592000 END"
    text = _INTERVALS.format(id=_RISING_ID[database.dialect], store=STORE, prompt="Look.", next=when)
    execute(database, _COLUMNS + _numbers(database, first, last) + text)


@dataclass(frozen=True, slots=True)
class Timetable:
    """An expression in a zone, and the latest slot that it names."""

    expression: str
    zone: str
    slot: int


def timetables(now: int) -> list[Timetable]:
    """A thousand different expressions and zones, each with exactly one slot in the last five minutes."""
    return [each for zone in ZONES for each in _timetables_of(zone, now)]


def add_due_calendars(database: Database, schedules: list[Timetable], each: int) -> None:
    """As many tasks of `each` of the schedules, all due."""
    text = json.dumps([(schedule.expression, schedule.zone, schedule.slot) for schedule in schedules])
    names = {"id": _RANDOM_ID[database.dialect], "store": STORE, "prompt": PROMPT, "schedules": text}
    execute(database, _COLUMNS + _numbers(database, 1, each) + _CALENDARS[database.dialect].format(**names))


def require_claimed(database: Database, count: int, now: int) -> None:
    """Raise Incomplete unless each task has its ledger row, its run and a moved cursor."""
    found = {what: scalar(database, text.format(now=now)) for what, text in _COUNTS.items()}
    require(found, dict.fromkeys(_COUNTS, count))


def require(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise Incomplete with all that differs."""
    wrong = [f"{found[what]} {what} instead of {wanted[what]}" for what in wanted if found[what] != wanted[what]]
    if wrong:
        raise Incomplete("; ".join(wrong))


def execute(database: Database, text: str) -> None:
    """A statement past the ORM, in a transaction of its own."""
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(text)
        driver.commit()


def scalar(database: Database, text: str) -> Any:
    """The only value that a query gives."""
    with database.connection() as connection:
        driver: Any = connection.connection.driver_connection
        return driver.execute(text).fetchone()[0]


def freeze(folder: Path, environment: dict[str, str] | Any) -> None:
    """Let the clock of every database stand at that Monday, so that the same slots are due in every run."""
    file = folder / "clock"
    file.write_text(f"{MONDAY_MORNING}\n")
    environment["PROCESSOR_CLOCK_FILE"] = str(file)


def _numbers(database: Database, first: int, last: int) -> str:
    return _NUMBERS[database.dialect].format(first=first, last=last)


def _timetables_of(zone: str, now: int) -> list[Timetable]:
    expressions = list(_expressions(zone, now))[:EXPRESSIONS_PER_ZONE]
    slots = [(each, Calendar(each, zone).newest(now - 300, now)) for each in expressions]
    return [Timetable(expression, zone, slot) for expression, slot in slots if slot is not None]


def _expressions(zone: str, now: int) -> Iterator[str]:
    for minutes_ago in range(5):
        wall = datetime.fromtimestamp(now - 60 * minutes_ago, ZoneInfo(zone))
        minute, hour, day, month, weekday = wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7
        yield from (f"{minute} {hours} * * *" for hours in ("*", hour, f"0-{hour}", f"{hour}-23", f"*/{hour or 1}"))
        yield from (f"{minute} {hour} {days}" for days in (f"{day} * *", f"* {month} *", f"* * {weekday}"))
        yield from (f"{minute} * {days}" for days in (f"{day} * *", f"* * {weekday}"))
