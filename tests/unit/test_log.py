import io
import json
import logging
from collections.abc import Iterator

import pytest

from processor.log import configure, get_logger
from tests.loggers import loggers_left_as_found


@pytest.fixture(autouse=True)
def _left_as_found() -> Iterator[None]:
    with loggers_left_as_found():
        yield


def written(*, terminal: bool = False, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(stream, terminal=terminal, level=level)
    return stream


def test_a_line_is_json_that_begins_with_when_how_bad_and_what() -> None:
    stream = written()
    get_logger().info("run.succeeded", run_id="r1", cards=2)
    line = json.loads(stream.getvalue())
    assert list(line) == ["timestamp", "level", "event", "run_id", "cards"]
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["event"], line["run_id"]) == ("info", "run.succeeded", "r1")


def test_each_event_is_one_line_whatever_is_in_it() -> None:
    stream = written()
    get_logger().info("run.succeeded", output="one\ntwo", odd=object())
    get_logger().info("tick.finished")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["run.succeeded", "tick.finished"]


def test_lines_below_the_level_are_not_written() -> None:
    stream = written(level="warning")
    get_logger().info("run.succeeded")
    assert stream.getvalue() == ""


def test_configuring_alone_writes_nothing() -> None:
    assert written().getvalue() == ""


def test_secrets_are_masked_in_the_event_and_in_every_field() -> None:
    stream = written()
    get_logger().info("tick.failed", url="postgresql://me:hunter2@db/x", headers={"x-api-key": "hunter2"})
    assert "hunter2" not in stream.getvalue()


def test_an_exception_is_one_field_without_local_variables() -> None:
    stream = written()
    try:
        refuse("not to be seen")
    except RuntimeError:
        get_logger().exception("tick.failed")
    line = json.loads(stream.getvalue())
    assert "RuntimeError: *** was refused" in line["exception"]
    assert "not to be seen" not in line["exception"].replace('refuse("not to be seen")', "")


def refuse(local: str) -> None:
    raise RuntimeError("sk-ant-api03-abcdef was refused")


def test_people_get_colours_and_programs_do_not() -> None:
    for_people = written(terminal=True)
    get_logger().info("run.succeeded")
    for_programs = written()
    get_logger().info("run.succeeded")
    assert "\x1b[" in for_people.getvalue()
    assert "\x1b[" not in for_programs.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = written(terminal=True)
    get_logger().info("run.succeeded", run_id="r1")
    assert "\x1b[" not in stream.getvalue()
    assert "run.succeeded" in stream.getvalue()


def test_what_a_library_logs_has_the_same_form() -> None:
    stream = written()
    logging.getLogger("some.library").warning("slow answer from %s", "postgresql://me:hunter2@db/x")
    logging.getLogger("some.library").info("chatter")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["library"]) == ("library.logged", "some.library")
    assert line["said"] == "slow answer from postgresql://me:***@db/x"
