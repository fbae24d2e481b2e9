import pytest

from processor.rules.moments import distance, moment, span

NINE = 1_794_819_600  # 2026-11-16 09:00 UTC


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        (None, "2026-11-16 09:00 UTC"),
        ("Europe/Berlin", "2026-11-16 10:00 Europe/Berlin"),
        ("Mars/Olympus", "2026-11-16 09:00 UTC"),
    ],
)
def test_an_instant_is_shown_where_the_task_lives(timezone: str | None, said: str) -> None:
    assert moment(NINE, timezone) == said


def test_seconds_are_shown_where_there_are_some() -> None:
    assert moment(NINE + 5, None) == "2026-11-16 09:00:05 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (12_000, "3 h 20 min"), (86_405, "1 d"), (-90, "1 min 30 s")],
)
def test_a_duration_is_its_two_largest_units(seconds: int, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(12_000, "in 3 h 20 min"), (1, "in 1 s"), (0, "now"), (-59, "now"), (-300, "since 5 min")]
)
def test_what_comes_is_so_far_away(seconds: int, said: str) -> None:
    assert distance(seconds) == said
