"""`processor tasks upcoming`: when a task will run, or what all tasks and jobs of a store have before them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from processor.cli.access import looking
from processor.cli.options import DEFAULT_STORE, AsJson, Store, verb
from processor.cli.render import say, show_json, show_table
from processor.errors import InvalidInput
from processor.rules.moments import distance
from processor.rules.upcoming import remark, why_none
from processor.services import naming, tasks
from processor.services.tasks.timetable import MOST_UPCOMING

EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
OF_ONE, OF_ALL = 5, 20
TIMES = {"scheduled_time": "WILL RUN AT", "local": "LOCAL TIME", "in": "IN"}
NOTHING = "No time to come: no task or job goes by a clock. 'processor tasks create --every 4h' makes one that does."
Which = Annotated[str | None, typer.Argument(metavar="ID|NAME", help="The task; without it all tasks and jobs.")]
All = Annotated[bool, typer.Option("--all", help="All tasks and jobs of the store, as without ID.")]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--count",
        min=1,
        max=MOST_UPCOMING,
        metavar="N",
        help=f"How many; by default {OF_ONE} of a task, {OF_ALL} of all, with --until as many as there are.",
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DURATION|INSTANT", help="Not later than: 8h, 2d, or an instant.")
]


def add_to(app: typer.Typer) -> None:
    """Add this verb to the app of the noun."""
    examples = (f"processor tasks upcoming {EXAMPLE_ID} -n 10", "processor tasks upcoming --until 2d")
    verb(app, "upcoming", *examples)(show_upcoming)


def show_upcoming(
    task: Which = None,
    every: All = False,
    count: Count = None,
    until: Until = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """List the next times that a task will run, or without ID those of all tasks and jobs."""
    if task is not None and every:
        raise InvalidInput("--all is about all tasks: leave it out, or the task")
    if task is None:
        _show_all(count, until, store, as_json=json)
    else:
        _show_one(task, count or _default(OF_ONE, until), until, store, as_json=json)


def _show_one(task: str, count: int, until: str | None, store: str, *, as_json: bool) -> None:
    with looking(store) as (work, store_id):
        found = tasks.get(work, store_id, naming.task_id(work, store_id, task))
        standing = tasks.standing(found)
        slots = tasks.upcoming(work, store_id, found.id, count, until)
        rows = [tasks.times(slot, standing.timezone, work.now) for slot in slots]
    if as_json:
        show_json(rows)
    elif rows:
        show_table([_in_words(row) for row in rows], TIMES)
        if (said := remark(standing)) is not None:
            say(said)
    else:
        beyond = until is not None and standing.next_run_at is not None
        say(f"No time to come until {until}: leave out --until." if beyond else why_none(standing))


def _show_all(count: int | None, until: str | None, store: str, *, as_json: bool) -> None:
    with looking(store) as (work, store_id):
        rows = tasks.timetable(work, store_id, count or _default(OF_ALL, until), until)
    if as_json:
        show_json(rows)
    elif rows:
        show_table([_in_words(row) for row in rows], TIMES | {"what": "WHAT"}, first=("local", "what"))
        if count is None and len(rows) == _default(OF_ALL, until):
            say(f"These are the next {len(rows):,}: -n gives another number, the name of a task its own.")
    else:
        say(NOTHING if until is None else f"No time to come until {until}: leave out --until.")


def _default(count: int, until: str | None) -> int:
    return count if until is None else MOST_UPCOMING


def _in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    local = datetime.fromisoformat(row["local_time"])
    clock = f"{local:%a %Y-%m-%d %H:%M:%S}" if local.second else f"{local:%a %Y-%m-%d %H:%M}"
    return {
        "scheduled_time": row["scheduled_time"],
        "local": f"{clock} {row['local_time'][-6:]} {row['timezone']}",
        "in": distance(row["in_seconds"]),
        "what": f"job '{row['name']}'" if row.get("kind") == "job" else row.get("name"),
    }
