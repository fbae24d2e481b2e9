"""A bar that shows how much of a known amount of work is done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from processor.cli.harmless import harmless
from processor.cli.render import console
from processor.context import Listener


@contextmanager
def slots_bar(slot_count: int) -> Iterator[Listener]:
    """A listener that shows on standard error how many slots have had their run."""
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        yield _Bar(progress, slot_count)


class _Bar:
    """One bar for everything; a run that failed leaves a line above it."""

    def __init__(self, progress: Progress, slot_count: int) -> None:
        self._progress = progress
        self._bar = progress.add_task("", total=slot_count)
        self._names: dict[object, str] = {}

    def __call__(self, event: str, /, **fields: object) -> None:
        run_id = fields.get("run_id")
        if event == "run.started":
            self._names[run_id] = harmless(str(fields["task_name"]))
            self._progress.update(self._bar, description=self._names[run_id])
        elif event == "slot.backfilled":
            self._progress.update(self._bar, advance=1, refresh=True)
        elif event == "run.failed":
            self._progress.console.print(Text.assemble(("✗", "red"), f" {self._names.get(run_id)}: failed"))
