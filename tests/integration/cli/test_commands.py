"""What holds for every command."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from processor.cli import process_tasks
from processor.cli.main import COMMANDS, main
from processor.lazy import load

WITHOUT_STORE = {
    "db migrate",
    "db status",
    "doctor",
    "demo",
    "stores create",
    "stores list",
    "stores get",
    "stores update",
    "import",  # the file names its stores
}
ONE_WORD = {"demo", "start", "process", "doctor"}
DELETES_OR_RUNS = {
    "import",
    "jobs delete",
    "jobs reorder",
    "jobs move",
    "tasks delete",
    "cards delete",
    "tasks run",
    "runs retry",
    "process",
}


def commands() -> Iterator[tuple[str, Any]]:
    for name, (path, _) in COMMANDS.items():
        yield from walk(name, typer.main.get_command(load(path)))
    yield "process-tasks", typer.main.get_command(process_tasks.app)


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for verb, inner in command.commands.items():
        yield from walk(f"{name} {verb}", inner)


ALL = dict(commands())
each_command = pytest.mark.parametrize("name", list(ALL))


def options(name: str) -> set[str]:
    return {option for parameter in ALL[name].params for option in parameter.opts}


@each_command
def test_its_help_has_a_summary_in_one_line_and_an_example_that_calls_it(name: str) -> None:
    summary, _, rest = ALL[name].help.partition("\n")
    assert summary.endswith(".")
    assert len(summary) < 110
    examples = [line.strip() for line in rest.split("\n") if line.startswith("  ")]
    program = name if name == "process-tasks" else f"processor {name}"
    assert examples
    assert all(example.startswith(program) for example in examples)


@each_command
def test_it_can_print_json(name: str) -> None:
    assert "--json" in options(name)


@pytest.mark.parametrize("name", sorted(ALL.keys() - WITHOUT_STORE))
def test_it_takes_a_store(name: str) -> None:
    assert "--store" in options(name)


@pytest.mark.parametrize("name", [name for name in ALL if name.endswith(" list")])
def test_lists_can_be_limited(name: str) -> None:
    assert {"--limit", "--all"} <= options(name)


@pytest.mark.parametrize("name", sorted(DELETES_OR_RUNS))
def test_what_deletes_or_runs_can_be_tried_dry(name: str) -> None:
    assert "--dry-run" in options(name)


@pytest.mark.parametrize("name", [name for name in ALL if name.endswith(" delete")])
def test_deleting_can_be_forced(name: str) -> None:
    assert {"--force", "--yes"} <= options(name)


@each_command
def test_every_option_is_explained(name: str) -> None:
    assert [parameter.name for parameter in ALL[name].params if not parameter.help] == []


def test_the_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, (_, summary) in COMMANDS.items():
        assert name in shown
        assert summary in shown


def test_without_a_command_the_help_is_shown_as_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in "".join(capsys.readouterr())


@pytest.mark.parametrize("arguments", [["tsks"], ["tasks", "lst"], ["tasks", "list", "--nope"], ["tasks", "get"]])
def test_bad_usage_is_2_and_goes_to_standard_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("processor ")
