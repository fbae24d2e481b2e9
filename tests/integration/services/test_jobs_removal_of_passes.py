"""Jobs that are deleted while their pass runs a task that is no longer theirs."""

from processor.models import Run
from processor.rules.disposition import Overlap
from processor.services import jobs
from processor.storage.runs import Worker, claim
from tests.integration.services.membership import begin, change, new_job, steps
from tests.world import DEFAULT_STORE, HOUR, World

WORKER = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=HOUR * 9)


def test_a_slot_that_waited_for_a_run_of_the_deleted_jobs_pass_waits_no_longer(world: World) -> None:
    job_id = new_job(world)
    (task_id,) = steps(world, job_id, "A")
    begin(world, job_id)
    (claimed,) = world.database.write(claim, WORKER, 1)
    change(world, task_id, job_id=None, every="1h", overlap=Overlap.QUEUE)
    world.clock.advance(HOUR)
    world.tick()
    assert world.row(task_id).held is True

    world.database.write(jobs.delete, DEFAULT_STORE, job_id, force=True)

    assert world.rows(Run, id=claimed.run_id) == []
    assert world.row(task_id).held is False
    world.tick()
    assert world.run(task_id).state == "succeeded"
    assert world.broken() == []
