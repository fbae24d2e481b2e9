"""The options that commands share, and how a command is declared: with a summary and at least one example."""

import functools
import inspect
import shlex
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast, get_args, get_type_hints

import typer

from processor import __version__
from processor.errors import InvalidInput

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_STORE = "default"
DEFAULT_LIMIT = 50

Store = Annotated[str, typer.Option("--store", metavar="ID|NAME", help="The store to look at or change.")]
AnyStore = Annotated[str | None, typer.Option("--store", metavar="ID|NAME", help="Only this store; otherwise all.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DURATION|INSTANT", help="Not before: 1h, 7d, or an instant.")
]
Subject = Annotated[str | None, typer.Option("--subject", metavar="ID", help="Only what is about this thing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Show at most so many.")]
All = Annotated[bool, typer.Option("--all", help="Show all, however many there are.")]
Force = Annotated[bool, typer.Option("--force", "--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]

Queue = Annotated[bool, typer.Option("--queue", help="Leave the run to the next tick.")]


def _show_version(context: typer.Context, value: bool) -> None:
    if value:
        typer.echo(f"{context.info_name} {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


def noun(summary: str) -> typer.Typer:
    """Return the app of a noun, to which its verbs are added."""
    return typer.Typer(help=summary, add_completion=False, no_args_is_help=True, rich_markup_mode=None)


def alone() -> typer.Typer:
    """Return the app of a command that has no verbs."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def verb(app: typer.Typer, name: str, *examples: str) -> Callable[[Command], Command]:
    """Declare a command; its docstring is the summary, `examples` are ready to paste.

    Options that several commands share may be taken as `**options: Unpack[...]`, a TypedDict: they come before those
    that stand behind the command's `*`, and are None where they are not given.
    """

    def declare(function: Command) -> Command:
        lines = "".join(f"\n  {example}" for example in examples)
        text = f"{inspect.getdoc(function)}\n\n\b\nExample{'s' if len(examples) > 1 else ''}:{lines}"
        return app.command(name, help=text, short_help=text.split("\n", maxsplit=1)[0])(_in_full(function))

    return declare


def _in_full(function: Command) -> Command:
    """The command with a signature that names every option, which is where typer reads them."""
    signature = inspect.signature(function, eval_str=True)
    parameters = [*signature.parameters.values()]
    if not parameters or parameters[-1].kind is not inspect.Parameter.VAR_KEYWORD:
        return function
    (declared,) = get_args(parameters.pop().annotation)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in get_type_hints(declared, include_extras=True).items()
    ]
    behind = [each for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    before = parameters[: len(parameters) - len(behind)]

    @functools.wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        return function(*args, **given)

    in_full = signature.replace(parameters=[*before, *shared, *behind])
    command.__signature__ = in_full  # type: ignore[attr-defined]  # it may be set on any function
    return cast("Command", command)


def of_store(store: str) -> str:
    """What a command that is told to a person needs so that it is about this store, too."""
    return "" if store == DEFAULT_STORE else f" --store {shlex.quote(store)}"


def cut(limit: int, show_all: bool) -> int | None:
    """Return the limit of a list; None is no limit."""
    return None if show_all else limit


def given(**values: object) -> dict[str, Any]:
    """Return the options that were given; None stands for those that were not. Raises InvalidInput if none was."""
    found = {name: value for name, value in values.items() if value is not None}
    if not found:
        raise InvalidInput("Nothing to change was given: --help lists what can be changed")
    return found
