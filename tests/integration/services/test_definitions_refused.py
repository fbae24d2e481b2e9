"""Files of definitions that hold nonsense, and imports beside other changes."""

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from processor.agent.toolbox import TOOLS
from processor.errors import InvalidInput
from processor.services import jobs
from processor.services.definitions import document, importing
from processor.storage import order
from processor.storage.database import Database
from processor.storage.work import Work
from tests.world import DEFAULT_STORE

Place = tuple[str | int, ...]
WHOLE: dict[str, Any] = {
    "name": "Task",
    "prompt": "Do it",
    "description": "Something",
    "schedule": "sequential",
    "enabled": True,
    "project": "Website",
    "kind": "agent",
    "overlap": "skip",
    "misfire": "skip",
    "priority": 2,
    "model": "economy",
    "delivery": "live",
    "tools": ["create_card"],
    "budget_usd": 0.5,
    "max_turns": 3,
    "timeout_seconds": 30,
    "max_retries": 1,
    "retry_delay_seconds": 1,
    "retry_multiplier": 1.5,
    "retry_cap_seconds": 5,
    "retry_jitter": True,
    "retry_on": ["stuck"],
}
ENDPOINT = {"name": "status", "method": "GET", "url": "https://example.com/", "headers": {"A": "b"}, "body": None}
ADAPTIVE = {"type": "adaptive", "min_interval": "15m", "max_interval": "2d", "fallback": "recent"}
STORE = {
    "name": "default",
    "misfire": "skip",
    "projects": [{"name": "Website", "description": "All of it"}],
    "jobs": [
        {
            "name": "Nightly",
            "schedule": {"cron": "0 3 * * *", "timezone": "UTC"},
            "tasks": [WHOLE],
            "endpoints": [ENDPOINT],
        }
    ],
    "tasks": [
        {"name": "Often", "prompt": "Do it", "schedule": {"every": "90m", "start": "2026-01-01T00:00:00Z"}},
        {"name": "Once", "prompt": "Do it", "schedule": {"at": "2099-01-01T00:00:00Z"}},
        {"name": "Inbox", "prompt": "Do it", "schedule": {"watch": "in/", "settle_seconds": 5}},
        {"name": "Market", "prompt": "Do it", "schedule": {"every": "1h", **ADAPTIVE}},
        {"name": "Workdays", "prompt": "Do it", "schedule": {"cron": "0 9 * * 1-5", "timezone": "UTC", **ADAPTIVE}},
    ],
}
FILE = {"version": 1, "stores": [STORE]}
NONSENSE: list[Any] = [1.5, -1, 10**30, True, "\x1b[0m", ["a"], [[]], {}, {"a": "b"}]


class _UndoneError(Exception):
    """Leaves the database as it was."""


def imported(work: Work, file: object) -> None:
    importing.apply(work, document.read(json.dumps(file), "tasks.json"), TOOLS.keys())
    work.settle()


def tried(work: Work, file: object) -> None:
    """Import it, and undo that."""
    imported(work, file)
    raise _UndoneError


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where something stands in a file."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(each, (*at, key))


def with_nonsense(at: Place, nonsense: object) -> Any:
    file: Any = copy.deepcopy(FILE)
    part = file
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = nonsense
    return file


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
def test_nonsense_anywhere_is_taken_or_refused_with_its_line(sqlite_url: str, nonsense: object) -> None:
    refusals = []
    with closing(Database(sqlite_url)) as database:
        for at in places(FILE):
            try:
                database.write(tried, with_nonsense(at, nonsense))
            except InvalidInput as refused:
                refusals.append(str(refused))
            except _UndoneError:
                pass
    assert refusals
    assert [each for each in refusals if not each.startswith("tasks.json, line 1: ")] == []


def test_an_import_holds_jobs_in_the_order_in_which_everybody_does(database: Database) -> None:
    with database.writing() as work:
        first, second = sorted(jobs.create(work, DEFAULT_STORE, {"name": name}).id for name in ("A", "B"))
    called = {job.id: job.name for job in database.write(jobs.list, DEFAULT_STORE)}
    changed = [{"name": called[job_id], "description": "Changed"} for job_id in (second, first)]
    file = {"version": 1, "stores": [{"name": "default", "jobs": changed}]}
    importing_it = threading.Thread(target=database.write, args=(imported, file))
    with database.writing() as work:
        order.hold(work, DEFAULT_STORE, [first])
        importing_it.start()
        importing_it.join(timeout=0.5)  # long enough to come as far as the first lock
        order.hold(work, DEFAULT_STORE, [second])
    importing_it.join()
    assert [job.description for job in database.write(jobs.list, DEFAULT_STORE)] == ["Changed", "Changed"]
