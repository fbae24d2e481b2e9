import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from processor.errors import Conflict, InfrastructureError
from processor.models import Store
from processor.services import stores
from processor.services.instants import moment
from processor.storage.database import Database
from processor.storage.work import Work

STEPS = 40
NO_ONE = "00000000-0000-4000-8000-00000000beef"


def names(database: Database) -> set[str]:
    with database.reading() as work:
        return {store.name for store in stores.list(work)} - {"default"}


def at_once(database: Database, *functions: Callable[[Work], Any]) -> list[Any]:
    """What each function returned or raised; on SQLite the first step lasts until all have been asked for."""
    all_wait = threading.Event()

    async def ask() -> list[Any]:
        steps = [asyncio.create_task(database.write_soon(each)) for each in (lambda _: all_wait.wait(9), *functions)]
        await asyncio.sleep(0)
        all_wait.set()
        return await asyncio.gather(*steps, return_exceptions=True)

    return asyncio.run(ask())[1:]


def creating(name: str) -> Callable[[Work], str]:
    return lambda work: stores.create(work, name).name


def test_steps_that_come_together_are_all_done(database: Database) -> None:
    wanted = [f"store {number}" for number in range(STEPS)]

    assert at_once(database, *map(creating, wanted)) == wanted
    assert names(database) == set(wanted)


def test_on_sqlite_steps_that_come_together_share_a_commit(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    begun: list[str] = []
    with database._channel() as channel:
        channel.driver.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith("BEGIN") else None)

    at_once(database, *(creating(f"store {number}") for number in range(STEPS)))

    assert len(begun) in (1, 2)
    database.close()


def test_a_step_that_fails_is_undone_alone(database: Database) -> None:
    def refused(work: Work) -> None:
        stores.create(work, "half done")
        raise Conflict("somebody else was first")

    told = at_once(database, creating("first"), refused, creating("last"))

    assert [told[0], type(told[1]), told[2]] == ["first", Conflict, "last"]
    assert names(database) == {"first", "last"}


def test_a_step_that_breaks_a_constraint_is_undone_alone(database: Database) -> None:
    def twice(work: Work) -> None:
        stores.create(work, "twin")
        for _ in range(2):
            work.run("notes.set", task_id="00000000-0000-4000-8000-00000000dead", store_id=None, body="x", now=1)

    told = at_once(database, creating("first"), twice, creating("last"))

    assert type(told[1]).__name__ == "BrokenConstraint"
    assert names(database) == {"first", "last"}


def test_what_is_not_committed_is_told_to_nobody(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def orphan(work: Work) -> None:
        work.cursor.execute("PRAGMA defer_foreign_keys = ON")
        work.cursor.execute(
            "INSERT INTO boards (id, store_id, name, created_at) VALUES (?, 'nowhere', 'orphan', 1)",
            ("00000000-0000-4000-8000-0000000000aa",),
        )

    told = at_once(database, creating("first"), orphan, creating("last"))

    assert [type(each) for each in told] == [InfrastructureError] * 3
    assert names(database) == set()
    database.close()


def test_a_full_disk_takes_no_step_that_was_told_to_be_done(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def fill(work: Work) -> None:
        work.cursor.execute("PRAGMA max_page_count = 1")  # clamps to what there is: every new page is one too many
        for number in range(1_000):
            stores.create(work, f"{number} {'x' * 80}")

    told = at_once(database, creating("first"), fill, creating("last"))

    assert isinstance(told[1], InfrastructureError)
    assert names(database) == {each for each in told if isinstance(each, str)}
    database.close()


def test_a_caller_that_is_cancelled_has_its_step_done(database: Database) -> None:
    async def leave() -> bool:
        asking = asyncio.create_task(database.write_soon(creating("kept")))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        return asking.cancelled()

    asyncio.run(leave())

    assert names(database) == {"kept"}


def slow(answer: threading.Event) -> Callable[[Work], str]:
    """A step that lasts until it is told to end."""
    return lambda _: "in time" if answer.wait(9) else "late"


def test_a_step_that_outlasts_a_timeout_is_done_and_what_comes_after_it_times_out(database: Database) -> None:
    answer, told = threading.Event(), list[str]()

    async def within_the_timeout() -> None:
        async with asyncio.timeout(0.01) as limit:
            asyncio.get_running_loop().call_at(limit.when() or 0, answer.set)
            told.append(await database.write_soon(slow(answer)))
            await asyncio.sleep(9)
            told.append("never said")

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await within_the_timeout()
        told.append(await database.write_soon(creating("after")))

    asyncio.run(ask())

    assert told == ["in time", "after"]


def test_nothing_is_left_of_a_timeout_whose_block_ended_with_the_step(database: Database) -> None:
    answer = threading.Event()

    async def ask() -> list[str]:
        told = []
        async with asyncio.timeout(0.01) as limit:
            asyncio.get_running_loop().call_at(limit.when() or 0, answer.set)
            told.append(await database.write_soon(slow(answer)))
        await asyncio.sleep(0)
        told.append(await database.write_soon(creating("after")))
        return told

    assert asyncio.run(ask()) == ["in time", "after"]


def test_a_caller_that_is_cancelled_goes_no_further_than_its_next_await(database: Database) -> None:
    answer, told = threading.Event(), list[str]()

    async def work() -> None:
        told.append(await database.write_soon(slow(answer)))
        await asyncio.sleep(9)
        told.append("never said")

    async def leave() -> bool:
        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        working.cancel()
        answer.set()
        await asyncio.wait([working])
        return working.cancelled()

    assert asyncio.run(leave())
    assert told == ["in time"]


@pytest.mark.parametrize("count", [1, STEPS])
def test_a_bug_in_a_step_reaches_its_caller_as_it_is(database: Database, count: int) -> None:
    def broken(_: Work) -> None:
        raise ZeroDivisionError

    told = at_once(database, *[broken] * count)

    assert {type(each) for each in told} == {ZeroDivisionError}


def test_nothing_is_kept_of_a_transaction_that_the_database_gave_up(database: Database) -> None:
    def swallow(work: Work) -> None:
        stores.create(work, "before")
        with suppress(ZeroDivisionError), work.savepoint():
            work.cursor.execute("ROLLBACK")
            raise ZeroDivisionError
        stores.create(work, "after")

    with pytest.raises(InfrastructureError, match="gave up"):
        database.write(swallow)

    assert names(database) == set()


def test_a_session_that_fails_within_a_savepoint_undoes_no_more_than_that(database: Database) -> None:
    def twins(work: Work) -> None:
        stores.create(work, "kept")
        with suppress(IntegrityError), work.savepoint():
            for _ in range(2):
                work.session.add(Store(id=NO_ONE, name="twin", created_at=moment(1), updated_at=moment(1)))
                work.session.flush()
                work.session.expunge_all()

    database.write(twins)

    assert names(database) == {"kept"}
