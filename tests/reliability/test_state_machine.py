"""Whatever people, crashes and clocks do in whatever order: a model in memory knows what must not change."""

import asyncio
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from processor.agent.toolbox import TOOLS
from processor.context import TickContext
from processor.models import Task
from processor.reports.verify import verify
from processor.services import tasks
from processor.services.backfill import plan_range
from processor.services.instants import epoch
from processor.storage.database import Database
from processor.tick.backfill import run_backfill
from processor.tick.materialise import materialise
from tests.conftest import ClockFile
from tests.integration.tick.gone_worker import GoneWorker
from tests.postgres import PostgresServer
from tests.reliability.figures import Figures
from tests.reliability.lives import run_lives
from tests.reliability.matcher import holding, mismatches
from tests.world import DEFAULT_STORE, HOUR, World, call, calls

MINUTE, DAY = 60, 24 * HOUR
TIMINGS: tuple[dict[str, Any], ...] = (
    {"every": "1m"},
    {"every": "7m"},
    {"every": "1h"},
    {"cron": "*/20 * * * *", "timezone": "Australia/Lord_Howe"},
    {"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
)
FORWARD = (30, 5 * MINUTE, 5 * MINUTE, 25 * MINUTE, 3 * HOUR, DAY + HOUR, 40 * DAY)
MOST_BACKFILLED = 25
BACK = (20, 50, 2 * MINUTE, 40 * MINUTE, 5 * HOUR, 2 * DAY)


class Life(RuleBasedStateMachine):
    """Tasks that live, and the model of them: since when their schedule counts, and which run each claim stands for."""

    open_world: Callable[[], World]
    counted: Callable[[World], None]

    @initialize()
    def begin(self) -> None:
        self.world = type(self).open_world()
        self.since: dict[str, int] = {}
        self.alive: list[str] = []
        self.claims: dict[tuple[str, int], str | None] = {}

    @rule(
        timing=st.sampled_from(TIMINGS),
        misfire=st.sampled_from((None, "latest", "all")),
        overlap=st.sampled_from(("skip", "queue")),
    )
    def create(self, **fields: Any) -> None:
        timing = fields.pop("timing")
        self.alive.append(self.world.task(**fields, **timing))

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), timing=st.sampled_from(TIMINGS))
    def edit(self, data: st.DataObject, timing: dict[str, Any]) -> None:
        task_id = data.draw(st.sampled_from(self.alive))
        before = self._schedule(task_id)
        self._change(tasks.update, task_id, timing, TOOLS.keys())
        if self._schedule(task_id) != before:
            self.since[task_id] = epoch(self.world.row(task_id).cursor_at)

    @precondition(lambda self: self.alive)
    @rule(
        data=st.data(),
        suspend=st.sampled_from(("pause", "disable", "enable")),
        seconds=st.sampled_from((MINUTE, HOUR, DAY)),
    )
    def suspend_or_go_on(self, data: st.DataObject, suspend: str, seconds: int) -> None:
        task_id = data.draw(st.sampled_from(self.alive))
        if suspend == "pause" and self.world.row(task_id).enabled:
            self._change(tasks.pause, task_id, self.world.clock.now + seconds)
        elif suspend != "pause":
            self._change(tasks.disable if suspend == "disable" else tasks.enable, task_id)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        task_id = data.draw(st.sampled_from(self.alive))
        with self.world.database.writing() as work:
            tasks.delete(work, DEFAULT_STORE, task_id, force=True)
        self.alive.remove(task_id)
        self.claims = {key: run_id for key, run_id in self.claims.items() if key[0] != task_id}

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), seconds=st.sampled_from((25 * MINUTE, 3 * HOUR)))
    def outage_that_is_made_good(self, data: st.DataObject, seconds: int) -> None:
        """A backfill of what was missed; one beside an open run would wait for it, and time stands still here."""
        task_id = data.draw(st.sampled_from(self.alive))
        self.clock_goes_forward(seconds, 1)
        now = self.world.clock.now
        since = max(now - seconds, epoch(self.world.row(task_id).created_at), self.since.get(task_id, 0))
        if since >= now or any(run.finished_at is None for run in self.world.runs(task_id)):
            return
        with self.world.database.reading() as work:
            plan = plan_range(work, task_id, since, now)
        if plan.slot_count <= MOST_BACKFILLED:
            done = asyncio.run(run_backfill(self.world.database, self.world.settings, plan, TickContext(240)))
            assert done.left == 0
            assert done.ran.succeeded >= plan.slot_count  # what the schedule had waiting went first

    @rule(seconds=st.sampled_from(FORWARD), ticks=st.integers(0, 2))
    def clock_goes_forward(self, seconds: int, ticks: int) -> None:
        for _ in range(max(1, ticks)):
            self.world.clock.advance(seconds)
            if ticks:
                self.tick()

    @rule(seconds=st.sampled_from(BACK))
    def clock_goes_back(self, seconds: int) -> None:
        self.world.clock.advance(-seconds)

    @rule()
    def tick(self) -> None:
        assert self.world.tick().exit_code == 0
        now = self.world.clock.now
        ahead = [task.id for task in self.world.rows(Task) if epoch(task.cursor_at) > now + 2 * MINUTE]
        assert ahead == []

    @rule()
    def tick_that_dies_after_materialising(self) -> None:
        materialise(self.world.database, self.world.settings, None, with_model=True)

    @rule(steps=st.integers(0, 3))
    def worker_that_dies(self, steps: int) -> None:
        """It dies after the claim, in its first call, or with a response whose tools it has not used."""
        try:
            worker = GoneWorker(self.world, call_id=str(uuid.uuid4()))
        except IndexError:
            return  # nothing was ready
        if steps > 0 and not worker.conversation.turns:
            worker.begin_call()
        if steps > 1 and not worker.conversation.turns:
            worker.record(calls(call("create_card", title="Card")))

    @invariant()
    def a_claim_stays_for_the_same_run(self) -> None:
        if not hasattr(self, "claims"):
            return
        rows = holding(self.world.database.url).ledger
        found = {(row.task_id, row.first): row.run_id for row in rows if row.disposition == "claimed"}
        assert self.claims.items() <= found.items()
        self.claims = {key: run_id for key, run_id in found.items() if key[0] in self.alive}

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.clock.advance(2 * self.world.settings.lease_seconds)
            for _ in range(2):
                self.tick()
            with self.world.database.reading() as work:
                broken = [f"{each.name}: {row.said}" for each in verify(work) if each.count for row in each.rows]
            assert broken == []
            assert mismatches(self.world.database.url, since=self._since(), stepped_back=True) == []
            type(self).counted(self.world)
        finally:
            self.world.database.close()

    def _since(self) -> dict[str, int]:
        """A task that was only paused counts since its creation, like one that nobody changed."""
        made = {task.id: task for task in holding(self.world.database.url).tasks}
        return {task_id: task.created_at for task_id, task in made.items()} | self.since

    def _schedule(self, task_id: str) -> tuple[object, ...]:
        row = self.world.row(task_id)
        return row.interval_seconds, row.cron, row.timezone

    def _change(self, change: Callable[..., Any], task_id: str, *given: Any) -> None:
        with self.world.database.writing() as work:
            change(work, DEFAULT_STORE, task_id, *given)


def live(world: Callable[[], World], figures: Figures, store: str, examples: int) -> None:
    def counted(lived: World) -> None:
        held = holding(lived.database.url)
        figures.add("random lives", store, rounds=1, runs=len(held.runs), slots_accounted_for=held.slot_count)

    machine = type("LifeOfThisTest", (Life,), {"open_world": staticmethod(world), "counted": staticmethod(counted)})
    run_lives(machine, examples, steps=25)


def test_any_life_keeps_every_promise_on_sqlite(
    sqlite_template: Path, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    begun = clock.now

    def world() -> World:
        clock.set(begun)
        path = shutil.copy(sqlite_template, tmp_path / f"{uuid.uuid4().hex}.db")
        return World(Database(f"sqlite:///{path}"), clock, tmp_path, monkeypatch)

    live(world, figures, "sqlite", examples=60)


def test_any_life_keeps_every_promise_on_postgres(
    postgres_server: PostgresServer, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    begun = clock.now

    def world() -> World:
        clock.set(begun)
        return World(Database(postgres_server.url(postgres_server.create())), clock, tmp_path, monkeypatch)

    live(world, figures, "postgresql", examples=12)
