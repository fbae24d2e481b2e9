"""One database: whole transactions, in this thread or in the executor.

Every writing transaction on SQLite begins IMMEDIATE: a deferred one that turns into a writer fails at once,
whatever the busy timeout. On Postgres READ COMMITTED and compare-and-set do the work.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from processor.clock import Clock, database_clock, host_clock
from processor.storage.channel import Channel
from processor.storage.faults import translated
from processor.storage.shared_commit import SharedCommit
from processor.storage.url import normalise, refuse_ephemeral
from processor.storage.work import Work

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from processor.storage.listeners import Listeners

P = ParamSpec("P")
T = TypeVar("T")

_POSTGRES_THREADS = 4
"""Each holds a connection: twenty processes at once stay below the hundred that a Postgres server allows by default."""
_CACHE_KB = 4_096
_LARGE_CACHE_KB = 65_536


class Database:
    """A SQLite file or a Postgres database. Services and executors get it; nothing else opens connections."""

    def __init__(self, url: str) -> None:
        self.url = normalise(url)
        refuse_ephemeral(self.url)
        self.dialect = "sqlite" if self.url.startswith("sqlite:") else "postgresql"
        self._idle: list[Channel] = []
        self._cache_kb = _CACHE_KB
        self._threads = 1 if self.dialect == "sqlite" else _POSTGRES_THREADS
        self._executor = ThreadPoolExecutor(self._threads, "database")
        self._commits = SharedCommit(self, self._executor, self._threads)
        # A reader beside SQLite's writer would need a connection with a cache of its own: that is slower.
        self.spare_writers = 0 if self.dialect == "sqlite" else 1
        self._clock: Clock | None = None
        self._listeners: Listeners | None = None

    @property
    def clock(self) -> Clock:
        """The host's time on SQLite, the database's on Postgres."""
        clock = self._clock
        if clock is None:
            clock = self._clock = host_clock() if self.dialect == "sqlite" else self._read_clock()
        return clock

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Channel]:
        """A channel with a transaction, which is kept at the end if it `writes`, else undone."""
        with translated(self.url), self._begun(writes=writes) as channel:
            try:
                yield channel
                if writes:
                    channel.commit()
            except BaseException:
                with suppress(Exception):  # what went wrong first is what counts
                    channel.roll_back()
                raise
            if not writes:
                channel.roll_back()

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """One whole transaction that may write."""
        clock = self.clock
        # Begun, and on SQLite locked, before now is read: now is no older than the lock.
        with self.transaction(writes=True) as channel, _settled(self.work(channel, clock.now())) as work:
            yield work
        self.tell(work)

    def listen(self, functions: Mapping[str, Sequence[str]], folder: str) -> None:
        """Call functions (`package.module:function`, also from `folder`) with the events that match their patterns."""
        if functions:
            # A program without listeners starts without what calls them.
            from processor.storage.listeners import Listeners  # noqa: PLC0415

            self._listeners = Listeners(functions, folder)

    def work(self, channel: Channel, now: int) -> Work:
        """What a writing transaction offers."""
        return Work(channel, now, is_heard=self._listeners is not None)

    def tell(self, work: Work) -> None:
        """Tell the listeners of what is committed now."""
        if self._listeners is not None and work.heard:
            self._listeners.tell(work.heard)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """One transaction that only looks, at one state of the database; whatever it wrote is undone."""
        clock = self.clock
        with self.transaction(writes=False) as channel, _settled(Work(channel, clock.now())) as work:
            yield work

    @contextmanager
    def many_rows(self) -> Iterator[None]:
        """Statements within go over rows by the thousand: SQLite keeps more pages in memory meanwhile."""
        self._cache_kb = _LARGE_CACHE_KB
        try:
            yield
        finally:
            self._cache_kb = _CACHE_KB

    def write(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` with a writing transaction of its own."""
        with self.writing() as work:
            return function(work, *args, **kwargs)

    def write_beside(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """`write` in the executor, while the caller's thread goes on; the caller asks for the result."""
        return self._executor.submit(lambda: self.write(function, *args, **kwargs))

    async def write_soon(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` in the executor, so that a locked database never stalls the event loop; commits may be shared.

        A write that is asked for is done: cancelled meanwhile, the caller gets its result all the same, and is
        cancelled at its next await. Otherwise nobody would know what the database holds.
        """
        return await _done(self._commits.add(lambda work: function(work, *args, **kwargs)))

    async def read_soon(self, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` with a transaction that only looks, in the executor."""

        def read() -> T:
            with self.reading() as work:
                return function(work, *args, **kwargs)

        return await _done(asyncio.get_running_loop().run_in_executor(self._executor, read))

    @contextmanager
    def connection(self) -> Iterator["Connection"]:
        """SQLAlchemy on a connection outside any transaction of ours, for migrations and checks."""
        with translated(self.url), self._channel() as channel, channel.engine.connect() as connection:
            yield connection

    def read_clock_again(self) -> None:
        """Ask for the time anew: a suspended machine's monotonic clock stood still, a database's clock may be set."""
        self._clock = None

    def close(self) -> None:
        """Give every connection back, and wait a little for the listeners."""
        self._executor.shutdown(wait=True)
        self._hang_up()
        if self._listeners is not None:
            self._listeners.drain()

    @contextmanager
    def _channel(self) -> Iterator[Channel]:
        """A channel that nobody else uses meanwhile."""
        channel = self._taken()
        try:
            channel.keep(self._cache_kb)
            yield channel
        finally:
            channel.end()
            if channel.usable:
                self._idle.append(channel)
            else:
                # The server has restarted, or cut us off: its other connections are no better.
                self._hang_up()

    def _taken(self) -> Channel:
        try:
            return self._idle.pop()
        except IndexError:
            return Channel(self.url, self.dialect)

    @contextmanager
    def _begun(self, *, writes: bool) -> Iterator[Channel]:
        """A channel with a transaction; one that the server has hung up while it was idle is replaced."""
        with self._channel() as channel:
            try:
                channel.begin(writes=writes)
            except Exception:
                if channel.usable:
                    raise
            else:
                yield channel
                return
        with self._channel() as fresh:
            fresh.begin(writes=writes)
            yield fresh

    def _hang_up(self) -> None:
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                self._idle.pop().close()

    def _read_clock(self) -> Clock:
        with self.transaction(writes=False) as channel:
            epoch = Work(channel, 0).run("clock.now").scalar_one()
        return database_clock(float(epoch))


@contextmanager
def _settled(work: Work) -> Iterator[Work]:
    try:
        yield work
        work.settle()
    finally:
        work.close()


async def _done(future: "asyncio.Future[T]") -> T:
    """The future's result, whatever happens to who waits for it; a cancellation comes after it."""
    cancelled = False
    while not future.done():
        try:
            with suppress(Exception):
                await asyncio.shield(future)
        except asyncio.CancelledError:
            cancelled = True
    task = asyncio.current_task()
    if cancelled and task is not None:
        # First of all that comes after what the task does before its next await.
        asyncio.get_running_loop().call_soon(_cancel_still, task, task.cancelling())
    return future.result()


def _cancel_still(task: "asyncio.Task[object]", requests: int) -> None:
    """Hand on a cancellation that was caught, unless who asked for it has withdrawn it: a timeout's block was left.

    It is the same request, not one more: `asyncio.timeout` knows its own by their number.
    """
    if task.cancelling() >= requests:
        task.uncancel()
        task.cancel()
