from datetime import datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from processor.errors import InvalidSchedule
from processor.rules.schedules import Calendar, count, describe, newest, next_after, next_two, slots, slots_backwards
from processor.rules.schedules.calendar import checked

BERLIN = "Europe/Berlin"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def local_times(schedule: Calendar, after: str, until: str) -> list[str]:
    zone = ZoneInfo(schedule.timezone)
    return [f"{datetime.fromtimestamp(slot, zone):%d %H:%M %z}" for slot in slots(schedule, at(after), at(until))]


def test_a_daily_time_stays_at_its_wall_time_when_the_clocks_change() -> None:
    nine = Calendar("0 9 * * *", BERLIN)
    assert local_times(nine, "2026-03-28T00:00Z", "2026-03-31T00:00Z") == [
        "28 09:00 +0100",
        "29 09:00 +0200",
        "30 09:00 +0200",
    ]


def test_a_fixed_time_that_the_clocks_jump_over_runs_once_right_after() -> None:
    assert local_times(Calendar("30 2 * * *", BERLIN), "2026-03-29T00:00Z", "2026-03-30T00:00Z") == ["29 03:00 +0200"]


def test_the_first_and_the_last_minute_that_the_clocks_jump_over_count_as_well() -> None:
    for expression in ("0 2 * * *", "59 2 * * *", "0 3 * * *"):
        assert local_times(Calendar(expression, BERLIN), "2026-03-29T00:00Z", "2026-03-29T12:00Z") == ["29 03:00 +0200"]


def test_fixed_times_that_one_jump_brings_together_are_one_slot() -> None:
    schedule = Calendar("0,30 2,3 * * *", BERLIN)
    expected = [at("2026-03-29T01:00Z"), at("2026-03-29T01:30Z")]
    span = at("2026-03-29T00:00Z"), at("2026-03-29T12:00Z")
    assert list(slots(schedule, *span)) == expected
    assert list(slots_backwards(schedule, *span)) == expected[::-1]
    assert count(schedule, *span) == 2


def test_a_fixed_time_that_the_clocks_pass_twice_runs_the_first_time() -> None:
    half_past_two = Calendar("30 2 * * *", BERLIN)
    assert local_times(half_past_two, "2026-10-25T00:00Z", "2026-10-26T00:00Z") == ["25 02:30 +0200"]
    between_the_two = at("2026-10-25T01:15Z")
    assert newest(half_past_two, 0, between_the_two) == at("2026-10-25T00:30Z")
    assert next_after(half_past_two, between_the_two) == at("2026-10-26T01:30Z")
    assert count(half_past_two, between_the_two, between_the_two + 300) == 0


def test_a_star_in_the_hour_or_minute_follows_the_hours_that_really_pass() -> None:
    forward = local_times(Calendar("30 * * * *", BERLIN), "2026-03-29T00:00Z", "2026-03-29T03:00Z")
    assert forward == ["29 01:30 +0100", "29 03:30 +0200", "29 04:30 +0200"]
    back = local_times(Calendar("*/30 2 * * *", BERLIN), "2026-10-24T12:00Z", "2026-10-25T12:00Z")
    assert back == ["25 02:00 +0200", "25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100"]


def test_a_jump_of_half_an_hour_loses_no_slot_after_it() -> None:
    schedule = Calendar("*/15 3 * * *", "Australia/Lord_Howe")
    assert local_times(schedule, "2026-10-03T12:00Z", "2026-10-03T16:45Z") == [
        "04 03:00 +1100",
        "04 03:15 +1100",
        "04 03:30 +1100",
        "04 03:45 +1100",
    ]


def test_a_jump_at_midnight_leaves_out_the_hour_that_never_was() -> None:
    schedule = Calendar("*/30 0 * * *", "America/Sao_Paulo")
    first = at("2017-10-14T04:00Z")
    assert next_after(schedule, first) == at("2017-10-16T02:00Z")


def test_a_day_that_a_zone_left_out_runs_its_fixed_times_at_the_start_of_the_next() -> None:
    assert local_times(Calendar("0 9 * * *", "Pacific/Apia"), "2011-12-29T12:00Z", "2011-12-31T12:00Z") == [
        "29 09:00 -1000",
        "31 00:00 +1400",
        "31 09:00 +1400",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "0 9 * * 1-5",
        "30 2 * * *",
        "*/20 2 * * *",
        "0 * * * *",
        "0 0 L * *",
        "15 3 LW * *",
        "0 12 * * MON#2",
        "5 4 * * 5L",
    ],
)
def test_a_year_in_berlin_is_the_one_that_cronsim_sees(expression: str) -> None:
    begin = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo(BERLIN))
    after, until = int(begin.timestamp()), at("2027-01-01T00:00Z")
    theirs = (int(moment.timestamp()) for moment in CronSim(expression, begin))
    assert list(slots(Calendar(expression, BERLIN), after, until)) == list(
        takewhile(lambda slot: slot <= until, theirs)
    )


def test_no_drift_over_ten_thousand_slots() -> None:
    schedule = Calendar("0 9 * * *", BERLIN)
    moment = at("2026-01-01T00:00Z")
    for _ in range(10_000):
        following = next_after(schedule, moment)
        assert following is not None
        moment = following
    last = datetime.fromtimestamp(moment, ZoneInfo(BERLIN))
    assert f"{last:%Y-%m-%d %H:%M:%S}" == "2053-05-18 09:00:00"
    assert count(schedule, at("2026-01-01T00:00Z"), moment) == 10_000


def test_a_range_and_a_step_of_one_value_name_that_value() -> None:
    assert local_times(Calendar("5-5/2 12 * * *", "UTC"), "2026-01-01T00:00Z", "2026-01-02T00:00Z") == [
        "01 12:05 +0000"
    ]


def test_the_rarest_date_is_found() -> None:
    leap_monday = Calendar("0 0 * 2 MON#5", "UTC")
    assert next_after(leap_monday, at("2072-03-01T00:00Z")) == at("2112-02-29T00:00Z")
    both = at("2112-02-29T00:00Z"), at("2140-02-29T00:00Z")
    assert next_two(leap_monday, at("2072-03-01T00:00Z")) == both


def test_no_slot_lies_where_the_clock_cannot_be_shown() -> None:
    hourly = Calendar("0 * * * *", "UTC")
    assert next_after(hourly, -1_000_000_000) == 0
    assert next_after(hourly, at("9999-06-01T00:00Z")) is None
    assert count(hourly, at("9999-06-01T00:00Z"), at("9999-06-02T00:00Z")) == 0
    assert list(slots_backwards(hourly, 7200, 3600)) == []


def test_a_span_that_ends_before_it_begins_holds_nothing() -> None:
    schedule = Calendar("* * * * *", BERLIN)
    assert count(schedule, 7200, 3600) == 0
    assert list(slots(schedule, 7200, 3600)) == []


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 9 * * 1-5", "At 09:00 on weekdays, Europe/Berlin"),
        ("0 9 * * *", "At 09:00 every day, Europe/Berlin"),
        ("*/5 * * * *", "Every 5 minutes, Europe/Berlin"),
        ("*/7 * * * *", "Every seventh minute of every hour, Europe/Berlin"),
        ("*/5 9 * * *", "Every fifth minute from 09:00 through 09:59, Europe/Berlin"),
        ("0 */4 * * *", "Every 4 hours from 00:00, Europe/Berlin"),
        ("30 */6 * * *", "Every 6 hours from 00:30, Europe/Berlin"),
        ("0 */5 * * *", "At minute 0 past every fifth hour, Europe/Berlin"),
        ("0 */6 * * 1-5", "At minute 0 past every sixth hour on weekdays, Europe/Berlin"),
        ("* * * * *", "Every minute, Europe/Berlin"),
        ("0 * * * *", "At the start of every hour, Europe/Berlin"),
        ("0 9 * * 1-7", "At 09:00 every day, Europe/Berlin"),
        ("0 9 * * 0-6", "At 09:00 every day, Europe/Berlin"),
        ("0 9 * * mon,wed", "At 09:00 on Monday and Wednesday, Europe/Berlin"),
        ("0 9 13 * 5", "At 09:00 on the 13th day of month, and also on Friday, Europe/Berlin"),
        ("0 9 */2 * 1", "At 09:00 on every second day of month if it's on Monday, Europe/Berlin"),
        ("0 0 21 * *", "At 00:00 on the 21st day of every month, Europe/Berlin"),
        ("0 0 1,31 * *", "At 00:00 on the first and the 31st day of month, Europe/Berlin"),
    ],
)
def test_a_calendar_is_told_in_words_with_its_zone(expression: str, words: str) -> None:
    assert describe(checked(expression, BERLIN)) == words


def test_blanks_between_the_fields_are_made_single() -> None:
    assert checked("  0  9 *\t* mon-fri ", BERLIN) == Calendar("0 9 * * mon-fri", BERLIN)


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "has 0 fields"),
        ("@daily", "has 1 field: write five"),
        ("0 0 9 * * 1", "has 6 fields, leave out the seconds"),
        ("61 * * * *", "minute field '61' of the cron expression \"61 * * * *\": use 0-59"),
        ("* 24 * * *", "hour field '24'"),
        ("* * 32 * *", "day-of-month field '32'"),
        ("* * * FOO *", "month field 'FOO'"),
        ("* * * * 8", "day-of-week field '8'"),
        ("*/0 * * * *", "minute field '*/0'"),
        ("5-5/0 * * * *", "minute field '5-5/0'"),
        ("²L * * * *", "minute field"),
        ("* * * * ²L", "day-of-week field"),
        ("5-1 * * * *", "minute field '5-1'"),
        ("0 0 30 2 *", "never runs"),
        ("0 0 31 4,6,9,11 *", "never runs"),
        ("0 0 */31 * 1#5", "never runs"),
        ("0 0 1 * *" + " " * 300 + "0", "has 6 fields"),
        ("0," * 200 + "0 * * * *", "is longer than 200 characters"),
    ],
)
def test_an_expression_that_cannot_be_is_refused_in_one_line(expression: str, complaint: str) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        checked(expression, BERLIN)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_date_that_comes_in_leap_years_only_is_accepted() -> None:
    assert next_after(checked("0 0 29 2 *", "UTC"), at("2026-01-01T00:00Z")) == at("2028-02-29T00:00Z")


def test_a_date_or_a_weekday_is_enough_where_neither_is_a_star() -> None:
    assert next_after(checked("0 0 30 2 1", "UTC"), at("2026-02-20T00:00Z")) == at("2026-02-23T00:00Z")
