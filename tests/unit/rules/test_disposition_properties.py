"""Whatever happens to a task, each of its slots gets exactly one place in the ledger."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.rules.disposition import Decision, Disposition, LedgerEntry, Misfire, Overlap, decide
from processor.rules.schedules import Calendar, Interval, Once, Schedule, next_after, slots

START = 1_792_800_000  # the days around 2026-10-25, when the clocks of Berlin go back
DAY = 86_400
WINDOW, HORIZON = 600, 6 * 3600

schedules = st.one_of(
    st.builds(Interval, st.sampled_from([60, 300, 420, 3600, 10_800]), st.integers(START - 1000, START + 1000)),
    st.builds(
        Calendar,
        st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "30 1-3 * * *", "0 9 * * *", "*/5 9-10 * * *"]),
        st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
    ),
    st.builds(Once, st.integers(START, START + 2 * DAY)),
)
seldom = settings(max_examples=1_000, deadline=None, derandomize=True, database=None)


def accounted(schedule: Schedule, entries: tuple[LedgerEntry, ...]) -> list[int]:
    """The slots that the rows stand for."""
    found: list[int] = []
    for entry in entries:
        last = entry.scheduled_time if entry.until_time is None else entry.until_time
        of_row = list(slots(schedule, entry.scheduled_time - 1, last))
        assert len(of_row) == entry.slot_count
        found += of_row
    return found


def claimed(decision: Decision) -> list[int]:
    return [entry.scheduled_time for entry in decision.entries if entry.disposition is Disposition.CLAIMED]


@seldom
@given(
    schedule=schedules,
    cursor=st.integers(START, START + 2 * DAY),
    outage=st.integers(0, 2 * DAY),
    misfire=st.sampled_from(Misfire),
    overlap=st.sampled_from(Overlap),
    has_open_run=st.booleans(),
    backfilled=st.booleans(),
    waited=st.none() | st.integers(-600, DAY),
    busy=st.none() | st.integers(0, 2 * DAY),
)
def test_rows_and_cursor_part_the_slots_exactly(
    *,
    schedule: Schedule,
    cursor: int,
    outage: int,
    misfire: Misfire,
    overlap: Overlap,
    has_open_run: bool,
    backfilled: bool,
    waited: int | None,
    busy: int | None,
) -> None:
    now = cursor + outage
    held = None if waited is None else next_after(schedule, cursor + waited)

    def decided(cursor: int, held_slot: int | None, *, is_open: bool) -> Decision:
        return decide(
            schedule,
            cursor=cursor,
            now=now,
            window_seconds=WINDOW,
            horizon_seconds=HORIZON,
            misfire=misfire,
            overlap=overlap,
            has_open_run=is_open,
            held_slot=held_slot,
            busy_until=None if busy is None else min(now, cursor + busy),
            open_run_is_backfill=backfilled and is_open,
        )

    first = decided(cursor, held, is_open=has_open_run)
    assert accounted(schedule, first.entries) == list(slots(schedule, cursor, first.cursor))
    assert cursor <= first.cursor <= now
    assert len(claimed(first)) <= (0 if has_open_run else 1)
    assert first.next_run_at == next_after(schedule, first.cursor)
    assert (first.cursor == now) if first.held_slot is None else any(slots(schedule, first.cursor, now))
    assert all(earlier.scheduled_time < later.scheduled_time for earlier, later in pairwise(first.entries))
    assert all(entry.slot_count > 1000 for entry in first.entries if entry.until_time is not None)

    again = decided(first.cursor, first.held_slot, is_open=has_open_run or bool(claimed(first)))
    assert claimed(again) == []
    assert accounted(schedule, again.entries) == list(slots(schedule, first.cursor, again.cursor))
    for decision in (first, again):
        late = [entry for entry in decision.entries if entry.disposition is Disposition.MISSED]
        assert all((entry.until_time or entry.scheduled_time) < now - WINDOW for entry in late)
    third = decided(again.cursor, again.held_slot, is_open=has_open_run or bool(claimed(first)))
    assert third == Decision((), again.cursor, again.next_run_at, again.held_slot)


@seldom
@given(
    schedule=schedules,
    misfire=st.sampled_from([Misfire.SKIP, Misfire.LATEST]),
    has_open_run=st.booleans(),
    cursor=st.integers(START, START + 2 * DAY),
    outage=st.integers(0, DAY),
)
def test_slots_that_never_waited_fare_as_a_list_of_them_says(
    *, schedule: Schedule, misfire: Misfire, has_open_run: bool, cursor: int, outage: int
) -> None:
    now = cursor + outage
    due = list(slots(schedule, cursor, now))
    fates = {slot: "skipped_overlap" if now - slot <= WINDOW else "missed" for slot in due}
    may_run = [slot for slot in due if now - slot <= (HORIZON if misfire is Misfire.LATEST else WINDOW)]
    if may_run:
        fates[may_run[-1]] = "skipped_overlap" if has_open_run else "claimed"
    decision = decide(
        schedule,
        cursor=cursor,
        now=now,
        window_seconds=WINDOW,
        horizon_seconds=HORIZON,
        misfire=misfire,
        overlap=Overlap.SKIP,
        has_open_run=has_open_run,
        held_slot=None,
    )
    for entry in decision.entries:
        for slot in accounted(schedule, (entry,)):
            assert fates.pop(slot) == entry.disposition
    assert not fates


@seldom
@given(
    schedule=schedules,
    misfire=st.sampled_from(Misfire),
    overlap=st.sampled_from(Overlap),
    ticks=st.lists(st.tuples(st.integers(1, 600), st.integers(0, 7200)), min_size=1, max_size=60),
)
def test_while_ticks_come_in_time_no_slot_is_ever_missed(
    schedule: Schedule, misfire: Misfire, overlap: Overlap, ticks: list[tuple[int, int]]
) -> None:
    cursor, held, now, run_ends = START, None, START, 0
    ledger: list[LedgerEntry] = []
    for pause, run_length in ticks:
        now += pause
        if held is not None and now < run_ends:
            continue  # the task has left the probe until its run ends
        decision = decide(
            schedule,
            cursor=cursor,
            now=now,
            window_seconds=WINDOW,
            horizon_seconds=HORIZON,
            misfire=misfire,
            overlap=overlap,
            has_open_run=now < run_ends,
            held_slot=held,
            busy_until=run_ends,
        )
        run_ends = now + run_length if claimed(decision) else run_ends
        ledger += decision.entries
        cursor, held = decision.cursor, decision.held_slot
    assert accounted(schedule, tuple(ledger)) == list(slots(schedule, START, cursor))
    assert {entry.disposition for entry in ledger} <= {Disposition.CLAIMED, Disposition.SKIPPED_OVERLAP}


@seldom
@given(
    schedule=schedules,
    outage=st.integers(0, 1800) | st.integers(0, HORIZON),
    ticks=st.lists(st.tuples(st.integers(1, 600), st.integers(0, 3600)), min_size=1, max_size=40),
)
def test_catching_up_claims_every_slot_that_was_late_when_it_began_or_the_newest_hundred(
    schedule: Schedule, outage: int, ticks: list[tuple[int, int]]
) -> None:
    back = START + outage
    late = [slot for slot in slots(schedule, START, back) if back - slot > WINDOW]
    cursor, held, now, run_ends = START, None, back, 0
    ran: list[int] = []
    for pause, run_length in [(0, 60), *ticks]:
        now += pause
        if now < run_ends:
            continue
        decision = decide(
            schedule,
            cursor=cursor,
            now=now,
            window_seconds=WINDOW,
            horizon_seconds=DAY,
            misfire=Misfire.ALL,
            overlap=Overlap.SKIP,
            has_open_run=False,
            held_slot=held,
            busy_until=run_ends,
        )
        run_ends = now + run_length if claimed(decision) else run_ends
        ran += claimed(decision)
        cursor, held = decision.cursor, decision.held_slot
    assert ran == sorted(ran)
    assert [slot for slot in late[-100:] if slot <= cursor] == [slot for slot in ran if slot in late]
