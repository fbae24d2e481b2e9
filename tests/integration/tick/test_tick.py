import json
import os
import platform
from pathlib import Path

import pytest

from processor.context import TickContext
from processor.errors import ConfigurationError, InfrastructureError
from processor.models import EmergencyStop, Heartbeat
from processor.services.instants import moment
from processor.tick.tick import EXIT_BUG
from tests.conftest import Stores
from tests.integration.llm.fault_server import Answer, FaultServer
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World, finishes


def test_a_tick_runs_what_is_due_and_reports_it(world: World) -> None:
    world.due_task(name="Greeter")
    world.task()

    report = world.tick()

    assert world.titles() == ["Card"]
    shown = report.as_json()
    (run,) = shown.pop("runs")
    assert (run["task_name"], run["state"], run["attempt"]) == ("Greeter", "succeeded", 1)
    assert len(run["created_card_ids"]) == 1
    instant = "2026-11-16T09:00:00Z"
    nothing = dict.fromkeys(("failed", "waiting", "missed", "skipped", "recovered", "handed_back"), 0)
    money = {"cost_usd": 0.0, "input_tokens": 0, "output_tokens": 0}
    counts = {"due": 1, "claimed": 1, "succeeded": 1, **nothing, **money}
    assert shown == {"tick_id": report.tick_id, "started_at": instant, "finished_at": instant, **counts}


def test_a_tick_leaves_its_row(world: World) -> None:
    world.due_task()
    world.script(finishes("failed", "No."))
    world.clock.advance(60)

    report = world.tick()

    (row,) = world.ticks()
    assert (row.id, row.host, row.pid) == (report.tick_id, platform.node(), os.getpid())
    assert (row.exit_code, row.error) == (0, None), "a failed task is data, not a failed tick"
    assert row.started_at == row.finished_at == moment(world.clock.now)
    kept = json.loads(row.counts)
    assert (kept["due"], kept["claimed"], kept["succeeded"], kept["waiting"]) == (1, 1, 0, 1)
    assert row.memory_bytes is not None
    assert row.memory_bytes > 1_000_000
    assert row.cpu_ms is not None
    assert row.duration_ms is not None
    (heartbeat,) = world.rows(Heartbeat)
    assert heartbeat.ticked_at == moment(world.clock.now)


def test_a_tick_counts_failed_and_missed(world: World) -> None:
    world.due_task(max_retries=0)
    world.due_task(every="20m", max_retries=0)
    world.script(finishes("failed", "No."))
    world.clock.advance(HOUR + 1)

    report = world.tick()

    assert (report.due, report.claimed, report.missed, report.failed) == (2, 2, 4, 2)
    assert report.exit_code == 0


def test_a_run_of_a_lower_priority_waits_when_only_so_many_may_run(world: World) -> None:
    low, high = world.due_task(priority=5), world.due_task(priority=1)

    report = world.tick(max_runs=1)

    assert (report.claimed, report.succeeded) == (2, 1)
    assert (world.run(high).state, world.run(low).state) == ("succeeded", "queued")
    assert world.run(low).attempt == 0

    assert world.tick(max_runs=0).succeeded == 0
    assert world.tick().succeeded == 1
    assert world.run(low).state == "succeeded"


def test_more_runs_than_places_all_run_in_one_tick(world: World) -> None:
    world.set(max_concurrency=2)
    for _ in range(7):
        world.due_task()

    assert world.tick().succeeded == 7


def test_a_tick_of_one_store_does_nothing_for_the_strangers(world: World, stores: Stores) -> None:
    world.due_task(stores.mine)
    stranger = world.due_task(stores.stranger)

    assert world.tick(store_id=stores.mine).succeeded == 1

    assert world.runs(stranger) == []
    assert world.titles(stores.stranger) == []
    assert world.titles(stores.mine) == ["Card"]


def test_stores_do_not_see_each_others_cards(world: World, stores: Stores) -> None:
    world.due_task(stores.mine, prompt="Create a task called 'Mine'")
    world.due_task(stores.stranger, prompt="Create a task called 'Theirs'")

    assert world.tick().succeeded == 2

    assert (world.titles(stores.mine), world.titles(stores.stranger)) == (["Mine"], ["Theirs"])


@pytest.mark.parametrize("way", ["switch", "file", "row"])
def test_under_the_emergency_stop_slots_are_accounted_for_and_nothing_runs(world: World, way: str) -> None:
    task_id = world.due_task()
    if way == "switch":
        world.set(stop=True)
    elif way == "file":
        Path(world.settings.stop_file).touch()
    else:
        with world.database.writing() as work:
            work.session.add(EmergencyStop(id=1, reason="Enough", stopped_at=moment(world.clock.now)))

    report = world.tick()

    assert (report.exit_code, report.claimed, report.runs) == (0, 1, [])
    assert world.dispositions(task_id) == ["claimed"]
    assert (world.run(task_id).state, world.run(task_id).attempt) == ("queued", 0)


def test_a_stop_that_comes_later_hands_back_what_runs(world: World, faults: FaultServer) -> None:
    faults.answers = [Answer(held=True)]
    world.set(model="anthropic")
    task_id = world.due_task()

    def listen(event: str, /, **_: object) -> None:
        if event == "run.started":
            Path(world.settings.stop_file).touch()

    report = world.tick(TickContext(240, listen))

    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.attempt) == ("waiting", "resume", 1)
    assert (report.handed_back, report.exit_code) == (1, 0)


def test_what_was_stopped_runs_when_the_stop_ends(world: World) -> None:
    task_id = world.due_task()
    stop_file = Path(world.settings.stop_file)
    stop_file.touch()
    world.tick()
    stop_file.unlink()

    assert world.tick().succeeded == 1

    assert world.run(task_id).state == "succeeded"


def test_without_a_credential_nothing_is_claimed_and_the_ticks_row_says_why(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    task_id = world.due_task()
    world.set(model="anthropic")

    report = world.tick()

    assert report.exit_code == 78
    assert "set ANTHROPIC_API_KEY" in str(report.error)
    assert (world.runs(task_id), world.ledger(task_id)) == ([], [])
    (row,) = world.ticks()
    assert (row.exit_code, row.error) == (78, report.error)

    world.set(model="rehearsal")
    world.clock.advance(300)
    assert world.tick().succeeded == 1


def test_without_a_credential_and_without_work_a_tick_is_fine(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    world.task()
    world.set(model="anthropic")

    assert world.tick().exit_code == 0


def test_a_database_whose_clock_differs_gets_no_claims(world: World) -> None:
    if world.database.dialect == "sqlite":
        pytest.skip("SQLite has no clock of its own")
    task_id = world.due_task()
    now = world.clock.now
    world.clock.path.write_text(f"{now}\n{now + 301}\n")

    with pytest.raises(InfrastructureError, match="differ by 301 s") as raised:
        world.tick()

    assert raised.value.exit_code == 75
    assert (world.ledger(task_id), world.ticks()) == ([], [])
    world.clock.path.write_text(f"{now}\n{now + 300}\n")
    assert world.tick().succeeded == 1


def test_the_time_of_a_tick_is_the_databases(world: World) -> None:
    if world.database.dialect == "sqlite":
        pytest.skip("SQLite has no clock of its own")
    task_id = world.task(at=world.clock.now + 200)
    now = world.clock.now
    world.clock.path.write_text(f"{now}\n{now + 200}\n")

    assert world.tick().succeeded == 1

    assert world.run(task_id).started_at == moment(now + 200)


def test_a_schema_that_lacks_a_migration_gets_no_claims(world: World) -> None:
    world.due_task()
    with world.database.writing() as work:
        work.session.connection().exec_driver_sql("DELETE FROM schema_migrations")

    with pytest.raises(ConfigurationError, match="processor db migrate"):
        world.tick()


def test_a_script_that_is_missing_keeps_the_run_for_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = world.due_task()
    world.set(model="scripted")

    report = world.tick()

    assert report.exit_code == 78
    assert "PROCESSOR_SCRIPT" in str(report.error)
    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.attempt) == ("waiting", "resume", 1)


def test_a_bug_ends_its_own_run_and_no_other(world: World) -> None:
    broken, sound = world.due_task(max_retries=0), world.due_task()
    world.change(world.row(broken), tools="1")

    report = world.tick()

    assert report.exit_code == EXIT_BUG
    assert (report.failed, report.succeeded) == (1, 1)
    (run,) = world.runs(broken)
    assert (run.state, run.error_class) == ("failed", "internal")
    assert "Traceback" not in str(run.error)
    assert world.run(sound).state == "succeeded"


def test_a_run_that_ends_lets_the_next_one_of_its_task_go_in_the_same_tick(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        for seconds_ago in (60, 30):
            add_run(work, DEFAULT_STORE, task_id, queued_at=moment(world.clock.now - seconds_ago))

    assert world.tick().succeeded == 2
