import re
from pathlib import Path

import pytest

from processor.context import TickContext
from processor.models import Task
from processor.reports.verify import CHECKS, Verdict, verify
from processor.reports.verify_schedules import PAGE
from processor.storage.sql_folder import read
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.llm.fault_server import Answer, FaultServer
from tests.integration.reports.breakage import BREAKAGES, HOURLY, LEDGER, STRANGER, broken, commit
from tests.integration.reports.breaks import breaks
from tests.integration.reports.busy import NOW
from tests.reflection import inspected
from tests.world import HOUR, World


def verdicts(world: World, store_id: str | None = None, **options: int) -> dict[str, Verdict]:
    """What is broken."""
    with world.database.reading() as work:
        return {each.name: each for each in verify(work, store_id, **options) if each.count}


def test_a_busy_database_keeps_every_promise(busy: World) -> None:
    assert verdicts(busy) == {}


def test_an_empty_database_keeps_every_promise(world: World) -> None:
    assert verdicts(world) == {}


def test_a_broken_promise_is_found_and_no_other(busy: World, subtests: pytest.Subtests) -> None:
    for name, breakage in BREAKAGES.items():
        with subtests.test(name), broken(busy.database, breakage) as work:
            found = {each.name: each.rows for each in verify(work) if each.count}
            assert set(found) == set(breakage.checks), found
            assert all(found.values())


def test_every_promise_was_broken_once() -> None:
    assert {check.name for check in CHECKS} == {breakage.checks[0] for breakage in BREAKAGES.values()}


def test_rows_are_named_in_words(busy: World) -> None:
    commit(busy.database, BREAKAGES["a slot without a row"])

    (row,) = verdicts(busy)["slots_have_one_row"].rows

    assert row.said == "slots without a row: 1, the first is 2026-11-16T10:00:00Z"
    assert row.id == busy.rows(Task, name="Hourly")[0].id


def test_no_more_rows_are_shown_than_wanted_and_all_are_counted(busy: World) -> None:
    commit(busy.database, breaks("ticks_end_with_a_code", "UPDATE ticks SET exit_code = NULL"))
    commit(busy.database, breaks("next_times_are_slots", "UPDATE tasks SET next_run_at = next_run_at + 1"))

    found = verdicts(busy, most_shown=2)

    assert {name: (each.count, len(each.rows)) for name, each in found.items()} == {
        "ticks_end_with_a_code": (len(busy.ticks()), 2),
        "next_times_are_slots": (6, 2),
        "adaptive_tasks_go_on": (1, 1),
    }


def test_one_store_is_looked_at_alone(busy: World, stores: Stores) -> None:
    commit(busy.database, breaks("usage_adds_up", f"UPDATE runs SET cost_nanousd = 1 WHERE store_id = {STRANGER}"))
    commit(
        busy.database,
        breaks("slots_have_one_row", f"UPDATE tasks SET cursor_at = {NOW} WHERE store_id = {STRANGER}"),
    )

    assert verdicts(busy, stores.mine) == {}
    theirs = verdicts(busy, stores.stranger)
    assert {"usage_adds_up", "next_times_are_slots", "rows_end_at_the_cursor"} == set(theirs)
    assert {row.store_id for each in theirs.values() for row in each.rows} == {stores.stranger}


def test_runs_of_slots_before_the_horizon_are_not_missed(busy: World) -> None:
    commit(busy.database, BREAKAGES["a claim without its run"])
    commit(
        busy.database,
        breaks(
            "slots_have_one_row", f"DELETE FROM {LEDGER} WHERE task_id = {HOURLY} AND scheduled_time = {NOW + HOUR}"
        ),
    )

    assert set(verdicts(busy)) == {"claims_have_their_run", "slots_have_one_row"}
    assert verdicts(busy, kept_since=NOW + 2 * HOUR) == {}


def test_a_claim_that_lies_ahead_of_a_clock_that_was_set_back_is_sound(busy: World) -> None:
    busy.clock.set(NOW)
    commit(
        busy.database,
        breaks("", f"UPDATE tasks SET cursor_at = {NOW + 60}, next_run_at = {NOW + HOUR} WHERE name = 'Hourly'"),
    )
    commit(busy.database, breaks("", f"DELETE FROM {LEDGER} WHERE task_id = {HOURLY} AND run_id IS NULL"))

    assert verdicts(busy) == {}


def test_looking_changes_nothing(busy: World) -> None:
    before = everything(busy.database)

    verdicts(busy)

    assert everything(busy.database) == before


def test_every_reference_between_rows_of_a_store_is_looked_at(world: World) -> None:
    schema = inspected(world.database.url)
    keys = [(table, key) for table in schema.get_table_names() for key in schema.get_foreign_keys(table)]
    references = {f"{table}.{_named_by(key['constrained_columns'])}" for table, key in keys}
    looked_at = set(re.findall(r"'([a-z_]+\.[a-z_]+)' AS reference", read("queries", "verify_stores.sql")))
    assert len(references) > 30
    assert references - looked_at == set()


def _named_by(columns: list[str]) -> str:
    """The column that says what a key is about."""
    telling = ("column_id", "scheduled_time", "rerun_of")
    if columns == ["run_id", "turn"]:
        return "turn"
    return next(
        (name for name in telling if name in columns),
        next((name for name in columns if name != "store_id"), "store_id"),
    )


def test_a_call_that_a_stop_cuts_off_is_not_left_open(world: World, faults: FaultServer) -> None:
    faults.answers = [Answer(held=True)]
    world.set(model="anthropic")
    world.due_task()

    def listen(event: str, /, **_: object) -> None:
        if event == "run.started":
            Path(world.settings.stop_file).touch()

    assert world.tick(TickContext(240, listen)).handed_back == 1

    assert verdicts(world) == {}


def test_a_ledger_of_many_pages_is_walked_to_its_end(world: World) -> None:
    task_id = world.due_task(every="1m")
    for _ in range(3):
        world.clock.advance(PAGE * 30)
        world.tick(max_runs=0)
    assert len(world.ledger(task_id)) > PAGE
    assert verdicts(world) == {}

    commit(world.database, breaks("slots_have_one_row", f"DELETE FROM {LEDGER} WHERE scheduled_time = {NOW + 70_020}"))

    assert set(verdicts(world)) == {"slots_have_one_row"}
