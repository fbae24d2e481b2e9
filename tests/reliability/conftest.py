from pathlib import Path

import pytest

from processor.storage.database import Database
from tests.conftest import ClockFile
from tests.world import World


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of both kinds of database in turn, at Monday morning, with the rehearsal model."""
    return World(database, clock, tmp_path, monkeypatch)
