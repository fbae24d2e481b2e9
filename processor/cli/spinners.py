"""A spinner for each run that is under way."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from processor.cli.harmless import harmless
from processor.cli.render import console
from processor.context import Listener

_SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "waiting": ("…", "yellow")}


@contextmanager
def spinning() -> Iterator[Listener]:
    """A listener that shows on standard error what it hears."""
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
            self._names[run_id] = name = harmless(str(fields["task_name"]))
            self._lines[run_id] = self._progress.add_task(name, total=None)
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
