from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.rules.retry import (
    CONSTANT,
    HELPED,
    HOPELESS,
    LONGEST_CAP_SECONDS,
    RETRIED,
    SHIPPED_DEFAULTS,
    STANDARD,
    RetryPolicy,
    in_words,
    next_delay_seconds,
    read_classes,
    written_classes,
)
from processor.rules.run_state import ErrorClass

ALMOST_ONE = 0.999999
NO = ErrorClass.TASK_FAILED

policies = st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 10),
    delay_seconds=st.integers(0, 3_600),
    multiplier=st.floats(1, 10),
    cap_seconds=st.integers(0, LONGEST_CAP_SECONDS),
    jitter=st.booleans(),
    retry_on=st.frozensets(st.sampled_from(HELPED), min_size=1),
)
seldom = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def test_the_longest_delay_doubles_from_a_minute_up_to_an_hour() -> None:
    patient = replace(STANDARD, max_retries=10, jitter=False)
    delays = [next_delay_seconds(patient, NO, failures, 0.5) for failures in range(1, 9)]
    assert delays == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_full_jitter_spreads_a_delay_from_nothing_to_its_length() -> None:
    assert next_delay_seconds(STANDARD, NO, 2, 0.0) == 0
    assert next_delay_seconds(STANDARD, NO, 2, 0.25) == 30
    assert next_delay_seconds(STANDARD, NO, 2, ALMOST_ONE) == pytest.approx(120, abs=0.001)


def test_three_retries_follow_the_first_start_and_no_more() -> None:
    over = [next_delay_seconds(STANDARD, NO, failures, 0.5) is None for failures in (1, 2, 3, 4)]
    assert over == [False] * 3 + [True]


def test_the_cap_holds_however_often_it_failed() -> None:
    stubborn = RetryPolicy(max_retries=5000, jitter=False)
    assert next_delay_seconds(stubborn, NO, 5000, 0.5) == 3600


def test_steps_of_a_job_are_not_retried_and_wait_a_plain_minute_where_a_task_asks_for_it() -> None:
    assert next_delay_seconds(CONSTANT, NO, 1, 0.5) is None
    asked = replace(CONSTANT, max_retries=3)
    assert [next_delay_seconds(asked, NO, failures, 0.5) for failures in (1, 2, 3)] == [60, 60, 60]


@pytest.mark.parametrize("error_class", ErrorClass)
def test_only_the_failures_of_the_policy_are_retried(error_class: ErrorClass) -> None:
    policy = replace(STANDARD, retry_on=frozenset({ErrorClass.STUCK, ErrorClass.TASK_FAILED}))
    retried = next_delay_seconds(policy, error_class, 1, 0.5) is not None
    assert retried == (error_class in {"stuck", "task_failed"})


def test_of_every_failure_is_known_whether_a_start_can_help() -> None:
    assert set(HOPELESS) == set(ErrorClass)
    assert set(HELPED[:2]) == RETRIED, "the help of --retry-on says that the first two are the default"


@seldom
@given(policy=policies, failures=st.integers(1, 12), random=st.floats(0, ALMOST_ONE))
def test_a_delay_is_never_longer_than_the_cap_nor_than_what_it_grew_to(
    policy: RetryPolicy, failures: int, random: float
) -> None:
    delay = next_delay_seconds(policy, min(policy.retry_on), failures, random)
    if failures > policy.max_retries:
        assert delay is None
    else:
        grown = policy.delay_seconds * policy.multiplier ** (failures - 1)
        assert delay is not None
        assert 0 <= delay <= min(policy.cap_seconds, grown * (1 + 1e-9))


@seldom
@given(policy=policies)
def test_without_jitter_delays_never_shrink(policy: RetryPolicy) -> None:
    steady = replace(policy, jitter=False, max_retries=10)
    delays = [next_delay_seconds(steady, min(policy.retry_on), failures, 0.5) for failures in range(1, 11)]
    assert all(earlier is not None and later is not None and earlier <= later for earlier, later in pairwise(delays))


@seldom
@given(classes=st.frozensets(st.sampled_from(HELPED)))
def test_the_failures_are_read_from_a_row_as_they_were_written(classes: frozenset[ErrorClass]) -> None:
    assert read_classes(written_classes(classes)) == classes


def test_failures_that_no_start_helps_or_that_a_later_version_knew_are_left_out() -> None:
    assert read_classes('["crash_loop", "moonstruck", "stuck"]') == {"stuck"}
    assert read_classes(None) == RETRIED


@pytest.mark.parametrize("kind", ["agent", "endpoints", "claude_code"])
def test_whatever_a_task_is_as_a_step_of_a_job_it_is_retried_as_one(kind: str) -> None:
    assert SHIPPED_DEFAULTS.of(kind, "interval") == STANDARD
    assert SHIPPED_DEFAULTS.of(kind, "sequential") == CONSTANT


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (STANDARD, "up to 3 retries: 60 s, doubling, at most 1 h, with jitter"),
        (CONSTANT, "none"),
        (replace(CONSTANT, max_retries=2), "up to 2 retries: 60 s"),
        (replace(STANDARD, max_retries=1, jitter=False), "1 retry: 60 s"),
        (replace(CONSTANT, max_retries=1, delay_seconds=300, cap_seconds=90), "1 retry: 5 min, at most 90 s"),
        (
            RetryPolicy(2, 45, 1.5, 86_400, jitter=False),
            "up to 2 retries: 45 s, times 1.5 each time, at most 24 h",
        ),
        (
            replace(CONSTANT, max_retries=2, retry_on=frozenset({ErrorClass.STUCK, ErrorClass.INTERNAL})),
            "up to 2 retries: 60 s, only after internal or stuck",
        ),
    ],
)
def test_a_policy_is_told_in_words(policy: RetryPolicy, words: str) -> None:
    assert in_words(policy) == words
