from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.rules.backfill_range import Span, knows, parted, within
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.schedules import Calendar, Interval, Schedule, slots

START = 1_792_800_000  # the days around 2026-10-25, when the clocks of Berlin go back
HOUR, DAY = 3_600, 86_400
HOURLY = Interval(HOUR, START)

schedules = st.one_of(
    st.builds(Interval, st.sampled_from([300, 420, 3600, 10_800]), st.integers(START - 1000, START + 1000)),
    st.builds(
        Calendar,
        st.sampled_from(["*/7 * * * *", "0 * * * *", "30 1-3 * * *", "*/5 9-10 * * *"]),
        st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
    ),
)
often = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def row_of(times: Sequence[int]) -> LedgerEntry:
    alone = len(times) == 1
    return LedgerEntry(times[0], Disposition.MISSED, None if alone else times[-1], len(times))


def times_of(schedule: Schedule, rows: Sequence[LedgerEntry]) -> list[int]:
    ends = ((row.scheduled_time, row.until_time or row.scheduled_time) for row in rows)
    return [slot for first, last in ends for slot in slots(schedule, first - 1, last)]


@often
@given(schedule=schedules, begin=st.integers(START, START + DAY), length=st.integers(HOUR, 2 * DAY), data=st.data())
def test_a_range_that_is_parted_again_and_again_holds_each_slot_once(
    schedule: Schedule, begin: int, length: int, data: st.DataObject
) -> None:
    times = list(slots(schedule, begin, begin + length))
    if not times:
        return
    rows = [row_of(times)]
    for slot in data.draw(st.lists(st.sampled_from(times), unique=True, max_size=8)):
        at = next(index for index, row in enumerate(rows) if slot <= (row.until_time or row.scheduled_time))
        rows[at : at + 1] = parted(schedule, rows[at], slot)
        assert LedgerEntry(slot, Disposition.MISSED) in rows
    assert times_of(schedule, rows) == times
    assert sum(row.slot_count for row in rows) == len(times)
    assert all((row.until_time is None) == (row.slot_count == 1) for row in rows)
    assert all(knows(schedule, row) for row in rows)


@often
@given(schedule=schedules, begin=st.integers(START, START + DAY), length=st.integers(HOUR, 2 * DAY), data=st.data())
def test_what_lies_within_two_moments_is_what_a_list_of_the_slots_says(
    schedule: Schedule, begin: int, length: int, data: st.DataObject
) -> None:
    times = list(slots(schedule, begin, begin + length))
    if not times:
        return
    from_at = data.draw(st.integers(begin - HOUR, begin + length + HOUR))
    until_at = data.draw(st.integers(from_at - HOUR, begin + length + HOUR))
    asked = [slot for slot in times if from_at <= slot <= until_at]
    expected = Span(asked[0], asked[-1], len(asked)) if asked else None
    assert within(schedule, row_of(times), from_at, until_at) == expected


def test_the_slots_of_another_schedule_are_not_known() -> None:
    of_old_schedule = LedgerEntry(START, Disposition.MISSED, START + 10 * HOUR, 21)
    assert not knows(HOURLY, of_old_schedule)
    assert not knows(HOURLY, LedgerEntry(START + 1, Disposition.MISSED, START + 10 * HOUR, 10))
    assert not knows(HOURLY, LedgerEntry(START, Disposition.MISSED, START + 10 * HOUR + 1, 11))
    assert knows(HOURLY, LedgerEntry(START, Disposition.MISSED, START + 10 * HOUR, 11))


def test_parts_of_one_slot_are_rows_without_an_end() -> None:
    row = LedgerEntry(START, Disposition.SKIPPED_PAUSED, START + 2 * HOUR, 3)
    assert parted(HOURLY, row, START + HOUR) == tuple(
        LedgerEntry(START + hour * HOUR, Disposition.SKIPPED_PAUSED) for hour in range(3)
    )
