import asyncio
import math
from typing import Any

import pytest

from processor.context import TickContext
from processor.errors import Conflict
from processor.models import Run
from processor.reports.verify import verify
from processor.rules.disposition import LONGEST_LIST
from processor.services import backfill, tasks
from processor.services.instants import epoch
from processor.tick.backfill import BackfillReport, run_backfill
from tests.conftest import MONDAY_MORNING
from tests.integration.tick.materialising import materialised
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World, finishes, says

NOW = MONDAY_MORNING
MINUTE = 60


def backfilled(
    world: World, task_id: str, from_at: int, until_at: int, context: TickContext | None = None, **options: Any
) -> BackfillReport:
    newest_first = options.pop("newest_first", False)
    with world.database.reading() as work:
        plan = backfill.plan_range(work, task_id, from_at, until_at, **options)
    context = context or TickContext(math.inf)
    return asyncio.run(run_backfill(world.database, world.settings, plan, context, newest_first=newest_first))


def planned(world: World, task_id: str, from_at: int, until_at: int, **options: Any) -> backfill.Plan:
    with world.database.reading() as work:
        return backfill.plan_range(work, task_id, from_at, until_at, **options)


def require_sound(world: World) -> None:
    with world.database.reading() as work:
        broken = {each.name: [row.said for row in each.rows] for each in verify(work) if each.count}
    assert broken == {}


@pytest.mark.parametrize("schedule", [{"schedule_type": "manual"}, {"watch": "inbox/"}])
def test_a_task_without_times_of_its_own_has_nothing_to_make_up_for(world: World, schedule: dict[str, str]) -> None:
    task_id = world.task(every=None, **schedule)
    with pytest.raises(Conflict, match=f"no times of its own.* 'processor tasks run {task_id}' runs it now"):
        planned(world, task_id, NOW, NOW + HOUR)


def test_missed_times_of_an_adaptive_task_run_and_its_schedule_goes_on(world: World) -> None:
    task_id = world.task(every="1h", schedule_type="adaptive", min_interval="15m", max_interval="8h")
    world.clock.advance(3 * HOUR)
    materialised(world)
    next_run_at = world.row(task_id).next_run_at
    with world.database.reading() as work:
        assert backfill.plan_missed(work).slot_count == 1
    world.script(finishes())
    assert backfilled(world, task_id, NOW, NOW + 3 * HOUR).left == 0
    assert world.ledger(task_id)[0][:2] == (NOW + HOUR, "claimed")
    assert world.row(task_id).next_run_at == next_run_at
    require_sound(world)


@pytest.fixture
def missed(world: World) -> str:
    """A task with four missed slots, and the next one in half an hour."""
    task_id = world.due_task()
    world.clock.advance(3 * HOUR + 30 * MINUTE)
    materialised(world)
    assert world.dispositions(task_id) == ["missed"] * 4
    return task_id


def slots_run(world: World, task_id: str) -> list[int]:
    """The slots in the order in which their runs were made."""
    return [epoch(run.scheduled_time) for run in world.rows(Run, "id", task_id=task_id) if run.scheduled_time]


def test_missed_slots_run_one_after_the_other_and_the_schedule_stays(world: World, missed: str) -> None:
    before = world.row(missed)

    report = backfilled(world, missed, NOW, NOW + 2 * HOUR)

    assert (report.ran.claimed, report.ran.succeeded, report.left, report.ran.exit_code) == (3, 3, 0, 0)
    assert world.dispositions(missed) == ["claimed"] * 3 + ["missed"]
    assert slots_run(world, missed) == [NOW, NOW + HOUR, NOW + 2 * HOUR]
    assert {run.trigger for run in world.runs(missed)} == {"backfill"}
    after = world.row(missed)
    assert (after.cursor_at, after.anchor_at, after.next_run_at, after.version) == (
        before.cursor_at,
        before.anchor_at,
        before.next_run_at,
        before.version,
    )
    require_sound(world)


def test_the_same_range_again_creates_nothing(world: World, missed: str) -> None:
    backfilled(world, missed, NOW, NOW + 9 * HOUR)
    again = planned(world, missed, NOW, NOW + 9 * HOUR)
    assert (again.slot_count, backfilled(world, missed, NOW, NOW + 9 * HOUR).ran.claimed) == (0, 0)
    assert len(world.runs(missed)) == 4


def test_the_newest_slot_goes_first_if_asked(world: World, missed: str) -> None:
    backfilled(world, missed, NOW, NOW + 2 * HOUR, newest_first=True)
    assert slots_run(world, missed) == [NOW + 2 * HOUR, NOW + HOUR, NOW]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_range_row_gives_away_its_slots_and_keeps_the_others(world: World, *, newest_first: bool) -> None:
    task_id = world.due_task(every="1m")
    minutes = LONGEST_LIST + 500
    world.clock.advance(minutes * MINUTE)
    materialised(world)
    world.tick()
    late = minutes - 10

    report = backfilled(world, task_id, NOW + 3 * MINUTE, NOW + 5 * MINUTE + 59, newest_first=newest_first)

    assert report.ran.succeeded == 3
    assert world.ledger(task_id)[:5] == [
        (NOW, "missed", NOW + 2 * MINUTE, 3),
        *((NOW + minute * MINUTE, "claimed", None, 1) for minute in (3, 4, 5)),
        (NOW + 6 * MINUTE, "missed", NOW + (late - 1) * MINUTE, late - 6),
    ]
    require_sound(world)


def test_a_range_of_one_slot_is_claimed_as_it_is(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        tasks.pause(work, DEFAULT_STORE, task_id, NOW + 30 * MINUTE)
    world.clock.advance(45 * MINUTE)
    with world.database.writing() as work:
        tasks.enable(work, DEFAULT_STORE, task_id)
    assert world.ledger(task_id) == [(NOW, "skipped_paused", NOW, 1)]

    backfilled(world, task_id, NOW, NOW + HOUR)

    assert world.ledger(task_id) == [(NOW, "claimed", None, 1)]
    require_sound(world)


def test_slots_of_an_earlier_schedule_run_where_their_time_is_known(world: World) -> None:
    task_id = world.due_task(every="1m")
    world.clock.advance((LONGEST_LIST + 500) * MINUTE)
    materialised(world)
    world.tick()
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_id, {"every": "1h"}, frozenset())

    plan = planned(world, task_id, NOW, world.clock.now)
    assert (plan.slot_count, plan.unknown_count) == (10, LONGEST_LIST + 490)

    report = backfilled(world, task_id, NOW, world.clock.now)
    assert (report.ran.succeeded, report.left) == (10, 0)
    assert world.ledger(task_id)[0][1:] == ("missed", NOW + (LONGEST_LIST + 489) * MINUTE, LONGEST_LIST + 490)
    require_sound(world)


def test_a_slot_that_falls_due_goes_before_the_rest(world: World, missed: str) -> None:
    world.clock.advance(30 * MINUTE)

    started: list[object] = []

    def note(event: str, /, **fields: object) -> None:
        started.extend([fields["run_id"]] if event == "run.started" else [])

    report = backfilled(world, missed, NOW, NOW + HOUR, TickContext(math.inf, note))

    assert (report.ran.claimed, report.ran.succeeded) == (2, 3)
    triggers = {run.id: run.trigger for run in world.runs(missed)}
    assert [triggers[str(run_id)] for run_id in started] == ["schedule", "backfill", "backfill"]
    assert world.dispositions(missed) == ["claimed", "claimed", "missed", "missed", "claimed"]
    require_sound(world)


def test_an_open_run_of_the_task_goes_first(world: World, missed: str) -> None:
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, missed, "queued")

    report = backfilled(world, missed, NOW, NOW)

    (first,) = world.rows(Run, id=run_id)
    assert (first.state, report.ran.claimed, report.ran.succeeded) == ("succeeded", 1, 2)


def test_a_run_that_waits_for_long_leaves_its_task_alone(world: World, missed: str) -> None:
    other = world.due_task(name="Other")
    with world.database.writing() as work:
        waiting = add_run(
            work, DEFAULT_STORE, missed, "waiting", waiting_for="approval", not_before=None, trigger="manual"
        )

    report = backfilled(world, missed, NOW, NOW + HOUR)

    assert (report.left, report.ran.claimed) == (2, 0)
    (obstacle,) = report.obstacles
    assert waiting in obstacle
    assert world.runs(other) == []


def test_a_backfill_that_is_stopped_hands_its_run_back_and_goes_on_later(world: World, missed: str) -> None:
    world.script(says("Working on it.", stop_reason="pause_turn"), finishes())
    context = TickContext(math.inf)

    def stop(event: str, /, **_: object) -> None:
        if event == "turn.recorded":
            context.stop("SIGTERM")

    context.listener = stop

    report = backfilled(world, missed, NOW, NOW + 9 * HOUR, context)

    assert (report.ran.exit_code, report.ran.handed_back, report.left) == (143, 1, 3)
    report = backfilled(world, missed, NOW, NOW + 9 * HOUR)
    assert (report.ran.succeeded, report.ran.claimed, report.left) == (4, 3, 0)
    assert [run.attempt for run in world.runs(missed)] == [1] * 4
    require_sound(world)


@pytest.mark.parametrize(("reprocess", "again"), [("none", 0), ("failed", 1), ("all", 3)])
def test_what_has_run_runs_again_if_asked(world: World, missed: str, reprocess: str, again: int) -> None:
    world.script(finishes("failed"))
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, missed, {"max_retries": 0}, frozenset())
    backfilled(world, missed, NOW, NOW)
    world.set(model="rehearsal")
    backfilled(world, missed, NOW + HOUR, NOW + 2 * HOUR)
    world.clock.advance(1)
    first = {run.scheduled_time: run.id for run in world.runs(missed)}

    report = backfilled(world, missed, NOW, NOW + 2 * HOUR, reprocess=reprocess)

    repeated = [run for run in world.runs(missed) if run.rerun_of is not None]
    assert (report.ran.claimed, report.left, len(repeated)) == (again, 0, again)
    assert all(run.rerun_of == first[run.scheduled_time] and run.trigger == "backfill" for run in repeated)
    assert world.dispositions(missed) == ["claimed"] * 3 + ["missed"]
    require_sound(world)


def test_the_newest_run_of_a_slot_decides_whether_it_failed(world: World, missed: str) -> None:
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, missed, {"max_retries": 0}, frozenset())
    world.script(finishes("failed"))
    backfilled(world, missed, NOW, NOW)
    world.set(model="rehearsal")
    world.clock.advance(1)
    backfilled(world, missed, NOW, NOW, reprocess="failed")
    world.clock.advance(1)
    assert planned(world, missed, NOW, NOW, reprocess="failed").slot_count == 0
    assert planned(world, missed, NOW, NOW, reprocess="all").slot_count == 1


def test_nothing_is_claimed_while_everything_is_stopped(world: World, missed: str) -> None:
    world.set(stop=True)
    with pytest.raises(Conflict, match="stopped"):
        backfilled(world, missed, NOW, NOW)
    assert world.dispositions(missed) == ["missed"] * 4


def test_many_tasks_run_at_once_as_far_as_allowed(world: World) -> None:
    ids = [world.due_task(name=f"Task {number}") for number in range(4)]
    world.clock.advance(2 * HOUR + 30 * MINUTE)
    materialised(world)
    world.set(max_concurrency=2)
    running, most = set[object](), 0

    def watch(event: str, /, **fields: object) -> None:
        nonlocal most
        (running.add if event == "run.started" else running.discard)(fields.get("run_id"))
        most = max(most, len(running)) if event == "run.started" else most

    with world.database.reading() as work:
        plan = backfill.plan_missed(work)
    report = asyncio.run(run_backfill(world.database, world.settings, plan, TickContext(math.inf, watch)))

    assert (report.ran.succeeded, report.left) == (12, 0)
    assert 1 <= most <= 2
    assert all(world.dispositions(each) == ["claimed"] * 3 for each in ids)
    require_sound(world)
