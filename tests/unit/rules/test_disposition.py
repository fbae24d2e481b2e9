from dataclasses import replace
from functools import partial

from processor.rules.disposition import (
    Decision,
    Disposition,
    LedgerEntry,
    Misfire,
    Overlap,
    decide,
    resume_after_pause,
)
from processor.rules.schedules import Calendar, Interval, Manual, Once, Schedule

MINUTE, HOUR, DAY = 60, 3600, 86_400
NOON = 1_790_000_000 // DAY * DAY + 12 * HOUR
HOURLY = Interval(HOUR, NOON - 30 * DAY)
MINUTELY = Interval(MINUTE, NOON - 60 * DAY)

ruling = partial(
    decide,
    window_seconds=600,
    horizon_seconds=DAY,
    misfire=Misfire.SKIP,
    overlap=Overlap.SKIP,
    has_open_run=False,
    held_slot=None,
)


def told(decision: Decision) -> list[tuple[int, str]]:
    """The entries as hours before noon and what became of them."""
    return [((entry.scheduled_time - NOON) // HOUR, entry.disposition.value) for entry in decision.entries]


def test_a_slot_on_time_is_claimed_and_the_cursor_moves_to_now() -> None:
    decision = ruling(HOURLY, cursor=NOON - MINUTE, now=NOON + 120)
    claimed = LedgerEntry(NOON, Disposition.CLAIMED)
    assert decision == Decision((claimed,), cursor=NOON + 120, next_run_at=NOON + HOUR, held_slot=None)


def test_nothing_due_moves_the_cursor_only() -> None:
    decision = ruling(HOURLY, cursor=NOON, now=NOON + 120)
    assert decision == Decision((), cursor=NOON + 120, next_run_at=NOON + HOUR, held_slot=None)


def test_a_slot_as_late_as_the_window_is_on_time_and_a_second_later_it_is_missed() -> None:
    assert told(ruling(HOURLY, cursor=NOON - 1, now=NOON + 600)) == [(0, "claimed")]
    assert told(ruling(HOURLY, cursor=NOON - 1, now=NOON + 601)) == [(0, "missed")]


def test_of_several_slots_on_time_the_newest_is_claimed() -> None:
    decision = ruling(MINUTELY, cursor=NOON - 3 * MINUTE, now=NOON + 1)
    fates = [(entry.scheduled_time - NOON, entry.disposition.value) for entry in decision.entries]
    assert fates == [(-120, "skipped_overlap"), (-60, "skipped_overlap"), (0, "claimed")]


def test_a_clock_before_the_cursor_changes_nothing() -> None:
    decision = ruling(HOURLY, cursor=NOON + 30, now=NOON - HOUR, held_slot=NOON + HOUR)
    assert decision == Decision((), cursor=NOON + 30, next_run_at=NOON + HOUR, held_slot=NOON + HOUR)


def test_skip_misses_what_an_outage_left_and_claims_what_is_on_time() -> None:
    decision = ruling(HOURLY, cursor=NOON - 3 * HOUR, now=NOON)
    assert told(decision) == [(-2, "missed"), (-1, "missed"), (0, "claimed")]


def test_latest_runs_the_newest_missed_slot_once() -> None:
    decision = ruling(HOURLY, cursor=NOON - 3 * HOUR, now=NOON + 1800, misfire=Misfire.LATEST)
    assert told(decision) == [(-2, "missed"), (-1, "missed"), (0, "claimed")]
    assert decision.cursor == NOON + 1800


def test_latest_runs_no_missed_slot_where_a_newer_one_is_on_time() -> None:
    decision = ruling(HOURLY, cursor=NOON - 2 * HOUR, now=NOON, misfire=Misfire.LATEST)
    assert told(decision) == [(-1, "missed"), (0, "claimed")]


def test_slots_older_than_the_horizon_are_missed_under_every_policy() -> None:
    daily = Interval(DAY, NOON)
    for misfire in Misfire:
        decision = ruling(daily, cursor=NOON - 1, now=NOON + 3600, horizon_seconds=3599, misfire=misfire)
        assert told(decision) == [(0, "missed")]
    assert told(ruling(daily, cursor=NOON - 1, now=NOON + 3600, horizon_seconds=3600, misfire=Misfire.ALL)) == [
        (0, "claimed")
    ]


def test_a_once_task_that_nobody_ran_in_time_runs_late_and_then_never_again() -> None:
    once = Once(NOON)
    decision = ruling(once, cursor=NOON - 1, now=NOON + HOUR, misfire=Misfire.LATEST)
    assert told(decision) == [(0, "claimed")]
    assert decision.next_run_at is None


def test_a_manual_task_has_nothing_to_decide() -> None:
    assert ruling(Manual(), cursor=NOON, now=NOON + DAY) == Decision((), NOON + DAY, None, None)


def test_an_open_run_has_the_slots_on_time_skipped() -> None:
    decision = ruling(HOURLY, cursor=NOON - 2 * HOUR, now=NOON, has_open_run=True)
    assert told(decision) == [(-1, "missed"), (0, "skipped_overlap")]
    assert decision.cursor == NOON


def test_latest_is_skipped_too_while_a_run_is_open() -> None:
    decision = ruling(HOURLY, cursor=NOON - HOUR, now=NOON + 1800, misfire=Misfire.LATEST, has_open_run=True)
    assert told(decision) == [(0, "skipped_overlap")]


def test_queue_lets_the_newest_slot_wait_before_the_cursor() -> None:
    decision = ruling(MINUTELY, cursor=NOON - 2 * MINUTE, now=NOON, overlap=Overlap.QUEUE, has_open_run=True)
    skipped = LedgerEntry(NOON - MINUTE, Disposition.SKIPPED_OVERLAP)
    assert decision == Decision((skipped,), cursor=NOON - 1, next_run_at=NOON, held_slot=NOON)


def test_behind_a_run_of_a_backfill_the_newest_slot_waits_under_any_policy() -> None:
    behind = partial(ruling, MINUTELY, cursor=NOON - 2 * MINUTE, now=NOON, has_open_run=True)
    skipped = LedgerEntry(NOON - MINUTE, Disposition.SKIPPED_OVERLAP)
    assert behind(open_run_is_backfill=True) == Decision((skipped,), cursor=NOON - 1, next_run_at=NOON, held_slot=NOON)
    assert behind(open_run_is_backfill=False).held_slot is None


def test_a_slot_that_waited_is_still_on_time_when_its_run_can_start() -> None:
    decision = ruling(HOURLY, cursor=NOON - 1, now=NOON + 1800, overlap=Overlap.QUEUE, held_slot=NOON)
    assert told(decision) == [(0, "claimed")]
    assert decision.held_slot is None


def test_slots_that_fell_due_while_one_waited_go_in_its_place() -> None:
    waited = partial(ruling, HOURLY, cursor=NOON - 1, now=NOON + 150 * MINUTE, held_slot=NOON)
    assert told(waited(busy_until=NOON + 140 * MINUTE)) == [
        (0, "skipped_overlap"),
        (1, "skipped_overlap"),
        (2, "claimed"),
    ]


def test_slots_that_fell_due_after_the_run_ended_may_be_late() -> None:
    waited = partial(ruling, HOURLY, cursor=NOON - 1, now=NOON + 150 * MINUTE, held_slot=NOON)
    assert told(waited(busy_until=NOON + 70 * MINUTE)) == [(0, "skipped_overlap"), (1, "claimed"), (2, "missed")]
    assert told(waited()) == [(0, "claimed"), (1, "missed"), (2, "missed")]


def test_a_waiting_slot_gives_way_to_a_newer_one_as_long_as_the_run_lives() -> None:
    decision = ruling(
        HOURLY, cursor=NOON - 1, now=NOON + 2 * HOUR, overlap=Overlap.QUEUE, has_open_run=True, held_slot=NOON
    )
    assert told(decision) == [(0, "skipped_overlap"), (1, "skipped_overlap")]
    assert (decision.cursor, decision.held_slot) == (NOON + 2 * HOUR - 1, NOON + 2 * HOUR)


def catch_up(schedule: Schedule, start: Decision, now: int, run_seconds: int) -> list[tuple[int, str]]:
    """Decide again and again, each time after the run just claimed has ended, until nothing waits."""
    fates, decision = told(start), start
    for _ in range(200):
        if decision.held_slot is None:
            return fates
        now += run_seconds
        decision = ruling(
            schedule,
            cursor=decision.cursor,
            now=now,
            misfire=Misfire.ALL,
            held_slot=decision.held_slot,
            busy_until=now,
        )
        assert sum(entry.disposition is Disposition.CLAIMED for entry in decision.entries) <= 1
        fates += told(decision)
    raise AssertionError("It goes on catching up for ever")


def test_all_claims_the_oldest_and_lets_the_others_wait() -> None:
    decision = ruling(HOURLY, cursor=NOON - 3 * HOUR, now=NOON, misfire=Misfire.ALL)
    assert told(decision) == [(-2, "claimed")]
    assert (decision.cursor, decision.next_run_at, decision.held_slot) == (NOON - 2 * HOUR, NOON - HOUR, NOON)


def test_all_goes_on_run_by_run_and_the_slot_on_time_keeps_its_turn() -> None:
    start = ruling(HOURLY, cursor=NOON - 3 * HOUR, now=NOON, misfire=Misfire.ALL)
    assert catch_up(HOURLY, start, NOON, 20 * MINUTE) == [(-2, "claimed"), (-1, "claimed"), (0, "claimed")]


def test_all_runs_every_late_slot_where_none_was_on_time() -> None:
    often = Calendar("*/5 9-10 * * *", "UTC")
    start = ruling(often, cursor=NOON - 4 * HOUR, now=NOON, misfire=Misfire.ALL)
    assert start.held_slot == NOON + 21 * HOUR
    assert [fate for _, fate in catch_up(often, start, NOON, 15 * MINUTE)] == ["claimed"] * 24


def test_all_ends_even_where_slots_come_faster_than_runs_end() -> None:
    start = ruling(MINUTELY, cursor=NOON - 30 * MINUTE, now=NOON, misfire=Misfire.ALL)
    fates = [fate for _, fate in catch_up(MINUTELY, start, NOON, 10 * MINUTE)]
    assert (
        fates.count("claimed") == 19 + 2
    )  # the late ones, the one at the edge of the window, and one for all the rest
    assert "missed" not in fates


def test_all_gives_a_slot_that_waited_its_turn_before_one_that_is_on_time_now() -> None:
    waited = partial(ruling, HOURLY, now=NOON + 3 * HOUR, horizon_seconds=1800, misfire=Misfire.ALL)
    first = waited(cursor=NOON - 1, held_slot=NOON)
    assert told(first) == [(0, "claimed")]
    then = waited(cursor=first.cursor, held_slot=first.held_slot)
    assert told(then) == [(1, "missed"), (2, "missed"), (3, "claimed")]


def test_all_keeps_the_newest_hundred() -> None:
    start = ruling(MINUTELY, cursor=NOON - 200 * MINUTE, now=NOON, misfire=Misfire.ALL)
    missed = [entry for entry in start.entries if entry.disposition is Disposition.MISSED]
    assert len(missed) == 200 - 11 - 100
    assert start.entries[-1] == LedgerEntry(NOON - 110 * MINUTE, Disposition.CLAIMED)


def test_all_waits_for_an_open_run_with_late_slots_and_those_on_time_alike() -> None:
    decision = ruling(HOURLY, cursor=NOON - 26 * HOUR, now=NOON, misfire=Misfire.ALL, has_open_run=True)
    assert told(decision) == [(-25, "missed")]
    assert (decision.cursor, decision.held_slot) == (NOON - 24 * HOUR - 1, NOON)


def test_a_single_late_slot_waits_for_an_open_run() -> None:
    decision = ruling(Once(NOON), cursor=NOON - 1, now=NOON + HOUR, misfire=Misfire.ALL, has_open_run=True)
    assert decision == Decision((), cursor=NOON - 1, next_run_at=NOON, held_slot=NOON)


def test_the_last_slot_of_a_catch_up_is_not_skipped_while_the_run_before_it_lives() -> None:
    decision = ruling(
        HOURLY, cursor=NOON - HOUR, now=NOON + 1800, misfire=Misfire.ALL, has_open_run=True, held_slot=NOON
    )
    assert decision == Decision((), cursor=NOON - 1, next_run_at=NOON, held_slot=NOON)


def test_more_than_a_thousand_missed_slots_in_a_row_are_one_range() -> None:
    thirty_days = ruling(MINUTELY, cursor=NOON - 30 * DAY, now=NOON)
    missed = LedgerEntry(NOON - 30 * DAY + MINUTE, Disposition.MISSED, NOON - 11 * MINUTE, 43_200 - 11)
    assert thirty_days.entries[0] == missed
    assert [entry.disposition for entry in thirty_days.entries[1:]] == [Disposition.SKIPPED_OVERLAP] * 10 + [
        Disposition.CLAIMED
    ]


def test_a_calendar_outage_of_thirty_days_is_the_same_range() -> None:
    every_minute = Calendar("* * * * *", "Europe/Berlin")
    of_calendar = ruling(every_minute, cursor=NOON - 30 * DAY, now=NOON)
    assert of_calendar == ruling(MINUTELY, cursor=NOON - 30 * DAY, now=NOON)


def test_a_thousand_missed_slots_have_a_row_each() -> None:
    of = partial(ruling, MINUTELY, now=NOON, window_seconds=59)
    assert len(of(cursor=NOON - 1001 * MINUTE).entries) == 1001
    assert len(of(cursor=NOON - 1002 * MINUTE).entries) == 2


def test_a_pause_becomes_one_range_however_short() -> None:
    entry = resume_after_pause(HOURLY, NOON - 3 * HOUR, NOON)
    assert entry == LedgerEntry(NOON - 2 * HOUR, Disposition.SKIPPED_PAUSED, NOON, 3)
    single = resume_after_pause(HOURLY, NOON - 1, NOON)
    assert single == replace(LedgerEntry(NOON, Disposition.SKIPPED_PAUSED), until_time=NOON)


def test_a_pause_without_slots_leaves_no_row() -> None:
    assert resume_after_pause(HOURLY, NOON, NOON + 60) is None
