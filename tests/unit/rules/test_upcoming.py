from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.rules.disposition import Disposition, Misfire, Overlap, decide
from processor.rules.next_look import next_look
from processor.rules.schedules import Calendar, Interval, Manual, Once, Schedule, Sequential
from processor.rules.upcoming import Standing, coming, local_time, merged, remark, why_none

START = 1_792_800_000  # the days around 2026-10-25, when the clocks of Berlin go back
HOUR, DAY = 3_600, 86_400
BERLIN = "Europe/Berlin"
schedules = st.one_of(
    st.builds(Interval, st.sampled_from([420, 3600, 10_800]), st.integers(START - 1000, START + 1000)),
    st.builds(
        Calendar,
        st.sampled_from(["*/7 * * * *", "0 * * * *", "30 1-3 * * *", "0 9 * * *", "*/5 9-10 * * *"]),
        st.sampled_from(["UTC", BERLIN, "Australia/Lord_Howe"]),
    ),
    st.builds(Once, st.integers(START, START + 2 * DAY)),
    st.builds(Manual),
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def standing(schedule: Schedule, cursor: int, *, enabled: bool = True, paused_until: int | None = None) -> Standing:
    look = next_look(schedule, cursor, enabled=enabled, paused_until=paused_until)
    return Standing("any", schedule, look, enabled, paused_until)


def first(count: int, schedule: Schedule, now: int) -> list[int]:
    return list(islice(coming(standing(schedule, now), now), count))


def claimed_by_ticks(parts: Sequence[Standing], moments: Sequence[int], cursor: int) -> list[tuple[int, int]]:
    """What ticks at these moments claim, where each run has ended before the next tick."""
    found, cursors = list[tuple[int, int]](), [cursor for _ in parts]
    for now in moments:
        for place, each in enumerate(parts):
            if each.next_run_at is None or (each.paused_until or 0) > now:
                continue
            decision = decide(
                each.schedule,
                cursor=max(cursors[place], each.paused_until or 0),
                now=now,
                window_seconds=600,
                horizon_seconds=DAY,
                misfire=Misfire.SKIP,
                overlap=Overlap.SKIP,
                has_open_run=False,
                held_slot=None,
            )
            cursors[place] = decision.cursor
            claims = [entry for entry in decision.entries if entry.disposition is Disposition.CLAIMED]
            found += [(entry.scheduled_time, place) for entry in claims]
    return found


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    made=st.lists(
        st.tuples(schedules, st.booleans(), st.none() | st.integers(START, START + DAY)), min_size=1, max_size=5
    ),
    others=st.lists(st.integers(START, START + 3 * DAY), max_size=20),
)
def test_what_is_to_come_is_what_ticks_then_claim(
    made: list[tuple[Schedule, bool, int | None]], others: list[int]
) -> None:
    parts = [standing(schedule, START, enabled=on, paused_until=pause) for schedule, on, pause in made]
    said = list(takewhile(lambda each: each[0] <= START + 3 * DAY, merged(parts, START)))
    moments = sorted({*(slot for slot, _ in said), *others})
    assert said == sorted(claimed_by_ticks(parts, moments, START))


def test_of_several_due_slots_the_newest_comes_first() -> None:
    late = Standing("interval", Interval(60, START), START + 60)
    now = START + 10 * HOUR + 5
    assert list(islice(coming(late, now), 2)) == [START + 10 * HOUR, START + 10 * HOUR + 60]


def test_slots_without_end_are_made_one_by_one() -> None:
    parts = [standing(Interval(60, START), START) for _ in range(3)]
    assert list(islice(merged(parts, START), 4)) == [
        (START + 60, 0),
        (START + 60, 1),
        (START + 60, 2),
        (START + 120, 0),
    ]


def test_the_local_time_stays_where_the_clocks_change() -> None:
    slots = first(3, Calendar("0 9 * * *", BERLIN), at("2026-10-23T12:00"))
    assert slots == [at("2026-10-24T07:00"), at("2026-10-25T08:00"), at("2026-10-26T08:00")]
    assert [local_time(slot, BERLIN) for slot in slots] == [
        "2026-10-24T09:00:00+02:00",
        "2026-10-25T09:00:00+01:00",
        "2026-10-26T09:00:00+01:00",
    ]
    assert local_time(slots[0], None) == "2026-10-24T07:00:00+00:00"


def test_an_adaptive_task_has_its_next_time_alone() -> None:
    adaptive = Standing("adaptive", Manual(), START + 5)
    assert list(coming(adaptive, START)) == [START + 5]
    assert remark(adaptive) == "This is its next time; later times are decided when it has run."


def test_a_pause_that_covers_the_only_slot_leaves_none() -> None:
    paused = standing(Once(START + 60), START, paused_until=START + DAY)
    assert (paused.next_run_at, list(coming(paused, START))) == (START + DAY, [])
    assert "paused until 2026-10-25T00:00:00Z, and has no slot after that" in why_none(paused)


def test_a_pause_is_told_with_the_slots_after_it() -> None:
    paused = standing(Interval(HOUR, START), START, paused_until=START + DAY)
    assert next(coming(paused, START)) == START + DAY + HOUR
    assert remark(paused) == "It is paused until 2026-10-25T00:00:00Z: this begins with the first slot after it."
    assert remark(standing(Interval(HOUR, START), START)) is None


@pytest.mark.parametrize(
    ("without", "words"),
    [
        (Standing("manual", Manual(), None), "It runs only when somebody asks"),
        (
            Standing("sequential", Sequential(), None, job_id="J"),
            "It runs in job order, not by a clock: 'processor jobs get J'",
        ),
        (Standing("file_watch", Manual(), None), "It runs when a watched file changes"),
        (Standing("interval", Interval(HOUR, START), None, enabled=False), "It is disabled: 'processor tasks enable'"),
        (Standing("adaptive", Manual(), None), "Its next one is not decided yet"),
        (Standing("once", Once(START), None), "Its only one, 2026-10-24T00:00:00Z, is over"),
    ],
)
def test_why_there_is_no_time_to_come_is_told_in_one_line(without: Standing, words: str) -> None:
    assert list(coming(without, START)) == []
    assert words in why_none(without)
    assert "\n" not in why_none(without)
