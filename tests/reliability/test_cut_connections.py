"""Connections cut at any moment: before a statement, in the midst of one, or before its reply."""

import random

import pytest

from tests.reliability.cuts import tick_while_cut
from tests.reliability.extent import TIMES
from tests.reliability.outcome import shortcomings
from tests.reliability.proxy import Cut, CuttingProxy
from tests.reliability.scene import Scene

FAULT = "connection cut at random"
CUTS = 60 * TIMES
SHARE = 0.01

pytestmark = pytest.mark.slow


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


def test_a_connection_that_breaks_anywhere_loses_nothing_and_repeats_nothing(scene: Scene, proxy: CuttingProxy) -> None:
    chance = random.Random(2)

    def choose(_: bytes) -> Cut | None:
        return chance.choice(list(Cut)) if chance.random() < SHARE else None

    tick_while_cut(scene, proxy, choose, CUTS)

    assert set(proxy.cuts) == set(Cut)
    with scene.opened() as database:
        assert shortcomings(database) == []
