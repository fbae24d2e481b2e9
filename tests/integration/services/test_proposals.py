import json

import pytest

from processor.errors import Conflict, NotFound
from processor.models import AuditEntry
from processor.services import proposals
from processor.services.instants import epoch_or_none
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import adaptive_task, ended_run, latest
from tests.world import HOUR, World


def proposed(world: World, store_id: str, task_id: str, after: str = "3h") -> None:
    """The agent of a run asks, and its run ends."""
    run_id = ended_run(world, task_id)
    with world.database.writing() as work:
        proposals.propose(work, store_id, task_id, run_id, reason="News", after=after)
    ended_run(world, task_id)


def test_a_task_begins_without_a_proposal(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    with world.database.reading() as work:
        assert proposals.current(work, stores.mine, task_id) is None
        assert proposals.list(work, stores.mine, task_id) == []


def test_the_open_proposal_is_shown_with_all_that_it_says(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    proposed(world, stores.mine, task_id)
    with world.database.reading() as work:
        found = proposals.current(work, stores.mine, task_id)
        assert found is not None
        shown = proposals.view(work, found)
        assert proposals.list(work, stores.mine, task_id) == [found]
        assert proposals.decisions(work, stores.mine, task_id, 1)[0].source == "proposal"
    assert shown == {
        "id": found.id,
        "store_id": stores.mine,
        "task_id": task_id,
        "run_id": found.run_id,
        "wanted_at": "2026-11-16T12:00:00Z",
        "after_seconds": 3 * HOUR,
        "reason": "News",
        "expires_at": None,
        "state": "open",
        "proposed_at": "2026-11-16T09:00:00Z",
        "settled_at": None,
    }


def test_clearing_it_brings_the_baseline_back_and_is_noted(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    proposed(world, stores.mine, task_id)
    assert epoch_or_none(world.row(task_id).next_run_at) == MONDAY_MORNING + 3 * HOUR
    with world.database.writing() as work:
        cleared = proposals.clear(work, stores.mine, task_id)
    assert epoch_or_none(world.row(task_id).next_run_at) == MONDAY_MORNING + HOUR
    assert latest(world, task_id).source == "baseline"
    with world.database.reading() as work:
        assert proposals.list(work, stores.mine, task_id) == [cleared]
        assert proposals.current(work, stores.mine, task_id) is None
    entry = world.rows(AuditEntry, "id", action="task.updated", subject_id=task_id)[-1]
    states = [json.loads(each or "")["proposal"]["state"] for each in (entry.before, entry.after)]
    assert states == ["open", "cleared"]


def test_clearing_what_has_come_already_leaves_its_slot(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    proposed(world, stores.mine, task_id)
    world.clock.advance(3 * HOUR)
    with world.database.writing() as work:
        proposals.clear(work, stores.mine, task_id)
    assert epoch_or_none(world.row(task_id).next_run_at) == MONDAY_MORNING + 3 * HOUR


def test_there_is_nothing_to_clear_without_one(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    with world.database.writing() as work, pytest.raises(Conflict, match="no open proposal"):
        proposals.clear(work, stores.mine, task_id)


def test_a_stranger_sees_and_changes_nothing(world: World, stores: Stores) -> None:
    task_id = adaptive_task(world, stores.mine)
    proposed(world, stores.mine, task_id)
    with world.database.writing() as work:
        for ask in (proposals.current, proposals.list, proposals.decisions, proposals.clear):
            with pytest.raises(NotFound):
                ask(work, stores.stranger, task_id)
        with pytest.raises(NotFound):
            proposals.propose(work, stores.stranger, task_id, world.runs(task_id)[0].id, reason="News", after="1h")
        found = proposals.current(work, stores.mine, task_id)
    assert found is not None
    assert found.state == "open"
