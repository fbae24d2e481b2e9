from dataclasses import replace
from typing import Any

import pytest

from processor.errors import InvalidSchedule
from processor.rules.schedules.adaptive import (
    Adaptive,
    Decision,
    Facts,
    Fallback,
    Proposal,
    Result,
    Source,
    checked,
    failures_in_a_row,
    govern,
    quiet_doublings,
)
from processor.rules.schedules.adaptive_words import explain, lasting
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval
from tests.unit.rules.schedules.histories import DAY, HOUR, MINUTE, MONDAY

HOURLY = Adaptive(Interval(HOUR, MONDAY), 15 * MINUTE, 8 * HOUR)
QUIET = replace(HOURLY, fallback=Fallback.RECENT)
WEEKDAYS = Adaptive(Calendar("0 9 * * 1-5", "Europe/Berlin"), HOUR, 2 * DAY)
DONE, NOTHING, FAILED = Result.DONE, Result.NOTHING_TO_DO, Result.FAILED


def asked(wanted_at: int, expires_at: int | None = None) -> Proposal:
    return Proposal("id", wanted_at, "news at noon", expires_at)


def decided(schedule: Adaptive = HOURLY, *, passed: int = 3 * MINUTE, **facts: Any) -> Decision:
    """What is decided so many seconds after the slot of Monday at nine."""
    return govern(schedule, Facts(now=MONDAY + passed, last_slot=MONDAY, **facts))


def outcome(schedule: Adaptive = HOURLY, **facts: Any) -> tuple[str, int | None]:
    """The source, and how many seconds after the last slot the next one is."""
    decision = decided(schedule, **facts)
    return decision.source, None if decision.next_run_at is None else decision.next_run_at - MONDAY


def test_without_a_proposal_the_baseline_goes_on() -> None:
    assert outcome() == ("baseline", HOUR)


def test_a_proposal_within_the_bounds_is_taken_as_it_is() -> None:
    assert outcome(proposal=asked(MONDAY + 3 * HOUR + 7)) == ("proposal", 3 * HOUR + 7)


def test_one_that_is_too_early_runs_at_the_earliest_moment() -> None:
    assert outcome(proposal=asked(MONDAY + 5 * MINUTE)) == ("clamped_to_min", 15 * MINUTE)


def test_one_that_is_too_late_runs_at_the_latest() -> None:
    assert outcome(proposal=asked(MONDAY + 9 * DAY)) == ("clamped_to_max", 8 * HOUR)


def test_one_for_a_time_that_has_passed_runs_as_soon_as_it_may() -> None:
    assert outcome(passed=2 * HOUR, proposal=asked(MONDAY + HOUR)) == ("clamped_to_min", 2 * HOUR + 1)


def test_one_that_ran_out_leaves_the_fallback() -> None:
    lapsed = decided(proposal=asked(MONDAY + 3 * HOUR, expires_at=MONDAY + 2 * MINUTE))
    assert (lapsed.source, lapsed.next_run_at, lapsed.lapsed) == (Source.EXPIRED, MONDAY + HOUR, True)


def test_one_that_the_bounds_would_put_off_beyond_its_life_has_run_out() -> None:
    assert outcome(proposal=asked(MONDAY + 5 * MINUTE, MONDAY + 14 * MINUTE)) == ("expired", HOUR)
    assert outcome(proposal=asked(MONDAY + 5 * MINUTE, MONDAY + 15 * MINUTE)) == ("clamped_to_min", 15 * MINUTE)


@pytest.mark.parametrize(("failures", "hours"), [(1, 2), (2, 4), (3, 8), (4, 8), (40, 8)])
def test_failures_in_a_row_double_the_wait_up_to_the_longest(failures: int, hours: int) -> None:
    source = "backoff" if failures <= 3 else "clamped_to_max"
    assert outcome(failures=failures) == (source, hours * HOUR)


def test_after_failures_a_proposal_counts_only_if_it_waits_as_long() -> None:
    assert outcome(failures=1, proposal=asked(MONDAY + HOUR)) == ("backoff", 2 * HOUR)
    assert outcome(failures=1, proposal=asked(MONDAY + 3 * HOUR)) == ("proposal", 3 * HOUR)


def test_runs_that_find_nothing_to_do_stretch_the_wait_and_work_shortens_it() -> None:
    assert outcome(QUIET, results=(DONE,)) == ("baseline", HOUR)
    assert outcome(QUIET, results=(NOTHING, NOTHING)) == ("fallback", 4 * HOUR)
    assert outcome(QUIET, results=(NOTHING, NOTHING, DONE)) == ("fallback", 2 * HOUR)
    assert outcome(QUIET, results=(NOTHING, NOTHING, DONE, DONE)) == ("baseline", HOUR)
    assert outcome(QUIET, results=(NOTHING,) * 20) == ("clamped_to_max", 8 * HOUR)
    assert outcome(HOURLY, results=(NOTHING, NOTHING)) == ("baseline", HOUR)


def test_failures_say_nothing_about_the_rhythm() -> None:
    assert quiet_doublings([NOTHING, FAILED, NOTHING]) == 2
    assert [failures_in_a_row(each) for each in ([], [FAILED, DONE], [DONE, FAILED, FAILED])] == [0, 0, 2]


def test_a_gap_of_a_calendar_is_cut_by_the_longest_interval() -> None:
    friday = MONDAY - HOUR + 4 * DAY
    decision = govern(WEEKDAYS, Facts(now=friday, last_slot=friday))
    assert (decision.source, decision.next_run_at) == (Source.CLAMPED_TO_MAX, friday + 2 * DAY)
    following = govern(WEEKDAYS, Facts(now=friday + 2 * DAY, last_slot=friday + 2 * DAY))
    assert (following.source, following.next_run_at) == (Source.BASELINE, friday + 3 * DAY)


def test_a_slot_of_the_baseline_that_is_too_early_gives_way_to_the_next_of_them() -> None:
    decision = govern(HOURLY, Facts(now=MONDAY + 50 * MINUTE, last_slot=MONDAY + 50 * MINUTE))
    assert (decision.source, decision.next_run_at) == (Source.BASELINE, MONDAY + 2 * HOUR)


def test_after_an_outage_the_baseline_goes_on_where_it_would_be() -> None:
    assert outcome(passed=30 * HOUR + 1) == ("baseline", 31 * HOUR)
    assert outcome(passed=30 * HOUR, proposal=asked(MONDAY + 20 * DAY)) == ("clamped_to_max", 38 * HOUR)


def test_a_pause_that_covers_the_next_time_puts_it_off_to_the_first_slot_after_it() -> None:
    assert outcome(paused_until=MONDAY + 150 * MINUTE) == ("paused", 3 * HOUR)
    assert outcome(paused_until=MONDAY + 30 * DAY) == ("paused", 30 * DAY + HOUR)
    assert outcome(paused_until=MONDAY + HOUR, proposal=asked(MONDAY + 2 * HOUR)) == ("proposal", 2 * HOUR)
    assert outcome(paused_until=MONDAY + HOUR, proposal=asked(MONDAY + 40 * MINUTE)) == ("paused", 2 * HOUR)


def test_a_disabled_task_has_no_next_time() -> None:
    assert outcome(enabled=False, proposal=asked(MONDAY + HOUR)) == ("paused", None)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "Next at 11:00: the baseline's next time."),
        ({"enabled": False}, "No next time: the task is disabled."),
        ({"proposal": asked(MONDAY + 3 * HOUR)}, "Next at 13:00: the agent asked for it (news at noon)."),
        (
            {"proposal": asked(MONDAY + 5 * MINUTE)},
            """Next at 10:15: the agent asked for 10:05 (news at noon), which is too early: \
it runs at most every 15 minutes, counted from 10:00.""",
        ),
        (
            {"proposal": asked(MONDAY + 9 * HOUR)},
            """Next at 18:00: the agent asked for 19:00 (news at noon), which is too late: \
it runs at least every 8 hours, counted from 10:00.""",
        ),
        (
            {"proposal": asked(MONDAY + 5 * MINUTE), "passed": HOUR},
            """Next at 11:00:01: the agent asked for 10:05 (news at noon), which is too early: \
it runs as soon as it may.""",
        ),
        (
            {"failures": 2},
            "Next at 14:00: 2 runs in a row failed, so it waits for the 4th time of the baseline.",
        ),
        (
            {"failures": 9},
            """Next at 18:00: 9 runs in a row failed, so it waits for the 512th time of the baseline, a later time, \
which is too late: it runs at least every 8 hours, counted from 10:00.""",
        ),
    ],
)
def test_a_decision_is_explained_in_the_zone_of_its_task(facts: dict[str, Any], said: str) -> None:
    explained = explain(decided(**facts), "Europe/Berlin")
    assert explained.replace("2026-11-16 ", "").replace(" Europe/Berlin", "") == said


def test_instants_are_said_with_their_day_and_zone() -> None:
    assert explain(decided(), "Europe/Berlin").startswith("Next at 2026-11-16 11:00 Europe/Berlin: ")


def test_what_ran_out_and_what_is_overruled_is_said() -> None:
    lapsed = explain(decided(proposal=asked(MONDAY + 3 * HOUR, expires_at=MONDAY)))
    assert lapsed.endswith("(the agent's proposal of 2026-11-16 12:00 UTC held until 2026-11-16 09:00 UTC only).")
    overruled = explain(decided(failures=1, proposal=asked(MONDAY + HOUR)))
    assert overruled.endswith("(the agent's proposal of 2026-11-16 10:00 UTC is earlier).")
    paused = explain(decided(paused_until=MONDAY + 90 * MINUTE))
    assert paused.endswith("the baseline's first time after the pause that ends at 2026-11-16 10:30 UTC.")
    quiet = explain(decided(QUIET, results=(NOTHING,)), "No/Where")
    assert quiet.endswith("UTC: lately there was little to do, so it waits for the 2nd time of the baseline.")


def test_durations_are_said_in_the_units_that_they_need() -> None:
    assert [lasting(each) for each in (0, 1, 5_400, 2 * DAY)] == [
        "0 seconds",
        "1 second",
        "1 hour 30 minutes",
        "2 days",
    ]


def test_a_schedule_is_said_in_words() -> None:
    assert HOURLY.describe() == "Adaptive: every hour, at most every 15 minutes and at least every 8 hours"


@pytest.mark.parametrize(
    ("least", "most", "fallback", "told"),
    [
        (2 * HOUR, HOUR, "baseline", "longer than the longest"),
        (2 * HOUR, 3 * HOUR, "baseline", "outside"),
        (MINUTE, 30 * MINUTE, "baseline", "outside"),
        (MINUTE, DAY, "hope", "'hope' is not known"),
    ],
)
def test_what_contradicts_itself_is_refused(least: int, most: int, fallback: str, told: str) -> None:
    with pytest.raises(InvalidSchedule, match=told):
        checked(HOURLY.baseline, least, most, fallback)


def test_what_fits_is_built() -> None:
    assert checked(HOURLY.baseline, 15 * MINUTE, 8 * HOUR, "recent") == QUIET
