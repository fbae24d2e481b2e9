"""What commands show: tables, single objects or JSON on standard output, all else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from processor.cli.fit import FREE_TEXT, GAP, fitted
from processor.cli.guard import leave
from processor.cli.harmless import CONTROLS, harmless

_WIDE = 1_000
"""Columns of what is no terminal: lines for programs like grep must never be broken."""
_STATE_STYLES = {"succeeded": "green", "failed": "red", "running": "cyan", "waiting": "yellow", "cancelled": "dim"}


def console(stream: TextIO) -> Console:
    """Colours and the window's width on a terminal; neither elsewhere."""
    return Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False, soft_wrap=False)


def show_json(value: object, *, compact: bool = False) -> None:
    """Print one JSON document; a compact one is one line."""
    text = json.dumps(value, indent=None if compact else 2, ensure_ascii=False)
    typer.echo(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def show_line(text: str) -> None:
    """Print one line of result."""
    typer.echo(harmless(text))


def show_text(text: str) -> None:
    """Print what somebody wrote: for programs as it is."""
    typer.echo((harmless(text) if sys.stdout.isatty() else text).rstrip("\n"))


def say(text: str) -> None:
    """Tell the person something that is no result."""
    typer.echo(harmless(text), err=True)


def show_list(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    as_json: bool,
    empty: str,
    first: Sequence[str] = (),
) -> None:
    """Print a table with these columns (field → heading), or a JSON array; `empty` says what to do next."""
    if as_json:
        show_json(list(rows))
    elif rows:
        show_table(rows, columns, first)
    else:
        say(empty)


def show_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], first: Sequence[str] = ()) -> None:
    """Print objects as a table with one line for each.

    A terminal that is too narrow leaves out columns, those in `first` last of all; see `fit`.
    """
    cells = [{field: _in_one_line(field, row[field]) for field in columns} for row in rows]
    needs = {name: max(len(heading), *(row[name].cell_len for row in cells)) for name, heading in columns.items()}
    widths = fitted(needs, first, console(sys.stdout).width) if sys.stdout.isatty() else needs
    made = Table(box=None, pad_edge=False, header_style="bold")
    for field, width in widths.items():
        made.add_column(columns[field], width=width, no_wrap=True, overflow="ellipsis")
    for row in cells:
        made.add_row(*(row[field] for field in widths))
    show(made, at_least=sum(widths.values()) + GAP * len(widths))


def show_whole(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Print a table that cuts nothing: its last column goes on in the next line."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    *others, last = columns
    for field in others:
        made.add_column(columns[field], no_wrap=True, overflow="fold")
    made.add_column(columns[last], overflow="fold")
    for row in rows:
        made.add_row(*(cell(field, row[field]) for field in columns))
    show(made)


def show(renderable: RenderableType, *, at_least: int = 0) -> None:
    """Print something that rich draws, `at_least` so many columns wide, without blanks at the ends of lines."""
    out = console(sys.stdout)
    out.width = max(out.width, at_least)
    with out.capture() as drawn:
        out.print(renderable)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n")))


def show_object(value: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object: a line for each field that has a value, or JSON."""
    if as_json:
        show_json(value)
        return
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for field, each in value.items():
        if each not in (None, "", [], {}):
            grid.add_row(field.replace("_", " "), cell(field, each))
    show(grid)


def cell(field: str, value: object) -> Text:
    """Return a value as people read it."""
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if field.endswith("_usd") and isinstance(value, int | float):
        return Text(f"{value:.4f}")
    if isinstance(value, list):
        return Text(harmless(("\n" if field == "comments" else ", ").join(str(each) for each in value)))
    if isinstance(value, dict):
        return Text(harmless(json.dumps(value, ensure_ascii=False)))
    return Text(harmless(str(value)), style=_STATE_STYLES.get(str(value), "") if field == "state" else "")


def brief(text: str, longest: int) -> str:
    """Return a text in one line that fits a table."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def confirm(question: str, *, force: bool, unanswered: int = 1) -> None:
    """Ask before something is lost; without a terminal nobody can answer, so it is refused unless forced.

    `unanswered` is the exit code of that refusal.
    """
    if force:
        return
    if not sys.stdin.isatty():
        say(f"{question} Nobody can answer here: repeat the command with --yes")
        leave(unanswered)
    if not typer.confirm(question, err=True):
        raise typer.Abort


def _in_one_line(field: str, value: object) -> Text:
    return cell(field, " ".join(value.split()) if field in FREE_TEXT and isinstance(value, str) else value)
