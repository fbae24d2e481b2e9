"""What is said to come is what ticks at those times then claim."""

from typing import Any

import pytest

from processor.errors import InvalidInput
from processor.services import tasks
from processor.services.instants import parse_instant
from processor.storage.database import Database
from tests.conftest import MONDAY_MORNING, ClockFile, Stores
from tests.integration.adaptive_tasks import adaptive_task
from tests.integration.tick import clocked_jobs
from tests.world import DEFAULT_STORE, HOUR, World

NOW = MONDAY_MORNING
DAY = 24 * HOUR
BERLIN = "Europe/Berlin"


def timetable(world: World, count: int = 1_000, until: str | None = None, store: str = DEFAULT_STORE) -> list[Any]:
    with world.database.reading() as work:
        return tasks.timetable(work, store, count, until)


def pause(world: World, task_id: str, until: str) -> None:
    with world.database.writing() as work:
        tasks.pause(work, DEFAULT_STORE, task_id, until)


def claims(world: World, task_id: str) -> list[int]:
    return [slot for slot, disposition, _, _ in world.ledger(task_id) if disposition == "claimed"]


def test_a_timetable_is_what_the_ledgers_then_hold(world: World, stores: Stores) -> None:
    made = {
        "every": world.task(every="5h"),
        "berlin": world.task(cron="30 9,16 * * *", timezone=BERLIN),
        "lord_howe": world.task(cron="0 */6 * * *", timezone="Australia/Lord_Howe"),
        "once": world.task(at=NOW + 7 * HOUR),
        "paused": world.task(every="3h"),
        "off": world.task(every="1h", enabled=False),
        "hand": world.task(schedule_type="manual"),
    }
    world.task(stores.stranger, every="1h")
    pause(world, made["paused"], "2026-11-16T20:00:00Z")
    job_id = clocked_jobs.job(world, steps=1, schedule_type="calendar", cron="0 10 * * *", timezone=BERLIN)
    said = timetable(world, until="2d")
    assert [row["in_seconds"] for row in said] == sorted(row["in_seconds"] for row in said)
    for moment in sorted({parse_instant(row["scheduled_time"], "") for row in said}):
        world.clock.set(moment)
        world.tick()
    held = {task_id: claims(world, task_id) for task_id in made.values()} | {
        job_id: [slot for slot, _, _, _ in clocked_jobs.ledger(world, job_id)]
    }
    found = {each: [parse_instant(row["scheduled_time"], "") for row in said if row["id"] == each] for each in held}
    assert found == held
    assert [name for name, task_id in made.items() if not held[task_id]] == ["off", "hand"]
    assert len(held[job_id]) == 3


def test_rows_name_the_task_or_job_and_its_local_time(world: World) -> None:
    task_id = world.task(name="Report", cron="0 9 * * *", timezone=BERLIN)
    job_id = clocked_jobs.job(world, steps=1)
    assert timetable(world, 3) == [
        {
            "scheduled_time": "2026-11-16T09:00:00Z",
            "local_time": "2026-11-16T09:00:00+00:00",
            "timezone": "UTC",
            "in_seconds": 0,
            "kind": "job",
            "id": job_id,
            "name": "Job",
            "job_id": job_id,
        },
        {**timetable(world, 3)[0], "scheduled_time": "2026-11-16T10:00:00Z", "local_time": "2026-11-16T10:00:00+00:00"}
        | {"in_seconds": HOUR},
        {**timetable(world, 3)[0], "scheduled_time": "2026-11-16T11:00:00Z", "local_time": "2026-11-16T11:00:00+00:00"}
        | {"in_seconds": 2 * HOUR},
    ]
    (first,) = [row for row in timetable(world, until="1d") if row["id"] == task_id]
    assert (first["kind"], first["name"], first["job_id"]) == ("task", "Report", None)
    assert (first["scheduled_time"], first["local_time"]) == ("2026-11-17T08:00:00Z", "2026-11-17T09:00:00+01:00")
    assert (first["timezone"], first["in_seconds"]) == (BERLIN, 23 * HOUR)


def test_the_first_slots_of_all_are_found_behind_any_number_of_due_ones(world: World) -> None:
    minutely = world.task(every="1m")
    world.task(every="2h")
    world.clock.advance(5 * HOUR + 30)
    rarely = world.task(every="10m")
    found = timetable(world, 3)
    assert [row["in_seconds"] for row in found] == [-HOUR - 30, -30, 30]
    assert [row["id"] for row in found][1:] == [minutely, minutely]
    assert rarely not in {row["id"] for row in found}


def test_a_pause_over_the_only_slot_takes_no_place_in_the_timetable(world: World) -> None:
    once = world.task(at=NOW + HOUR)
    pause(world, once, "2026-11-16T12:00:00Z")
    hourly = world.task(every="4h")
    assert [row["id"] for row in timetable(world, 1)] == [hourly]


@pytest.mark.parametrize("until", ["2026-11-15T00:00:00Z", "soon", "0h"])
def test_an_end_that_has_passed_or_cannot_be_read_is_refused(world: World, until: str) -> None:
    with pytest.raises(InvalidInput):
        timetable(world, until=until)


def test_the_times_of_one_task_can_end_early(
    database: Database, world: World, clock: ClockFile, stores: Stores
) -> None:
    task_id = world.task(every="1h")
    with database.reading() as work:
        assert tasks.upcoming(work, DEFAULT_STORE, task_id, 9, "150m") == [NOW + HOUR, NOW + 2 * HOUR]
    assert timetable(world, store=stores.mine) == []


def test_of_an_adaptive_task_only_the_decided_time_is_told(world: World) -> None:
    task_id = adaptive_task(world)
    world.task(every="3h")
    found = timetable(world, until="5h")
    assert [row["in_seconds"] for row in found if row["id"] == task_id] == [HOUR]
    with world.database.reading() as work:
        assert tasks.upcoming(work, DEFAULT_STORE, task_id) == [NOW + HOUR]
