"""A Postgres server that is killed and started again every other second, while ticks work off a thousand runs."""

import random
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from processor.errors import InfrastructureError
from tests.reliability.extent import TIMES
from tests.reliability.outcome import shortcomings
from tests.reliability.own_server import OwnServer, own_server
from tests.reliability.scene import Scene

FAULT = "Postgres restarted"
RUNS = 1_000 * TIMES
CONCURRENCY = 20
LONGEST_UPTIME_SECONDS = 3.0
FORESEEN = {0: "ticks_at_0", 75: "ticks_at_75"}

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def database_url(server: OwnServer) -> str:
    return server.databases.url(server.databases.create())


class Restarts:
    """Kills the server at moments of a seed's choice, and starts it at once."""

    def __init__(self, server: OwnServer, seed: int) -> None:
        self._server = server
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._chance.uniform(0.2, LONGEST_UPTIME_SECONDS)):
            self._server.kill()
            self._server.start()
            self.count += 1


def some_left(scene: Scene) -> bool:
    """Whether there is work, or nobody can say."""
    try:
        return scene.unfinished() > 0 or scene.due() > 0
    except InfrastructureError:
        return True


def test_a_server_that_restarts_all_the_time_loses_nothing_and_repeats_nothing(scene: Scene, server: OwnServer) -> None:
    scene.due_tasks(RUNS)
    scene.environment["PROCESSOR_MAX_CONCURRENCY"] = str(CONCURRENCY)

    with Restarts(server, seed=1) as restarts:
        while some_left(scene):
            tick = scene.start()
            code = tick.wait()
            assert code in FORESEEN, tick.log.read_text()[-3_000:]
            scene.counts[FORESEEN[code]] += 1

    scene.settle()
    scene.counts.update(restarts=restarts.count, runs=RUNS)
    assert restarts.count > 1
    assert scene.counts["ticks_at_75"] > 1
    with scene.opened() as database:
        assert shortcomings(database) == []
