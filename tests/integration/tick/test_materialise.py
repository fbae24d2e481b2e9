from itertools import pairwise
from typing import Any

import pytest

from processor.models import Task
from processor.rules.disposition import Disposition
from processor.rules.schedules import slots
from processor.services import tasks
from processor.services.instants import epoch, epoch_or_none
from processor.storage import slots as stored_slots
from processor.tick.materialise import _decide_all, preview
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.tick.materialising import materialised
from tests.world import HOUR, World

NOW = MONDAY_MORNING
MINUTE = 60


def outcome(world: World, task_id: str) -> list[Any]:
    task = world.row(task_id)
    runs = [(epoch_or_none(run.scheduled_time), run.state, run.trigger, run.priority) for run in world.runs(task_id)]
    return [world.ledger(task_id), runs, epoch(task.cursor_at), epoch_or_none(task.next_run_at), task.held]


def test_a_due_slot_becomes_a_ledger_row_a_run_and_a_moved_cursor(world: World) -> None:
    task_id = world.task(priority=2)
    world.clock.advance(HOUR + 30)

    assert materialised(world) == {"due": 1, "claimed": 1, "missed": 0, "skipped": 0}

    slot = NOW + HOUR
    assert outcome(world, task_id) == [
        [(slot, "claimed", None, 1)],
        [(slot, "queued", "schedule", 2)],
        slot + 30,
        slot + HOUR,
        False,
    ]
    assert materialised(world)["due"] == 0


def test_the_claim_names_the_run_that_stands_for_its_slot(world: World) -> None:
    task_id = world.due_task()
    materialised(world)

    with world.database.reading() as work:
        query = "SELECT run_id FROM processed_task_executions"
        (run_id,) = work.session.connection().exec_driver_sql(query).scalars()
    assert run_id == world.run(task_id).id


@pytest.mark.parametrize("late_seconds", [0, 1, 599, 600])
@pytest.mark.parametrize("every", ["20m", "1h", "2d"])
def test_the_short_way_and_the_long_way_agree(world: World, stores: Stores, every: str, late_seconds: int) -> None:
    short, long = (world.due_task(store, every=every, priority=4) for store in (stores.mine, stores.stranger))
    world.clock.advance(late_seconds)

    assert world.database.write(stored_slots.claim_interval, 600, stores.mine, with_model=True) == 1
    with world.database.reading() as work:
        page = stored_slots.due(work, stores.stranger)
    decisions = _decide_all(page.tasks, world.settings, world.clock.now)
    assert world.database.write(stored_slots.record, decisions, page.tasks).moved == [long]

    assert outcome(world, short) == outcome(world, long)


@pytest.mark.parametrize("late_seconds", [601, 20 * MINUTE])
def test_the_short_way_leaves_what_needs_a_decision(world: World, late_seconds: int) -> None:
    world.due_task(every="20m")
    world.clock.advance(late_seconds)

    assert world.database.write(stored_slots.claim_interval, 600, None, with_model=True) == 0


def test_what_was_decided_twice_is_written_once(world: World) -> None:
    task_id = world.due_task(cron="0 * * * *", every=None, start=None)
    world.clock.advance(HOUR)
    with world.database.reading() as work:
        page = stored_slots.due(work, None)
    decisions = _decide_all(page.tasks, world.settings, world.clock.now)

    assert world.database.write(stored_slots.record, decisions, page.tasks).moved == [task_id]
    assert world.database.write(stored_slots.record, decisions, page.tasks).moved == []

    assert len(world.runs(task_id)) == 1
    assert world.dispositions(task_id) == ["claimed"]


def test_an_edit_between_looking_and_writing_goes_first(world: World) -> None:
    task_id = world.due_task(cron="0 * * * *", every=None, start=None)
    world.clock.advance(HOUR)
    with world.database.reading() as work:
        page = stored_slots.due(work, None)
    with world.database.writing() as work:
        tasks.update(work, page.tasks[0]["store_id"], task_id, {"name": "Renamed"}, frozenset())

    decisions = _decide_all(page.tasks, world.settings, world.clock.now)
    assert world.database.write(stored_slots.record, decisions, page.tasks).moved == []

    assert materialised(world)["claimed"] == 1


@pytest.mark.parametrize("page", [1, 3, 7, 8])
def test_page_by_page_nothing_is_left_out_and_nothing_done_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(stored_slots, "PAGE", page)
    ids = [world.task(cron=f"{minute} * * * *") for minute in (0, 0, 0, 1, 1, 2, 2)]
    world.clock.advance(HOUR + 3 * MINUTE)

    assert materialised(world) == {"due": 7, "claimed": 7, "missed": 4, "skipped": 0}

    assert all(world.dispositions(task_id).count("claimed") == 1 for task_id in ids)
    assert materialised(world)["due"] == 0


def test_of_several_slots_on_time_the_newest_runs(world: World) -> None:
    task_id = world.due_task(every="2m")
    world.clock.advance(5 * MINUTE)

    assert materialised(world) == {"due": 1, "claimed": 1, "missed": 0, "skipped": 2}

    assert world.ledger(task_id) == [
        (NOW, "skipped_overlap", None, 1),
        (NOW + 2 * MINUTE, "skipped_overlap", None, 1),
        (NOW + 4 * MINUTE, "claimed", None, 1),
    ]


def test_a_calendar_follows_its_own_zone(world: World) -> None:
    task_id = world.task(cron="0 12 * * *", timezone="Europe/Berlin")
    world.clock.set(NOW + 2 * HOUR)

    assert materialised(world)["claimed"] == 1

    assert world.ledger(task_id) == [(NOW + 2 * HOUR, "claimed", None, 1)]
    assert epoch_or_none(world.row(task_id).next_run_at) == NOW + 26 * HOUR


def test_a_task_for_once_runs_once_however_late(world: World) -> None:
    task_id = world.task(at=NOW + HOUR)
    world.clock.advance(5 * HOUR)

    assert materialised(world)["claimed"] == 1
    world.clock.advance(24 * HOUR)
    assert materialised(world) == {"due": 0, "claimed": 0, "missed": 0, "skipped": 0}

    assert world.ledger(task_id) == [(NOW + HOUR, "claimed", None, 1)]
    assert world.row(task_id).next_run_at is None


def test_one_store_at_a_time_leaves_the_others_alone(world: World, stores: Stores) -> None:
    mine, stranger = world.due_task(stores.mine), world.due_task(stores.stranger)

    assert materialised(world, stores.mine)["claimed"] == 1

    assert world.dispositions(mine) == ["claimed"]
    assert outcome(world, stranger) == [[], [], NOW - 1, NOW, False]


def test_all_stores_are_materialised_together(world: World, stores: Stores) -> None:
    for store_id in (stores.mine, stores.stranger):
        world.due_task(store_id)

    assert materialised(world)["claimed"] == 2


def test_a_broken_time_zone_stops_no_other_task(world: World, stores: Stores) -> None:
    broken = world.task(stores.stranger, cron="30 * * * *")
    sound = world.task(stores.mine, cron="30 * * * *")
    world.change(world.row(broken), timezone="Mars/Olympus")
    world.clock.advance(30 * MINUTE)

    report = world.tick()

    assert (report.exit_code, report.claimed, report.succeeded) == (0, 1, 1)
    assert world.dispositions(sound) == ["claimed"]
    assert outcome(world, broken) == [[], [], NOW, NOW + 30 * MINUTE, False]


def test_a_preview_says_what_would_be_claimed_and_writes_nothing(world: World) -> None:
    task_id = world.due_task(every="2m")
    world.clock.advance(5 * MINUTE)
    before = outcome(world, task_id)

    ((task, decision),) = preview(world.database, world.settings, None)

    assert task["id"] == task_id
    assert [entry.disposition for entry in decision.entries].count(Disposition.CLAIMED) == 1
    assert outcome(world, task_id) == before


SCHEDULES: list[dict[str, Any]] = [
    {"every": "1m"},
    {"every": "7m", "overlap": "queue"},
    {"every": "1h", "misfire": "all"},
    {"every": "25m", "misfire": "latest", "overlap": "queue"},
    {"cron": "*/10 * * * *", "timezone": "Asia/Kathmandu"},
    {"cron": "5 * * * *", "misfire": "all"},
    {"at": NOW + 3 * HOUR},
    {"at": NOW + 3 * HOUR, "misfire": "skip"},
]
STEPS = [1, 59, 300, 300, 310, 3_000, 5, 299, 300, 9_000, 300, 300, 40_000, 300, 60, 100_000, 300, 300]


def test_every_slot_up_to_the_cursor_has_exactly_one_disposition(world: World, stores: Stores) -> None:
    ids = [world.task(store, **schedule) for schedule in SCHEDULES for store in (stores.mine, stores.stranger)]
    for number, step in enumerate(STEPS):
        world.clock.advance(step)
        world.tick(max_runs=number % 5)  # some runs stay in the way

    became: set[str] = set()
    for task_id in ids:
        task = world.row(task_id)
        nominal = list(slots(tasks.schedule_of(task), NOW, epoch(task.cursor_at)))
        assert expanded(world, task) == nominal
        claimed = [at for at, disposition, _, _ in world.ledger(task_id) if disposition == "claimed"]
        assert [epoch_or_none(run.scheduled_time) for run in world.runs(task_id)] == claimed
        became |= set(world.dispositions(task_id))
    assert became == {"claimed", "missed", "skipped_overlap"}


def expanded(world: World, task: Task) -> list[int]:
    """The slots that the ledger's rows stand for; ranges count what they say they count."""
    found: list[int] = []
    for first, _, until, count in world.ledger(task.id):
        inside = list(slots(tasks.schedule_of(task), first - 1, until or first))
        assert len(inside) == count
        found += inside
    assert all(earlier < later for earlier, later in pairwise(found))
    return found
