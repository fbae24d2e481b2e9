"""`processor start`: process-tasks --loop."""

from typing import Annotated

import typer

from processor.cli.one_tick import Asked
from processor.cli.options import alone, verb
from processor.cli.process_tasks import (
    DEFAULT_EVERY_SECONDS,
    MaxRuns,
    OneStore,
    tick_for_ever,
)
from processor.cli.progress import configure_log
from processor.cli.ticking import terminable

app = alone()
AsJson = Annotated[bool, typer.Option("--json", help="Print each tick as a JSON object in one line.")]
Every = Annotated[int, typer.Option("--every", min=1, metavar="SECONDS", help="The pause between ticks.")]


@verb(app, "start", "processor start", "processor start --every 10")
def start(
    every: Every = DEFAULT_EVERY_SECONDS, store: OneStore = None, max_runs: MaxRuns = None, json: AsJson = False
) -> None:
    """Tick for ever, one tick after the other; Ctrl-C hands back what runs and ends."""
    configure_log()
    with terminable():
        tick_for_ever(Asked(store, max_runs, as_json=json), every)
