"""Writes docs/reference from the program itself: what `--help` says of every command, and every setting."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402 (the checkout comes first)

from processor.cli import process_tasks  # noqa: E402
from processor.cli.main import COMMANDS, app  # noqa: E402
from processor.lazy import load  # noqa: E402
from processor.rules.events import EVENTS  # noqa: E402
from processor.settings import Settings, file_keys, is_mapping, variables, wanted  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
WIDTH = 100
NOTE = "<!-- Made by scripts/reference from the program itself: change that, then run it again. -->"

CLI_OPENING = """# Command line

Results go to standard output, everything else to standard error. `--json` prints the object that was made or found, or
an array; instants are ISO 8601 in UTC, money is in USD.

| exit code | `processor` | `process-tasks` |
|---|---|---|
| 0 | done; a run that failed is data, not a failed command | the tick completed |
| 1 | what was asked for was refused or not found | |
| 2 | bad usage | bad usage, an unknown id, or a conflict |
| 70 | a bug; `PROCESSOR_DEBUG=1` shows where | the same |
| 75 | a passing fault of the database or the clock: try again | the same |
| 78 | settings, credential or database are not as they must be | the same |
| 130, 143 | ended by Ctrl-C or SIGTERM, runs handed back | the same |
"""
EVENTS_OPENING = """# Events

[How to read them](../howto/events.md). An event is an object with `id`, `store_id` (null: about the whole), `name`,
`subject_id` (the thing it is about), `payload` and `occurred_at`.
"""

SETTINGS_OPENING = """# Settings

The environment goes before the file `processor.yaml` (or the one that `PROCESSOR_CONFIG` names), which goes before the
default. An empty value counts as none. In the file, strings may hold `${VAR}` and `${VAR:-default}`. Relative paths
count from `PROCESSOR_ROOT`, which `scripts/*` set to the checkout, else from the working folder. `processor doctor`
shows what is in effect and where each value comes from.
"""
OTHER_VARIABLES = """
## Only in the environment

| variable | meaning |
|---|---|
| `ANTHROPIC_API_KEY`, `ANTHROPIC_AUTH_TOKEN`, `ANTHROPIC_BASE_URL` | as the anthropic package reads them |
| `PROCESSOR_CONFIG` | another place for `processor.yaml` |
| `PROCESSOR_ROOT` | where relative paths start |
| `PROCESSOR_SCRIPT` | the JSON file of responses that the model `scripted` replays |
| `PROCESSOR_CLOCK_FILE` | for tests: a file that holds the instant to take for now; refused on Render |
| `PROCESSOR_DEBUG` | anything but empty: log more, and show where a bug is |
| `NO_COLOR` | anything but empty: no colours on a terminal |
"""


def cli() -> str:
    """The text of cli.md."""
    return "\n".join([NOTE, CLI_OPENING, *_commands()])


def settings() -> str:
    """The text of settings.md."""
    head = "| key in the file | variable | default | must be | meaning |\n|---|---|---|---|---|"
    rows = [_row(key) for key in file_keys()]
    return "\n".join([NOTE, SETTINGS_OPENING, head, *rows, OTHER_VARIABLES])


def events() -> str:
    """The text of events.md."""
    rows = [f"| `{name}` | {told} |" for name, told in EVENTS.items()]
    return "\n".join([NOTE, EVENTS_OPENING, "| event | what it tells |\n|---|---|", *rows, ""])


def pages() -> dict[Path, str]:
    """Every generated file with the text that it must have."""
    return {FOLDER / "cli.md": cli(), FOLDER / "events.md": events(), FOLDER / "settings.md": settings()}


def _commands() -> Iterator[str]:
    yield from _section("process-tasks", typer.main.get_command(process_tasks.app), level=2)
    yield _heading("processor", typer.main.get_command(app), level=2)
    for name, (path, _) in COMMANDS.items():
        yield from _section(f"processor {name}", typer.main.get_command(load(path)), level=3)


def _section(name: str, command: Any, level: int) -> Iterator[str]:
    yield _heading(name, command, level)
    for verb, inner in getattr(command, "commands", {}).items():
        yield from _section(f"{name} {verb}", inner, level + 1)


def _heading(name: str, command: Any, level: int) -> str:
    context = command.make_context(name, [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    return f"{'#' * min(level, 4)} {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


def _row(key: str) -> str:
    field = Settings.model_fields[key]
    default = "" if field.default is None or is_mapping(key) else f"`{str(field.default).lower()}`"
    names = ", else ".join(f"`{name}`" for name in variables(key)) or "only in the file"
    return f"| `{key}` | {names} | {default} | {wanted(key)} | {field.description} |"


def main() -> int:
    """Write the pages that are not as they must be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
