import pytest

from tests.conftest import Stores
from tests.integration.reports.busy import make_busy
from tests.world import World


@pytest.fixture
def busy(world: World, stores: Stores) -> World:
    """A world in which everything that this version can do has happened, just after noon."""
    make_busy(world, stores.stranger)
    return world
