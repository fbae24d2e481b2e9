"""A lock that somebody keeps stops the run that needs it, and no other."""

import pytest

from processor.services import stores
from processor.storage import channel
from processor.storage.database import Database
from tests.world import DEFAULT_STORE, World, call, calls, finishes

LEASE_SECONDS = 120


def test_a_board_that_is_locked_stops_one_run_until_its_lease_has_run_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if world.database.dialect == "sqlite":
        pytest.skip("a lock on SQLite is one on the whole file: other tests hold it")
    with world.database.writing() as work:
        other_store = stores.create(work, "Other").id
    stopped, free = world.due_task(), world.due_task(store_id=other_store)
    world.script(calls(call("create_card", title="Card")), finishes())
    monkeypatch.setattr(channel, "STATEMENT_TIMEOUT_MS", 500)
    ticking, world.database = world.database, Database(world.database.url)

    with ticking.writing() as holder:
        holder.first("boards.lock", store_id=DEFAULT_STORE)
        report = world.tick()

    assert (report.exit_code, report.succeeded) == (0, 1)
    assert world.run(free).state == "succeeded"
    assert world.run(stopped).state == "running"

    world.clock.advance(LEASE_SECONDS + 1)
    assert world.tick().succeeded == 1
    assert (world.run(stopped).recoveries, world.run(stopped).attempt) == (1, 1)
    assert world.titles() == ["Card"]
    world.database.close()
    world.database = ticking
