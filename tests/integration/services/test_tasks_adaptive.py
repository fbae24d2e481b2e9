"""Adaptive tasks as people make, change, pause and disable them."""

from typing import Any

import pytest

from processor.errors import InvalidInput, InvalidSchedule, NotFound
from processor.models import ScheduleDecision
from processor.services import proposals, tasks
from processor.services.instants import epoch_or_none
from processor.storage import adaptive
from processor.storage.adaptive import DecisionRow
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import ended_run
from tests.world import HOUR, World

MINUTE = 60
TOOLS = frozenset({"finish_run"})
BOUNDS = {"schedule_type": "adaptive", "min_interval": "15m", "max_interval": "8h"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    (BOUNDS, "needs a baseline"),
    (BOUNDS | {"every": "1h", "cron": "0 9 * * *"}, "only one of --every and --cron"),
    (BOUNDS | {"every": "1h", "start": MONDAY_MORNING}, "leave out --start"),
    (BOUNDS | {"every": "1h", "timezone": "UTC"}, "--timezone is the zone of a cron expression"),
    (BOUNDS | {"at": MONDAY_MORNING + HOUR}, "goes without --at"),
    (BOUNDS | {"every": "9h"}, "lies outside"),
    (BOUNDS | {"every": "1h", "min_interval": "30s"}, "under a minute"),
    (BOUNDS | {"every": "1h", "min_interval": "9h"}, "swap --min-interval and --max-interval"),
    (BOUNDS | {"every": "1h", "min_interval": None}, "needs --min-interval"),
    (BOUNDS | {"every": "1h", "max_interval": True}, "needs --max-interval"),
    (BOUNDS | {"every": "1h", "fallback": "hope"}, "use one of baseline, recent"),
    ({"every": "1h", "min_interval": "30m"}, "--min-interval is about an adaptive schedule"),
    ({"cron": "0 9 * * *", "fallback": "recent"}, "--fallback is about an adaptive schedule"),
]


def made(world: World, store_id: str, **fields: Any) -> str:
    return world.task(store_id, **BOUNDS | {"every": "1h"} | fields)


def changed(world: World, store_id: str, task_id: str, **fields: Any) -> None:
    with world.database.writing() as work:
        tasks.update(work, store_id, task_id, fields, TOOLS)  # type: ignore[arg-type]


def next_in(world: World, task_id: str) -> int | None:
    """How many seconds after Monday at nine the task runs next."""
    at = epoch_or_none(world.row(task_id).next_run_at)
    return None if at is None else at - MONDAY_MORNING


def latest(world: World, task_id: str) -> DecisionRow:
    with world.database.reading() as work:
        return adaptive.decisions(work, world.row(task_id).store_id, task_id, 1)[0]


def shown(world: World, task_id: str) -> dict[str, Any]:
    with world.database.reading() as work:
        return tasks.view(work, tasks.get(work, world.row(task_id).store_id, task_id))


@pytest.mark.parametrize(("fields", "said"), REFUSED)
def test_what_contradicts_itself_is_refused_and_leaves_nothing(
    world: World, stores: Stores, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises((InvalidInput, InvalidSchedule), match=said):
        world.task(stores.mine, **fields)
    assert world.rows(ScheduleDecision) == []


def test_a_new_task_has_its_next_time_at_once_and_says_why(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine, fallback="recent")
    view = shown(world, task_id)
    assert next_in(world, task_id) == HOUR
    assert view["next_run_text"] == "Next at 2026-11-16 10:00 UTC: the baseline's next time."
    assert view["schedule_text"] == "Adaptive: every hour, at most every 15 minutes and at least every 8 hours"
    assert view["schedule"] == {
        "type": "adaptive",
        "every_seconds": HOUR,
        "anchor_at": "2026-11-16T09:00:00Z",
        "min_interval_seconds": 15 * MINUTE,
        "max_interval_seconds": 8 * HOUR,
        "fallback": "recent",
    }
    assert world.broken() == []


def test_a_baseline_may_be_a_calendar_whose_gaps_the_longest_interval_fills(world: World, stores: Stores) -> None:
    task_id = world.task(stores.mine, **BOUNDS, cron="0 9 * * *", timezone="Europe/Berlin")
    assert next_in(world, task_id) == 8 * HOUR
    assert "Europe/Berlin" in latest(world, task_id).said
    changed(world, stores.mine, task_id, timezone="America/New_York")
    assert world.row(task_id).timezone == "America/New_York"
    assert next_in(world, task_id) == 5 * HOUR


def test_a_task_that_is_disabled_from_its_beginning_has_no_next_time(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine, enabled=False)
    assert (next_in(world, task_id), latest(world, task_id).said) == (None, "No next time: the task is disabled.")


def test_other_tasks_are_shown_without_a_reason_for_their_next_time(world: World, stores: Stores) -> None:
    made(world, stores.mine)
    plain = world.task(stores.mine)
    with world.database.reading() as work:
        views = {view["id"]: view for view in tasks.views(work, tasks.list(work, stores.mine))}
    assert len(views) == 2
    assert views[plain]["next_run_text"] is None


def test_an_interval_task_becomes_adaptive_with_what_it_repeats_by_and_back(world: World, stores: Stores) -> None:
    task_id = world.task(stores.mine, every="2h")
    changed(world, stores.mine, task_id, **BOUNDS)
    assert (next_in(world, task_id), world.row(task_id).schedule_type) == (2 * HOUR, "adaptive")
    changed(world, stores.mine, task_id, schedule_type="interval", every="1h")
    row = world.row(task_id)
    assert (row.schedule_type, row.min_interval_seconds, row.max_interval_seconds) == ("interval", None, None)
    assert (row.fallback, next_in(world, task_id)) == ("baseline", HOUR)
    assert world.broken() == []


def test_every_changes_the_baseline_of_an_adaptive_task_and_keeps_its_bounds(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine, fallback="recent")
    changed(world, stores.mine, task_id, every="3h")
    view = shown(world, task_id)["schedule"]
    assert (view["every_seconds"], view["min_interval_seconds"], view["fallback"]) == (3 * HOUR, 15 * MINUTE, "recent")
    assert next_in(world, task_id) == 3 * HOUR


def test_bounds_that_change_decide_anew_and_leave_the_baseline_in_its_phase(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine, cron="7 * * * *", every=None)
    changed(world, stores.mine, task_id, min_interval="90m", max_interval="3h")
    assert next_in(world, task_id) == 2 * HOUR + 7 * MINUTE
    other = made(world, stores.mine)
    world.clock.advance(10 * MINUTE)
    changed(world, stores.mine, other, every="1h", max_interval="3h")
    assert shown(world, other)["schedule"]["anchor_at"] == "2026-11-16T09:00:00Z"
    assert next_in(world, other) == HOUR


def test_an_edit_that_changes_no_schedule_decides_nothing(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine)
    for fields in ({"name": "Other"}, {"every": "1h"}, {"fallback": "baseline"}, {"schedule_type": "adaptive"}):
        changed(world, stores.mine, task_id, **fields)
    assert len(world.rows(ScheduleDecision, task_id=task_id)) == 1


def test_a_slot_that_is_due_when_the_schedule_changes_is_missed(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine)
    world.clock.advance(HOUR + 5)
    changed(world, stores.mine, task_id, every="2h")
    assert [(at - MONDAY_MORNING, what) for at, what, _, _ in world.ledger(task_id)] == [(HOUR, "missed")]
    assert next_in(world, task_id) == 3 * HOUR + 5
    assert world.broken() == []


@pytest.mark.parametrize("stop", ["pause", "disable"])
def test_a_slot_that_is_due_when_the_task_stops_is_skipped(world: World, stores: Stores, stop: str) -> None:
    task_id = made(world, stores.mine)
    world.clock.advance(HOUR + 5)
    with world.database.writing() as work:
        if stop == "pause":
            tasks.pause(work, stores.mine, task_id, work.now + 100 * MINUTE)
        else:
            tasks.disable(work, stores.mine, task_id)
    assert world.dispositions(task_id) == ["skipped_paused"]
    expected = {"pause": ("paused", 3 * HOUR), "disable": ("paused", None)}[stop]
    assert (latest(world, task_id).source, next_in(world, task_id)) == expected
    assert world.broken() == []
    with world.database.writing() as work:
        tasks.enable(work, stores.mine, task_id)
    assert next_in(world, task_id) == 2 * HOUR
    assert world.broken() == []


def test_a_slot_that_came_after_a_pause_is_left_for_the_tick_when_the_pause_is_ended_late(
    world: World, stores: Stores
) -> None:
    task_id = made(world, stores.mine)
    with world.database.writing() as work:
        tasks.pause(work, stores.mine, task_id, work.now + 90 * MINUTE)
    world.clock.advance(2 * HOUR + 5)
    with world.database.writing() as work:
        tasks.enable(work, stores.mine, task_id)
    assert next_in(world, task_id) == 2 * HOUR
    world.tick()
    assert [(at - MONDAY_MORNING, what) for at, what, _, _ in world.ledger(task_id)] == [(2 * HOUR, "claimed")]


def test_upcoming_shows_the_next_time_alone(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine)
    with world.database.reading() as work:
        assert tasks.upcoming(work, stores.mine, task_id, 5) == [MONDAY_MORNING + HOUR]


def test_a_proposal_outlasts_an_edit_and_is_a_strangers_to_nobody_else(world: World, stores: Stores) -> None:
    task_id = made(world, stores.mine)
    run_id = ended_run(world, task_id)
    with world.database.writing() as work:
        proposals.propose(work, stores.mine, task_id, run_id, reason="News", after="3h")
    changed(world, stores.mine, task_id, max_interval="2h")
    assert (latest(world, task_id).source, next_in(world, task_id)) == ("clamped_to_max", 2 * HOUR)
    with world.database.writing() as work, pytest.raises(NotFound):
        tasks.update(work, stores.stranger, task_id, {"every": "2h"}, TOOLS)
