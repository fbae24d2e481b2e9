import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunProgram

HOSTILE = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-must-not-be-used",
    "PROCESSOR_MODEL": "anthropic",
    "PROCESSOR_DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/nowhere",
    "PROCESSOR_MAX_CONCURRENCY": "lots",
    "PROCESSOR_STOP": "1",
}


@pytest.fixture
def root(tmp_path: Path) -> Mapping[str, str]:
    """A checkout of its own, as far as the demo can tell."""
    return {"PROCESSOR_ROOT": str(tmp_path / "checkout")}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The demo has a database of its own, so one kind is enough."""
    return sqlite_url


def test_the_demo_shows_tasks_runs_cards_and_how_to_go_on(run_program: RunProgram, root: Mapping[str, str]) -> None:
    ended = run_program("process-tasks", "--demo", env=root)
    assert ended.returncode == 0, ended.stderr
    for expected in ("Test Task", "succeeded", "Done", "No LLM was called", "scripts/processor runs list --store demo"):
        assert expected in ended.stdout
    assert ended.stderr == ""


def test_the_demo_can_be_repeated_and_begins_anew(run_program: RunProgram, root: Mapping[str, str]) -> None:
    first, second = (json.loads(run_program("process-tasks", "--demo", "--json", env=root).stdout) for _ in range(2))
    assert first["succeeded"] == second["succeeded"] == 3
    assert [card["title"] for card in first["cards"]] == [card["title"] for card in second["cards"]]
    assert first["tick_id"] != second["tick_id"]


def test_the_demo_never_uses_a_key_a_url_or_a_configuration(
    run_program: RunProgram, root: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "processor.yaml").write_text("model: [broken\n")
    ended = run_program("processor", "demo", "--json", env={**root, **HOSTILE})
    assert ended.returncode == 0, ended.stderr
    assert {run["output"].startswith("Rehearsal, no LLM was called.") for run in json.loads(ended.stdout)["runs"]} == {
        True
    }


def test_what_the_demo_prints_can_be_pasted(run_program: RunProgram, root: Mapping[str, str]) -> None:
    shown = run_program("process-tasks", "--demo", env=root).stdout
    lines = [line.split() for line in shown.splitlines() if "scripts/processor" in line]
    assert len(lines) == 4
    for variable, _, *arguments in lines:
        name, _, url = variable.partition("=")
        ended = run_program("processor", *arguments, env={**root, name: url})
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout


def test_a_folder_that_cannot_be_written_is_said_in_one_line(run_program: RunProgram, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    ended = run_program("process-tasks", "--demo", env={"PROCESSOR_ROOT": str(tmp_path)})
    assert ended.returncode == 78
    assert len(ended.stderr.splitlines()) == 1


def test_the_demo_is_not_part_of_the_checkout() -> None:
    assert "/data/" in (ROOT / ".gitignore").read_text().splitlines()
