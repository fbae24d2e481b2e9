"""`processor tasks notes`: what a task's agent, or a person, leaves for its next run."""

import sys
from typing import Annotated

import typer

from processor.cli.access import changing, looking
from processor.cli.options import DEFAULT_STORE, AsJson, Store, noun, verb
from processor.cli.render import say, show_json, show_text
from processor.cli.task_options import Which
from processor.services import naming, notes

app = noun("What a task's agent, or a person, leaves for its next run.")
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"


@verb(app, "get", f"processor tasks notes get {EXAMPLE_ID}")
def get_note(task: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show the note that the next run will read."""
    with looking(store) as (work, store_id):
        task = naming.task_id(work, store_id, task)
        body = notes.get(work, store_id, task)
    _show(task, body, as_json=json)


@verb(
    app,
    "set",
    f"processor tasks notes set {EXAMPLE_ID} --text 'Ada is away until Monday'",
    f"processor tasks notes set {EXAMPLE_ID} --text - < note.txt",
)
def set_note(
    task: Which,
    text: Annotated[str, typer.Option("--text", help="The note; '-' reads standard input, '' removes it.")],
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Replace the note that the next run will read."""
    body = sys.stdin.read() if text == "-" else text
    with changing(store) as (work, store_id):
        task = naming.task_id(work, store_id, task)
        notes.set(work, store_id, task, body)
        kept = notes.get(work, store_id, task)
    _show(task, kept, as_json=json)


def _show(task: str, body: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"task_id": task, "note": body})
    elif body:
        show_text(body)
    else:
        say("There is no note: 'processor tasks notes set ID --text TEXT' leaves one.")
