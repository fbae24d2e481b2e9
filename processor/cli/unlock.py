"""`processor unlock`: takes runs from workers that went silent."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from processor.cli.access import changing, looking
from processor.cli.options import DEFAULT_STORE, AsJson, DryRun, Force, Store, alone, verb
from processor.cli.render import confirm, say, show_json, show_line, show_table
from processor.errors import Conflict
from processor.rules.instants import iso
from processor.services import interventions, runs
from processor.storage.interventions import Locked

app = alone()
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
COLUMNS = {"id": "ID", "task_name": "TASK", "attempt": "ATTEMPT", "started_at": "STARTED"}
BAD_USAGE = 2


@verb(app, "unlock", "processor unlock", f"processor unlock {EXAMPLE_ID} --yes")
def unlock_runs(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="This run, also if its worker may be alive.", show_default=False),
    ] = None,
    force: Force = False,
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Hand back a run, or all whose worker went silent; no attempt is spent, and the next tick goes on with them."""
    with looking(store) as (work, store_id):
        found = interventions.locked(work, store_id, run)
        shown: Sequence[Any] = runs.among(work, [each.id for each in found])
    if found and not dry_run:
        _ask(found, named=run is not None, force=force)
        with changing(store) as (work, store_id):
            shown = interventions.unlock(work, store_id, found)
        if run is not None and not shown:
            raise Conflict(f"Run {run} was taken over or has ended meanwhile: look at it again")
    if json:
        show_json(list(shown))
    else:
        _show(shown, dry_run=dry_run)


def _ask(found: Sequence[Locked], *, named: bool, force: bool) -> None:
    """A run whose worker is silent and that is named has been decided about."""
    if not named:
        count = "one run" if len(found) == 1 else f"{len(found)} runs"
        confirm(f"Unlock {count} whose worker went silent?", force=force, unanswered=BAD_USAGE)
    elif found[0].is_alive:
        question = (
            f"The worker of run {found[0].id} may be alive (its lease lasts until {iso(found[0].lease_expires_at)}): "
            "from now on its writes are refused. Unlock the run?"
        )
        confirm(question, force=force, unanswered=BAD_USAGE)


def _show(shown: Sequence[Any], *, dry_run: bool) -> None:
    if not shown:
        say("No run of this store is held by a worker that went silent.")
        return
    show_table(shown, COLUMNS)
    if dry_run:
        show_line(f"Would unlock {len(shown)}. Nothing was written.")
    else:
        show_line(f"Unlocked {len(shown)}: the next tick goes on where they were.")
