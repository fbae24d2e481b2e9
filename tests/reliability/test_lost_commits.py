"""Connections cut during COMMIT: the server has it, its reply is swallowed; or the server never hears of it."""

import random

import pytest

from tests.reliability.cuts import tick_while_cut
from tests.reliability.extent import TIMES
from tests.reliability.outcome import shortcomings
from tests.reliability.proxy import Cut, CuttingProxy
from tests.reliability.scene import Scene

FAULT = "connection cut during COMMIT"
CUTS = 100 * TIMES
SHARE = 0.15
"""Of all COMMITs: a tick has some that come through before one is lost."""

pytestmark = pytest.mark.slow


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


def test_a_commit_whose_reply_is_lost_loses_nothing_and_repeats_nothing(scene: Scene, proxy: CuttingProxy) -> None:
    chance = random.Random(1)

    def choose(message: bytes) -> Cut | None:
        return Cut.AFTER if b"COMMIT" in message and chance.random() < SHARE else None

    tick_while_cut(scene, proxy, choose, CUTS)

    assert proxy.cuts[Cut.AFTER] >= CUTS
    assert scene.counts["recoveries"] == 0, "a tick finds what the one before was not told of, and waits for no lease"
    with scene.opened() as database:
        assert shortcomings(database) == []
