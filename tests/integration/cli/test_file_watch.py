"""File watches on the command line."""

from pathlib import Path

import pytest

from tests.integration.cli.conftest import Processor


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def task_id(processor: Processor, inbox: Path) -> str:
    """A task that watches the folder without waiting, and has looked."""
    asked = ["--prompt", "Create a task called 'Letter'", "--watch", f"{inbox}/", "--settle", "0"]
    made = processor("tasks", "create", "--name", "Inbox", *asked, "--json").json
    assert made["schedule"] == {"type": "file_watch", "path": f"{inbox}/", "settle_seconds": 0}
    assert processor("process").code == 0
    return str(made["id"])


def test_a_run_shows_the_files_that_it_was_told_of(processor: Processor, inbox: Path, task_id: str) -> None:
    for number in range(22):
        (inbox / f"{number:02}\nbroken").write_text("content")
    assert processor("process").code == 0

    (run,) = processor("runs", "list", "--task", task_id, "--json").json
    shown = processor("runs", "get", run["id"], "--json").json
    assert (run["trigger"], shown["change_count"], len(shown["changes"])) == ("file_watch", 22, 20)
    assert shown["changes"][0] == {"path": f"{inbox}/00\nbroken", "change": "created", "size_bytes": 7}
    people = processor("runs", "get", run["id"]).out
    assert f"{inbox}/00\\nbroken" in people
    assert "… and 2 more changed files." in people


def test_a_dry_run_shows_the_run_that_files_would_make_and_writes_nothing(
    processor: Processor, inbox: Path, task_id: str
) -> None:
    (inbox / "a").write_text("content")
    shown = processor("process", "--dry-run", "--json").json
    assert [(run["task_id"], run["trigger"], run["change_count"]) for run in shown["runs"]] == [
        (task_id, "file_watch", 1)
    ]
    assert (shown["due"], shown["claimed"]) == (1, 1)
    assert "a file changed" in processor("process", "--dry-run").out
    assert processor("runs", "list", "--json").json == []


def test_a_watch_is_explained(processor: Processor, inbox: Path, task_id: str) -> None:
    assert "each tick looks, and none looked different" in processor("tasks", "explain", task_id).out
    assert "overlap skip" not in processor("tasks", "explain", task_id).out
    inbox.rmdir()
    processor("process")
    told = processor("tasks", "explain", task_id).out
    assert told.startswith(f"'Inbox' has this schedule: when a file below {inbox}/ changes.")
    assert "Its latest look did not see everything" in told
    assert "watch warning" in processor("tasks", "get", task_id).out
    other = processor("tasks", "create", "--name", "New", "--prompt", "Look", "--watch", "in.csv", "--json").json
    assert "It has not looked yet" in processor("tasks", "explain", other["id"]).out


def test_a_watch_that_rests_says_what_becomes_of_its_files(processor: Processor, task_id: str) -> None:
    assert "is told by the tick that sees it (settle 0)" in processor("tasks", "explain", task_id).out
    processor("tasks", "pause", task_id, "--until", "2099-01-01T00:00:00Z")
    paused = processor("tasks", "explain", task_id).out
    assert "It is paused: no tick looks until 2099-01-01 00:00 UTC, what has changed by then is told once" in paused
    assert "It looks again at the first tick after 2099-01-01 00:00 UTC." in paused
    assert "slots" not in paused
    processor("tasks", "disable", task_id)
    assert "It is disabled: no tick looks until 'processor tasks enable'" in processor("tasks", "explain", task_id).out


def test_a_new_watch_says_where_it_looks_and_what_is_not_there(processor: Processor, inbox: Path) -> None:
    asked = ("tasks", "create", "--name", "New", "--prompt", "Look", "--watch")
    said = processor(*asked, "later/").err
    assert "It watches /" in said
    assert "/later/." in said
    assert "Until a tick can look there, nothing is told: /" in said
    assert "/later: No such file or directory." in said
    assert "It watches /" in processor("tasks", "update", "New", "--watch", "other/").err
    assert processor("tasks", "update", "New", "--max-turns", "3").err == ""
    assert "is not a folder" in processor("tasks", "update", "New", "--watch", "/dev/null/").err
    assert "neither a file nor a folder" in processor("tasks", "update", "New", "--watch", "/dev/null").err
    assert processor("tasks", "update", "New", "--watch", f"{inbox}/").err == ""


def test_files_that_settle_are_explained(processor: Processor, inbox: Path, task_id: str) -> None:
    processor("tasks", "update", task_id, "--settle", "3600")
    (inbox / "a").write_text("content")
    processor("process")
    assert "Files look different (1): once they have stood still for 1 h" in processor("tasks", "explain", task_id).out


def test_a_sequential_task_does_not_watch(processor: Processor) -> None:
    asked = ["--name", "Step", "--prompt", "Go", "--schedule-type", "sequential", "--watch", "in/"]
    refused = processor("tasks", "create", *asked)
    assert refused.code != 0
    assert "Sequential schedule runs in job order: leave out --watch" in refused.err
