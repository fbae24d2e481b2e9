import pytest

from processor.cli.fit import GAP, fitted

RUNS = {"id": 36, "task_name": 60, "trigger": 8, "state": 9, "started_at": 20, "output": 100}
FIRST = ("id", "state", "task_name", "output")


def total(widths: dict[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_a_table_is_no_wider_than_the_terminal_and_cuts_only_free_text(width: int) -> None:
    widths = fitted(RUNS, FIRST, width)
    assert total(widths) <= width
    assert set(FIRST) <= set(widths)
    assert all(widths[field] == RUNS[field] for field in widths if field not in {"task_name", "output"})


def test_what_can_be_spared_is_left_out_before_free_text_becomes_too_short() -> None:
    assert list(fitted(RUNS, FIRST, 80)) == ["id", "task_name", "state", "output"]
    assert list(fitted(RUNS, FIRST, 140)) == list(RUNS)


def test_the_first_column_stays_whole_however_narrow_the_terminal_is() -> None:
    assert fitted(RUNS, FIRST, 20) == {"id": 36}


def test_what_fits_is_not_cut() -> None:
    assert fitted(RUNS, FIRST, 300) == RUNS


def test_short_texts_leave_their_room_to_long_ones() -> None:
    assert fitted({"name": 5, "title": 50}, (), 40) == {"name": 5, "title": 33}
