"""`processor process`: one tick."""

from processor.cli.one_tick import Asked, tick_once
from processor.cli.options import alone, verb
from processor.cli.process_tasks import AsJson, DryRun, MaxRuns, OneStore
from processor.cli.progress import configure_log
from processor.cli.ticking import terminable

app = alone()


@verb(app, "process", "processor process", "processor process --dry-run --json")
def process(dry_run: DryRun = False, store: OneStore = None, max_runs: MaxRuns = None, json: AsJson = False) -> None:
    """One tick: run what is due in all stores, then exit."""
    configure_log()
    with terminable():
        tick_once(Asked(store, max_runs, dry_run, json))
