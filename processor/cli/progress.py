"""What a tick does while it does it: a spinner for each running run on a terminal, log lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from processor.cli.guard import debugging
from processor.cli.render import console
from processor.context import Listener, unheard
from processor.log import configure

_SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "waiting": ("…", "yellow")}


def configure_log(*, quiet: bool = False) -> None:
    """Log lines go to standard error: warnings among the spinners of a terminal, everything for programs.

    The end of a tick is no log line for people: they get its error and its summary; see `ticking.show_report`.
    """
    terminal = sys.stderr.isatty()
    level = "debug" if debugging() else "warning" if terminal or quiet else "info"
    told = ("tick.finished",) if terminal and not quiet and not debugging() else ()
    configure(cast("TextIO", _CurrentStderr()), terminal=terminal, level=level, without=told)


@contextmanager
def shown_live() -> Iterator[Listener]:
    """A listener that shows what it hears; one that does not listen where nobody watches."""
    if not sys.stderr.isatty():
        yield unheard
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        yield _Spinners(progress)


class _Spinners:
    """One line for each run that is under way; when it ends, its last line stays above the others."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lines: dict[object, TaskID] = {}
        self._names: dict[object, object] = {}

    def __call__(self, event: str, /, **fields: object) -> None:
        run_id = fields.get("run_id")
        if event == "run.started":
            self._names[run_id] = fields["task_name"]
            self._lines[run_id] = self._progress.add_task(str(fields["task_name"]), total=None)
        elif event == "turn.recorded":
            self._say(run_id, f"turn {fields['turn']}", fields.get("tools"))
        elif event.startswith("run.") and run_id in self._lines:
            self._end(run_id, event.removeprefix("run."))

    def _say(self, run_id: object, turn: str, tools: object) -> None:
        called = ", ".join(str(tool) for tool in tools) if isinstance(tools, list | tuple) else str(tools or "")
        said = " · ".join(part for part in (str(self._names.get(run_id)), turn, called) if part)
        if run_id in self._lines:
            self._progress.update(self._lines[run_id], description=said, refresh=True)

    def _end(self, run_id: object, state: str) -> None:
        self._progress.remove_task(self._lines.pop(run_id))
        line = Text.assemble(_SIGNS.get(state, ("·", "")), f" {self._names[run_id]}: {state}")
        self._progress.console.print(line)


class _CurrentStderr:
    """Whatever stands for standard error now: spinners replace it by a stream that writes above them."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()
