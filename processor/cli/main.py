"""`processor`: finds the module of a command by name, and imports no other."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from processor.cli.guard import debugging, guarded
from processor.cli.harmless import harmless
from processor.cli.options import Version
from processor.lazy import load
from processor.log import configure
from processor.settings_names import unknown_variables

COMMANDS = {
    "demo": ("processor.cli.demo:app", "Show it all once, on a database of its own, without an LLM."),
    "start": ("processor.cli.start:app", "Tick for ever, one tick after the other (process-tasks --loop)."),
    "process": ("processor.cli.process:app", "One tick: run what is due, then exit."),
    "jobs": ("processor.cli.jobs:app", "Groups of tasks, and the order in which they run."),
    "tasks": ("processor.cli.tasks:app", "Prompts with a schedule: create, change, run and look at them."),
    "runs": ("processor.cli.runs:app", "Runs of tasks: look at them, cancel them, run them again."),
    "backfill": ("processor.cli.backfill:app", "Run slots of the past that nobody ran, or run them again."),
    "cards": ("processor.cli.cards:app", "The board that agents and people share."),
    "events": ("processor.cli.events:app", "What happened, and what happens."),
    "audit": ("processor.cli.audit:app", "Who changed what: people, agents, and this program."),
    "stores": ("processor.cli.stores:app", "Tenants: each has tasks, runs and a board of its own."),
    "export": ("processor.cli.export:app", "Write jobs and tasks to a file, to keep in git."),
    "import": ("processor.cli.import_:app", "Bring jobs and tasks to what a file says."),
    "db": ("processor.cli.db:app", "Make the database, or bring it up to date."),
    "unlock": ("processor.cli.unlock:app", "Take runs from workers that went silent."),
    "verify": ("processor.cli.verify:app", "Check that the database keeps its promises."),
    "doctor": ("processor.cli.doctor:app", "Check this installation and say what is wrong with it."),
}
"""Name → where its typer app is, and its line in the help."""


class LazyGroup(TyperGroup):
    """Lists commands from the table alone and loads the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name not in COMMANDS:
            return name, command, rest
        path, _ = COMMANDS[name]
        return name, typer.main.get_command(load(path)), rest


app = typer.Typer(
    cls=LazyGroup,
    name="processor",
    help="Cron for AI agents. 'processor COMMAND --help' explains each command, with examples.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _options(version: Version = False) -> None:
    """Take the options that stand before a command."""


def _placeholder() -> None:
    """Never called: stands for a command in the help until it is loaded."""


for _name, (_path, _summary) in COMMANDS.items():
    app.command(_name, help=_summary)(_placeholder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    configure(sys.stderr, level="debug" if debugging() else "warning")
    given = sys.argv[1:] if arguments is None else list(arguments)
    strange = unknown_variables(os.environ)
    if strange is not None and given[:1] != ["doctor"]:  # which says so itself
        sys.stderr.write(f"{harmless(strange)}\n")
    return guarded(lambda: typer.main.get_command(app)(given, prog_name="processor"))
