import json
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from processor.cli.guard import guarded, leave
from processor.errors import ConfigurationError, Conflict, InfrastructureError, InvalidInput, NotFound
from processor.log import configure
from tests.loggers import loggers_left_as_found


@pytest.fixture(autouse=True)
def _logging_left_as_found() -> Iterator[None]:
    with loggers_left_as_found():
        yield


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def command() -> NoReturn:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("There is no such task"), 1),
        (Conflict("It runs already"), 1),
        (InvalidInput("That cannot be"), 1),
        (InfrastructureError("The database is locked"), 75),
        (ConfigurationError("There is no database"), 78),
    ],
)
def test_each_error_is_one_line_and_its_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    assert capsys.readouterr() == ("", f"{error}\n")


def test_a_program_may_have_its_own_code_for_what_was_refused() -> None:
    assert guarded(raising(NotFound("no task")), refused=2) == 2
    assert guarded(raising(ConfigurationError("no database")), refused=2) == 78


@pytest.mark.parametrize(
    ("ending", "code"), [(KeyboardInterrupt(), 130), (SystemExit(2), 2), (SystemExit(None), 0), (SystemExit("oh"), 1)]
)
def test_the_ways_a_command_may_end_have_their_codes(ending: BaseException, code: int) -> None:
    assert guarded(raising(ending)) == code


def test_a_command_that_returns_has_succeeded() -> None:
    assert guarded(lambda: "whatever") == 0


def test_leaving_carries_the_code() -> None:
    assert guarded(lambda: leave(143)) == 143


def test_a_bug_is_one_line_that_says_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(KeyError("x"))) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "This is a bug" in said
    assert "KeyError: 'x'" in said
    assert "PROCESSOR_DEBUG=1" in said


def test_with_debugging_a_bug_shows_where_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSOR_DEBUG", "1")
    assert guarded(raising(KeyError("x"))) == 70
    captured = capsys.readouterr()
    assert "test_guard.py" in captured.out + captured.err


def test_for_programs_an_error_is_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(sys.stderr, terminal=False)
    assert guarded(raising(NotFound("There is no such task")), refused=2, logged=True) == 2
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["error"], line["exit_code"]) == ("command.failed", "There is no such task", 2)
