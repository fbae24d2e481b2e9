import pytest

from processor.reports.verify_schedules import Row, counts_from, gaps
from processor.rules.schedules import Calendar, Interval, Manual, Once, Schedule

HOUR = 3_600
DAY = 24 * HOUR
HOURLY = Interval(HOUR, 0)
NINE = Calendar("0 9 * * *", "UTC")


def slot(at: int) -> Row:
    return at, at, 1


def found(schedule: Schedule, rows: list[Row], begin: int = 0, cursor: int = 5 * HOUR) -> list[str]:
    return list(gaps(schedule, begin, cursor, rows))


def test_a_row_for_each_slot_is_sound() -> None:
    assert found(HOURLY, [slot(hour * HOUR) for hour in range(1, 6)]) == []
    assert found(HOURLY, [slot(HOUR), (2 * HOUR, 4 * HOUR, 3), slot(5 * HOUR)]) == []
    assert found(HOURLY, [(HOUR, 5 * HOUR, 5)], begin=3 * HOUR) == [], "a range may have begun before"
    assert found(NINE, [slot(9 * HOUR), slot(DAY + 9 * HOUR)], cursor=2 * DAY) == []
    assert found(Once(HOUR), [slot(HOUR)]) == []
    assert found(Manual(), []) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "slots without a row: 5, the first is @3600"),
        ([slot(HOUR), slot(2 * HOUR), slot(4 * HOUR), slot(5 * HOUR)], "slots without a row: 1, the first is @10800"),
        ([(HOUR, 4 * HOUR, 4)], "slots without a row: 1, the first is @18000"),
        ([(HOUR, 5 * HOUR, 4)], "the range @3600 to @18000 counts 4 slots, its schedule 5"),
        ([(HOUR, 5 * HOUR + 1, 5)], "the range @3600 to @18001 counts 5 slots, its schedule 5"),
    ],
)
def test_a_gap_is_named_with_its_first_slot(rows: list[Row], said: str) -> None:
    assert found(HOURLY, rows) == [said]


def test_a_row_beside_the_schedule_is_no_slot() -> None:
    rows = [slot(HOUR), slot(HOUR + 60), *(slot(hour * HOUR) for hour in range(2, 6))]
    assert found(HOURLY, rows) == ["there is a row for @3660, which is no slot"]
    assert found(Manual(), [slot(60)]) == ["there is a row for @60, which is no slot"]


@pytest.mark.parametrize(
    ("columns", "begin"),
    [
        ({}, 100),
        ({"anchor_at": 100}, 100),
        ({"anchor_at": 40}, 99),
        ({"anchor_at": 160}, 99),
        ({"schedule_type": "once"}, 99),
        ({"version": 2}, 200),
    ],
)
def test_a_schedule_counts_from_creation_or_from_the_latest_change(columns: dict[str, object], begin: int) -> None:
    task = {"schedule_type": "interval", "anchor_at": None, "created_at": 100, "updated_at": 200, "version": 1}
    assert counts_from(task | columns) == begin
