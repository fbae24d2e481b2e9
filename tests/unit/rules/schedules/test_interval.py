import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.errors import InvalidSchedule
from processor.rules.schedules import (
    Interval,
    count,
    describe,
    newest,
    next_after,
    next_two,
    parse_interval,
    slots,
    slots_backwards,
)

ANCHOR = 1_790_000_123


def test_the_anchor_is_the_first_slot() -> None:
    hourly = Interval(3600, ANCHOR)
    assert next_after(hourly, 0) == ANCHOR
    assert next_after(hourly, ANCHOR) == ANCHOR + 3600
    assert next_two(hourly, 0) == (ANCHOR, ANCHOR + 3600)
    assert list(slots(hourly, 0, ANCHOR - 1)) == []


def test_a_span_leaves_out_its_first_moment_and_takes_its_last() -> None:
    hourly = Interval(3600, ANCHOR)
    assert list(slots(hourly, ANCHOR, ANCHOR + 7200)) == [ANCHOR + 3600, ANCHOR + 7200]


def test_no_drift_over_ten_thousand_slots() -> None:
    schedule, moment = Interval(5400, ANCHOR), ANCHOR - 1
    for number in range(10_000):
        moment = next_after(schedule, moment) or 0
        assert moment == ANCHOR + number * 5400


@settings(max_examples=2_000, deadline=None, derandomize=True, database=None)
@given(
    every=st.integers(1, 40).map(lambda minutes: minutes * 60),
    anchor=st.integers(0, 20_000),
    after=st.integers(-5_000, 40_000),
    length=st.integers(-100, 20_000),
)
def test_slots_are_what_a_scan_of_every_second_step_from_the_anchor_finds(
    every: int, anchor: int, after: int, length: int
) -> None:
    schedule, until = Interval(every, anchor), after + length
    expected = [slot for slot in range(anchor, 70_000, every) if after < slot <= until]
    assert list(slots(schedule, after, until)) == expected
    assert list(slots_backwards(schedule, after, until)) == expected[::-1]
    assert count(schedule, after, until) == len(expected)
    assert newest(schedule, after, until) == (expected[-1] if expected else None)
    assert next_after(schedule, after) == next(slot for slot in range(anchor, 70_000, every) if slot > after)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1m", 60),
        ("4h", 14_400),
        ("90m", 5_400),
        ("2d", 172_800),
        ("1h30m", 5_400),
        ("1d 2h 3m", 93_780),
        (" 4H ", 14_400),
        ("120s", 120),
        ("366d", 31_622_400),
    ],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_interval(text) == seconds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Cannot read the interval ''"),
        ("soon", "write it like 30m, 4h, 2d or 1h30m"),
        ("90", "Cannot read"),
        ("1.5h", "Cannot read"),
        ("-4h", "Cannot read"),
        ("30m4h", "Cannot read"),
        ("٣h", "Cannot read"),
        ("9" * 5000 + "m", "Cannot read"),
        ("0m", "under a minute"),
        ("59s", "under a minute"),
        ("90s", "not a whole number of minutes"),
        ("367d", "over 366 days"),
        ("366d1m", "over 366 days"),
    ],
)
def test_an_interval_that_cannot_be_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        parse_interval(text)
    assert complaint in str(refusal.value)
    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "Every minute"),
        (300, "Every 5 minutes"),
        (3600, "Every hour"),
        (5400, "Every 90 minutes"),
        (14_400, "Every 4 hours"),
        (86_400, "Every day"),
        (172_800, "Every 2 days"),
        (129_600, "Every 36 hours"),
    ],
)
def test_an_interval_is_told_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert describe(Interval(seconds, 0)) == words
