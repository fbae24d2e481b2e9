"""Where commands write to, and what they never do there."""

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Processor

ESCAPE = "\x1b[31mred\x07\x9b"


def test_an_export_goes_into_a_pipe_and_leaves_it_one(processor: Processor, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    assert processor("export", "--output", str(pipe)).code == 0
    reader.join()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert heard == [processor("export").out]


def test_an_export_through_a_link_keeps_the_link_and_the_mode(processor: Processor, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "real.yaml").chmod(0o600)
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert processor("export", "--output", str(tmp_path / "link.yaml")).code == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == processor("export").out
    assert stat.S_IMODE((tmp_path / "real.yaml").stat().st_mode) == 0o600


def test_an_export_that_fails_leaves_no_file_behind(processor: Processor, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    before = {each.name for each in tmp_path.iterdir()}
    for path in ("folder.yaml", "nowhere/tasks.yaml"):
        failed = processor("export", "--output", str(tmp_path / path))
        assert (failed.code, failed.out) == (1, "")
        assert "cannot be written" in failed.err
    assert {each.name for each in tmp_path.iterdir()} - before <= {"test.db-shm", "test.db-wal"}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("command", [["export"], ["stores", "list"], ["tasks", "list", "--json"]])
def test_a_full_disk_behind_standard_output_is_75_in_one_line(
    processor: Processor, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    processor("db", "migrate")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        ended = processor(*command)
    assert ended.code == 75
    assert ended.err.startswith("The output could not be written (No space left on device)")
    assert len(ended.err.splitlines()) == 1


def test_nobody_is_told_what_nobody_listens_to(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert processor("stores", "list").code == 0


def test_no_error_commands_a_terminal(processor: Processor) -> None:
    made = processor("jobs", "create", "--name", f"Daily {ESCAPE}", "--json").json
    refused = processor("jobs", "run", made["id"])
    assert refused.code == 1
    assert not {"\x1b", "\x07", "\x9b"} & set(refused.err)
    assert "[31mred" in refused.err


def test_a_list_may_be_asked_for_more_than_any_database_counts(processor: Processor) -> None:
    for noun in ("tasks", "runs", "jobs"):
        refused = processor(noun, "list", "--limit", "9" * 20)
        assert (refused.code, refused.out) == (1, "")
        assert "out of range" in refused.err
