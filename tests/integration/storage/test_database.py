import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from freezegun.api import FrozenDateTimeFactory
from sqlmodel import select

from processor.clock import MAX_SKEW_SECONDS, host_clock
from processor.errors import Conflict
from processor.models import Store
from processor.services import stores as service
from processor.storage.database import Database
from processor.storage.faults import BrokenConstraint
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores

NOBODY = "00000000-0000-4000-8000-00000000dead"


def names(database: Database) -> list[str]:
    with database.reading() as work:
        return [store.name for store in service.list(work)]


def test_a_transaction_is_whole_or_nothing(database: Database, stores: Stores) -> None:
    def create_two(work: Work) -> None:
        service.create(work, "first")
        service.create(work, "mine")

    with pytest.raises(Conflict):
        database.write(create_two)
    assert names(database) == ["default", "mine", "stranger"]


def test_looking_changes_nothing(database: Database, stores: Stores) -> None:
    with database.reading() as work:
        store = work.session.exec(select(Store).where(Store.id == stores.mine)).one()
        store.name = "changed"
        work.session.flush()
    assert names(database) == ["default", "mine", "stranger"]


def test_ids_are_text_from_rows_and_from_named_statements(database: Database, stores: Stores) -> None:
    with database.reading() as work:
        row = work.first("boards.lock", store_id=stores.mine)
        assert row is not None
        assert isinstance(row.id, str)
        assert isinstance(service.get(work, stores.mine).id, str)


def test_a_write_in_the_executor_leaves_the_event_loop_free(database: Database) -> None:
    async def both() -> None:
        await asyncio.gather(database.write_soon(service.create, "one"), database.write_soon(service.create, "two"))

    asyncio.run(both())
    assert sorted(names(database)) == ["default", "one", "two"]


def test_many_threads_write_one_after_the_other(database: Database) -> None:
    def create(number: int) -> str:
        return database.write(service.create, f"store {number}").id

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(40)))
    assert len(set(made)) == 40
    assert len(names(database)) == 41


def test_the_clock_file_stands_for_now_and_is_read_afresh(clock: ClockFile, database: Database) -> None:
    def now(work: Work) -> int:
        return work.now

    assert database.write(now) == MONDAY_MORNING
    clock.advance(90)
    assert database.write(now) == MONDAY_MORNING + 90


def test_without_one_it_is_the_databases_time(database: Database) -> None:
    assert abs(database.clock.now() - host_clock().now()) < MAX_SKEW_SECONDS


def test_on_sqlite_now_is_the_hosts(frozen: FrozenDateTimeFactory, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert database.clock.now() == MONDAY_MORNING
    frozen.tick(60)
    assert database.clock.now() == MONDAY_MORNING + 60
    database.close()


def test_a_commit_that_is_refused_is_undone(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def orphan(work: Work) -> None:
        work.cursor.execute("PRAGMA defer_foreign_keys = ON")
        work.run("boards.create", id=NOBODY, store_id=NOBODY, name="orphan", now=1)

    with pytest.raises(BrokenConstraint):
        database.write(orphan)
    assert database.write(service.create, "after").name == "after"
    assert names(database) == ["default", "after"]
    database.close()
