"""The short way to a decision is the long way's, wherever it is taken."""

from hypothesis import given
from hypothesis import strategies as st

from processor.rules.disposition import Misfire, Overlap, decide
from processor.rules.lone_claim import lone_claim
from processor.rules.schedules import Schedule, slots
from tests.unit.rules.test_disposition_properties import DAY, HORIZON, START, WINDOW, schedules, seldom


@seldom
@given(
    schedule=schedules,
    cursor=st.integers(START, START + 2 * DAY),
    outage=st.integers(-60, 1_800) | st.integers(0, DAY),
    misfire=st.sampled_from(Misfire),
    overlap=st.sampled_from(Overlap),
    has_open_run=st.booleans(),
    waited=st.none() | st.integers(-600, DAY),
    busy=st.none() | st.integers(0, DAY),
)
def test_one_slot_on_time_with_nothing_in_its_way_is_decided_as_in_full_and_nothing_else_is(
    *,
    schedule: Schedule,
    cursor: int,
    outage: int,
    misfire: Misfire,
    overlap: Overlap,
    has_open_run: bool,
    waited: int | None,
    busy: int | None,
) -> None:
    now = cursor + outage
    held_slot = None if waited is None else cursor + waited
    short = lone_claim(
        schedule,
        cursor=cursor,
        now=now,
        window_seconds=WINDOW,
        has_open_run=has_open_run,
        held_slot=held_slot,
    )
    due = list(slots(schedule, cursor, now))
    in_the_way = has_open_run or (held_slot is not None and held_slot > cursor)
    assert (short is not None) == (len(due) == 1 and now - due[0] <= WINDOW and not in_the_way)
    assert short is None or short == decide(
        schedule,
        cursor=cursor,
        now=now,
        window_seconds=WINDOW,
        horizon_seconds=HORIZON,
        misfire=misfire,
        overlap=overlap,
        has_open_run=has_open_run,
        held_slot=held_slot,
        busy_until=None if busy is None else cursor + busy,
    )
