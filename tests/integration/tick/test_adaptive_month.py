"""A month of an adaptive task whose agent proposes well, badly, nothing and nonsense, and whose runs fail and die."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from processor.errors import Conflict
from processor.models import Run, ScheduleDecision
from processor.services import interventions, runs, tasks
from processor.services.instants import epoch, epoch_or_none
from processor.storage import runs as run_rows
from processor.storage.database import Database
from processor.storage.runs import Worker
from processor.tick.materialise import materialise
from tests.conftest import MONDAY_MORNING
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes

DAY = 24 * HOUR
LEAST, MOST = 2 * HOUR, 24 * HOUR
BOUNDS = {"schedule_type": "adaptive", "every": "6h", "min_interval": "2h", "max_interval": "24h"}
GONE = Worker("00000000-0000-4000-8000-0000000000f2", lease_seconds=120)


def asks(**arguments: Any) -> dict[str, Any]:
    return calls(call("propose_next_run", **{"reason": "News"} | arguments))


ANSWERS: tuple[tuple[Any, ...], ...] = (
    (asks(after="3h"), finishes()),
    (asks(after="20h"), finishes("nothing_to_do")),
    (asks(after="5m"), finishes()),
    (asks(after="30d"), finishes()),
    (asks(after="4h", valid_for="4h"), finishes()),
    (asks(after="soon"), asks(next_at="2001-01-01T00:00:00Z"), asks(), finishes()),
    (finishes(),),
    (finishes("nothing_to_do"),),
    (finishes("failed"),),
    (asks(after="2h"), finishes("failed")),
)


def next_at(world: World, task_id: str) -> int:
    """When the task runs next, which is the time that was decided last, and was said."""
    at = epoch_or_none(world.row(task_id).next_run_at)
    latest = world.rows(ScheduleDecision, "id", task_id=task_id)[-1]
    assert at is not None
    assert epoch_or_none(latest.next_run_at) == at
    assert latest.said.startswith("Next at 2026-1")
    return at


def on_time(world: World, task_id: str) -> None:
    world.tick()


def late(world: World, task_id: str) -> None:
    """No tick looks for half a day."""
    world.clock.advance(12 * HOUR)
    world.tick()


def killed(world: World, task_id: str) -> None:
    """The worker of the run dies; the next tick finds its lease run out."""
    world.tick(max_runs=0)
    world.database.write(run_rows.claim, GONE, 1)


def cancelled(world: World, task_id: str) -> None:
    world.tick(max_runs=0)
    for run in world.rows(Run, task_id=task_id, state="queued"):
        world.database.write(interventions.cancel, DEFAULT_STORE, run.id)


def paused(world: World, task_id: str) -> None:
    world.database.write(tasks.pause, DEFAULT_STORE, task_id, world.clock.now + 30 * HOUR)


def disabled(world: World, task_id: str) -> None:
    """For a day the task has no next time, and then one again."""
    world.database.write(tasks.disable, DEFAULT_STORE, task_id)
    assert world.row(task_id).next_run_at is None
    world.clock.advance(DAY)
    world.tick()
    world.database.write(tasks.enable, DEFAULT_STORE, task_id)


FATES: tuple[Callable[[World, str], None], ...] = (late, killed, cancelled, paused, disabled)


def test_a_month_of_whatever_agents_and_machines_do(world: World) -> None:
    task_id = world.task(max_retries=0, fallback="recent", **BOUNDS)
    chance, step = random.Random(20_261_116), 0
    while world.clock.now < MONDAY_MORNING + 30 * DAY:
        at = next_at(world, task_id)
        assert at > world.clock.now
        world.clock.set(at)
        world.script(*ANSWERS[chance.randrange(len(ANSWERS))])
        fate = FATES[step // 3 % len(FATES)] if step % 3 == 2 else on_time
        fate(world, task_id)
        world.tick()
        step += 1

    assert step > 30
    kept = world.rows(ScheduleDecision, "id", task_id=task_id)
    assert {each.source for each in kept} >= {
        *("proposal", "clamped_to_min", "clamped_to_max", "backoff", "paused", "fallback", "baseline"),
    }
    assert [each for each in kept if not _within_bounds(each)] == []
    assert {run.state for run in world.runs(task_id)} >= {"succeeded", "failed", "cancelled"}
    assert any(run.recoveries for run in world.runs(task_id))
    assert world.broken() == []


def _within_bounds(decision: ScheduleDecision) -> bool:
    """Counted from the last slot, or where an outage or a pause took that away, from its end."""
    at = epoch_or_none(decision.next_run_at)
    facts = json.loads(decision.inputs)["facts"]
    if at is None:
        return facts["enabled"] is False
    last: int = facts["last_slot"]
    after: int = max(epoch(decision.decided_at), facts["paused_until"] or 0)
    if last + MOST > after:
        return max(last + LEAST, after + 1) <= at <= last + MOST
    return after < at <= after + MOST


def test_without_proposals_the_rhythm_of_the_baseline_holds_exactly(world: World) -> None:
    task_id = world.task(**BOUNDS)
    world.script(finishes())
    for count in range(1, 4 * 30 + 1):
        world.clock.set(MONDAY_MORNING + count * 6 * HOUR)
        world.tick()
    slots = [(at, disposition) for at, disposition, _, _ in world.ledger(task_id)]
    assert slots == [(MONDAY_MORNING + count * 6 * HOUR, "claimed") for count in range(1, 121)]
    assert {each.source for each in world.rows(ScheduleDecision)} == {"baseline"}
    assert world.broken() == []


def test_two_ticks_and_the_end_of_a_run_at_once_leave_one_row_and_one_next_time(world: World) -> None:
    task_ids = [world.task(**BOUNDS) for _ in range(5)]
    for _ in range(4):
        run_ids = [world.database.write(runs.request, DEFAULT_STORE, task_id)["id"] for task_id in task_ids]
        world.clock.set(max(next_at(world, task_id) for task_id in task_ids))
        with ThreadPoolExecutor(3) as pool:
            ticks = [pool.submit(_materialise, world) for _ in range(2)]
            ends = pool.submit(_cancel, world, run_ids)
            for each in (*ticks, ends):
                each.result()
        for task_id in task_ids:
            if next_at(world, task_id) <= world.clock.now:
                world.tick(max_runs=0)
            assert next_at(world, task_id) > world.clock.now
            assert len({at for at, *_ in world.ledger(task_id)}) == len(world.ledger(task_id))
            for run in world.rows(Run, task_id=task_id, state="queued"):
                world.database.write(interventions.cancel, DEFAULT_STORE, run.id)
        assert world.broken() == []


def _materialise(world: World) -> None:
    with closing(Database(world.database.url)) as database:
        materialise(database, world.settings, None, with_model=True)


def _cancel(world: World, run_ids: list[str]) -> None:
    with closing(Database(world.database.url)) as database:
        for run_id in run_ids:
            try:
                database.write(interventions.cancel, DEFAULT_STORE, run_id)
            except Conflict:
                continue
