"""Steps of concurrent runs that commit together.

1. Steps that come within a moment, or while no thread is free, wait together.
2. A free thread takes all that wait into one transaction, each behind a savepoint: one that fails is undone alone.
3. They are committed together, and only then is anybody told: what a step was told is on disk.

On SQLite, where one transaction writes at a time, this shares the lock and the `fsync`. On Postgres a step keeps a
transaction of its own: rows locked by one step until the commit of another could lock each other out. What is shared
there is the way to the thread and back, which costs the processor more than a statement does.
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from processor.errors import InfrastructureError, ProcessorError
from processor.storage.channel import Channel
from processor.storage.faults import explained
from processor.storage.work import Work

if TYPE_CHECKING:
    from processor.storage.database import Database

GATHER_SECONDS = 0.002
"""How long a step waits for others: a thousandth of what a model call takes."""
MOST_TOGETHER = 50
"""Bounds how long the steps hold the lock of a SQLite file, and how much one failing disk takes with it."""


@dataclass(slots=True)
class _Step:
    """A function that wants a transaction, and who waits for what came of it."""

    function: Callable[[Work], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None

    def run(self, work: Work) -> None:
        self.result = self.function(work)

    def fail(self, error: BaseException) -> None:
        """It did not happen; whoever had an error of his own keeps it."""
        self.error = self.error or error

    def tell(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class SharedCommit:
    """Runs steps in the executor, those that wait at the same time in one transaction."""

    def __init__(self, database: "Database", executor: Executor, threads: int) -> None:
        self._database = database
        self._executor = executor
        self._threads = threads
        self._free = threads
        self._waiting: deque[_Step] = deque()
        self._gathering = False
        self._lock = threading.Lock()

    def add(self, function: Callable[[Work], Any]) -> "asyncio.Future[Any]":
        """Have the function run in a transaction; the future is done when that is committed, or has failed."""
        loop = asyncio.get_running_loop()
        step = _Step(function, loop, loop.create_future())
        with self._lock:
            self._waiting.append(step)
            if self._free and not self._gathering:
                self._gathering = True
                loop.call_later(GATHER_SECONDS, self._start)
        return step.future

    def _start(self) -> None:
        """Give what has gathered to the free threads, an equal part to each."""
        with self._lock:
            self._gathering = False
            wanted = min(self._free, len(self._waiting))
            self._free -= wanted
            most = min(MOST_TOGETHER, math.ceil(len(self._waiting) / self._threads))
        for _ in range(wanted):
            self._executor.submit(self._run_waiting, most)

    def _run_waiting(self, most: int) -> None:
        with self._lock:
            steps = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        try:
            self._commit(steps)
        finally:
            with self._lock:
                if self._waiting and not self._gathering:
                    # Behind whatever else the executor has to do: reads are not shut out.
                    self._executor.submit(self._run_waiting, min(MOST_TOGETHER, len(self._waiting)))
                else:
                    self._free += 1

    def _commit(self, steps: Sequence[_Step]) -> None:
        if self._database.dialect == "postgresql" or len(steps) == 1:
            for step in steps:
                self._commit_alone(step)
                self._tell([step])
            return
        try:
            self._commit_together(steps)
        except BaseException as error:  # noqa: BLE001 (each is told, in its own thread)
            for step in steps:
                step.fail(_shared(error))
        self._tell(steps)

    def _commit_alone(self, step: _Step) -> None:
        try:
            self._database.write(step.run)
        except BaseException as error:  # noqa: BLE001 (told in its own thread)
            step.fail(error)

    def _commit_together(self, steps: Sequence[_Step]) -> None:
        clock = self._database.clock
        with self._database.transaction(writes=True) as channel:
            now = clock.now()
            works = [self._database.work(channel, now) for _ in steps]
            for step, work in zip(steps, works, strict=True):
                _run_alone(step, channel, work)
        for work in works:
            self._database.tell(work)

    @staticmethod
    def _tell(steps: Sequence[_Step]) -> None:
        for loop in {step.loop for step in steps}:
            loop.call_soon_threadsafe(_tell_all, [step for step in steps if step.loop is loop])


def _run_alone(step: _Step, channel: Channel, work: Work) -> None:
    """Run one of several steps; its failure is its own, unless it took the whole transaction with it."""
    try:
        with work.savepoint():
            step.run(work)
    except Exception as error:
        if not channel.in_transaction or not channel.usable:
            raise
        step.error = explained(error, channel.url)
    finally:
        work.close()


def _shared(error: BaseException) -> BaseException:
    """What took the transaction away is nobody's own fault: the database's, for all of them."""
    return error if isinstance(error, ProcessorError) else InfrastructureError(str(error))


def _tell_all(steps: Sequence[_Step]) -> None:
    for step in steps:
        step.tell()
