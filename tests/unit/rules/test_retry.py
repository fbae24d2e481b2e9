from dataclasses import replace

import pytest

from processor.rules.retry import STANDARD, RetryPolicy, next_delay_seconds

ALMOST_ONE = 0.999999


def test_the_longest_delay_doubles_from_a_minute_up_to_an_hour() -> None:
    patient = replace(STANDARD, max_retries=10, jitter=False)
    delays = [next_delay_seconds(patient, failures, 0.5) for failures in range(1, 9)]
    assert delays == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_full_jitter_spreads_a_delay_from_nothing_to_its_length() -> None:
    assert next_delay_seconds(STANDARD, 2, 0.0) == 0
    assert next_delay_seconds(STANDARD, 2, 0.25) == 30
    assert next_delay_seconds(STANDARD, 2, ALMOST_ONE) == pytest.approx(120, abs=0.001)


def test_three_retries_follow_the_first_start_and_no_more() -> None:
    assert [next_delay_seconds(STANDARD, failures, 0.5) is None for failures in (1, 2, 3, 4)] == [False] * 3 + [True]


def test_the_cap_holds_however_often_it_failed() -> None:
    stubborn = RetryPolicy(max_retries=5000, jitter=False)
    assert next_delay_seconds(stubborn, 5000, 0.5) == 3600
