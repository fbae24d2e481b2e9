"""`processor tasks run` and `processor tasks prompt`: a task by hand, and what its agent would be told."""

from collections.abc import Iterator
from typing import Any

import typer

from processor.agent.prompt import render_opening, render_request
from processor.cli.access import looking
from processor.cli.options import DEFAULT_STORE, AsJson, DryRun, Queue, Store, verb
from processor.cli.render import show_json, show_text
from processor.cli.run_now import run_of, show_run
from processor.cli.task_options import Which
from processor.services import naming, tasks
from processor.storage.runs import Claim, assignment_to_come

EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
NO_ID = "00000000-0000-0000-0000-000000000000"


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the app of the noun."""
    verb(app, "run", f"processor tasks run {EXAMPLE_ID}", "processor tasks run 'Morning review' --queue --json")(
        run_task
    )
    verb(app, "prompt", f"processor tasks prompt {EXAMPLE_ID}")(show_prompt)


def run_task(
    task: Which,
    queue: Queue = False,
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Run a task now, whatever its schedule says; exit 0 when the run has ended, however it ended."""
    show_run(run_of(task), store, queue=queue, dry_run=dry_run, as_json=json)


def show_prompt(task: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show what the agent of a task would be told if a run began now; no model is called."""
    with looking(store) as (work, store_id):
        asked = assignment_to_come(work, tasks.get(work, store_id, naming.task_id(work, store_id, task)).id)
        request = render_request(work, asked)
        nobody = Claim(
            NO_ID, store_id, asked.task_id, fence=0, attempt=1, recoveries=0, worker_id=NO_ID, lease_seconds=0
        )
        opening = render_opening(work, nobody, asked)
    if json:
        show_json(
            {
                "model": request.model,
                "effort": request.effort,
                "max_tokens": request.max_tokens,
                "tools": request.tools,
                "system": request.system,
                "messages": [opening],
            }
        )
    else:
        tools = ", ".join(tool["name"] for tool in request.tools)
        show_text(
            "\n\n".join(
                [f"Model: {request.model}\nTools: {tools}", *_texts(request.system), *_texts(opening["content"])]
            )
        )


def _texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    return (block["text"] for block in blocks)
