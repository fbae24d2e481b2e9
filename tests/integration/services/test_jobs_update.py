"""Changes of a job: words, schedule, status; on both databases."""

import json
import threading
from typing import Any

import pytest

from processor.errors import Conflict, InvalidInput, InvalidSchedule, NotFound
from processor.models import AuditEntry, Event, Job, JobLedgerRow, JobRun
from processor.rules.run_state import RunState
from processor.services import jobs
from processor.services.instants import epoch, epoch_or_none
from processor.storage import passes, runs
from processor.storage.runs import Ending, Worker
from tests.conftest import MONDAY_MORNING, Stores
from tests.dump import everything
from tests.world import DEFAULT_STORE, HOUR, World

NOW = MONDAY_MORNING


def made(world: World, **fields: Any) -> str:
    with world.database.writing() as work:
        return jobs.create(work, DEFAULT_STORE, {"name": "Maintenance", **fields}).id  # type: ignore[typeddict-item]


def update(world: World, job_id: str, version: int | None = None, **fields: Any) -> Job:
    with world.database.writing() as work:
        return jobs.update(work, DEFAULT_STORE, job_id, fields, version)  # type: ignore[arg-type]


def begin(world: World, job_id: str) -> str:
    with world.database.writing() as work:
        return passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")


def row(world: World, job_id: str) -> Job:
    (job,) = world.rows(Job, id=job_id)
    return job


def ledger(world: World, job_id: str) -> list[tuple[int, str, int | None, int]]:
    return [
        (epoch(entry.scheduled_time), entry.disposition, epoch_or_none(entry.until_time), entry.slot_count)
        for entry in world.rows(JobLedgerRow, "scheduled_time", job_id=job_id)
    ]


def test_words_change_without_touching_the_schedule(world: World) -> None:
    job_id = made(world, every="1h")
    before = row(world, job_id)
    world.clock.advance(60)
    update(world, job_id, name="Nightly", description="At night")
    after = row(world, job_id)
    assert (after.name, after.description, after.version) == ("Nightly", "At night", 2)
    assert (after.anchor_at, after.cursor_at, after.next_run_at) == (
        before.anchor_at,
        before.cursor_at,
        before.next_run_at,
    )
    assert epoch(after.updated_at) == NOW + 60
    (event,) = world.rows(Event, name="job.updated")
    assert '["name", "description"]' in event.payload


def test_another_schedule_counts_from_the_edit_and_what_was_due_is_missed(world: World) -> None:
    job_id = made(world, every="1h")
    world.clock.advance(2 * HOUR + 60)
    update(world, job_id, every="30m")
    assert ledger(world, job_id) == [(NOW + HOUR, "missed", None, 1), (NOW + 2 * HOUR, "missed", None, 1)]
    job = row(world, job_id)
    assert epoch(job.cursor_at) == NOW + 2 * HOUR + 60
    assert epoch_or_none(job.next_run_at) == NOW + 2 * HOUR + 60 + HOUR // 2


def test_the_same_schedule_again_changes_nothing(world: World) -> None:
    job_id = made(world, every="1h")
    world.clock.advance(2 * HOUR)
    before = everything(world.database)
    update(world, job_id, every="60m")
    assert everything(world.database) == before


def test_a_job_can_be_taken_off_the_clock_and_put_on_it_again(world: World) -> None:
    job_id = made(world, cron="0 10 * * *")
    world.clock.advance(HOUR)
    update(world, job_id, schedule_type="manual")
    assert row(world, job_id).next_run_at is None
    assert ledger(world, job_id) == [(NOW + HOUR, "missed", None, 1)]
    world.clock.advance(48 * HOUR)
    update(world, job_id, at=NOW + 50 * HOUR)
    assert epoch_or_none(row(world, job_id).next_run_at) == NOW + 50 * HOUR
    assert len(ledger(world, job_id)) == 1


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"name": ""}, InvalidInput, "empty"),
        ({"timezone": "Europe/Berlin"}, InvalidInput, "--cron"),
        ({"cron": "61 * * * *"}, InvalidSchedule, "61"),
        ({"status": "completed"}, InvalidInput, "pending resets"),
        ({"status": "in_progress"}, InvalidInput, "pending resets"),
        ({"status": ["pending"]}, InvalidInput, "pending resets"),
        ({"status": "cancelled"}, Conflict, "No pass"),
        ({"colour": "red"}, InvalidInput, "colour"),
        ({"schedule_type": "sequential"}, InvalidInput, "manual"),
    ],
    ids=str,
)
def test_a_change_that_cannot_be_changes_nothing(
    world: World, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    job_id = made(world, every="1h")
    world.clock.advance(2 * HOUR)
    before = everything(world.database)
    with pytest.raises(error, match=words):
        update(world, job_id, **{"description": "Never"} | fields)
    assert everything(world.database) == before


def test_an_old_version_and_a_strangers_job_are_refused(world: World, stores: Stores) -> None:
    job_id = made(world)
    update(world, job_id, version=1, name="Second")
    with pytest.raises(Conflict, match="version 2"):
        update(world, job_id, version=1, name="Third")
    with pytest.raises(NotFound, match=job_id), world.database.writing() as work:
        jobs.update(work, stores.stranger, job_id, {"name": "Theirs"})
    assert row(world, job_id).name == "Second"


class TestCancelling:
    """The run of the step under way is cancelled, and its pass with it."""

    def test_a_queued_step_ends_the_pass_at_once(self, world: World) -> None:
        job_id, (first, second) = world.job(2)
        begin(world, job_id)
        with world.database.writing() as work:
            assert jobs.cancel(work, DEFAULT_STORE, job_id).status == "cancelled"
        assert [run.state for run in world.runs(first)] == ["cancelled"]
        assert world.runs(second) == []
        assert [each.state for each in world.rows(JobRun, job_id=job_id)] == ["cancelled"]
        names = [event.name for event in world.rows(Event, "id", subject_id=job_id)]
        assert names == ["job.started", "job.progressed", "job.cancelled"]

    def test_a_step_that_a_worker_holds_is_asked_for(self, world: World) -> None:
        job_id, (first, _) = world.job(2)
        begin(world, job_id)
        world.change(world.run(first), **RUNNING, lease_expires_at=NOW + 120)
        with world.database.writing() as work:
            assert jobs.cancel(work, DEFAULT_STORE, job_id).status == "in_progress"
        assert world.run(first).cancel_requested_at is not None
        world.clock.advance(121)
        world.tick()
        assert row(world, job_id).status == "cancelled"

    def test_who_cancels_a_job_is_audited_once(self, world: World) -> None:
        job_id, (first, _) = world.job(2)
        begin(world, job_id)
        world.change(world.run(first), **RUNNING, lease_expires_at=NOW + 120)
        for person in ("cli:ann", "cli:bob"):
            with world.database.writing() as work:
                work.actor = person
                jobs.cancel(work, DEFAULT_STORE, job_id)
        (entry,) = world.rows(AuditEntry, action="job.cancelled")
        assert (entry.actor, entry.subject_id) == ("cli:ann", job_id)
        assert json.loads(entry.after or "") == {"run_id": world.run(first).id}

    def test_it_is_a_conflict_when_no_pass_runs_and_nothing_for_a_stranger(self, world: World, stores: Stores) -> None:
        job_id, _ = world.job(2)
        with pytest.raises(Conflict, match=f"processor jobs run {job_id}"), world.database.writing() as work:
            jobs.cancel(work, DEFAULT_STORE, job_id)
        begin(world, job_id)
        with pytest.raises(NotFound), world.database.writing() as work:
            jobs.cancel(work, stores.stranger, job_id)
        assert row(world, job_id).status == "in_progress"

    def test_a_pass_that_moves_on_meanwhile_is_looked_at_again(self, world: World) -> None:
        job_id, (first, second) = world.job(2)
        begin(world, job_id)
        (claim,) = world.database.write(runs.claim, Worker(RUNNING["worker_id"], lease_seconds=120), 1)
        canceller = threading.Thread(target=world.database.write, args=(jobs.cancel, DEFAULT_STORE, job_id))
        with world.database.writing() as work:
            runs.finish(work, claim, Ending(RunState.SUCCEEDED, "Done"))
            canceller.start()
            canceller.join(timeout=0.5)  # long enough to come as far as the lock of the first run
        canceller.join()
        assert [world.run(first).state, world.run(second).state] == ["succeeded", "cancelled"]
        assert row(world, job_id).status == "cancelled"

    def test_the_status_of_an_update_does_the_same(self, world: World) -> None:
        job_id, _ = world.job(2)
        begin(world, job_id)
        changed = update(world, job_id, status="cancelled", name="Stopped")
        assert (changed.status, changed.name) == ("cancelled", "Stopped")


class TestResetting:
    """Only a job of which no pass runs goes back to `pending`."""

    def test_after_a_pass_it_is_as_before_the_first(self, world: World) -> None:
        job_id, _ = world.job(2)
        begin(world, job_id)
        world.tick()
        assert row(world, job_id).status == "completed"
        update(world, job_id, status="pending")
        with world.database.reading() as work:
            shown = jobs.view(work, jobs.get(work, DEFAULT_STORE, job_id))
        assert (shown["status"], shown["progress"]) == ("pending", "0/2")

    def test_while_a_pass_runs_it_is_refused(self, world: World) -> None:
        job_id, (first, _) = world.job(2)
        begin(world, job_id)
        before = everything(world.database)
        with pytest.raises(Conflict, match="jobs cancel") as caught:
            update(world, job_id, status="pending", name="New")
        assert caught.value.live_run_id == world.run(first).id
        assert everything(world.database) == before


RUNNING: dict[str, Any] = {"state": "running", "worker_id": "00000000-0000-4000-8000-0000000000aa", "attempt": 1}
