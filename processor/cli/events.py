"""`processor events`: what happened, and what happens."""

import json as json_library
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from processor.cli.access import opened, store_id
from processor.cli.options import DEFAULT_LIMIT, All, AnyStore, AsJson, Limit, Since, Subject, alone, cut, verb
from processor.cli.render import brief, show_json, show_line, show_list
from processor.services import events, naming
from processor.services.events import Following, Wanted
from processor.storage.database import Database
from processor.storage.work import Work

app = alone()
COLUMNS = {"occurred_at": "AT", "name": "EVENT", "subject_id": "SUBJECT", "payload": "ABOUT"}
FIRST = ("occurred_at", "name", "payload")
LONGEST = 160
LOOK_AGAIN_SECONDS = 1.0


@verb(
    app,
    "events",
    "processor events --since 1h",
    "processor events --name 'run.*' --follow --json",
    "processor events --subject 0198c0de-0000-7000-8000-000000000001 --all",
)
def show_events(
    since: Since = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="PATTERN", help="Only these, like job.failed or 'run.*'.")
    ] = None,
    subject: Subject = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what happens; Ctrl-C ends it.")] = False,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: AnyStore = None,
    json: AsJson = False,
) -> None:
    """List the last events, the latest one at the end; with --follow --json one object a line."""
    with opened() as database:
        with database.reading() as work:
            wanted = Wanted(None if store is None else store_id(work, store), subject, name, since)
            found = events.latest(work, wanted, cut(limit, show_all))
            following = Following(wanted)
            if follow:
                following.begin(work)
            names = {} if json else _names(work, found)
        if follow:
            _follow(database, following, found, names, as_json=json)
    shown = found if json else [each | {"payload": _about(each, names)} for each in found]
    show_list(shown, COLUMNS, as_json=json, empty="No events like that: leave out filters, or wait.", first=FIRST)


def _follow(
    database: Database, following: Following, found: list[dict[str, Any]], names: Mapping[str, str], *, as_json: bool
) -> None:
    while True:
        for each in found:
            _show_one(each, names, as_json=as_json)
        time.sleep(LOOK_AGAIN_SECONDS)
        with database.reading() as work:
            found = following.more(work)
            names = {} if as_json else _names(work, found)


def _names(work: Work, found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What the tasks and jobs are called that events are about, as far as they are there."""
    ids = {str(id_) for each in found for id_ in (each["subject_id"], each["payload"].get("task_id")) if id_}
    return naming.called(work, ids)


def _show_one(event: dict[str, Any], names: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        show_json(event, compact=True)
    else:
        subject = event["subject_id"] or ""
        show_line(f"{event['occurred_at']}  {event['name']:<18}  {subject:<36}  {_about(event, names)}".rstrip())


def _about(event: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What an event tells, in one line: what has a value, as `key=value`; names go first, ids last."""
    payload = event["payload"]
    told = {"name": names[event["subject_id"]]} if event["subject_id"] in names else {}
    if payload.get("task_id") in names:
        told["task"] = names[payload["task_id"]]
    rest = {
        key: value for key, value in payload.items() if value is not None and not (key == "task_id" and "task" in told)
    }
    told |= dict(sorted(rest.items(), key=lambda item: item[0].endswith("_id")))
    return brief("  ".join(f"{key}={_word(value)}" for key, value in told.items()), LONGEST)


def _word(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json_library.dumps(value, ensure_ascii=False)
