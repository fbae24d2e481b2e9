"""Listeners hear of what was committed, of each event once and in order, and hold nothing up."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import structlog

from processor.services import stores
from processor.storage.database import Database
from processor.storage.events import emit
from processor.storage.work import Work

Listening = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def listening(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Listening:
    """Let a function of a module `heard` listen to a pattern; returns what it heard."""

    def listen(pattern: str = "store.*", function: Callable[[dict[str, Any]], object] | None = None) -> Any:
        heard: list[dict[str, Any]] = []
        module = ModuleType("heard")
        module.hear = function or heard.append  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "heard", module)
        database.listen({pattern: ["heard:hear"]}, str(tmp_path))
        return heard

    return listen


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def drained(database: Database) -> None:
    assert database._listeners is not None
    database._listeners.drain()


def names(heard: list[dict[str, Any]]) -> list[Any]:
    return [each["payload"]["name"] for each in heard]


def creating(name: str) -> Callable[[Work], str]:
    return lambda work: stores.create(work, name).id


def failing(work: Work) -> None:
    stores.create(work, "undone")
    raise RuntimeError


def test_a_listener_gets_the_event_as_an_object(database: Database, listening: Listening) -> None:
    heard = listening()
    store_id = database.write(creating("team"))
    drained(database)
    (event,) = heard
    about = {"store_id": store_id, "name": "store.created", "subject_id": store_id, "payload": {"name": "team"}}
    assert about.items() <= event.items()
    assert event["occurred_at"].endswith("Z")


def test_what_is_undone_reaches_nobody(database: Database, listening: Listening) -> None:
    heard = listening()
    with pytest.raises(RuntimeError):
        database.write(failing)
    database.write(creating("kept"))
    drained(database)
    assert names(heard) == ["kept"]


def test_what_a_savepoint_undoes_reaches_nobody(database: Database, listening: Listening) -> None:
    heard = listening()

    def within(work: Work) -> None:
        with work.savepoint():
            failing(work)

    def write(work: Work) -> None:
        stores.create(work, "before")
        with pytest.raises(RuntimeError):
            within(work)
        stores.create(work, "behind")

    database.write(write)
    drained(database)
    assert names(heard) == ["before", "behind"]


def test_one_that_fails_among_shared_commits_is_not_heard(database: Database, listening: Listening) -> None:
    heard = listening()

    async def all_at_once() -> None:
        functions = [creating(f"store {number}") for number in range(6)] + [failing]
        steps = [database.write_soon(function) for function in functions]
        await asyncio.gather(*steps, return_exceptions=True)

    asyncio.run(all_at_once())
    drained(database)
    assert sorted(names(heard)) == [f"store {number}" for number in range(6)]


def test_one_that_fails_is_logged_and_hears_the_next(
    database: Database, listening: Listening, logged: list[Any]
) -> None:
    heard: list[Any] = []

    def fail_once(event: dict[str, Any]) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise SystemExit(3)

    listening(function=fail_once)
    database.write(creating("one"))
    database.write(creating("other"))
    drained(database)
    assert names(heard) == ["one", "other"]
    assert [(line["event"], line["listener"]) for line in logged] == [("listener.failed", "heard:hear")]


def test_one_that_cannot_be_imported_is_logged_once(database: Database, tmp_path: Path, logged: list[Any]) -> None:
    database.listen({"store.created": ["nowhere.at.all:hear"]}, str(tmp_path))
    database.write(creating("one"))
    database.write(creating("other"))
    drained(database)
    assert [line["event"] for line in logged] == ["listener.failed"]


def test_a_listener_is_found_in_the_folder_of_relative_paths(database: Database, tmp_path: Path) -> None:
    (tmp_path / "my_own_listener.py").write_text("heard = []\ndef hear(event):\n    heard.append(event['name'])\n")
    database.listen({"store.*": ["my_own_listener:hear"]}, str(tmp_path))
    database.write(creating("one"))
    drained(database)
    sys.path.remove(str(tmp_path))
    assert sys.modules.pop("my_own_listener").heard == ["store.created"]


def test_a_slow_one_holds_up_no_transaction_and_what_is_left_is_logged(
    database: Database, listening: Listening, logged: list[Any]
) -> None:
    release, begun = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> None:
        begun.set()
        release.wait(30)

    listening(function=wait)
    for number in range(3):
        database.write(creating(f"store {number}"))
    assert begun.wait(30)
    assert database._listeners is not None
    database._listeners.drain(0)
    release.set()
    assert [(line["event"], line["events"]) for line in logged] == [("listener.unfinished", 3)]


def test_many_events_of_one_statement_are_heard_in_their_order(database: Database, listening: Listening) -> None:
    heard = listening("*")

    def write(work: Work) -> None:
        emit(work, "tick.finished", None, None, due=1)
        stores.create(work, "team")

    database.write(write)
    drained(database)
    assert [each["name"] for each in heard] == ["tick.finished", "store.created"]


def test_without_listeners_there_is_no_thread(database: Database, tmp_path: Path) -> None:
    database.listen({}, str(tmp_path))
    database.write(creating("team"))
    assert database._listeners is None
    assert "listeners" not in {thread.name for thread in threading.enumerate() if not thread.daemon}
