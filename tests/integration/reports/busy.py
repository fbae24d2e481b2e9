"""A database with something of everything: slots of all dispositions, runs in all states, two stores."""

from pathlib import Path

from processor.context import TickContext
from processor.models import Run
from processor.services import checks, reruns, tasks
from processor.services.instants import moment
from processor.storage import runs
from processor.storage.runs import Worker
from tests.conftest import MONDAY_MORNING
from tests.integration.reports.busy_adaptive import make_adaptive
from tests.integration.reports.busy_job_slots import JOBS_WITH_A_CLOCK, make_jobs_with_a_clock
from tests.integration.reports.busy_passes import make_passes
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes

NOW = MONDAY_MORNING
MINUTE = 60
LATER = NOW + 3 * HOUR + 7 * MINUTE
FAR = NOW + 1_000 * HOUR
GONE = Worker("00000000-0000-4000-8000-0000000000f1", lease_seconds=120)


def make_busy(world: World, stranger_id: str) -> None:
    """From nine to after noon: each part ends with its runs written down."""
    make_jobs_with_a_clock(world, stranger_id)
    _succeed(world, stranger_id)
    _fail_twice(world)
    waiting = _hand_back(world)
    _stop_some(world)
    world.clock.set(LATER)
    _make_ready(world, waiting, FAR)
    _succeed_again(world)
    _watch(world)
    make_adaptive(world, stranger_id)
    _leave_running(world)
    make_passes(world, stranger_id)
    _repeat(world)


def _card_and_end() -> tuple[dict[str, object], ...]:
    return calls(call("create_card", title="Card"), call("list_cards")), finishes()


def _succeed(world: World, stranger_id: str) -> None:
    world.due_task(name="Hourly")
    world.task(name="Daily", cron="0 10 * * *", timezone="Europe/Berlin")
    world.task(name="Once", at=world.clock.now)
    world.due_task(name="Deleted")
    world.due_task(stranger_id, name="Theirs")
    world.script(*_card_and_end())
    assert world.tick().succeeded == 4


def _fail_twice(world: World) -> None:
    world.clock.advance(5 * MINUTE)
    task_id = world.task(name="Failing", at=world.clock.now, max_retries=1, retry_delay_seconds=60)
    world.script(finishes("failed", "The board was locked."))
    world.tick()
    world.clock.advance(MINUTE)
    world.tick()
    assert (world.run(task_id).state, world.run(task_id).attempt) == ("failed", 2)


def _watch(world: World) -> None:
    """A file that is made and changed, and the run of it that is repeated."""
    task_id = world.task(name="Watching", watch="inbox/", settle_seconds=0)
    world.script(finishes())
    world.tick()
    inbox = Path(world.settings.root) / "inbox"
    inbox.mkdir()
    (inbox / "letter").write_text("content")
    world.tick()
    (run,) = world.runs(task_id)
    with world.database.writing() as work:
        reruns.request(work, DEFAULT_STORE, run.id)
    world.tick()
    assert [run.state for run in world.runs(task_id)] == ["succeeded", "succeeded"]


def _hand_back(world: World) -> str:
    """A run that waits in the middle of its work, and a task whose next slot will wait for it."""
    task_id = world.due_task(name="Waiting", overlap="queue")
    world.script(calls(call("list_cards")), finishes())
    contexts: list[TickContext] = []

    def listen(event: str, /, **_: object) -> None:
        if event == "turn.recorded":
            contexts[0].stop("enough")

    contexts.append(TickContext(240, listen))
    assert world.tick(contexts[0]).handed_back == 1
    _make_ready(world, task_id, FAR)
    return task_id


def _make_ready(world: World, task_id: str, at: int) -> None:
    (run,) = world.rows(Run, task_id=task_id)
    world.change(run, not_before=moment(at))


def _stop_some(world: World) -> None:
    with world.database.writing() as work:
        for task in tasks.list(work, DEFAULT_STORE):
            if task.name == "Deleted":
                tasks.delete(work, DEFAULT_STORE, task.id)
    world.task(name="Disabled", every="20m", enabled=False)
    paused = world.task(name="Paused", every="20m")
    with world.database.writing() as work:
        tasks.pause(work, DEFAULT_STORE, paused, NOW + 2 * HOUR)


def _succeed_again(world: World) -> None:
    """Late slots are missed, those of the pause are one row, and one slot waits for the run that was handed back."""
    world.script(*_card_and_end())
    report = world.tick()
    assert (report.claimed, report.succeeded) == (3 + len(JOBS_WITH_A_CLOCK), 3)
    assert report.missed > 0
    assert report.skipped > 0


def _leave_running(world: World) -> None:
    world.due_task(name="Running")
    world.tick(max_runs=0)
    (claim,) = world.database.write(runs.claim, GONE, 5)
    assert claim.attempt == 1


def _repeat(world: World) -> None:
    """A run that repeats the first one of the hourly task waits for its turn."""
    with world.database.writing() as work:
        (hourly,) = [task for task in tasks.list(work, DEFAULT_STORE) if task.name == "Hourly"]
        (first,) = [run for run in world.runs(hourly.id) if run.scheduled_time == moment(NOW)]
        work.run(
            "runs.request",
            id=checks.new_id(),
            store_id=DEFAULT_STORE,
            task_id=hourly.id,
            trigger="schedule",
            scheduled_time=NOW,
            rerun_of_id=first.id,
            idempotency_key=None,
            now=work.now,
        )
