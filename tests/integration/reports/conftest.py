from pathlib import Path

import pytest

from processor.storage.database import Database
from tests.conftest import ClockFile, Stores
from tests.integration.reports.busy import make_busy
from tests.world import World


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of both kinds of database in turn, at Monday morning, with the rehearsal model."""
    return World(database, clock, tmp_path, monkeypatch)


@pytest.fixture
def busy(world: World, stores: Stores) -> World:
    """A world in which everything that this version can do has happened, just after noon."""
    make_busy(world, stores.stranger)
    return world
