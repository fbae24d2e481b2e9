"""Many ticks at once: some are killed, some sleep for longer than their lease and go on writing when they wake."""

import heapq
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest

from tests.reliability.extent import FEW_SEEDS, try_each
from tests.reliability.outcome import shortcomings
from tests.reliability.programs import Process
from tests.reliability.scene import LEASE_SECONDS, PATIENCE_SECONDS, NewScene, Scene, three_turns

FAULT = "overlapping ticks with kills and suspensions"
ROUNDS = {2: 60, 5: 30, 20: 10}
KILLED, SUSPENDED = 0.3, 0.2
LONGEST_LIFE_SECONDS = 0.4
SLEEP_SECONDS = LEASE_SECONDS + 1.5
"""Leases count in whole seconds: one of two has surely run out after three."""
MOST_RECOVERIES = 3
POLL_SECONDS = 0.005

pytestmark = pytest.mark.slow


class Storm:
    """Ticks under way, and what is going to happen to them when."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene = scene
        self.chance = chance
        self.awake: list[Process] = []
        self.asleep: dict[threading.Timer, Process] = {}
        self.plans: list[tuple[float, int, Callable[[Process], None], Process]] = []

    def round(self, ticks: int) -> None:
        """Start so many ticks at once, and wait until each of them has ended or sleeps."""
        self.scene.due_tasks(ticks + 1)
        for _ in range(ticks):
            self.awake.append(self.scene.start())
            self._plan_for(self.awake[-1])
        while self.awake:
            self.go_on()
        self.scene.counts["rounds"] += 1

    def calm_down(self) -> None:
        """Let who sleeps wake up and come to an end, and then let everything be finished."""
        while self.awake or self.asleep:
            self.go_on()
        self.scene.settle()

    def go_on(self) -> None:
        """Do what is due, and see who has ended."""
        while self.plans and self.plans[0][0] <= time.monotonic():
            _, _, act, process = heapq.heappop(self.plans)
            act(process)
        for alarm in [alarm for alarm in self.asleep if not alarm.is_alive()]:
            self.awake.append(self.asleep.pop(alarm))
        for process in [process for process in self.awake if process.ended()]:
            self.awake.remove(process)
            self._account_for(process)
        time.sleep(POLL_SECONDS)

    def _plan_for(self, process: Process) -> None:
        fate, after = self.chance.random(), self.chance.uniform(0, LONGEST_LIFE_SECONDS)
        if fate < KILLED:
            self._plan(after, self._kill, process)
        elif fate < KILLED + SUSPENDED:
            self._plan(after, self._suspend, process)

    def _plan(self, seconds: float, act: Callable[[Process], None], process: Process) -> None:
        heapq.heappush(self.plans, (time.monotonic() + seconds, process.pid, act, process))

    def _kill(self, process: Process) -> None:
        if not process.ended():
            process.send(signal.SIGKILL)

    def _suspend(self, process: Process) -> None:
        """Put it to sleep. It may hold the lock that this very thread is about to wait for, so another one wakes it."""
        if process.ended():
            return
        process.send(signal.SIGSTOP)
        self.scene.counts["signals_sent"] += 1
        self.awake.remove(process)
        alarm = threading.Timer(SLEEP_SECONDS, process.send, [signal.SIGCONT])
        self.asleep[alarm] = process
        alarm.start()

    def _account_for(self, process: Process) -> None:
        code = process.wait()
        assert code in (0, -signal.SIGKILL), process.log.read_text()[-2_000:]
        if code == -signal.SIGKILL:
            self.scene.counts["signals_sent"] += 1
            self.scene.counts["kills_that_hit_a_live_run"] += self.scene.live_runs_of(process) > 0
        self.scene.counts["stale_writes_refused"] += process.events("run.lost")


def test_ticks_at_once_lose_nothing_and_do_nothing_twice(new_scene: NewScene) -> None:
    for seed in FEW_SEEDS:  # never two storms of twenty at once: a Postgres server takes a hundred connections
        cases = [(ticks, seed) for ticks in ROUNDS]
        try_each(cases, lambda case: weather(new_scene("{}_ticks_seed_{}".format(*case)), *case))


def weather(scene: Scene, ticks: int, seed: int) -> None:
    """Round after round of ticks; then what they should have done must be there, once."""
    scene.script(three_turns(delay_seconds=0.08))
    scene.environment["PROCESSOR_MAX_CONCURRENCY"] = "2"  # so that no tick takes all of the work
    storm = Storm(scene, random.Random(1_000 * ticks + seed))
    for _ in range(ROUNDS[ticks]):
        storm.round(ticks)
        if scene.most_recoveries() >= MOST_RECOVERIES:
            storm.calm_down()

    storm.calm_down()

    with scene.opened() as database:
        assert shortcomings(database) == []
    assert scene.counts["kills_that_hit_a_live_run"] > 0


@pytest.mark.parametrize("heir", ["at work", "done"])
def test_who_slept_through_its_lease_changes_nothing_when_it_wakes(scene: Scene, heir: str) -> None:
    scene.script(three_turns(delay_seconds=1))
    scene.due_tasks()
    sleeper = scene.start()
    wait_for(scene, "SELECT count(*) FROM llm_calls WHERE state = 'open'")
    sleeper.send(signal.SIGSTOP)
    wait_for(scene, "SELECT count(*) FROM runs WHERE fence = 2 AND state = 'running'", ticking=True)
    if heir == "done":
        scene.settle()

    sleeper.send(signal.SIGCONT)

    assert sleeper.wait() == 0
    assert sleeper.events("run.lost") == 1
    scene.settle()
    scene.counts["signals_sent"] += 1
    scene.counts["stale_writes_refused"] += 1
    with scene.opened() as database:
        assert shortcomings(database) == []


def wait_for(scene: Scene, statement: str, *, ticking: bool = False) -> None:
    """Wait until a count is no longer zero; meanwhile ticks may look whether there is something to do."""
    until = time.monotonic() + PATIENCE_SECONDS
    tick = None
    while not scene.ask(statement):
        assert time.monotonic() < until
        if ticking and (tick is None or tick.ended()):
            tick = scene.start()
        time.sleep(POLL_SECONDS)
