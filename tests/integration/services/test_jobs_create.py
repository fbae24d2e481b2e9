from typing import Any

import pytest

from processor.errors import InvalidInput, InvalidSchedule, NotFound
from processor.models import Job
from processor.services import jobs
from processor.services.instants import epoch, epoch_or_none
from processor.services.jobs import JobFields
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores
from tests.dump import everything

NOW = MONDAY_MORNING
HOUR = 3_600
pytestmark = pytest.mark.usefixtures("clock")


def create(work: Work, store_id: str, **fields: Any) -> Job:
    given: JobFields = {"name": "Maintenance", **fields}  # type: ignore[typeddict-item]
    return jobs.create(work, store_id, given)


def test_a_job_without_a_schedule_runs_when_somebody_asks(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        shown = jobs.view(work, create(work, stores.mine, name="  Daily\nmaintenance ", description="Clean up"))
    assert shown == {
        "id": shown["id"],
        "store_id": stores.mine,
        "name": "Daily maintenance",
        "description": "Clean up",
        "status": "pending",
        "progress": "0/0",
        "task_order": [],
        "tasks": [],
        "schedule": {"type": "manual"},
        "schedule_text": "Manual",
        "next_run_at": None,
        "job_run": None,
        "created_at": "2026-11-16T09:00:00Z",
        "updated_at": "2026-11-16T09:00:00Z",
        "version": 1,
    }


@pytest.mark.parametrize(
    ("fields", "next_run_at", "words"),
    [
        ({"every": "4h"}, NOW + 4 * HOUR, "Every 4 hours"),
        ({"every": "4h", "start": NOW}, NOW, "Every 4 hours"),
        ({"cron": "30 9 * * *"}, NOW + HOUR // 2, "At 09:30"),
        ({"cron": "0 12 * * *", "timezone": "Europe/Berlin"}, NOW + 2 * HOUR, "At 12:00"),
        ({"at": NOW + 60}, NOW + 60, "Once"),
    ],
    ids=str,
)
def test_a_job_may_have_a_clock_of_its_own(
    database: Database, stores: Stores, fields: dict[str, Any], next_run_at: int, words: str
) -> None:
    with database.writing() as work:
        job = create(work, stores.mine, **fields)
        assert epoch_or_none(job.next_run_at) == next_run_at
        assert epoch(job.cursor_at) in {NOW, NOW - 1}
        assert words in jobs.view(work, job)["schedule_text"]


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"name": " "}, InvalidInput, "empty"),
        ({"name": "x" * 201}, InvalidInput, "201"),
        ({"status": "completed"}, InvalidInput, "status"),
        ({"prompt": "Do it"}, InvalidInput, "prompt"),
        ({"schedule_type": "sequential"}, InvalidInput, "interval, calendar, once, manual"),
        ({"every": "4h", "cron": "0 9 * * *"}, InvalidInput, "--every and --cron"),
        ({"timezone": "Europe/Berlin"}, InvalidInput, "--cron"),
        ({"start": NOW}, InvalidInput, "--every"),
        ({"schedule_type": "interval"}, InvalidInput, "--every"),
        ({"every": "5s"}, InvalidSchedule, "minute"),
        ({"at": NOW - 1}, InvalidSchedule, "passed"),
    ],
    ids=str,
)
def test_a_job_that_cannot_be_is_not_made(
    database: Database, stores: Stores, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = everything(database)
    with pytest.raises(error, match=words), database.writing() as work:
        create(work, stores.mine, **fields)
    assert everything(database) == before


def test_jobs_are_listed_in_the_order_of_their_making_and_each_store_sees_its_own(
    database: Database, stores: Stores, clock: ClockFile
) -> None:
    names = ["First", "Second", "Third"]
    for name in names:
        with database.writing() as work:
            create(work, stores.mine, name=name)
        clock.advance(1)
    with database.reading() as work:
        assert [job.name for job in jobs.list(work, stores.mine)] == names
        assert [job.name for job in jobs.list(work, stores.mine, limit=2)] == names[:2]
        assert jobs.list(work, stores.stranger) == []


def test_a_stranger_does_not_find_my_job(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        job = create(work, stores.mine)
        assert jobs.get(work, stores.mine, job.id.upper()).id == job.id
        for id_ in (job.id, "nonsense"):
            with pytest.raises(NotFound, match=id_[:8]):
                jobs.get(work, stores.stranger, id_)
