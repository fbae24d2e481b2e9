"""The looks of one tick at watched files, beside the runs that it executes.

1. One look after the other, each in a thread of its own: a file system that does not answer holds up no run.
2. A look that takes too long is given up. That stands as a warning at its watch, whose next look comes after those of
   the watches that have none.
3. Without a credential nothing is handed to a run: what has settled waits, as due slots do.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import Self, TypeVar

from processor.errors import Contended, InvalidSchedule, ProcessorError
from processor.log import get_logger
from processor.settings import Settings
from processor.storage import watches
from processor.storage.database import Database
from processor.storage.watches import Look, Watch
from processor.tick import checks, watch

MOST_LOOK_SECONDS = 60.0

T = TypeVar("T")


class Looks:
    """What a tick looks at, of one store or of all; `runs` counts those that were queued, `bugs` looks that failed."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        store_id: str | None,
        most_look_seconds: float = MOST_LOOK_SECONDS,
    ) -> None:
        self.runs = 0
        self.bugs = 0
        self._withheld = 0
        self._most_look_seconds = most_look_seconds
        self._database = database
        self._root = str(settings.root)
        with database.reading() as work:
            self._watches = watches.watches(work, store_id)
        self._refused = checks.credential_problem(settings)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_at_all())
        return self

    async def under_way(self, most_seconds: float) -> bool:
        """Wait for the looks, `most_seconds` at most; False if the caller knew already that they are over."""
        if self._task is None:
            return False
        _, waiting = await asyncio.wait({self._task}, timeout=most_seconds)
        if not waiting:
            ended, self._task = self._task, None
            ended.result()
        return True

    async def __aexit__(self, *_: object) -> None:
        """Give up what has not been looked at."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def require_credential(self) -> None:
        """Raise ConfigurationError if changes would have made a run, had there been a credential for it."""
        if self._withheld and self._refused is not None:
            raise self._refused

    async def _look_at_all(self) -> None:
        ended = [each.task_id for each in self._watches if each.was_paused]
        if ended:
            with suppress(Contended):  # they look all the same
                await self._database.write_soon(watches.end_pauses, ended)
        for each in self._watches:
            try:
                await self._look(each)
            except (InvalidSchedule, Contended) as error:
                watch.log_unavailable(each, str(error))
            except ProcessorError:
                raise
            except Exception:  # noqa: BLE001 (a bug of ours that one watch meets stops neither the others nor runs)
                self.bugs += 1
                get_logger().exception("watch.failed", task_id=each.task_id, store_id=each.store_id)

    async def _look(self, each: Watch) -> None:
        look = await self._seen(each)
        if self._refused is not None and look.changes:
            self._withheld += 1
            look = replace(look, changes=[], after=[], gone=[])
        if watch.says_something(each, look):
            recorded = await self._database.write_soon(watches.record, each, look)
            self.runs += recorded.run_id is not None

    async def _seen(self, each: Watch) -> Look:
        looking = _in_thread(partial(watch.seen, self._database, self._root, each))
        try:
            return await asyncio.wait_for(looking, self._most_look_seconds)
        except TimeoutError:
            return watch.given_up(each, self._most_look_seconds)


def changed(database: Database, settings: Settings, store_id: str | None) -> list[tuple[Watch, Look]]:
    """The watches for which a tick would queue a run now, each with its look; writes nothing."""
    with database.reading() as work:
        found = watches.watches(work, store_id)
    looks: list[tuple[Watch, Look]] = []
    for each in found:
        with suppress(InvalidSchedule):  # the tick tells of it
            looks.append((each, watch.seen(database, str(settings.root), each)))
    return [(each, look) for each, look in looks if look.changes]


async def _in_thread(function: Callable[[], T]) -> T:
    """Call it in a thread that nobody waits for at the end: the process ends although the thread hangs."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(result)  # type: ignore[arg-type] # without an error there is a result
        else:
            outcome.set_exception(error)

    def call() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as raised:  # noqa: BLE001 (handed on to who waits)
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=call, name="look at files", daemon=True).start()
    return await outcome
