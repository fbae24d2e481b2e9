"""The matcher of changed files finds what it is there for."""

from pathlib import Path

import pytest

from tests.reliability.file_matcher import Act, Report, mismatches

SETTLE = 60
MADE = Act(1_000, 1_000, "a", is_there=True)
TOLD = Report(1_060, "a", "created", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("x")
    return tmp_path


def test_what_was_done_and_told_matches(folder: Path) -> None:
    assert mismatches([MADE], [TOLD], folder, SETTLE) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "told 0 times"),
        ([Report(1_059, "a", "created", 1)], "within the settle time"),
        ([TOLD, Report(1_200, "a", "changed", 1)], "again"),
        ([Report(1_060, "a", "deleted", None)], "is there"),
        ([Report(1_060, "a", "created", 2)], "has 1 bytes"),
        ([TOLD, Report(1_060, "b", "created", 1)], "nobody touched it"),
    ],
)
def test_what_does_not_match_is_found(folder: Path, told: list[Report], said: str) -> None:
    assert said in str(mismatches([MADE], told, folder, SETTLE))


def test_a_file_that_is_made_twice_without_going_is_found(folder: Path) -> None:
    done = [MADE, Act(1_100, 1_100, "a", is_there=True)]
    assert "after" in str(mismatches(done, [TOLD, Report(1_160, "a", "created", 1)], folder, SETTLE))
