from pathlib import Path

import pytest

from processor.clock import Clock, clock_file, database_clock, host_clock
from processor.errors import ConfigurationError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    path.write_text("1000\n")
    return path


def environment(path: Path) -> dict[str, str]:
    return {"PROCESSOR_CLOCK_FILE": str(path)}


def test_a_clock_tells_whole_seconds() -> None:
    assert Clock(lambda: 1234.999).now() == 1234


def test_the_host_tells_its_own_time_unless_a_file_stands_for_it(frozen: object) -> None:
    assert host_clock({}).now() == 1_794_819_600
    assert host_clock({"PROCESSOR_CLOCK_FILE": ""}).now() == 1_794_819_600


def test_the_file_is_read_afresh_each_time(file: Path) -> None:
    clock = host_clock(environment(file))
    assert clock.now() == 1000

    file.write_text("2000.75\n")

    assert clock.now() == 2000


def test_a_second_line_stands_for_the_databases_clock(file: Path) -> None:
    file.write_text("1000\n1500\n")

    assert host_clock(environment(file)).now() == 1000
    assert database_clock(7.0, environment(file)).now() == 1500


def test_one_line_stands_for_both_clocks(file: Path) -> None:
    assert database_clock(7.0, environment(file)).now() == 1000


def test_the_databases_time_goes_on_by_the_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([50.0, 50.5, 61.0])
    monkeypatch.setattr("processor.clock.time.monotonic", lambda: next(moments))

    clock = database_clock(1000.25, {})

    assert [clock.now(), clock.now()] == [1000, 1011]


def test_the_file_is_refused_where_real_work_is_done(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="remove it from the environment"):
        host_clock(environment(file) | {"RENDER": "true"})


def test_on_render_without_a_file_the_clock_is_the_hosts() -> None:
    assert clock_file({"RENDER": "true"}) is None


@pytest.mark.parametrize("text", ["", "soon", "1000\nlater"])
def test_a_file_that_holds_no_instant_is_told(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(ConfigurationError, match="does not hold an instant"):
        host_clock(environment(file)).now()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not hold an instant"):
        host_clock(environment(tmp_path / "none")).now()
