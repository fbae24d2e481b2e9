"""Executes claimed runs, many at once, until nothing is ready or the tick ends.

1. Claim as many runs as there are free places: never more than start now, because a claim is a lease.
2. Execute each by its task's kind; a run writes down its own ending. A suspect is alone until it has passed a turn.
3. Look again whenever a place becomes free, and now and then: what became ready meanwhile goes in the same tick.
4. When the tick ends or is stopped, runs hand themselves back; calls that last too long are cut.
5. What a fault of the database has stopped is handed back at the end: nobody waits for its lease to run out.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Protocol

from processor.context import TickContext
from processor.errors import Contended, InfrastructureError, ProcessorError
from processor.lazy import load
from processor.log import get_logger
from processor.services import runs as run_views
from processor.services.runs import RunView
from processor.settings import Settings
from processor.storage import runs
from processor.storage.database import Database
from processor.storage.faults import BrokenConstraint
from processor.storage.runs import Claim, Worker
from processor.storage.work import Work
from processor.tick import claims
from processor.tick.checks import stop_reason
from processor.tick.claims import Claims

EXECUTORS: dict[str, str] = {"agent": "processor.agent.executor:AgentExecutor"}
"""Who executes a kind of task. Each path leads to a class of the shape of `Executor`."""

LOOK_AGAIN_SECONDS = 2.0
TRIES_TO_CLAIM = 10
RENEWALS_PER_LEASE = 3
HAND_BACK_SECONDS = 3.0
"""For so long it is tried again: a server that restarts is back by then."""
HAND_BACK_PAUSE_SECONDS = 0.5


class Executor(Protocol):
    """Executes the runs of one kind of task."""

    refused: str | None
    bugs: int

    def __init__(self, database: Database, settings: Settings, context: TickContext) -> None: ...

    async def execute(self, claim: Claim) -> None:
        """Take the run as far as it goes and write its ending; raises InfrastructureError if that cannot be done."""

    async def hand_back(self, claim: Claim) -> None:
        """Give back a run that was stopped by a fault of the database; raises InfrastructureError if that goes on."""

    async def close(self) -> None:
        """Let go of what it holds."""


class Beside(Protocol):
    """Goes on beside the runs, and may queue some."""

    async def under_way(self, most_seconds: float) -> bool:
        """Wait for it; False if the caller knew already that it is over."""


class Claiming(Protocol):
    """Takes runs for a worker, within one transaction; see `claims.claim`."""

    def __call__(self, work: Work, worker: Worker, limit: int, *, idle: bool) -> Claims: ...


class Execution:
    """The executing part of one tick."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        context: TickContext,
        worker: Worker,
        max_runs: int | None,
        claiming: Claiming = claims.claim,
        beside: Beside | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._context = context
        self._worker = worker
        self._executor: Executor = load(EXECUTORS["agent"])(database, settings, context)
        self._left = max_runs
        self._claiming = claiming
        self._beside = beside
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._suspect: Claim | None = None
        """The run that is executed alone."""
        self._next_look = time.monotonic() + LOOK_AGAIN_SECONDS
        self.claims: list[Claim] = []
        self.ended: list[Claim] = []
        """Runs that ended instead of being executed."""
        self.faults: list[ProcessorError] = []

    @property
    def bugs(self) -> int:
        """How many runs a bug of ours ended."""
        return self._executor.bugs

    @property
    def refused(self) -> str | None:
        """Why the provider takes no more calls."""
        return self._executor.refused

    def run_objects(self) -> list[RunView]:
        """What was executed or ended, as people see it; each run once, and none that was deleted meanwhile."""
        with self._database.reading() as work:
            return run_views.among(work, dict.fromkeys(claim.run_id for claim in (*self.claims, *self.ended)))

    async def run(self, first: Iterable[Claim] = ()) -> None:
        """Execute what was claimed already and what is ready, until nothing is and nothing runs."""
        self._start(first)
        renewing = asyncio.create_task(self._keep_leases())
        try:
            while await self._fill_places() or self._running or await self._more_may_come():
                await self._wait_for_a_place()
                await self._heed_emergency_stop()
                if self._context.seconds_to_hard_deadline == 0 or self._context.stop_reason is not None:
                    self._cut_calls()
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing
            await self._hand_back()
            await self._executor.close()

    async def _hand_back(self) -> None:
        """Give back the runs that the database says are ours, after a fault of its own.

        Some were claimed by a COMMIT whose answer was lost. A fault that lasts longer leaves them to their lease.
        """
        if not any(isinstance(fault, InfrastructureError) for fault in self.faults):
            return
        until = time.monotonic() + HAND_BACK_SECONDS
        while True:
            if await self._handed_back() or self._context.stop_reason is not None or time.monotonic() >= until:
                return
            await asyncio.sleep(HAND_BACK_PAUSE_SECONDS)

    async def _handed_back(self) -> bool:
        """Try to give back what is ours, each run by itself; tell whether that was all."""
        try:
            claims = await self._database.read_soon(runs.held, self._worker)
        except InfrastructureError:
            return False
        leaving = {asyncio.create_task(self._executor.hand_back(claim)): claim for claim in claims}
        if leaving:
            await asyncio.wait(leaving)
        for task, claim in leaving.items():
            self._settle(task, claim)
        return all(task.exception() is None for task in leaving)

    async def _heed_emergency_stop(self) -> None:
        """The stop counts for what runs, too: a person who stops everything means now."""
        if self._context.stop_reason is None and self._next_look <= time.monotonic():
            self._next_look = time.monotonic() + LOOK_AGAIN_SECONDS
            with contextlib.suppress(InfrastructureError):  # a look that failed is taken again
                reason = await self._database.read_soon(stop_reason, self._settings)
                if reason is not None:
                    self._context.stop(f"emergency stop: {reason}")

    async def _fill_places(self) -> bool:
        """Claim and start what fits; tell whether anything was started."""
        places = self._settings.max_concurrency - len(self._running)
        limit = places if self._left is None else min(places, self._left)
        if limit <= 0 or self._context.ending or self.refused is not None or self.faults or await self._is_alone():
            return False
        found = await self._claim(limit)
        self._suspect = next((claim for claim in found.to_execute if claim.is_suspect), None)
        self._start(found.to_execute)
        self.ended += found.ended
        self._left = None if self._left is None else self._left - len(found.to_execute)
        return bool(found.to_execute)

    async def _more_may_come(self) -> bool:
        if self._beside is None or self._context.ending:
            return False
        return await self._beside.under_way(LOOK_AGAIN_SECONDS)

    async def _is_alone(self) -> bool:
        """Whether a suspect runs that has passed no turn yet; one look every now and then is enough."""
        suspect = self._suspect
        if suspect is None or suspect not in self._running.values():
            return False
        with contextlib.suppress(InfrastructureError):  # a look that failed is taken again
            if await self._database.read_soon(runs.passed_turn, suspect.run_id):
                self._suspect = None
        return self._suspect is not None

    async def _claim(self, limit: int) -> Claims:
        """Claim up to `limit` runs; a database that fails ends the claiming, not the runs under way."""
        try:
            for _ in range(TRIES_TO_CLAIM):
                with contextlib.suppress(BrokenConstraint, Contended):
                    # Refused: another process started a run of the same task between our look and our write.
                    return await self._database.write_soon(self._claiming, self._worker, limit, idle=not self._running)
            raise InfrastructureError("Runs could not be claimed beside so many others: the next tick tries again")
        except ProcessorError as error:
            self.faults.append(error)
            return Claims()

    def _start(self, claimed: Iterable[Claim]) -> None:
        for claim in claimed:
            self._running[asyncio.create_task(self._executor.execute(claim))] = claim
            self.claims.append(claim)

    async def _wait_for_a_place(self) -> None:
        if not self._running:
            return
        seconds = min(LOOK_AGAIN_SECONDS, self._context.seconds_to_hard_deadline or LOOK_AGAIN_SECONDS)
        done, _ = await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            self._settle(task, self._running.pop(task))

    def _settle(self, task: asyncio.Task[None], claim: Claim) -> None:
        """One run that others were in the way of stops no other: its lease runs out, which counts as a recovery.

        A database that fails ends the claiming, because it would fail the others, too.
        """
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ProcessorError) and not isinstance(error, Contended):
            self.faults.append(error)
        elif error is not None and not isinstance(error, Contended):
            get_logger().error("run.broken", run_id=claim.run_id, exc_info=error)
            self._executor.bugs += 1

    def _cut_calls(self) -> None:
        for task in self._running:
            task.cancel()

    async def _keep_leases(self) -> None:
        """Renew all leases of this process at once. A process that hangs stops doing so, and loses its runs."""
        while True:
            await asyncio.sleep(self._worker.lease_seconds / RENEWALS_PER_LEASE)
            self._database.read_clock_again()  # a lease by a clock that has been set back would outlast its worker
            try:
                await self._database.write_soon(runs.renew, self._worker)
            except ProcessorError as error:
                get_logger().warning("lease.unrenewed", reason=str(error))
