import json
import uuid
from typing import Any

import pytest
from sqlmodel import select

from processor.errors import InvalidInput, InvalidSchedule, NotFound
from processor.models import Job, Project, Task
from processor.services import tasks
from processor.services.instants import epoch, epoch_or_none, moment
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores

NOW = MONDAY_MORNING
HOUR = 3600
TOOLS = frozenset({"create_card", "finish_run", "list_cards"})
pytestmark = pytest.mark.usefixtures("clock")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "The task has no schedule: say when"),
    ({"every": "4h", "cron": "0 9 * * *"}, "only one of --every and --cron"),
    ({"every": "4h", "at": NOW + 60}, "only one of --every and --at"),
    ({"every": "30s"}, "under a minute"),
    ({"every": 90}, "whole number of minutes"),
    ({"every": True}, "must be a duration"),
    ({"every": "soon"}, "Cannot read the interval"),
    ({"cron": "0 0 30 2 *"}, "never runs"),
    ({"cron": "0 9 * *"}, "4 fields"),
    ({"cron": "0 9 * * *", "timezone": "Europe/Berln"}, "did you mean Europe/Berlin"),
    ({"cron": "0 9 * * *", "timezone": ""}, "Unknown time zone '': use an IANA name"),
    ({"cron": "0 9 * * *", "timezone": 1}, "time zone must be text"),
    ({"at": "2026-11-16T08:59:59Z"}, "has passed"),
    ({"at": "tomorrow"}, "Cannot read --at"),
    ({"at": "9999-12-31T00:00:00Z"}, "out of range"),
    ({"every": "1h", "start": "soon"}, "Cannot read --start"),
    ({"cron": "0 9 * * *", "start": NOW}, "--start is where an interval counts from"),
    ({"every": "1h", "timezone": "UTC"}, "--timezone is the zone of a cron expression"),
    ({"schedule_type": "manual", "every": "1h"}, "goes without --every"),
    ({"schedule_type": "calendar"}, "needs --cron"),
    ({"schedule_type": "fortnightly"}, "The schedule type 'fortnightly' is not known"),
    ({"schedule_type": "sequential"}, "Sequential schedule requires --job-id to be set"),
    ({"schedule_type": "sequential", "every": "1h"}, "leave out --every"),
    ({"schedule_type": "sequential", "cron": "0 9 * * *", "job_id": str(uuid.uuid4())}, "leave out --cron"),
    ({"schedule_type": "sequential", "start": NOW, "job_id": str(uuid.uuid4())}, "--start is where"),
    ({"schedule_type": "file_watch"}, "needs --watch"),
    ({"schedule_type": "sequential", "watch": "in/"}, "Sequential schedule runs in job order: leave out --watch"),
    ({"watch": "in/", "every": "1h"}, "only one of --every and --watch"),
    ({"watch": "../in/"}, "without '..'"),
    ({"watch": ""}, "Cannot watch ''"),
    ({"watch": 7}, "must be text"),
    ({"watch": "in/", "settle_seconds": 86_401}, "use 0 to 86400"),
    ({"watch": "in/", "settle_seconds": True}, "use 0 to 86400"),
    ({"every": "1h", "settle_seconds": 5}, "--settle is how long"),
    ({"watch": "in/", "timezone": "UTC"}, "--timezone is the zone of a cron expression"),
    ({"every": "1h", "kind": "endpoints"}, "not available in this version"),
    ({"every": "1h", "kind": "claude_code"}, "not available in this version"),
    ({"every": "1h", "kind": "robot"}, "use one of agent"),
    ({"every": "1h", "delivery": "batch"}, "not available in this version"),
    ({"every": "1h", "gate": {"url": "x"}}, "not available in this version"),
    ({"every": "1h", "outcome": {"cards": 1}}, "not available in this version"),
    ({"every": "1h", "tools": ["create_card", "fly"]}, "Unknown tool fly: use some of create_card, finish_run"),
    ({"every": "1h", "tools": "create_card"}, "must be a list"),
    ({"every": "1h", "priority": 0}, "use 1 to 5"),
    ({"every": "1h", "priority": 6}, "use 1 to 5"),
    ({"every": "1h", "max_retries": 11}, "use 0 to 10"),
    ({"every": "1h", "max_retries": -1}, "use 0 to 10"),
    ({"every": "1h", "max_retries": True}, "use 0 to 10"),
    ({"every": "1h", "max_turns": 0}, "use 1 to 1000"),
    ({"every": "1h", "timeout_seconds": 0}, "use 1 to 43200"),
    ({"every": "1h", "retry_delay_seconds": 3601}, "use 0 to 3600"),
    ({"every": "1h", "misfire": "maybe"}, "use one of skip, latest, all"),
    ({"every": "1h", "overlap": "both"}, "use one of skip, queue"),
    ({"every": "1h", "sender": "ann@example.com"}, "A sender is not available in this version"),
    ({"every": "1h", "deadline": "2h"}, "A deadline is not available in this version"),
    ({"every": "1h", "budget_usd": 0}, "lets no run say a word"),
    ({"every": "1h", "budget_usd": -1}, "out of range"),
    ({"every": "1h", "budget_usd": "a lot"}, "no amount"),
    ({"every": "1h", "budget_usd": "0.0000000001"}, "too fine"),
    ({"every": "1h", "model": "llama-99", "budget_usd": 1}, "no known price"),
    ({"every": "1h", "model": ""}, "The model is empty"),
    ({"every": "1h", "name": " "}, "The name of a task is empty"),
    ({"every": "1h", "name": "x" * 201}, "at most 200"),
    ({"every": "1h", "prompt": ""}, "The prompt is empty"),
    ({"every": "1h", "prompt": None}, "The prompt must be text"),
    ({"every": "1h", "prompt": "a\0b"}, "cannot be stored"),
    ({"every": "1h", "description": "x" * 20_001}, "at most 20,000"),
    ({"every": "1h", "enabled": "yes"}, "true or false"),
    ({"every": "1h", "colour": "blue"}, "no colour"),
]


def create(work: Work, store_id: str, **fields: Any) -> Task:
    given: TaskFields = {"name": "Standup", "prompt": "Create a card", **fields}  # type: ignore[typeddict-item]
    return tasks.create(work, store_id, given, TOOLS)


def times(task: Task) -> tuple[int, int | None]:
    return epoch(task.cursor_at), epoch_or_none(task.next_run_at)


def count(work: Work) -> int:
    return len(work.session.exec(select(Task)).all())


def test_an_intervals_first_slot_is_one_interval_after_the_creation(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="4h")
        assert epoch_or_none(task.anchor_at) == NOW
        assert times(task) == (NOW, NOW + 4 * HOUR)
        assert task.interval_seconds == 4 * HOUR


def test_a_start_at_the_creation_is_a_slot_itself(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        cursor, next_run_at = times(create(work, stores.mine, every="1h", start="2026-11-16T09:00:00Z"))
        assert next_run_at == NOW
        assert cursor < NOW


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-11-16T12:30:00Z", NOW + 3 * HOUR + 1800),
        ("2026-11-16T13:30:00+01:00", NOW + 3 * HOUR + 1800),
        ("2026-11-16 12:30", NOW + 3 * HOUR + 1800),
        (NOW - 1800, NOW + 1800),
        ("2026-11-01", NOW),
        ("1970-01-01T00:00:01Z", NOW + 1),
    ],
)
def test_slots_count_from_the_start_and_none_lies_before_the_creation(
    database: Database, stores: Stores, start: str | int, first: int
) -> None:
    with database.writing() as work:
        assert times(create(work, stores.mine, every="1h", start=start))[1] == first


def test_a_cron_expression_is_read_in_its_zone(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, cron="0  9 * * 1-5", timezone="America/New_York")
        assert times(task) == (NOW, NOW + 5 * HOUR)
        assert (task.cron, task.timezone, task.schedule_type) == ("0 9 * * 1-5", "America/New_York", "calendar")


def test_a_cron_expression_without_a_zone_is_utc_and_starts_after_the_creation(
    database: Database, stores: Stores
) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, cron="0 9 * * *")
        assert task.timezone == "UTC"
        assert times(task)[1] == NOW + 24 * HOUR


def test_a_single_instant_runs_then_and_catches_up(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, at="2026-11-16T09:00:00Z")
        assert times(task)[1] == NOW
        assert task.misfire == "latest"
        assert create(work, stores.mine, at=NOW + 60, misfire="skip").misfire == "skip"


def test_a_manual_task_has_no_next_time(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, schedule_type="manual")
        assert (task.next_run_at, task.misfire) == (None, None)


def test_a_task_made_disabled_waits_for_nothing(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h", enabled=False)
        assert times(task) == (NOW, None)


def test_defaults_are_those_of_the_schema(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h")
        found = (task.max_retries, task.retry_delay_seconds, task.priority, task.max_turns, task.timeout_seconds)
        assert found == (3, 60, 3, 15, 300)
        assert (task.misfire, task.overlap, task.model, task.tools) == (None, "skip", "standard", None)
        assert task.budget_nanousd == 250_000_000


def test_everything_that_can_be_said_is_kept(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(
            work,
            stores.mine,
            description="Every morning",
            every=5400,
            max_retries=0,
            retry_delay_seconds=3600,
            misfire="all",
            overlap="queue",
            priority=1,
            model="strong",
            budget_usd="0.000000001",
            max_turns=1000,
            timeout_seconds=43200,
            tools=["list_cards", "create_card", "list_cards"],
            schedule_type="interval",
        )
        database_row = work.session.exec(select(Task).where(Task.id == task.id)).one()
        assert (database_row.max_retries, database_row.retry_delay_seconds, database_row.priority) == (0, 3600, 1)
        assert (database_row.misfire, database_row.overlap, database_row.model) == ("all", "queue", "strong")
        assert (database_row.budget_nanousd, database_row.max_turns, database_row.timeout_seconds) == (1, 1000, 43200)
        assert json.loads(database_row.tools or "") == ["create_card", "list_cards"]


def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    database: Database, stores: Stores, subtests: pytest.Subtests
) -> None:
    for fields, says in REFUSED:
        with subtests.test(says, **fields), database.writing() as work:
            with pytest.raises(InvalidInput) as refused:
                create(work, stores.mine, **fields)
            assert says in str(refused.value)
            assert "\n" not in str(refused.value)
    with database.reading() as work:
        assert count(work) == 0


def test_an_impossible_schedule_is_an_error_of_its_own(database: Database, stores: Stores) -> None:
    with database.writing() as work, pytest.raises(InvalidSchedule):
        create(work, stores.mine, every="30s")


@pytest.mark.parametrize("missing", ["name", "prompt"])
def test_a_task_needs_name_and_prompt(database: Database, stores: Stores, missing: str) -> None:
    fields: TaskFields = {"name": "Standup", "prompt": "Create a card", "every": "1h"}
    fields.pop(missing)  # type: ignore[misc]
    with database.writing() as work, pytest.raises(InvalidInput, match=f"give --{missing}"):
        tasks.create(work, stores.mine, fields, TOOLS)


def test_a_model_without_a_known_price_has_no_budget(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h", model="llama-99")
        assert (task.model, task.budget_nanousd) == ("llama-99", 0)
        assert tasks.view(work, task)["budget_usd"] is None


def test_job_and_project_must_be_of_the_same_store(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        now = moment(work.now)
        job, project = str(uuid.uuid4()), str(uuid.uuid4())
        stamps: dict[str, Any] = {"created_at": now, "updated_at": now}
        work.session.add(Job(id=job, store_id=stores.stranger, name="Theirs", cursor_at=now, **stamps))
        work.session.add(Project(id=project, store_id=stores.stranger, name="Theirs", **stamps))
        work.session.flush()
        for fields in ({"job_id": job}, {"project_id": project}, {"job_id": "none"}):
            with pytest.raises(NotFound):
                create(work, stores.mine, every="1h", **fields)
        task = create(work, stores.stranger, every="1h", job_id=job, project_id=project)
        assert (task.job_id, task.project_id) == (job, project)
        assert not tasks.list(work, stores.mine)


def test_tasks_are_listed_in_the_order_of_their_making(clock: ClockFile, database: Database, stores: Stores) -> None:
    with database.writing() as work:
        for number in range(5):
            create(work, stores.mine, name=f"Task {number}", every="1h")
        create(work, stores.stranger, name="Theirs", every="1h")
        assert [task.name for task in tasks.list(work, stores.mine)] == [f"Task {number}" for number in range(5)]
        assert [task.name for task in tasks.list(work, stores.mine, limit=1)] == ["Task 0"]
        with pytest.raises(InvalidInput):
            tasks.list(work, stores.mine, limit=0)
