"""`processor start`: process-tasks --loop."""

from processor.cli.options import alone, verb
from processor.cli.process_tasks import (
    DEFAULT_EVERY_SECONDS,
    AsJson,
    Asked,
    Every,
    MaxRuns,
    OneStore,
    tick_for_ever,
)
from processor.cli.progress import configure_log
from processor.cli.ticking import terminable

app = alone()


@verb(app, "start", "processor start", "processor start --every 10")
def start(
    every: Every = DEFAULT_EVERY_SECONDS, store: OneStore = None, max_runs: MaxRuns = None, json: AsJson = False
) -> None:
    """Tick for ever, one tick after the other; Ctrl-C hands back what runs and ends."""
    configure_log()
    with terminable():
        tick_for_ever(Asked(store, max_runs, as_json=json), every)
