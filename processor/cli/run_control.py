"""`processor runs cancel` and `processor runs retry`: what is done about a run that is there."""

from typing import Annotated

import typer

from processor.cli.access import changing
from processor.cli.options import DEFAULT_STORE, AsJson, DryRun, Queue, Store, verb
from processor.cli.render import say, show_object
from processor.cli.run_now import repetition_of, show_run
from processor.services import interventions

EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
Which = Annotated[str, typer.Argument(metavar="ID", help="The run.")]


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the app of the noun."""
    verb(app, "cancel", f"processor runs cancel {EXAMPLE_ID}")(cancel_run)
    verb(app, "retry", f"processor runs retry {EXAMPLE_ID}", f"processor runs retry {EXAMPLE_ID} --queue")(retry_run)


def cancel_run(run: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """End a run that has not ended; one that is running stops before its next call or tool."""
    with changing(store) as (work, store_id):
        shown = interventions.cancel(work, store_id, run)
    show_object(shown, as_json=json)
    if shown["state"] == "running":
        say("The run stops before its next call or tool; what it asked its model for already is still paid.")


def retry_run(
    run: Which, queue: Queue = False, dry_run: DryRun = False, store: Store = DEFAULT_STORE, json: AsJson = False
) -> None:
    """Run again what a run that has ended was for: a new run, with the same trigger and slot."""
    show_run(repetition_of(run), store, queue=queue, dry_run=dry_run, as_json=json)
