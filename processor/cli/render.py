"""What commands show: tables, single objects or JSON on standard output, all else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from processor.errors import InvalidInput

_WIDE = 1_000
"""Columns of what is no terminal: lines for programs like grep must never be broken."""
_STATE_STYLES = {"succeeded": "green", "failed": "red", "running": "cyan", "waiting": "yellow", "cancelled": "dim"}


def console(stream: TextIO) -> Console:
    """Colours and the window's width on a terminal; neither elsewhere."""
    return Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False, soft_wrap=False)


def show_json(value: object, *, compact: bool = False) -> None:
    """Print one JSON document; a compact one is one line."""
    typer.echo(json.dumps(value, indent=None if compact else 2, ensure_ascii=False))


def show_line(text: str) -> None:
    """Print one line of result."""
    typer.echo(text)


def show_text(text: str) -> None:
    """Print what somebody wrote, as it is."""
    typer.echo(text.rstrip("\n"))


def say(text: str) -> None:
    """Tell the person something that is no result."""
    typer.echo(text, err=True)


def show_list(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool, empty: str) -> None:
    """Print a table with these columns (field → heading), or a JSON array; `empty` says what to do next."""
    if as_json:
        show_json(list(rows))
    elif rows:
        show_table(rows, columns)
    else:
        say(empty)


def show_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Print objects as a table on standard output."""
    show(_table(rows, columns))


def show(renderable: RenderableType) -> None:
    """Print something that rich draws, without blanks at the ends of lines."""
    out = console(sys.stdout)
    with out.capture() as drawn:
        out.print(renderable)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n")))


def _table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Table:
    """Return a table of the given fields; ids are never cut."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for field, heading in columns.items():
        made.add_column(heading, no_wrap=_is_id(field), overflow="fold")
    for row in rows:
        made.add_row(*(cell(field, row[field]) for field in columns))
    return made


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
        return Text(("\n" if field == "comments" else ", ").join(str(each) for each in value))
    if isinstance(value, dict):
        return Text(json.dumps(value, ensure_ascii=False))
    return Text(str(value), style=_STATE_STYLES.get(str(value), "") if field == "state" else "")


def brief(text: str, longest: int) -> str:
    """Return a text in one line that fits a table."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def confirm(question: str, *, force: bool) -> None:
    """Ask before something is lost; without a terminal nobody can answer, so it is refused unless forced."""
    if force:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"{question} Nobody can answer here: repeat the command with --yes")
    if not typer.confirm(question, err=True):
        raise typer.Abort


def _is_id(field: str) -> bool:
    return field == "id" or field.endswith("_id")
