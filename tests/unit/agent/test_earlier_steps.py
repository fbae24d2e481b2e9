from hypothesis import given, settings
from hypothesis import strategies as st

from processor.agent.earlier_steps import LONGEST_RESULT, LONGEST_TOGETHER, SKIPPED, shares
from processor.rules.sequence import SkipReason

seldom = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def test_short_results_are_shown_whole() -> None:
    assert shares([100, 0, 2_000]) == [100, 0, 2_000]


def test_each_result_is_cut_by_itself() -> None:
    assert shares([2_001, 50_000]) == [2_000, 2_000]


def test_the_latest_steps_use_the_room_first() -> None:
    assert shares([2_000, 1_500, *[2_000] * 4, 1_000]) == [0, 1_000, *[2_000] * 4, 1_000]


@seldom
@given(lengths=st.lists(st.integers(0, 5_000), max_size=30))
def test_no_room_is_wasted_and_none_is_overdrawn(lengths: list[int]) -> None:
    shown = shares(lengths)
    wanted = [min(length, LONGEST_RESULT) for length in lengths]
    assert all(each <= most for each, most in zip(shown, wanted, strict=True))
    assert sum(shown) == min(sum(wanted), LONGEST_TOGETHER)


def test_every_reason_to_skip_a_step_has_its_words() -> None:
    assert set(SKIPPED) == set(SkipReason)
