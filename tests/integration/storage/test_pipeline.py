"""Statements that are sent together: what goes wrong among them is told as if they had been sent one by one."""

import asyncio
from typing import Any

import psycopg
import pytest

from processor.errors import Conflict, InfrastructureError, ProcessorError
from processor.services import stores as service
from processor.storage.database import Database
from processor.storage.faults import BrokenConstraint
from processor.storage.work import PIPELINED_FROM, Work
from tests.conftest import Stores

NOBODY = "00000000-0000-4000-8000-00000000dead"
PLACES = range(PIPELINED_FROM + 2)


@pytest.fixture
def postgres(postgres_url: str) -> Any:
    database = Database(postgres_url)
    yield database
    database.close()


def names(database: Database) -> set[str]:
    with database.reading() as work:
        return {store.name for store in service.list(work)}


def beat(work: Work, *, times: int) -> None:
    for _ in range(times):
        work.later("ticks.beat", now=work.now)


def note(work: Work, store_id: str) -> None:
    """Refused: there is no such task."""
    work.later("notes.set", task_id=NOBODY, store_id=store_id, body="x", now=work.now)


def hang_up_on(work: Work) -> None:
    """What an administrator, a restart or a pooler does to a connection that is in use."""
    with psycopg.connect(work._channel.url, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s)", [work._channel.driver.info.backend_pid])


@pytest.mark.parametrize("place", PLACES)
def test_a_broken_constraint_is_told_wherever_it_stands(database: Database, stores: Stores, place: int) -> None:
    def write(work: Work) -> None:
        beat(work, times=place)
        note(work, stores.mine)
        beat(work, times=PLACES.stop - place)

    with pytest.raises(BrokenConstraint, match=r"(?i)foreign key"):
        database.write(write)
    assert database.write(creates("after")) == "after"


def creates(name: str) -> Any:
    return lambda work: service.create(work, name).name


def test_it_undoes_no_more_than_its_savepoint(database: Database, stores: Stores) -> None:
    def within(work: Work) -> None:
        with work.savepoint():
            creates("within")(work)
            beat(work, times=PIPELINED_FROM)
            note(work, stores.mine)

    def write(work: Work) -> None:
        creates("before")(work)
        with pytest.raises(BrokenConstraint):
            within(work)
        creates("behind")(work)

    database.write(write)

    assert names(database) == {"default", "mine", "stranger", "before", "behind"}


def test_an_error_of_the_callers_own_counts_more_than_what_still_waits(postgres: Database) -> None:
    def write(work: Work) -> None:
        beat(work, times=PIPELINED_FROM)
        note(work, NOBODY)
        raise Conflict("somebody else was first")

    with pytest.raises(Conflict):
        postgres.write(write)


@pytest.mark.parametrize("waiting", [0, 1, PIPELINED_FROM, 10])
def test_a_lost_connection_is_a_passing_fault_and_is_used_no_more(postgres: Database, waiting: int) -> None:
    def write(work: Work) -> None:
        creates("lost")(work)
        hang_up_on(work)
        beat(work, times=waiting)

    with pytest.raises(InfrastructureError):
        postgres.write(write)
    assert postgres._idle == []
    assert postgres.write(creates("after")) == "after"
    assert names(postgres) == {"default", "after"}


def test_a_connection_lost_within_a_savepoint_takes_the_whole_transaction(postgres: Database) -> None:
    def write(work: Work) -> None:
        creates("before")(work)
        with work.savepoint():
            hang_up_on(work)
            beat(work, times=PIPELINED_FROM)

    with pytest.raises(InfrastructureError):
        postgres.write(write)
    assert names(postgres) == {"default"}


def test_a_statement_that_takes_too_long_is_a_passing_fault(postgres: Database) -> None:
    def write(work: Work) -> None:
        work.cursor.execute("SET LOCAL statement_timeout = 50")
        beat(work, times=PIPELINED_FROM)
        work._waiting.append(("SELECT pg_sleep(9)", {}))
        beat(work, times=1)

    with pytest.raises(InfrastructureError, match="statement timeout"):
        postgres.write(write)
    assert postgres.write(creates("after")) == "after"


def test_a_statement_that_is_a_bug_is_told_as_it_is(postgres: Database) -> None:
    def write(work: Work) -> None:
        work._waiting.append(("SELECT 1 / 0", {}))
        beat(work, times=PIPELINED_FROM)

    with pytest.raises(psycopg.errors.DivisionByZero):
        postgres.write(write)
    assert postgres.write(creates("after")) == "after"


def test_steps_beside_one_whose_connection_is_lost_are_done_or_told_so(postgres: Database) -> None:
    def lost(work: Work) -> None:
        hang_up_on(work)
        beat(work, times=PIPELINED_FROM)

    async def all_at_once() -> list[Any]:
        functions = [lost if number % 4 == 0 else creates(f"store {number}") for number in range(12)]
        return await asyncio.gather(*map(postgres.write_soon, functions), return_exceptions=True)

    told = asyncio.run(all_at_once())

    assert all(isinstance(each, str | ProcessorError) for each in told), told
    assert {each for each in told if isinstance(each, str)} == names(postgres) - {"default"}
