"""Figures of the session, and the processes that its tests end."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processor.storage.database import Database
from tests.conftest import ClockFile
from tests.postgres import PostgresServer
from tests.reliability.figures import Figures
from tests.reliability.programs import Programs, warm_parent
from tests.reliability.proxy import CuttingProxy
from tests.reliability.scene import NewScene, Scene
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


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes fresh migrated databases and gives their URLs, of both kinds in turn."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield lambda name: f"sqlite:///{shutil.copy(template, tmp_path / f'{name}.db')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    made: list[str] = []

    def create(_: str) -> str:
        made.append(server.create())
        return server.url(made[-1])

    yield create
    for name in made:
        server.drop(name)


@pytest.fixture
def new_scene(
    request: pytest.FixtureRequest,
    new_database: Callable[[str], str],
    tmp_path: Path,
    programs: Programs,
    figures: Figures,
) -> Iterator[NewScene]:
    """Makes scenes with databases of their own: `new_scene("one")`."""
    with _accounted(request.module.FAULT, figures) as scenes:

        def create(name: str) -> Scene:
            scenes.append(Scene(new_database(name), tmp_path / name, programs))
            return scenes[-1]

        yield create


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, programs: Programs, figures: Figures
) -> Iterator[Scene]:
    """A scene on the test's database."""
    with _accounted(request.module.FAULT, figures) as scenes:
        scenes.append(Scene(database_url, tmp_path / "scene", programs))
        yield scenes[0]


@contextmanager
def _accounted(fault: str, figures: Figures) -> Iterator[list[Scene]]:
    """Scenes whose figures are kept. However a test disturbs them, their databases are sound afterwards."""
    scenes: list[Scene] = []
    started = time.monotonic()
    yield scenes
    for scene in scenes:
        figures.add(fault, scene.store_kind, **scene.counts)
    figures.add(fault, scenes[0].store_kind, seconds=time.monotonic() - started)
    assert [finding for scene in scenes for finding in scene.findings()] == []


@pytest.fixture
def world(database: Database, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of both kinds of database in turn, at Monday morning, with the rehearsal model."""
    return World(database, clock, tmp_path, monkeypatch)


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[CuttingProxy]:
    """A way to Postgres that can be cut."""
    with CuttingProxy(postgres_url).running() as proxy:
        yield proxy
