from typing import Never

import pytest

from processor.agent.checkpoint import Answered
from processor.agent.conversation import Conversation
from processor.agent.loop import Loop
from processor.agent.run_log import RunLog
from processor.models import RunLog as RunLogRow
from processor.storage import runs
from processor.storage.runs import Worker
from processor.storage.work import Work
from tests.world import World, finishes

ME = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=120)


def lines(world: World, run_id: str) -> list[tuple[int, str]]:
    rows = world.rows(RunLogRow, run_id=run_id)
    return sorted((row.position, row.event) for row in rows)


def test_a_line_after_an_undone_write_follows_the_last_that_was_kept(world: World) -> None:
    world.due_task()
    world.tick(max_runs=0)
    (claim,) = world.database.write(runs.claim, ME, 1)
    log = RunLog(claim)
    log.info("first.said")
    world.database.write(log.write)

    def write_and_break(work: Work) -> Never:
        log.write(work)
        raise ZeroDivisionError

    log.info("undone.said")
    with pytest.raises(ZeroDivisionError):
        world.database.write(write_and_break)
    log.look_again()
    log.info("second.said")
    world.database.write(log.write)

    assert lines(world, claim.run_id) == [(1, "first.said"), (2, "second.said")]


def test_the_log_of_a_run_that_a_bug_ended_has_no_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = world.due_task(max_retries=0)
    world.script(finishes())
    advance = Loop.advance

    def advance_and_break(self: Loop, work: Work, conversation: Conversation, answered: Answered) -> Never:
        advance(self, work, conversation, answered)
        raise ZeroDivisionError

    monkeypatch.setattr(Loop, "advance", advance_and_break)

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.error_class) == ("failed", "internal")
    assert lines(world, run.id) == [(1, "run.started"), (2, "run.broken"), (3, "run.failed")]
