"""`processor tasks proposal`: what the agent of an adaptive task asked for as its next time."""

from typing import Any

from processor.cli.access import changing, looking
from processor.cli.options import DEFAULT_STORE, AsJson, Store, noun, verb
from processor.cli.render import say, show_json, show_object
from processor.cli.task_options import Which
from processor.services import naming, proposals

app = noun("What the agent of an adaptive task asked for as its next time.")
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
FOR_PROGRAMS = frozenset({"store_id", "after_seconds"})


@verb(app, "get", f"processor tasks proposal get {EXAMPLE_ID}")
def get_proposal(task: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show the proposal that waits to be used; in JSON null if there is none."""
    with looking(store) as (work, store_id):
        found = proposals.current(work, store_id, naming.task_id(work, store_id, task))
        shown = None if found is None else proposals.view(work, found)
    if shown is not None:
        _show(shown, as_json=json)
    elif json:
        show_json(None)
    else:
        say("Nothing is proposed: 'processor tasks explain' says when the task runs next, and why then.")


@verb(app, "clear", f"processor tasks proposal clear {EXAMPLE_ID}")
def clear_proposal(task: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Let the open proposal go: the task's next time is decided without it."""
    with changing(store) as (work, store_id):
        shown = proposals.view(work, proposals.clear(work, store_id, naming.task_id(work, store_id, task)))
    _show(shown, as_json=json)


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    show_object(
        shown if as_json else {key: value for key, value in shown.items() if key not in FOR_PROGRAMS}, as_json=as_json
    )
