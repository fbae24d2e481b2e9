import pytest

from processor.errors import NotFound
from processor.models import EmergencyStop, ProviderCircuit, Task
from processor.reports.explain import Topic, explain
from processor.reports.explain_facts import Facts, gather
from processor.services.instants import moment
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.reports.busy import NOW
from tests.world import DEFAULT_STORE, HOUR, World


def facts_of(world: World, name: str, store_id: str = DEFAULT_STORE) -> Facts:
    (task,) = world.rows(Task, name=name)
    with world.database.reading() as work:
        return gather(work, world.settings, store_id, task.id)


def said(facts: Facts, topic: Topic) -> str:
    return "\n".join(sentence.text for sentence in explain(facts) if sentence.topic is topic)


def test_latest_slots_come_first_and_with_their_runs(busy: World) -> None:
    facts = facts_of(busy, "Hourly")

    assert [(slot.scheduled_time, slot.disposition, slot.run_state) for slot in facts.slots] == [
        (NOW + 3 * HOUR, "claimed", "succeeded"),
        (NOW + 2 * HOUR, "missed", None),
        (NOW + HOUR, "missed", None),
        (NOW, "claimed", "succeeded"),
    ]
    assert [run.state for run in facts.open_runs] == ["queued"]
    assert facts.latest_run is not None
    assert facts.latest_run.scheduled_time == NOW + 3 * HOUR
    assert "is queued since" in said(facts, Topic.RUN)


def test_a_pause_is_one_slot_with_its_end(busy: World) -> None:
    assert "slots): skipped: the task was paused or disabled" in said(facts_of(busy, "Paused"), Topic.SLOT)


def test_a_task_that_waits_for_its_own_run_says_so(busy: World) -> None:
    facts = facts_of(busy, "Waiting")

    assert "wait until the open run has ended" in said(facts, Topic.OBSTACLE)
    assert "handed back in the middle of its work" in said(facts, Topic.RUN)
    assert said(facts, Topic.NEXT) == (
        "Next it looks at 2026-11-16 12:06 UTC again, as soon as the open run has ended."
    )


def test_a_failure_is_told_with_all_its_attempts(busy: World) -> None:
    text = said(facts_of(busy, "Failing"), Topic.RUN)

    assert "failed (task_failed): The board was locked." in text
    assert text.count("Its attempt ") == 2


def test_a_run_under_way_shows_its_lease(busy: World) -> None:
    assert "its worker's lease lasts until 2026-11-16 12:13 UTC" in said(facts_of(busy, "Running"), Topic.RUN)


def test_what_stops_everybody_is_named(busy: World) -> None:
    with busy.database.writing() as work:
        now = moment(busy.clock.now)
        work.session.add(EmergencyStop(id=1, reason="Enough", stopped_at=now))
        work.session.add(ProviderCircuit(provider="anthropic", reason="check the key", opened_at=now, retry_at=now))

    text = said(facts_of(busy, "Disabled"), Topic.OBSTACLE)

    assert "Everything is stopped (Enough)" in text
    assert "(check the key)" in text
    assert "It is disabled" in text


def test_the_switch_stops_everybody_too(busy: World) -> None:
    busy.set(stop=True)

    assert "Everything is stopped (PROCESSOR_STOP" in said(facts_of(busy, "Hourly"), Topic.OBSTACLE)


def test_a_strangers_task_does_not_exist(busy: World, stores: Stores) -> None:
    with pytest.raises(NotFound):
        facts_of(busy, "Hourly", stores.stranger)
    with pytest.raises(NotFound):
        facts_of(busy, "Theirs")
    theirs = facts_of(busy, "Theirs", stores.stranger)
    assert {slot.disposition for slot in theirs.slots} == {"claimed", "missed"}


def test_explaining_changes_nothing(busy: World) -> None:
    before = everything(busy.database)

    facts_of(busy, "Hourly")

    assert everything(busy.database) == before
