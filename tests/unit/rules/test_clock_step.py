import pytest

from processor.rules.clock_step import around, begun_by, cut
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.schedules import Calendar, Interval, Once, Schedule

HOUR = 3_600
HOURLY = Interval(HOUR, 0)
MISSED = Disposition.MISSED


def missed(first: int, until: int | None = None, slot_count: int = 1) -> LedgerEntry:
    return LedgerEntry(first, MISSED, until, slot_count)


@pytest.mark.parametrize(
    ("schedule", "now", "left"),
    [
        (HOURLY, 5 * HOUR, missed(HOUR, 5 * HOUR, 5)),
        (HOURLY, 6 * HOUR - 1, missed(HOUR, 5 * HOUR, 5)),
        (HOURLY, HOUR, missed(HOUR)),
        (Calendar("0 * * * *", "UTC"), 3 * HOUR + 1, missed(HOUR, 3 * HOUR, 3)),
    ],
)
def test_a_range_that_ends_ahead_ends_at_its_last_slot_that_has_been(
    schedule: Schedule, now: int, left: LedgerEntry
) -> None:
    assert cut(schedule, missed(HOUR, 10 * HOUR, 10), now) == left


@pytest.mark.parametrize("schedule", [Interval(7 * HOUR, 3), Interval(HOUR, 30), Once(5)])
def test_a_range_of_an_earlier_schedule_is_cut_by_its_own_spacing(schedule: Schedule) -> None:
    assert cut(schedule, missed(HOUR, 10 * HOUR, 10), 4 * HOUR) == missed(HOUR, 4 * HOUR, 4)


def test_a_range_is_parted_at_slots_that_ran_already() -> None:
    parts = [*around(HOURLY, missed(HOUR, 10 * HOUR, 10), [3 * HOUR, 10 * HOUR, 4 * HOUR])]

    assert parts == [missed(HOUR, 2 * HOUR, 2), missed(5 * HOUR, 9 * HOUR, 5)]


def test_nothing_is_left_of_a_range_whose_every_slot_ran() -> None:
    assert [*around(HOURLY, missed(HOUR, 2 * HOUR, 2), [HOUR, 2 * HOUR])] == []


def test_an_interval_that_was_made_in_a_time_to_come_goes_back_by_whole_intervals() -> None:
    assert begun_by(Interval(HOUR, 10 * HOUR + 5), [10 * HOUR + 5], now=3 * HOUR) == Interval(HOUR, 2 * HOUR + 5)
    assert begun_by(Interval(HOUR, 4 * HOUR), [4 * HOUR], now=3 * HOUR) == Interval(HOUR, 3 * HOUR)


@pytest.mark.parametrize(
    ("schedule", "begun_at"),
    [(Interval(HOUR, 10 * HOUR), 9 * HOUR), (Interval(HOUR, 2 * HOUR), 2 * HOUR), (Once(10 * HOUR), 10 * HOUR)],
)
def test_what_a_person_chose_and_what_has_begun_stays(schedule: Schedule, begun_at: int) -> None:
    assert begun_by(schedule, [begun_at], now=3 * HOUR) == schedule
