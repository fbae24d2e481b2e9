"""The tool with which an agent says when its task should run next."""

import json
from typing import Any

import pytest

from processor.models import ScheduleDecision, ScheduleProposal
from processor.services.instants import epoch
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import MINUTE, adaptive_task, newest_proposal
from tests.integration.agent.test_prompt import opening
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes

NEWS = "The market opens then"


def executed(world: World, task_id: str, *uses: dict[str, Any]) -> list[dict[str, Any]]:
    """What the agent of a run of the task was told about these calls."""
    world.script(calls(*uses), finishes())
    with world.database.writing() as work:
        run_id = add_run(work, world.row(task_id).store_id, task_id)
    assert world.tick().succeeded == 1
    reply = world.turns(run_id)[0].reply
    assert reply is not None
    results: list[dict[str, Any]] = json.loads(reply)["content"]
    return results


def asks(**arguments: Any) -> dict[str, Any]:
    return call("propose_next_run", **{"reason": NEWS} | arguments)


def test_a_proposal_is_kept_and_answered_with_what_will_come_of_it(world: World) -> None:
    task_id = adaptive_task(world)

    (told,) = executed(world, task_id, asks(after="5m", valid_for="2h"))

    assert json.loads(told["content"]) == {
        "proposed": True,
        "next_run_at": "2026-11-16T09:15:00Z",
        "said": (
            "You asked for 5 minutes. Next at 2026-11-16 09:15 UTC: the agent asked for 2026-11-16 09:05 UTC "
            f"({NEWS}), which is too early: it runs at most every 15 minutes, counted from 2026-11-16 09:00 UTC."
        ),
    }
    kept = newest_proposal(world, task_id)
    assert (kept.wanted_at, kept.after_seconds, kept.expires_at, kept.reason, kept.state) == (
        MONDAY_MORNING + 5 * MINUTE,
        5 * MINUTE,
        MONDAY_MORNING + 2 * HOUR,
        NEWS,
        "open",
    )
    assert kept.run_id == world.run(task_id).id


def test_an_instant_can_be_asked_for_in_any_offset(world: World) -> None:
    task_id = adaptive_task(world)
    (told,) = executed(world, task_id, asks(next_at="2026-11-16T13:30:00+01:00"))
    assert json.loads(told["content"])["next_run_at"] == "2026-11-16T12:30:00Z"
    kept = newest_proposal(world, task_id)
    assert (kept.after_seconds, kept.expires_at) == (None, None)


def test_of_several_proposals_of_a_run_the_last_one_counts(world: World) -> None:
    task_id = adaptive_task(world)
    executed(world, task_id, asks(after="2h"), asks(after="3h"))
    states = {epoch(each.wanted_at): each.state for each in world.rows(ScheduleProposal)}
    assert states == {MONDAY_MORNING + 2 * HOUR: "replaced", MONDAY_MORNING + 3 * HOUR: "open"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "Give either next_at"),
        ({"after": "1h", "next_at": "2026-11-17T09:00:00Z"}, "one of the two"),
        ({"after": "soon"}, "Cannot read the interval 'soon'"),
        ({"after": "-5m"}, "Cannot read the interval"),
        ({"after": "30s"}, "under a minute"),
        ({"after": "9999d"}, "over 366 days"),
        ({"after": "90"}, "Cannot read the interval"),
        ({"next_at": "tomorrow"}, "Cannot read next_at 'tomorrow'"),
        ({"next_at": "2026-11-16T08:59:59Z"}, "has passed"),
        ({"next_at": "99999-01-01T00:00:00Z"}, "Cannot read next_at"),
        ({"next_at": ""}, "Cannot read next_at"),
        ({"after": "1h", "valid_for": "31d"}, "30 days at most"),
        ({"after": "1h", "valid_for": "30m"}, "run out before its own time"),
        ({"after": "1h", "valid_for": "for ever"}, "Cannot read the interval"),
        ({"after": "1h", "reason": " "}, "reason: String should have at least 1 character"),
        ({"after": 90}, "after: Input should be a valid string"),
        ({"after": "1h", "priority": 1}, "priority: Extra inputs are not permitted"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_nonsense_is_answered_with_what_is_wrong_and_changes_nothing(
    world: World, arguments: dict[str, Any], told: str
) -> None:
    task_id = adaptive_task(world)
    (answer,) = executed(world, task_id, asks(**arguments))
    assert answer["is_error"]
    assert told in answer["content"]
    assert world.rows(ScheduleProposal) == []


def test_a_reason_is_one_line_without_secrets_wherever_it_is_shown(world: World) -> None:
    task_id = adaptive_task(world)
    (told,) = executed(world, task_id, asks(after="2h", reason="News\nfrom password: hunter2"))
    assert newest_proposal(world, task_id).reason == "News from password: ***"
    assert "hunter2" not in told["content"] + "".join(each.said for each in world.rows(ScheduleDecision))
    assert world.broken() == []


def test_nonsense_leaves_the_proposal_that_there_is(world: World) -> None:
    task_id = adaptive_task(world)
    executed(world, task_id, asks(after="2h"), asks(after="never"))
    assert newest_proposal(world, task_id).state == "open"


def test_the_agent_of_another_task_does_not_have_the_tool(world: World) -> None:
    (answer,) = executed(world, world.task(), asks(after="2h"))
    assert answer["is_error"]
    assert "There is no tool called propose_next_run" in answer["content"]
    assert world.rows(ScheduleProposal) == []


def test_the_agent_is_told_of_its_schedule(world: World) -> None:
    task_id = adaptive_task(world)
    executed(world, task_id, asks(after="2h"))
    world.clock.advance(HOUR)
    executed(world, task_id, call("list_cards"))
    first, second = (opening(world, run) for run in world.runs(task_id))
    assert "Schedule: Adaptive: every hour, at most every 15 minutes and at least every 8 hours." in first
    assert "Without a proposal of yours the task runs next at 2026-11-16T10:00:00Z." in first
    assert "A proposal of an earlier run is open: 2026-11-16T11:00:00Z." in second
    plain = world.task()
    executed(world, plain, call("list_cards"))
    assert "Schedule:" not in opening(world, world.run(plain))


def test_a_proposal_concerns_the_agents_own_task_alone(world: World, stores: Stores) -> None:
    theirs, ours = adaptive_task(world, stores.stranger), adaptive_task(world, DEFAULT_STORE)
    executed(world, ours, asks(after="2h"))
    assert {(each.store_id, each.task_id) for each in world.rows(ScheduleProposal)} == {(DEFAULT_STORE, ours)}
    assert world.row(theirs).version == 1
