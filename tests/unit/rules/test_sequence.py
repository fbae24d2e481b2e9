"""The order of a job: which step comes next, and what becomes of positions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.rules.sequence import STATUS_OF, JobStatus, PassState, SkipReason, Step, moved, progress

ORDER = ["a", "b", "c", "d"]


def step(position: int, **what: Any) -> Step:
    return Step(position, f"task {position}", **{"is_enabled": True, "is_member": True} | what)


def test_the_first_step_that_can_run_comes_next_and_those_before_it_are_skipped() -> None:
    coming = progress([step(2, is_enabled=False), step(3, is_member=False), step(4), step(5, is_enabled=False)])
    assert coming.next == step(4)
    assert [(each.position, each.skip_reason) for each in coming.skipped] == [
        (2, SkipReason.DISABLED),
        (3, SkipReason.LEFT_JOB),
    ]


@pytest.mark.parametrize("steps", [[], [step(4, is_enabled=False), step(5, is_member=False)]])
def test_where_no_step_can_run_the_pass_has_come_to_its_end(steps: list[Step]) -> None:
    coming = progress(steps)
    assert (coming.next, list(coming.skipped)) == (None, steps)


def test_a_task_that_left_is_skipped_for_that_whether_it_is_disabled_or_not() -> None:
    assert step(1, is_member=False, is_enabled=False).skip_reason is SkipReason.LEFT_JOB


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_no_step_is_left_out(kinds: list[tuple[bool, bool]]) -> None:
    steps = [step(n, is_enabled=enabled, is_member=member) for n, (enabled, member) in enumerate(kinds, start=1)]
    coming = progress(steps)
    taken = [*coming.skipped, *([] if coming.next is None else [coming.next])]
    assert taken == steps[: len(taken)]
    assert coming.next is not None or len(taken) == len(steps)
    assert all(each.skip_reason is not None for each in coming.skipped)


@pytest.mark.parametrize(
    ("id_", "position", "order"),
    [("c", 1, "cabd"), ("a", 4, "bcda"), ("a", 2, "bacd"), ("d", 3, "abdc"), ("b", 2, "abcd")],
)
def test_a_task_that_moves_makes_the_others_close_up(id_: str, position: int, order: str) -> None:
    assert moved(ORDER, id_, position) == list(order)


@given(st.sampled_from(ORDER), st.integers(1, len(ORDER)))
def test_it_stands_where_it_was_moved_to_and_the_others_keep_their_order(id_: str, position: int) -> None:
    order = moved(ORDER, id_, position)
    assert order[position - 1] == id_
    assert [each for each in order if each != id_] == [each for each in ORDER if each != id_]


def test_each_state_of_a_pass_is_a_status_of_its_job() -> None:
    assert STATUS_OF.keys() == set(PassState)
    assert set(STATUS_OF.values()) == set(JobStatus) - {JobStatus.PENDING}
