"""A connection to Postgres that is lost amid a tick: nobody waits for a lease, and a lost COMMIT is looked for."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from processor.context import TickContext
from processor.errors import CommitInDoubt
from processor.services import runs, stores
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.report import TickReport
from processor.tick.tick import run_requested
from tests.conftest import ClockFile
from tests.reliability.proxy import Cut, CuttingProxy
from tests.world import DEFAULT_STORE, World, call, calls, finishes

CUT_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[CuttingProxy]:
    with CuttingProxy(postgres_url).running() as proxy:
        yield proxy


@pytest.fixture
def world(proxy: CuttingProxy, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    database = Database(proxy.url)
    yield World(database, clock, tmp_path, monkeypatch)
    database.close()


def cut_commit(proxy: CuttingProxy, wanted: int, cut: Cut) -> None:
    """Cut the connection that sends the so-manieth COMMIT from now on."""
    seen: list[bytes] = []

    def choose(message: bytes) -> Cut | None:
        if b"COMMIT" in message:
            seen.append(message)
        return cut if b"COMMIT" in message and len(seen) == wanted else None

    proxy.choose = choose


def test_connections_that_are_cut_while_nobody_uses_them_are_replaced(world: World, postgres_url: str) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="One")), finishes())
    heard: list[str] = []

    def listen(event: str, /, **_: object) -> None:
        heard.append(event)
        if heard.count("turn.recorded") == 1 and event == "turn.recorded":
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(CUT_ALL)

    report = world.tick(TickContext(240, listen))

    run = world.run(task_id)
    assert (report.exit_code, run.state, run.attempt, run.recoveries) == (0, "succeeded", 1, 0)
    assert world.titles() == ["One"]


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
@pytest.mark.parametrize("commit", range(1, 8))
def test_whichever_commit_is_lost_the_next_tick_finishes(
    world: World, proxy: CuttingProxy, commit: int, cut: Cut
) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="One")), finishes())
    cut_commit(proxy, commit, cut)
    try:
        codes = [world.tick().exit_code]
    except CommitInDoubt as error:
        codes = [error.exit_code]

    codes.append(world.tick().exit_code)

    run = world.run(task_id)
    assert (codes, run.state, run.attempt, run.recoveries) == ([75, 0], "succeeded", 1, 0)
    assert world.titles() == ["One"]


def ask_for(world: World, task_id: str) -> TickReport:
    def request(work: Work) -> runs.RunView:
        return runs.request(work, DEFAULT_STORE, task_id)

    return asyncio.run(run_requested(world.database, world.settings, DEFAULT_STORE, request, TickContext(240)))


def test_a_run_that_was_asked_for_goes_on_when_the_reply_to_its_claim_is_lost(
    world: World, proxy: CuttingProxy
) -> None:
    task_id = world.task()
    cut_commit(proxy, 1, Cut.AFTER)

    report = ask_for(world, task_id)

    assert (report.exit_code, [run["state"] for run in report.runs]) == (0, ["succeeded"])
    assert len(world.runs(task_id)) == 1


def test_a_run_that_was_asked_for_is_not_there_when_its_claim_never_arrived(world: World, proxy: CuttingProxy) -> None:
    task_id = world.task()
    cut_commit(proxy, 1, Cut.BEFORE)

    with pytest.raises(CommitInDoubt):
        ask_for(world, task_id)

    assert world.runs(task_id) == []


@pytest.mark.parametrize(("cut", "is_there"), [(Cut.BEFORE, False), (Cut.AFTER, True)])
def test_whoever_saves_is_told_to_look(world: World, proxy: CuttingProxy, cut: Cut, *, is_there: bool) -> None:
    cut_commit(proxy, 1, cut)
    with pytest.raises(CommitInDoubt, match="look whether it was done before you ask for it again") as told:
        world.database.write(stores.create, "new")
    assert (told.value.exit_code, "\n" in str(told.value)) == (75, False)
    with world.database.reading() as work:
        assert ("new" in {store.name for store in stores.list(work)}) == is_there
