"""`processor audit`: who changed what."""

import json as json_library
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from processor.cli.access import opened, store_id
from processor.cli.options import DEFAULT_LIMIT, All, AnyStore, AsJson, Limit, Since, Subject, cut, noun, verb
from processor.cli.render import brief, show_list
from processor.services import audit

app = noun("Who changed what: people, agents, and this program.")
COLUMNS = {"happened_at": "AT", "actor": "WHO", "action": "DID", "subject_id": "TO", "changed": "CHANGED"}
FIRST = ("happened_at", "actor", "action", "changed")
LONGEST = 120


@app.callback()
def _changes() -> None:
    """Who changed what: people, agents, and this program."""  # a noun of one verb needs this to stay a noun


@verb(
    app,
    "list",
    "processor audit list --since 7d",
    "processor audit list --actor cli:ann --json",
    "processor audit list --subject 0198c0de-0000-7000-8000-000000000001 --all",
)
def list_changes(
    since: Since = None,
    actor: Annotated[
        str | None,
        typer.Option("--actor", metavar="WHO", help="Only what they did: cli:LOGIN, run:ID or system."),
    ] = None,
    subject: Subject = None,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: AnyStore = None,
    json: AsJson = False,
) -> None:
    """List changes, the latest first; --json shows the values before and after."""
    with opened() as database, database.reading() as work:
        of_store = None if store is None else store_id(work, store)
        rows = audit.list_all(work, of_store, since, actor, subject, cut(limit, show_all))
    shown = rows if json else [row | {"changed": _changed(row["before"], row["after"])} for row in rows]
    show_list(shown, COLUMNS, as_json=json, empty="No changes like that: leave out filters.", first=FIRST)


def _changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What became of an update's values; of what was made or deleted, what it is called."""
    if before is None or after is None:
        thing = after or before or {}
        return brief(str(thing.get("name") or thing.get("title") or ""), LONGEST)
    changes = (f"{key}: {_word(before.get(key))} → {_word(after.get(key))}" for key in before.keys() | after.keys())
    return brief("; ".join(sorted(changes)), LONGEST)


def _word(value: object) -> str:
    return brief(json_library.dumps(value, ensure_ascii=False), 40)
