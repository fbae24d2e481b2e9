"""Figures of the session, and the processes that its tests end."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.storage.database import Database
from tests.conftest import ClockFile
from tests.reliability.figures import Figures
from tests.reliability.programs import Programs, warm_parent
from tests.reliability.scene import Scene
from tests.world import World

FIGURES = pytest.StashKey[Figures]()
FIGURES_VARIABLE = "RELIABILITY_FIGURES"
"""Names the file that takes the figures as JSON."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was done to the program."""
    figures = config.stash.get(FIGURES, None)
    if figures is None or not figures.counts:
        return
    terminalreporter.write_sep("=", "reliability")
    for line in figures.lines():
        terminalreporter.write_line(line)
    path = os.environ.get(FIGURES_VARIABLE)
    if path:
        figures.write(Path(path))


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Takes the figures of this session: `figures.add("fault", "sqlite", signals_sent=3)`."""
    return pytestconfig.stash.setdefault(FIGURES, Figures())


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    with warm_parent() as programs:
        yield programs


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, programs: Programs, figures: Figures
) -> Iterator[Scene]:
    """A database with processes that work on it. However a test disturbs them, the database is sound afterwards."""
    module = request.module
    scene = Scene(database_url, tmp_path / "scene", programs)
    started = time.monotonic()
    yield scene
    figures.add(module.FAULT, scene.store_kind, seconds=time.monotonic() - started, **scene.counts)
    assert scene.findings() == []


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of both kinds of database in turn, at Monday morning, with the rehearsal model."""
    return World(database, clock, tmp_path, monkeypatch)
