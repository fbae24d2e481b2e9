"""Where work is most easily lost: between a cancel and a write, a deletion and a report, one run and another."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from processor.context import TickContext
from processor.models import Run
from processor.services import runs as run_services
from processor.services import tasks
from processor.services.runs import RunView
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.report import TickReport
from processor.tick.tick import run_requested, tick
from tests.integration.llm.fault_server import FaultServer, error_answer
from tests.integration.tick.gone_worker import GoneWorker
from tests.integration.tick.test_resume import Deadline
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes

HELD_SECONDS = 3.0


@contextmanager
def runs_locked(world: World) -> Iterator[threading.Event]:
    """Another process keeps every run's row for a while, from the moment that the event is set."""
    begin = threading.Event()

    def hold() -> None:
        begin.wait(30)
        other = Database(world.database.url)
        with other.writing() as work:
            work.connection.exec_driver_sql("UPDATE runs SET priority = priority")
            locked.set()
            threading.Event().wait(HELD_SECONDS)
        other.close()

    locked = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    yield begin
    begin.set()
    thread.join()


def stopped_while_it_writes(world: World, begin: threading.Event) -> TickReport:
    """A tick that gets SIGTERM while the answer of its model waits to be written."""

    async def ticking() -> TickReport:
        loop = asyncio.get_running_loop()

        def listen(event: str, /, **_: object) -> None:
            if event == "run.started":
                begin.set()
                threading.Event().wait(1)
                loop.call_later(0.5, context.stop, "SIGTERM")

        context = TickContext(240, listen)
        return await tick(world.database, world.settings, context=context)

    return asyncio.run(ticking())


def test_an_answer_that_waits_to_be_written_outlives_a_cancel(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="One")), finishes())

    with runs_locked(world) as begin:
        report = stopped_while_it_writes(world, begin)

    run = world.run(task_id)
    assert report.exit_code == 143
    assert (run.state, run.waiting_for, run.turns) == ("waiting", "resume", 1)
    assert world.tick().succeeded == 1
    assert [each.state for each in world.model_calls(run.id)] == ["answered", "answered"]
    assert world.titles() == ["One"]


def test_an_ending_that_waits_to_be_written_outlives_a_cancel(world: World) -> None:
    task_id = world.due_task()
    world.script(finishes())

    with runs_locked(world) as begin:
        stopped_while_it_writes(world, begin)

    run = world.run(task_id)
    assert (run.state, run.recoveries) == ("succeeded", 0)


def test_a_run_asked_for_by_hand_is_the_one_that_runs(world: World) -> None:
    world.due_task(name="Silent")
    world.tick(max_runs=0)
    GoneWorker(world)
    world.clock.advance(121)
    asked = world.task(name="Asked for", every="30d")

    def request(work: Work) -> RunView:
        return run_services.request(work, DEFAULT_STORE, asked)

    report = asyncio.run(run_requested(world.database, world.settings, DEFAULT_STORE, request, TickContext(240)))

    assert [(run["task_name"], run["state"]) for run in report.runs] == [("Asked for", "succeeded")]


def test_a_resumed_run_whose_model_cannot_be_opened_is_handed_back_again(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="One")), finishes())
    contexts: list[TickContext] = []

    def listen(event: str, /, **_: object) -> None:
        if event == "turn.recorded":
            contexts[0].stop("SIGTERM")

    contexts.append(TickContext(240, listen))
    world.tick(contexts[0])
    world.spoil_script()

    report = world.tick()

    run = world.run(task_id)
    assert report.exit_code == 78
    assert (run.state, run.waiting_for, run.attempt, run.turns) == ("waiting", "resume", 1, 1)


def test_a_task_deleted_while_it_runs_stops_no_other(world: World) -> None:
    for name in ("One", "Other"):
        world.due_task(name=name)
    world.set(max_concurrency=1)
    world.script(calls(call("create_card", title="Card")), finishes())
    deleted: list[str] = []

    def listen(event: str, /, **_: object) -> None:
        if event == "turn.recorded" and not deleted:
            deleted.append(world.rows(Run, state="running")[0].task_id)
            world.database.write(tasks.delete, DEFAULT_STORE, deleted[0], force=True)

    report = world.tick(TickContext(240, listen))

    assert (report.exit_code, report.error, report.succeeded) == (0, None, 1)
    assert [run["task_id"] != deleted[0] for run in report.runs] == [True]


def test_what_looks_sees_one_state_of_the_database(world: World) -> None:
    due = {"now": world.clock.now, "store_id": None, "with_model": True, "limit": 10}
    page = {"id": None, "after_at": -1, "after_id": DEFAULT_STORE}
    with world.database.reading() as work:
        before = work.all("slots.due", **due, **page)
        world.due_task()
        assert work.all("slots.due", **due, **page) == before == []


def test_a_nul_in_what_the_provider_says_harms_nothing(world: World, faults: FaultServer) -> None:
    faults.answers = [error_answer(400, "no\0good")]
    world.set(model="anthropic")
    task_id = world.due_task()

    report = world.tick()

    run = world.run(task_id)
    assert (report.exit_code, run.state, run.error_class) == (0, "failed", "invalid_request")
    assert "nogood" in str(run.error)


def test_a_day_without_the_provider_counts_from_the_first_refusal(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.script(finishes())
    world.tick(Deadline("run.started").context())
    assert world.run(task_id).waiting_for == "resume"
    world.clock.advance(25 * HOUR)
    faults.answers = [error_answer(429, retry_after="900")]
    world.set(model="anthropic")

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.waiting_for) == ("waiting", "provider")
