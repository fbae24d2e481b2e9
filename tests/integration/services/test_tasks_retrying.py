from dataclasses import replace
from typing import Any

import pytest

from processor.errors import InvalidInput
from processor.models import Task
from processor.rules.retry import CONSTANT, STANDARD, RetryDefaults, RetryPolicy
from processor.rules.run_state import ErrorClass
from processor.services import jobs, tasks
from processor.services.tasks import TaskFields
from processor.services.tasks.retrying import policy_of
from processor.storage import runs
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import Stores
from tests.rows import add_run

pytestmark = pytest.mark.usefixtures("clock")

EVERYTHING: dict[str, Any] = {
    "max_retries": 10,
    "retry_delay_seconds": 0,
    "retry_multiplier": 10,
    "retry_cap_seconds": 86_400,
    "retry_jitter": False,
    "retry_on": ["stuck", "model_error", "stuck"],
}
CONFIGURED = RetryDefaults(
    agent=RetryPolicy(5, 30, 3.0, 600, jitter=False, retry_on=frozenset({ErrorClass.STUCK})),
    sequential=replace(CONSTANT, max_retries=1),
)


def create(work: Work, store_id: str, retries: RetryDefaults = CONFIGURED, **fields: Any) -> Task:
    given: TaskFields = {"name": "Standup", "prompt": "Create a card", "schedule_type": "manual", **fields}  # type: ignore[typeddict-item]
    return tasks.create(work, store_id, given, frozenset(), retries=retries)


def update(work: Work, task: Task, /, retries: RetryDefaults = CONFIGURED, **fields: Any) -> Task:
    return tasks.update(work, task.store_id, task.id, TaskFields(**fields), frozenset(), retries=retries)  # type: ignore[typeddict-item]


def test_a_new_task_is_retried_as_shipped(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        given: TaskFields = {"name": "Standup", "prompt": "Create a card", "schedule_type": "manual"}
        assert policy_of(tasks.create(work, stores.mine, given, frozenset())) == STANDARD


def test_a_new_task_keeps_the_defaults_of_its_making(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine)
        assert policy_of(task) == CONFIGURED.agent
        assert policy_of(update(work, task, RetryDefaults(), name="Retro")) == CONFIGURED.agent


def test_what_is_given_wins_and_the_rest_is_the_default(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, max_retries=2)
        assert policy_of(task) == replace(CONFIGURED.agent, max_retries=2)
        everything = RetryPolicy(10, 0, 10.0, 86_400, False, frozenset({ErrorClass.STUCK, ErrorClass.MODEL_ERROR}))  # noqa: FBT003
        assert policy_of(create(work, stores.mine, **EVERYTHING)) == everything


def test_nothing_resets_to_the_default(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, **EVERYTHING)
        nothing: dict[str, Any] = dict.fromkeys(EVERYTHING)
        assert policy_of(update(work, task, **nothing)) == CONFIGURED.agent


def test_a_run_is_retried_as_the_row_of_its_task_says(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        for task in (create(work, stores.mine), create(work, stores.mine, **EVERYTHING)):
            run_id = add_run(work, stores.mine, task.id)
            assert runs.retry_settings(work, run_id) == policy_of(task)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"max_retries": 11}, "use 0 to 10"),
    ({"max_retries": 1.5}, "use 0 to 10"),
    ({"retry_delay_seconds": -1}, "use 0 to 3600"),
    ({"retry_multiplier": float("nan")}, "use 1 .* to 10"),
    ({"retry_multiplier": True}, "use 1 .* to 10"),
    ({"retry_multiplier": "2"}, "use 1 .* to 10"),
    ({"retry_multiplier": 10.5}, "use 1 .* to 10"),
    ({"retry_cap_seconds": 86_401}, "use 0 to 86400"),
    ({"retry_jitter": 1}, "must be true or false"),
    ({"retry_on": "stuck"}, "must be a list"),
    ({"retry_on": []}, "is empty: name one, or allow no retry"),
    ({"retry_on": [7]}, "'7' is not known: use some of task_failed"),
    ({"retry_on": ["stuck", "budget_exceeded"]}, "No retry helps after budget_exceeded"),
]


@pytest.mark.parametrize(("fields", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_retries_that_cannot_be_are_refused_and_change_nothing(
    database: Database, stores: Stores, fields: dict[str, Any], said: str
) -> None:
    with database.writing() as work:
        task = create(work, stores.mine)
        with pytest.raises(InvalidInput, match=said):
            create(work, stores.mine, **fields)
        with pytest.raises(InvalidInput, match=said):
            update(work, task, name="Retro", **fields)
        assert (policy_of(task), task.name, task.version) == (CONFIGURED.agent, "Standup", 1)


def job(work: Work, store_id: str) -> str:
    return jobs.create(work, store_id, {"name": "Daily"}).id


def step(work: Work, store_id: str, **fields: Any) -> Task:
    """A task in the order of a job."""
    return create(work, store_id, schedule_type="sequential", job_id=job(work, store_id), **fields)


def test_a_step_of_a_job_is_retried_as_steps_are(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        assert policy_of(step(work, stores.mine)) == CONFIGURED.sequential
        assert policy_of(step(work, stores.mine, retries=RetryDefaults())) == CONSTANT
        given = policy_of(step(work, stores.mine, max_retries=4, retry_jitter=True))
        assert given == replace(CONFIGURED.sequential, max_retries=4, jitter=True)


def test_a_task_that_becomes_a_step_or_stops_being_one_gets_the_defaults_of_what_it_becomes(
    database: Database, stores: Stores
) -> None:
    with database.writing() as work:
        task = create(work, stores.mine)
        update(work, task, schedule_type="sequential", job_id=job(work, stores.mine))
        assert policy_of(task) == CONFIGURED.sequential
        assert policy_of(update(work, task, every="1h")) == CONFIGURED.agent


def test_a_task_that_loses_its_job_gets_the_defaults_of_a_task_without(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = update(work, step(work, stores.mine), job_id=None)
        assert (task.schedule_type, policy_of(task)) == ("manual", CONFIGURED.agent)


def test_what_a_task_has_of_its_own_stays_whatever_it_becomes(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, retry_delay_seconds=7)
        own = policy_of(task)
        update(work, task, schedule_type="sequential", job_id=job(work, stores.mine))
        assert policy_of(task) == own


def test_what_is_given_with_the_switch_wins_over_both_defaults(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine)
        update(work, task, schedule_type="sequential", job_id=job(work, stores.mine), max_retries=2)
        assert policy_of(task) == replace(CONFIGURED.sequential, max_retries=2)
